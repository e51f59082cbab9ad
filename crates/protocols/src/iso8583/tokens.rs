//! Keyed hashes of elements: what a message's own day's key makes of them.

use crate::iso8583::message::Message;
use crate::secret::Secret;
use crate::sink::Counts;
use crate::token::{DayKey, TokenKey};
use model::Time;
use model::id::HashId;

/// The tokens of one message.
pub struct Tokens<'a> {
    key: Option<DayKey>,
    counts: &'a mut Counts,
}

impl<'a> Tokens<'a> {
    /// With the key of the day that holds `time`; without one every token is zero, and counted.
    pub fn at(time: Time, key: Option<&TokenKey>, counts: &'a mut Counts) -> Self {
        Self { key: key.map(|key| key.of_day(time)), counts }
    }

    /// The token of the account number: of its digits alone, so that other protocols make the same.
    pub fn account_number(&mut self, message: &Message<'_>) -> HashId {
        let Some(number) = message.account_number() else { return HashId::default() };
        self.make(|key| number.expose(|digits| key.token([digits])))
    }

    /// The token of an element; zero if it is absent.
    pub fn element(&mut self, message: &Message<'_>, number: u8) -> HashId {
        let Some(value) = message.secret(usize::from(number)) else { return HashId::default() };
        self.make(|key| value.expose(|value| key.token([[number, 0].as_slice(), value])))
    }

    /// The token of what survives from leg to leg; zero if any of it is absent.
    pub fn leg(&mut self, message: &Message<'_>, preserves: &[u8]) -> HashId {
        let value = |number: u8| match number {
            2 => message.account_number(),
            _ => message.secret(usize::from(number)),
        };
        let mut text = Vec::new();
        for number in preserves {
            let Some(value) = value(*number) else { return HashId::default() };
            value.expose(|value| {
                text.extend([*number, 0, (value.len() >> 8) as u8, value.len() as u8]);
                text.extend_from_slice(value);
            });
        }
        let text = Secret::owned(text);
        self.make(|key| text.expose(|text| key.token([b"leg\0".as_slice(), text])))
    }

    fn make(&mut self, token: impl FnOnce(&DayKey) -> HashId) -> HashId {
        if let Some(key) = &self.key {
            self.counts.tokens_made += 1;
            token(key)
        } else {
            self.counts.tokens_missing += 1;
            HashId::default()
        }
    }
}
