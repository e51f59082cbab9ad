//! What the taps saw: the minutes that each has covered, how far its rows have arrived, and where it was blind.

use super::Span;
use crate::detections::About;
use model::{Coverage, Side, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A tap that is this far behind the others leaves the watermark; what depends on it is *unknown*.
pub const SILENT_AFTER_US: i64 = 5 * Time::MINUTE;

/// Share of one-way flows, in a million, above which a tap does not see both directions.
const ONE_WAY_PPM: u32 = 500_000;

/// Drops, in a million, above which what a tap watches is blind.
const BLIND_PPM: u32 = 10_000;

/// How far the rows of all taps have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    /// The end of the newest minute that every tap but the silent ones has covered; none without coverage.
    pub at: Option<Time>,
    /// The end of each tap's newest minute.
    pub taps: BTreeMap<Arc<str>, Time>,
    /// Taps that have been silent for [`SILENT_AFTER_US`] of the others' time.
    pub silent: Vec<Arc<str>>,
}

impl Watermark {
    /// The watermark of taps whose newest covered minutes end at `taps`.
    pub fn of(taps: BTreeMap<Arc<str>, Time>) -> Self {
        let newest = taps.values().max().copied();
        let is_silent =
            |end: &Time| newest.is_some_and(|newest| newest.since(*end) > SILENT_AFTER_US);
        let silent =
            taps.iter().filter(|(_, end)| is_silent(end)).map(|(tap, _)| tap.clone()).collect();
        let at = taps.values().filter(|end| !is_silent(end)).min().copied();
        Self { at, taps, silent }
    }
}

/// One tap that a judgement of one minute could not rest on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blind {
    /// Which minute.
    pub minute: Time,
    /// Which tap.
    pub tap: Arc<str>,
    /// Why, in words.
    pub reason: &'static str,
}

/// Coverage of a range, and the taps that should have covered it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    rows: Vec<Coverage>,
    expected: BTreeMap<Arc<str>, Time>,
    without: BTreeSet<Arc<str>>,
}

impl Seen {
    /// What `rows` say, given since when each tap is `expected` to see; taps in `without` are blind.
    pub fn new(
        mut rows: Vec<Coverage>,
        expected: BTreeMap<Arc<str>, Time>,
        without: &[String],
    ) -> Self {
        let without: BTreeSet<Arc<str>> =
            without.iter().map(|tap| Arc::from(tap.as_str())).collect();
        rows.retain(|row| !without.contains(&row.tap));
        rows.sort_by(|a, b| {
            (a.minute, &a.tap, a.vlan, a.direction).cmp(&(b.minute, &b.tap, b.vlan, b.direction))
        });
        Self { rows, expected, without }
    }

    /// The rows whose minute starts in `span`, by minute.
    pub fn rows(&self, span: Span) -> &[Coverage] {
        let at = |time: Time| self.rows.partition_point(|row| row.minute < time);
        let from = at(span.from.minute());
        &self.rows[from..at(span.to).max(from)]
    }

    /// Every minute of `span` and tap on which a judgement of the detection cannot rest, with the reason.
    pub fn blind(&self, span: Span, about: &About) -> Vec<Blind> {
        span.minutes().flat_map(|minute| self.blind_in(minute, about)).collect()
    }

    fn blind_in(&self, minute: Time, about: &About) -> Vec<Blind> {
        let rows = self.rows(Span::new(minute, minute.plus(1)));
        let expected = self.expected.iter().filter(|(_, since)| **since <= minute);
        expected
            .filter_map(|(tap, _)| {
                let mut of_tap = rows.iter().filter(|row| row.tap == *tap).peekable();
                let reason = if self.without.contains(tap) {
                    "tap left out"
                } else if of_tap.peek().is_none() {
                    "no coverage"
                } else {
                    of_tap.find_map(|row| unfit(row, about))?
                };
                Some(Blind { minute, tap: tap.clone(), reason })
            })
            .collect()
    }

    /// How much each expected tap missed of the minute that begins at `minute`, in millionths; those that saw it are not
    /// named.
    ///
    /// A tap that is left out, says nothing or dropped more than 1 % is blind; one that saw one direction only, by half.
    pub fn lost(&self, minute: Time) -> BTreeMap<Arc<str>, u64> {
        let rows = self.rows(Span::new(minute, minute.plus(1)));
        let expected = self.expected.iter().filter(|(_, since)| **since <= minute);
        let lost = expected.filter_map(|(tap, _)| {
            let of_tap: Vec<_> = rows.iter().filter(|row| row.tap == *tap).collect();
            let is_blind = self.without.contains(tap)
                || of_tap.is_empty()
                || of_tap.iter().any(|row| row.drop_ppm > BLIND_PPM);
            let is_half = of_tap.iter().any(|row| is_one_way(row));
            let ppm = if is_blind { 1_000_000 } else { 500_000 };
            (is_blind || is_half).then(|| (tap.clone(), ppm))
        });
        lost.collect()
    }

    /// Whether some tap covered some minute of `span`.
    pub fn any(&self, span: Span) -> bool {
        !self.rows(span).is_empty()
    }

    /// Coverage of `span` in a few numbers, as a JSON object by tap.
    pub fn digest(&self, span: Span) -> serde_json::Value {
        let mut taps: BTreeMap<&str, (BTreeSet<Time>, u32)> = BTreeMap::new();
        for row in self.rows(span) {
            let (minutes, worst) = taps.entry(&row.tap).or_default();
            minutes.insert(row.minute);
            *worst = row.drop_ppm.max(*worst);
        }
        let all = span.minutes().count();
        taps.into_iter()
            .map(|(tap, (minutes, worst))| {
                let said = serde_json::json!({"minutes": minutes.len(), "of": all, "worst_drop_ppm": worst});
                (tap.to_owned(), said)
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

fn unfit(row: &Coverage, about: &About) -> Option<&'static str> {
    if row.drop_ppm > about.max_drop_ppm {
        return Some("packets dropped");
    }
    (about.both_directions && is_one_way(row)).then_some("one direction only")
}

fn is_one_way(row: &Coverage) -> bool {
    row.one_way_ppm > ONE_WAY_PPM && row.direction == Side::Src
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(minute: i64, tap: &str, drop_ppm: u32) -> Coverage {
        Coverage {
            minute: Time(minute * Time::MINUTE),
            tap: tap.into(),
            vlan: 0,
            direction: Side::Src,
            packets_per_s: 1.0,
            drop_ppm,
            one_way_ppm: 0,
            clock_offset_us: 0,
            bytes_scanned: 0,
        }
    }

    fn about() -> About {
        *crate::detections::DETECTIONS[0].about()
    }

    fn marks(ends: &[(&str, i64)]) -> Watermark {
        Watermark::of(
            ends.iter()
                .map(|(tap, minute)| (Arc::from(*tap), Time(minute * Time::MINUTE)))
                .collect(),
        )
    }

    #[test]
    fn the_slowest_tap_sets_the_watermark() {
        assert_eq!(marks(&[("c", 12), ("d", 10), ("e", 11)]).at, Some(Time(10 * Time::MINUTE)));
        assert_eq!(marks(&[]).at, None);
    }

    #[test]
    fn a_tap_silent_for_more_than_five_minutes_leaves_the_watermark() {
        let on_the_edge = marks(&[("c", 12), ("d", 7)]);
        assert_eq!((on_the_edge.at, on_the_edge.silent), (Some(Time(7 * Time::MINUTE)), vec![]));
        let beyond = marks(&[("c", 12), ("d", 6)]);
        assert_eq!(
            (beyond.at, beyond.silent),
            (Some(Time(12 * Time::MINUTE)), vec![Arc::from("d")])
        );
    }

    #[test]
    fn a_tap_is_blind_where_it_says_nothing_drops_or_is_left_out() {
        let rows = vec![covered(0, "c", 0), covered(0, "d", 5_000_000), covered(1, "c", 0)];
        let expected = ["c", "d", "e"].map(|tap| (Arc::from(tap), Time(0))).into();
        let seen = Seen::new(rows, expected, &["e".to_owned()]);
        let said: Vec<_> = seen
            .blind(Span::new(Time(0), Time(2 * Time::MINUTE)), &about())
            .into_iter()
            .map(|blind| (blind.minute.0 / Time::MINUTE, blind.tap.to_string(), blind.reason))
            .collect();
        let expected = [
            (0, "d", "packets dropped"),
            (0, "e", "tap left out"),
            (1, "d", "no coverage"),
            (1, "e", "tap left out"),
        ]
        .map(|(minute, tap, reason)| (minute, tap.to_owned(), reason));
        assert_eq!(said, expected);
    }

    #[test]
    fn a_tap_is_not_missed_before_its_first_minute() {
        let expected = [(Arc::from("c"), Time(10 * Time::MINUTE))].into();
        let seen = Seen::new(vec![], expected, &[]);
        assert!(seen.blind(Span::new(Time(0), Time(10 * Time::MINUTE)), &about()).is_empty());
        assert_eq!(seen.blind(Span::new(Time(0), Time(11 * Time::MINUTE)), &about()).len(), 1);
    }
}
