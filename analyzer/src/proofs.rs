//! Table `judged`: what every "calm" is a sum over.
//!
//! One row for each step of a detection and zone with subjects, and one for each tap or reason that made a part of it
//! unknown. Counts that the store holds already are not written again; a count that no longer holds is written as zero.

use crate::detections::{About, Judged as Outcome};
use crate::rows::Writer;
use crate::window::{Blind, Span};
use model::{Severity, Time, judged::Judged};
use query::{Scope, named};
use std::collections::BTreeMap;
use store::Store;

type Key = (Time, String, String, String, String);
type Counts = (u64, u64, u64);

/// Counts of the steps that were judged.
#[derive(Debug, Default)]
pub struct Proofs {
    counts: BTreeMap<Key, Counts>,
    judged: Vec<(&'static str, Time)>,
}

impl Proofs {
    /// Counts one step of one detection.
    pub fn count(&mut self, about: &'static About, step: Span, outcome: &Outcome, blind: &[Blind]) {
        self.judged.push((about.id, step.from));
        let known: u64 = outcome.zones.values().sum();
        let rest = outcome.population.saturating_sub(known);
        for (zone, subjects) in
            outcome.zones.iter().map(|(zone, n)| (zone.as_str(), *n)).chain([("", rest)])
        {
            self.at(about, step, zone, "", "").0 += subjects;
        }
        for finding in outcome.findings.iter().filter(|finding| finding.severity > Severity::P0) {
            self.at(about, step, &finding.zone, "", "").1 += 1;
        }
        for (reason, subjects) in &outcome.unknown {
            self.at(about, step, "", "", reason).2 += subjects;
        }
        for Blind { tap, reason, .. } in blind {
            self.at(about, step, "", tap, reason).2 = 1;
        }
    }

    fn at(
        &mut self,
        about: &About,
        step: Span,
        zone: &str,
        tap: &str,
        reason: &str,
    ) -> &mut Counts {
        let key =
            (step.from, about.id.to_owned(), zone.to_owned(), tap.to_owned(), reason.to_owned());
        self.counts.entry(key).or_default()
    }

    /// Writes what the store does not hold yet. Returns how many rows.
    ///
    /// # Errors
    /// What the store said.
    pub async fn write(mut self, store: &Store) -> anyhow::Result<u64> {
        self.counts.retain(|_, counts| *counts != (0, 0, 0));
        let first = self.judged.iter().map(|(_, minute)| *minute).min();
        let last = self.judged.iter().map(|(_, minute)| *minute).max();
        let (Some(from), Some(last)) = (first, last) else { return Ok(0) };
        let scope = Scope { from, to: last.plus(1), without: Vec::new() };
        let question = named(include_str!("proofs.sql"), "proofs.written").over(&scope);
        let held = store.ask::<Judged>(&question).await?.rows;
        let mut writer = Writer::default();
        for row in changed(self.counts, held, &self.judged) {
            writer.push(&row);
        }
        Ok(writer.write(store).await?)
    }
}

/// The rows that the store lacks, holds with other counts, or holds wrongly.
fn changed(
    mut counts: BTreeMap<Key, Counts>,
    held: Vec<Judged>,
    judged: &[(&'static str, Time)],
) -> Vec<Judged> {
    for row in held.into_iter().filter(|row| judged.contains(&(row.detection.as_str(), row.minute)))
    {
        let said = (row.subjects, row.rung, row.unknown);
        let key = (row.minute, row.detection, row.zone, row.tap, row.reason);
        match counts.get(&key) {
            Some(now) if *now == said => drop(counts.remove(&key)),
            None if said != (0, 0, 0) => drop(counts.insert(key, (0, 0, 0))),
            _ => {}
        }
    }
    let row = |((minute, detection, zone, tap, reason), (subjects, rung, unknown))| Judged {
        minute,
        detection,
        zone,
        tap,
        subjects,
        rung,
        unknown,
        reason,
    };
    counts.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(zone: &str, subjects: u64) -> Judged {
        Judged {
            minute: Time(0),
            detection: "FIN-01".into(),
            zone: zone.into(),
            tap: String::new(),
            subjects,
            rung: 0,
            unknown: 0,
            reason: String::new(),
        }
    }

    fn counts(rows: &[Judged]) -> BTreeMap<Key, Counts> {
        let key = |row: &Judged| {
            (
                row.minute,
                row.detection.clone(),
                row.zone.clone(),
                row.tap.clone(),
                row.reason.clone(),
            )
        };
        rows.iter().map(|row| (key(row), (row.subjects, row.rung, row.unknown))).collect()
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_becomes_zero() {
        let held = vec![row("swift", 3), row("office", 4), row("core", 5)];
        let now = counts(&[row("swift", 3), row("office", 7), row("hsm", 1)]);
        let written = changed(now, held, &[("FIN-01", Time(0))]);
        assert_eq!(written, vec![row("core", 0), row("hsm", 1), row("office", 7)]);
    }

    #[test]
    fn a_step_that_was_not_judged_now_keeps_its_counts() {
        assert!(changed(BTreeMap::new(), vec![row("swift", 3)], &[("INT-07", Time(0))]).is_empty());
    }
}
