//! How the tree and the pane beside it are drawn.

use super::Walk;
use super::facts::{Facts, MARKED};
use crate::theme::Theme;
use crate::triage::short;
use crate::views::Seen;
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::{self, Panel};
use crate::widgets::table::{Column, Table};
use graph::tree::{Line, What};
use graph::{EdgeIndex, NodeIndex, Path};
use model::Level;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};

/// Cells of the right pane.
const BESIDE: u16 = 38;
/// Other ends that are listed of an entity in one direction.
const LISTED: usize = 6;

/// Where each pane is; a pane that is not drawn has no cells.
pub(super) struct Panes([Rect; 2]);

impl Panes {
    pub(super) fn of(area: Rect, seen: &Seen<'_>) -> Self {
        if seen.single {
            let mut panes = [Rect::ZERO; 2];
            panes[seen.pane.min(1)] = area;
            return Self(panes);
        }
        let left = area.width.saturating_sub(BESIDE);
        Self([
            Rect { width: left, ..area },
            Rect { x: area.x + left, width: area.width - left, ..area },
        ])
    }

    /// The cells inside the border of a pane.
    pub(super) fn inside(&self, pane: usize) -> Rect {
        self.0[pane.min(1)].inner(ratatui::layout::Margin::new(1, 1))
    }
}

pub(super) fn walk(walk: &Walk, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let panes = Panes::of(area, seen);
    for (index, rect) in panes.0.iter().enumerate().filter(|(_, rect)| !rect.is_empty()) {
        let focused = index == seen.pane && !seen.single;
        match index {
            0 => tree(walk, seen, *rect, focused, buffer),
            _ => entity(walk, seen, *rect, focused, buffer),
        }
    }
}

/// Columns of the tree.
const COLUMNS: &[Column] = &[
    Column::rest("ENTITY"),
    Column::cells("ZONE", 10),
    Column::cells("LVL", 3),
    Column::cells("HOW", 24),
    Column::cells("FLOWS", 6).wide(90),
    Column::cells("^", 3),
];

fn tree(walk: &Walk, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let note = "! suspicious · ^n edges not in the tree";
    let inner = Panel { title: "Threat graph", note, focused }.draw(seen.theme, area, buffer);
    if walk.lines.is_empty() {
        return nothing(walk, seen, inner, buffer);
    }
    let row = |index: usize| cells(walk, &walk.lines[index], seen.theme);
    let mark = |index: usize| match &walk.lines[index].what {
        _ if index == walk.cursor.at => '>',
        What::Node(node) if on_path(walk.path.as_ref(), *node) => '*',
        _ => ' ',
    };
    let table = Table {
        columns: COLUMNS,
        total: walk.lines.len(),
        row: &row,
        mark: &mark,
        cursor: Some(walk.cursor),
    };
    table.draw(seen.theme, inner, buffer);
}

fn on_path(path: Option<&Path>, node: NodeIndex) -> bool {
    path.is_some_and(|path| path.nodes.contains(&node))
}

fn cells(walk: &Walk, line: &Line, theme: Theme) -> Vec<Piece> {
    let node = match &line.what {
        What::Fold(fold) => {
            let name = format!("{}(+) {} hosts", line.branch, fold.hosts.len());
            return vec![
                Piece::new(name, theme.quiet()),
                Piece::new(fold.zone.as_str(), theme.quiet()),
                Piece::plain(""),
                Piece::new("folded, x opens", theme.quiet()),
            ];
        }
        What::Node(node) => walk.network.node(*node),
    };
    let name = format!("{}{}", line.branch, node.told());
    let style = if line.depth == 0 { theme.heading() } else { Style::new() };
    let level = if node.level == Level::None { "" } else { node.level.as_str() };
    let (how, flows) = line.edge.map_or_else(
        || (Piece::plain("focus"), String::new()),
        |edge| (how(walk, edge, theme), flows(walk, edge)),
    );
    let cross = if line.cross > 0 { format!("^{}", line.cross) } else { String::new() };
    vec![
        Piece::new(name, style),
        Piece::plain(node.zone.as_str()),
        Piece::new(level, theme.level(node.level)),
        how,
        Piece::plain(flows),
        Piece::plain(cross),
    ]
}

fn how(walk: &Walk, edge: EdgeIndex, theme: Theme) -> Piece {
    let edge = walk.network.edge(edge);
    let told = graph::export::label(edge);
    if edge.is_suspicious() {
        Piece::new(format!("! {told}"), theme.bad())
    } else {
        Piece::plain(format!("  {told}"))
    }
}

fn flows(walk: &Walk, edge: EdgeIndex) -> String {
    match walk.network.edge(edge).flows {
        0 => String::new(),
        flows => present::short(flows),
    }
}

fn nothing(walk: &Walk, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = seen.theme;
    if let Some(failure) = seen.failure {
        return panel::error(theme, buffer, area, failure);
    }
    if walk.gathering.places().is_none() {
        return panel::empty(theme, buffer, area, "Asking the store …", &[]);
    }
    let span = crate::range::span_text(seen.asked.scope.to.since(seen.asked.scope.from));
    let why = format!("No open warning in the last {span} names a host to begin at.");
    let next = [
        ":graph HOST begins at a host, by name or address.",
        "Z doubles the time range, t sets it; x drops the filter in other views, an empty / here.",
    ];
    panel::empty(theme, buffer, area, &why, &next);
}

fn entity(walk: &Walk, seen: &Seen<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let Some(facts) = &walk.facts else {
        let title = if walk.lines.is_empty() { "Entity" } else { "Fold" };
        Panel { title, note: "", focused }.draw(seen.theme, area, buffer);
        return;
    };
    let node = walk.network.node(facts.node);
    let note = if walk.focus.as_ref() == Some(&node.key) { "focus" } else { "" };
    let inner = Panel { title: &node.told(), note, focused }.draw(seen.theme, area, buffer);
    let lines = told(walk, facts, seen.theme, usize::from(inner.width).saturating_sub(2));
    let top = walk.scrolled.min(lines.len().saturating_sub(usize::from(inner.height).max(1)));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines[top..]) {
        ink::line(buffer, inner, y, line);
    }
}

fn told(walk: &Walk, facts: &Facts, theme: Theme, width: usize) -> Vec<Vec<Piece>> {
    let node = walk.network.node(facts.node);
    let plain = |text: String| vec![Piece::plain(format!(" {text}"))];
    let heading = |text: &str| vec![Piece::new(format!(" {text}"), theme.heading())];
    let mut lines = vec![
        plain(format!("zone   {}  criticality {}", node.zone, node.criticality)),
        plain(format!("degree {}", present::grouped(walk.network.degree(facts.node)))),
    ];
    if !node.role.is_empty() {
        lines.push(plain(format!("role   {}", node.role)));
    }
    let addresses: Vec<_> =
        node.addresses.iter().map(|ip| model::address::plain(*ip).to_string()).collect();
    lines.extend(
        ink::wrapped(&addresses.join(", "), width.saturating_sub(7)).into_iter().enumerate().map(
            |(at, part)| plain(format!("{} {part}", if at == 0 { "address" } else { "       " })),
        ),
    );
    lines.push(Vec::new());
    lines.extend(warnings(walk, facts, theme));
    for (title, ends) in [("reached from", &facts.from), ("reaches", &facts.to)] {
        lines.push(heading(&format!("{title} ({})", ends.len())));
        lines.extend(ends.iter().take(LISTED).map(|(edge, other)| end(walk, *edge, *other, theme)));
        if ends.len() > LISTED {
            lines.push(vec![Piece::new(
                format!("   … {} more", ends.len() - LISTED),
                theme.quiet(),
            )]);
        }
        lines.push(Vec::new());
    }
    lines.push(heading("how it was reached"));
    lines.extend(way(walk, facts.way.as_ref(), "no suspicious step leads here", width));
    if let Some(path) = &walk.path {
        lines.push(Vec::new());
        lines.push(heading("path (P)"));
        lines.extend(way(walk, Some(path), "", width));
    }
    lines
}

fn warnings(walk: &Walk, facts: &Facts, theme: Theme) -> Vec<Vec<Piece>> {
    let told = &walk.network.node(facts.node).warnings;
    let heading = vec![Piece::new(format!(" warnings ({})", told.len()), theme.heading())];
    let line = |told: &graph::Told| {
        vec![
            Piece::plain("   "),
            Piece::new(present::fit(told.level.as_str(), 4), theme.level(told.level)),
            Piece::plain(format!("{} {}", told.detection, short(&told.id))),
        ]
    };
    let mut lines = vec![heading];
    lines.extend(told.iter().take(LISTED).map(line));
    if told.len() > LISTED {
        lines.push(vec![Piece::plain(format!("   … {} more, gw shows them", told.len() - LISTED))]);
    }
    lines.push(Vec::new());
    lines
}

fn end(walk: &Walk, edge: EdgeIndex, other: NodeIndex, theme: Theme) -> Vec<Piece> {
    let (edge, node) = (walk.network.edge(edge), walk.network.node(other));
    let mark = if node.criticality >= MARKED { " !" } else { "  " };
    let service = edge.services.first().map_or("", String::as_str);
    vec![
        Piece::new(mark, theme.bad()),
        Piece::plain(format!(" {} ", present::fit(&node.key, 15))),
        Piece::new(
            format!("{} {service}", edge.kind.word()),
            if edge.is_suspicious() { theme.bad() } else { theme.quiet() },
        ),
    ]
}

fn way(walk: &Walk, path: Option<&Path>, none: &str, width: usize) -> Vec<Vec<Piece>> {
    let Some(path) = path else { return vec![vec![Piece::plain(format!("   {none}"))]] };
    let names: Vec<_> =
        path.nodes.iter().map(|node| walk.network.node(*node).key.as_str()).collect();
    let mut lines: Vec<_> = ink::wrapped(&names.join(" > "), width.saturating_sub(2))
        .into_iter()
        .map(|part| vec![Piece::plain(format!("   {part}"))])
        .collect();
    let took = path
        .steps
        .first()
        .zip(path.steps.last())
        .map_or(0, |(first, last)| last.at.since(first.at));
    let steps =
        if path.steps.len() == 1 { "1 step".into() } else { format!("{} steps", path.steps.len()) };
    lines.push(vec![Piece::plain(format!(
        "   {steps} · {} · {:.2} nats",
        present::age(took),
        f64::from(path.millinats) / 1_000.0
    ))]);
    lines
}
