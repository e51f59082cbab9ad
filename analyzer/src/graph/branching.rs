//! Every warning hangs on its best parent, an earlier one: since links go forward in time, that is the maximum branching.

use super::shared::Shared;
use super::tie::{KEPT_ABOVE, Prevalence, Relation, tie};
use super::warned::Warned;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Possible parents that are weighed for each warning; of more, the latest.
const CANDIDATES: usize = 32;

/// Why a warning hangs on its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hangs {
    /// Place of the parent.
    pub(super) on: usize,
    pub(super) relation: Relation,
    /// Thousandths of a nat.
    pub(super) millinats: i32,
}

/// Trees of warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branching {
    /// The parent of each warning, in the order of the warnings; none for a root.
    pub(super) parents: Vec<Option<Hangs>>,
    /// Possible parents that were not weighed.
    pub(super) left_out: usize,
}

/// The trees of `warned`, which stand in the order of [`Warned::order`].
pub(super) fn branch(warned: &[Warned], shared: &Shared) -> Branching {
    let index = Index::new(warned);
    let prevalence = prevalence(warned);
    let mut left_out = 0;
    let parents = (0..warned.len()).map(|at| {
        let mut candidates = index.candidates(warned, at, shared);
        left_out += candidates.len().saturating_sub(CANDIDATES);
        // The latest first: what is left out is furthest away.
        candidates.sort_by_key(|other| Reverse(near(warned, at, *other)));
        candidates.truncate(CANDIDATES);
        best(warned, at, &candidates, shared, &prevalence)
    });
    Branching { parents: parents.collect(), left_out }
}

/// How near in time another warning is: the higher, the nearer.
fn near(warned: &[Warned], at: usize, other: usize) -> (i64, Reverse<usize>) {
    let apart = warned[at].row.episode_start.since(warned[other].row.episode_start);
    (-apart.abs(), Reverse(other))
}

fn best(
    warned: &[Warned],
    at: usize,
    candidates: &[usize],
    shared: &Shared,
    prevalence: &Prevalence,
) -> Option<Hangs> {
    let weigh = |other: &usize| {
        let (earlier, later) = (&warned[*other.min(&at)], &warned[*other.max(&at)]);
        let (millinats, relation) = tie(earlier, later, shared, prevalence)?;
        (millinats > KEPT_ABOVE).then_some(Hangs { on: *other, relation, millinats })
    };
    candidates
        .iter()
        .filter_map(weigh)
        .max_by_key(|hangs| (hangs.millinats, Reverse(hangs.relation), Reverse(hangs.on)))
}

/// How many accused act on each entity.
fn prevalence(warned: &[Warned]) -> Prevalence {
    let mut accused: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in warned {
        for object in &one.objects {
            accused.entry(object).or_default().insert(&one.row.subject);
        }
    }
    accused.into_iter().map(|(object, who)| (object.to_owned(), who.len())).collect()
}

/// Warnings by what may join them.
struct Index<'w> {
    entities: BTreeMap<&'w str, Vec<usize>>,
    flows: BTreeMap<u64, Vec<usize>>,
    users: BTreeMap<&'w str, Vec<usize>>,
}

impl<'w> Index<'w> {
    fn new(warned: &'w [Warned]) -> Self {
        let mut index =
            Self { entities: BTreeMap::new(), flows: BTreeMap::new(), users: BTreeMap::new() };
        for (at, one) in warned.iter().enumerate().filter(|(_, one)| !one.only_hangs()) {
            for key in one.entities() {
                index.entities.entry(key).or_default().push(at);
            }
            for flow in &one.flows {
                index.flows.entry(*flow).or_default().push(at);
            }
            for user in &one.users {
                index.users.entry(user).or_default().push(at);
            }
        }
        index
    }

    /// Warnings on which the one at `at` may hang: earlier ones, and for one that only hangs on others, later ones too.
    fn candidates(&self, warned: &[Warned], at: usize, shared: &Shared) -> Vec<usize> {
        let one = &warned[at];
        let mut found = BTreeSet::new();
        let admins = one
            .subject
            .as_ref()
            .map(|subject| shared.administered(subject, one.row.episode_start))
            .unwrap_or_default();
        let keys = one.entities().map(String::as_str).chain(admins);
        found.extend(keys.filter_map(|key| self.entities.get(key)).flatten());
        found.extend(one.flows.iter().filter_map(|flow| self.flows.get(flow)).flatten());
        found.extend(one.users.iter().filter_map(|user| self.users.get(user.as_str())).flatten());
        found.retain(|other| *other < at || (one.only_hangs() && *other != at));
        found.into_iter().collect()
    }
}
