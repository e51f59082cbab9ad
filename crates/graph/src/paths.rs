//! Ways through the network in the order of time: a step can be taken if it was used after its source was reached.

use crate::cost;
use crate::network::Network;
use model::Time;
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Most steps of a path.
const STEPS: u32 = 16;

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The edge that is passed.
    pub edge: EdgeIndex,
    /// The earliest moment at which its target can have been reached.
    pub at: Time,
}

/// A way from one entity to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Entities, both ends included.
    pub nodes: Vec<NodeIndex>,
    /// Steps between them.
    pub steps: Vec<Step>,
    /// What the steps cost together, in thousandths of a nat.
    pub millinats: u32,
}

impl Path {
    /// How likely all its steps are, together.
    pub fn likelihood(&self) -> f64 {
        (-f64::from(self.millinats) / 1_000.0).exp()
    }

    /// The last entity.
    pub fn end(&self) -> NodeIndex {
        *self.nodes.last().expect("a path has at least one entity")
    }
}

/// A way that was found so far.
#[derive(Debug, Clone, Copy)]
struct Label {
    node: NodeIndex,
    cost: u32,
    steps: u32,
    /// Forward: reached at the earliest; backward: left at the latest.
    at: Time,
    before: Option<(usize, EdgeIndex)>,
}

/// Labels of a search: the cheapest of each node is its first.
struct Found {
    labels: Vec<Label>,
    first: Vec<Option<usize>>,
}

impl Network {
    /// The cheapest way from `from` to `to` in the order of time; none if there is none in the range.
    pub fn best_path(&self, from: NodeIndex, to: NodeIndex) -> Option<Path> {
        self.best_path_after(&[(from, Time(i64::MIN))], to)
    }

    /// The cheapest way to `to` from any of `sources`, each held since the moment beside it.
    pub fn best_path_after(&self, sources: &[(NodeIndex, Time)], to: NodeIndex) -> Option<Path> {
        let found = self.search(sources, Direction::Outgoing, u32::MAX);
        found.first[to.index()].map(|label| found.forward(label))
    }

    /// Entities of at least this criticality that can be reached from what is held: the most critical first, then the
    /// cheapest. What is held itself is left out.
    pub fn forward_reach(&self, sources: &[(NodeIndex, Time)], criticality: u8) -> Vec<Path> {
        let found = self.search(sources, Direction::Outgoing, u32::MAX);
        let is_wanted = |node: &NodeIndex| {
            self.node(*node).criticality >= criticality
                && sources.iter().all(|(source, _)| source != node)
        };
        let mut paths: Vec<_> = self
            .nodes()
            .filter(is_wanted)
            .filter_map(|node| found.first[node.index()])
            .map(|label| found.forward(label))
            .collect();
        paths.sort_by_key(|path| (Reverse(self.node(path.end()).criticality), path.millinats));
        paths
    }

    /// The way by which `to` was reached, from the first host on, over suspicious steps alone: of all entities from which
    /// they lead here, the one whose step is the earliest. None if no suspicious step leads here.
    pub fn backward(&self, to: NodeIndex) -> Option<Path> {
        let found = self.search(&[(to, Time(i64::MAX))], Direction::Incoming, cost::SUSPICIOUS);
        let reached = self.nodes().filter_map(|node| found.first[node.index()]);
        let earliest = |label: &usize| {
            let label = &found.labels[*label];
            let (_, edge) = label.before?;
            Some((self.edge(edge).first, label.cost))
        };
        let label = reached
            .filter_map(|label| earliest(&label).map(|rank| (rank, label)))
            .min_by_key(|(rank, _)| *rank)?
            .1;
        Some(found.backward(label, self))
    }

    /// Every node that can be reached, or from which can be come, over steps of at most `dearest`.
    fn search(&self, sources: &[(NodeIndex, Time)], way: Direction, dearest: u32) -> Found {
        let mut rank = vec![0; self.graph.node_count()];
        for (place, node) in self.nodes().enumerate() {
            rank[node.index()] = place;
        }
        let mut found = Found { labels: Vec::new(), first: vec![None; rank.len()] };
        let mut best: Vec<Option<Time>> = vec![None; rank.len()];
        let mut queue = BinaryHeap::new();
        let mut open = Vec::new();
        let put = |label: Label, open: &mut Vec<Label>, queue: &mut BinaryHeap<_>| {
            let late = if way == Direction::Outgoing { label.at } else { Time(!label.at.0) };
            queue.push(Reverse((
                label.cost,
                label.steps,
                late,
                rank[label.node.index()],
                open.len(),
            )));
            open.push(label);
        };
        for (node, at) in sources {
            let label = Label { node: *node, cost: 0, steps: 0, at: *at, before: None };
            put(label, &mut open, &mut queue);
        }
        while let Some(Reverse((.., at))) = queue.pop() {
            let label = open[at];
            let known = &mut best[label.node.index()];
            let is_better = |known: Time| match way {
                Direction::Outgoing => label.at < known,
                Direction::Incoming => label.at > known,
            };
            if !known.is_none_or(is_better) || label.steps > STEPS {
                continue;
            }
            *known = Some(label.at);
            let this = found.labels.len();
            found.labels.push(label);
            found.first[label.node.index()].get_or_insert(this);
            for (edge, other) in self.around(label.node, way) {
                if let Some(next) = self.taken(label, this, edge, other, way, dearest) {
                    put(next, &mut open, &mut queue);
                }
            }
        }
        found
    }

    /// The label behind one more step, if it can be taken in time.
    fn taken(
        &self,
        label: Label,
        this: usize,
        edge: EdgeIndex,
        other: NodeIndex,
        way: Direction,
        dearest: u32,
    ) -> Option<Label> {
        let passed = self.edge(edge);
        let cost = passed.millinats().filter(|cost| *cost <= dearest)?;
        let at = match way {
            Direction::Outgoing if passed.last >= label.at => label.at.max(passed.first),
            Direction::Incoming if passed.first <= label.at => label.at.min(passed.last),
            _ => return None,
        };
        Some(Label {
            node: other,
            cost: label.cost + cost,
            steps: label.steps + 1,
            at,
            before: Some((this, edge)),
        })
    }
}

impl Found {
    fn forward(&self, label: usize) -> Path {
        let mut path = self.backwards(label);
        path.nodes.reverse();
        path.steps.reverse();
        path
    }

    /// The way as it was searched: from the last node that was found.
    fn backwards(&self, label: usize) -> Path {
        let (mut nodes, mut steps) = (Vec::new(), Vec::new());
        let mut at = Some(label);
        while let Some(label) = at.map(|at| &self.labels[at]) {
            nodes.push(label.node);
            steps.extend(label.before.map(|(_, edge)| Step { edge, at: label.at }));
            at = label.before.map(|(before, _)| before);
        }
        Path { nodes, steps, millinats: self.labels[label].cost }
    }

    /// A way that was searched from its end, with the moments at which it can have been gone.
    fn backward(&self, label: usize, network: &Network) -> Path {
        let mut path = self.backwards(label);
        let mut at = Time(i64::MIN);
        for step in &mut path.steps {
            at = at.max(network.edge(step.edge).first);
            step.at = at;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Kind::{Admin, Attempt, Control, Declared, Evidence, NewAdmin, Undeclared};
    use crate::network::tests::{minute, network};

    fn keys(network: &Network, path: Option<Path>) -> Vec<String> {
        path.into_iter()
            .flat_map(|path| path.nodes)
            .map(|node| network.node(node).key.clone())
            .collect()
    }

    fn best(network: &Network, from: &str, to: &str) -> Vec<String> {
        let node = |key: &str| network.find(key).expect("it is there");
        keys(network, network.best_path(node(from), node(to)))
    }

    #[test]
    fn the_way_that_warnings_tell_of_is_taken_before_a_shorter_declared_one() {
        let network = network(&[
            ("pc-117", "saa-1", Declared, 0, 600),
            ("pc-117", "op-1", NewAdmin, 300, 345),
            ("op-1", "saa-1", Evidence, 330, 331),
        ]);
        // 1,204 + 105 is less than 3,912.
        assert_eq!(best(&network, "pc-117", "saa-1"), ["pc-117", "op-1", "saa-1"]);
    }

    #[test]
    fn a_step_that_was_over_before_its_source_was_reached_is_not_taken() {
        let early = network(&[
            ("pc-117", "op-1", NewAdmin, 300, 345),
            ("op-1", "saa-1", Evidence, 100, 200),
        ]);
        assert!(best(&early, "pc-117", "saa-1").is_empty());
        let late = network(&[
            ("pc-117", "op-1", NewAdmin, 300, 345),
            ("op-1", "saa-1", Evidence, 100, 320),
        ]);
        assert_eq!(best(&late, "pc-117", "saa-1").len(), 3);
    }

    #[test]
    fn a_dearer_way_that_arrives_earlier_is_found_where_the_cheap_one_is_too_late() {
        let network = network(&[
            ("pc-117", "op-1", Evidence, 500, 510),
            ("pc-117", "jump-1", Declared, 0, 60),
            ("jump-1", "op-1", Declared, 0, 60),
            ("op-1", "saa-1", Undeclared, 100, 110),
        ]);
        assert_eq!(best(&network, "pc-117", "saa-1"), ["pc-117", "jump-1", "op-1", "saa-1"]);
    }

    #[test]
    fn nobody_passes_where_nobody_answered() {
        assert!(
            best(&network(&[("pc-117", "saa-1", Attempt, 0, 9)]), "pc-117", "saa-1").is_empty()
        );
    }

    #[test]
    fn reach_tells_the_most_critical_first_and_leaves_out_what_is_held() {
        let network = network(&[
            ("pc-117", "op-1", Evidence, 0, 9),
            ("op-1", "saa-1", Declared, 5, 9),
            ("op-1", "jump-1", Admin, 5, 9),
            ("pc-117", "10.31.0.9", Declared, 0, 9),
        ]);
        let source = network.find("pc-117").expect("it is there");
        let reach = network.forward_reach(&[(source, minute(0))], 9);
        let ends: Vec<_> = reach.iter().map(|path| network.node(path.end()).key.as_str()).collect();
        assert_eq!(ends, ["saa-1", "op-1", "jump-1"]);
        assert_eq!(reach[0].millinats, 105 + 3_912);
        let late = network.forward_reach(&[(source, minute(10))], 9);
        assert!(late.is_empty(), "everything was over by then");
    }

    #[test]
    fn the_way_back_ends_at_who_led_the_first_host() {
        let network = network(&[
            ("pc-117", "203.0.113.40", Evidence, 0, 540),
            ("203.0.113.40", "pc-117", Control, 0, 540),
            ("pc-117", "op-1", NewAdmin, 300, 345),
            ("op-1", "saa-1", Evidence, 330, 331),
            ("10.31.0.9", "saa-1", Declared, 0, 600),
        ]);
        let back = network.backward(network.find("saa-1").expect("it is there"));
        assert_eq!(back.as_ref().map(|path| path.millinats), Some(105 + 1_204 + 105));
        let times: Vec<_> = back.iter().flat_map(|path| &path.steps).map(|step| step.at).collect();
        assert_eq!(times, [minute(0), minute(300), minute(330)]);
        assert_eq!(keys(&network, back), ["203.0.113.40", "pc-117", "op-1", "saa-1"]);
    }

    #[test]
    fn nothing_suspicious_leads_to_a_quiet_host() {
        let network = network(&[("pc-117", "op-1", Declared, 0, 9)]);
        assert_eq!(network.backward(network.find("op-1").expect("it is there")), None);
    }
}
