//! What the taps could not see: the share of each zone that was lost in a minute.
//!
//! A tap's share of a zone is its part of all slices of the zone in the 28 days before. What is lost of a zone is
//! `1 − Π (1 − blind·share)` over its taps, where a tap is blind as a whole if it is left out, silent, or drops more than
//! 1 %, and by half if it sees one direction only.

use super::fixed::WHOLE;
use super::index::{Loss, Losses, Map};
use crate::window::Seen;
use model::Time;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How much one tap saw of one zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ZoneTap {
    /// Zone id.
    pub zone: String,
    /// Tap.
    pub tap: Arc<str>,
    /// Slices.
    pub slices: u64,
}

/// Which taps see which zone, each with its share in millionths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch(BTreeMap<Arc<str>, Vec<(Arc<str>, u64)>>);

impl Watch {
    /// The shares that the counts say; a share is never rounded to nothing.
    pub fn of(rows: &[ZoneTap]) -> Self {
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        for row in rows {
            *all.entry(&row.zone).or_default() += row.slices;
        }
        let mut watch = Self::default();
        for row in rows.iter().filter(|row| row.slices > 0) {
            let share = u128::from(row.slices) * u128::from(WHOLE) / u128::from(all[&*row.zone]);
            let taps = watch.0.entry(row.zone.as_str().into()).or_default();
            taps.push((row.tap.clone(), (share as u64).max(1)));
        }
        watch
    }

    /// What each zone lost in the minute that begins at `minute`.
    pub fn losses(&self, map: &Map, seen: &Seen, minute: Time) -> Losses {
        let blind = seen.lost(minute);
        map.zones
            .iter()
            .map(|zone| {
                let loss =
                    self.0.get(&zone.id).map_or(Loss { lost: WHOLE, is_unwatched: true }, |taps| {
                        Loss { lost: lost(taps, &blind), is_unwatched: false }
                    });
                (zone.id.clone(), loss)
            })
            .collect()
    }
}

/// `1 − Π (1 − blind·share)`, in millionths.
pub fn lost(taps: &[(Arc<str>, u64)], blind: &BTreeMap<Arc<str>, u64>) -> u64 {
    let seen = taps.iter().fold(u128::from(WHOLE), |seen, (tap, share)| {
        let blind = u128::from(blind.get(tap).copied().unwrap_or(0));
        let lost = (blind * u128::from(*share)).div_ceil(u128::from(WHOLE));
        seen * (u128::from(WHOLE) - lost) / u128::from(WHOLE)
    });
    WHOLE - seen as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(counts: &[(&str, &str, u64)]) -> Watch {
        let row = |(zone, tap, slices): &(&str, &str, u64)| ZoneTap {
            zone: (*zone).into(),
            tap: (*tap).into(),
            slices: *slices,
        };
        Watch::of(&counts.iter().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn a_zone_loses_what_its_blind_taps_used_to_see() {
        let watch = watch(&[("swift", "c", 900), ("swift", "e", 100), ("office", "e", 7)]);
        let lost_without =
            |tap: &str, zone: &str| lost(&watch.0[zone], &[(Arc::from(tap), WHOLE)].into());
        assert_eq!(lost_without("e", "swift"), 100_000);
        assert_eq!(lost_without("c", "swift"), 900_000);
        assert_eq!(lost_without("e", "office"), WHOLE);
        assert_eq!(lost_without("c", "office"), 0);
        let both = [(Arc::from("c"), WHOLE), (Arc::from("e"), WHOLE / 2)].into();
        assert_eq!(lost(&watch.0["swift"], &both), 905_000);
    }
}
