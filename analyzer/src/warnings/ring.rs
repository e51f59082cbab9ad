//! Revisions: what is known of one row, and whether a new form of it is news.

use model::evidence::Evidence;
use model::warning::Warning;
use model::{Severity, Time};

/// A row that may be written again in another form under a higher revision.
pub(super) trait Revised: Clone {
    /// Its revision.
    fn revision(&mut self) -> &mut u32;

    /// Whether it says the same, whatever the revision.
    fn says_the_same(&self, other: &Self) -> bool;
}

impl Revised for Evidence {
    fn revision(&mut self) -> &mut u32 {
        &mut self.revision
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let close = (self.p_value - other.p_value).abs() <= self.p_value.abs() * 1e-9;
        close && *self == Self { revision: self.revision, p_value: self.p_value, ..other.clone() }
    }
}

impl Revised for Warning {
    fn revision(&mut self) -> &mut u32 {
        &mut self.revision
    }

    fn says_the_same(&self, other: &Self) -> bool {
        *self == Self { revision: self.revision, ..other.clone() }
    }
}

/// All revisions of one row that the store holds, the highest last.
#[derive(Debug, Clone)]
pub(super) struct Revisions<R> {
    rows: Vec<R>,
    /// Something was written that the store did not hold: from now on only its newest row counts as known.
    has_moved: bool,
}

impl<R> Default for Revisions<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), has_moved: false }
    }
}

impl<R: Revised> Revisions<R> {
    /// Adds a row that the store holds, in the order of revisions.
    pub(super) fn hold(&mut self, mut row: R) {
        let revision = *row.revision();
        let at = self.rows.partition_point(|held| *held.clone().revision() < revision);
        self.rows.insert(at, row);
    }

    /// Every row, by revision.
    pub(super) fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.iter()
    }

    /// The first revision.
    pub(super) fn first(&self) -> Option<&R> {
        self.rows.first()
    }

    /// The row to write for `form`, under its revision; none if the store holds it already.
    pub(super) fn news(&mut self, mut form: R) -> Option<R> {
        let is_newest = self.rows.last().is_some_and(|newest| newest.says_the_same(&form));
        let is_held = !self.has_moved && self.rows.iter().any(|held| held.says_the_same(&form));
        if is_newest || is_held {
            return None;
        }
        self.has_moved = !self.rows.is_empty();
        *form.revision() = self.rows.last_mut().map_or(0, |newest| *newest.revision() + 1);
        self.rows.push(form.clone());
        Some(form)
    }
}

/// What a reader was told of a piece of evidence, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) seen: Time,
    pub(super) severity: Severity,
    pub(super) sum: i32,
    pub(super) flows: usize,
}

impl Told {
    /// Whether `self` says something, after `before`, that a person would act on.
    pub(super) fn is_news_after(&self, before: &Self) -> bool {
        const A_NAT: u32 = 1_000;
        self.severity != before.severity
            || self.sum.abs_diff(before.sum) >= A_NAT
            || self.flows * 2 >= before.flows * 3 && self.flows > before.flows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Row(u32, &'static str);

    impl Revised for Row {
        fn revision(&mut self) -> &mut u32 {
            &mut self.0
        }
        fn says_the_same(&self, other: &Self) -> bool {
            self.1 == other.1
        }
    }

    fn told(sum: i32, flows: usize) -> Told {
        Told { seen: Time(0), severity: Severity::P3, sum, flows }
    }

    #[test]
    fn what_is_held_is_not_written_again_in_any_revision() {
        let mut revisions = Revisions::default();
        for row in [Row(0, "a"), Row(1, "b"), Row(2, "a")] {
            revisions.hold(row);
        }
        assert_eq!(["a", "b", "a"].map(|word| revisions.news(Row(0, word))), [None, None, None]);
    }

    #[test]
    fn a_new_form_is_the_highest_revision_and_so_is_what_follows_it() {
        let mut revisions = Revisions::default();
        for row in [Row(0, "a"), Row(1, "b")] {
            revisions.hold(row);
        }
        assert_eq!(revisions.news(Row(0, "late")), Some(Row(2, "late")));
        assert_eq!(revisions.news(Row(0, "b")), Some(Row(3, "b")));
        assert_eq!(revisions.news(Row(0, "b")), None);
    }

    #[test]
    fn half_as_many_flows_again_are_news_and_one_more_of_many_is_not() {
        assert!(told(0, 3).is_news_after(&told(0, 2)));
        assert!(!told(0, 101).is_news_after(&told(0, 100)));
        assert!(!told(0, 0).is_news_after(&told(0, 0)));
        assert!(told(-1_000, 2).is_news_after(&told(0, 2)));
        assert!(!told(999, 2).is_news_after(&told(0, 2)));
    }
}
