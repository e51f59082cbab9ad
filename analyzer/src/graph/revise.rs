//! Which rows of incidents to write: those that are new, have changed, became part of another, or are over.

use super::form::Formed;
use model::id::HashId;
use model::incident::Incident;
use std::collections::BTreeMap;

/// One row to write.
#[derive(Debug)]
pub(super) struct Change<'f> {
    /// The row, with the revision under which it is written.
    pub(super) row: Incident,
    /// What it was formed from; none if it only says that an incident ended.
    pub(super) formed: Option<&'f Formed>,
}

/// What differs between the incidents that were formed and the newest rows that the store holds, by id.
pub(super) fn changes<'f>(
    formed: &'f [Formed],
    held: &BTreeMap<HashId, Incident>,
) -> Vec<Change<'f>> {
    let mut changes = Vec::new();
    for one in formed {
        match held.get(&one.row.id) {
            Some(known) if says_the_same(known, &one.row) => {}
            known => {
                let revision = known.map_or(0, |known| known.revision + 1);
                let row = Incident { revision, ..one.row.clone() };
                changes.push(Change { row, formed: Some(one) });
            }
        }
    }
    let is_formed = |id: &HashId| formed.iter().any(|one| one.row.id == *id);
    for known in held.values().filter(|known| known.state == "open" && !is_formed(&known.id)) {
        let into = known.warnings.iter().find_map(|id| holder(formed, id));
        let (state, merged_into) = match into {
            Some(into) => ("merged", into),
            None => ("closed", HashId::default()),
        };
        let row = Incident {
            revision: known.revision + 1,
            state: state.to_owned(),
            merged_into,
            ..known.clone()
        };
        changes.push(Change { row, formed: None });
    }
    changes
}

/// The incident that a warning is in.
fn holder(formed: &[Formed], warning: &HashId) -> Option<HashId> {
    formed.iter().find(|one| one.row.warnings.contains(warning)).map(|one| one.row.id)
}

/// Whether a reader would learn nothing: the same warnings, joined in the same way. Where it can go and what the index says
/// belong to the moment at which it changed last.
fn says_the_same(known: &Incident, now: &Incident) -> bool {
    *known
        == Incident {
            revision: known.revision,
            path: known.path.clone(),
            next_steps: known.next_steps.clone(),
            index_before: known.index_before,
            index_after: known.index_after,
            ..now.clone()
        }
}

#[cfg(test)]
mod tests {
    use super::super::branching::branch;
    use super::super::form::incidents;
    use super::super::form::tests::{bangladesh, hop};
    use super::super::shared::Shared;
    use super::super::warned::Warned;
    use super::super::warned::tests::policy;
    use super::*;
    use proptest::prelude::*;

    /// What a store holds after one more pass over `all`, and how many rows were written.
    fn pass(all: Vec<Warned>, held: &mut BTreeMap<HashId, Incident>) -> usize {
        pass_knowing(all, &hop(), held)
    }

    fn pass_knowing(
        mut all: Vec<Warned>,
        shared: &Shared,
        held: &mut BTreeMap<HashId, Incident>,
    ) -> usize {
        all.sort_by_key(Warned::order);
        let joined = branch(&all, shared);
        let formed = incidents(&all, &joined, &policy());
        let changes = changes(&formed, held);
        for change in &changes {
            held.insert(change.row.id, change.row.clone());
        }
        changes.len()
    }

    #[test]
    fn a_second_pass_over_the_same_warnings_writes_nothing() {
        let mut held = BTreeMap::new();
        assert_eq!(pass(bangladesh(), &mut held), 1);
        assert_eq!(pass(bangladesh(), &mut held), 0);
    }

    #[test]
    fn two_incidents_that_a_later_warning_joins_are_one_and_the_other_says_into_which() {
        let all = bangladesh();
        // Without the chain between them, the beacon is no incident yet, and the stranger is one by itself.
        let mut held = BTreeMap::new();
        pass_knowing(vec![all[0].clone(), all[4].clone()], &Shared::default(), &mut held);
        assert_eq!(held.len(), 1);
        let alone = *held.keys().next().expect("one");
        assert_eq!(pass(all, &mut held), 2);
        let whole = held.values().find(|row| row.state == "open").expect("one is open");
        assert_eq!((held[&alone].state.as_str(), held[&alone].revision), ("merged", 1));
        assert_eq!(held[&alone].merged_into, whole.id);
    }

    #[test]
    fn an_incident_whose_warnings_are_gone_is_closed_once() {
        let mut held = BTreeMap::new();
        pass(bangladesh(), &mut held);
        assert_eq!(pass(Vec::new(), &mut held), 1);
        assert_eq!(held.values().next().map(|row| row.state.as_str()), Some("closed"));
        assert_eq!(pass(Vec::new(), &mut held), 0);
    }

    proptest! {
        #[test]
        fn warnings_that_come_one_by_one_in_any_order_end_in_the_same_open_incidents(seed in any::<u64>()) {
            let mut order: Vec<usize> = (0..bangladesh().len()).collect();
            let mut left = seed;
            for at in (1..order.len()).rev() {
                order.swap(at, left as usize % (at + 1));
                left /= at as u64 + 1;
            }
            let (mut held, mut come) = (BTreeMap::new(), Vec::new());
            for at in order {
                come.push(bangladesh()[at].clone());
                pass(come.clone(), &mut held);
            }
            let mut once = BTreeMap::new();
            pass(bangladesh(), &mut once);
            let open = |held: &BTreeMap<HashId, Incident>| -> Vec<Incident> {
                let open = held.values().filter(|row| row.state == "open");
                open.map(|row| Incident { revision: 0, ..row.clone() }).collect()
            };
            prop_assert_eq!(open(&held), open(&once));
        }
    }
}
