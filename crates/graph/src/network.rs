//! Nodes are entities, edges are what passed between them; one edge for each ordered pair, known by its most telling kind.

use crate::cost;
use crate::places::{Place, Places};
use model::{Level, Time};
use petgraph::Direction;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

/// Services that are told of one edge at most.
const SERVICES: usize = 6;

/// One entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Host name, else address.
    pub key: String,
    /// Zone.
    pub zone: String,
    /// Role of the host, empty if none.
    pub role: String,
    /// 0 to 10.
    pub criticality: u8,
    /// Level of its worst warning; `-` if it has none.
    pub level: Level,
    /// Warnings that accuse it, worst first.
    pub warnings: Vec<Told>,
    /// Names by which warnings accuse it besides its key, such as one that it was called by in TLS.
    pub names: BTreeSet<String>,
    /// Addresses that were seen of it.
    pub addresses: BTreeSet<Ipv6Addr>,
    /// Other ends that the store knows of, those that were not loaded included.
    pub degree: u64,
}

impl Node {
    /// The key, with the name by which a warning knows it where that is another.
    pub fn told(&self) -> String {
        match self.names.first() {
            Some(name) => format!("{} ({name})", self.key),
            None => self.key.clone(),
        }
    }
}

/// How an edge is known, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A warning accuses its source of it.
    Evidence,
    /// Commands come back on a conversation that a warning says is led from outside.
    Control,
    /// Administration that is new in the range.
    NewAdmin,
    /// An answered conversation that policy denies or does not know.
    Undeclared,
    /// Administration that was there before.
    Admin,
    /// An ordinary conversation.
    Declared,
    /// Nobody answered.
    Attempt,
}

impl Kind {
    /// The word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Evidence => "warned",
            Self::Control => "control",
            Self::NewAdmin => "new admin",
            Self::Undeclared => "undeclared",
            Self::Admin => "admin",
            Self::Declared => "declared",
            Self::Attempt => "no answer",
        }
    }
}

/// A warning, as far as a graph tells of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Told {
    /// Level: I is worst.
    pub level: Level,
    /// 32 hexadecimal digits.
    pub id: String,
    /// Detection id.
    pub detection: String,
    /// When it rang.
    pub time: Time,
}

/// What passed from one entity to another, whoever answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The most telling of how it is known.
    pub kind: Kind,
    /// `tcp/443 tls`, the busiest first as far as the store says.
    pub services: Vec<String>,
    /// Conversations, each counted once.
    pub flows: u64,
    /// Bytes in both directions.
    pub bytes: u64,
    /// First use that is known, of what is suspicious if anything is; to the hour where only hours are known.
    pub first: Time,
    /// Last use that is known, exclusive where only hours are known.
    pub last: Time,
    /// Warnings on it.
    pub warnings: Vec<Told>,
}

impl Edge {
    /// An edge of which nothing is known but its time.
    pub const fn new(kind: Kind, first: Time, last: Time) -> Self {
        Self { kind, services: Vec::new(), flows: 0, bytes: 0, first, last, warnings: Vec::new() }
    }

    /// What it costs to pass, in thousandths of a nat; none if nobody passed.
    pub const fn millinats(&self) -> Option<u32> {
        cost::of(self.kind)
    }

    /// Whether it is suspicious by itself.
    pub fn is_suspicious(&self) -> bool {
        self.millinats().is_some_and(|cost| cost <= cost::SUSPICIOUS)
    }

    /// Adds what another row says of the same pair.
    fn join(&mut self, other: Self) {
        // What is ordinary between two entities may be old; what is suspicious began when it did.
        self.first = match (self.is_suspicious(), other.is_suspicious()) {
            (true, false) => self.first,
            (false, true) => other.first,
            _ => self.first.min(other.first),
        };
        self.kind = self.kind.min(other.kind);
        self.last = self.last.max(other.last);
        self.flows += other.flows;
        self.bytes += other.bytes;
        for service in other.services {
            if !self.services.contains(&service) && self.services.len() < SERVICES {
                self.services.push(service);
            }
        }
        self.warnings.extend(other.warnings);
        self.warnings.sort();
        self.warnings.dedup();
    }
}

/// The graph.
#[derive(Debug, Clone, Default)]
pub struct Network {
    pub(crate) graph: DiGraph<Node, Edge>,
    by_key: BTreeMap<String, NodeIndex>,
}

impl Network {
    /// The node of `ip`; it is made if there is none.
    pub fn place(&mut self, ip: Ipv6Addr, places: &Places) -> NodeIndex {
        let node = self.named(&places.find(ip));
        self.graph[node].addresses.insert(ip);
        node
    }

    /// The node of an entity that is known by its key; it is made if there is none.
    pub fn entity(&mut self, key: &str, places: &Places) -> NodeIndex {
        if let Some(ip) = places.addresses(key).first() {
            return self.place(*ip, places);
        }
        let (zone, role) = ("unknown".to_owned(), String::new());
        self.named(&Place { key: key.to_owned(), zone, role, criticality: 0 })
    }

    fn named(&mut self, place: &Place) -> NodeIndex {
        if let Some(node) = self.by_key.get(&place.key) {
            return *node;
        }
        let node = self.graph.add_node(Node {
            key: place.key.clone(),
            zone: place.zone.clone(),
            role: place.role.clone(),
            criticality: place.criticality,
            level: Level::None,
            warnings: Vec::new(),
            names: BTreeSet::new(),
            addresses: BTreeSet::new(),
            degree: 0,
        });
        self.by_key.insert(place.key.clone(), node);
        node
    }

    /// Adds what is known of a pair; an entity's edge to itself is none.
    pub fn join(&mut self, src: NodeIndex, dst: NodeIndex, edge: Edge) {
        if src == dst {
            return;
        }
        match self.graph.find_edge(src, dst) {
            Some(known) => self.graph[known].join(edge),
            None => drop(self.graph.add_edge(src, dst, edge)),
        }
    }

    /// Adds a warning to the entity that it accuses.
    pub fn accuse(&mut self, node: NodeIndex, told: Told) {
        let node = &mut self.graph[node];
        if node.level == Level::None || told.level < node.level {
            node.level = told.level;
        }
        node.warnings.push(told);
        node.warnings.sort();
        node.warnings.dedup();
    }

    /// A warning knows a node by this name.
    pub fn call(&mut self, node: NodeIndex, name: &str) {
        self.graph[node].names.insert(name.to_owned());
    }

    /// At least so many other ends are known of a node.
    pub fn has_degree(&mut self, node: NodeIndex, degree: u64) {
        let known = &mut self.graph[node].degree;
        *known = (*known).max(degree);
    }

    /// The node with this key.
    pub fn find(&self, key: &str) -> Option<NodeIndex> {
        self.by_key.get(key).copied()
    }

    /// One node.
    pub fn node(&self, at: NodeIndex) -> &Node {
        &self.graph[at]
    }

    /// One edge.
    pub fn edge(&self, at: EdgeIndex) -> &Edge {
        &self.graph[at]
    }

    /// Both ends of an edge.
    pub fn ends(&self, at: EdgeIndex) -> (NodeIndex, NodeIndex) {
        self.graph.edge_endpoints(at).expect("edges are never taken away")
    }

    /// Every node, by key.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIndex> {
        self.by_key.values().copied()
    }

    /// Every edge, by the keys of its ends.
    pub fn edges(&self) -> Vec<EdgeIndex> {
        let key = |edge: &EdgeIndex| {
            let (src, dst) = self.ends(*edge);
            (self.graph[src].key.as_str(), self.graph[dst].key.as_str())
        };
        let mut edges: Vec<_> = self.graph.edge_indices().collect();
        edges.sort_by(|a, b| key(a).cmp(&key(b)));
        edges
    }

    /// Edges of a node in one direction, the other end with each, by its key.
    pub fn around(&self, node: NodeIndex, direction: Direction) -> Vec<(EdgeIndex, NodeIndex)> {
        let other = |edge: petgraph::graph::EdgeReference<'_, Edge>| match direction {
            Direction::Outgoing => (edge.id(), edge.target()),
            Direction::Incoming => (edge.id(), edge.source()),
        };
        let mut around: Vec<_> = self.graph.edges_directed(node, direction).map(other).collect();
        around.sort_by(|a, b| self.graph[a.1].key.cmp(&self.graph[b.1].key));
        around
    }

    /// Other ends of a node, each counted once: those that are here, or that the store knows of if they are more.
    pub fn degree(&self, node: NodeIndex) -> u64 {
        let here: BTreeSet<_> = self.graph.neighbors_undirected(node).collect();
        self.graph[node].degree.max(here.len() as u64)
    }

    /// The same as if every edge could be used at any time: what was done once can be done again.
    #[must_use]
    pub fn timeless(mut self) -> Self {
        for edge in self.graph.edge_weights_mut() {
            (edge.first, edge.last) = (Time(i64::MIN), Time(i64::MAX));
        }
        self
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::places::tests::rows;

    /// A moment in minutes.
    pub(crate) fn minute(at: i64) -> Time {
        Time(at * Time::MINUTE)
    }

    /// Minutes of the first and last use of an edge between two entities.
    pub(crate) fn network(edges: &[(&str, &str, Kind, i64, i64)]) -> Network {
        let places = Places::new(&rows(), Time(0));
        let mut network = Network::default();
        for (src, dst, kind, first, last) in edges {
            let (src, dst) = (network.entity(src, &places), network.entity(dst, &places));
            network.join(src, dst, Edge::new(*kind, minute(*first), minute(*last)));
        }
        network
    }

    #[test]
    fn two_rows_of_a_pair_are_one_edge_of_the_more_telling_kind() {
        let network = network(&[
            ("op-1", "saa-1", Kind::Declared, 0, 60),
            ("op-1", "saa-1", Kind::Undeclared, 30, 31),
            ("10.40.8.65", "saa-1", Kind::Admin, 90, 95),
        ]);
        let edges = network.edges();
        assert_eq!((edges.len(), network.len()), (1, 2));
        let edge = network.edge(edges[0]);
        assert_eq!((edge.kind, edge.first, edge.last), (Kind::Undeclared, minute(30), minute(95)));
    }

    #[test]
    fn an_entity_has_no_edge_to_itself() {
        assert!(network(&[("op-1", "10.40.8.65", Kind::Declared, 0, 1)]).edges().is_empty());
    }

    #[test]
    fn a_node_has_the_level_of_its_worst_warning() {
        let mut network = network(&[("op-1", "saa-1", Kind::Declared, 0, 1)]);
        let node = network.find("op-1").expect("it is there");
        let told = |level, id: &str| Told {
            level,
            id: id.into(),
            detection: "FIN-01".into(),
            time: Time(0),
        };
        for (level, id) in [(Level::III, "a"), (Level::I, "b"), (Level::IV, "c"), (Level::I, "b")] {
            network.accuse(node, told(level, id));
        }
        assert_eq!(network.node(node).level, Level::I);
        let ids: Vec<_> = network.node(node).warnings.iter().map(|told| told.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "c"]);
    }
}
