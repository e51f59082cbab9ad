//! How the zone map and the panes beside it are drawn.

use super::map::{BOX_WIDTH, Edge, GAP, Map};
use super::{Conduit, Overview, Zone};
use crate::triage::short;
use crate::views::Seen;
use crate::views::warnings::draw::{COLUMNS, cells};
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::{self, Panel};
use crate::widgets::table::{Column, Table};
use model::{Level, Time};
use ratatui::style::Style;
use ratatui::widgets::{Block, Widget};
use ratatui::{buffer::Buffer, layout::Rect};

/// Cells of the map pane across, where all panes are drawn.
const MAP_WIDTH: u16 = 56;
/// Lines of the ingest panes and of the acts pane.
const LOWER: (u16, u16) = (9, 5);

/// Where each pane is; a pane that is not drawn has no cells.
pub(super) struct Panes([Rect; 5]);

impl Panes {
    /// All five, or the one that has the keys.
    pub(super) fn of(area: Rect, seen: &Seen<'_>) -> Self {
        let mut panes = [Rect::ZERO; 5];
        if seen.single {
            panes[seen.pane.min(4)] = area;
            return Self(panes);
        }
        let last = LOWER.1.min(area.height / 5);
        let middle = LOWER.0.min(area.height / 4);
        let top = area.height - middle - last;
        let left = MAP_WIDTH.min(area.width / 2);
        let half = area.width / 2;
        panes[0] = Rect { width: left, height: top, ..area };
        panes[1] = Rect { x: area.x + left, width: area.width - left, height: top, ..area };
        let row = Rect { y: area.y + top, height: middle, ..area };
        panes[2] = Rect { width: half, ..row };
        panes[3] = Rect { x: area.x + half, width: area.width - half, ..row };
        panes[4] = Rect { y: area.y + top + middle, height: last, ..area };
        Self(panes)
    }

    /// The cells inside the border of a pane.
    pub(super) fn inside(&self, pane: usize) -> Rect {
        self.0[pane.min(4)].inner(ratatui::layout::Margin::new(1, 1))
    }
}

pub(super) fn overview(overview: &Overview, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let panes = Panes::of(area, seen);
    for (index, rect) in panes.0.iter().enumerate().filter(|(_, rect)| !rect.is_empty()) {
        let focused = index == seen.pane && !seen.single;
        match index {
            0 => zones(overview, seen, *rect, focused, buffer),
            1 => worst(overview, seen, *rect, focused, buffer),
            2 => taps(overview, seen, *rect, focused, buffer),
            3 => ledger(overview, seen, *rect, focused, buffer),
            _ => acts(overview, seen, *rect, focused, buffer),
        }
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
    let worst = overview.zones.iter().min_by_key(|zone| (zone.rank(), &zone.zone));
    let note = match worst {
        Some(zone) if zone.level != Level::None => format!("worst: {} {}", zone.zone, zone.level),
        _ => String::new(),
    };
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

fn boxed(zone: &Zone, selected: bool, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let style = if selected { seen.theme.focused() } else { seen.theme.border() };
    Block::bordered().border_style(style).render(area, buffer);
    let name = present::cut(&format!(" {} ", zone.zone), usize::from(area.width.saturating_sub(2)));
    ink::put(buffer, area.x + 1, area.y, present::width(&name) as u16, &name, seen.theme.heading());
    let open = match zone.open {
        0 => "0 open".to_owned(),
        open if open == zone.fresh => format!("{open} new"),
        open => format!("{open} open"),
    };
    let inside = usize::from(area.width.saturating_sub(4));
    let text =
        present::fit(zone.level.as_str(), 4) + &present::fit(&open, inside.saturating_sub(4));
    ink::put(buffer, area.x + 2, area.y + 1, inside as u16, &text, seen.theme.level(zone.level));
    if selected {
        let row =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 1 };
        buffer.set_style(row, seen.theme.selected());
    }
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
    const LEGEND: u16 = 2;
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
    let hidden = [(told.len() - shown, "conduits not drawn"), (map.folded, "quiet zones folded")];
    let hidden = hidden.iter().filter(|(count, _)| *count > 0);
    let hidden: Vec<_> = hidden.map(|(count, what)| format!("{count} {what}")).collect();
    if !hidden.is_empty() && y < last {
        ink::text(buffer, area, y, &format!(" … {}", hidden.join(", ")), seen.theme.quiet());
    }
    let levels = " I red  II orange  III yellow  IV blue  - none";
    ink::text(buffer, area, last, levels, Style::new());
    ink::text(
        buffer,
        area,
        last + 1,
        " ! undeclared flows passed   Enter opens the zone",
        Style::new(),
    );
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

fn worst(overview: &Overview, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let new = overview.worst.iter().filter(|row| row.state == "NEW").count();
    let note = format!("{} open  {new} new", overview.worst.len());
    let note = if overview.has("situation.worst") { note } else { String::new() };
    let inner =
        Panel { title: "Worst open warnings", note: &note, focused }.draw(seen.theme, area, buffer);
    if overview.worst.is_empty() {
        let answered = overview.has("situation.worst");
        let span = crate::range::span_text(seen.asked.scope.to.since(seen.asked.scope.from));
        let why = format!("No warning is open in the last {span}.");
        let next = [
            "The panes below say what the taps could see.",
            "Z doubles the time range, t sets it.",
        ];
        return instead(answered, seen, inner, buffer, &why, &next);
    }
    let cursor = overview.cursors[1];
    let table = Table {
        columns: COLUMNS,
        total: overview.worst.len(),
        row: &|index| cells(&overview.worst[index], seen),
        mark: &|index| if focused && index == cursor.at { '>' } else { ' ' },
        cursor: (focused || seen.single).then_some(cursor),
    };
    table.draw(seen.theme, inner, buffer);
}

/// A tap without a row for so long is said to be silent. Microseconds.
const SILENT_US: i64 = 3 * Time::MINUTE;
/// A tap that loses more than this, in a million, is said to lose.
const LOSES_PPM: u32 = 1_000;
/// A tap that loses more than this, in a million, is blind.
const BLIND_PPM: u32 = 10_000;

const TAPS: &[Column] = &[
    Column::rest("TAP"),
    Column::cells("STATE", 6),
    Column::cells("COVERAGE", 9),
    Column::cells("PACKETS/S", 9),
    Column::cells("LOST", 8),
    Column::cells("ONE-WAY", 7),
];

fn taps(overview: &Overview, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let well = overview
        .taps
        .iter()
        .filter(|tap| condition(tap.drop_ppm, tap.newest, seen.now) == "ok")
        .count();
    let note = format!("{well} ok  {} not", overview.taps.len() - well);
    let note = if overview.taps.is_empty() { String::new() } else { note };
    let inner = Panel { title: "Taps", note: &note, focused }.draw(seen.theme, area, buffer);
    if overview.taps.is_empty() {
        let answered = overview.has("situation.taps");
        let next =
            ["Silence here is not evidence of calm.", "bartizan sensor run  or  bartizan demo"];
        return instead(answered, seen, inner, buffer, "No tap has reported in this range.", &next);
    }
    let cursor = overview.cursors[2];
    let row = |index: usize| {
        let tap = &overview.taps[index];
        let state = condition(tap.drop_ppm, tap.newest, seen.now);
        let style = if state == "ok" { Style::new() } else { seen.theme.bad() };
        vec![
            Piece::plain(tap.tap.as_str()),
            Piece::new(state, style),
            Piece::plain(format!("{} ago", present::age(seen.now.since(tap.newest).max(0)))),
            Piece::plain(present::grouped(tap.packets_per_s.round() as u64)),
            Piece::plain(percent(tap.drop_ppm)),
            Piece::plain(percent(tap.one_way_ppm)),
        ]
    };
    let table = Table {
        columns: TAPS,
        total: overview.taps.len(),
        row: &row,
        mark: &|_| ' ',
        cursor: focused.then_some(cursor),
    };
    table.draw(seen.theme, inner, buffer);
}

fn condition(drop_ppm: u32, newest: Time, now: Time) -> &'static str {
    match drop_ppm {
        _ if now.since(newest) > SILENT_US + Time::MINUTE => "silent",
        ppm if ppm > BLIND_PPM => "blind",
        ppm if ppm > LOSES_PPM => "loses",
        _ => "ok",
    }
}

fn percent(ppm: u32) -> String {
    format!("{:.2} %", f64::from(ppm) / 10_000.0)
}

const LEDGER: &[Column] = &[
    Column::cells("STAGE", 8),
    Column::cells("RECEIVED", 11),
    Column::cells("KEPT", 11),
    Column::rest("DROPPED, BY REASON"),
];

fn ledger(overview: &Overview, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let balanced = overview.stages.iter().all(|stage| stage.missing() == 0);
    let note = match (overview.stages.is_empty(), balanced) {
        (true, _) => "",
        (_, true) => "received = kept + dropped",
        (_, false) => "! does not balance",
    };
    let inner = Panel { title: "Ledger", note, focused }.draw(seen.theme, area, buffer);
    if overview.stages.is_empty() {
        let answered = overview.has("situation.ledger");
        return instead(answered, seen, inner, buffer, "No ledger rows in this range.", &[]);
    }
    let row = |index: usize| {
        let stage = &overview.stages[index];
        let mut dropped: Vec<_> = stage.dropped.iter().filter(|(_, count)| **count > 0).collect();
        dropped.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut told: Vec<_> = dropped
            .iter()
            .map(|(reason, count)| format!("{} {reason}", present::grouped(**count)))
            .collect();
        if stage.missing() != 0 {
            told.insert(0, format!("! {} not accounted for", stage.missing()));
        }
        if told.is_empty() {
            told.push("0".into());
        }
        vec![
            Piece::plain(stage.stage.as_str()),
            Piece::plain(present::grouped(stage.received)),
            Piece::plain(present::grouped(stage.kept)),
            Piece::new(
                told.join(", "),
                if stage.missing() == 0 { Style::new() } else { seen.theme.bad() },
            ),
        ]
    };
    let cursor = focused.then_some(overview.cursors[3]);
    let table =
        Table { columns: LEDGER, total: overview.stages.len(), row: &row, mark: &|_| ' ', cursor };
    table.draw(seen.theme, inner, buffer);
}

fn acts(overview: &Overview, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let inner =
        Panel { title: "What people did", note: "", focused }.draw(seen.theme, area, buffer);
    if overview.acts.is_empty() {
        let answered = overview.has("situation.acts");
        return instead(answered, seen, inner, buffer, "Nobody has acted on a warning yet.", &[]);
    }
    let top =
        overview.cursors[4].at.min(overview.acts.len().saturating_sub(usize::from(inner.height)));
    for (y, act) in (inner.top()..inner.bottom()).zip(&overview.acts[top..]) {
        let id =
            if act.subject == "warning" { short(&act.subject_id) } else { act.subject_id.clone() };
        let words = [act.reason.as_str(), act.note.as_str()].join(" ");
        let at = act.at.to_string().get(..16).unwrap_or_default().replace('T', " ");
        let text =
            format!(" {at} {} {} {id} > {} {}", act.actor, act.action, act.state_to, words.trim());
        ink::text(buffer, inner, y, &text, Style::new());
    }
}
