//! Account numbers and magnetic tracks in free text: masked where they stand, and counted.
//!
//! This is the last gate before a row leaves a program. Masking is unconditional; what it says about the programs that
//! let such text come so far is counted for each thread, and taken by whoever keeps the books.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// Least digits of a run that is masked: no account number is shorter.
const RUN: usize = 13;
/// Most distinct account numbers that are told apart; more say nothing new.
const NUMBERS: usize = 3;

/// What was masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Masked {
    /// Texts in which something was.
    pub texts: u64,
    /// Tracks, by their sentinels: `;…=…?` and `%B…^…^`.
    pub tracks: u64,
    /// Distinct numbers with a check digit that fits (ISO/IEC 7812-1 annex B) and the front of an issuer; 3 at most.
    pub numbers: usize,
}

impl Masked {
    /// Whether it is more than chance: of random runs of 16 digits one in forty is such a number.
    pub const fn is_leak(&self) -> bool {
        self.tracks > 0 || self.numbers >= NUMBERS
    }
}

#[derive(Default)]
struct Tally {
    texts: u64,
    tracks: u64,
    numbers: [Option<u64>; NUMBERS],
}

thread_local! {
    static TALLY: RefCell<Tally> = RefCell::default();
}

/// What was masked on this thread since this was last asked.
pub fn take() -> Masked {
    let Tally { texts, tracks, numbers } = TALLY.take();
    Masked { texts, tracks, numbers: numbers.iter().flatten().count() }
}

/// `text` with `x` for each digit of a run of 13 or more, and for each letter and digit of a track; blanks and dashes
/// do not end a run of an account number written in groups.
pub fn masked(text: String) -> String {
    if text.bytes().filter(u8::is_ascii_digit).take(8).count() < 8 {
        return text;
    }
    let mut bytes = text.into_bytes();
    let mut found = Tally::default();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(track) = track(&bytes, at) {
            note(&bytes[track.clone()], &mut found);
            found.tracks += 1;
            at = track.end;
            cover(&mut bytes[track], u8::is_ascii_alphanumeric);
        } else if bytes[at].is_ascii_digit() {
            let run = run(&bytes, at);
            at = run.end;
            if bytes[run.clone()].iter().filter(|byte| byte.is_ascii_digit()).count() >= RUN {
                note(&bytes[run.clone()], &mut found);
                found.texts = 1;
                cover(&mut bytes[run], u8::is_ascii_digit);
            }
        } else {
            at += 1;
        }
    }
    if found.texts + found.tracks > 0 {
        TALLY.with_borrow_mut(|tally| tally.add(&found));
    }
    String::from_utf8(bytes).expect("ASCII letters and digits became ASCII letters")
}

impl Tally {
    fn add(&mut self, found: &Self) {
        self.texts += 1;
        self.tracks += found.tracks;
        found.numbers.iter().flatten().for_each(|number| self.add_number(*number));
    }

    fn add_number(&mut self, number: u64) {
        if self.numbers.contains(&Some(number)) {
            return;
        }
        if let Some(place) = self.numbers.iter_mut().find(|place| place.is_none()) {
            *place = Some(number);
        }
    }
}

fn cover(bytes: &mut [u8], is_covered: fn(&u8) -> bool) {
    bytes.iter_mut().filter(|byte| is_covered(byte)).for_each(|byte| *byte = b'x');
}

/// The run of digits at `at`, in groups or not.
fn run(bytes: &[u8], at: usize) -> Range<usize> {
    let is_of_run = |at: usize| {
        bytes[at].is_ascii_digit()
            || (matches!(bytes[at], b' ' | b'-')
                && at > 0
                && bytes[at - 1].is_ascii_digit()
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    let end = (at..bytes.len()).find(|place| !is_of_run(*place)).unwrap_or(bytes.len());
    at..end
}

/// The track whose first sentinel is at `at` (ISO/IEC 7813): to its last one, or as far as a track can go.
fn track(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &bytes[at..];
    let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_number = |count: usize| (8..=19).contains(&count);
    let (body, most) = match rest {
        [b';', ..] => {
            let end = 1 + digits(1);
            let is_track = is_number(end - 1) && rest.get(end) == Some(&b'=');
            is_track.then_some((end + 1, 40))?
        }
        [b'%', b'B' | b'b', ..] => {
            let end = 2 + digits(2);
            let name =
                rest.get(end..).filter(|rest| is_number(end - 2) && rest.first() == Some(&b'^'))?;
            let length = name[1..].iter().take(27).position(|byte| *byte == b'^')?;
            (end + 1 + length + 1, 79)
        }
        _ => return None,
    };
    let last = rest[body..]
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'=');
    let end = body + last.count();
    Some(at..at + end + usize::from(rest.get(end) == Some(&b'?')))
}

/// Notes the number at the front of a run or track, if it may be one of an account.
fn note(bytes: &[u8], found: &mut Tally) {
    let from = bytes.iter().position(u8::is_ascii_digit).unwrap_or(bytes.len());
    let run = run(bytes, from);
    let digits: Vec<u8> =
        bytes[run].iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
    if has_issuer(&digits) && has_check_digit(&digits) {
        let mut hash = siphasher::sip::SipHasher24::new();
        digits.hash(&mut hash);
        found.add_number(hash.finish());
    }
}

/// The front and length that networks give their numbers.
fn has_issuer(digits: &[u8]) -> bool {
    let front = |count: usize| {
        digits.iter().take(count).fold(0u32, |front, digit| front * 10 + u32::from(*digit))
    };
    match digits.len() {
        13 => front(1) == 4,
        14 => matches!(front(2), 36 | 38 | 39) || matches!(front(3), 300..=305) || front(4) == 3095,
        15 => matches!(front(2), 34 | 37),
        16 => {
            front(1) == 4
                || matches!(front(2), 51..=55 | 62 | 65)
                || matches!(front(3), 644..=649)
                || matches!(front(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        17 | 18 => front(2) == 62,
        19 => front(1) == 4 || matches!(front(2), 62 | 65) || front(4) == 6011,
        _ => false,
    }
}

fn has_check_digit(digits: &[u8]) -> bool {
    let doubled = |(place, digit): (usize, &u8)| match (place % 2, u32::from(*digit) * 2) {
        (0, twice) => twice / 2,
        (_, twice) => twice / 10 + twice % 10,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(masked(input.to_owned()), expected);
    }

    /// Track examples after ISO/IEC 7813: number, separator, expiry, service code, discretionary data.
    #[test]
    fn tracks_are_masked_from_sentinel_to_sentinel() {
        check("a;4111111111111111=25121010000?b", "a;xxxxxxxxxxxxxxxx=xxxxxxxxxxx?b");
        check(";411111111111=2512?", ";xxxxxxxxxxxx=xxxx?");
        check(";411111111111=2512", ";xxxxxxxxxxxx=xxxx");
        check(
            "%B4111111111111111^DOE/JOHN^2512101000?.",
            "%xxxxxxxxxxxxxxxxx^xxx/xxxx^xxxxxxxxxx?.",
        );
        check("/path;version=1?q=12345678", "/path;version=1?q=12345678");
        check("50%BUY^now^12345678", "50%BUY^now^12345678");
    }

    #[test]
    fn what_is_masked_is_counted_for_this_thread() {
        take();
        check("4111 1111 1111 1111", "xxxx xxxx xxxx xxxx");
        check("x4111111111111111x", "xxxxxxxxxxxxxxxxxx");
        check("4111111111111112", "xxxxxxxxxxxxxxxx");
        assert_eq!(take(), Masked { texts: 3, tracks: 0, numbers: 1 });
        assert_eq!(take(), Masked::default());
    }

    /// Numbers that networks publish for tests.
    #[test]
    fn three_numbers_or_one_track_are_a_leak() {
        take();
        for number in ["4111111111111111", "5555555555554444", "378282246310005"] {
            assert!(!TALLY.with_borrow(|tally| tally.numbers.iter().all(Option::is_some)));
            check(number, &"x".repeat(number.len()));
        }
        assert!(take().is_leak());
        check(";30569309025904=2512?", ";xxxxxxxxxxxxxx=xxxx?");
        assert!(take().is_leak());
        for number in
            ["6011111111111117", "3530111333300000", "1234567890123456", "6212345678901265"]
        {
            check(number, &"x".repeat(number.len()));
        }
        assert_eq!(take().numbers, 3);
    }

    #[test]
    fn a_check_digit_is_that_of_the_standard() {
        let is_valid = |number: &str| {
            has_check_digit(&number.bytes().map(|byte| byte - b'0').collect::<Vec<u8>>())
        };
        // ISO/IEC 7812-1 annex B's own example, and one digit changed.
        assert!(is_valid("49927398716"));
        assert!(!is_valid("49927398717"));
    }
}
