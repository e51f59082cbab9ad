//! Situation levels: from an index and gates, with memory both ways. Pure.
//!
//! A level is entered by the index or by a gate, and held until it may be left. Gates outrank the index: while what opened a
//! gate is recent (no older than the time for which the index must be low before the level is left), the level cannot be
//! milder. Level II is left by a person's hand and a low index, level I by hand alone.
//!
//! Not judged yet, for want of what would say it: provinces and site groups that are down, a partner's incident, and the
//! upper band of a forecast.

use super::facts::Episode;
use super::fixed::WHOLE;
use super::index::Zone;
use config::settings::Levels;
use model::{Level, Time};
use std::cmp::Reverse;

/// Levels, the worst first.
const WORST_FIRST: [Level; 4] = [Level::I, Level::II, Level::III, Level::IV];

/// Detections that see a payment approved against its rules: at level I they are situation level II wherever they ring.
const APPROVED: [&str; 3] = ["FIN-08", "FIN-09", "FIN-14"];

/// Detections that see money move: confirmed by a person, situation level I.
const MOVES_MONEY: [&str; 5] = ["FIN-03", "FIN-08", "FIN-09", "FIN-12", "FIN-16"];

/// Files encrypted by the mass.
const RANSOMWARE: &str = "INT-14";

/// Payments or their services failing.
const BROWN_OUT: &str = "AVL-09";

/// The settings in millionths and minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    enter: [u64; 4],
    leave: [u64; 4],
    leave_min: [usize; 4],
    iv_enter_min: usize,
    crown_criticality: u8,
    minor_criticality: u8,
}

/// What is known of a scope's past: its level, and when it was last milder than II, and than I.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// The level so far.
    pub level: Level,
    /// The last moment at which it was milder than II.
    pub below_ii: Time,
    /// The last moment at which it was milder than I.
    pub below_i: Time,
}

/// What a level rests on at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The moment.
    pub at: Time,
    /// The index at each minute up to this one, in millionths, the newest last; what is older than the first was 0.
    pub indices: &'a [u64],
    /// Its zones.
    pub zones: &'a [&'a Zone],
    /// The episodes that count.
    pub episodes: &'a [Episode],
    /// When a person last closed the scope.
    pub released: Option<Time>,
}

/// A level and why, where it is not the index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The level.
    pub level: Level,
    /// The gate that put it there or what holds it, in words; empty if the index is enough.
    pub gate: String,
}

impl Rules {
    /// The rules that the settings say.
    pub fn of(levels: &Levels) -> Self {
        let millionths =
            |points: f64| (points.clamp(0.0, 100.0) * WHOLE as f64 / 100.0).round() as u64;
        Self {
            enter: [levels.i_enter, levels.ii_enter, levels.iii_enter, levels.iv_enter]
                .map(millionths),
            leave: [0.0, levels.ii_leave, levels.iii_leave, levels.iv_leave].map(millionths),
            leave_min: [
                levels.ii_leave_min,
                levels.ii_leave_min,
                levels.iii_leave_min,
                levels.iv_leave_min,
            ]
            .map(|minutes| minutes.max(1) as usize),
            iv_enter_min: levels.iv_enter_min.max(1) as usize,
            crown_criticality: levels.crown_criticality,
            minor_criticality: levels.minor_criticality,
        }
    }

    /// How many minutes of the past a level rests on.
    pub fn look_back_min(&self) -> usize {
        self.leave_min.into_iter().max().unwrap_or(0).max(self.iv_enter_min)
    }

    /// The level at `now`, after `past`.
    pub fn standing(&self, past: &Past, now: &Now<'_>) -> Standing {
        for (at, level) in WORST_FIRST.into_iter().enumerate() {
            if self.is_entered(at, now) {
                return Standing { level, gate: String::new() };
            }
            if let Some(gate) = self.gate(at, now) {
                return Standing { level, gate };
            }
            let was = past.level != Level::None && past.level <= level;
            if was && !self.may_leave(at, past, now) {
                return Standing { level, gate: self.held(at) };
            }
        }
        Standing::default()
    }

    fn is_entered(&self, at: usize, now: &Now<'_>) -> bool {
        let minutes = if at == 3 { self.iv_enter_min } else { 1 };
        let newest = newest(now.indices, minutes);
        newest.len() == minutes && newest.iter().all(|index| *index >= self.enter[at])
    }

    fn may_leave(&self, at: usize, past: &Past, now: &Now<'_>) -> bool {
        let since = if at == 0 { past.below_i } else { past.below_ii };
        let is_released = now.released.is_some_and(|when| since < when);
        let is_low =
            newest(now.indices, self.leave_min[at]).iter().all(|index| *index < self.leave[at]);
        match at {
            0 => is_released,
            1 => is_released && is_low,
            _ => is_low,
        }
    }

    fn held(&self, at: usize) -> String {
        let (below, minutes) = (self.leave[at] / 10_000, self.leave_min[at]);
        match at {
            0 => "held until a person closes it".to_owned(),
            1 => format!(
                "held until a person closes it and the index was below {below} for {minutes} min"
            ),
            _ => format!("held until the index was below {below} for {minutes} min"),
        }
    }

    /// What opens the gate to a level, in words: the newest of it.
    fn gate(&self, at: usize, now: &Now<'_>) -> Option<String> {
        let recent = self.leave_min[at] as i64 * Time::MINUTE;
        let opened = now.episodes.iter().filter_map(|episode| {
            let zone = now.zones.iter().find(|zone| zone.id == episode.zone)?;
            let (why, when) = self.opens(at, episode, zone)?;
            let is_over = at == 0 && now.released.is_some_and(|released| when < released);
            (now.at.since(when) < recent && !is_over).then_some((when, episode, zone, why))
        });
        let newest = opened.min_by_key(|(when, episode, ..)| (Reverse(*when), episode.key()));
        newest.map(|(_, episode, zone, why)| {
            let (detection, who) = (&episode.detection, episode.who());
            format!("{detection} {who}: {why} in {} (criticality {})", zone.id, zone.crown)
        })
    }

    /// Why an episode opens the gate to a level, and when it did.
    fn opens(&self, at: usize, episode: &Episode, zone: &Zone) -> Option<(&'static str, Time)> {
        let is = |detections: &[&str]| detections.contains(&&*episode.detection);
        let level = episode.severity.level();
        match at {
            0 if is(&[RANSOMWARE]) && level == Level::I && zone.crown >= self.crown_criticality => {
                Some(("files are being encrypted", episode.seen))
            }
            0 if is(&MOVES_MONEY) => {
                let confirmed = episode.confirmed?;
                Some(("a person confirmed that money moved", confirmed))
            }
            1 if level == Level::I && zone.crown >= self.crown_criticality => {
                Some(("a level I warning", episode.seen))
            }
            1 if level == Level::I && is(&APPROVED) => {
                Some(("payments approved against their rules", episode.seen))
            }
            2 if level == Level::I => Some(("a level I warning", episode.seen)),
            2 if is(&[BROWN_OUT]) && !zone.business.is_empty() => {
                Some(("a business service fails", episode.seen))
            }
            3 if level == Level::II && zone.crown <= self.minor_criticality => {
                Some(("a level II warning", episode.seen))
            }
            _ => None,
        }
    }
}

impl Past {
    /// The past after a minute that ended with `level` at `at`.
    #[must_use]
    pub const fn and(self, level: Level, at: Time) -> Self {
        let is_i = matches!(level, Level::I);
        let is_ii = is_i || matches!(level, Level::II);
        Self {
            level,
            below_ii: if is_ii { self.below_ii } else { at },
            below_i: if is_i { self.below_i } else { at },
        }
    }
}

fn newest(indices: &[u64], minutes: usize) -> &[u64] {
    &indices[indices.len().saturating_sub(minutes)..]
}
