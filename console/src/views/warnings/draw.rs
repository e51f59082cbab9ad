//! How the queue and its three panes are drawn.

use super::{Incident, Queue, Row};
use crate::theme::Theme;
use crate::triage::short;
use crate::views::Seen;
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::{self, Panel};
use crate::widgets::table::{Column, Table};
use model::Time;
use model::warning::Contribution;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};
use std::collections::BTreeSet;

/// Lines of the lower panes where all four are drawn and the queue is long.
const LOWER: u16 = 15;
/// Fewest lines of the queue: what it says when it has no rows needs them.
const QUEUE: u16 = 8;

/// Where each pane is; a pane that is not drawn has no cells.
pub(super) struct Panes([Rect; 4]);

impl Panes {
    /// All four, or the one that has the keys. The queue is as high as its `rows` need; the rest is for why and what.
    pub(super) fn of(area: Rect, seen: &Seen<'_>, rows: usize) -> Self {
        let mut panes = [Rect::ZERO; 4];
        if seen.single {
            panes[seen.pane.min(3)] = area;
            return Self(panes);
        }
        let most = area.height - LOWER.min(area.height / 2);
        let needed = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(3);
        let lower = area.height - needed.max(QUEUE).min(most);
        let [top, below] = [
            Rect { height: area.height - lower, ..area },
            Rect { y: area.bottom() - lower, height: lower, ..area },
        ];
        let left = area.width / 2 + 2;
        let right = Rect { x: area.x + left, width: area.width - left, ..below };
        let upper = lower / 2;
        panes[0] = top;
        panes[1] = Rect { width: left, ..below };
        panes[2] = Rect { height: upper, ..right };
        panes[3] = Rect { y: right.y + upper, height: lower - upper, ..right };
        Self(panes)
    }

    /// The cells inside the border of a pane.
    pub(super) fn inside(&self, pane: usize) -> Rect {
        self.0[pane.min(3)].inner(ratatui::layout::Margin::new(1, 1))
    }
}

pub(super) fn queue(queue: &Queue, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let panes = Panes::of(area, seen, queue.rows.len());
    for (index, rect) in panes.0.iter().enumerate().filter(|(_, rect)| !rect.is_empty()) {
        let focused = index == seen.pane && !seen.single;
        match index {
            0 => list(queue, seen, *rect, focused, buffer),
            1 => why(queue, seen, *rect, focused, buffer),
            2 => evidence(queue, seen, *rect, focused, buffer),
            _ => flows(queue, seen, *rect, focused, buffer),
        }
    }
}

fn list(queue: &Queue, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let inner =
        Panel { title: "Queue", note: &queue.tally, focused }.draw(seen.theme, area, buffer);
    if queue.rows.is_empty() {
        return nothing(queue, seen, inner, buffer);
    }
    let row = |index: usize| cells(&queue.rows[index], seen);
    let mark = |index: usize| match &queue.rows[index] {
        row if queue.marked.contains(&row.id) => '*',
        _ if index == queue.cursor.at => '>',
        _ => ' ',
    };
    let table = Table {
        columns: COLUMNS,
        total: queue.rows.len(),
        row: &row,
        mark: &mark,
        cursor: Some(queue.cursor),
    };
    table.draw(seen.theme, inner, buffer);
    let place = format!(" {}/{} ", queue.cursor.at + 1, queue.rows.len());
    let width = present::width(&place) as u16;
    ink::put(
        buffer,
        area.right().saturating_sub(width + 2),
        area.bottom() - 1,
        width,
        &place,
        Style::new(),
    );
}

/// Columns of a list of warnings.
pub(in crate::views) const COLUMNS: &[Column] = &[
    Column::cells("LVL", 4),
    Column::cells("STATE", 6).wide(70),
    Column::cells("SCORE", 5),
    Column::cells("AGE", 4),
    Column::cells("SUBJECT", 14),
    Column::cells("ZONE", 9).wide(90),
    Column::cells("RULE", 7).wide(70),
    Column::cells("OWNER", 8).wide(110),
    Column::cells("N", 3).wide(110),
    Column::rest("WHAT"),
];

/// The cells of one warning, for [`COLUMNS`].
pub(in crate::views) fn cells(row: &Row, seen: &Seen<'_>) -> Vec<Piece> {
    let level = seen.theme.level(row.level);
    let owner = if row.owner.is_empty() { "-" } else { &row.owner };
    vec![
        Piece::new(row.level.as_str(), level),
        Piece::plain(row.state.as_str()),
        Piece::plain(row.score_text()),
        Piece::plain(present::age(seen.now.since(row.time))),
        Piece::plain(row.subject.as_str()),
        Piece::plain(row.zone.as_str()),
        Piece::plain(row.detection.as_str()),
        Piece::plain(owner),
        Piece::plain(row.evidence_ids.len().to_string()),
        Piece::plain(row.what()),
    ]
}

fn nothing(queue: &Queue, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = seen.theme;
    if let Some(failure) = seen.failure {
        return panel::error(theme, buffer, area, failure);
    }
    if !queue.loaded {
        return panel::empty(theme, buffer, area, "Asking the store …", &[]);
    }
    let span = crate::range::span_text(seen.asked.scope.to.since(seen.asked.scope.from));
    if seen.asked.narrow.text().is_empty() {
        let why = format!("No warning rang in the last {span}.");
        let next = [
            "Z doubles the time range, t sets it.",
            "Whether that is calm or blindness: 1 shows what each tap has seen.",
        ];
        panel::empty(theme, buffer, area, &why, &next);
    } else {
        let why =
            format!("No open warning matches  {}  in the last {span}.", seen.asked.narrow.text());
        let next = ["x drops the filter, / changes it.", "Z doubles the time range, t sets it."];
        panel::empty(theme, buffer, area, &why, &next);
    }
}

fn why(queue: &Queue, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let Some(row) = queue.current() else {
        Panel { title: "Why", note: "", focused }.draw(seen.theme, area, buffer);
        return;
    };
    let title = format!("Why (score {})", row.score_text());
    let note = format!("{} · {}", short(&row.id), row.detection);
    let inner = Panel { title: &title, note: &note, focused }.draw(seen.theme, area, buffer);
    let mut lines = reasons(row, seen, usize::from(inner.width));
    let part_of = queue.details().and_then(|details| details.incident.as_ref());
    lines.extend(part_of.into_iter().flat_map(|incident| chain(row, incident, inner.width)));
    shown(&lines, queue.scrolled[1], inner, buffer);
}

/// The sentence, then each part of the score with its bar, the sum, and what goes with it.
fn reasons(row: &Row, seen: &Seen<'_>, width: usize) -> Vec<Vec<Piece>> {
    let theme = seen.theme;
    let plain = |text: String| vec![Piece::plain(" "), Piece::plain(text)];
    let mut lines: Vec<_> =
        ink::wrapped(&row.sentence, width.saturating_sub(2)).into_iter().map(plain).collect();
    lines.push(Vec::new());
    lines.extend(parts(row, theme, width));
    lines.push(Vec::new());
    let attack =
        if row.attack.is_empty() { "none named".to_owned() } else { row.attack.join(" · ") };
    lines.push(plain(format!("ATT&CK   {attack}")));
    lines.push(plain(format!(
        "rang     {} at level {} {}",
        clock(row.time),
        row.level,
        row.level.colour()
    )));
    lines.push(plain(format!("episode  since {}", clock(row.episode_start))));
    if let Some(until) = row.until {
        lines.push(plain(format!("shelved  until {}", clock(until))));
    }
    if !row.business.is_empty() {
        lines.push(plain(format!("business {}", row.business.join(", "))));
    }
    lines
}

/// The incident that it is part of: its place in the chain, the way it went, and where to see it.
fn chain(row: &Row, incident: &Incident, width: u16) -> Vec<Vec<Piece>> {
    let room = usize::from(width).saturating_sub(11);
    let mut lines = Vec::new();
    let mut told = |label: &str, text: &str| {
        for (at, line) in ink::wrapped(text, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(vec![Piece::plain(format!(" {} {line}", present::fit(label, 8)))]);
        }
    };
    told("incident", &incident.told(&row.id));
    told("", &incident.title);
    if !incident.path.is_empty() {
        told("path", &incident.path.join(" > "));
    }
    told("", "gt shows it in the graph");
    lines
}

/// Cells that are kept for the bars.
const BAR: usize = 8;

fn parts(row: &Row, theme: Theme, width: usize) -> Vec<Vec<Piece>> {
    let most =
        row.contributions.iter().map(|part| part.millinats.unsigned_abs()).max().unwrap_or(0);
    let widest = |text: fn(&Contribution) -> &str| {
        row.contributions.iter().map(|part| present::width(text(part))).max().unwrap_or(0)
    };
    // Names are what a person reads: what does not fit of them goes on below.
    let value = widest(|part| &part.value).min(16);
    let name = widest(|part| &part.name).min(width.saturating_sub(value + 11 + BAR)).max(12);
    let room = width.saturating_sub(name + value + 11);
    let mut lines = Vec::new();
    for part in &row.contributions {
        let style = if part.millinats >= 0 { theme.bad() } else { theme.good() };
        let bar = ink::bar(f64::from(part.millinats.unsigned_abs()), f64::from(most), room.max(1));
        let mut told = ink::wrapped(&part.name, name).into_iter();
        lines.push(vec![
            Piece::plain(format!(" {:+6.2} ", f64::from(part.millinats) / 1000.0)),
            Piece::plain(present::fit(&told.next().unwrap_or_default(), name) + " "),
            Piece::plain(present::fit(&part.value, value) + " "),
            Piece::new(bar, style),
        ]);
        lines.extend(told.map(|rest| vec![Piece::plain(format!("        {rest}"))]));
    }
    let (nats, probability) = row.sum();
    let sum = format!(" {nats:+6.2} the sum, in log-odds: score {probability:.2}");
    lines.push(vec![Piece::new(sum, theme.heading())]);
    if !row.adds_up() {
        let told =
            format!("        the row says {}: these parts are not all of it", row.score_text());
        lines.push(vec![Piece::new(told, theme.bad())]);
    }
    lines
}

fn evidence(queue: &Queue, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let details = queue.details();
    let count = details.map_or(0, |details| details.evidence.len());
    let acts = details.map_or(0, |details| details.history.len());
    let note = format!("facts {count} · acts {acts}");
    let inner = Panel { title: "Evidence and history", note: &note, focused }
        .draw(seen.theme, area, buffer);
    let mut lines = Vec::new();
    for fact in details.iter().flat_map(|details| &details.evidence) {
        let withdrawn = if fact.strength == 0 { "  withdrawn" } else { "" };
        let p_value =
            if fact.p_value < 1.0 { format!("  p {:.1e}", fact.p_value) } else { String::new() };
        let object =
            if fact.object.is_empty() { String::new() } else { format!(" > {}", fact.object) };
        lines.push(vec![Piece::plain(format!(
            " {} {} {}{object}{p_value}{withdrawn}",
            clock(fact.seen),
            fact.detection,
            fact.subject
        ))]);
        let numbers = fact.brief();
        let room = usize::from(inner.width.saturating_sub(4));
        for line in
            ink::wrapped(&numbers.join(" · "), room).into_iter().filter(|line| !line.is_empty())
        {
            lines.push(vec![Piece::new(format!("   {line}"), seen.theme.quiet())]);
        }
    }
    for act in details.iter().flat_map(|details| &details.history) {
        let words = act.words();
        lines.push(vec![Piece::plain(format!(
            " {} {} {} {} > {}",
            clock(act.at),
            act.actor,
            act.action,
            act.state_from,
            act.state_to
        ))]);
        let room = usize::from(inner.width.saturating_sub(4));
        for line in ink::wrapped(&words, room).into_iter().filter(|line| !line.is_empty()) {
            lines.push(vec![Piece::plain(format!("   {line}"))]);
        }
    }
    if lines.is_empty() && queue.current().is_some() {
        let said = if details.is_some() { "no evidence row is behind it" } else { "…" };
        lines.push(vec![Piece::new(format!(" {said}"), seen.theme.quiet())]);
    }
    shown(&lines, queue.scrolled[2], inner, buffer);
}

fn flows(queue: &Queue, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let details = queue.details();
    let count = details.map_or(0, |details| details.flows.len());
    let named: BTreeSet<_> = details
        .iter()
        .flat_map(|details| &details.evidence)
        .flat_map(|fact| &fact.flow_ids)
        .collect();
    let note = format!("{count} of {}", named.len());
    let inner =
        Panel { title: "Flows behind it", note: &note, focused }.draw(seen.theme, area, buffer);
    let mut lines = Vec::new();
    // The day is told where it is another than that of the warning.
    let day = |time: Time| time.0.div_euclid(Time::DAY);
    let today = queue.current().is_some_and(|row| {
        details
            .iter()
            .flat_map(|details| &details.flows)
            .all(|flow| day(flow.first) == day(row.time))
    });
    // The opener's port tells least: it goes first where there is little room.
    let roomy = inner.width >= 80;
    for flow in details.iter().flat_map(|details| &details.flows) {
        let at = clock(flow.first);
        let at = if today { at.get(6..).unwrap_or_default() } else { at.as_str() };
        let port = if roomy { format!(":{}", flow.src_port) } else { String::new() };
        let name = if flow.sni.is_empty() { &flow.app } else { &flow.sni };
        lines.push(vec![Piece::plain(format!(
            " {at} {} {}{port} > {}:{} {} / {} {}",
            flow.tap,
            flow.src_ip,
            flow.dst_ip,
            flow.dst_port,
            present::bytes(flow.src_bytes),
            present::bytes(flow.dst_bytes),
            name
        ))]);
    }
    if lines.is_empty() && queue.current().is_some() {
        lines.push(vec![Piece::new(" no flow rows of it are in reach", seen.theme.quiet())]);
    }
    shown(&lines, queue.scrolled[3], inner, buffer);
}

/// Lines from `top` on, as far as they fit; the last one says how many are below.
fn shown(lines: &[Vec<Piece>], top: usize, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    let top = top.min(lines.len().saturating_sub(height.max(1)));
    for (y, line) in (area.top()..area.bottom()).zip(&lines[top..]) {
        ink::line(buffer, area, y, line);
    }
    let below = lines.len().saturating_sub(top + height);
    if below > 0 && height > 1 {
        let text = format!(" … {} more lines", below + 1);
        ink::text(buffer, area, area.bottom() - 1, &text, Style::new());
    }
}

/// Date and time of day to the second, UTC.
fn clock(time: Time) -> String {
    let text = time.to_string();
    text.get(5..19).map_or(text.clone(), |part| part.replace('T', " "))
}
