//! What an earlier warning has to do with a later one, and how much it weighs: ln of P(later | earlier) / P(later).
//!
//! | Relation | Base, nats | Because |
//! |---|---|---|
//! | same flows | 4 | both judged the same packets |
//! | object is subject | 4 | who was acted on acts |
//! | same indicator | 4, less ln of those who share it | both went to the same host or name |
//! | same subject | 3 | the same host is accused again |
//! | admin edge | 3 | a host that the earlier one names worked on the one that the later accuses |
//! | same user | 2.5 | the same name in both |
//!
//! From it goes the time between them, in units of 24 h (7 d after recon, access and control, which wait); a step forward
//! in the order of stages adds half a nat, a step back costs one and a half. Of several relations the heaviest counts.

use super::shared::{Shared, Sharing};
use super::warned::Warned;
use graph::Stage;
use model::Time;
use std::collections::BTreeMap;

/// Links below this weight are not kept. Thousandths of a nat.
pub(super) const KEPT_ABOVE: i32 = 2_000;

/// How two warnings are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    Flows,
    ObjectIsSubject,
    Indicator,
    Subject,
    Admin,
    User,
}

impl Relation {
    /// The words in rows and screens.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Flows => "same flows",
            Self::ObjectIsSubject => "object is subject",
            Self::Indicator => "same indicator",
            Self::Subject => "same subject",
            Self::Admin => "admin edge",
            Self::User => "same user",
        }
    }

    const fn base(self) -> i32 {
        match self {
            Self::Flows | Self::ObjectIsSubject | Self::Indicator => 4_000,
            Self::Subject | Self::Admin => 3_000,
            Self::User => 2_500,
        }
    }
}

/// For each entity that is acted on: how many accused act on it, in all warnings.
pub(super) type Prevalence = BTreeMap<String, usize>;

/// The heaviest relation of `earlier` to `later`, with its weight in thousandths of a nat; none if they have nothing to do
/// with each other.
pub(super) fn tie(
    earlier: &Warned,
    later: &Warned,
    shared: &Shared,
    prevalence: &Prevalence,
) -> Option<(i32, Relation)> {
    let decay = decay(earlier, later);
    let order = order(earlier.stage, later.stage);
    relations(earlier, later, shared, prevalence)
        .into_iter()
        .map(|(relation, less)| (relation.base() - less - decay + order, relation))
        .max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)))
}

/// Every relation that holds, with what its base loses.
fn relations(
    earlier: &Warned,
    later: &Warned,
    shared: &Shared,
    prevalence: &Prevalence,
) -> Vec<(Relation, i32)> {
    let mut found = Vec::new();
    if !earlier.flows.is_disjoint(&later.flows) {
        found.push((Relation::Flows, 0));
    }
    if let Some(subject) = later.subject.as_ref().filter(|key| acts(shared, key)) {
        if earlier.objects.contains(subject) {
            found.push((Relation::ObjectIsSubject, 0));
        }
        if earlier.subject.as_ref() == Some(subject) {
            found.push((Relation::Subject, 0));
        }
        let admins = shared.administered(subject, later.row.episode_start);
        let worked =
            |key: &&String| admins.contains(key.as_str()) && shared.of(key) == Sharing::Own;
        if earlier.entities().any(|key| worked(&key)) {
            found.push((Relation::Admin, 0));
        }
    }
    let both = earlier.objects.intersection(&later.objects);
    let own = both.filter(|key| shared.of(key) == Sharing::Own);
    let fewest = own.map(|key| prevalence.get(key).copied().unwrap_or(1)).min();
    found.extend(fewest.map(|sharers| (Relation::Indicator, log(sharers))));
    if !earlier.users.is_disjoint(&later.users) {
        found.push((Relation::User, 0));
    }
    found
}

fn acts(shared: &Shared, key: &str) -> bool {
    shared.of(key) != Sharing::Infrastructure
}

/// Time from the end of the earlier one to the start of the later, in thousandths of its lifetime.
fn decay(earlier: &Warned, later: &Warned) -> i32 {
    let waits = matches!(earlier.stage, Stage::Recon | Stage::Access | Stage::Control);
    let lifetime = if waits { 7 * Time::DAY } else { Time::DAY };
    let end = earlier.seen.max(earlier.row.episode_start);
    let apart = later.row.episode_start.since(end).max(0);
    i32::try_from(apart.saturating_mul(1_000) / lifetime).unwrap_or(i32::MAX / 2)
}

/// Half a nat for a step forward, one and a half against a step back; stages without an order say nothing.
fn order(earlier: Stage, later: Stage) -> i32 {
    match (earlier.place(), later.place()) {
        (Some(earlier), Some(later)) if later > earlier => 500,
        (Some(earlier), Some(later)) if later < earlier => -1_500,
        _ => 0,
    }
}

/// ln of a count, in thousandths of a nat, rounded once.
fn log(count: usize) -> i32 {
    ((count.max(1) as f64).ln() * 1_000.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::shared::Administered;
    use super::super::warned::tests::{policy, warned};
    use super::*;
    use model::Severity::{P2, P3, P4};

    fn weight(earlier: &Warned, later: &Warned, shared: &Shared) -> Option<(i32, &'static str)> {
        let found = tie(earlier, later, shared, &Prevalence::new());
        found.map(|(weight, relation)| (weight, relation.words()))
    }

    #[test]
    fn who_was_acted_on_and_acts_weighs_most() {
        let first = warned("INT-09", ("pc-117", "op-1"), "swift-ops", P3, 300, &[1]);
        let then = warned("FIN-02", ("op-1", "saa-1"), "swift", P3, 301, &[2]);
        // 4 for the relation, half a nat for the step from lateral movement to action; no time between them.
        assert_eq!(weight(&first, &then, &Shared::default()), Some((4_500, "object is subject")));
    }

    #[test]
    fn time_takes_from_the_weight_a_nat_a_day_and_a_seventh_after_control() {
        let beacon = warned("INT-01", ("pc-117", "203.0.113.40:443"), "office", P3, 0, &[1]);
        let chain = warned("INT-09", ("pc-117", "saa-1"), "swift", P3, 1 + 1_440, &[2]);
        // 3 + 0.5 − 1 d / 7 d.
        assert_eq!(weight(&beacon, &chain, &Shared::default()), Some((3_358, "same subject")));
        let again = warned("INT-09", ("pc-117", "ledger-1"), "core", P3, 2 + 2 * 1_440, &[3]);
        // 3 − 1 d / 24 h: the chain's evidence was seen a minute after its start.
        assert_eq!(weight(&chain, &again, &Shared::default()), Some((2_000, "same subject")));
    }

    #[test]
    fn a_step_back_costs_one_and_a_half_nats() {
        let action = warned("FIN-02", ("op-1", "saa-1"), "swift", P3, 0, &[1]);
        let scan = warned("INT-07", ("op-1", "tcp/445 inside"), "swift-ops", P2, 1, &[2]);
        assert_eq!(weight(&action, &scan, &Shared::default()), Some((1_500, "same subject")));
    }

    #[test]
    fn an_admin_edge_joins_while_it_is_fresh() {
        let minute = |at: i64| Time(at * Time::MINUTE);
        let edge = Administered {
            src: "pc-117".into(),
            dst: "op-1".into(),
            first: minute(300),
            last: minute(345),
        };
        let shared = Shared::new(&BTreeMap::new(), &[], 0, vec![edge], &policy(), Time(0));
        let chain = warned("INT-09", ("pc-117", "jump-1"), "swift-ops", P3, 300, &[1]);
        let stranger = warned("FIN-01", ("op-1", "saa-1"), "swift", P4, 330, &[2]);
        // 3 − 29 min / 24 h = 3 − 0.020.
        assert_eq!(weight(&chain, &stranger, &shared), Some((2_980, "admin edge")));
        assert_eq!(weight(&chain, &stranger, &Shared::default()), None);
    }

    #[test]
    fn what_a_hundred_share_joins_nobody() {
        let one = warned("INT-01", ("pc-117", "203.0.113.40:443"), "office", P3, 0, &[1]);
        let other = warned("INT-01", ("pc-118", "203.0.113.40:443"), "office", P3, 1, &[2]);
        let of = |sharers| {
            let prevalence = Prevalence::from([("203.0.113.40".to_owned(), sharers)]);
            tie(&one, &other, &Shared::default(), &prevalence).map(|(weight, _)| weight)
        };
        // 4 − ln 2, 4 − ln 100.
        assert_eq!((of(2), of(100)), (Some(3_307), Some(-605)));
    }

    #[test]
    fn two_beacons_through_one_proxy_have_nothing_to_do_with_each_other() {
        let entities = BTreeMap::from([(
            "proxy-1".to_owned(),
            vec![model::mapped("10.31.0.5".parse().expect("an address"))],
        )]);
        let shared = Shared::new(&entities, &[], 0, Vec::new(), &policy(), Time(0));
        let one = warned("INT-01", ("proxy-1", "203.0.113.40:443"), "office", P3, 0, &[1]);
        let other = warned("INT-01", ("proxy-1", "198.51.100.7:443"), "office", P3, 1, &[2]);
        assert_eq!(weight(&one, &other, &shared), None);
    }
}
