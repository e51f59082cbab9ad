//! What a forecast looks at: twenty numbers for a scope at a moment, in thousandths, from what was known then.

use super::Scope;
use super::decay::{ONE, faded, log_of_more};
use super::past::{Event, Past, Stage};
use model::Time;
use std::collections::{BTreeMap, BTreeSet};

/// How many numbers.
pub const COUNT: usize = 20;

/// What each is called, in their order. A person reads these.
pub const NAMES: [&str; COUNT] = [
    "situation index now",
    "index, change in 15 minutes",
    "index, change in an hour",
    "warnings here, last 15 minutes",
    "warnings here, last hour",
    "warnings here, last 6 hours",
    "warnings elsewhere, last 15 minutes",
    "warnings elsewhere, last hour",
    "warnings elsewhere, last 6 hours",
    "reconnaissance anywhere",
    "calls home anywhere",
    "lateral movement anywhere",
    "furthest stage in 6 hours",
    "led here before, last hour",
    "led here before, last 6 hours",
    "next step of an open incident",
    "nearness of an open incident",
    "new administrative edges here",
    "out of hours",
    "share of taps that did not see",
];

/// The numbers, in thousandths, in the order of [`NAMES`].
pub type Inputs = [i64; COUNT];

/// Half-lives of the sums. Microseconds.
const HALF_LIVES_US: [i64; 3] = [15 * Time::MINUTE, Time::HOUR, 6 * Time::HOUR];
/// Tellings older than this are forgotten. Microseconds.
pub const FORGOTTEN_US: i64 = 36 * Time::HOUR;
/// How long before an action its precursors are looked for, and what counts as recent. Microseconds.
const RECENT_US: i64 = 6 * Time::HOUR;
/// How far back the bank's own actions are counted. Microseconds.
pub const MEMORY_US: i64 = 60 * Time::DAY;
/// Times that a zone counts as having been led to before anything was seen, over all critical zones.
const PRIOR: u64 = 5;
/// Criticality from which a zone is a crown jewel.
pub const CROWN: u8 = 9;

/// Fading sums of three half-lives.
type Sums = [u64; HALF_LIVES_US.len()];

/// What is the same for every scope at one moment.
#[derive(Debug)]
pub struct Moment<'p> {
    at: Time,
    past: &'p Past,
    everywhere: Sums,
    by_zone: BTreeMap<&'p str, Sums>,
    by_stage: BTreeMap<Stage, u64>,
    furthest: i64,
    /// By zone: fading sums of an hour and of six, each telling weighted by how often its zones led there.
    leads: BTreeMap<String, [u64; 2]>,
    /// By zone: place among the next steps of an open incident, from 1, and hops to it.
    next: BTreeMap<&'p str, (u64, u32)>,
    new_edges: BTreeMap<&'p str, u64>,
}

impl<'p> Moment<'p> {
    /// What is known at `at`; `crowns` are the zones of criticality 9 or more.
    pub fn new(past: &'p Past, at: Time, crowns: &BTreeSet<String>) -> Self {
        let mut moment = Self {
            at,
            past,
            everywhere: Sums::default(),
            by_zone: BTreeMap::new(),
            by_stage: BTreeMap::new(),
            furthest: 0,
            leads: BTreeMap::new(),
            next: BTreeMap::new(),
            new_edges: BTreeMap::new(),
        };
        let led = Led::known(past, at);
        for event in standing_events(past, at) {
            moment.add(event, &led, crowns);
        }
        moment.look_at_incidents();
        for edge in past.edges(at.plus(-RECENT_US), at) {
            for zone in &edge.touches {
                *moment.new_edges.entry(zone).or_default() += ONE;
            }
        }
        moment
    }

    fn add(&mut self, event: &'p Event, led: &Led, crowns: &BTreeSet<String>) {
        let age = self.at.since(event.seen);
        let sums = HALF_LIVES_US.map(|half_life| faded(age, half_life));
        plus(&mut self.everywhere, sums);
        for zone in &event.touches {
            plus(self.by_zone.entry(zone).or_default(), sums);
        }
        *self.by_stage.entry(event.stage).or_default() += sums[2];
        if age < RECENT_US {
            self.furthest = self.furthest.max(event.stage as i64);
        }
        if event.stage < Stage::Action {
            for (zone, permille) in led.shares(&event.touches, crowns) {
                let lead = self.leads.entry(zone).or_default();
                lead[0] += sums[1] * permille / 1_000;
                lead[1] += sums[2] * permille / 1_000;
            }
        }
    }

    fn look_at_incidents(&mut self) {
        for joined in self.past.incidents(self.at.plus(-FORGOTTEN_US), self.at) {
            for (place, (zone, hops)) in joined.next.iter().enumerate() {
                let known = self.next.entry(zone).or_insert((u64::MAX, u32::MAX));
                *known = (known.0.min(place as u64 + 1), known.1.min(*hops));
            }
        }
    }

    /// The numbers of `scope`.
    pub fn inputs(&self, scope: &Scope) -> Inputs {
        let standing = self.past.standing(scope, self.at);
        let before = |us: i64| self.past.standing(scope, self.at.plus(-us)).index;
        let here = match scope {
            Scope::Institution(_) => self.everywhere,
            Scope::Zone(zone) => self.by_zone.get(zone.as_str()).copied().unwrap_or_default(),
        };
        let elsewhere: Sums =
            std::array::from_fn(|at| self.everywhere[at] - here[at].min(self.everywhere[at]));
        let stage = |stage| log_of_more(self.by_stage.get(&stage).copied().unwrap_or(0));
        let leads = self.leads_to(scope);
        let (place, hops) = self.next_to(scope);
        let edges: u64 = match scope {
            Scope::Institution(_) => self.new_edges.values().sum(),
            Scope::Zone(zone) => self.new_edges.get(zone.as_str()).copied().unwrap_or(0),
        };
        [
            standing.index / 10,
            (standing.index - before(15 * Time::MINUTE)) / 10,
            (standing.index - before(Time::HOUR)) / 10,
            log_of_more(here[0]),
            log_of_more(here[1]),
            log_of_more(here[2]),
            log_of_more(elsewhere[0]),
            log_of_more(elsewhere[1]),
            log_of_more(elsewhere[2]),
            stage(Stage::Recon),
            stage(Stage::Control),
            stage(Stage::Lateral),
            self.furthest * 200,
            log_of_more(leads[0]),
            log_of_more(leads[1]),
            place,
            hops,
            log_of_more(edges),
            i64::from(is_out_of_hours(self.at)) * 1_000,
            1_000 - standing.coverage,
        ]
    }

    fn leads_to(&self, scope: &Scope) -> [u64; 2] {
        match scope {
            Scope::Zone(zone) => self.leads.get(zone).copied().unwrap_or_default(),
            Scope::Institution(_) => {
                self.leads.values().fold([0; 2], |sum, lead| [sum[0] + lead[0], sum[1] + lead[1]])
            }
        }
    }

    /// One thousand for the likeliest next step, less for others; and the reciprocal of one more than the hops to it.
    fn next_to(&self, scope: &Scope) -> (i64, i64) {
        let told = match scope {
            Scope::Zone(zone) => self.next.get(zone.as_str()).copied(),
            Scope::Institution(_) => self.next.values().min().copied(),
        };
        told.map_or((0, 0), |(place, hops)| (1_000 / place as i64, 1_000 / (i64::from(hops) + 1)))
    }
}

fn plus(sums: &mut Sums, more: Sums) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

/// The newest telling of each piece of evidence that is not forgotten at `at`.
fn standing_events(past: &Past, at: Time) -> impl Iterator<Item = &Event> {
    let mut newest: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in past.events(at.plus(-FORGOTTEN_US), at) {
        newest.insert(&event.id, event);
    }
    newest.into_values()
}

/// From which zones actions followed in which, as far as the bank's own rows know.
#[derive(Debug, Default)]
struct Led {
    counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Led {
    fn known(past: &Past, at: Time) -> Self {
        let mut led = Self::default();
        let mut acted = BTreeSet::new();
        for action in past.events(at.plus(-MEMORY_US), at) {
            if action.stage < Stage::Action || !acted.insert(&action.id) {
                continue;
            }
            let before = past.events(action.seen.plus(-RECENT_US), action.seen.plus(-1));
            let zones: BTreeSet<&String> = before
                .iter()
                .filter(|event| event.stage < Stage::Action)
                .flat_map(|event| &event.touches)
                .collect();
            for zone in zones {
                *led.counts
                    .entry(zone.clone())
                    .or_default()
                    .entry(action.zone.clone())
                    .or_default() += 1;
            }
        }
        led
    }

    /// Where what touches `zones` leads, in thousandths over all zones: counted, and a little for every crown jewel.
    fn shares(&self, zones: &BTreeSet<String>, crowns: &BTreeSet<String>) -> BTreeMap<String, u64> {
        let mut weights: BTreeMap<String, u64> = BTreeMap::new();
        let each = PRIOR * 1_000 / (crowns.len() as u64).max(1);
        for crown in crowns {
            weights.insert(crown.clone(), each);
        }
        for (zone, count) in zones.iter().filter_map(|zone| self.counts.get(zone)).flatten() {
            *weights.entry(zone.clone()).or_default() += count * 1_000;
        }
        let all: u64 = weights.values().sum();
        weights.into_iter().map(|(zone, weight)| (zone, weight * 1_000 / all.max(1))).collect()
    }
}

/// Before 08:00 or from 18:00 on, UTC.
pub const fn is_out_of_hours(at: Time) -> bool {
    let hour = at.0.rem_euclid(Time::DAY) / Time::HOUR;
    hour < 8 || 18 <= hour
}
