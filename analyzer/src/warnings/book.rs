//! The book of what rang: evidence and warnings as they stand after the last step that was taken in.

use super::evidence::{Because, Rung};
use super::ring::{Revisions, Told};
use super::{LOOK_BACK_US, Pass};
use crate::detections::{About, Detection, in_force};
use crate::score;
use model::evidence::Evidence;
use model::id::HashId;
use model::warning::{Warning, warning_id};
use model::{Severity, Time};
use policy::Policy;
use query::named;
use std::collections::{HashMap, HashSet};
use store::Store;

const SQL: &str = include_str!("../warnings.sql");

/// Rows to write after a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// New evidence and revisions of it.
    pub evidence: Vec<Evidence>,
    /// New warnings and revisions of them.
    pub warnings: Vec<Warning>,
}

/// Evidence and warnings, as far as later steps can join them.
#[derive(Debug, Default)]
pub struct Book {
    evidence: HashMap<HashId, Known>,
    warnings: HashMap<HashId, Ring>,
    held: HashMap<HashId, Revisions<Warning>>,
    by_cause: HashMap<HashId, Vec<HashId>>,
    /// Which warning a piece of evidence is on.
    warning_of: HashMap<HashId, HashId>,
    /// Ringing evidence behind which a flow stands.
    behind: HashMap<u64, Vec<HashId>>,
}

#[derive(Debug, Default)]
struct Known {
    revisions: Revisions<Evidence>,
    told: Vec<Told>,
    detection: String,
}

/// A warning as it stands.
#[derive(Debug)]
struct Ring {
    row: Warning,
    seen: Time,
    strongest: HashId,
    sum: i32,
}

impl Book {
    /// The book as it stood at `from`, and what the store holds of later.
    ///
    /// # Errors
    /// What the store said, or a row that is not of this program's form.
    pub async fn open(store: &Store, policy: &Policy, from: Time) -> anyhow::Result<Self> {
        let since = from.plus(-LOOK_BACK_US);
        let question = |name| store::Question::new(name, named(SQL, name).sql).with("from", since);
        let evidence = store.ask::<Evidence>(&question("warnings.evidence")).await?.rows;
        let warnings = store.ask::<Warning>(&question("warnings.warnings")).await?.rows;
        let mut book = Self::default();
        book.hold(evidence, warnings, policy, from);
        Ok(book)
    }

    /// Takes in what the store holds: up to `from` as it was told, later only so that it is not written again.
    pub fn hold(
        &mut self,
        mut evidence: Vec<Evidence>,
        warnings: Vec<Warning>,
        policy: &Policy,
        from: Time,
    ) {
        for warning in warnings {
            self.warning_of.extend(warning.evidence_ids.iter().map(|id| (*id, warning.id)));
            self.held.entry(warning.id).or_default().hold(warning);
        }
        let detections = in_force(policy);
        evidence.sort_by_key(|row| {
            (
                row.seen,
                precedence(detections, &row.detection),
                row.subject.clone(),
                row.object.clone(),
                row.revision,
            )
        });
        for row in evidence {
            let known = self.evidence.entry(row.id).or_default();
            known.detection.clone_from(&row.detection);
            known.revisions.hold(row.clone());
            if row.seen <= from
                && let Some(because) = Because::of(&row)
                && let Some(detection) = detections.get(precedence(detections, &row.detection))
            {
                known.tell(told(&row, &because));
                self.settle(&row, &because, detection.about(), policy);
            }
        }
    }

    /// Takes in one finding; findings come in the order of their steps, then of precedence.
    pub fn take(&mut self, rung: &Rung, pass: Pass, policy: &Policy, written: &mut Written) {
        let mut row = rung.evidence(policy.hash());
        if let Some(other) = self.gives_way(rung.about, &row) {
            row.severity = Severity::P0;
            row.numbers = with_gave_way(&row.numbers, &self.evidence[&other].detection);
            let warning = self.warning_of[&other];
            self.warning_of.entry(row.id).or_insert(warning);
        }
        let because = Because::of(&row).expect("a finding's row holds its reasons");
        let known = self.evidence.entry(row.id).or_default();
        known.detection.clone_from(&row.detection);
        if !known.is_news(told(&row, &because), pass) {
            return;
        }
        known.tell(told(&row, &because));
        written.evidence.extend(known.revisions.news(row.clone()));
        if let Some(warning) = self.settle(&row, &because, rung.about, policy) {
            written.warnings.extend(self.held.entry(warning.id).or_default().news(warning));
        }
    }

    /// Forgets what no step after `now` can join.
    pub fn forget_before(&mut self, now: Time) {
        let since = now.plus(-LOOK_BACK_US);
        self.warnings.retain(|_, ring| ring.seen >= since);
        let warnings = &self.warnings;
        let warning_of = &self.warning_of;
        self.evidence.retain(|id, known| {
            let is_on_open =
                warning_of.get(id).is_some_and(|warning| warnings.contains_key(warning));
            is_on_open || known.revisions.rows().any(|row| row.seen >= since)
        });
        let evidence = &self.evidence;
        self.warning_of.retain(|id, _| evidence.contains_key(id));
        let named: HashSet<HashId> = self.warning_of.values().copied().collect();
        self.held.retain(|id, _| named.contains(id));
        self.by_cause.retain(|_, ids| {
            ids.retain(|id| warnings.contains_key(id));
            !ids.is_empty()
        });
        self.behind.retain(|_, ids| {
            ids.retain(|id| evidence.contains_key(id));
            !ids.is_empty()
        });
    }

    /// The evidence of another detection that explains every flow of `row` away.
    fn gives_way(&self, about: &About, row: &Evidence) -> Option<HashId> {
        let explains = |id: &&HashId| {
            self.evidence
                .get(id)
                .is_some_and(|known| about.gives_way_to.contains(&known.detection.as_str()))
                && self.warning_of.contains_key(id)
        };
        let behind = |flow: &u64| self.behind.get(flow)?.iter().find(explains).copied();
        let first = behind(row.flow_ids.first()?)?;
        row.flow_ids.iter().all(|flow| behind(flow).is_some()).then_some(first)
    }

    /// Puts told evidence where it belongs; the warning's new form, if it is on one.
    fn settle(
        &mut self,
        row: &Evidence,
        because: &Because,
        about: &About,
        policy: &Policy,
    ) -> Option<Warning> {
        if row.severity == Severity::P0 {
            let ring = self.warnings.get_mut(self.warning_of.get(&row.id)?)?;
            (!ring.row.evidence_ids.contains(&row.id))
                .then(|| ring.row.evidence_ids.push(row.id))?;
            return Some(ring.row.clone());
        }
        for flow in &row.flow_ids {
            let ids = self.behind.entry(*flow).or_default();
            if !ids.contains(&row.id) {
                ids.push(row.id);
            }
        }
        let id = self.warning_for(row, about);
        self.warning_of.insert(row.id, id);
        let ring = self.warnings.get_mut(&id).expect("it was found or made just now");
        ring.join(row, because, policy);
        Some(ring.row.clone())
    }

    /// The warning that ringing evidence is on: the one it was on, one of its cause within the join gap, or a new one.
    fn warning_for(&mut self, row: &Evidence, about: &About) -> HashId {
        if let Some(id) = self.warning_of.get(&row.id).filter(|id| self.warnings.contains_key(id)) {
            return *id;
        }
        let of_cause = self.by_cause.entry(row.cause).or_default();
        let near =
            |id: &&HashId| row.episode_start.since(self.warnings[*id].seen) <= about.join_gap_us;
        if let Some(id) = of_cause.iter().rev().find(near) {
            return *id;
        }
        let held = self
            .warning_of
            .get(&row.id)
            .and_then(|id| self.held.get(id))
            .and_then(Revisions::first);
        let id = held.map_or_else(|| warning_id(row.cause, row.episode_start), |first| first.id);
        of_cause.push(id);
        self.warnings.insert(id, Ring::new(id, row, about));
        id
    }
}

impl Known {
    /// Whether `now` is news after what was told before its step; and in an early pass, after what was told in it.
    fn is_news(&self, now: Told, pass: Pass) -> bool {
        let before = self.told.iter().rev().find(|told| told.seen < now.seen);
        let within = self.told.iter().rev().find(|told| told.seen == now.seen);
        let is_news = before.is_none_or(|before| now.is_news_after(before));
        let again = pass == Pass::Closed || within.is_none_or(|within| now.is_news_after(within));
        is_news && again
    }

    fn tell(&mut self, now: Told) {
        self.told.retain(|told| told.seen < now.seen);
        self.told.push(now);
    }
}

impl Ring {
    fn new(id: HashId, row: &Evidence, about: &About) -> Self {
        let warning = Warning {
            id,
            revision: 0,
            alias_of: HashId::default(),
            time: row.seen,
            episode_start: row.episode_start,
            detection: row.detection.clone(),
            subject: row.subject.clone(),
            object: row.object.clone(),
            zone: String::new(),
            business: Vec::new(),
            severity: row.severity,
            level: row.severity.level(),
            score: 0,
            contributions: String::new(),
            sentence: String::new(),
            attack: about.attack.iter().map(|id| (*id).to_owned()).collect(),
            evidence_ids: Vec::new(),
            incident: HashId::default(),
        };
        Self { row: warning, seen: row.seen, strongest: row.id, sum: i32::MIN }
    }

    fn join(&mut self, row: &Evidence, because: &Because, policy: &Policy) {
        let warning = &mut self.row;
        self.seen = self.seen.max(row.seen);
        if !warning.evidence_ids.contains(&row.id) {
            warning.evidence_ids.push(row.id);
        }
        warning.severity = warning.severity.max(row.severity);
        warning.level = warning.severity.level();
        if row.id != self.strongest && because.sum() <= self.sum {
            return;
        }
        (self.strongest, self.sum) = (row.id, because.sum());
        warning.score = score::score(self.sum);
        warning.contributions =
            serde_json::to_string(&because.contributions).expect("names and numbers are JSON");
        warning.sentence.clone_from(&because.sentence);
        warning.object.clone_from(&row.object);
        warning.zone.clone_from(&because.zone);
        warning.business =
            policy.zone(&because.zone).map_or_else(Vec::new, |zone| zone.business.clone());
    }
}

fn told(row: &Evidence, because: &Because) -> Told {
    Told { seen: row.seen, severity: row.severity, sum: because.sum(), flows: row.flow_ids.len() }
}

/// Place of a detection in the order of precedence; behind all if it is not known.
fn precedence(detections: &[&dyn Detection], id: &str) -> usize {
    detections.iter().position(|detection| detection.about().id == id).unwrap_or(detections.len())
}

fn with_gave_way(numbers: &str, to: &str) -> String {
    let mut numbers: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(numbers).expect("we wrote these numbers");
    numbers.insert("gave_way_to".into(), to.into());
    serde_json::Value::Object(numbers).to_string()
}
