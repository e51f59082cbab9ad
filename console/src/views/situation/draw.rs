//! Where the panes stand, and how the zone map is drawn.

mod outlook;
mod shift;
mod silence;

use super::map::{BOX_WIDTH, Edge, GAP, Map};
use super::{ACTS, EARLY, INDEX, LEDGER, LOAD, MAP, PANES, TAPS, WORST};
use super::{Conduit, Overview, Standing, Zone};
use crate::views::Seen;
use crate::widgets::ink;
use crate::widgets::panel::{self, Panel};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget};
use ratatui::{buffer::Buffer, layout::Rect};

/// Cells of the map pane across, where all panes are drawn.
const MAP_WIDTH: u16 = 56;
/// From so many columns on, the warnings have a column of their own.
const THREE_FROM: u16 = 160;
/// Lines of the panes about taps and ledger, and of load and acts.
const LOWER: (u16, u16) = (7, 7);
/// Most lines of the index and of the early warnings.
const RIGHT: (u16, u16) = (9, 7);

/// Where each pane is; a pane that is not drawn has no cells.
pub(super) struct Panes([Rect; PANES.len()]);

impl Panes {
    /// All, or the one that has the keys.
    pub(super) fn of(area: Rect, seen: &Seen<'_>) -> Self {
        let mut panes = [Rect::ZERO; PANES.len()];
        if seen.single {
            panes[seen.pane.min(PANES.len() - 1)] = area;
            return Self(panes);
        }
        let last = LOWER.1.min(area.height / 5);
        let middle = LOWER.0.min(area.height / 5);
        let top = area.height - middle - last;
        let left = MAP_WIDTH.min(area.width / 2);
        panes[MAP] = Rect { width: left, height: top, ..area };
        let right = Rect { x: area.x + left, width: area.width - left, height: top, ..area };
        Self::beside(&mut panes, right, area.width >= THREE_FROM);
        let half = area.width / 2;
        for (row, y, height) in [([TAPS, LEDGER], top, middle), ([LOAD, ACTS], top + middle, last)]
        {
            let line = Rect { y: area.y + y, height, ..area };
            panes[row[0]] = Rect { width: half, ..line };
            panes[row[1]] = Rect { x: area.x + half, width: area.width - half, ..line };
        }
        Self(panes)
    }

    /// Index, early warnings and warnings beside the map: one below the other, or the warnings in a column of their own.
    fn beside(panes: &mut [Rect; PANES.len()], area: Rect, own_column: bool) {
        if own_column {
            let width = area.width / 2;
            let index = area.height / 2;
            panes[INDEX] = Rect { width, height: index, ..area };
            panes[EARLY] = Rect { width, y: area.y + index, height: area.height - index, ..area };
            panes[WORST] = Rect { x: area.x + width, width: area.width - width, ..area };
            return;
        }
        let index = RIGHT.0.min(area.height * 5 / 12);
        let early = RIGHT.1.min((area.height - index) / 2);
        panes[INDEX] = Rect { height: index, ..area };
        panes[EARLY] = Rect { y: area.y + index, height: early, ..area };
        panes[WORST] =
            Rect { y: area.y + index + early, height: area.height - index - early, ..area };
    }

    /// The cells inside the border of a pane.
    pub(super) fn inside(&self, pane: usize) -> Rect {
        self.0[pane.min(PANES.len() - 1)].inner(ratatui::layout::Margin::new(1, 1))
    }
}

pub(super) fn overview(overview: &Overview, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let panes = Panes::of(area, seen);
    for (pane, rect) in panes.0.iter().enumerate().filter(|(_, rect)| !rect.is_empty()) {
        let focused = pane == seen.pane && !seen.single;
        let draw = match pane {
            MAP => zones,
            INDEX => outlook::index,
            EARLY => outlook::early,
            WORST => shift::worst,
            TAPS => silence::taps,
            LEDGER => silence::ledger,
            LOAD => shift::load,
            _ => shift::acts,
        };
        draw(overview, seen, *rect, focused, buffer);
    }
}

/// What a pane says instead of rows: the failure, that it waits, or why there is nothing.
fn instead(
    answered: bool,
    seen: &Seen<'_>,
    area: Rect,
    buffer: &mut Buffer,
    why: &str,
    next: &[&str],
) {
    match seen.failure {
        Some(failure) if !answered => panel::error(seen.theme, buffer, area, failure),
        _ if !answered => panel::empty(seen.theme, buffer, area, "Asking the store …", &[]),
        _ => panel::empty(seen.theme, buffer, area, why, next),
    }
}

fn zones(overview: &Overview, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let worst = overview.zones.iter().min_by_key(|zone| zone.attention());
    let blind = |zone: &&Zone| zone.standing.as_ref().is_some_and(Standing::is_blind);
    let mut notes = Vec::new();
    notes.extend(
        worst
            .filter(|zone| zone.rank() < 9)
            .map(|zone| format!("worst: {} {}", zone.zone, level(zone))),
    );
    let blind: Vec<_> =
        overview.zones.iter().filter(blind).map(|zone| zone.zone.as_str()).collect();
    match blind.as_slice() {
        [] => {}
        few if few.len() <= 3 => notes.push(format!("blind: {}", few.join(", "))),
        many => notes.push(format!("{} zones blind", many.len())),
    }
    let note = notes.join(" · ");
    let inner = Panel { title: "Zone map", note: &note, focused }.draw(seen.theme, area, buffer);
    if overview.zones.is_empty() {
        let answered = overview.has("situation.zones");
        let next = [
            "A policy says which network is which zone:",
            "bartizan analyze publish --policy policy.toml",
        ];
        return instead(answered, seen, inner, buffer, "No zone is known yet.", &next);
    }
    let map = Map::of(&overview.zones, &overview.conduits, inner);
    let selected = overview.zone().map(|zone| zone.zone.as_str());
    for (index, zone) in map.placed.iter().enumerate() {
        boxed(zone, Some(zone.zone.as_str()) == selected, seen, map.at(index), buffer);
    }
    for (from, to) in map.neighbours() {
        let edge = map.edge(&overview.conduits, from, to);
        arrow(edge, to == from + 1 && map.at(from).y == map.at(to).y, seen, map.at(from), buffer);
    }
    below(&map, overview, seen, inner, buffer);
}

/// The level of a zone as it is shown: of its situation, else of its worst open warning.
fn level(zone: &Zone) -> String {
    zone.standing.as_ref().map_or_else(|| zone.level.to_string(), Standing::level_text)
}

/// A border of a zone that is not seen whole: hatched, so that nobody takes it for calm.
const HATCHED: border::Set<'_> = border::Set {
    vertical_left: "/",
    vertical_right: "/",
    horizontal_top: "/",
    horizontal_bottom: "/",
    ..border::PLAIN
};

fn boxed(zone: &Zone, selected: bool, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let style = if selected { seen.theme.focused() } else { seen.theme.border() };
    let blind = zone.standing.as_ref().is_some_and(Standing::is_blind);
    let set = if blind { HATCHED } else { border::PLAIN };
    Block::bordered().border_set(set).border_style(style).render(area, buffer);
    let name = present::cut(&format!(" {} ", zone.zone), usize::from(area.width.saturating_sub(2)));
    ink::put(buffer, area.x + 1, area.y, present::width(&name) as u16, &name, seen.theme.heading());
    let inside = area.width.saturating_sub(3);
    let text = inscription(zone, usize::from(inside));
    ink::put(buffer, area.x + 2, area.y + 1, inside, &text, seen.theme.level(zone.shown()));
    if selected {
        let row =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 1 };
        buffer.set_style(row, seen.theme.selected());
    }
}

/// Level, index and open warnings; outside the bank there is no index, and before the first one only warnings.
fn inscription(zone: &Zone, width: usize) -> String {
    let open = zone.open.to_string();
    let known = match &zone.standing {
        _ if zone.criticality == 0 => "no index".to_owned(),
        Some(standing) => {
            let level = standing.level_text();
            let wide = if level == "?" { 2 } else { 4 };
            present::fit(&level, wide) + &standing.span()
        }
        None => {
            let open = match zone.open {
                0 => "0 open".to_owned(),
                open if open == zone.fresh => format!("{open} new"),
                open => format!("{open} open"),
            };
            return present::fit(zone.level.as_str(), 4) + &open;
        }
    };
    let room = width.saturating_sub(open.len() + 1);
    format!("{}{open}", present::fit(&known, room))
}

fn arrow(edge: Edge, across: bool, seen: &Seen<'_>, from: Rect, buffer: &mut Buffer) {
    let style = if edge.undeclared { seen.theme.bad() } else { Style::new() };
    if !edge.there && !edge.back {
        return;
    }
    if across {
        let head = |is: bool, head: char| if is { head } else { '─' };
        let mark = if edge.undeclared { '!' } else { '─' };
        let text = format!(" {}{mark}─{} ", head(edge.back, '<'), head(edge.there, '>'));
        ink::put(buffer, from.right(), from.y + 1, GAP.0, &text, style);
    } else {
        let text = match (edge.there, edge.back) {
            (true, true) => "^v",
            (true, false) => "v",
            _ => "^",
        };
        let text = if edge.undeclared { format!("{text}!") } else { text.to_owned() };
        ink::put(
            buffer,
            from.x + BOX_WIDTH / 2 - 1,
            from.bottom(),
            text.len() as u16,
            &text,
            style,
        );
    }
}

/// Conduits that are not drawn, the worst first; what was folded; and what the signs mean.
fn below(map: &Map<'_>, overview: &Overview, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    const LEGEND: u16 = 3;
    let told = map.told(&overview.conduits);
    let last = area.bottom().saturating_sub(LEGEND);
    let mut y = map.below();
    let room = usize::from(last.saturating_sub(y));
    let all = told.len() <= room && map.folded == 0;
    let shown = if all { told.len() } else { told.len().min(room.saturating_sub(1)) };
    for conduit in &told[..shown] {
        let style = if conduit.undeclared > 0 { seen.theme.bad() } else { Style::new() };
        ink::text(buffer, area, y, &passing(conduit), style);
        y += 1;
    }
    let hidden = [
        (told.len() - shown, "conduits"),
        (map.folded - map.folded_blind, "quiet zones"),
        (map.folded_blind, "blind zones"),
    ];
    let hidden = hidden.iter().filter(|(count, _)| *count > 0);
    let hidden: Vec<_> = hidden.map(|(count, what)| format!("{count} {what}")).collect();
    if !hidden.is_empty() && y < last {
        let text = format!(" … not drawn: {}", hidden.join(", "));
        ink::text(buffer, area, y, &text, seen.theme.quiet());
    }
    let has_index = overview.zones.iter().any(|zone| zone.standing.is_some());
    let first = if has_index {
        " level  index  open warnings   //// blind: an interval"
    } else {
        " no index yet: level and number of open warnings"
    };
    let legend = [
        first,
        " I red  II orange  III yellow  IV blue  - none",
        " ! undeclared flows passed   Enter opens  i explains",
    ];
    for (y, text) in (last..).zip(legend) {
        ink::text(buffer, area, y, text, Style::new());
    }
}

fn passing(conduit: &Conduit) -> String {
    let mark = if conduit.undeclared > 0 { '!' } else { ' ' };
    let undeclared = if conduit.undeclared > 0 {
        format!(", {} undeclared", conduit.undeclared)
    } else {
        String::new()
    };
    let flows = present::grouped(conduit.flows);
    let noun = if conduit.flows == 1 { "flow" } else { "flows" };
    format!("{mark}{} > {}  {flows} {noun}{undeclared}", conduit.src_zone, conduit.dst_zone)
}
