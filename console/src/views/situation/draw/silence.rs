//! Whether the silence can be trusted: what each tap saw, and the books of each stage.

use super::instead;
use crate::views::Seen;
use crate::views::situation::{LEDGER as LEDGER_PANE, Overview, TAPS as TAPS_PANE};
use crate::widgets::ink::Piece;
use crate::widgets::panel::Panel;
use crate::widgets::table::{Column, Table};
use model::Time;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};

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

pub(super) fn taps(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
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
    let cursor = overview.cursors[TAPS_PANE];
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

pub(super) fn ledger(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
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
    let cursor = focused.then_some(overview.cursors[LEDGER_PANE]);
    let table =
        Table { columns: LEDGER, total: overview.stages.len(), row: &row, mark: &|_| ' ', cursor };
    table.draw(seen.theme, inner, buffer);
}
