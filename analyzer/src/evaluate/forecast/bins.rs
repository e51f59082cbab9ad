//! Every five minutes of a bank: what was known, what came of it, and how likely that truly was.

use super::bank::Bank;
use crate::forecast::inputs::{Inputs, Moment, is_out_of_hours};
use crate::forecast::model::{HORIZONS, LEVELS};
use crate::forecast::past::rank;
use crate::forecast::{BIN_US, Kind, Scope, inputs};
use model::{Level, Time};
use std::collections::BTreeSet;

/// Levels times horizons.
pub const TARGETS: usize = LEVELS.len() * HORIZONS.len();

/// One scope at one moment.
#[derive(Debug, Clone)]
pub struct Bin {
    /// Which bank, by its place.
    pub bank: usize,
    /// When.
    pub at: Time,
    /// Which scope, by its place among the bank's.
    pub scope: usize,
    /// Its kind.
    pub kind: Kind,
    /// Its level.
    pub present: Level,
    /// What was known.
    pub inputs: Inputs,
    /// By level and horizon: what came of it; none where the level was there already or the month ended before.
    pub came: [Option<bool>; TARGETS],
    /// By level and horizon: the true probability.
    pub truly: [f64; TARGETS],
}

impl Bin {
    /// Whether it is before 08:00 or from 18:00 on.
    pub const fn is_out_of_hours(&self) -> bool {
        is_out_of_hours(self.at)
    }
}

/// The bins of a bank, by time, then scope.
pub fn bins(bank: &Bank, place: usize) -> Vec<Bin> {
    let span = bank.plan.span();
    let crowns: BTreeSet<String> = bank.scopes.iter().filter_map(crown).collect();
    let mut all = Vec::new();
    let mut at = span.from.plus(BIN_US);
    while at <= span.to {
        let moment = Moment::new(&bank.past, at, &crowns);
        for (number, (scope, kind)) in bank.scopes.iter().enumerate() {
            let present = bank.past.standing(scope, at).level;
            all.push(Bin {
                bank: place,
                at,
                scope: number,
                kind: *kind,
                present,
                inputs: moment.inputs(scope),
                came: std::array::from_fn(|target| came(bank, scope, at, present, target)),
                truly: std::array::from_fn(|target| {
                    let (level, horizon) =
                        (LEVELS[target / HORIZONS.len()], target % HORIZONS.len());
                    bank.hazard.at(at, scope, level, horizon)
                }),
            });
        }
        at = at.plus(BIN_US);
    }
    all
}

fn crown((scope, kind): &(Scope, Kind)) -> Option<String> {
    match scope {
        Scope::Zone(zone) if *kind == Kind::of(inputs::CROWN) => Some(zone.clone()),
        Scope::Zone(_) | Scope::Institution(_) => None,
    }
}

fn came(bank: &Bank, scope: &Scope, at: Time, present: Level, target: usize) -> Option<bool> {
    let level = LEVELS[target / HORIZONS.len()];
    let until = at.plus(i64::from(HORIZONS[target % HORIZONS.len()]) * Time::MINUTE);
    let is_open = rank(present) < rank(level) && until <= bank.plan.span().to;
    is_open.then(|| bank.past.reaches(scope, level, at, until))
}
