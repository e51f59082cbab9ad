//! From a focus outwards: which questions to ask, hop by hop, and the network that their answers make.
//!
//! Nothing is asked here. [`Gathering::asks`] names every question that can be asked by now, [`Gathering::take`] takes the
//! rows of one, and there are more to ask after that, until [`Gathering::is_complete`].

use crate::network::{Edge, Kind, Network, Told};
use crate::places::Places;
use crate::rows::{Administered, Called, Passed, Refused, Warned};
use crate::stage::Stage;
use crate::thing;
use model::Time;
use model::zone::ZoneOf;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use query::{Scope, named};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use store::Question;

/// The questions.
pub const SQL: &str = include_str!("gather.sql");

/// Most hops from the focus.
pub const MOST_HOPS: usize = 4;
/// Addresses whose neighbours are asked for in one hop; what is beyond is counted.
pub const FRONTIER: usize = 300;

const HOPS: [&str; MOST_HOPS] = ["graph.hop1", "graph.hop2", "graph.hop3", "graph.hop4"];
const REFUSED: [&str; MOST_HOPS] =
    ["graph.refused1", "graph.refused2", "graph.refused3", "graph.refused4"];

/// Zones of addresses that no network of the bank holds.
const OUTSIDE: [&str; 2] = ["internet", "unknown"];

/// Detections whose ends are those of a chain: their subject need not have spoken with their object.
const CHAINS: [&str; 1] = ["INT-09"];

/// What is wanted of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Range of packet time, and taps left out.
    pub scope: Scope,
    /// Entities to begin with.
    pub focus: Vec<String>,
    /// Hops from there, at most [`MOST_HOPS`].
    pub hops: usize,
    /// Only along the way that conversations were opened, and not against it.
    pub forward: bool,
    /// Only hours that ended before the range does: what comes later in an hour then changes nothing.
    pub whole_hours: bool,
}

/// Rows that came, and what they leave to be asked.
#[derive(Debug, Clone)]
pub struct Gathering {
    wanted: Wanted,
    places: Option<Places>,
    warned: Option<Vec<Warned>>,
    names: Option<BTreeMap<String, Vec<Ipv6Addr>>>,
    admin: Option<Vec<Administered>>,
    passed: BTreeMap<usize, Vec<Passed>>,
    refused: BTreeMap<usize, Vec<Refused>>,
    /// Addresses whose neighbours are asked for at each hop, as far as the rows tell.
    layers: Vec<Vec<Ipv6Addr>>,
    /// Addresses that were not followed because a hop had too many.
    pub not_followed: usize,
}

impl Gathering {
    /// Nothing has come yet.
    pub const fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            places: None,
            warned: None,
            names: None,
            admin: None,
            passed: BTreeMap::new(),
            refused: BTreeMap::new(),
            layers: Vec::new(),
            not_followed: 0,
        }
    }

    /// What is wanted.
    pub const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The same rows under another range: what is asked from now on.
    pub fn over(&mut self, scope: Scope) {
        self.wanted.scope = scope;
    }

    /// Begins somewhere else, or goes further: what needs no hop is kept.
    pub fn focus_on(&mut self, focus: Vec<String>, hops: usize) {
        (self.wanted.focus, self.wanted.hops) = (focus, hops);
        self.passed.clear();
        self.refused.clear();
        self.walk();
    }

    /// Warnings, as soon as they came.
    pub fn warnings(&self) -> &[Warned] {
        self.warned.as_deref().unwrap_or_default()
    }

    /// Places from a policy at hand instead of the published one.
    #[must_use]
    pub fn placed(mut self, rows: &[ZoneOf]) -> Self {
        self.places = Some(Places::new(rows, self.wanted.scope.to));
        self.walk();
        self
    }

    /// Warnings at hand instead of the open ones of the range.
    #[must_use]
    pub fn warned(mut self, rows: Vec<Warned>) -> Self {
        self.warned = Some(rows);
        self.walk();
        self
    }

    /// Names and zones, as soon as they came.
    pub const fn places(&self) -> Option<&Places> {
        self.places.as_ref()
    }

    /// Every question that can be asked by now, each under the name of its slot; those answered already are among them.
    pub fn asks(&self) -> Vec<(&'static str, Question)> {
        self.asks_over(&self.wanted.scope)
    }

    /// The same questions over another range.
    pub fn asks_over(&self, scope: &Scope) -> Vec<(&'static str, Question)> {
        let mut asks = Vec::new();
        for name in ["graph.places", "graph.warnings", "graph.admin"] {
            asks.push((name, named(SQL, name).over(scope)));
        }
        let names = self.unplaced();
        if !names.is_empty() {
            let names: Vec<String> = names.into_iter().collect();
            asks.push(("graph.names", named(SQL, "graph.names").over(scope).with("names", names)));
        }
        for (hop, layer) in self.layers.iter().enumerate().filter(|(_, layer)| !layer.is_empty()) {
            asks.push((HOPS[hop], self.hop("graph.hop", scope, layer)));
            asks.push((REFUSED[hop], self.hop("graph.refused", scope, layer)));
        }
        asks
    }

    /// Those of [`Self::asks`] whose rows have not come.
    pub fn open(&self) -> Vec<(&'static str, Question)> {
        self.asks().into_iter().filter(|(slot, _)| !self.has(slot)).collect()
    }

    /// Whether nothing is left to be asked.
    pub fn is_complete(&self) -> bool {
        self.open().is_empty()
    }

    fn has(&self, slot: &str) -> bool {
        let at = |slots: &[&str; MOST_HOPS]| slots.iter().position(|name| *name == slot);
        match slot {
            "graph.places" => self.places.is_some(),
            "graph.warnings" => self.warned.is_some(),
            "graph.admin" => self.admin.is_some(),
            "graph.names" => self.names.is_some(),
            _ => {
                at(&HOPS).is_some_and(|hop| self.passed.contains_key(&hop))
                    || at(&REFUSED).is_some_and(|hop| self.refused.contains_key(&hop))
            }
        }
    }

    /// Takes the rows of one slot.
    ///
    /// # Errors
    /// If a row is not of the form that its SQL promises.
    pub fn take(&mut self, slot: &str, rows: Vec<Value>) -> serde_json::Result<()> {
        match slot {
            "graph.places" => {
                self.places = Some(Places::new(&read::<ZoneOf>(rows)?, self.wanted.scope.to));
            }
            "graph.warnings" => self.warned = Some(read(rows)?),
            "graph.admin" => self.admin = Some(read(rows)?),
            "graph.names" => {
                let called = read::<Called>(rows)?.into_iter();
                self.names = Some(called.map(|row| (row.name, row.addresses)).collect());
            }
            _ => {
                if let Some(hop) = HOPS.iter().position(|name| *name == slot) {
                    self.passed.insert(hop, read(rows)?);
                } else if let Some(hop) = REFUSED.iter().position(|name| *name == slot) {
                    self.refused.insert(hop, read(rows)?);
                }
            }
        }
        self.walk();
        Ok(())
    }

    fn hop(&self, name: &'static str, scope: &Scope, layer: &[Ipv6Addr]) -> Question {
        let to = scope.to;
        let hours_to = if self.wanted.whole_hours { to.floor(Time::HOUR) } else { to };
        let addresses: Vec<String> = layer.iter().map(ToString::to_string).collect();
        named(SQL, name)
            .over(scope)
            .with("hours_to", hours_to)
            .with("inward", i64::from(!self.wanted.forward))
            .with("addresses", addresses)
    }

    /// The key of an entity that somebody names: of an address and of a name in TLS, that of the host behind it.
    pub fn key(&self, text: &str) -> String {
        let named = thing::entity(text).unwrap_or_else(|| text.to_owned());
        let Some(places) = &self.places else { return named };
        let called = self.names.iter().flatten().find(|(name, _)| **name == named);
        let ip = places.addresses(&named).first().copied();
        let ip = ip.or_else(|| called.and_then(|(_, addresses)| addresses.iter().min().copied()));
        ip.map_or(named, |ip| places.find(ip).key)
    }

    /// Objects of warnings that are neither host, zone nor address: names whose addresses are asked for.
    fn unplaced(&self) -> BTreeSet<String> {
        let Some(places) = &self.places else { return BTreeSet::new() };
        let is_unplaced =
            |name: &String| places.addresses(name).is_empty() && !places.is_zone(name);
        self.warnings()
            .iter()
            .filter_map(|row| thing::entity(&row.object))
            .filter(is_unplaced)
            .take(FRONTIER)
            .collect()
    }

    /// Finds out what each hop asks about, from the rows that came.
    fn walk(&mut self) {
        (self.layers, self.not_followed) = (Vec::new(), 0);
        let (Some(places), Some(warned), Some(_)) = (&self.places, &self.warned, &self.admin)
        else {
            return;
        };
        if self.names.is_none() && !self.unplaced().is_empty() {
            return;
        }
        let named: BTreeSet<String> = warned
            .iter()
            .flat_map(|row| [&row.subject, &row.object])
            .filter_map(|text| thing::entity(text))
            .collect();
        let mut network = self.fixed(places, warned);
        let mut nodes: BTreeSet<NodeIndex> =
            self.wanted.focus.iter().map(|key| network.entity(key, places)).collect();
        let (mut seen, mut layers, mut left) = (nodes.clone(), Vec::new(), 0);
        for hop in 0..self.wanted.hops.min(MOST_HOPS) {
            let (layer, dropped) = frontier(&network, &nodes, places, &named, hop);
            left += dropped;
            let is_end = layer.is_empty();
            layers.push(layer);
            if !self.add_hop(&mut network, places, hop) && !is_end {
                break;
            }
            nodes = nodes.iter().flat_map(|node| self.beside(&network, *node)).collect();
            nodes.retain(|node| seen.insert(*node));
        }
        (self.layers, self.not_followed) = (layers, left);
    }

    fn beside(&self, network: &Network, node: NodeIndex) -> Vec<NodeIndex> {
        let ways: &[Direction] = if self.wanted.forward {
            &[Direction::Outgoing]
        } else {
            &[Direction::Outgoing, Direction::Incoming]
        };
        ways.iter().flat_map(|way| network.around(node, *way)).map(|(_, other)| other).collect()
    }

    /// The network of everything that came; empty until names and zones have.
    pub fn network(&self) -> Network {
        let Some(places) = &self.places else { return Network::default() };
        let mut network = self.fixed(places, self.warned.as_deref().unwrap_or_default());
        for key in &self.wanted.focus {
            network.entity(key, places);
        }
        for hop in 0..MOST_HOPS {
            self.add_hop(&mut network, places, hop);
        }
        network
    }

    /// What needs no hop: warnings and administration.
    fn fixed(&self, places: &Places, warned: &[Warned]) -> Network {
        let mut network = Network::default();
        for row in warned {
            self.accuse(&mut network, places, row);
        }
        let Scope { from, to, .. } = self.wanted.scope;
        for row in self.admin.iter().flatten() {
            let kind = if row.first >= from { Kind::NewAdmin } else { Kind::Admin };
            let (src, dst) = (network.entity(&row.src, places), network.entity(&row.dst, places));
            let edge = Edge {
                services: vec![row.app.clone()],
                ..Edge::new(kind, row.first.max(from), row.last.min(to))
            };
            network.join(src, dst, edge);
        }
        network
    }

    /// Adds a warning: to whom it accuses, and to the edge that it is about.
    fn accuse(&self, network: &mut Network, places: &Places, row: &Warned) {
        let told = Told {
            level: row.level,
            id: row.id.clone(),
            detection: row.detection.clone(),
            time: row.time,
        };
        let host = |text: &str| thing::entity(text).filter(|name| !places.is_zone(name));
        let Some(subject) = host(&row.subject) else { return };
        let src = network.entity(&subject, places);
        network.accuse(src, told.clone());
        let edge = |kind| Edge {
            warnings: vec![told.clone()],
            ..Edge::new(kind, row.episode_start, row.time)
        };
        let hosts = thing::chain(&row.way);
        if hosts.len() > 1 {
            let hosts: Vec<_> = hosts.iter().map(|name| network.entity(name, places)).collect();
            for pair in hosts.windows(2) {
                network.join(pair[0], pair[1], edge(Kind::Evidence));
            }
            return;
        }
        let object = host(&row.object).filter(|_| !CHAINS.contains(&row.detection.as_str()));
        let nodes = object.map(|name| self.behind(network, places, &name));
        for dst in nodes.into_iter().flatten() {
            network.join(src, dst, edge(Kind::Evidence));
            if Stage::of(&row.detection) == Stage::Control {
                network.join(dst, src, edge(Kind::Control));
            }
        }
    }

    /// The nodes behind the object of a warning: of a name that went by addresses, those.
    fn behind(&self, network: &mut Network, places: &Places, name: &str) -> Vec<NodeIndex> {
        let called = self.names.iter().flatten().find(|(called, _)| *called == name);
        let addresses = called.map(|(_, addresses)| addresses.as_slice()).unwrap_or_default();
        if addresses.is_empty() || !places.addresses(name).is_empty() {
            return vec![network.entity(name, places)];
        }
        let mut nodes = Vec::new();
        for ip in addresses {
            let node = network.place(*ip, places);
            network.call(node, name);
            nodes.push(node);
        }
        nodes
    }

    /// Adds what came of one hop; says whether it came.
    fn add_hop(&self, network: &mut Network, places: &Places, hop: usize) -> bool {
        let (Some(passed), Some(refused)) = (self.passed.get(&hop), self.refused.get(&hop)) else {
            return false;
        };
        let known: BTreeSet<_> =
            self.passed.range(..hop).flat_map(|(_, rows)| rows).map(pair).collect();
        let mut twice = BTreeSet::new();
        for row in passed {
            let (src, dst) = (network.place(row.src_ip, places), network.place(row.dst_ip, places));
            let node = network.place(row.node, places);
            network.has_degree(node, row.peers);
            if known.contains(&pair(row)) || !twice.insert(pair(row)) {
                continue;
            }
            let kind = if row.answered > 0 { Kind::Declared } else { Kind::Attempt };
            let edge = Edge {
                services: row.services.clone(),
                flows: row.flows,
                bytes: row.bytes,
                ..Edge::new(kind, row.first, row.last)
            };
            network.join(src, dst, edge);
        }
        for row in refused {
            let (src, dst) = (network.place(row.src_ip, places), network.place(row.dst_ip, places));
            let kind = if row.answered > 0 { Kind::Undeclared } else { Kind::Attempt };
            let edge =
                Edge { services: row.services.clone(), ..Edge::new(kind, row.first, row.last) };
            network.join(src, dst, edge);
        }
        true
    }
}

fn pair(row: &Passed) -> (Ipv6Addr, Ipv6Addr) {
    (row.src_ip, row.dst_ip)
}

fn read<T: DeserializeOwned>(rows: Vec<Value>) -> serde_json::Result<Vec<T>> {
    rows.into_iter().map(serde_json::from_value).collect()
}

/// The addresses of `nodes` that are followed, the accused and the critical first, and how many are not. Of addresses
/// outside the bank only those are followed that a warning names, or that are the focus.
fn frontier(
    network: &Network,
    nodes: &BTreeSet<NodeIndex>,
    places: &Places,
    named: &BTreeSet<String>,
    hop: usize,
) -> (Vec<Ipv6Addr>, usize) {
    let mut ranked = Vec::new();
    for node in nodes.iter().map(|at| network.node(*at)) {
        let is_named = named.contains(&node.key) || !node.names.is_empty();
        if hop > 0 && !is_named && OUTSIDE.contains(&node.zone.as_str()) {
            continue;
        }
        let mut addresses = node.addresses.clone();
        addresses.extend(places.addresses(&node.key));
        let rank = (Reverse(is_named), Reverse(node.criticality));
        ranked.extend(addresses.into_iter().map(|ip| (rank, ip)));
    }
    ranked.sort_unstable();
    let dropped = ranked.len().saturating_sub(FRONTIER);
    (ranked.into_iter().take(FRONTIER).map(|(_, ip)| ip).collect(), dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::tests::rows;
    use serde_json::json;

    const NONE: Vec<Value> = Vec::new();

    fn begun(focus: &str) -> Gathering {
        let scope = Scope { from: Time(0), to: Time(Time::DAY), without: Vec::new() };
        Gathering::new(Wanted {
            scope,
            focus: vec![focus.into()],
            hops: 2,
            forward: false,
            whole_hours: false,
        })
        .placed(&rows())
    }

    fn warned(detection: &str, subject: &str, object: &str, way: &[&str]) -> Warned {
        Warned {
            id: "a".into(),
            time: Time(60),
            episode_start: Time(0),
            detection: detection.into(),
            subject: subject.into(),
            object: object.into(),
            level: model::Level::II,
            way: way.iter().map(|step| (*step).to_owned()).collect(),
        }
    }

    fn slots(gathering: &Gathering) -> Vec<&'static str> {
        gathering.open().into_iter().map(|(slot, _)| slot).collect()
    }

    fn passed(node: &str, src: &str, dst: &str) -> Value {
        json!({
            "node": format!("::ffff:{node}"), "src_ip": format!("::ffff:{src}"), "dst_ip": format!("::ffff:{dst}"),
            "flows": 2, "bytes": 9, "answered": 1, "services": ["tcp/443"], "first": 0, "last": 60, "peers": 40
        })
    }

    #[test]
    fn hops_are_asked_one_after_another_until_nothing_new_comes() {
        let mut gathering = begun("pc-117").warned(Vec::new());
        assert_eq!(slots(&gathering), ["graph.admin"]);
        gathering.take("graph.admin", NONE).expect("no rows");
        assert_eq!(slots(&gathering), ["graph.hop1", "graph.refused1"]);
        let row = passed("10.31.0.117", "10.31.0.117", "10.40.8.65");
        gathering.take("graph.hop1", vec![row.clone()]).expect("a row");
        gathering.take("graph.refused1", NONE).expect("no rows");
        assert_eq!(slots(&gathering), ["graph.hop2", "graph.refused2"]);
        // The second hop tells of the same conversation from its other end: it is not counted again.
        gathering.take("graph.hop2", vec![row]).expect("a row");
        gathering.take("graph.refused2", NONE).expect("no rows");
        assert!(gathering.is_complete());
        let network = gathering.network();
        let edges = network.edges();
        assert_eq!((edges.len(), network.edge(edges[0]).flows), (1, 2));
        let focus = network.find("pc-117").expect("it is there");
        assert_eq!(network.degree(focus), 40);
    }

    #[test]
    fn strangers_outside_are_not_followed_and_those_that_a_warning_names_are() {
        let followed = |warned: Vec<Warned>| {
            let mut gathering = begun("pc-117").warned(warned);
            gathering.take("graph.admin", NONE).expect("no rows");
            let row = passed("10.31.0.117", "10.31.0.117", "203.0.113.40");
            gathering.take("graph.hop1", vec![row]).expect("a row");
            gathering.take("graph.refused1", NONE).expect("no rows");
            slots(&gathering).contains(&"graph.hop2")
        };
        assert!(!followed(Vec::new()));
        assert!(followed(vec![warned("INT-01", "pc-117", "203.0.113.40:443", &[])]));
    }

    #[test]
    fn a_name_in_tls_is_the_address_that_went_by_it_and_commands_come_back_from_there() {
        let beacon = warned("INT-01", "pc-117", "cdn-sync.example:443", &[]);
        let mut gathering = begun("pc-117").warned(vec![beacon]);
        gathering.take("graph.admin", NONE).expect("no rows");
        assert_eq!(slots(&gathering), ["graph.names"]);
        let called = json!({ "name": "cdn-sync.example", "addresses": ["::ffff:203.0.113.40"] });
        gathering.take("graph.names", vec![called]).expect("a row");
        let network = gathering.network();
        let c2 = network.find("203.0.113.40").expect("it is there");
        assert_eq!(network.node(c2).told(), "203.0.113.40 (cdn-sync.example)");
        assert_eq!(gathering.key("cdn-sync.example:443"), "203.0.113.40");
        let pc = network.find("pc-117").expect("it is there");
        assert_eq!(network.best_path(c2, pc).map(|path| path.millinats), Some(105));
    }

    #[test]
    fn a_chain_accuses_each_of_its_steps_and_not_its_ends() {
        let way = ["17:00 pc-117 > op-1 rdp", "17:10 op-1 > saa-1 https"];
        let chain = warned("INT-09", "pc-117", "saa-1", &way);
        let network = begun("pc-117").warned(vec![chain]).network();
        let (pc, saa) = (network.find("pc-117"), network.find("saa-1"));
        let (pc, saa) = (pc.expect("it is there"), saa.expect("it is there"));
        assert!(network.around(pc, petgraph::Direction::Outgoing).iter().all(|(_, to)| *to != saa));
        assert_eq!(network.best_path(pc, saa).map(|path| path.millinats), Some(210));
        let unknown = begun("pc-117").warned(vec![warned("INT-09", "pc-117", "saa-1", &[])]);
        assert!(unknown.network().edges().is_empty());
    }

    #[test]
    fn a_row_of_another_form_is_an_error() {
        let mut gathering = begun("pc-117");
        assert!(gathering.take("graph.admin", vec![json!({ "src": 3 })]).is_err());
    }
}
