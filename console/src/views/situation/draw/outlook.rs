//! The index of the institution over the range, and what may come.

use super::instead;
use crate::forecast::Early;
use crate::range::span_text;
use crate::views::Seen;
use crate::views::situation::{EARLY, Overview, Standing};
use crate::widgets::chart::{Chart, Point};
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::Panel;
use crate::widgets::table::{Column, Table};
use model::Time;
use ratatui::{buffer::Buffer, layout::Rect};

/// An index older than this is not of now: it is written every fifth minute. Microseconds.
const CURRENT_US: i64 = 10 * Time::MINUTE;

/// How to have an index, where there is none.
const MAKE: &str = "bartizan analyze once --from TIME --to TIME";

pub(super) fn index(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
    let standing = overview.institution();
    let title = standing.map_or_else(|| "Index".to_owned(), titled);
    let span = span_text(seen.asked.scope.to.since(seen.asked.scope.from));
    let note = standing.map_or_else(String::new, |one| {
        let gate = if one.gate.is_empty() { "" } else { " by a gate" };
        format!("{}{gate} · last {span}", one.level_text())
    });
    let inner = Panel { title: &title, note: &note, focused }.draw(seen.theme, area, buffer);
    let Some(standing) = standing else {
        let answered = overview.has("situation.standing");
        let next = ["The analyzer writes it as it judges:", MAKE];
        return instead(answered, seen, inner, buffer, "No index yet.", &next);
    };
    let chart = Rect { height: inner.height.saturating_sub(1), ..inner };
    let points: Vec<_> = overview
        .course
        .iter()
        .map(|moment| Point {
            time: moment.time,
            value: moment.index,
            at_most: moment.index_if_blind,
        })
        .collect();
    let scope = &seen.asked.scope;
    let style = seen.theme.level(standing.level);
    Chart { points: &points, from: scope.from, to: scope.to }
        .draw(seen.theme, style, chart, buffer);
    let below = Rect { y: chart.bottom(), height: inner.height - chart.height, ..inner };
    drivers(standing, seen, below, buffer);
}

/// `Index 63-64 (+9 in 1h)`.
fn titled(standing: &Standing) -> String {
    let change = standing.change().map_or_else(String::new, |change| format!("  ({change})"));
    format!("Index  {}{change}", standing.span())
}

/// One line: how old it is if it is old, that it was judged with the taps that are left out now, then what drives it.
fn drivers(standing: &Standing, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let mut pieces = vec![Piece::plain(" ")];
    let age = seen.asked.scope.to.since(standing.time);
    if age > CURRENT_US {
        let told = format!("as of {} ago  ", present::age(age));
        pieces.push(Piece::new(told, seen.theme.bad()));
    }
    if !seen.asked.scope.without.is_empty() {
        pieces.push(Piece::new("judged with every tap  ", seen.theme.bad()));
    }
    let told = standing.drivers.iter().filter(|driver| driver.points >= 0.5).take(3);
    let told: Vec<_> =
        told.map(|driver| format!("{} {:+.0}", driver.name, driver.points)).collect();
    let told = if told.is_empty() { "nothing drives it".to_owned() } else { told.join("  ") };
    pieces.push(Piece::plain(format!("{told}   i explains")));
    ink::line(buffer, area, area.y, &pieces);
}

/// Cells of the name of a scope.
const SCOPE: u16 = 11;

const COLUMNS: &[Column] = &[
    Column::cells("SCOPE", SCOPE),
    Column::cells("TO", 3),
    Column::cells("WITHIN", 7),
    Column::cells("PROB", 4),
    Column::cells("BAND", 6),
    Column::cells("SKILL", 5),
    Column::rest("BECAUSE"),
];

pub(super) fn early(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
    let note = "forecast · 80 % band";
    let inner = Panel { title: "Early warnings", note, focused }.draw(seen.theme, area, buffer);
    let rows = overview.early(seen);
    if rows.is_empty() {
        let answered = overview.has("situation.forecasts");
        let (why, next) = nothing(overview, seen);
        return instead(answered, seen, inner, buffer, &why, &[next.as_str()]);
    }
    let cursor = overview.cursors[EARLY];
    let table = Table {
        columns: COLUMNS,
        total: rows.len(),
        row: &|at| cells(&rows[at], seen),
        mark: &|at| match &rows[at] {
            Early::Shown(one) if one.open => '!',
            _ if focused && at == cursor.at => '>',
            _ => ' ',
        },
        cursor: (focused || seen.single).then_some(cursor),
    };
    table.draw(seen.theme, inner, buffer);
    unskilled(&rows, table.first(inner), seen, inner, buffer);
}

/// Of a scope without skill no number is shown: a line across all columns says so.
fn unskilled(rows: &[Early], first: usize, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    for (y, early) in (area.y + 1..area.bottom()).zip(&rows[first..]) {
        if let Early::NoSkill(_) = early {
            let x = area.x + SCOPE + 3;
            let style = buffer[(x, y)].style();
            let width = area.right().saturating_sub(x);
            ink::put(buffer, x, y, width, "no skill: not shown", seen.theme.quiet().patch(style));
        }
    }
}

fn cells(early: &Early, seen: &Seen<'_>) -> Vec<Piece> {
    let one = early.forecast();
    if let Early::NoSkill(_) = early {
        return vec![Piece::plain(one.name.as_str())];
    }
    vec![
        Piece::plain(one.name.as_str()),
        Piece::new(one.level.as_str(), seen.theme.level(one.level)),
        Piece::plain(format!("{} min", one.horizon_min)),
        Piece::plain(present::percent(one.probability)),
        Piece::plain(one.band()),
        Piece::plain(one.skill_text()),
        Piece::plain(one.because(3)),
    ]
}

/// Why no early warning is there: nothing is likely, nothing was forecast lately, or nothing ever was.
fn nothing(overview: &Overview, seen: &Seen<'_>) -> (String, String) {
    let now = seen.asked.scope.to;
    let is_current = overview.institution().is_some_and(|one| now.since(one.time) <= CURRENT_US);
    match overview.forecasts.iter().map(|one| one.time).max() {
        _ if overview.institution().is_none() => ("No forecast yet.".into(), MAKE.into()),
        None => ("No forecast yet: no chance of 1 % or more was ever there.".into(), String::new()),
        Some(_) if is_current => {
            ("Nothing is likely: each chance is below 1 %.".into(), String::new())
        }
        Some(newest) => (
            format!("The newest forecast is {} old.", present::age(now.since(newest))),
            "bartizan analyze status says whether judging keeps up.".into(),
        ),
    }
}
