//! What happens in a month besides business, drawn from the laws: episodes, and doors that are gone through.

use super::laws::{
    ATTACK_ONE_IN, Door, Minutes, ROUTES, Route, Step, TO_DOOR, TO_NEXT, bare_ppm, episode_ppm,
};
use crate::dice::Dice;

/// One step as it was drawn. Minutes since the month began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub step: Step,
    /// Its place on the route.
    pub place: usize,
    /// First minute.
    pub begin: i64,
    /// The minute in which it is over.
    pub end: i64,
}

/// An attack with or without precursors, or a decoy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Place of its route among [`ROUTES`].
    pub route: usize,
    /// Its steps; none for an attack without precursor.
    pub steps: Vec<Taken>,
    /// The minute in which it goes through the door; none for a decoy.
    pub door: Option<i64>,
}

impl Episode {
    /// Its route.
    pub fn way(&self) -> &'static Route {
        &ROUTES[self.route]
    }

    /// The door of its route, if it goes through.
    pub fn attacked(&self) -> Option<(Door, i64)> {
        self.door.map(|minute| (self.way().door, minute))
    }

    /// Its first minute.
    pub fn begin(&self) -> i64 {
        let first = self.steps.first().map(|step| step.begin).or(self.door);
        first.expect("an episode has a step or a door")
    }
}

/// Everything that begins in a month of `days`, in order.
pub fn course(seed: u64, days: i64) -> Vec<Episode> {
    let mut arrivals = Dice::new(seed, "arrivals", 0);
    let mut all = Vec::new();
    for minute in 0..days * 1_440 {
        let hour = minute / 60 % 24;
        for (number, route) in ROUTES.iter().enumerate() {
            if arrivals.between(0, 1_000_000) < episode_ppm(route, hour) {
                let mut dice = Dice::new(seed, "episode", all.len() as i64);
                all.push(episode(number, minute, &mut dice));
            }
            if arrivals.between(0, 1_000_000) < bare_ppm(route, hour) {
                all.push(Episode { route: number, steps: Vec::new(), door: Some(minute) });
            }
        }
    }
    all
}

fn episode(route: usize, minute: i64, dice: &mut Dice) -> Episode {
    let way = &ROUTES[route];
    let mut begun = Episode { route, steps: Vec::new(), door: None };
    let (mut place, mut begin) = (chosen(way.begins, dice), minute);
    loop {
        let step = way.steps[place];
        let end = begin + drawn(step.length(), dice);
        begun.steps.push(Taken { step, place, begin, end });
        if dice.between(0, 100) < way.goes_on[place] {
            begin = end + drawn(TO_NEXT, dice);
            place += 1;
            continue;
        }
        begun.door = dice.one_in(ATTACK_ONE_IN).then(|| end + drawn(TO_DOOR, dice));
        return begun;
    }
}

fn drawn(law: Minutes, dice: &mut Dice) -> i64 {
    dice.between(law.from, law.to + 1)
}

/// A place, drawn by its share of a hundred.
fn chosen(shares: &[i64], dice: &mut Dice) -> usize {
    let mut left = dice.between(0, 100);
    shares
        .iter()
        .position(|share| {
            left -= share;
            left < 0
        })
        .expect("shares are of a hundred")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over 2,000 days: one attack and one decoy a day, half of the attacks bare; five standard errors of Poisson counts.
    #[test]
    fn decoys_are_as_many_as_attacks_and_half_of_the_attacks_have_no_precursor() {
        let all = course(5, 2_000);
        let attacks = all.iter().filter(|one| one.door.is_some()).count() as f64;
        let bare = all.iter().filter(|one| one.steps.is_empty()).count() as f64;
        let decoys = all.iter().filter(|one| one.door.is_none()).count() as f64;
        for (what, counted, expected) in [
            ("attacks", attacks, 2_000.0_f64),
            ("decoys", decoys, 2_000.0),
            ("bare", bare, 1_000.0),
        ] {
            assert!((counted - expected).abs() < 5.0 * expected.sqrt(), "{counted} {what}");
        }
    }

    #[test]
    fn steps_follow_each_other_in_the_order_of_the_route() {
        for one in course(6, 200) {
            let places: Vec<_> = one.steps.iter().map(|taken| taken.place).collect();
            assert!(places.windows(2).all(|pair| pair[1] == pair[0] + 1), "{places:?}");
            let times = one.steps.windows(2).map(|pair| pair[1].begin - pair[0].end);
            assert!(times.into_iter().all(|gap| (TO_NEXT.from..=TO_NEXT.to).contains(&gap)));
            if let (Some(door), Some(last)) = (one.door, one.steps.last()) {
                assert!((TO_DOOR.from..=TO_DOOR.to).contains(&(door - last.end)));
            }
        }
    }

    #[test]
    fn a_seed_is_a_month() {
        assert_eq!(course(7, 30), course(7, 30));
        assert_ne!(course(7, 30), course(8, 30));
    }
}
