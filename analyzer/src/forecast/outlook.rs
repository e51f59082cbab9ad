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
}

impl Held {
    /// From rows in any order.
    pub fn new(rows: Vec<Forecast>) -> Self {
        let keyed = rows.into_iter().filter_map(|row| Some((key(&row)?, row)));
        Self { rows: keyed.collect() }
    }

    /// What was kept last before `at`, of the longest horizon, in ten-thousandths.
    fn last(&self, place: &Place, at: Time) -> Option<u16> {
        let before =
            self.rows.range(..(at, Scope::Institution(String::new()), Level::None, 0)).rev();
        let of_place = |key: &(Time, Scope, Level, u16)| {
            (&key.1, key.2) == (&place.0, place.1) && key.3 == HORIZONS[HORIZONS.len() - 1]
        };
        let oldest = at.plus(-COMPARED_US);
        before
            .take_while(|(key, _)| key.0 >= oldest)
            .find(|(key, _)| of_place(key))
            .map(|(_, row)| ten_thousandths(row.probability))
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
                let key = key(&row).expect("forecasts speak of zones and the bank");
                held.rows.insert(key.clone(), row.clone());
                written.insert(key, row);
            }
            for row in self.came(*bin, &held) {
                let key = key(&row).expect("forecasts speak of zones and the bank");
                held.rows.insert(key.clone(), row.clone());
                written.insert(key, row);
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
