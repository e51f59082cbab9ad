//! Cards that nobody holds: numbers in ranges that processors keep for tests, with check digits that are right.

use sha2::{Digest, Sha256};

/// First six digits of the cards; test numbers of the schemes begin like this.
const BINS: [u32; 3] = [400_000, 555_555, 601_100];

/// Cards in ordinary use.
pub(super) const IN_USE: u32 = 3_000;
/// The cards of S3: those after the ordinary ones.
const OF_THE_STORY: u32 = 12;

/// A card, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card(pub u32);

/// What must never come out of a sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Account number, 16 digits.
    pub pan: String,
    /// Track 2 as it stands in element 35, `=` as separator.
    pub track: String,
    /// PIN block, 8 bytes.
    pub pin_block: [u8; 8],
}

/// Every card that a story may use.
pub fn canaries() -> Vec<Canary> {
    let canary =
        |card: Card| Canary { pan: card.pan(), track: card.track(), pin_block: card.pin_block() };
    (0..IN_USE + OF_THE_STORY).map(Card).map(canary).collect()
}

impl Card {
    /// Card `number` of S3, 0 to 11.
    pub const fn of_the_story(number: u32) -> Self {
        Self(IN_USE + number)
    }

    /// First six digits of its number.
    pub const fn bin(self) -> u32 {
        if self.0 >= IN_USE { BINS[0] } else { BINS[self.0 as usize % BINS.len()] }
    }

    /// Account number: 16 digits, the last a check digit (ISO/IEC 7812-1, Luhn).
    pub fn pan(self) -> String {
        let account = 100_000_007_u64 + u64::from(self.0) * 271_829;
        let body = format!("{:06}{:09}", self.bin(), account % 1_000_000_000);
        format!("{body}{}", check_digit(&body))
    }

    /// Track 2 (ISO/IEC 7813) in 32 characters: number, separator, expiry, service code, discretionary data.
    pub fn track(self) -> String {
        format!("{}={}201{:08}", self.pan(), self.expiry(), u64::from(self.0) * 7_919 % 100_000_000)
    }

    /// Year and month of its expiry.
    pub fn expiry(self) -> String {
        format!("{:02}{:02}", 28 + self.0 % 4, 1 + self.0 % 12)
    }

    /// Stands for the PIN under a key that nobody has.
    pub fn pin_block(self) -> [u8; 8] {
        let digest = Sha256::digest(format!("PIN block of {}", self.pan()));
        digest[..8].try_into().expect("a digest has 32 bytes")
    }
}

fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Published test numbers, whose last digits are 1, 2 and 7.
    #[test]
    fn check_digits_are_those_of_published_test_numbers() {
        assert_eq!(check_digit("411111111111111"), 1);
        assert_eq!(check_digit("400000000000000"), 2);
        assert_eq!(check_digit("601100099013942"), 4);
    }

    #[test]
    fn no_two_cards_share_number_track_or_block() {
        let all = canaries();
        let distinct =
            |of: fn(&Canary) -> String| all.iter().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|canary| canary.pan.clone()), all.len());
        assert_eq!(distinct(|canary| canary.track.clone()), all.len());
        assert_eq!(distinct(|canary| format!("{:?}", canary.pin_block)), all.len());
        assert!(all.iter().all(|canary| canary.pan.len() == 16 && canary.track.len() == 32));
    }
}
