//! The minutes of a span, one after the other: index and level of each scope, and which of them are worth a row.

use super::blind::Watch;
use super::facts::{Episode, Facts, WINDOW_US};
use super::fixed::{FORGOTTEN_AFTER, WHOLE};
use super::index::{Index, Losses, Map, Scope, drivers};
use super::level::{Now, Past, Rules, Standing};
use super::rows::{Held, Key, hundredths};
use crate::window::Seen;
use model::situation::{Driver, ScopeKind, Situation};
use model::{Level, Time};
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a sighting counts. Microseconds.
pub const MEMORY_US: i64 = FORGOTTEN_AFTER as i64 * WINDOW_US;

/// What minutes are told from.
pub struct Timeline<'a> {
    /// The bank.
    pub policy: &'a Policy,
    /// Thresholds of levels.
    pub rules: Rules,
    /// Episodes and what people did.
    pub facts: &'a Facts,
    /// Which taps see which zone.
    pub watch: &'a Watch,
    /// What the taps saw.
    pub seen: &'a Seen,
    /// What the store holds of the minutes: a row that is there is told, whatever it now says.
    pub held: &'a Held,
}

/// One moment.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The end of the minute.
    pub at: Time,
    /// The bank on its day.
    pub map: Arc<Map>,
    /// The episodes that count.
    pub episodes: Arc<Vec<Episode>>,
}

/// Indices of each scope at the minutes so far, in millionths.
type Indices = BTreeMap<Scope, Vec<u64>>;

impl Timeline<'_> {
    /// The rows of `minutes`, which follow each other, given how each scope stood before them.
    pub fn walk(&self, minutes: &[Time], mut past: BTreeMap<Scope, Past>) -> Vec<Situation> {
        let Some(first) = minutes.first().copied() else { return Vec::new() };
        let back = self.rules.look_back_min().max(5) as i64;
        let mut indices = Indices::new();
        let mut told = Vec::new();
        let mut moments: Vec<Moment> = Vec::new();
        for ago in (1..=back).rev() {
            let moment = self.moment(first.plus(-ago * Time::MINUTE), moments.last());
            Self::count(&moment, moments.last(), &mut indices);
            moments.push(moment);
        }
        for at in minutes {
            let moment = self.moment(*at, moments.last());
            Self::count(&moment, moments.last(), &mut indices);
            let losses = self.losses(&moment);
            self.tell_scopes(&moment, &losses, &indices, &mut past, &mut told);
            self.tell_entities(&moment, &losses, &moments, &mut told);
            moments.push(moment);
        }
        told
    }

    fn moment(&self, at: Time, before: Option<&Moment>) -> Moment {
        let day = |time: Time| time.plus(-1).floor(Time::DAY);
        let window = |time: Time| time.plus(-1).floor(WINDOW_US);
        let map = match before.filter(|before| day(before.at) == day(at)) {
            Some(before) => before.map.clone(),
            None => Arc::new(Map::of(self.policy, day(at))),
        };
        let is_same = |before: &&Moment| {
            window(before.at) == window(at) && !self.facts.has_news(before.at, at)
        };
        let episodes = match before.filter(is_same) {
            Some(before) => before.episodes.clone(),
            None => Arc::new(self.facts.at(at)),
        };
        Moment { at, map, episodes }
    }

    fn losses(&self, moment: &Moment) -> Losses {
        self.watch.losses(&moment.map, self.seen, moment.at.plus(-Time::MINUTE))
    }

    /// Adds the index of each scope; where nothing changed it is that of the minute before.
    fn count(moment: &Moment, before: Option<&Moment>, indices: &mut Indices) {
        let is_same = before.is_some_and(|before| {
            Arc::ptr_eq(&before.episodes, &moment.episodes) && Arc::ptr_eq(&before.map, &moment.map)
        });
        let episodes: Vec<&Episode> = moment.episodes.iter().collect();
        for scope in moment.map.scopes() {
            let known = indices.entry(scope.clone()).or_default();
            let index = match known.last() {
                Some(last) if is_same => *last,
                _ => moment.map.index(&scope, &episodes, &Losses::new()).index,
            };
            known.push(index);
        }
    }

    fn tell_scopes(
        &self,
        moment: &Moment,
        losses: &Losses,
        indices: &Indices,
        past: &mut BTreeMap<Scope, Past>,
        told: &mut Vec<Situation>,
    ) {
        for scope in moment.map.scopes() {
            let known = &indices[&scope];
            let before = past.entry(scope.clone()).or_default();
            let zones = moment.map.zones_of(&scope);
            let now = Now {
                at: moment.at,
                indices: known,
                zones: &zones,
                episodes: &moment.episodes,
                released: self.facts.released(&scope, moment.at),
            };
            let standing = self.rules.standing(before, &now);
            let has_changed = standing.level != before.level;
            *before = before.and(standing.level, moment.at);
            let is_always = matches!(scope.kind, ScopeKind::Institution | ScopeKind::Zone);
            let ago = |minutes: usize| known.len().checked_sub(1 + minutes).map(|at| known[at]);
            let is_told = is_always || is_more_than_nothing(known.last().copied(), ago(5));
            if has_changed || (is_fifth(moment.at) && is_told) || self.is_held(moment.at, &scope) {
                told.push(row(moment, &scope, losses, standing));
            }
        }
    }

    fn tell_entities(
        &self,
        moment: &Moment,
        losses: &Losses,
        before: &[Moment],
        told: &mut Vec<Situation>,
    ) {
        let ago = |minutes: usize| {
            before.len().checked_sub(minutes).and_then(|at| before.get(at)).unwrap_or(moment)
        };
        let (now, last, fifth) = (moment.entities(), ago(1).entities(), ago(5).entities());
        let held = self.held_entities(moment.at);
        let names: BTreeSet<&Arc<str>> =
            now.keys().chain(last.keys()).chain(fifth.keys()).chain(&held).collect();
        for name in names {
            let scope = Scope { kind: ScopeKind::Entity, name: name.clone() };
            let level = level_of(now.get(name));
            let index = |of: &Moment, touched: Option<&Vec<&Episode>>| {
                touched.map(|episodes| of.map.index(&scope, episodes, &Losses::new()).index)
            };
            let is_told = || {
                let (now, fifth) = (now.get(name), fifth.get(name));
                is_more_than_nothing(index(moment, now), index(ago(5), fifth))
            };
            let has_changed = level != level_of(last.get(name));
            if has_changed || held.contains(name) || (is_fifth(moment.at) && is_told()) {
                let standing = Standing { level, gate: String::new() };
                let touched = now.get(name).map_or(&[][..], Vec::as_slice);
                told.push(row_of(moment, touched, &scope, losses, standing));
            }
        }
    }

    fn is_held(&self, at: Time, scope: &Scope) -> bool {
        let (scope, name) = (scope.kind, scope.name.to_string());
        self.held.contains_key(&Key { time: at, scope, name })
    }

    fn held_entities(&self, at: Time) -> BTreeSet<Arc<str>> {
        let keys = self.held.keys();
        keys.filter(|key| key.time == at && key.scope == ScopeKind::Entity)
            .map(|key| key.name.as_str().into())
            .collect()
    }
}

impl Moment {
    /// The episodes that touch each entity.
    fn entities(&self) -> BTreeMap<Arc<str>, Vec<&Episode>> {
        let mut entities: BTreeMap<Arc<str>, Vec<&Episode>> = BTreeMap::new();
        for episode in self.episodes.iter() {
            for end in &episode.ends {
                entities.entry(end.name.clone()).or_default().push(episode);
            }
        }
        entities
    }
}

fn is_fifth(at: Time) -> bool {
    at.floor(WINDOW_US) == at
}

/// Whether an index is worth a row: it is not 0, or was not five minutes ago.
fn is_more_than_nothing(now: Option<u64>, before: Option<u64>) -> bool {
    [now, before].into_iter().flatten().any(|index| hundredths(index) > 0)
}

/// The level of an entity: that of its worst open warning.
fn level_of(episodes: Option<&Vec<&Episode>>) -> Level {
    let worst = episodes.into_iter().flatten().map(|episode| episode.severity).max();
    worst.map_or(Level::None, model::Severity::level)
}

/// The row of a scope at a moment.
fn row(moment: &Moment, scope: &Scope, losses: &Losses, standing: Standing) -> Situation {
    row_of(moment, &moment.episodes.iter().collect::<Vec<_>>(), scope, losses, standing)
}

fn row_of(
    moment: &Moment,
    episodes: &[&Episode],
    scope: &Scope,
    losses: &Losses,
    standing: Standing,
) -> Situation {
    let map = &moment.map;
    let Index { index, if_blind, threat, coverage } = map.index(scope, episodes, losses);
    let driven = drivers(episodes, |some| map.index(scope, some, &Losses::new()).index);
    let drivers: Vec<Driver> = driven
        .into_iter()
        .filter(|driven| hundredths(driven.points) > 0)
        .map(|driven| {
            let episode = episodes[driven.episode];
            Driver {
                name: episode.detection.to_string(),
                who: episode.who(),
                points: points(driven.points),
                warnings: episode.warnings.iter().map(ToString::to_string).collect(),
            }
        })
        .collect();
    Situation {
        time: moment.at,
        scope: scope.kind,
        name: scope.name.to_string(),
        index: points(index),
        index_if_blind: points(if_blind),
        threat: points(threat),
        vulnerability: 0.0,
        availability: 0.0,
        coverage: (coverage / 100) as f64 / (WHOLE / 100) as f64,
        level: standing.level,
        gate: standing.gate,
        drivers: serde_json::to_string(&drivers).expect("names and numbers are JSON"),
    }
}

/// Millionths as points with two decimals.
fn points(millionths: u64) -> f64 {
    hundredths(millionths) as f64 / 100.0
}
