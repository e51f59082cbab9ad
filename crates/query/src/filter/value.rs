//! Values in the type of their field: how they are read, and how they are written.

use super::catalogue::{Field, Kind};
use super::error::nearest;
use super::{Compare, Operand};
use ipnet::IpNet;
use jiff::{Timestamp, civil, tz::TimeZone};
use model::{Level, Severity, Time};
use std::net::IpAddr;

/// Decimal steps of sizes, largest first.
const SIZES: [(char, i64); 4] =
    [('T', 1_000_000_000_000), ('G', 1_000_000_000), ('M', 1_000_000), ('k', 1000)];

/// Units of time spans in microseconds, largest first.
const SPANS: [(&str, i64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1000),
    ("us", 1),
];

/// Transports that have a name here.
const TRANSPORTS: [(&str, i64); 8] = [
    ("icmp", 1),
    ("ipip", 4),
    ("tcp", 6),
    ("udp", 17),
    ("gre", 47),
    ("esp", 50),
    ("icmpv6", 58),
    ("sctp", 132),
];

/// What a value of the field looks like, and the nearest to what was written.
pub(super) struct Expected {
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

/// `text` in the type of `field`.
pub(super) fn read(field: &Field, compare: Compare, text: &str) -> Result<Operand, Expected> {
    let expected = |what: &str| Expected {
        message: format!("`{}` needs {what}", field.name),
        suggestion: None,
    };
    let number =
        |value: Option<i64>, what: &str| value.map(Operand::Number).ok_or_else(|| expected(what));
    match field.kind {
        Kind::Word | Kind::Text | Kind::Words | Kind::Id => read_text(field, compare, text),
        Kind::OneOf(words) => {
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
            word.map(|word| Operand::Text((*word).to_owned())).ok_or_else(|| Expected {
                message: format!("`{}` is one of {}", field.name, words.join(", ")),
                suggestion: nearest(&text.to_ascii_uppercase(), words.iter().copied())
                    .or_else(|| nearest(&text.to_ascii_lowercase(), words.iter().copied())),
            })
        }
        Kind::Number => number(text.parse().ok().filter(|value| *value >= 0), "a whole number"),
        Kind::Size => number(size(text), "a whole number such as 512, 10k or 1G"),
        Kind::Lasting(unit) => {
            number(span(text).map(|span| span / unit), "a time such as 250ms, 90s or 6h")
        }
        Kind::Share => number(share(text), "a number from 0 to 1"),
        Kind::Protocol => number(protocol(text), "tcp, udp, icmp, … or a protocol number"),
        Kind::Level => number(level(text), "I, II, III or IV"),
        Kind::Severity => number(severity(text), "P0 to P4"),
        Kind::Moment => moment(text)
            .map(Operand::Time)
            .ok_or_else(|| expected("a moment such as 2026-03-01T12:00 or 2026-03-01")),
        Kind::Address => network(text)
            .map(Operand::Network)
            .ok_or_else(|| expected("an address or a network such as 10.8.0.0/16")),
    }
}

fn read_text(field: &Field, compare: Compare, text: &str) -> Result<Operand, Expected> {
    if text.contains('\0') {
        return Err(Expected { message: "a value holds no NUL".to_owned(), suggestion: None });
    }
    if compare == Compare::Matches
        && let Err(error) = regex::Regex::new(text)
    {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        return Err(Expected {
            message: format!("`{}` needs a regular expression: {why}", field.name),
            suggestion: None,
        });
    }
    Ok(Operand::Text(text.to_owned()))
}

/// `value` as the filter shows it: normalised, and read back as the same.
pub(super) fn write(field: &Field, value: &Operand) -> String {
    match (value, field.kind) {
        (Operand::Text(text), _) => quoted(text),
        (Operand::Time(time), _) => written_moment(*time),
        (Operand::Network(network), _) => written_network(*network),
        (Operand::Number(number), Kind::Size) => {
            let step = SIZES.iter().find(|(_, step)| *number != 0 && number % step == 0);
            step.map_or_else(
                || number.to_string(),
                |(letter, step)| format!("{}{letter}", number / step),
            )
        }
        (Operand::Number(number), Kind::Lasting(unit)) => {
            let micros = number.saturating_mul(unit);
            let step = SPANS
                .iter()
                .find(|(_, step)| micros % step == 0 && (micros != 0 || *step == 1_000_000));
            let (name, step) = step.copied().unwrap_or(("us", 1));
            format!("{}{name}", micros / step)
        }
        (Operand::Number(number), Kind::Share) => {
            let text = format!("{}.{:04}", number / 10_000, number % 10_000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        (Operand::Number(number), Kind::Protocol) => {
            let known = TRANSPORTS.iter().find(|(_, known)| known == number);
            known.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
        }
        (Operand::Number(number), Kind::Level) => Level::ALL
            .iter()
            .find(|level| i64::from(**level as i8) == *number)
            .map_or_else(|| number.to_string(), ToString::to_string),
        (Operand::Number(number), Kind::Severity) => format!("P{number}"),
        (Operand::Number(number), _) => number.to_string(),
    }
}

/// A word as it stands, or in quotes where it would not read back.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':');
    let keyword = ["and", "or", "not", "in"].iter().any(|word| word.eq_ignore_ascii_case(text));
    if !text.is_empty() && !keyword && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A network, `None` where text is none: one address is a network of one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(model::address::plain(model::mapped(address))));
    }
    text.parse::<IpNet>().ok().map(|network| network.trunc())
}

/// A network as people write it: one address without its prefix.
pub(super) fn written_network(network: IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

fn size(text: &str) -> Option<i64> {
    let text = text.strip_suffix('B').unwrap_or(text);
    let step = SIZES.iter().find(|(letter, _)| {
        text.ends_with([*letter, letter.to_ascii_lowercase(), letter.to_ascii_uppercase()])
    });
    let (digits, step) = step.map_or((text, 1), |(_, step)| (&text[..text.len() - 1], *step));
    decimal(digits, step)
}

fn span(text: &str) -> Option<i64> {
    let unit =
        SPANS.iter().filter(|(unit, _)| text.ends_with(unit)).max_by_key(|(unit, _)| unit.len());
    let (unit, step) = unit?;
    decimal(&text[..text.len() - unit.len()], *step)
}

fn share(text: &str) -> Option<i64> {
    decimal(text, 10_000).filter(|share| *share <= 10_000)
}

/// `12` or `1.5` times `step`, exactly; `None` if it is not whole in units of the step, or too large.
fn decimal(text: &str, step: i64) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || (text.contains('.') && !digits(part)) || part.len() > 15 {
        return None;
    }
    let scale = 10_i128.pow(part.len() as u32);
    let value = whole.parse::<i64>().ok()? as i128 * scale + part.parse::<i128>().unwrap_or(0);
    let value = value.checked_mul(i128::from(step))?;
    (value % scale == 0).then(|| i64::try_from(value / scale).ok()).flatten()
}

fn protocol(text: &str) -> Option<i64> {
    let named = TRANSPORTS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, number)| *number);
    named.or_else(|| text.parse::<u8>().ok().map(i64::from))
}

fn level(text: &str) -> Option<i64> {
    let known = Level::ALL.iter().filter(|level| **level != Level::None);
    let words = known.clone().find(|level| {
        level.as_str().eq_ignore_ascii_case(text) || level.colour().eq_ignore_ascii_case(text)
    });
    let number = text.parse::<i64>().ok().filter(|number| (1..=4).contains(number));
    words.map(|level| i64::from(*level as i8)).or(number)
}

fn severity(text: &str) -> Option<i64> {
    const WORDS: [&str; 5] = ["note", "low", "medium", "high", "critical"];
    let known = Severity::ALL.iter().find(|severity| severity.as_str().eq_ignore_ascii_case(text));
    let word = WORDS.iter().position(|word| word.eq_ignore_ascii_case(text));
    known.map(|severity| i64::from(*severity as i8)).or(word.map(|index| index as i64))
}

fn moment(text: &str) -> Option<Time> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Time(moment.as_microsecond()));
    }
    let local = text.parse::<civil::DateTime>().ok().or_else(|| {
        let day = text.parse::<civil::Date>().ok()?;
        Some(day.to_datetime(civil::Time::midnight()))
    })?;
    local.to_zoned(TimeZone::UTC).ok().map(|moment| Time(moment.timestamp().as_microsecond()))
}

fn written_moment(time: Time) -> String {
    Timestamp::from_microsecond(time.0)
        .map_or_else(|_| time.to_string(), |moment| moment.to_string())
}
