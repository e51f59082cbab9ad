//! Early warnings: when they opened, what they were worth, and how long before the rise.

use super::bank::Bank;
use super::bins::Bin;
use crate::forecast::alarm::{self, CLOSES_AFTER};
use crate::forecast::model::{HORIZONS, LEVELS};
use crate::forecast::{BIN_US, Scope};
use model::Time;

/// A strike of the generator belongs to a rise that comes so much later at most. Microseconds.
const WITHIN_US: i64 = 15 * Time::MINUTE;

/// What early warnings of one level and horizon were worth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Early {
    /// Rises of the level, over all scopes.
    pub rises: usize,
    /// Of them, those within the horizon after an early warning opened.
    pub hits: usize,
    /// Early warnings that opened.
    pub opened: usize,
    /// Of them, those that closed without a rise within the horizon.
    pub misses: usize,
    /// Days that were watched.
    pub days: i64,
    /// Minutes from opening to rise, 0 for rises without, in order.
    pub leads: Vec<i64>,
    /// Rises before which nothing of the same episode could be seen.
    pub without_precursor: usize,
    /// Rises that the generator's strikes explain.
    pub explained: usize,
}

impl Early {
    /// Of the early warnings, those that were false, a day.
    pub fn misses_a_day(&self) -> f64 {
        self.misses as f64 / (self.days as f64).max(1.0)
    }

    /// Median of the leads over all rises; none without a rise.
    pub fn median_lead(&self) -> Option<i64> {
        self.leads.get(self.leads.len().checked_sub(1)? / 2).copied()
    }

    fn and(&mut self, other: Self) {
        self.rises += other.rises;
        self.hits += other.hits;
        self.opened += other.opened;
        self.misses += other.misses;
        self.days += other.days;
        self.leads.extend(other.leads);
        self.leads.sort_unstable();
        self.without_precursor += other.without_precursor;
        self.explained += other.explained;
    }
}

/// Early warnings at `cut` (ten-thousandths) on `banks`, whose `bins` were given these `said` probabilities.
pub fn early(banks: &[Bank], bins: &[Bin], said: &[u16], target: usize, cut: u16) -> Early {
    let mut all = Early::default();
    let has_bins = |place: usize| bins.iter().any(|bin| bin.bank == place);
    for (place, bank) in banks.iter().enumerate().filter(|(place, _)| has_bins(*place)) {
        let mut of_bank = Early { days: bank.plan.days, ..Early::default() };
        for (number, (scope, _)) in bank.scopes.iter().enumerate() {
            let of_scope =
                bins.iter().zip(said).filter(|(bin, _)| (bin.bank, bin.scope) == (place, number));
            let series: Vec<(Time, u16)> = of_scope.map(|(bin, said)| (bin.at, *said)).collect();
            let openings = openings(&series, cut);
            of_bank.and(judged(bank, scope, target, &openings));
        }
        all.and(of_bank);
    }
    all
}

/// When early warnings opened and closed, of probabilities at every bin.
fn openings(series: &[(Time, u16)], cut: u16) -> Vec<(Time, Time)> {
    let mut found: Vec<(Time, Time)> = Vec::new();
    let mut is_open = false;
    for at in 0..series.len() {
        let from = (at + 1).saturating_sub(CLOSES_AFTER);
        let window: Vec<u16> = series[from..=at].iter().map(|(_, said)| *said).collect();
        let was_open = std::mem::replace(&mut is_open, false);
        is_open = series[at].1 > 0 && alarm::is_open(was_open, &window, cut);
        let time = series[at].0;
        match (was_open, is_open) {
            (false, true) => found.push((time, time.plus(BIN_US))),
            (true, true) => found.last_mut().expect("one is open").1 = time.plus(BIN_US),
            _ => {}
        }
    }
    found
}

fn judged(bank: &Bank, scope: &Scope, target: usize, openings: &[(Time, Time)]) -> Early {
    let level = LEVELS[target / HORIZONS.len()];
    let horizon_us = i64::from(HORIZONS[target % HORIZONS.len()]) * Time::MINUTE;
    let rises = bank.past.rises(scope, level);
    let mut early = Early { rises: rises.len(), opened: openings.len(), ..Early::default() };
    for rise in &rises {
        let name = match scope {
            Scope::Institution(_) => "institution",
            Scope::Zone(zone) => zone,
        };
        let strike = bank.truth.strikes.iter().rev().find(|strike| {
            strike.scope == name
                && strike.level == level
                && (-Time::MINUTE..=WITHIN_US).contains(&rise.since(strike.at))
        });
        early.explained += usize::from(strike.is_some());
        early.without_precursor += usize::from(strike.is_some_and(|strike| !strike.foretold));
        let before = openings
            .iter()
            .filter(|(opened, closed)| opened < rise && *rise <= closed.plus(BIN_US))
            .map(|(opened, _)| rise.since(*opened))
            .find(|lead| *lead <= horizon_us);
        early.hits += usize::from(before.is_some());
        early.leads.push(before.unwrap_or(0) / Time::MINUTE);
    }
    early.leads.sort_unstable();
    let is_met =
        |opened: &Time| rises.iter().any(|rise| opened < rise && rise.since(*opened) <= horizon_us);
    early.misses = openings.iter().filter(|(opened, _)| !is_met(opened)).count();
    early
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_warning_opens_at_the_second_high_bin_and_closes_after_half_an_hour() {
        let said = [1, 500, 500, 1, 1, 1, 1, 1, 1, 1, 1];
        let at = |bin: usize| Time(bin as i64 * BIN_US);
        let series: Vec<(Time, u16)> =
            said.iter().enumerate().map(|(bin, p)| (at(bin), *p)).collect();
        // Bins 3 to 8 are low: at bin 8 it closes.
        assert_eq!(openings(&series, 400), [(at(2), at(8))]);
        assert!(openings(&series, 600).is_empty());
    }

    /// A level that is there already has no forecast, said as 0: the early warning of it is over.
    #[test]
    fn a_rise_ends_it() {
        let at = |bin: usize| Time(bin as i64 * BIN_US);
        let series: Vec<(Time, u16)> =
            [500, 500, 500, 0, 0].iter().enumerate().map(|(bin, p)| (at(bin), *p)).collect();
        assert_eq!(openings(&series, 400), [(at(1), at(3))]);
    }

    #[test]
    fn the_median_counts_missed_rises_as_no_lead() {
        let early = Early { leads: vec![0, 0, 12, 40], ..Early::default() };
        assert_eq!(early.median_lead(), Some(0));
        assert_eq!(Early::default().median_lead(), None);
    }
}
