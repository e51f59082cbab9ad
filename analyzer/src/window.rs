//! Which slice of time is judged: spans, aligned steps, and how far the rows of every tap have arrived.
//!
//! Everything is aligned to the epoch, never to "now", so that a step is the same step whether it is judged live or from
//! history. A span is at most an hour and never crosses an hour's boundary.

mod seen;

pub use seen::{Blind, SILENT_AFTER_US, Seen, Watermark};

use model::Time;

/// A half-open range of packet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From this moment.
    pub from: Time,
    /// Before this moment.
    pub to: Time,
}

impl Span {
    /// From `from` until before `to`; empty if they are the wrong way round.
    pub const fn new(from: Time, to: Time) -> Self {
        Self { from, to }
    }

    /// Whether no moment lies in it.
    pub const fn is_empty(&self) -> bool {
        self.to.0 <= self.from.0
    }

    /// Whether `time` lies in it.
    pub const fn holds(&self, time: Time) -> bool {
        self.from.0 <= time.0 && time.0 < self.to.0
    }

    /// The range cut at whole hours, in order.
    pub fn hours(&self) -> Vec<Self> {
        let mut hours = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let to = from.floor(Time::HOUR).plus(Time::HOUR).min(self.to);
            hours.push(Self { from, to });
            from = to;
        }
        hours
    }

    /// The whole minutes that touch it.
    pub fn minutes(&self) -> impl Iterator<Item = Time> + use<> {
        let (from, to) = (self.from.minute(), self.to);
        (0..).map(move |at| from.plus(at * Time::MINUTE)).take_while(move |minute| *minute < to)
    }

    /// The aligned steps of `width_us` that end in it: after `from`, and not after `to`.
    ///
    /// Ranges that follow each other have every step once.
    pub fn steps(&self, width_us: i64) -> impl Iterator<Item = Self> + use<> {
        let (to, first) = (self.to, self.from.floor(width_us));
        (0..)
            .map(move |at| Self {
                from: first.plus(at * width_us),
                to: first.plus((at + 1) * width_us),
            })
            .take_while(move |step| step.to <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutes(from: i64, to: i64) -> Span {
        Span::new(Time(from * Time::MINUTE), Time(to * Time::MINUTE))
    }

    #[test]
    fn a_range_is_cut_at_whole_hours() {
        assert_eq!(
            minutes(50, 130).hours(),
            vec![minutes(50, 60), minutes(60, 120), minutes(120, 130)]
        );
        assert!(minutes(5, 5).hours().is_empty());
    }

    #[test]
    fn the_steps_of_a_range_are_those_that_end_in_it() {
        let steps: Vec<_> = minutes(3, 16).steps(5 * Time::MINUTE).collect();
        assert_eq!(steps, vec![minutes(0, 5), minutes(5, 10), minutes(10, 15)]);
    }

    proptest! {
        #[test]
        fn ranges_that_follow_each_other_have_every_step_once(cuts in prop::collection::btree_set(0i64..5_000, 2..6)) {
            let cuts: Vec<_> = cuts.into_iter().map(|second| Time(second * Time::SECOND)).collect();
            let whole = Span::new(cuts[0], cuts[cuts.len() - 1]);
            let pieces: Vec<_> =
                cuts.windows(2).flat_map(|pair| Span::new(pair[0], pair[1]).steps(60 * Time::SECOND)).collect();
            prop_assert_eq!(pieces, whole.steps(60 * Time::SECOND).collect::<Vec<_>>());
        }
    }
}
