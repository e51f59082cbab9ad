//! Graph: the threat graph around a focus as a tree, and what the entity under the cursor was reached from and reaches.

mod draw;
mod facts;

use super::{About, Asked, Intent, Screen, Seen, View};
use crate::event::Answer;
use crate::failure::Failure;
use crate::keymap::{Action, GRAPH};
use crate::narrow::equal;
use crate::requests::Ask;
use crate::widgets::table::{Cursor, Table};
use facts::Facts;
use graph::fold::{Neighbourhood, View as Around};
use graph::gather::MOST_HOPS;
use graph::tree::{self, Line, What};
use graph::{Gathering, Network, NodeIndex, Path, Wanted, thing};
use model::Time;
use query::Scope;
use ratatui::{buffer::Buffer, layout::Rect};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Between the focus and the entity under the cursor, where both are one key.
const BETWEEN: char = '\u{1f}';

/// What a command names, as [`Screen::select`] takes it: `HOST`, `show HOST` or `path HOST HOST`.
pub fn key(words: &str) -> Option<String> {
    match words.split_whitespace().collect::<Vec<_>>()[..] {
        ["path", from, to] => Some(format!("{from}{BETWEEN}{to}")),
        ["show", host] | [host] if host != "path" => Some(host.to_owned()),
        _ => None,
    }
}

/// The view.
pub struct Graph;

static ABOUT: About = About {
    number: 4,
    name: "graph",
    title: "Graph",
    purpose: "who reached whom around a focus, and the likeliest way",
    panes: &["Tree", "Entity"],
    keys: GRAPH,
};

impl View for Graph {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn open(&self) -> Box<dyn Screen> {
        Box::new(Walk::default())
    }
}

/// The state of the view.
#[derive(Debug)]
pub struct Walk {
    gathering: Gathering,
    /// What was asked about last.
    scope: RefCell<Scope>,
    focus: Option<String>,
    hops: usize,
    unfolded: BTreeSet<(String, String)>,
    network: Network,
    around: Option<Neighbourhood>,
    lines: Vec<Line>,
    cursor: Cursor,
    /// The entity to put the cursor on when it comes.
    awaited: Option<String>,
    /// A path that is shown.
    path: Option<Path>,
    facts: Option<Facts>,
    scrolled: usize,
}

impl Default for Walk {
    fn default() -> Self {
        let scope = Scope { from: Time(0), to: Time(0), without: Vec::new() };
        let (focus, hops) = (Vec::new(), 2);
        let wanted =
            Wanted { scope: scope.clone(), focus, hops, forward: false, whole_hours: false };
        Self {
            gathering: Gathering::new(wanted),
            scope: RefCell::new(scope),
            focus: None,
            hops,
            unfolded: BTreeSet::new(),
            network: Network::default(),
            around: None,
            lines: Vec::new(),
            cursor: Cursor::default(),
            awaited: None,
            path: None,
            facts: None,
            scrolled: 0,
        }
    }
}

impl Walk {
    fn line(&self) -> Option<&Line> {
        self.lines.get(self.cursor.at)
    }

    /// The entity under the cursor.
    fn node(&self) -> Option<NodeIndex> {
        match self.line()?.what {
            What::Node(node) => Some(node),
            What::Fold(_) => None,
        }
    }

    fn begin_at(&mut self, focus: &str) {
        let focus = self.gathering.key(focus);
        if self.focus.as_ref() != Some(&focus) {
            self.unfolded.clear();
            (self.path, self.cursor) = (None, Cursor::default());
            self.gathering.focus_on(vec![focus.clone()], self.hops);
            self.focus = Some(focus);
        }
    }

    /// Without a focus: who the worst open warning accuses.
    fn begin_somewhere(&mut self) {
        let Some(places) = self.gathering.places() else { return };
        let entity = |text: &str| thing::entity(text).filter(|name| !places.is_zone(name));
        let worst = self.gathering.warnings().iter().find_map(|row| entity(&row.subject));
        if let Some(worst) = worst {
            self.begin_at(&worst);
        }
    }

    /// Makes the tree anew; the cursor stays on its entity.
    fn redraw(&mut self) {
        // An address is told by the name of its host, as soon as names came.
        self.focus = self.focus.take().map(|focus| self.gathering.key(&focus));
        self.awaited = self.awaited.take().map(|key| self.gathering.key(&key));
        let selected = self.awaited.clone().or_else(|| self.under_cursor());
        self.network = self.gathering.network();
        self.arrange();
        if let Some(key) = selected {
            self.put_cursor(&key);
        }
        self.look();
    }

    fn arrange(&mut self) {
        let focus = self.focus.as_ref().and_then(|key| self.network.find(key));
        let kept = self.path.iter().flat_map(|path| &path.nodes);
        let view = Around {
            hops: self.hops,
            unfolded: self.unfolded.clone(),
            kept: kept.map(|node| self.network.node(*node).key.clone()).collect(),
            ..Around::default()
        };
        self.around = focus.map(|focus| self.network.neighbourhood(focus, &view));
        self.lines =
            self.around.as_ref().map_or_else(Vec::new, |around| tree::lines(&self.network, around));
        self.cursor.at = self.cursor.at.min(self.lines.len().saturating_sub(1));
    }

    fn under_cursor(&self) -> Option<String> {
        self.line().map(|line| line.key(&self.network))
    }

    fn put_cursor(&mut self, key: &str) -> bool {
        let found = self.lines.iter().position(|line| line.key(&self.network) == key);
        if let Some(at) = found {
            self.cursor.at = at;
            self.awaited = None;
        }
        found.is_some()
    }

    /// Finds out about the entity under the cursor.
    fn look(&mut self) {
        self.facts = self.node().map(|node| Facts::of(&self.network, node));
        self.scrolled = 0;
    }

    fn step(&mut self, hops: usize) -> Vec<Intent> {
        if hops == 0 || hops > MOST_HOPS {
            return vec![Intent::Say(format!("hops are from 1 to {MOST_HOPS}"))];
        }
        self.hops = hops;
        if let Some(focus) = self.focus.clone() {
            self.gathering.focus_on(vec![focus], hops);
        }
        self.redraw();
        Vec::new()
    }

    /// `x`: opens the fold under the cursor, or closes those that hang on the entity there.
    fn unfold(&mut self) -> Vec<Intent> {
        let changed = match self.line().map(|line| line.what.clone()) {
            Some(What::Fold(fold)) => {
                let parent = self.network.node(fold.parent).key.clone();
                self.unfolded.insert((parent, fold.zone))
            }
            Some(What::Node(node)) => {
                let key = &self.network.node(node).key;
                let before = self.unfolded.len();
                self.unfolded.retain(|(parent, _)| parent != key);
                before != self.unfolded.len()
            }
            None => false,
        };
        if !changed {
            return vec![Intent::Say("nothing is folded here".into())];
        }
        self.arrange();
        self.look();
        Vec::new()
    }

    /// `P`: the path between the focus and the entity under the cursor; on the focus, to the most critical in reach.
    fn find_path(&mut self) -> Vec<Intent> {
        let focus = self.focus.as_ref().and_then(|key| self.network.find(key));
        let (Some(focus), Some(node)) = (focus, self.node()) else { return Vec::new() };
        let found = if node == focus {
            self.network.forward_reach(&[(focus, Time(i64::MIN))], 9).into_iter().next()
        } else {
            let there = self.network.best_path(focus, node);
            there.or_else(|| self.network.best_path(node, focus))
        };
        let Some(path) = found else {
            let said = "no path in what is loaded; + goes a hop further, t sets the range";
            return vec![Intent::Say(said.into())];
        };
        let names = path.nodes.iter().map(|node| self.network.node(*node).key.as_str());
        let said = format!(
            "{}  {:.2} nats",
            names.collect::<Vec<_>>().join(" > "),
            f64::from(path.millinats) / 1_000.0
        );
        self.path = Some(path);
        let key = self.under_cursor();
        self.arrange();
        key.map(|key| self.put_cursor(&key));
        vec![Intent::Say(said)]
    }

    /// To the entity that the one under the cursor hangs on, or to the first that hangs on it.
    fn sideways(&mut self, action: Action) {
        let Some(depth) = self.line().map(|line| line.depth) else { return };
        let at = self.cursor.at;
        let to = if action == Action::Left {
            self.lines[..at].iter().rposition(|line| line.depth + 1 == depth)
        } else {
            self.lines.get(at + 1).filter(|line| line.depth == depth + 1).map(|_| at + 1)
        };
        self.cursor.at = to.unwrap_or(at);
    }

    fn moved(&mut self, action: Action, height: usize) {
        match action {
            Action::Left | Action::Right => {
                self.sideways(action);
                self.cursor.fits(self.lines.len(), height);
            }
            _ => {
                self.cursor.moves(action, self.lines.len(), height);
            }
        }
        self.look();
    }
}

impl Screen for Walk {
    fn asks(&self, asked: &Asked) -> Vec<Ask> {
        self.scope.replace(asked.scope.clone());
        let asks = self.gathering.asks_over(&asked.scope);
        asks.into_iter()
            .map(|(slot, question)| Ask::now(slot, asked.narrow.onto(question)))
            .collect()
    }

    fn answered(&mut self, slot: &'static str, answer: Answer) -> Result<(), Failure> {
        self.gathering.over(self.scope.borrow().clone());
        self.gathering.take(slot, answer.rows).map_err(|error| Failure::shape(slot, &error))?;
        if self.focus.is_none() && self.awaited.is_none() {
            self.begin_somewhere();
        }
        self.redraw();
        Ok(())
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>, area: Rect) -> Vec<Intent> {
        let panes = draw::Panes::of(area, seen);
        let height = Table::height(panes.inside(0));
        let name = |walk: &Self| walk.node().map(|node| walk.network.node(node).key.clone());
        match action {
            Action::MoreHops => return self.step(self.hops + 1),
            Action::FewerHops => return self.step(self.hops - 1),
            Action::Unfold => return self.unfold(),
            Action::PathTo => return self.find_path(),
            Action::Open | Action::GoGraph => {
                let other = name(self).filter(|key| self.focus.as_ref() != Some(key));
                let go = |key| Intent::Go {
                    view: "graph",
                    filter: seen.asked.narrow.text().to_owned(),
                    key: Some(key),
                };
                return match other {
                    Some(key) => vec![go(key)],
                    None if self.node().is_none() => self.unfold(),
                    None => Vec::new(),
                };
            }
            Action::GoWarnings => {
                let go = |key: String| Intent::Go {
                    view: "warnings",
                    filter: equal("subject", &key),
                    key: None,
                };
                return name(self).map(go).into_iter().collect();
            }
            Action::CopyName => return name(self).map(Intent::Copy).into_iter().collect(),
            _ if seen.pane == 0 => self.moved(action, height),
            Action::Down => self.scrolled = (self.scrolled + 1).min(500),
            Action::Up => self.scrolled = self.scrolled.saturating_sub(1),
            Action::First => self.scrolled = 0,
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
        draw::walk(self, seen, area, buffer);
    }

    fn crumb(&self) -> String {
        let hops = if self.hops == 1 { "1 hop".to_owned() } else { format!("{} hops", self.hops) };
        self.focus.as_ref().map_or(hops.clone(), |focus| format!("{focus} > {hops}"))
    }

    fn summary(&self) -> String {
        let Some(around) = &self.around else { return "no focus".into() };
        let edges = around.edges(&self.network);
        let cross = edges.iter().filter(|edge| !around.is_branch(&self.network, **edge)).count();
        let folds = match around.folds.len() {
            0 => String::new(),
            1 => format!(" and 1 fold of {}", around.folded()),
            count => format!(" and {count} folds of {}", around.folded()),
        };
        let left = match self.gathering.not_followed {
            0 => String::new(),
            left => format!(" · {left} not followed"),
        };
        format!(
            "graph {} nodes{folds} · {} edges, {cross} cross{left}",
            around.drawn.len(),
            edges.len()
        )
    }

    fn selected(&self) -> Option<String> {
        let focus = self.focus.as_ref()?;
        let under = self.under_cursor().unwrap_or_default();
        Some(format!("{focus}{BETWEEN}{under}"))
    }

    fn select(&mut self, key: &str) {
        match key.split_once(BETWEEN) {
            Some((focus, under)) => {
                self.begin_at(focus);
                self.awaited = Some(under.to_owned()).filter(|under| !under.is_empty());
            }
            None => self.begin_at(key),
        }
        self.redraw();
    }

    fn rewind(&mut self) {
        *self = Self { hops: self.hops, ..Self::default() };
    }
}
