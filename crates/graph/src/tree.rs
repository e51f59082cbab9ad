//! A neighbourhood as a tree of lines: who hangs on whom, and how many edges the tree does not show.

use crate::fold::{Fold, Neighbourhood};
use crate::network::{Kind, Network};
use model::Level;
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Branches before it, such as `│   ├─> `; empty for the focus.
    pub branch: String,
    /// What it stands for.
    pub what: What,
    /// The edge to the line above it in the tree; none for the focus and for folds.
    pub edge: Option<EdgeIndex>,
    /// Edges to other drawn entities that the tree does not show.
    pub cross: usize,
    /// Hops from the focus, as lines are indented.
    pub depth: usize,
}

/// What a line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An entity.
    Node(NodeIndex),
    /// Entities of one zone.
    Fold(Fold),
}

impl Line {
    /// A key by which the line is found again when the tree changes.
    pub fn key(&self, network: &Network) -> String {
        match &self.what {
            What::Node(node) => network.node(*node).key.clone(),
            What::Fold(fold) => format!("{}\u{0}{}", network.node(fold.parent).key, fold.zone),
        }
    }
}

/// The lines of a neighbourhood, the focus first.
pub fn lines(network: &Network, around: &Neighbourhood) -> Vec<Line> {
    let mut children: BTreeMap<NodeIndex, Vec<NodeIndex>> = BTreeMap::new();
    for node in around.drawn.iter().filter(|node| **node != around.focus) {
        children.entry(around.parent[node].0).or_default().push(*node);
    }
    for siblings in children.values_mut() {
        siblings.sort_by(|a, b| rank(network, around, *a).cmp(&rank(network, around, *b)));
    }
    let mut writer = Writer { network, around, children, cross: crossings(network, around) };
    let mut lines = Vec::new();
    writer.write(around.focus, "", "", 0, &mut lines);
    lines
}

/// The suspicious first, then the accused, the critical, the busy, and the name.
fn rank<'n>(
    network: &'n Network,
    around: &Neighbourhood,
    node: NodeIndex,
) -> (Kind, u8, Reverse<u8>, Reverse<u64>, &'n str) {
    let one = network.node(node);
    let accused = if one.level == Level::None { u8::MAX } else { one.level as u8 };
    let edge = network.edge(around.parent[&node].1);
    (edge.kind, accused, Reverse(one.criticality), Reverse(edge.flows), &one.key)
}

/// For each drawn entity: its edges that are no branch.
fn crossings(network: &Network, around: &Neighbourhood) -> BTreeMap<NodeIndex, usize> {
    let mut cross = BTreeMap::new();
    for edge in around.edges(network) {
        if !around.is_branch(network, edge) {
            let (src, dst) = network.ends(edge);
            *cross.entry(src).or_default() += 1;
            *cross.entry(dst).or_default() += 1;
        }
    }
    cross
}

struct Writer<'a> {
    network: &'a Network,
    around: &'a Neighbourhood,
    children: BTreeMap<NodeIndex, Vec<NodeIndex>>,
    cross: BTreeMap<NodeIndex, usize>,
}

impl Writer<'_> {
    fn write(
        &mut self,
        node: NodeIndex,
        branch: &str,
        below: &str,
        depth: usize,
        lines: &mut Vec<Line>,
    ) {
        lines.push(Line {
            branch: branch.to_owned(),
            what: What::Node(node),
            edge: self.around.parent.get(&node).map(|(_, edge)| *edge),
            cross: self.cross.get(&node).copied().unwrap_or(0),
            depth,
        });
        let children = self.children.remove(&node).unwrap_or_default();
        let folds: Vec<_> =
            self.around.folds.iter().filter(|fold| fold.parent == node).cloned().collect();
        let count = children.len() + folds.len();
        for (at, child) in children.into_iter().enumerate() {
            let last = at + 1 == count;
            let arrow = self.arrow(node, child);
            let corner = if last { "└" } else { "├" };
            let (branch, below) = (
                format!("{below}{corner}{arrow} "),
                format!("{below}{}", if last { "    " } else { "│   " }),
            );
            self.write(child, &branch, &below, depth + 1, lines);
        }
        for (at, fold) in folds.into_iter().enumerate() {
            let last = at + 1 + count - self.around.folds_of(node) == count;
            let corner = if last { "└" } else { "├" };
            lines.push(Line {
                branch: format!("{below}{corner}── "),
                what: What::Fold(fold),
                edge: None,
                cross: 0,
                depth: depth + 1,
            });
        }
    }

    /// Which way the conversations between two entities were opened, as seen from the first.
    fn arrow(&self, before: NodeIndex, child: NodeIndex) -> &'static str {
        let is_told = |src, dst| {
            let edge = self.network.graph.find_edge(src, dst);
            edge.is_some_and(|edge| self.network.edge(edge).kind != Kind::Control)
        };
        match (is_told(before, child), is_told(child, before)) {
            (true, true) => "<>",
            (false, true) => "<─",
            _ => "─>",
        }
    }
}

impl Neighbourhood {
    fn folds_of(&self, node: NodeIndex) -> usize {
        self.folds.iter().filter(|fold| fold.parent == node).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::View;
    use crate::network::Kind::{Declared, Evidence, NewAdmin};
    use crate::network::tests::network;

    fn drawn(network: &Network, focus: &str, view: &View) -> Vec<String> {
        let around = network.neighbourhood(network.find(focus).expect("it is there"), view);
        let name = |line: &Line| match &line.what {
            What::Node(node) => network.node(*node).key.clone(),
            What::Fold(fold) => format!("(+) {} {}", fold.hosts.len(), fold.zone),
        };
        let cross = |line: &Line| {
            if line.cross > 0 { format!(" ^{}", line.cross) } else { String::new() }
        };
        lines(network, &around)
            .iter()
            .map(|line| format!("{}{}{}", line.branch, name(line), cross(line)))
            .collect()
    }

    #[test]
    fn a_tree_shows_branches_arrows_and_how_many_edges_it_does_not_show() {
        let network = network(&[
            ("pc-117", "203.0.113.40", Evidence, 0, 540),
            ("pc-117", "op-1", NewAdmin, 300, 345),
            ("10.31.0.9", "pc-117", Declared, 0, 60),
            ("op-1", "jump-1", NewAdmin, 305, 345),
            ("op-1", "saa-1", Evidence, 330, 331),
            ("jump-1", "saa-1", NewAdmin, 310, 335),
        ]);
        assert_eq!(
            drawn(&network, "pc-117", &View::default()),
            [
                "pc-117",
                "├─> 203.0.113.40",
                "├─> op-1",
                "│   ├─> saa-1 ^1",
                "│   └─> jump-1 ^1",
                "└<─ 10.31.0.9",
            ]
        );
    }

    #[test]
    fn a_fold_is_the_last_branch_of_what_it_hangs_on() {
        let names: Vec<_> = (1..=9).map(|at| format!("10.31.0.{at}")).collect();
        let mut edges: Vec<_> =
            names.iter().map(|name| (name.as_str(), "op-1", Declared, 0, 9)).collect();
        edges.push(("op-1", "saa-1", Evidence, 0, 9));
        let view = View { max_nodes: 3, ..View::default() };
        assert_eq!(
            drawn(&network(&edges), "op-1", &view),
            ["op-1", "├─> saa-1", "├<─ 10.31.0.1", "└── (+) 8 office"]
        );
    }
}
