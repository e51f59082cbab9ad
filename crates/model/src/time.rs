//! Packet time: microseconds since the Unix epoch.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A moment, in microseconds since 1970-01-01T00:00:00Z; negative before it.
///
/// Printed and written to JSON as RFC 3339 in UTC with six decimals; read from such text or from an integer number of
/// microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

impl Time {
    /// Microseconds in a second.
    pub const SECOND: i64 = 1_000_000;
    /// Microseconds in a minute.
    pub const MINUTE: i64 = 60 * Self::SECOND;
    /// Microseconds in an hour.
    pub const HOUR: i64 = 60 * Self::MINUTE;
    /// Microseconds in a day.
    pub const DAY: i64 = 24 * Self::HOUR;

    /// A moment from whole seconds and microseconds.
    pub const fn new(seconds: i64, micros: i64) -> Self {
        Self(seconds * Self::SECOND + micros)
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// The start of the aligned step of `width_us` microseconds that holds this moment.
    #[must_use]
    pub const fn floor(self, width_us: i64) -> Self {
        Self(self.0.div_euclid(width_us) * width_us)
    }

    /// The start of this moment's minute.
    #[must_use]
    pub const fn minute(self) -> Self {
        self.floor(Self::MINUTE)
    }

    /// This moment moved by `micros` microseconds.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(out, "{moment:.6}"),
            Err(_) => write!(out, "@{}us", self.0),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::str::FromStr for Time {
    type Err = String;

    /// Reads RFC 3339 with offset.
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>().map(|moment| Self(moment.as_microsecond())).map_err(
            |error| format!("{text:?} is not a time such as 2026-03-01T12:00:00Z: {error}"),
        )
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("RFC 3339 text or microseconds since the epoch")
            }
            fn visit_i64<E: de::Error>(self, micros: i64) -> Result<Time, E> {
                Ok(Time(micros))
            }
            fn visit_u64<E: de::Error>(self, micros: u64) -> Result<Time, E> {
                i64::try_from(micros).map(Time).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                text.parse().map_err(E::custom)
            }
        }
        input.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_and_read_back() {
        let time = Time::new(1_773_316_800, 250_000);
        assert_eq!(time.to_string(), "2026-03-12T12:00:00.250000Z");
        assert_eq!("2026-03-12T12:00:00.25Z".parse(), Ok(time));
        assert_eq!(serde_json::from_str::<Time>("1773316800250000").ok(), Some(time));
    }

    #[test]
    fn steps_are_aligned_to_the_epoch_before_it_too() {
        assert_eq!(Time(-1).minute(), Time(-Time::MINUTE));
        assert_eq!(Time(Time::MINUTE + 1).minute(), Time(Time::MINUTE));
    }
}
