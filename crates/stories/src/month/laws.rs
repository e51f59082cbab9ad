//! The laws by which a month's attacks and decoys come: how often, along which routes, how long, and what follows.
//!
//! Attacks and decoys share every law. An episode walks some steps of its route; after each the draw decides whether it
//! goes on, whether the attacker goes through the door, or whether nothing more happens, and until then nothing tells one
//! from the other. So a precursor means an attack in one case of three, and every second attack has none.

/// Minutes from and to, both included; every minute between them is as likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minutes {
    /// The least.
    pub from: i64,
    /// The most.
    pub to: i64,
}

impl Minutes {
    /// Probability of exactly `minute`.
    pub fn at(self, minute: i64) -> f64 {
        if self.from <= minute && minute <= self.to {
            1.0 / (self.to - self.from + 1) as f64
        } else {
            0.0
        }
    }

    /// Probability of `minute` or fewer.
    pub fn up_to(self, minute: i64) -> f64 {
        ((minute - self.from + 1) as f64 / (self.to - self.from + 1) as f64).clamp(0.0, 1.0)
    }
}

/// Something that a watcher can see before an attack, or that only looks like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Regular calls home, or an updater as regular as they are.
    Calls,
    /// A sweep of the zone's addresses that nobody announced.
    Sweep,
    /// Remote desktop, shell and web platform one behind the other: administration in three hops.
    Hops,
    /// A provider's visit to network management that nobody ticketed.
    Visit,
    /// Network management on a card switch that it never managed.
    Reach,
}

impl Step {
    /// How long it takes.
    pub const fn length(self) -> Minutes {
        match self {
            Self::Calls => Minutes { from: 120, to: 300 },
            Self::Sweep => Minutes { from: 5, to: 20 },
            Self::Hops => Minutes { from: 25, to: 60 },
            Self::Visit => Minutes { from: 15, to: 60 },
            Self::Reach => Minutes { from: 10, to: 30 },
        }
    }
}

/// The zone that money or data would leave from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// An operator's computer opens a share of the messaging interface.
    Swift,
    /// Network management speaks to a key module.
    Hsm,
    /// A build server reads the ledger.
    Core,
}

/// Which way attackers and those who look like them go.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// A word for it.
    pub name: &'static str,
    /// Its steps, in order.
    pub steps: &'static [Step],
    /// Of a hundred episodes, how many begin at each step.
    pub begins: &'static [i64],
    /// Of a hundred episodes at each step, how many go on to the next.
    pub goes_on: &'static [i64],
    /// Where it leads.
    pub door: Door,
    /// Of a hundred episodes, and of a hundred attacks without any, how many take it.
    pub share: i64,
}

/// Every route.
pub static ROUTES: [Route; 3] = [
    Route {
        name: "office",
        steps: &[Step::Calls, Step::Sweep, Step::Hops],
        begins: &[50, 20, 30],
        goes_on: &[50, 50, 0],
        door: Door::Swift,
        share: 40,
    },
    Route {
        name: "provider",
        steps: &[Step::Visit, Step::Reach],
        begins: &[70, 30],
        goes_on: &[50, 0],
        door: Door::Hsm,
        share: 30,
    },
    Route {
        name: "development",
        steps: &[Step::Calls, Step::Sweep],
        begins: &[70, 30],
        goes_on: &[50, 0],
        door: Door::Core,
        share: 30,
    },
];

/// Episodes in a thousand days: half an attack and a decoy a day.
pub const EPISODES: i64 = 1_500;
/// Attacks without any precursor in a thousand days: as many as with one.
pub const BARE_ATTACKS: i64 = 500;
/// An attack follows an episode once in so many times.
pub const ATTACK_ONE_IN: i64 = 3;
/// From the end of a step to the next.
pub const TO_NEXT: Minutes = Minutes { from: 5, to: 90 };
/// From the end of the last step to the door.
pub const TO_DOOR: Minutes = Minutes { from: 10, to: 180 };
/// The longest that matters after the end of a step.
pub const LONGEST: i64 = if TO_NEXT.to > TO_DOOR.to { TO_NEXT.to } else { TO_DOOR.to };

/// Hours of work, first and last, both included.
const WORK: std::ops::RangeInclusive<i64> = 8..=17;

/// Millionths of a chance that an episode of `route` begins in one minute of `hour` (0 to 23): more by day.
pub const fn episode_ppm(route: &Route, hour: i64) -> i64 {
    rate(EPISODES * route.share, hour, 160, 57)
}

/// Millionths of a chance that an attack without precursor goes through the door of `route` in one minute: more by night.
pub const fn bare_ppm(route: &Route, hour: i64) -> i64 {
    rate(BARE_ATTACKS * route.share, hour, 60, 129)
}

/// From events in a hundred thousand days to millionths a minute, weighted in hundredths by the hour.
const fn rate(events: i64, hour: i64, by_day: i64, by_night: i64) -> i64 {
    let weight = if *WORK.start() <= hour && hour <= *WORK.end() { by_day } else { by_night };
    events * weight / (1_440 * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_a_hundred_and_the_last_step_goes_no_further() {
        assert_eq!(ROUTES.iter().map(|route| route.share).sum::<i64>(), 100);
        for route in &ROUTES {
            assert_eq!(route.begins.iter().sum::<i64>(), 100, "{}", route.name);
            assert_eq!(route.steps.len(), route.begins.len());
            assert_eq!(route.steps.len(), route.goes_on.len());
            assert_eq!(route.goes_on.last(), Some(&0));
        }
    }

    /// By hand: 1.5 episodes a day over 1,440 minutes are 1,042 ppm a minute, 0.5 attacks 347 ppm.
    #[test]
    fn a_day_has_one_decoy_and_one_attack_on_average() {
        let mean = |ppm: fn(&Route, i64) -> i64| {
            (0..24)
                .map(|hour| ROUTES.iter().map(|route| ppm(route, hour)).sum::<i64>())
                .sum::<i64>()
                / 24
        };
        assert!((1_030..1_050).contains(&mean(episode_ppm)), "{}", mean(episode_ppm));
        assert!((340..350).contains(&mean(bare_ppm)), "{}", mean(bare_ppm));
    }

    #[test]
    fn a_uniform_law_adds_up() {
        let law = Minutes { from: 5, to: 9 };
        let sum: f64 = (0..20).map(|minute| law.at(minute)).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!((law.up_to(4), law.up_to(9), law.up_to(30)), (0.0, 1.0, 1.0));
        assert!((law.up_to(6) - 0.4).abs() < 1e-12);
    }
}
