//! From trees of warnings to incidents: which trees are one, and what is said of it.

use super::branching::Branching;
use super::warned::Warned;
use crate::detections::DETECTIONS;
use graph::Stage;
use model::id::HashId;
use model::incident::{Incident, Link, incident_id};
use model::{Severity, Text};
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// An incident as its warnings make it: what is not written yet of `row` is where it can go and what the index says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Formed {
    pub(super) row: Incident,
    /// Places of its warnings, those that only hang on others included, in the order in which episodes began.
    pub(super) members: Vec<usize>,
}

/// Names of detections that a title has room for.
const NAMED: usize = 6;

/// The incidents in `warned`, which stand in the order of [`Warned::order`]: trees with two warnings that name a chain, one
/// of them of severity P2 or worse, or with one of severity P4.
pub(super) fn incidents(warned: &[Warned], joined: &Branching, policy: &Policy) -> Vec<Formed> {
    let mut trees: BTreeMap<HashId, Vec<usize>> = BTreeMap::new();
    for at in 0..warned.len() {
        let root = &warned[root_of(joined, at)].row;
        let id = incident_id(&root.detection, &root.subject, root.episode_start);
        trees.entry(id).or_default().push(at);
    }
    trees
        .into_iter()
        .filter(|(_, members)| is_enough(warned, members))
        .map(|(id, members)| form(id, members, warned, joined, policy))
        .collect()
}

fn root_of(joined: &Branching, at: usize) -> usize {
    let mut root = at;
    while let Some(hangs) = joined.parents[root] {
        root = hangs.on;
    }
    root
}

fn is_enough(warned: &[Warned], members: &[usize]) -> bool {
    let severity = |worst: Severity| chain(warned, members).any(|one| one.row.severity >= worst);
    severity(Severity::P4) || (severity(Severity::P2) && chain(warned, members).nth(1).is_some())
}

/// The warnings that name the chain, in the order in which episodes began.
fn chain<'w>(warned: &'w [Warned], members: &[usize]) -> impl Iterator<Item = &'w Warned> {
    members.iter().map(|at| &warned[*at]).filter(|one| !one.only_hangs())
}

fn form(
    id: HashId,
    members: Vec<usize>,
    warned: &[Warned],
    joined: &Branching,
    policy: &Policy,
) -> Formed {
    let named: Vec<&Warned> = chain(warned, &members).collect();
    let root = named[0];
    let mut rung: Vec<&Warned> = members.iter().map(|at| &warned[*at]).collect();
    rung.sort_by_key(|one| (one.row.time, one.row.id));
    let (zone, criticality) = critical(&named, policy);
    let stage = named.iter().map(|one| one.stage).filter(|stage| stage.place().is_some()).max();
    let worst = named.iter().map(|one| one.row.severity).max().unwrap_or_default();
    let row = Incident {
        id,
        revision: 0,
        time: rung.iter().map(|one| one.row.time).max().unwrap_or(root.row.time),
        started: root.row.episode_start,
        state: "open".into(),
        merged_into: HashId::default(),
        stage: stage.unwrap_or_default().letter().to_owned(),
        title: title(&named, &zone),
        warnings: rung.iter().map(|one| one.row.id).collect(),
        links: links(&members, warned, joined),
        path: Vec::new(),
        next_steps: "[]".into(),
        severity: worst,
        level: worst.level(),
        zone,
        criticality,
        index_before: 0.0,
        index_after: 0.0,
    };
    Formed { row, members }
}

/// The most critical zone that is touched; of equals, that of the later stage.
fn critical(named: &[&Warned], policy: &Policy) -> (String, u8) {
    let of = |zone: &str| policy.zone(zone).map_or(0, |zone| zone.criticality);
    named
        .iter()
        .map(|one| (of(&one.row.zone), one.stage, &one.row.zone))
        .max()
        .map_or_else(Default::default, |(criticality, _, zone)| (zone.clone(), criticality))
}

/// `From pc-117 into swift: beacon, admin_chain, swift_stranger`.
fn title(named: &[&Warned], zone: &str) -> String {
    let name = |one: &&Warned| {
        let known = DETECTIONS.iter().map(|known| known.about());
        let known = known.into_iter().find(|about| about.id == one.row.detection);
        known.map_or(one.row.detection.as_str(), |about| about.name).to_owned()
    };
    let mut said = BTreeSet::new();
    let mut names: Vec<String> =
        named.iter().map(name).filter(|name| said.insert(name.clone())).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let into = if zone.is_empty() { String::new() } else { format!(" into {zone}") };
    let subject = &named[0].row.subject;
    Text::from(format!("From {subject}{into}: {}{more}", names.join(", "))).into()
}

/// The tree as JSON: the root first, then in the order in which episodes began.
fn links(members: &[usize], warned: &[Warned], joined: &Branching) -> String {
    let link = |at: &usize| {
        let to = warned[*at].row.id.to_string();
        match joined.parents[*at] {
            Some(hangs) => Link {
                from: warned[hangs.on].row.id.to_string(),
                to,
                relation: hangs.relation.words().to_owned(),
                millinats: hangs.millinats,
            },
            None => Link { from: String::new(), to, relation: String::new(), millinats: 0 },
        }
    };
    let links: Vec<Link> = members.iter().map(link).collect();
    serde_json::to_string(&links).expect("names and numbers are JSON")
}

/// The warning in which it went furthest: the last stage, then the most critical zone, then the latest.
pub(super) fn furthest<'w>(formed: &Formed, warned: &'w [Warned], policy: &Policy) -> &'w Warned {
    let criticality = |zone: &str| policy.zone(zone).map_or(0, |zone| zone.criticality);
    chain(warned, &formed.members)
        .max_by_key(|one| {
            let stage = one.stage.place().map_or(Stage::Any, |_| one.stage);
            (stage, criticality(&one.row.zone), one.row.time, one.row.id)
        })
        .expect("an incident has a warning that names its chain")
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::branching::branch;
    use super::super::shared::{Administered, Shared};
    use super::super::warned::tests::{policy, warned};
    use super::*;
    use model::Severity::{P1, P2, P3, P4};
    use model::Time;
    use proptest::prelude::*;

    /// Story S1 (stories.md), as far as its warnings go.
    pub(in crate::graph) fn bangladesh() -> Vec<Warned> {
        vec![
            warned("INT-01", ("pc-117", "203.0.113.40:443"), "office", P3, 0, &[1, 2]),
            warned("POL", ("office", "swift-ops"), "swift-ops", P3, 300, &[10]),
            warned("INT-09", ("pc-117", "saa-1"), "swift", P3, 300, &[10, 11, 12]),
            warned("POL", ("swift-ops", "swift"), "swift", P3, 330, &[20]),
            warned("FIN-01", ("op-1", "saa-1"), "swift", P4, 330, &[20]),
        ]
    }

    pub(in crate::graph) fn hop() -> Shared {
        let minute = |at: i64| Time(at * Time::MINUTE);
        let edge = Administered {
            src: "pc-117".into(),
            dst: "op-1".into(),
            first: minute(300),
            last: minute(345),
        };
        Shared::new(&BTreeMap::new(), &[], 0, vec![edge], &policy(), Time(0))
    }

    fn formed(mut all: Vec<Warned>, shared: &Shared) -> Vec<Incident> {
        all.sort_by_key(Warned::order);
        let joined = branch(&all, shared);
        incidents(&all, &joined, &policy()).into_iter().map(|formed| formed.row).collect()
    }

    #[test]
    fn the_bangladesh_chain_is_one_incident_with_what_policy_said_of_the_same_flows() {
        let found = formed(bangladesh(), &hop());
        assert_eq!(found.len(), 1);
        let incident = &found[0];
        assert!(
            incident.title.starts_with("From pc-117 into swift: beacon, "),
            "{}",
            incident.title
        );
        assert!(incident.title.ends_with(", swift_stranger"), "{}", incident.title);
        assert_eq!((incident.stage.as_str(), incident.severity), ("L", P4));
        assert_eq!((incident.zone.as_str(), incident.criticality), ("swift", 10));
        assert_eq!(incident.started, Time(0));
        assert_eq!(incident.id, incident_id("INT-01", "pc-117", Time(0)));
        assert_eq!(incident.warnings.len(), 5);
        let links: Vec<Link> = serde_json::from_str(&incident.links).expect("they are JSON");
        let relations: Vec<_> = links.iter().map(|link| link.relation.as_str()).collect();
        assert_eq!(relations, ["", "same flows", "same subject", "same flows", "admin edge"]);
    }

    #[test]
    fn one_warning_alone_is_an_incident_only_if_it_is_critical() {
        let shared = Shared::default();
        let of = |severity| {
            formed(vec![warned("INT-09", ("a", "b"), "core", severity, 0, &[1])], &shared).len()
        };
        assert_eq!([P1, P2, P3, P4].map(of), [0, 0, 0, 1]);
        let undeclared = warned("POL", ("office", "swift"), "swift", P4, 0, &[1]);
        assert!(formed(vec![undeclared], &shared).is_empty());
    }

    #[test]
    fn a_warning_and_what_policy_says_of_its_flows_are_one_fact_and_no_incident() {
        let scan = warned("INT-07", ("pc-117", "tcp/445 inside"), "office", P2, 0, &[1]);
        let undeclared = warned("POL", ("office", "core"), "core", P3, 0, &[1]);
        assert!(formed(vec![scan, undeclared], &Shared::default()).is_empty());
    }

    #[test]
    fn a_weakness_that_stands_opens_none_and_belongs_to_what_happens_there() {
        let standing = warned("FIN-11", ("sw-1", "auth-1"), "pay-switch", P1, 0, &[1]);
        assert!(formed(vec![standing.clone()], &Shared::default()).is_empty());
        let divergence = warned("FIN-09", ("sw-1", "auth-1"), "pay-switch", P4, 10, &[2]);
        let found = formed(vec![standing, divergence], &Shared::default());
        assert_eq!((found.len(), found[0].warnings.len()), (1, 2));
        assert_eq!(found[0].id, incident_id("FIN-09", "sw-1", Time(10 * Time::MINUTE)));
    }

    #[test]
    fn two_attacks_that_share_nothing_are_two_incidents() {
        let mut all = bangladesh();
        all.push(warned("FIN-09", ("sw-1", "auth-1"), "pay-switch", P4, 331, &[90]));
        assert_eq!(formed(all, &hop()).len(), 2);
    }

    proptest! {
        #[test]
        fn incidents_do_not_depend_on_the_order_in_which_warnings_came(
            ends in proptest::collection::vec((0usize..6, 0usize..6, 0usize..5, 0i64..3_000, 0u64..12), 1..25), seed in any::<u64>(),
        ) {
            let detections = ["INT-07", "INT-01", "INT-09", "FIN-02", "POL"];
            let one = |(at, (subject, object, detection, minute, flow)): (usize, &(usize, usize, usize, i64, u64))| {
                let (subject, object) = (format!("h{subject}"), format!("h{object}.{at}"));
                let object = if at % 2 == 0 { object } else { subject.replace('h', "g") };
                warned(detections[*detection], (&subject, &object), "core", P3, *minute, &[*flow])
            };
            let all: Vec<_> = ends.iter().enumerate().map(one).collect();
            let mut shuffled = all.clone();
            let turn = seed as usize % all.len();
            shuffled.rotate_left(turn);
            shuffled.reverse();
            prop_assert_eq!(formed(all, &Shared::default()), formed(shuffled, &Shared::default()));
        }
    }
}
