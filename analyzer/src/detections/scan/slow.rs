//! The slow scan: more new targets in a day than the source ever has.

use super::contact::{Contact, Habit};
use super::fast::{HARD, MOST, Run, Scanned};
use crate::score;
use model::Time;
use std::collections::BTreeSet;

/// New targets a day below which nothing is slow scanning.
const FLOOR: usize = 20;

/// New hosts a day that ring by themselves.
const HOSTS_A_DAY: usize = 200;

/// Days of a source's own past that are looked at.
const DAYS: i64 = 28;

/// The first days of memory, in which everything is new, teach nothing.
const FIRST_DAYS: i64 = 7;

/// Prior: one source-day in a thousand. Thousandths of a nat.
const BASE: i32 = -6_900;

/// Days that the prior of one new target a day is worth.
const PRIOR_DAYS: f64 = 3.0;

/// The slow scan in `contacts` (sorted, one source, one day), if the day's count of new targets or hosts holds.
pub(super) fn scanned(
    contacts: &[Contact],
    habit: Option<&Habit>,
    memory_from: Time,
    day: Time,
) -> Option<Scanned> {
    let fresh: Vec<Contact> = contacts.iter().filter(|contact| !contact.known).cloned().collect();
    if fresh.len() < FLOOR {
        return None;
    }
    let learned = days_learned(memory_from, day);
    let (mean, size) = own_days(habit, learned);
    let rings = |count: usize| BASE + surprise(count, mean, size).min(MOST) as i32 >= 0;
    let mut hosts = BTreeSet::new();
    let rung_at = fresh.iter().enumerate().find_map(|(at, contact)| {
        hosts.insert(contact.dst_ip);
        let holds = hosts.len() >= HOSTS_A_DAY || (learned > 0 && at + 1 >= FLOOR && rings(at + 1));
        holds.then_some(contact.at)
    })?;
    let run = Run { contacts: fresh };
    let surprise = if learned > 0 { surprise(run.contacts.len(), mean, size) } else { 0 };
    let mut parts = vec![score::part("one source-day in a thousand is a slow scan", "", BASE)];
    let value =
        format!("{} new targets, {mean:.1} a day usual over {learned} d", run.contacts.len());
    parts.push(score::part("new targets today", value, surprise.min(MOST) as i32));
    let hard = run.hosts() >= HOSTS_A_DAY;
    if hard {
        parts.push(score::part("hard limit", format!("{HOSTS_A_DAY} new hosts a day"), HARD));
    }
    let mut numbers = serde_json::Map::new();
    numbers.insert("usual_new_a_day_per_mille".into(), ((mean * 1_000.0).round() as i64).into());
    numbers.insert("days_learned".into(), learned.into());
    numbers.insert("hard_limit".into(), hard.into());
    Some(Scanned { kind: "slow", run, rung_at, surprise_millinats: surprise, parts, numbers })
}

fn days_learned(memory_from: Time, day: Time) -> i64 {
    (day.since(memory_from) / Time::DAY - FIRST_DAYS).clamp(0, DAYS)
}

/// Mean and size (inverse overdispersion) of a source's new targets a day, drawn to one a day where little is known.
fn own_days(habit: Option<&Habit>, learned: i64) -> (f64, f64) {
    let counts: Vec<f64> =
        habit.map_or_else(Vec::new, |habit| habit.new_a_day.iter().map(|n| *n as f64).collect());
    let days = (learned as f64).max(counts.len() as f64);
    let mean = (counts.iter().sum::<f64>() + PRIOR_DAYS) / (days + PRIOR_DAYS);
    let squares = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>()
        + (days - counts.len() as f64).max(0.0) * mean.powi(2)
        + PRIOR_DAYS * 2.0 * mean;
    let variance = squares / (days + PRIOR_DAYS);
    (mean, (mean.powi(2) / (variance - mean).max(0.01)).clamp(0.3, 50.0))
}

/// −ln P(N ≥ count) for N negative binomial with this mean and size, in thousandths.
fn surprise(count: usize, mean: f64, size: f64) -> u32 {
    let (fail, success) = ((size / (size + mean)).ln(), (mean / (size + mean)).ln());
    let at = |n: f64| (size + n) / (n + 1.0);
    let ln_mass = size * fail + (0..count).map(|n| at(n as f64).ln() + success).sum::<f64>();
    // The tail relative to its first term: the terms fall by (size + n)/(n + 1)·q.
    let ratio = success.exp();
    let (mut term, mut tail) = (1.0, 1.0);
    for n in count..count + 100_000 {
        term *= at(n as f64) * ratio;
        tail += term;
        if term < tail * 1e-12 {
            break;
        }
    }
    (-1_000.0 * (ln_mass + tail.ln())).round().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Size 1 is the geometric law: P(N ≥ k) = (m/(1 + m))^k. With m = 1, k = 20: 20·ln 2 = 13.863.
    #[test]
    fn the_tail_of_size_one_is_geometric() {
        assert_eq!(surprise(20, 1.0, 1.0), 13_863);
        assert_eq!(surprise(0, 3.0, 1.0), 0);
    }

    /// Poisson limit: P(N ≥ 5 | m = 1) = 0.003660 (tables); size 50 is a little wider.
    #[test]
    fn a_large_size_is_nearly_poisson() {
        let millinats = surprise(5, 1.0, 1_000_000.0);
        assert!(millinats.abs_diff(5_610) <= 1, "{millinats}");
    }

    #[test]
    fn a_source_that_is_always_curious_is_not_surprising() {
        let curious = Habit {
            src_ip: std::net::Ipv6Addr::LOCALHOST,
            targets: 700,
            answers: 690,
            new_a_day: vec![22, 30, 18, 25, 27, 31, 19, 24, 26, 20, 28, 23, 21, 29],
        };
        let (mean, size) = own_days(Some(&curious), 14);
        assert!(surprise(31, mean, size) < 5_000);
        let (mean, size) = own_days(None, 14);
        assert!(surprise(31, mean, size) > 9_000);
    }
}
