//! From the hours of four weeks to cells: what an entity, and what its peers, usually do.

use super::usual::{ANY_HOUR, Cell, FEATURES, Usual, Values};
use policy::DayKind;
use std::collections::{BTreeMap, BTreeSet};

/// Days that a baseline rests on.
pub(super) const DAYS: usize = 28;
/// Hours that a baseline rests on.
pub(super) const HOURS: usize = DAYS * 24;

/// The place of feature `new_peers`, which needs memory of its own.
const NEW_PEERS: usize = 2;

/// The weeks before a day, as far as they are the same for everybody.
#[derive(Debug, Clone)]
pub(super) struct Weeks {
    /// Kind of each day.
    pub(super) kinds: [DayKind; DAYS],
    /// First hour of which it could be known who was new to whom.
    pub(super) new_from: usize,
}

impl Weeks {
    /// The cell of an hour.
    pub(super) const fn cell(&self, hour: usize) -> u8 {
        let kind = match self.kinds[hour / 24] {
            DayKind::Working => 0,
            DayKind::Off => 24,
            DayKind::Special => 48,
        };
        kind + (hour % 24) as u8
    }
}

/// The hours of one entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Hours {
    /// Hours whose coverage is known, from the first day on which the entity was seen.
    pub(super) known: BTreeSet<usize>,
    /// Values on the scale, of the hours in which it was not silent.
    pub(super) values: BTreeMap<usize, Values>,
}

impl Hours {
    /// What is usual for the entity. Hours of unknown coverage teach nothing; a known hour without values was silent.
    pub(super) fn usual(&self, weeks: &Weeks) -> Usual {
        let mut samples: BTreeMap<(usize, u8), Vec<u16>> = BTreeMap::new();
        for hour in &self.known {
            let values = self.values.get(hour).copied().unwrap_or_default();
            for (feature, value) in values.into_iter().enumerate() {
                if feature == NEW_PEERS && *hour < weeks.new_from {
                    continue;
                }
                samples.entry((feature, weeks.cell(*hour))).or_default().push(value);
                if value > 0 {
                    samples.entry((feature, ANY_HOUR)).or_default().push(value);
                }
            }
        }
        let cells = samples.into_iter().map(|(key, mut values)| (key, Cell::of(&mut values)));
        let days: BTreeSet<usize> = self.known.iter().map(|hour| hour / 24).collect();
        Usual { cells: cells.filter(|(_, cell)| !cell.is_silent()).collect(), n: days.len() as u16 }
    }

    /// The hours that were not silent and of known coverage, with their cells.
    pub(super) fn heard<'a>(&'a self, weeks: &'a Weeks) -> impl Iterator<Item = (u8, Values)> + 'a {
        let heard = self.values.iter().filter(|(hour, _)| self.known.contains(hour));
        heard.map(|(hour, values)| (weeks.cell(*hour), *values))
    }
}

/// What is usual for a group: the median of its members' centres, and the wider of their own spreads and of how they differ.
pub(super) fn of_group(members: &[&Usual]) -> Usual {
    let keys: BTreeSet<(usize, u8)> =
        members.iter().flat_map(|member| member.cells.keys().copied()).collect();
    let cells = keys.into_iter().map(|key| {
        let of = |member: &&Usual| member.cells.get(&key).copied().unwrap_or_default();
        let mut centres: Vec<u16> = members.iter().map(|member| of(member).centre).collect();
        let mut spreads: Vec<u16> = members.iter().map(|member| of(member).spread).collect();
        let among = Cell::of(&mut centres);
        (
            key,
            Cell { centre: among.centre, spread: among.spread.max(Cell::of(&mut spreads).centre) },
        )
    });
    let cells = cells.filter(|(_, cell)| !cell.is_silent()).collect();
    Usual { cells, n: members.len() as u16 }
}

/// What one in 2^k of `surprises` exceeds, for k = 0, 1, … as far as there are that many; sorts them on the way.
pub(super) fn exceeded(surprises: &mut [u32]) -> Vec<u32> {
    surprises.sort_unstable_by(|a, b| b.cmp(a));
    (0..).map_while(|k| Some(surprises[(surprises.len() >> k).checked_sub(1)?])).collect()
}

/// Every feature has a place in a cell's key.
const _: () = assert!(NEW_PEERS < FEATURES.len());

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks() -> Weeks {
        let kind = |day| if day % 7 < 5 { DayKind::Working } else { DayKind::Off };
        Weeks { kinds: std::array::from_fn(kind), new_from: 7 * 24 }
    }

    /// A host that sends `x` from 9 to 10 on each of `days`, and is silent otherwise.
    fn at_nine(days: std::ops::Range<usize>, x: u16) -> Hours {
        Hours {
            known: (days.start * 24..HOURS).collect(),
            values: days.map(|day| (day * 24 + 9, [x, 16, 0])).collect(),
        }
    }

    #[test]
    fn an_hour_of_the_day_has_a_cell_for_each_kind_of_day() {
        let weeks = weeks();
        assert_eq!([weeks.cell(9), weeks.cell(4 * 24 + 9), weeks.cell(5 * 24 + 9)], [9, 9, 33]);
    }

    #[test]
    fn what_is_usual_is_by_hour_and_kind_of_day() {
        let usual = at_nine(0..28, 300).usual(&weeks());
        assert_eq!(usual.n, 28);
        let bytes = Cell { centre: 300, spread: 0 };
        assert_eq!(usual.cells.get(&(0, 9)), Some(&bytes));
        assert_eq!(usual.cells.get(&(0, 33)), Some(&bytes));
        assert_eq!(usual.cells.get(&(0, ANY_HOUR)), Some(&bytes));
        assert_eq!(usual.cells.get(&(0, 10)), None, "usually silent");
        assert_eq!(usual.cells.get(&(2, ANY_HOUR)), None, "never anyone new");
    }

    #[test]
    fn hours_of_unknown_coverage_teach_nothing() {
        let mut hours = at_nine(0..28, 300);
        hours.values.insert(9, [900, 16, 0]);
        hours.known.retain(|hour| *hour >= 20 * 24);
        let usual = hours.usual(&weeks());
        assert_eq!(usual.n, 8);
        assert_eq!(usual.cells.get(&(0, 9)), Some(&Cell { centre: 300, spread: 0 }));
        assert_eq!(hours.heard(&weeks()).count(), 8);
    }

    #[test]
    fn a_group_is_the_median_of_its_members_and_as_wide_as_they_differ() {
        let weeks = weeks();
        let members: Vec<Usual> =
            [100, 110, 120, 130, 300].map(|x| at_nine(0..28, x).usual(&weeks)).into();
        let group = of_group(&members.iter().collect::<Vec<_>>());
        // Deviations from 120: 20, 10, 0, 10, 180; their median is 10.
        assert_eq!(group.cells.get(&(0, 9)), Some(&Cell { centre: 120, spread: 10 }));
        assert_eq!(group.n, 5);
    }

    #[test]
    fn one_in_two_to_the_k_exceeds_the_kth_quantile() {
        let mut surprises: Vec<u32> = (1..=8).collect();
        assert_eq!(exceeded(&mut surprises), [1, 5, 7, 8]);
        assert!(exceeded(&mut []).is_empty());
    }
}
