//! The zone map: which zone stands where, which conduits are drawn, and which are only told.

use super::{Conduit, Standing, Zone};
use crate::keymap::Action;
use ratatui::layout::Rect;
use std::cmp::Reverse;

/// Cells of a box across.
pub(super) const BOX_WIDTH: u16 = 14;
/// Cells of a box down.
pub(super) const BOX_HEIGHT: u16 = 3;
/// Cells between two boxes, across and down.
pub(super) const GAP: (u16, u16) = (6, 1);
/// Lines below the boxes: conduits that are not drawn, and the legend.
const TOLD: u16 = 6;

/// A map of zones.
#[derive(Debug)]
pub(super) struct Map<'a> {
    /// The zones that have a place, in reading order.
    pub(super) placed: Vec<&'a Zone>,
    /// How many have none: zones without warnings and without traffic are folded first.
    pub(super) folded: usize,
    /// Of them, those that are not seen whole.
    pub(super) folded_blind: usize,
    /// Boxes in a row.
    pub(super) columns: usize,
    area: Rect,
}

/// What passes between two neighbours on the map: there and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Edge {
    /// From the left or upper to the right or lower.
    pub(super) there: bool,
    /// The other way.
    pub(super) back: bool,
    /// Whether some of it is undeclared.
    pub(super) undeclared: bool,
}

impl<'a> Map<'a> {
    /// A map of at most as many zones as `area` has room for.
    pub(super) fn of(zones: &'a [Zone], conduits: &[Conduit], area: Rect) -> Self {
        let columns = usize::from((area.width + GAP.0) / (BOX_WIDTH + GAP.0)).max(1);
        let rows =
            usize::from((area.height.saturating_sub(TOLD) + GAP.1) / (BOX_HEIGHT + GAP.1)).max(1);
        let mut placed: Vec<_> = zones.iter().collect();
        let talks = |zone: &Zone| {
            conduits
                .iter()
                .any(|conduit| conduit.src_zone == zone.zone || conduit.dst_zone == zone.zone)
        };
        placed
            .sort_by_key(|zone| (zone.rank(), !talks(zone), Reverse(zone.criticality), &zone.zone));
        let folded = placed.len().saturating_sub(columns * rows);
        let blind = |zone: &&&Zone| zone.standing.as_ref().is_some_and(Standing::is_blind);
        let folded_blind = placed.iter().skip(columns * rows).filter(blind).count();
        placed.truncate(columns * rows);
        placed.sort_by_key(|zone| (zone.criticality, &zone.zone));
        bring_together(&mut placed, conduits, columns);
        Self { placed, folded, folded_blind, columns, area }
    }

    /// The cells of the box at `index`.
    pub(super) fn at(&self, index: usize) -> Rect {
        let (column, row) = ((index % self.columns) as u16, (index / self.columns) as u16);
        Rect {
            x: self.area.x + column * (BOX_WIDTH + GAP.0),
            y: self.area.y + row * (BOX_HEIGHT + GAP.1),
            width: BOX_WIDTH.min(self.area.width),
            height: BOX_HEIGHT,
        }
    }

    /// The first line below the boxes.
    pub(super) fn below(&self) -> u16 {
        let rows = self.placed.len().div_ceil(self.columns).max(1) as u16;
        self.area.y + rows * (BOX_HEIGHT + GAP.1) - GAP.1
    }

    /// Neighbours, as places in `placed`: to the right, or below.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = (usize, usize)> {
        let (columns, total) = (self.columns, self.placed.len());
        (0..total)
            .flat_map(move |index| {
                let right = (index % columns + 1 < columns).then_some(index + 1);
                [right, Some(index + columns)]
                    .into_iter()
                    .flatten()
                    .map(move |other| (index, other))
            })
            .filter(move |(_, other)| *other < total)
    }

    /// What passes between two places.
    pub(super) fn edge(&self, conduits: &[Conduit], from: usize, to: usize) -> Edge {
        let (from, to) = (&self.placed[from].zone, &self.placed[to].zone);
        conduits.iter().fold(Edge::default(), |mut edge, conduit| {
            let there = conduit.src_zone == *from && conduit.dst_zone == *to;
            let back = conduit.src_zone == *to && conduit.dst_zone == *from;
            edge.there |= there;
            edge.back |= back;
            edge.undeclared |= (there || back) && conduit.undeclared > 0;
            edge
        })
    }

    /// Conduits that are not drawn because their zones are not neighbours.
    pub(super) fn told<'c>(&self, conduits: &'c [Conduit]) -> Vec<&'c Conduit> {
        let place = |zone: &str| self.placed.iter().position(|placed| placed.zone == zone);
        let drawn = |conduit: &Conduit| match (place(&conduit.src_zone), place(&conduit.dst_zone)) {
            (Some(from), Some(to)) => distance(self.columns, from, to) == 1,
            _ => false,
        };
        conduits.iter().filter(|conduit| !drawn(conduit)).collect()
    }

    /// The zone that a motion from `zone` leads to.
    pub(super) fn moved<'z>(&'z self, zone: &'z str, action: Action) -> &'z str {
        let Some(at) = self.placed.iter().position(|placed| placed.zone == zone) else {
            return self.placed.first().map_or(zone, |first| &first.zone);
        };
        let (columns, last) = (self.columns, self.placed.len() - 1);
        let to = match action {
            Action::Left if at % columns > 0 => at - 1,
            Action::Right if at % columns + 1 < columns => at + 1,
            Action::Up => at.checked_sub(columns).unwrap_or(at),
            Action::Down => at + columns,
            Action::First => 0,
            Action::Last => last,
            _ => at,
        };
        if to <= last { &self.placed[to].zone } else { zone }
    }
}

fn distance(columns: usize, a: usize, b: usize) -> usize {
    (a % columns).abs_diff(b % columns) + (a / columns).abs_diff(b / columns)
}

/// Swaps zones as long as a swap brings those that talk nearer: undeclared conduits count four times.
fn bring_together(placed: &mut [&Zone], conduits: &[Conduit], columns: usize) {
    const ROUNDS: usize = 6;
    let pairs: Vec<(&str, &str, usize)> = conduits
        .iter()
        .map(|conduit| {
            let weight = if conduit.undeclared > 0 { 4 } else { 1 };
            (conduit.src_zone.as_str(), conduit.dst_zone.as_str(), weight)
        })
        .collect();
    let mut best = length(placed, &pairs, columns);
    for _ in 0..ROUNDS {
        let before = best;
        for a in 0..placed.len() {
            for b in a + 1..placed.len() {
                placed.swap(a, b);
                let now = length(placed, &pairs, columns);
                if now < best {
                    best = now;
                } else {
                    placed.swap(a, b);
                }
            }
        }
        if best == before {
            break;
        }
    }
}

fn length(placed: &[&Zone], pairs: &[(&str, &str, usize)], columns: usize) -> usize {
    let place = |zone: &str| placed.iter().position(|placed| placed.zone == zone);
    pairs
        .iter()
        .filter_map(|(from, to, weight)| Some(weight * distance(columns, place(from)?, place(to)?)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Level;

    fn zone(name: &str, criticality: u8, level: Level) -> Zone {
        Zone {
            zone: name.into(),
            criticality,
            level,
            open: u64::from(level != Level::None),
            fresh: 0,
            standing: None,
        }
    }

    fn conduit(src: &str, dst: &str, undeclared: u64) -> Conduit {
        Conduit { src_zone: src.into(), dst_zone: dst.into(), flows: 3, bytes: 9, undeclared }
    }

    const AREA: Rect = Rect { x: 0, y: 0, width: 54, height: 14 };

    #[test]
    fn zones_that_talk_stand_side_by_side() {
        let zones: Vec<_> =
            ["a", "b", "c", "d", "e", "f"].map(|name| zone(name, 1, Level::None)).into();
        let conduits = [conduit("a", "f", 1), conduit("f", "c", 0)];
        let map = Map::of(&zones, &conduits, AREA);
        let place = |name: &str| {
            map.placed.iter().position(|zone| zone.zone == name).expect("it has a place")
        };
        assert_eq!(distance(map.columns, place("a"), place("f")), 1);
        assert_eq!(distance(map.columns, place("f"), place("c")), 1);
        assert!(map.told(&conduits).is_empty());
    }

    #[test]
    fn zones_with_warnings_are_never_folded_before_those_without() {
        let mut zones: Vec<_> = (0..9).map(|n| zone(&format!("z{n}"), 9, Level::None)).collect();
        zones.push(zone("poor", 0, Level::III));
        let map = Map::of(&zones, &[], AREA);
        assert_eq!(map.placed.len() + map.folded, 10);
        assert!(map.placed.iter().any(|zone| zone.zone == "poor"));
    }

    #[test]
    fn a_conduit_to_a_zone_without_a_place_is_told() {
        let zones = [zone("a", 1, Level::None)];
        let conduits = [conduit("a", "elsewhere", 0)];
        assert_eq!(Map::of(&zones, &conduits, AREA).told(&conduits).len(), 1);
    }

    #[test]
    fn motions_stay_on_the_map() {
        let zones: Vec<_> = ["a", "b", "c", "d"].map(|name| zone(name, 1, Level::None)).into();
        let map = Map::of(&zones, &[], AREA);
        let names: Vec<_> = map.placed.iter().map(|zone| zone.zone.as_str()).collect();
        assert_eq!(map.moved(names[0], Action::Right), names[1]);
        assert_eq!(map.moved(names[0], Action::Down), names[3]);
        assert_eq!(map.moved(names[1], Action::Down), names[1]);
        assert_eq!(map.moved(names[3], Action::Right), names[3]);
        assert_eq!(map.moved("gone", Action::Down), names[0]);
    }
}
