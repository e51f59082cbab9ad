//! Early warnings: how likely a level is to be reached, by how much it may be off, and whether that was ever worth saying.

use crate::decode;
use model::warning::Contribution;
use model::{Level, Time};
use query::{Scope, named};
use serde::{Deserialize, Serialize};
use store::Question;

const SQL: &str = include_str!("forecast.sql");
/// A forecast older than this is not of now: they are made every fifth minute. Microseconds.
const CURRENT_US: i64 = 10 * Time::MINUTE;
/// A chance below this is not an early warning.
const LEAST: f64 = 0.01;
/// The horizon that is shown where several are forecast, in minutes.
const SHOWN_MIN: u16 = 60;

/// The newest forecast of each scope, level and horizon as a question, as of the end of `scope`; of one `name`, or of
/// all where that is empty.
pub fn newest(scope: &Scope, name: &str) -> Question {
    named(SQL, "forecast.newest").over(scope).with("name", name)
}

/// One forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// `institution`, `zone` or another kind.
    pub scope: String,
    /// Which one.
    pub name: String,
    /// The level that may be reached, or a worse one.
    pub level: Level,
    /// Within so many minutes.
    pub horizon_min: u16,
    /// When it was made.
    pub time: Time,
    /// Probability, 0 to 1.
    pub probability: f64,
    /// Lower end of the 80 % band.
    pub low: f64,
    /// Upper end of the 80 % band.
    pub high: f64,
    /// Brier skill against climatology, as last evaluated.
    pub skill: f64,
    /// Whether that is told apart from none.
    #[serde(deserialize_with = "flag")]
    pub has_skill: bool,
    /// Whether an early warning is open.
    #[serde(deserialize_with = "flag")]
    pub open: bool,
    /// What made it so likely, the strongest first.
    #[serde(deserialize_with = "decode::inner")]
    pub reasons: Vec<Contribution>,
    /// The model that made it.
    pub model: String,
}

fn flag<'de, D: serde::Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    Ok(u8::deserialize(input)? != 0)
}

impl Forecast {
    /// The band as people read it, in percent: `22-47`.
    pub fn band(&self) -> String {
        format!("{:.0}-{:.0}", self.low * 100.0, self.high * 100.0)
    }

    /// The skill with its sign: `+0.31`.
    pub fn skill_text(&self) -> String {
        format!("{:+.2}", self.skill)
    }

    /// What speaks for it, the strongest first, at most `most` of them: `new admin edge, beacon`.
    pub fn because(&self, most: usize) -> String {
        let speaks = self.reasons.iter().filter(|reason| reason.millinats > 0).take(most);
        speaks.map(|reason| reason.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether it speaks of `now`.
    pub fn is_current(&self, now: Time) -> bool {
        now.since(self.time) <= CURRENT_US
    }
}

/// What is shown of one scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Early {
    /// A forecast that is worth saying.
    Shown(Forecast),
    /// There are forecasts, and none has skill.
    NoSkill(Forecast),
}

impl Early {
    /// The forecast that stands for the scope.
    pub const fn forecast(&self) -> &Forecast {
        match self {
            Self::Shown(forecast) | Self::NoSkill(forecast) => forecast,
        }
    }

    fn order(&self) -> (bool, bool, i64) {
        let forecast = self.forecast();
        let likely = (forecast.probability * 1e6) as i64;
        (matches!(self, Self::NoSkill(_)), !forecast.open, -likely)
    }
}

/// One early warning for each scope that has a forecast of `now`: open ones first, then the likeliest; those without
/// skill last.
pub fn early(forecasts: &[Forecast], now: Time) -> Vec<Early> {
    let mut by_scope: Vec<(&str, &str, Vec<&Forecast>)> = Vec::new();
    let worth_saying = |one: &&Forecast| one.probability >= LEAST || one.open;
    for one in forecasts.iter().filter(|one| one.is_current(now)).filter(worth_saying) {
        let known =
            by_scope.iter_mut().find(|(scope, name, _)| (*scope, *name) == (&one.scope, &one.name));
        match known {
            Some((_, _, all)) => all.push(one),
            None => by_scope.push((&one.scope, &one.name, vec![one])),
        }
    }
    let mut early: Vec<_> = by_scope.into_iter().map(|(_, _, all)| chosen(&all)).collect();
    early.sort_by_key(Early::order);
    early
}

/// The forecast of a scope that is shown: with skill, an open one, at the shown horizon, the likeliest.
fn chosen(all: &[&Forecast]) -> Early {
    let best = all.iter().min_by_key(|one| {
        let likely = (one.probability * 1e6) as i64;
        (!one.has_skill, !one.open, one.horizon_min != SHOWN_MIN, -likely)
    });
    let best = (*best.expect("a scope has a forecast")).clone();
    if best.has_skill { Early::Shown(best) } else { Early::NoSkill(best) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000 * Time::MINUTE);

    fn one(
        name: &str,
        level: Level,
        horizon_min: u16,
        probability: f64,
        has_skill: bool,
    ) -> Forecast {
        Forecast {
            scope: "zone".into(),
            name: name.into(),
            level,
            horizon_min,
            time: NOW.plus(-Time::MINUTE),
            probability,
            low: probability / 2.0,
            high: probability * 1.5,
            skill: 0.31,
            has_skill,
            open: false,
            reasons: vec![
                Contribution {
                    name: "new admin edge".into(),
                    value: String::new(),
                    millinats: 900,
                },
                Contribution { name: "base rate".into(), value: String::new(), millinats: -3_000 },
                Contribution { name: "beacon".into(), value: String::new(), millinats: 400 },
            ],
            model: "1".into(),
        }
    }

    #[test]
    fn each_scope_has_one_line_and_the_likeliest_comes_first() {
        let forecasts = [
            one("core", Level::II, 60, 0.18, true),
            one("core", Level::II, 240, 0.40, true),
            one("swift", Level::I, 60, 0.34, true),
            one("swift", Level::I, 15, 0.10, true),
        ];
        let early = early(&forecasts, NOW);
        let seen: Vec<_> = early
            .iter()
            .map(|one| (one.forecast().name.as_str(), one.forecast().horizon_min))
            .collect();
        assert_eq!(seen, [("swift", 60), ("core", 60)]);
    }

    #[test]
    fn an_open_one_goes_first_and_one_without_skill_last_and_unshown() {
        let open = Forecast { open: true, ..one("core", Level::II, 240, 0.05, true) };
        let forecasts =
            [one("dmz", Level::III, 60, 0.90, false), one("swift", Level::I, 60, 0.34, true), open];
        let early = early(&forecasts, NOW);
        assert!(matches!(&early[0], Early::Shown(one) if one.name == "core"));
        assert!(matches!(&early[2], Early::NoSkill(one) if one.name == "dmz"));
    }

    #[test]
    fn what_is_old_or_hardly_likely_is_no_early_warning() {
        let old =
            Forecast { time: NOW.plus(-Time::HOUR), ..one("swift", Level::I, 60, 0.34, true) };
        assert!(early(&[old, one("core", Level::II, 60, 0.009, true)], NOW).is_empty());
    }

    #[test]
    fn a_forecast_is_told_in_percent_with_its_reasons() {
        let forecast = one("swift", Level::I, 60, 0.34, true);
        assert_eq!(
            (forecast.band(), forecast.skill_text(), forecast.because(2)),
            ("17-51".into(), "+0.31".into(), "new admin edge, beacon".into())
        );
    }
}
