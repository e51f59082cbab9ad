//! Index of entities, zones and what is made of zones, from the episodes of one moment. Pure.
//!
//! A zone is as bad as its worst entity: `max(w·s)`. A business service, a site and the institution each blend the scores of
//! zones, never another blend.

use super::facts::{End, Episode};
use super::fixed::{self, Part, Threat, WHOLE};
use model::Time;
use model::situation::ScopeKind;
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Drivers that are listed at most.
const LISTED: usize = 5;

/// A zone that has an index: one of the bank's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: Arc<str>,
    /// 1 to 10.
    pub criticality: u8,
    /// That of the most critical thing in it: its own or a host's.
    pub crown: u8,
    /// Business services that live in it.
    pub business: Vec<String>,
    /// Site; empty if not said.
    pub site: String,
}

/// The bank as its policy draws it, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The institution.
    pub institution: String,
    /// Zones with a weight, by id.
    pub zones: Vec<Zone>,
}

/// Of what an index speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// What kind.
    pub kind: ScopeKind,
    /// Which one.
    pub name: Arc<str>,
}

/// What one zone lost sight of, in millionths.
pub type Losses = BTreeMap<Arc<str>, Loss>;

/// What the taps could not see of a zone in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// Share of what is usually seen of it, in millionths.
    pub lost: u64,
    /// Whether no tap has ever seen it: a gap in the plan, not in the minute.
    pub is_unwatched: bool,
}

/// An index and its parts, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Index {
    /// The index.
    pub index: u64,
    /// The index if what was not seen were the worst.
    pub if_blind: u64,
    /// Threat alone, without weight where the scope is an entity or a zone.
    pub threat: u64,
    /// Share that the taps saw.
    pub coverage: u64,
}

/// What one episode adds to an index on top of those listed before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driven {
    /// Place of the episode in the list that was given.
    pub episode: usize,
    /// Points, in millionths.
    pub points: u64,
}

impl Map {
    /// The zones of `policy` that hold at `at`.
    pub fn of(policy: &Policy, at: Time) -> Self {
        let holds = |zone: &&policy::Zone| zone.criticality > 0 && zone.validity.holds(at);
        let mut zones: Vec<_> = policy
            .zones()
            .iter()
            .filter(holds)
            .map(|zone| Zone {
                id: zone.id.as_str().into(),
                criticality: zone.criticality,
                crown: crown(policy, zone, at),
                business: zone.business.clone(),
                site: zone.site.clone(),
            })
            .collect();
        zones.sort_by(|a, b| a.id.cmp(&b.id));
        zones.dedup_by(|a, b| a.id == b.id);
        let said = &policy.meta().institution;
        let institution = if said.is_empty() { "institution" } else { said };
        Self { institution: institution.to_owned(), zones }
    }

    /// The institution, every zone, business service and site, in that order.
    pub fn scopes(&self) -> Vec<Scope> {
        let named = |kind, name: &str| Scope { kind, name: name.into() };
        let services: BTreeSet<_> = self.zones.iter().flat_map(|zone| &zone.business).collect();
        let sites: BTreeSet<_> =
            self.zones.iter().map(|zone| &zone.site).filter(|site| !site.is_empty()).collect();
        let mut scopes = vec![named(ScopeKind::Institution, &self.institution)];
        scopes.extend(self.zones.iter().map(|zone| named(ScopeKind::Zone, &zone.id)));
        scopes.extend(services.into_iter().map(|name| named(ScopeKind::Service, name)));
        scopes.extend(sites.into_iter().map(|name| named(ScopeKind::Site, name)));
        scopes
    }

    /// The zones that a scope is made of; for an entity none.
    pub fn zones_of<'m>(&'m self, scope: &Scope) -> Vec<&'m Zone> {
        let belongs = |zone: &&Zone| match scope.kind {
            ScopeKind::Institution => true,
            ScopeKind::Zone => zone.id == scope.name,
            ScopeKind::Service => zone.business.iter().any(|name| **name == *scope.name),
            ScopeKind::Site => *zone.site == *scope.name,
            ScopeKind::Entity => false,
        };
        self.zones.iter().filter(belongs).collect()
    }

    /// Index and parts of a scope.
    pub fn index(&self, scope: &Scope, episodes: &[&Episode], losses: &Losses) -> Index {
        match scope.kind {
            ScopeKind::Entity => Self::entity(&scope.name, episodes, losses),
            ScopeKind::Zone => {
                let zones = self.zones_of(scope);
                zones.first().map_or_else(Index::default, |zone| zone.index(episodes, losses))
            }
            _ => self.blend(scope, episodes, losses),
        }
    }

    fn entity(name: &str, episodes: &[&Episode], losses: &Losses) -> Index {
        let mut threat = Threat::default();
        let mut end: Option<&End> = None;
        for episode in episodes {
            let Some(one) = episode.ends.iter().find(|end| *end.name == *name) else { continue };
            threat = threat.and(episode.threat);
            end = end.max(Some(one));
        }
        let Some(end) = end else { return Index { coverage: WHOLE, ..Index::default() } };
        let loss = losses.get(&end.zone).copied().unwrap_or_default();
        let score = fixed::combined(threat.scaled(), 0, 0);
        let hidden = fixed::combined(threat.and(Threat::hidden(loss.lost)).scaled(), 0, 0);
        Index {
            index: fixed::weighed(score, end.criticality),
            if_blind: fixed::weighed(hidden, end.criticality),
            threat: threat.scaled(),
            coverage: WHOLE - loss.lost,
        }
    }

    fn blend(&self, scope: &Scope, episodes: &[&Episode], losses: &Losses) -> Index {
        let zones = self.zones_of(scope);
        let told: Vec<_> = zones.iter().map(|zone| (zone, zone.told(episodes, losses))).collect();
        let part = |zone: &Zone, score, index| Part { criticality: zone.criticality, score, index };
        let index =
            fixed::blended(told.iter().map(|(zone, told)| part(zone, told.score, told.index)));
        let if_blind = fixed::blended(told.iter().map(|(zone, told)| match told.loss {
            Loss { is_unwatched: true, .. } => part(zone, told.score, told.index),
            _ => part(zone, told.hidden, told.if_blind),
        }));
        let threat = fixed::blended(told.iter().map(|(zone, told)| {
            part(zone, told.threat, fixed::weighed(told.threat, zone.criticality))
        }));
        Index { index, if_blind: if_blind.max(index), threat, coverage: seen(&told) }
    }
}

/// Share that the taps saw, each zone with its weight; zones that no tap has ever seen leave it.
fn seen(told: &[(&&Zone, Told)]) -> u64 {
    let watched = || told.iter().filter(|(_, told)| !told.loss.is_unwatched);
    let weight: u64 = watched().map(|(zone, _)| u64::from(zone.criticality)).sum();
    let seen: u64 =
        watched().map(|(zone, told)| u64::from(zone.criticality) * (WHOLE - told.loss.lost)).sum();
    seen.checked_div(weight).unwrap_or(0)
}

/// A zone's numbers, with and without weight.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// Of its worst entity, without weight.
    score: u64,
    index: u64,
    threat: u64,
    hidden: u64,
    if_blind: u64,
    loss: Loss,
}

impl Zone {
    fn index(&self, episodes: &[&Episode], losses: &Losses) -> Index {
        let told = self.told(episodes, losses);
        Index {
            index: told.index,
            if_blind: told.if_blind,
            threat: told.threat,
            coverage: WHOLE - told.loss.lost,
        }
    }

    fn told(&self, episodes: &[&Episode], losses: &Losses) -> Told {
        let mut places: BTreeMap<(&str, u8), Threat> = BTreeMap::new();
        for episode in episodes.iter().filter(|episode| episode.zone == self.id) {
            for place in self.places(episode) {
                let threat = places.entry(place).or_default();
                *threat = threat.and(episode.threat);
            }
        }
        let loss = losses.get(&self.id).copied().unwrap_or_default();
        let mut told = Told { loss, ..Told::default() };
        let mut worst = Threat::default();
        for ((_, criticality), threat) in places {
            worst = worst.max(threat);
            let score = fixed::combined(threat.scaled(), 0, 0);
            told.score = told.score.max(score);
            told.index = told.index.max(fixed::weighed(score, criticality));
        }
        told.threat = worst.scaled();
        told.hidden = fixed::combined(worst.and(Threat::hidden(loss.lost)).scaled(), 0, 0);
        let at_worst = if loss.lost > 0 { fixed::weighed(told.hidden, self.crown) } else { 0 };
        told.if_blind = told.index.max(at_worst);
        told
    }

    /// Where in this zone an episode counts: at each of its entities here, else at one without a name.
    fn places<'e>(&self, episode: &'e Episode) -> Vec<(&'e str, u8)> {
        let here = episode.ends.iter().filter(|end| end.zone == self.id);
        let places: Vec<_> = here.map(|end| (&*end.name, end.criticality)).collect();
        if places.is_empty() { vec![(&*episode.subject, self.criticality)] } else { places }
    }
}

/// The criticality of the most critical host in a zone, or its own.
fn crown(policy: &Policy, zone: &policy::Zone, at: Time) -> u8 {
    let hosts = policy.hosts().iter().filter(|host| host.criticality.is_some());
    let here = hosts.filter_map(|host| {
        let place = policy.resolve(model::mapped(host.ip), at);
        (place.zone == zone.id).then_some(place.criticality)
    });
    here.max().unwrap_or(0).max(zone.criticality)
}

/// What drives an index: at most five episodes, the strongest by itself first, each with what it adds to those before it.
///
/// Where there are no more than five, their points add up to the index.
pub fn drivers(episodes: &[&Episode], index: impl Fn(&[&Episode]) -> u64) -> Vec<Driven> {
    let mut alone: Vec<_> =
        episodes.iter().enumerate().map(|(at, episode)| (index(&[*episode]), at)).collect();
    alone.sort_by_key(|(points, at)| (std::cmp::Reverse(*points), *at));
    alone.truncate(LISTED);
    let mut listed: Vec<&Episode> = Vec::new();
    let mut before = 0;
    let mut driven = Vec::new();
    for (_, at) in alone {
        listed.push(episodes[at]);
        let now = index(&listed);
        driven.push(Driven { episode: at, points: now - before });
        before = now;
    }
    driven
}
