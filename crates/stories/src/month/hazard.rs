//! The true hazard: how likely each zone is to be struck soon, given the laws and what has happened so far.
//!
//! "So far" is what a watcher could have seen: which steps were taken, when they began and how long they take. Whether an
//! episode goes on, goes through the door or is over counts as drawn in the minute in which it shows, which has the same
//! law as a draw at its end; so nothing later is used, and the numbers are the best that any forecast can do.

use super::course::Episode;
use super::laws::{
    ATTACK_ONE_IN, Door, LONGEST, ROUTES, Route, Step, TO_DOOR, TO_NEXT, bare_ppm, episode_ppm,
};

/// Horizons, in minutes.
pub const HORIZONS: [usize; 3] = [15, 60, 240];
/// The longest of them.
const FAR: usize = 240;

/// What is forecast: that a scope is struck at least so hard.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Zone id, or `institution`.
    pub scope: &'static str,
    /// `II`: a critical warning where criticality is 9 or more. `III`: a high one there, or that.
    pub level: &'static str,
    /// Steps that strike it, each so many minutes after it begins.
    steps: &'static [(Step, i64)],
    /// Doors that strike it.
    doors: &'static [Door],
}

/// Every scope that can be struck. A step strikes the more critical of its zones by warnings of severity P3 where criticality
/// is 9 or more, a door by a P4 in a zone of criticality 10; the third of three hops comes after ten minutes.
pub static TARGETS: [Target; 11] = {
    const DOORS: &[Door] = &[Door::Swift, Door::Hsm, Door::Core];
    const fn target(
        scope: &'static str,
        level: &'static str,
        steps: &'static [(Step, i64)],
        doors: &'static [Door],
    ) -> Target {
        Target { scope, level, steps, doors }
    }
    [
        target("institution", "II", &[], DOORS),
        target("institution", "III", &[], DOORS),
        target("swift", "II", &[], &[Door::Swift]),
        target("swift", "III", &[(Step::Hops, 10)], &[Door::Swift]),
        target("hsm", "II", &[], &[Door::Hsm]),
        target("hsm", "III", &[], &[Door::Hsm]),
        target("core", "II", &[], &[Door::Core]),
        target("core", "III", &[], &[Door::Core]),
        target("swift-ops", "III", &[(Step::Hops, 0)], &[]),
        target("mgmt", "III", &[(Step::Visit, 0)], &[]),
        target("pay-switch", "III", &[(Step::Reach, 0)], &[]),
    ]
};

impl Target {
    /// Minutes after the beginning of `step` at which it strikes, if it does.
    fn strikes_after(&self, step: Step) -> Option<i64> {
        self.steps.iter().find(|(known, _)| *known == step).map(|(_, after)| *after)
    }

    /// Minutes in which an episode strikes it, in order, each with whether something of the episode was seen before.
    pub fn strikes(&self, one: &Episode) -> Vec<(i64, bool)> {
        let first = one.begin();
        let steps = one.steps.iter().filter_map(|taken| {
            let minute = taken.begin + self.strikes_after(taken.step)?;
            Some((minute, first < taken.begin))
        });
        let door = one.attacked().filter(|(door, _)| self.doors.contains(door));
        steps.chain(door.map(|(_, minute)| (minute, !one.steps.is_empty()))).collect()
    }
}

/// Probabilities of first strikes along one route.
#[derive(Debug, Clone)]
struct Along {
    route: &'static Route,
    /// Of a step at each place: of being struck within so many minutes of its beginning, its own strike left out.
    after_begin: Vec<Vec<f64>>,
    /// Of a step at each place: of being struck within so many minutes of its end.
    after_end: Vec<Vec<f64>>,
    target: Target,
}

impl Along {
    fn of(route: &'static Route, target: Target) -> Self {
        let places = route.steps.len();
        let mut along = Self {
            route,
            after_begin: vec![Vec::new(); places],
            after_end: vec![Vec::new(); places],
            target,
        };
        for place in (0..places).rev() {
            along.after_end[place] =
                (0..=FAR as i64).map(|minutes| along.within(place, 0, minutes)).collect();
            let length = route.steps[place].length();
            along.after_begin[place] = (0..=FAR as i64)
                .map(|minutes| {
                    (length.from..=length.to.min(minutes))
                        .map(|took| {
                            length.at(took) * along.after_end[place][(minutes - took) as usize]
                        })
                        .sum()
                })
                .collect();
        }
        along
    }

    /// Of being struck within `minutes` of the beginning of the step at `place`, its own strike counted.
    fn within_begin(&self, place: usize, minutes: i64) -> f64 {
        match self.target.strikes_after(self.route.steps[place]) {
            Some(after) => f64::from(u8::from(after <= minutes)),
            None => self.after_begin[place][minutes as usize],
        }
    }

    /// Of being struck within `minutes`, when the step at `place` ended `since` minutes ago and nothing came after it yet.
    fn within(&self, place: usize, since: i64, minutes: i64) -> f64 {
        let on = self.route.goes_on[place] as f64 / 100.0;
        let through = (1.0 - on) / ATTACK_ONE_IN as f64;
        let left = 1.0 - on * TO_NEXT.up_to(since) - through * TO_DOOR.up_to(since);
        let mut struck = 0.0;
        if self.target.doors.contains(&self.route.door) {
            struck += through * (TO_DOOR.up_to(since + minutes) - TO_DOOR.up_to(since));
        }
        if on > 0.0 {
            for later in 1..=minutes {
                let then = self.within_begin(place + 1, minutes - later);
                struck += on * TO_NEXT.at(since + later) * then;
            }
        }
        if left > 0.0 { struck / left } else { 0.0 }
    }

    /// Of being struck within `minutes` by an episode that begins now.
    fn by_a_new_one(&self, minutes: usize) -> f64 {
        let each = self.route.begins.iter().enumerate();
        each.map(|(place, share)| *share as f64 / 100.0 * self.within_begin(place, minutes as i64))
            .sum()
    }
}

/// The hazard of every target, to be asked minute by minute.
#[derive(Debug)]
pub struct Hazard {
    /// By target, by route.
    along: Vec<Vec<Along>>,
    /// By target and horizon: expected strikes by what has not begun, when the next minute is of this minute of the day.
    fresh: Vec<[Vec<f64>; HORIZONS.len()]>,
}

impl Hazard {
    /// Prepares the laws.
    pub fn new() -> Self {
        let along: Vec<Vec<Along>> = TARGETS
            .iter()
            .map(|target| ROUTES.iter().map(|route| Along::of(route, *target)).collect())
            .collect();
        let fresh = along.iter().map(|routes| HORIZONS.map(|horizon| fresh(routes, horizon)));
        let fresh = fresh.collect();
        Self { along, fresh }
    }

    /// Of each target and horizon: the probability of being struck after `minute`, within the horizon, in millionths.
    pub fn at(&self, minute: i64, episodes: &[Episode]) -> Vec<[u32; HORIZONS.len()]> {
        let underway: Vec<&Episode> =
            episodes.iter().filter(|one| is_underway(one, minute)).collect();
        let each = self.along.iter().zip(&self.fresh);
        each.map(|(routes, fresh)| {
            std::array::from_fn(|at| {
                let minutes = HORIZONS[at] as i64;
                let expected = fresh[at][minute.rem_euclid(1_440) as usize];
                let spared: f64 = underway
                    .iter()
                    .map(|one| 1.0 - struck(&routes[one.route], one, minute, minutes))
                    .product();
                ((1.0 - spared * (-expected).exp()) * 1e6).round() as u32
            })
        })
        .collect()
    }
}

impl Default for Hazard {
    fn default() -> Self {
        Self::new()
    }
}

/// Expected strikes within `horizon` of each minute of the day, by episodes and bare attacks that begin after it.
fn fresh(routes: &[Along], horizon: usize) -> Vec<f64> {
    let by_new: Vec<Vec<f64>> = routes
        .iter()
        .map(|along| (0..=horizon).map(|minutes| along.by_a_new_one(minutes)).collect())
        .collect();
    (0..1_440)
        .map(|minute| {
            (1..=horizon)
                .map(|later| {
                    let hour = (minute + later) / 60 % 24;
                    let each = routes.iter().zip(&by_new).map(|(along, by_new)| {
                        let strikes = along.target.doors.contains(&along.route.door);
                        let bare = if strikes { bare_ppm(along.route, hour as i64) } else { 0 };
                        let begun = episode_ppm(along.route, hour as i64) as f64;
                        bare as f64 + begun * by_new[horizon - later]
                    });
                    each.sum::<f64>() / 1e6
                })
                .sum()
        })
        .collect()
}

/// Whether something of `one` was seen by `minute` and something may still come of it.
fn is_underway(one: &Episode, minute: i64) -> bool {
    let Some(last) = one.steps.iter().rev().find(|taken| taken.begin <= minute) else {
        return false;
    };
    one.door.is_none_or(|door| minute < door) && minute < last.end + LONGEST
}

/// Of being struck by `one` after `minute`, within `minutes`.
fn struck(along: &Along, one: &Episode, minute: i64, minutes: i64) -> f64 {
    let taken = one.steps.iter().rev().find(|taken| taken.begin <= minute);
    let taken = taken.expect("what is underway has begun");
    if let Some(after) = along.target.strikes_after(taken.step)
        && minute < taken.begin + after
    {
        return f64::from(u8::from(taken.begin + after <= minute + minutes));
    }
    if minute < taken.end {
        let left = minutes - (taken.end - minute);
        if left < 0 { 0.0 } else { along.after_end[taken.place][left as usize] }
    } else {
        along.within(taken.place, minute - taken.end, minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::course::course;
    use super::*;

    fn target(scope: &str, level: &str) -> usize {
        TARGETS
            .iter()
            .position(|target| (target.scope, target.level) == (scope, level))
            .expect("a target of the list")
    }

    /// By hand: a last step (no way on) ended a minute ago; 1/3 goes through within 10 to 180 minutes of the end. Within 15
    /// minutes that is minutes 10 to 16 of 171, over what is left: 1/3 · 7/171.
    #[test]
    fn the_hazard_after_a_last_step_is_counted_out_by_hand() {
        let along = Along::of(&ROUTES[1], TARGETS[target("hsm", "II")]);
        let found = along.within(1, 1, 15);
        assert!((found - 7.0 / 171.0 / 3.0).abs() < 1e-12, "{found}");
        let late = along.within(1, 95, 240);
        let expected = (85.0 / 171.0 / 3.0) / (1.0 - 86.0 / 171.0 / 3.0);
        assert!((late - expected).abs() < 1e-12, "{late}");
    }

    /// The law against what is drawn: over 400 months' days, forecasts and strikes agree in total and in the upper part.
    #[test]
    fn what_is_drawn_comes_as_often_as_the_hazard_says() {
        let hazard = Hazard::new();
        let days = 400;
        let episodes = course(11, days);
        for (at, wanted) in TARGETS.iter().enumerate() {
            let mut struck: Vec<i64> = episodes
                .iter()
                .flat_map(|one| wanted.strikes(one))
                .map(|(minute, _)| minute)
                .collect();
            struck.sort_unstable();
            for (horizon, minutes) in HORIZONS.iter().enumerate() {
                let (mut said, mut seen, mut said_high, mut seen_high) = (0.0, 0.0, 0.0, 0.0);
                let step = (*minutes as i64).max(60);
                for minute in (0..days * 1_440 - 240).step_by(step as usize) {
                    let p = f64::from(hazard.at(minute, &episodes)[at][horizon]) / 1e6;
                    let next = struck.partition_point(|one| *one <= minute);
                    let came = struck.get(next).is_some_and(|one| *one <= minute + *minutes as i64);
                    let came = f64::from(u8::from(came));
                    said += p;
                    seen += came;
                    if p > 0.1 {
                        said_high += p;
                        seen_high += came;
                    }
                }
                for (said, seen) in [(said, seen), (said_high, seen_high)] {
                    let bound = 5.0 * said.sqrt() + 1.0;
                    assert!(
                        (said - seen).abs() < bound,
                        "{wanted:?} {minutes}: {said} said, {seen} seen"
                    );
                }
            }
        }
    }

    #[test]
    fn nothing_that_is_drawn_later_changes_the_hazard() {
        let hazard = Hazard::new();
        let episodes = course(12, 40);
        for minute in (0..40 * 1_440).step_by(997) {
            let seen: Vec<Episode> = episodes
                .iter()
                .filter(|one| one.begin() <= minute)
                .map(|one| Episode {
                    steps: one
                        .steps
                        .iter()
                        .filter(|taken| taken.begin <= minute)
                        .copied()
                        .collect(),
                    door: one.door.filter(|door| *door <= minute),
                    route: one.route,
                })
                .collect();
            assert_eq!(hazard.at(minute, &seen), hazard.at(minute, &episodes), "minute {minute}");
        }
    }
}
