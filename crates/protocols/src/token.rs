//! Keyed hashes of what may not be kept: equal within a day, so that legs can be joined, and unlinkable between days.
//!
//! One key for the whole institution, since two taps must make the same token of one number (PCI DSS v4.0.1 3.5.1.1:
//! a hash of an account number is keyed).

use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use model::Time;
use model::id::HashId;
use sha2::Sha256;

/// The institution's key, at least [`TokenKey::LEAST`] bytes; it cannot be printed, and is zeroed when it is dropped.
pub struct TokenKey(Secret<'static>);

/// A key too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort {
    /// Bytes it has.
    pub bytes: usize,
}

/// The key of one UTC day.
pub struct DayKey(Secret<'static>);

impl TokenKey {
    /// Least bytes of a key.
    pub const LEAST: usize = 32;

    /// A key from its bytes, which are zeroed when it is dropped.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TooShort> {
        let key = Secret::owned(bytes);
        if key.len() < Self::LEAST { Err(TooShort { bytes: key.len() }) } else { Ok(Self(key)) }
    }

    /// The key of the UTC day that holds `time`: HMAC-SHA-256 of `bartizan token day ` and the number of the day since
    /// 1970-01-01, eight bytes, big endian.
    ///
    /// The packet's own time chooses it, so a late packet is hashed with its own day's key.
    pub fn of_day(&self, time: Time) -> DayKey {
        let day = time.0.div_euclid(Time::DAY).to_be_bytes();
        let hash = self.0.expose(|key| digest(key, [b"bartizan token day ".as_slice(), &day]));
        DayKey(Secret::owned(hash.to_vec()))
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("TokenKey")
    }
}

impl DayKey {
    /// The first 16 bytes of HMAC-SHA-256 over `parts`, one after the other.
    pub fn token<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> HashId {
        let parts: Vec<&[u8]> = parts.into_iter().collect();
        let hash = self.0.expose(|key| digest(key, parts));
        HashId(*hash.first_chunk().expect("a SHA-256 has 32 bytes"))
    }
}

impl std::fmt::Debug for DayKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DayKey")
    }
}

fn digest<'a>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    parts.into_iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 test case 2, of which a token is the first half.
    #[test]
    fn a_token_is_the_first_half_of_an_hmac() {
        let key = DayKey(Secret::owned(b"Jefe".to_vec()));
        let token = key.token([b"what do ya want ".as_slice(), b"for nothing?"]);
        assert_eq!(token.to_string(), "5bdcc146bf60754e6a042426089575c7");
    }

    #[test]
    fn a_number_has_one_token_a_day() {
        let key = TokenKey::new(vec![7; 32]).expect("long enough");
        let token = |time| key.of_day(Time(time)).token([b"4111111111111111".as_slice()]);
        let midnight = 20_000 * Time::DAY;
        assert_eq!(token(midnight), token(midnight + Time::DAY - 1));
        assert_ne!(token(midnight), token(midnight - 1));
        assert_ne!(token(midnight), token(midnight + Time::DAY));
        let other = TokenKey::new(vec![8; 32]).expect("long enough");
        assert_ne!(
            token(midnight),
            other.of_day(Time(midnight)).token([b"4111111111111111".as_slice()])
        );
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(TokenKey::new(vec![1; 31]).err(), Some(TooShort { bytes: 31 }));
    }
}
