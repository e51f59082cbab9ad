//! What is known at a moment: the episodes on open warnings, as far as they had been seen by then.
//!
//! Judged live or from history, a moment is told by the same rows: of each piece of evidence the revision seen last before
//! it, and of each warning what people had done about it by then.

use super::fixed::{self, Threat};
use super::index::Scope;
use crate::entities::Entity;
use crate::score;
use crate::warnings::Because;
use anyhow::Context as _;
use model::id::HashId;
use model::{Severity, Time, mapped};
use policy::Policy;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Sightings lose weight in windows of this width, aligned to the epoch. Microseconds.
pub const WINDOW_US: i64 = 5 * Time::MINUTE;

/// Dispositions that say: it was nothing.
const NOTHING: [&str; 4] = ["false-positive", "benign", "duplicate", "test"];

/// A revision of evidence, as the store answers it.
#[derive(Debug, Clone, Deserialize)]
pub struct EvidenceRow {
    /// Its id.
    pub id: HashId,
    /// From 0.
    pub revision: u32,
    /// 0 withdraws it.
    pub strength: u8,
    /// Detection id.
    pub detection: String,
    /// Who is accused.
    pub subject: String,
    /// What they acted on.
    pub object: String,
    /// When it was judged so.
    pub seen: Time,
    /// What it is about.
    pub severity: Severity,
    /// Why it rings, as JSON; empty if it was not written by the analyzer.
    pub because: String,
}

/// A warning and the evidence on it.
#[derive(Debug, Clone, Deserialize)]
pub struct WarningRow {
    /// Its id.
    pub id: HashId,
    /// What it joins.
    pub evidence_ids: Vec<HashId>,
}

/// What a person did.
#[derive(Debug, Clone, Deserialize)]
pub struct TriageRow {
    /// `warning`, `zone`, `service`, `site` or `institution`.
    pub subject: String,
    /// Which one.
    pub subject_id: String,
    /// Order of the acts on a subject.
    pub seq: u32,
    /// When.
    pub at: Time,
    /// What was done.
    pub action: String,
    /// State after.
    pub state_to: String,
    /// Why it was closed.
    pub disposition: String,
}

/// Somebody that an episode touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// Key of the entity.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// 0 to 10.
    pub criticality: u8,
}

/// One episode (detection, subject, object) at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Detection id.
    pub detection: Arc<str>,
    /// Who is accused.
    pub subject: Arc<str>,
    /// What they acted on.
    pub object: Arc<str>,
    /// The more critical of its two zones: the one that it counts in.
    pub zone: Arc<str>,
    /// The worst severity among its evidence.
    pub severity: Severity,
    /// What it adds.
    pub threat: Threat,
    /// When it was last seen.
    pub seen: Time,
    /// The entities that it touches and that are the bank's.
    pub ends: Vec<End>,
    /// The warnings that it is on.
    pub warnings: BTreeSet<HashId>,
    /// When a person confirmed one of them.
    pub confirmed: Option<Time>,
}

#[derive(Debug, Clone)]
struct Sighting {
    seen: Time,
    rings: bool,
    severity: Severity,
    score: u16,
    zone: Arc<str>,
}

#[derive(Debug, Clone)]
struct Source {
    episode: usize,
    warning: HashId,
    /// By time, then revision.
    sightings: Vec<Sighting>,
}

#[derive(Debug, Clone)]
struct Cause {
    detection: Arc<str>,
    subject: Arc<str>,
    object: Arc<str>,
    ends: Vec<End>,
}

/// A person's word on a warning from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Open,
    Nothing,
    Confirmed(Time),
}

/// All that is needed to tell any moment of a range.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    causes: Vec<Cause>,
    sources: Vec<Source>,
    words: BTreeMap<HashId, Vec<(Time, Word)>>,
    /// When people decided about a zone, a service, a site or the institution.
    hands: BTreeMap<(String, String), Vec<Time>>,
}

impl Facts {
    /// Reads rows of the store.
    ///
    /// # Errors
    /// If a row is not of the form that our SQL promises.
    pub fn read(
        evidence: Vec<EvidenceRow>,
        warnings: &[WarningRow],
        triage: &[TriageRow],
        policy: &Policy,
    ) -> anyhow::Result<Self> {
        let mut facts = Self::default();
        let on: BTreeMap<HashId, HashId> = warnings
            .iter()
            .flat_map(|warning| warning.evidence_ids.iter().map(|id| (*id, warning.id)))
            .collect();
        let mut causes: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        let mut sources: BTreeMap<HashId, Source> = BTreeMap::new();
        for row in evidence {
            let (Some(warning), false) = (on.get(&row.id), row.because.is_empty()) else {
                continue;
            };
            let because: Because = serde_json::from_str(&row.because)
                .with_context(|| format!("the reasons of evidence {}", row.id))?;
            let key = (row.detection.clone(), row.subject.clone(), row.object.clone());
            let episode = *causes.entry(key).or_insert_with(|| facts.add_cause(&row, policy));
            let source = sources.entry(row.id).or_insert_with(|| Source {
                episode,
                warning: *warning,
                sightings: Vec::new(),
            });
            source.sightings.push(Sighting {
                seen: row.seen,
                rings: row.strength > 0 && row.severity > Severity::P0,
                severity: row.severity,
                score: score::score(because.sum()),
                zone: because.zone.into(),
            });
        }
        facts.sources = sources.into_values().collect();
        facts.take_triage(triage);
        Ok(facts)
    }

    fn add_cause(&mut self, row: &EvidenceRow, policy: &Policy) -> usize {
        let mut ends: Vec<End> = [&row.subject, &row.object]
            .iter()
            .filter_map(|key| end_of(policy, key, row.seen))
            .collect();
        ends.dedup();
        self.causes.push(Cause {
            detection: row.detection.as_str().into(),
            subject: row.subject.as_str().into(),
            object: row.object.as_str().into(),
            ends,
        });
        self.causes.len() - 1
    }

    fn take_triage(&mut self, rows: &[TriageRow]) {
        for row in rows {
            let is_close = row.action == "close";
            if row.subject != "warning" {
                if is_close {
                    let key = (row.subject.clone(), row.subject_id.clone());
                    self.hands.entry(key).or_default().push(row.at);
                }
                continue;
            }
            let Ok(id) = row.subject_id.parse::<HashId>() else { continue };
            let words = self.words.entry(id).or_default();
            let before = words.last().map_or(Word::Open, |(_, word)| *word);
            let word = match (row.state_to.as_str(), row.disposition.as_str()) {
                ("CLOSE", _) if !is_close => before,
                ("CLOSE", why) if NOTHING.contains(&why) => Word::Nothing,
                ("CLOSE", "confirmed") => Word::Confirmed(row.at),
                _ => Word::Open,
            };
            words.push((row.at, word));
        }
    }

    /// What people had said of `warning` by `at`: the last of their acts counts, in the order of their sequence.
    fn word(&self, warning: HashId, at: Time) -> Word {
        let words = self.words.get(&warning).map_or(&[][..], Vec::as_slice);
        words.iter().rev().find(|(when, _)| *when <= at).map_or(Word::Open, |(_, word)| *word)
    }

    /// When a person last closed this scope, at `at` at the latest.
    pub fn released(&self, scope: &Scope, at: Time) -> Option<Time> {
        let key = (scope.kind.as_str().to_owned(), scope.name.to_string());
        self.hands.get(&key)?.iter().copied().filter(|when| *when <= at).max()
    }

    /// Whether something changed after `from`, at `to` at the latest: then a moment does not look like the one before it.
    pub fn has_news(&self, from: Time, to: Time) -> bool {
        let is_new = |at: &Time| from < *at && *at <= to;
        self.sources.iter().flat_map(|source| &source.sightings).any(|one| is_new(&one.seen))
            || self.words.values().flatten().any(|(at, _)| is_new(at))
    }

    /// The episodes that count at `at`, in the order of detection, subject and object.
    pub fn at(&self, at: Time) -> Vec<Episode> {
        let mut drafts: BTreeMap<usize, Draft> = BTreeMap::new();
        for source in &self.sources {
            let known = source.sightings.partition_point(|one| one.seen <= at);
            let Some(last) = source.sightings[..known].last().filter(|last| last.rings) else {
                continue;
            };
            let count = fixed::decayed(windows(last.seen, at));
            let word = self.word(source.warning, at);
            if count == 0 || word == Word::Nothing {
                continue;
            }
            let draft = drafts.entry(source.episode).or_insert_with(|| Draft::new(last));
            draft.take(last, count, source.warning, word);
        }
        let mut episodes: Vec<_> =
            drafts.into_iter().map(|(at, draft)| draft.episode(&self.causes[at])).collect();
        episodes.sort_by(|a, b| a.key().cmp(&b.key()));
        episodes
    }
}

/// An episode while its evidence is added up.
struct Draft {
    count: u64,
    severity: Severity,
    score: u16,
    seen: Time,
    zone: Arc<str>,
    warnings: BTreeSet<HashId>,
    confirmed: Option<Time>,
}

impl Draft {
    fn new(first: &Sighting) -> Self {
        Self {
            count: 0,
            severity: first.severity,
            score: first.score,
            seen: first.seen,
            zone: first.zone.clone(),
            warnings: BTreeSet::new(),
            confirmed: None,
        }
    }

    fn take(&mut self, sighting: &Sighting, count: u64, warning: HashId, word: Word) {
        self.count = self.count.saturating_add(count);
        self.severity = self.severity.max(sighting.severity);
        self.score = self.score.max(sighting.score);
        if (sighting.seen, &sighting.zone) > (self.seen, &self.zone) {
            self.zone = sighting.zone.clone();
        }
        self.seen = self.seen.max(sighting.seen);
        self.warnings.insert(warning);
        if let Word::Confirmed(when) = word {
            self.confirmed = self.confirmed.max(Some(when));
        }
    }

    fn episode(self, cause: &Cause) -> Episode {
        Episode {
            detection: cause.detection.clone(),
            subject: cause.subject.clone(),
            object: cause.object.clone(),
            zone: self.zone,
            severity: self.severity,
            threat: Threat::of(self.count, self.severity as u32, self.score),
            seen: self.seen,
            ends: cause.ends.clone(),
            warnings: self.warnings,
            confirmed: self.confirmed,
        }
    }
}

impl Episode {
    /// What it is about, as people list it.
    pub fn who(&self) -> String {
        if self.object.is_empty() {
            return self.subject.to_string();
        }
        format!("{} → {}", self.subject, self.object)
    }

    /// What tells it from others.
    pub fn key(&self) -> (&str, &str, &str) {
        (&self.detection, &self.subject, &self.object)
    }
}

/// Windows between the one in which something was seen and the one that holds `at`; a window holds its end.
fn windows(seen: Time, at: Time) -> u64 {
    let ends = |time: Time| time.plus(-1).floor(WINDOW_US);
    u64::try_from(ends(at).since(ends(seen)) / WINDOW_US).unwrap_or(0)
}

/// The entity behind a key: a host of the policy, an address, or either with a port. None if it is not the bank's.
fn end_of(policy: &Policy, key: &str, at: Time) -> Option<End> {
    let address = |text: &str| {
        let host = policy.host(text).map(|host| host.ip);
        host.or_else(|| text.trim_matches(['[', ']']).parse::<IpAddr>().ok())
    };
    let ip = address(key).or_else(|| address(key.rsplit_once(':')?.0))?;
    let entity = Entity::at(policy, mapped(ip), at);
    let end = End {
        name: entity.key().into(),
        zone: entity.place.zone.into(),
        criticality: entity.place.criticality,
    };
    (end.criticality > 0).then_some(end)
}
