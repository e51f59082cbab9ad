//! What a rule would have done: matches of the past, joined as the analyzer would join them.

use crate::compile::Found;
use model::Time;
use std::collections::BTreeMap;

/// Evidence of one cause no further apart than this is one warning. Microseconds.
pub const JOIN_GAP_US: i64 = 4 * Time::HOUR;

/// A shift. Microseconds.
pub const SHIFT_US: i64 = 8 * Time::HOUR;

/// Warnings a shift that people can bear from one rule, unless the rule says otherwise.
pub const BUDGET: u32 = 6;

/// A rule is not to be enabled if it would ring so many times its budget.
pub const TOO_MUCH: u64 = 3;

/// One warning that would have rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Values of the fields that are its cause.
    pub key: Vec<String>,
    /// When its first match was.
    pub first: Time,
    /// When its last minute or step with a match began.
    pub last: Time,
    /// Matches.
    pub matches: u64,
    /// Flows behind it, as far as they are known.
    pub flow_ids: Vec<u64>,
}

/// The warnings that `found` would have rung: matches of one cause are joined while the next hour of evidence begins no
/// more than [`JOIN_GAP_US`] after the last match, as the analyzer joins them.
pub fn warnings(found: &[Found]) -> Vec<Rung> {
    let mut causes: BTreeMap<&[String], Vec<&Found>> = BTreeMap::new();
    for one in found {
        causes.entry(&one.key).or_default().push(one);
    }
    let mut rungs: Vec<Rung> = causes.into_values().flat_map(joined).collect();
    rungs.sort_by(|a, b| (a.first, &a.key).cmp(&(b.first, &b.key)));
    rungs
}

fn joined(mut of_cause: Vec<&Found>) -> Vec<Rung> {
    of_cause.sort_by_key(|found| (found.at, found.first_us));
    let mut rungs: Vec<Rung> = Vec::new();
    for found in of_cause {
        let at = Time(found.at);
        match rungs.last_mut().filter(|rung| at.since(rung.last) <= JOIN_GAP_US + Time::MINUTE) {
            Some(rung) => {
                rung.last = at;
                rung.matches += found.matches;
                rung.flow_ids.extend(&found.flow_ids);
            }
            None => rungs.push(Rung {
                key: found.key.clone(),
                first: Time(found.first_us),
                last: at,
                matches: found.matches,
                flow_ids: found.flow_ids.clone(),
            }),
        }
    }
    rungs
}

/// Warnings in the busiest shift, shifts being aligned to 00, 08 and 16 h UTC.
pub fn busiest_shift(rungs: &[Rung]) -> u64 {
    let mut shifts: BTreeMap<i64, u64> = BTreeMap::new();
    for rung in rungs {
        *shifts.entry(rung.first.0.div_euclid(SHIFT_US)).or_default() += 1;
    }
    shifts.values().max().copied().unwrap_or(0)
}

/// Why a rule is not to be enabled: it would ring more than [`TOO_MUCH`] times its budget in an average shift.
pub fn refusal(warnings: u64, span_us: i64, budget: u32) -> Option<String> {
    let budget = u64::from(budget);
    let shifts = (span_us as u64).div_ceil(SHIFT_US as u64).max(1);
    let is_too_much = warnings > TOO_MUCH * budget * shifts;
    is_too_much.then(|| {
        let tenths = warnings * 10 / shifts;
        format!(
            "{}.{} warnings a shift exceed {TOO_MUCH} times the budget of {budget}",
            tenths / 10,
            tenths % 10
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(minute: i64, key: &str) -> Found {
        let at = minute * Time::MINUTE;
        Found {
            at,
            rule: 1,
            key: vec![key.to_owned()],
            measure: 2,
            matches: 2,
            flows: 1,
            flow_ids: vec![minute as u64],
            first_us: at + 5,
            src_ip: std::net::Ipv6Addr::UNSPECIFIED,
            dst_ip: std::net::Ipv6Addr::UNSPECIFIED,
            dst_port: 0,
            ip_protocol: 6,
            src_zone: String::new(),
            dst_zone: String::new(),
            keys: 1,
        }
    }

    #[test]
    fn one_cause_rings_once_until_it_has_been_quiet_for_four_hours() {
        let rungs = warnings(&[found(0, "a"), found(241, "a"), found(30, "b"), found(483, "a")]);
        let told: Vec<_> =
            rungs.iter().map(|rung| (rung.key[0].as_str(), rung.first.0, rung.matches)).collect();
        assert_eq!(
            told,
            [("a", 5, 4), ("b", 30 * Time::MINUTE + 5, 2), ("a", 483 * Time::MINUTE + 5, 2)]
        );
        assert_eq!(busiest_shift(&rungs), 2);
    }

    #[test]
    fn three_times_the_budget_is_borne_and_one_more_is_not() {
        let day = Time::DAY;
        assert_eq!(refusal(54, day, 6), None);
        assert_eq!(
            refusal(55, day, 6).as_deref(),
            Some("18.3 warnings a shift exceed 3 times the budget of 6")
        );
    }
}
