//! What the people of a shift are asked to look at, and what they did.

use super::instead;
use crate::triage::short;
use crate::views::Seen;
use crate::views::situation::WORST;
use crate::views::situation::load::{FLOOD, Load, TARGET};
use crate::views::situation::{ACTS, Overview};
use crate::views::warnings::Row;
use crate::views::warnings::draw::{COLUMNS, cells};
use crate::widgets::chart::spark;
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::Panel;
use crate::widgets::table::Table;
use model::Level;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};

pub(super) fn worst(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
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
    let cursor = overview.cursors[WORST];
    let table = Table {
        columns: COLUMNS,
        total: overview.worst.len(),
        row: &|index| cells(&overview.worst[index], seen),
        mark: &|index| if focused && index == cursor.at { '>' } else { ' ' },
        cursor: (focused || seen.single).then_some(cursor),
    };
    table.draw(seen.theme, inner, buffer);
}

/// Cells of the small chart of alarm load: the last so many ten minutes, two a cell.
const SPARK: usize = 36;

/// How many warnings rang, against how many people can look at.
pub(super) fn load(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
    let note = format!("all analysts together, target <= {TARGET}");
    let panel = Panel { title: "Alarm load (10 min)", note: &note, focused };
    let inner = panel.draw(seen.theme, area, buffer);
    if !overview.has("situation.load") {
        return instead(false, seen, inner, buffer, "", &[]);
    }
    let load = Load::of(&overview.load);
    let recent = &load.bins[load.bins.len().saturating_sub(SPARK * 2)..];
    let values: Vec<_> = recent.iter().map(|count| *count as f64).collect();
    let style = if load.state() == "NORMAL" { Style::new() } else { seen.theme.bad() };
    let lines = [
        vec![
            Piece::plain(" "),
            spark(&values, load.peak() as f64, seen.theme),
            Piece::plain(format!("  now {}  peak {}", load.now(), load.peak())),
        ],
        vec![
            Piece::plain(" state  "),
            Piece::new(load.state(), style),
            Piece::plain(format!("   busy above {TARGET}, flood above {FLOOD}")),
        ],
        vec![Piece::plain(mix(&load))],
        vec![Piece::plain(oldest(&overview.worst, seen))],
        vec![Piece::plain(noisiest(&load))],
    ];
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        ink::line(buffer, inner, y, line);
    }
}

fn mix(load: &Load) -> String {
    let levels = [Level::I, Level::II, Level::III, Level::IV];
    let shares = levels.map(|level| format!("{level} {} %", load.share(level)));
    format!(" mix    {}   meant 5/15/80", shares.join("  "))
}

/// The oldest of the worst warnings that nobody has looked at.
fn oldest(open: &[Row], seen: &Seen<'_>) -> String {
    let new = open.iter().filter(|row| row.state == "NEW");
    match new.min_by_key(|row| (row.level, row.time)) {
        Some(row) => {
            let age = present::age(seen.now.since(row.time));
            format!(" oldest not acknowledged {}: {age}  {}", row.level, short(&row.id))
        }
        None => " everything open is acknowledged".into(),
    }
}

fn noisiest(load: &Load) -> String {
    match &load.noisiest {
        Some((rule, rang)) => {
            let share = rang * 100 / load.total().max(1);
            format!(
                " noisiest rule {rule}, {share} % of {} from {} rules",
                load.total(),
                load.rules
            )
        }
        None => " no warning rang in the last day of this range".into(),
    }
}

pub(super) fn acts(
    overview: &Overview,
    seen: &Seen<'_>,
    area: Rect,
    focused: bool,
    buffer: &mut Buffer,
) {
    let inner =
        Panel { title: "What people did", note: "", focused }.draw(seen.theme, area, buffer);
    if overview.acts.is_empty() {
        let answered = overview.has("situation.acts");
        return instead(answered, seen, inner, buffer, "Nobody has acted on a warning yet.", &[]);
    }
    let top = overview.cursors[ACTS]
        .at
        .min(overview.acts.len().saturating_sub(usize::from(inner.height)));
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
