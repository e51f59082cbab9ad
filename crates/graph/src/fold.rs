//! What of a network is drawn: the focus and what is near, at most so many entities; the rest is folded and counted.

use crate::network::{Edge, Kind, Network};
use model::Level;
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Entities that are drawn unless set otherwise.
pub const MAX_NODES: usize = 60;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Hops from the focus.
    pub hops: usize,
    /// Most entities; folds are not among them.
    pub max_nodes: usize,
    /// Keys of entities that are drawn whatever comes: those marked, or on a path.
    pub kept: BTreeSet<String>,
    /// Folds that are opened: key of the entity they hang on, and zone.
    pub unfolded: BTreeSet<(String, String)>,
}

impl Default for View {
    fn default() -> Self {
        Self { hops: 2, max_nodes: MAX_NODES, kept: BTreeSet::new(), unfolded: BTreeSet::new() }
    }
}

/// Entities of one zone that are not drawn one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The drawn entity that they hang on.
    pub parent: NodeIndex,
    /// Their zone.
    pub zone: String,
    /// They themselves.
    pub hosts: Vec<NodeIndex>,
}

/// The focus and what is around it.
#[derive(Debug, Clone)]
pub struct Neighbourhood {
    /// Where it begins.
    pub focus: NodeIndex,
    /// For every entity in reach but the focus: the one before it, and the edge between them.
    pub parent: BTreeMap<NodeIndex, (NodeIndex, EdgeIndex)>,
    /// Hops of each entity from the focus.
    pub hop: BTreeMap<NodeIndex, usize>,
    /// Entities that are drawn.
    pub drawn: BTreeSet<NodeIndex>,
    /// Those that are not.
    pub folds: Vec<Fold>,
}

/// Cost of an edge in the choice of what hangs on what: an attempt is dearer than everything that was answered.
fn weight(edge: &Edge) -> u32 {
    edge.millinats().unwrap_or(6_000)
}

impl Network {
    /// What is around `focus`.
    pub fn neighbourhood(&self, focus: NodeIndex, view: &View) -> Neighbourhood {
        let (parent, hop) = self.spread(focus, view.hops);
        let mut around =
            Neighbourhood { focus, parent, hop, drawn: BTreeSet::new(), folds: Vec::new() };
        around.draw(self, view);
        around.fold(self);
        around
    }

    /// Hop by hop from the focus; each entity hangs on the neighbour before it that is joined to it most tellingly.
    fn spread(
        &self,
        focus: NodeIndex,
        hops: usize,
    ) -> (BTreeMap<NodeIndex, (NodeIndex, EdgeIndex)>, BTreeMap<NodeIndex, usize>) {
        let (mut parent, mut hop) = (BTreeMap::new(), BTreeMap::from([(focus, 0)]));
        let mut layer = vec![focus];
        for at in 1..=hops {
            let mut next: BTreeMap<NodeIndex, (u32, usize, NodeIndex, EdgeIndex)> = BTreeMap::new();
            for (place, node) in layer.iter().enumerate() {
                for (edge, other) in self.beside(*node) {
                    if hop.contains_key(&other) {
                        continue;
                    }
                    let offer = (weight(self.edge(edge)), place, *node, edge);
                    let known = next.entry(other).or_insert(offer);
                    *known = (*known).min(offer);
                }
            }
            layer = next.keys().copied().collect();
            layer.sort_by(|a, b| self.node(*a).key.cmp(&self.node(*b).key));
            for (node, (_, _, before, edge)) in next {
                parent.insert(node, (before, edge));
                hop.insert(node, at);
            }
        }
        (parent, hop)
    }

    /// Edges of a node in either direction, without those that only say that commands come back.
    fn beside(&self, node: NodeIndex) -> Vec<(EdgeIndex, NodeIndex)> {
        let mut beside = self.around(node, Direction::Outgoing);
        beside.extend(self.around(node, Direction::Incoming));
        beside.retain(|(edge, _)| self.edge(*edge).kind != Kind::Control);
        beside
    }
}

impl Neighbourhood {
    /// Chooses who is drawn: whoever must be, then the accused, the suspicious, the critical and the near.
    fn draw(&mut self, network: &Network, view: &View) {
        let must =
            |node: &NodeIndex| *node == self.focus || view.kept.contains(&network.node(*node).key);
        let rank = |node: &NodeIndex| {
            let one = network.node(*node);
            let accused = if one.level == Level::None { u8::MAX } else { one.level as u8 };
            let quiet =
                self.parent.get(node).is_some_and(|(_, edge)| !network.edge(*edge).is_suspicious());
            (!must(node), accused, quiet, Reverse(one.criticality), self.hop[node])
        };
        let mut wanted: Vec<_> =
            network.nodes().filter(|node| self.hop.contains_key(node)).collect();
        wanted.sort_by_key(rank);
        let mut drawn = BTreeSet::new();
        for node in wanted {
            let missing: Vec<_> =
                self.ancestry(node).into_iter().filter(|one| !drawn.contains(one)).collect();
            if must(&node) || drawn.len() + missing.len() <= view.max_nodes.max(1) {
                drawn.extend(missing);
            }
        }
        let opened: Vec<_> = self
            .hop
            .keys()
            .filter(|node| !drawn.contains(node))
            .filter(|node| {
                let on = self.hangs_on(**node, &drawn);
                let zone = network.node(**node).zone.clone();
                view.unfolded.contains(&(network.node(on).key.clone(), zone))
            })
            .copied()
            .collect();
        for node in opened {
            drawn.extend(self.ancestry(node));
        }
        self.drawn = drawn;
    }

    fn fold(&mut self, network: &Network) {
        let mut folds: BTreeMap<(String, String), Fold> = BTreeMap::new();
        for node in network.nodes() {
            if !self.hop.contains_key(&node) || self.drawn.contains(&node) {
                continue;
            }
            let (parent, zone) =
                (self.hangs_on(node, &self.drawn), network.node(node).zone.clone());
            let key = (network.node(parent).key.clone(), zone.clone());
            let fold = folds.entry(key).or_insert_with(|| Fold { parent, zone, hosts: Vec::new() });
            fold.hosts.push(node);
        }
        self.folds = folds.into_values().collect();
    }

    /// The node and everything before it, up to the focus.
    fn ancestry(&self, node: NodeIndex) -> Vec<NodeIndex> {
        std::iter::successors(Some(node), |node| self.parent.get(node).map(|(before, _)| *before))
            .collect()
    }

    /// The nearest drawn entity before a node.
    fn hangs_on(&self, node: NodeIndex, drawn: &BTreeSet<NodeIndex>) -> NodeIndex {
        self.ancestry(node)
            .into_iter()
            .skip(1)
            .find(|before| drawn.contains(before))
            .unwrap_or(self.focus)
    }

    /// Entities that are not drawn one by one.
    pub fn folded(&self) -> usize {
        self.folds.iter().map(|fold| fold.hosts.len()).sum()
    }

    /// Edges between drawn entities, without those that only say that commands come back.
    pub fn edges(&self, network: &Network) -> Vec<EdgeIndex> {
        let is_drawn = |edge: &EdgeIndex| {
            let (src, dst) = network.ends(*edge);
            self.drawn.contains(&src)
                && self.drawn.contains(&dst)
                && network.edge(*edge).kind != Kind::Control
        };
        network.edges().into_iter().filter(is_drawn).collect()
    }

    /// Whether an edge joins an entity to the one that it hangs on, in either direction.
    pub fn is_branch(&self, network: &Network, edge: EdgeIndex) -> bool {
        let (src, dst) = network.ends(edge);
        let hangs = |child, before| self.parent.get(&child).is_some_and(|(at, _)| *at == before);
        hangs(src, dst) || hangs(dst, src)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Kind::{Attempt, Control, Declared, Evidence};
    use crate::network::tests::network;
    use proptest::prelude::*;

    fn around(network: &Network, focus: &str, view: &View) -> Neighbourhood {
        network.neighbourhood(network.find(focus).expect("it is there"), view)
    }

    fn star(hosts: usize) -> Network {
        let names: Vec<_> =
            (0..hosts).map(|at| format!("10.31.{}.{}", at / 200 + 1, at % 200 + 1)).collect();
        let mut edges: Vec<_> =
            names.iter().map(|name| ("op-1", name.as_str(), Declared, 0, 9)).collect();
        edges.push(("op-1", "saa-1", Evidence, 0, 9));
        network(&edges)
    }

    #[test]
    fn beyond_the_limit_hosts_of_a_zone_are_folded_and_counted() {
        let network = star(404);
        let around = around(&network, "op-1", &View { max_nodes: 8, ..View::default() });
        assert_eq!(around.drawn.len(), 8);
        assert!(around.drawn.contains(&network.find("saa-1").expect("it is there")));
        // 406 in all, of which op-1, saa-1 and six others are drawn.
        assert_eq!((around.folds.len(), around.folded()), (1, 398));
        assert_eq!(around.folds[0].zone, "office");
    }

    #[test]
    fn a_fold_that_is_opened_is_drawn_whole() {
        let network = star(100);
        let mut view = View { max_nodes: 8, ..View::default() };
        view.unfolded.insert(("op-1".into(), "office".into()));
        let around = around(&network, "op-1", &view);
        assert_eq!((around.folded(), around.drawn.len()), (0, 102));
    }

    #[test]
    fn who_is_further_than_the_hops_is_not_there() {
        let network = network(&[
            ("pc-117", "op-1", Declared, 0, 9),
            ("saa-1", "op-1", Declared, 0, 9),
            ("saa-1", "jump-1", Attempt, 0, 9),
        ]);
        let one = around(&network, "pc-117", &View { hops: 1, ..View::default() });
        let two = around(&network, "pc-117", &View { hops: 2, ..View::default() });
        assert_eq!((one.drawn.len(), two.drawn.len()), (2, 3));
    }

    #[test]
    fn commands_that_come_back_are_not_drawn_beside_the_conversation() {
        let network = network(&[
            ("pc-117", "203.0.113.40", Evidence, 0, 9),
            ("203.0.113.40", "pc-117", Control, 0, 9),
        ]);
        assert_eq!(around(&network, "pc-117", &View::default()).edges(&network).len(), 1);
    }

    proptest! {
        #[test]
        fn every_entity_in_reach_is_drawn_or_folded_once(
            pairs in proptest::collection::vec((0u8..30, 0u8..30), 1..80), most in 1usize..40, hops in 1usize..5,
        ) {
            let name = |at: u8| format!("10.31.0.{at}");
            let names: Vec<_> = pairs.iter().map(|(a, b)| (name(*a), name(*b))).collect();
            let edges: Vec<_> = names.iter().map(|(a, b)| (a.as_str(), b.as_str(), Declared, 0, 9)).collect();
            let network = network(&edges);
            let view = View { hops, max_nodes: most, ..View::default() };
            let around = around(&network, &names[0].0, &view);
            prop_assert!(around.drawn.len() <= most);
            prop_assert_eq!(around.drawn.len() + around.folded(), around.hop.len());
            for node in &around.drawn {
                prop_assert!(around.ancestry(*node).iter().all(|one| around.drawn.contains(one)));
            }
        }
    }
}
