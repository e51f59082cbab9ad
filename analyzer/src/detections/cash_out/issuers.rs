//! Withdrawals abroad of one issuer, against the same hour of earlier weeks.

use super::{COUNTRIES_US, USUAL_US};
use crate::detections::{Context, Step};
use model::Time;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;

/// Robust z from which an issuer rings, in thousandths.
pub(super) const RINGS_AT: i64 = 6_000;

/// What is usual needs this memory.
const MEMORY_US: i64 = USUAL_US / 2;

/// Approved withdrawals abroad in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Minute {
    pub(super) at: Time,
    link: String,
    bin: u32,
    answerer: Ipv6Addr,
    asker: Ipv6Addr,
    zone: String,
    approvals: u64,
}

/// Approved withdrawals abroad in the hour before the end of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issuer {
    pub(super) link: String,
    /// First six digits of the cards; 0 for all issuers with few.
    pub(super) bin: u32,
    pub(super) answerer: Ipv6Addr,
    pub(super) asker: Ipv6Addr,
    pub(super) zone: String,
    pub(super) approvals: u64,
    /// Whether some of them are of the step itself.
    pub(super) is_new: bool,
}

/// What is usual on a link, and abroad for one issuer of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Usual {
    pub(super) link: String,
    pub(super) bin: u32,
    /// Withdrawals abroad in this hour of earlier weeks, where there were any.
    hours: Vec<u64>,
    /// Weeks in which the link was in use in this hour.
    weeks: u64,
    /// Withdrawals of the link in four weeks, and those by stripe.
    pub(super) all: u64,
    pub(super) by_stripe: u64,
}

/// How far a number is from what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Score {
    /// Robust z, 0.6745 (x − median)/MAD, in thousandths.
    pub(super) rz_thousandths: i64,
    /// Twice the median.
    pub(super) twice_median: i64,
    /// Weeks behind it.
    pub(super) weeks: u64,
}

impl Score {
    pub(super) const fn rings(self) -> bool {
        self.rz_thousandths > RINGS_AT
    }
}

/// Whether there is memory enough to say what is usual.
pub(super) fn has_learned(context: &Context<'_>) -> bool {
    context.step.from.floor(Time::DAY).since(context.memory_from) >= MEMORY_US
}

/// The minutes of the hour before the end of `step`, by link and issuer.
pub(super) fn gathered(minutes: &[Minute], step: &Step) -> Vec<Issuer> {
    let mut issuers: BTreeMap<(&str, u32), Issuer> = BTreeMap::new();
    for row in minutes.iter().filter(|row| row.at >= step.to.plus(-COUNTRIES_US)) {
        let issuer = issuers.entry((&row.link, row.bin)).or_insert_with(|| Issuer {
            link: row.link.clone(),
            bin: row.bin,
            answerer: row.answerer,
            asker: row.asker,
            zone: row.zone.clone(),
            approvals: 0,
            is_new: false,
        });
        issuer.approvals += row.approvals;
        issuer.is_new |= row.at >= step.from;
        issuer.answerer = issuer.answerer.min(row.answerer);
        issuer.asker = issuer.asker.min(row.asker);
    }
    issuers.into_values().collect()
}

/// The robust z of finance.md 3, MAD at least 1 and 5 % of the median, in integers.
pub(super) fn score(issuer: &Issuer, usual: &[Usual]) -> Score {
    let of_link = || usual.iter().filter(|row| row.link == issuer.link);
    let weeks = of_link().map(|row| row.weeks).max().unwrap_or(0);
    let mut hours: Vec<i64> = of_link()
        .filter(|row| row.bin == issuer.bin)
        .flat_map(|row| &row.hours)
        .map(|count| *count as i64)
        .collect();
    hours.resize(hours.len().max(weeks as usize), 0);
    let twice_median = twice_median(&mut hours);
    let mut away: Vec<i64> = hours.iter().map(|count| (2 * count - twice_median).abs()).collect();
    // Of doubled distances the doubled median is four times the MAD.
    let mad_doubled = (self::twice_median(&mut away) / 2).max(2).max(twice_median / 20);
    let above = 2 * issuer.approvals as i64 - twice_median;
    Score { rz_thousandths: 6_745 * above / (10 * mad_doubled), twice_median, weeks }
}

/// Twice the median; 0 of nothing.
fn twice_median(values: &mut [i64]) -> i64 {
    values.sort_unstable();
    match values.len() {
        0 => 0,
        n if n % 2 == 1 => 2 * values[n / 2],
        n => values[n / 2 - 1] + values[n / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(approvals: u64, bin: u32, hours: &[u64], weeks: u64) -> Score {
        let any = Ipv6Addr::UNSPECIFIED;
        let issuer = Issuer {
            link: "l".into(),
            bin: 400_000,
            answerer: any,
            asker: any,
            zone: String::new(),
            approvals,
            is_new: true,
        };
        let usual =
            Usual { link: "l".into(), bin, hours: hours.into(), weeks, all: 0, by_stripe: 0 };
        score(&issuer, &[usual])
    }

    /// By hand: median of 8, 10, 12, 14 is 11, distances 3, 1, 1, 3, MAD 2: 0.6745 · (29 − 11)/2 = 6.0705.
    #[test]
    fn the_robust_z_is_counted_by_hand() {
        assert_eq!(scored(29, 400_000, &[14, 8, 12, 10], 4).rz_thousandths, 6_070);
        assert!(!scored(28, 400_000, &[14, 8, 12, 10], 4).rings());
    }

    /// Weeks without any: median 0, MAD at least 1: 0.6745 · 9 = 6.07.
    #[test]
    fn nine_abroad_where_there_were_never_any_are_many() {
        assert_eq!(scored(9, 0, &[], 4).rz_thousandths, 6_070);
        assert!(!scored(8, 0, &[], 4).rings());
    }
}
