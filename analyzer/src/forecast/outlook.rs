//! The rows of each bin: which forecasts are kept, whether an early warning is open, and what came of earlier ones.
//!
//! Kept are those that say something: of the longest horizon at least one in a hundred, or a change of a quarter since the
//! last that was kept, or an open early warning. All horizons of a level are kept together.

use super::alarm::CLOSES_AFTER;
use super::inputs::{CROWN, Moment};
use super::model::{Foreseen, HORIZONS, Model};
use super::past::{Past, STALE_US};
use super::{BIN_US, Kind, Scope};
use model::forecast::{Forecast, Observed};
use model::situation::ScopeKind;
use model::{Level, Time};
use std::collections::{BTreeMap, BTreeSet};

/// The longest horizon. Microseconds.
const FAR_US: i64 = 240 * Time::MINUTE;
/// How far before the first bin rows are needed: earlier forecasts whose horizon ends in it, the bins of an early warning, and
/// the changes of the index.
pub const LOOK_BACK_US: i64 = FAR_US + Time::HOUR + STALE_US + CLOSES_AFTER as i64 * BIN_US;
/// How old the forecast may be that a new one is compared with. Microseconds.
pub const COMPARED_US: i64 = 7 * Time::DAY;
/// From here on, in ten-thousandths, a forecast of the longest horizon is kept.
const KEPT_FROM: u16 = 100;
/// A change below this, in ten-thousandths, is none.
const LEAST_CHANGE: u16 = 10;

/// A level of a scope.
type Place = (Scope, Level);

/// Forecasts that the store holds.
#[derive(Debug, Clone, Default)]
pub struct Held {
    rows: BTreeMap<(Time, Scope, Level, u16), Forecast>,
    /// What was kept of the longest horizon, in ten-thousandths.
    far: BTreeMap<Place, BTreeMap<Time, u16>>,
}

impl Held {
    /// From rows in any order.
    pub fn new(rows: Vec<Forecast>) -> Self {
        let mut held = Self::default();
        for row in rows {
            held.put(row);
        }
        held
    }

    fn put(&mut self, row: Forecast) {
        let Some(key) = key(&row) else { return };
        if key.3 == HORIZONS[HORIZONS.len() - 1] {
            let of_place = self.far.entry((key.1.clone(), key.2)).or_default();
            of_place.insert(key.0, ten_thousandths(row.probability));
        }
        self.rows.insert(key, row);
    }

    /// What was kept last before `at`, of the longest horizon, in ten-thousandths.
    fn last(&self, place: &Place, at: Time) -> Option<u16> {
        let (time, last) = self.far.get(place)?.range(..at).next_back()?;
        (*time >= at.plus(-COMPARED_US)).then_some(*last)
    }

    fn was_open(&self, at: Time, place: &Place, horizon_min: u16) -> bool {
        let key = (at, place.0.clone(), place.1, horizon_min);
        self.rows.get(&key).is_some_and(|row| row.open)
    }
}

fn key(row: &Forecast) -> Option<(Time, Scope, Level, u16)> {
    let scope = match row.scope {
        ScopeKind::Institution => Scope::Institution(row.name.clone()),
        ScopeKind::Zone => Scope::Zone(row.name.clone()),
        ScopeKind::Entity | ScopeKind::Service | ScopeKind::Site => return None,
    };
    Some((row.time, scope, row.level, row.horizon_min))
}

fn ten_thousandths(probability: f64) -> u16 {
    (probability * 10_000.0).round() as u16
}

/// What is needed to look ahead.
#[derive(Debug)]
pub struct Outlooks<'a> {
    /// The regressions.
    pub model: &'a Model,
    /// Of what forecasts speak.
    pub scopes: Vec<(Scope, Kind)>,
    /// What is known.
    pub past: &'a Past,
}

/// What is said of every scope at one moment.
type Said = BTreeMap<Scope, Vec<Foreseen>>;

impl Outlooks<'_> {
    /// What is said at `at`, from nothing later.
    pub fn at(&self, at: Time) -> Said {
        let moment = Moment::new(self.past, at, &self.crowns());
        let said = self.scopes.iter().map(|(scope, kind)| {
            let present = self.past.standing(scope, at).level;
            (scope.clone(), self.model.foresee(*kind, present, &moment.inputs(scope)))
        });
        said.collect()
    }

    fn crowns(&self) -> BTreeSet<String> {
        let crown = |(scope, kind): &(Scope, Kind)| match scope {
            Scope::Zone(zone) if *kind == Kind::of(CROWN) => Some(zone.clone()),
            Scope::Zone(_) | Scope::Institution(_) => None,
        };
        self.scopes.iter().filter_map(crown).collect()
    }

    /// The rows that the store lacks or holds otherwise: the forecasts of `bins`, which follow each other, and what came of
    /// those whose horizon ends in them.
    pub fn rows(&self, bins: &[Time], mut held: Held) -> Vec<Forecast> {
        let mut written = BTreeMap::new();
        let Some(first) = bins.first() else { return Vec::new() };
        let mut said: Vec<Said> = (1..CLOSES_AFTER as i64)
            .rev()
            .map(|back| self.at(first.plus(-back * BIN_US)))
            .collect();
        for bin in bins {
            said.push(self.at(*bin));
            for row in self.bin(*bin, &said, &held) {
                written.insert(key(&row), row.clone());
                held.put(row);
            }
            for row in self.came(*bin, &held) {
                written.insert(key(&row), row.clone());
                held.put(row);
            }
            said.remove(0);
        }
        written.into_values().collect()
    }

    /// Rows of the newest of `said`, made at `at`; the others are the bins before it.
    fn bin(&self, at: Time, said: &[Said], held: &Held) -> Vec<Forecast> {
        let mut rows = Vec::new();
        let Some(newest) = said.last() else { return rows };
        for (scope, foreseen) in newest {
            for of_level in foreseen.chunks(HORIZONS.len()) {
                let place = (scope.clone(), of_level[0].level);
                let open: Vec<bool> =
                    of_level.iter().map(|one| self.is_open(at, &place, one, said, held)).collect();
                let far = of_level.last().map_or(0, |one| one.probability);
                let is_kept = KEPT_FROM <= far
                    || open.contains(&true)
                    || held.last(&place, at).is_none_or(|last| has_changed(last, far));
                for (one, open) in of_level.iter().zip(open) {
                    let key = (at, scope.clone(), one.level, one.horizon_min);
                    let before = held.rows.get(&key);
                    let row = self.row(at, scope, one, open, before);
                    if before.map_or(is_kept, |before| *before != row) {
                        rows.push(row);
                    }
                }
            }
        }
        rows
    }

    fn is_open(&self, at: Time, place: &Place, one: &Foreseen, said: &[Said], held: &Held) -> bool {
        let found = |said: &Said| {
            let of_scope = said.get(&place.0)?;
            let same = of_scope
                .iter()
                .find(|other| (other.level, other.horizon_min) == (one.level, one.horizon_min));
            same.map(|other| other.probability)
        };
        let probabilities: Vec<u16> = said.iter().map(|said| found(said).unwrap_or(0)).collect();
        let was_open = held.was_open(at.plus(-BIN_US), place, one.horizon_min);
        self.model.is_open(one.target, was_open, &probabilities)
    }

    fn row(
        &self,
        at: Time,
        scope: &Scope,
        one: &Foreseen,
        open: bool,
        before: Option<&Forecast>,
    ) -> Forecast {
        let target = &self.model.targets[one.target];
        let (kind, name) = match scope {
            Scope::Institution(name) => (ScopeKind::Institution, name),
            Scope::Zone(name) => (ScopeKind::Zone, name),
        };
        let mut reasons = one.parts.clone();
        reasons.sort_by(|a, b| (b.millinats.abs(), &a.name).cmp(&(a.millinats.abs(), &b.name)));
        let share = |ten_thousandths: u16| f64::from(ten_thousandths) / 10_000.0;
        Forecast {
            time: at,
            scope: kind,
            name: name.clone(),
            level: one.level,
            horizon_min: one.horizon_min,
            probability: share(one.probability),
            low: share(one.low),
            high: share(one.high),
            skill: f64::from(target.skill_permille) / 1_000.0,
            has_skill: target.has_skill,
            open,
            reasons: serde_json::to_string(&reasons).expect("names and numbers are JSON"),
            observed: before.map_or(Observed::Pending, |before| before.observed),
            model: self.model.version.clone(),
        }
    }

    /// Earlier forecasts whose horizon ends at `at`, with what came of them, where that is not said yet or said otherwise.
    fn came(&self, at: Time, held: &Held) -> Vec<Forecast> {
        let mut rows = Vec::new();
        for horizon_min in HORIZONS {
            let made = at.plus(-i64::from(horizon_min) * Time::MINUTE);
            let from = (made, Scope::Institution(String::new()), Level::None, 0);
            let to = (made.plus(1), Scope::Institution(String::new()), Level::None, 0);
            let ending = held.rows.range(from..to).filter(|(key, _)| key.3 == horizon_min);
            for ((_, scope, level, _), row) in ending {
                let came = self.past.reaches(scope, *level, made, at);
                let observed = if came { Observed::Yes } else { Observed::No };
                if row.observed != observed {
                    rows.push(Forecast { observed, ..row.clone() });
                }
            }
        }
        rows
    }
}

/// By more than a quarter of the last.
fn has_changed(last: u16, now: u16) -> bool {
    let change = last.abs_diff(now);
    change >= LEAST_CHANGE && u32::from(change) * 4 > u32::from(last)
}

#[cfg(test)]
mod tests {
    use super::super::model::{LEVELS, SHIPPED, Target};
    use super::super::past::{Edge, Event, Joined, Stage, Standing};
    use super::*;
    use model::Severity;
    use proptest::prelude::*;

    const MINUTE: i64 = Time::MINUTE;
    const ZONES: [&str; 4] = ["swift", "core", "office", "mgmt"];

    fn scopes() -> Vec<(Scope, Kind)> {
        let zone = |name: &str, criticality| (Scope::Zone(name.into()), Kind::of(criticality));
        vec![
            (Scope::Institution("Example Bank".into()), Kind::Institution),
            zone("swift", 10),
            zone("core", 10),
            zone("office", 4),
            zone("mgmt", 9),
        ]
    }

    fn event(minute: i64, zone: usize, other: usize, stage: usize) -> Event {
        const STAGES: [Stage; 4] = [Stage::Recon, Stage::Control, Stage::Lateral, Stage::Action];
        Event {
            seen: Time(minute * MINUTE),
            id: format!("{:02}", minute % 17),
            stage: STAGES[stage],
            severity: Severity::P3,
            zone: ZONES[zone].into(),
            touches: [ZONES[zone].to_owned(), ZONES[other].to_owned()].into(),
        }
    }

    fn past() -> impl Strategy<Value = Past> {
        let events = prop::collection::vec((0i64..3_000, 0usize..4, 0usize..4, 0usize..4), 0..40);
        let standings =
            prop::collection::vec((0i64..600, 0usize..5, 0i64..10_000, 0usize..5), 0..80);
        let joined = prop::collection::vec((0i64..3_000, 0u8..3, 0usize..4), 0..8);
        let edges = prop::collection::vec((0i64..3_000, 0usize..4, 0usize..4), 0..8);
        (events, standings, joined, edges).prop_map(|(events, standings, joined, edges)| {
            let scopes = scopes();
            Past::new(
                events
                    .into_iter()
                    .map(|(at, zone, other, stage)| event(at, zone, other, stage))
                    .collect(),
                standings
                    .into_iter()
                    .map(|(bin, scope, index, level)| {
                        let level = model::Level::ALL[level];
                        let time = Time(bin * BIN_US);
                        (scopes[scope].0.clone(), Standing { time, index, level, coverage: 900 })
                    })
                    .collect(),
                joined
                    .into_iter()
                    .enumerate()
                    .map(|(revision, (at, id, zone))| Joined {
                        time: Time(at * MINUTE),
                        id: id.to_string(),
                        revision: revision as u32,
                        is_open: revision % 3 != 2,
                        next: vec![(ZONES[zone].to_owned(), 2)],
                    })
                    .collect(),
                edges
                    .into_iter()
                    .map(|(at, zone, other)| Edge {
                        first_seen: Time(at * MINUTE),
                        touches: [ZONES[zone].to_owned(), ZONES[other].to_owned()].into(),
                    })
                    .collect(),
            )
        })
    }

    /// A model in which every input counts.
    fn busy() -> Model {
        let target = Target {
            intercepts: [-3_000, -2_500, -4_000, -5_000],
            weights: std::array::from_fn(|at| 300 - 40 * (at as i32 % 7)),
            cut: 1_000,
            has_skill: true,
            ..Target::default()
        };
        Model { version: "test".into(), targets: vec![target; LEVELS.len() * HORIZONS.len()] }
    }

    proptest! {
        #[test]
        fn rows_after_a_moment_change_no_forecast_made_at_it(past in past(), bin in 1i64..590) {
            let at = Time(bin * BIN_US);
            let model = busy();
            let cut = past.until(at);
            let looked = |past: &Past| Outlooks { model: &model, scopes: scopes(), past }.at(at);
            prop_assert_eq!(looked(&past), looked(&cut));
        }

        #[test]
        fn bins_that_are_passed_twice_or_one_by_one_give_the_same_rows(past in past(), bin in 10i64..500) {
            let model = busy();
            let outlooks = Outlooks { model: &model, scopes: scopes(), past: &past };
            let bins: Vec<Time> = (bin..bin + 12).map(|bin| Time(bin * BIN_US)).collect();
            let keep = |stored: &mut BTreeMap<_, Forecast>, rows: Vec<Forecast>| {
                for row in rows {
                    stored.insert(key(&row).expect("a zone or the bank"), row);
                }
            };
            let mut whole = BTreeMap::new();
            keep(&mut whole, outlooks.rows(&bins, Held::default()));
            let again = outlooks.rows(&bins, Held::new(whole.values().cloned().collect()));
            prop_assert!(again.is_empty(), "{again:?}");
            let mut singly = BTreeMap::new();
            for bin in &bins {
                let held = Held::new(singly.values().cloned().collect());
                keep(&mut singly, outlooks.rows(std::slice::from_ref(bin), held));
            }
            prop_assert_eq!(whole, singly);
        }

        #[test]
        fn longer_horizons_and_milder_levels_are_never_less_likely(past in past(), bin in 1i64..590) {
            let mut model = busy();
            for (at, target) in model.targets.iter_mut().enumerate() {
                target.intercepts[1] -= 900 * (at as i32 % 4);
            }
            let outlooks = Outlooks { model: &model, scopes: scopes(), past: &past };
            for foreseen in outlooks.at(Time(bin * BIN_US)).values() {
                for one in foreseen {
                    prop_assert!(one.low <= one.probability && one.probability <= one.high);
                    prop_assert_eq!(crate::score::score(crate::score::sum(&one.parts)), one.probability);
                    for other in foreseen.iter().filter(|other| other.level == one.level) {
                        prop_assert!(other.horizon_min <= one.horizon_min || one.probability <= other.probability);
                    }
                }
                for (mild, bad) in foreseen.iter().zip(foreseen.iter().skip(HORIZONS.len())) {
                    prop_assert!(bad.probability <= mild.probability);
                }
            }
        }
    }

    /// A calm bank for an hour, then swift reaches II at minute 90.
    fn risen() -> Past {
        let standing = |bin: i64| {
            let up = bin >= 18;
            let level = if up { Level::II } else { Level::None };
            let index = if up { 7_000 } else { 0 };
            let time = Time(bin * BIN_US);
            (Scope::Zone("swift".into()), Standing { time, index, level, coverage: 1_000 })
        };
        let events = vec![event(30, 0, 2, 2), event(89, 0, 2, 3)];
        Past::new(events, (0..40).map(standing).collect(), Vec::new(), Vec::new())
    }

    #[test]
    fn what_came_of_a_forecast_is_said_when_its_horizon_has_passed() {
        let (model, past) = (busy(), risen());
        let outlooks = Outlooks { model: &model, scopes: scopes(), past: &past };
        let bins: Vec<Time> = (12..=24).map(|bin| Time(bin * BIN_US)).collect();
        let rows = outlooks.rows(&bins, Held::default());
        let came = |made: i64, horizon: u16| {
            rows.iter()
                .find(|row| {
                    (row.time, row.name.as_str(), row.level, row.horizon_min)
                        == (Time(made * MINUTE), "swift", Level::II, horizon)
                })
                .map(|row| row.observed)
        };
        assert_eq!(came(70, 15), Some(Observed::No), "minute 85 is before the rise");
        assert_eq!(came(75, 15), Some(Observed::Yes), "minute 90 is the rise");
        assert_eq!(came(75, 240), Some(Observed::Pending));
        assert_eq!(came(90, 15), None, "the level is there");
    }

    #[test]
    fn an_early_warning_is_kept_open_in_its_rows() {
        let (model, past) = (busy(), risen());
        let outlooks = Outlooks { model: &model, scopes: scopes(), past: &past };
        let bins: Vec<Time> = (1..=17).map(|bin| Time(bin * BIN_US)).collect();
        let rows = outlooks.rows(&bins, Held::default());
        let open = |minute: i64| {
            let at = Time(minute * MINUTE);
            rows.iter().any(|row| row.time == at && row.name == "swift" && row.open)
        };
        let first = (1..=17).map(|bin| bin * 5).find(|minute| open(*minute));
        assert!(first.is_some_and(|minute| (30..=40).contains(&minute)), "{first:?}");
    }

    #[test]
    fn the_shipped_model_is_read_and_written_alike() {
        let text = SHIPPED.write("");
        assert_eq!(Model::read(&text).as_ref(), Ok(&*SHIPPED));
        assert!(Model::read("version 1\n").is_err() && Model::read("weights 1 2\n").is_err());
    }
}
