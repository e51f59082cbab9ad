//! The model: for each level and horizon a logistic regression on the inputs, in thousandths of a nat, and what is known of
//! its skill.
//!
//! One regression for each horizon rather than one hazard multiplied over five-minute bins: an attacker waits after each
//! step, so the hazard rises and falls within a horizon, and a product of today's hazard would say too much of the first
//! quarter of an hour and too little of the fourth hour.

use super::inputs::{COUNT, Inputs, NAMES};
use super::past::rank;
use super::{Kind, alarm};
use crate::score;
use model::Level;
use model::warning::Contribution;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Levels that are forecast, the mildest first.
pub const LEVELS: [Level; 3] = [Level::III, Level::II, Level::I];
/// Horizons, in minutes.
pub const HORIZONS: [u16; 3] = [15, 60, 240];
/// Ranges of probability with a band of their own begin here, in ten-thousandths.
pub const RANGES: [u16; 3] = [0, 100, 1_000];

/// The shipped model.
pub static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    Model::read(include_str!("model.txt")).expect("the shipped model is read by a test")
});

/// All regressions of one fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What it is called in every row.
    pub version: String,
    /// By level and horizon, in the order of [`LEVELS`] and [`HORIZONS`].
    pub targets: Vec<Target>,
}

/// The regression for one level and horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target {
    /// By kind of scope, in the order of [`Kind::ALL`]. Thousandths of a nat.
    pub intercepts: [i32; Kind::ALL.len()],
    /// By input, for a whole unit of it. Thousandths of a nat.
    pub weights: [i32; COUNT],
    /// Lower and upper end of the 80 % band beside the sum, by kind and range of probability. Thousandths of a nat.
    pub bands: [[(i32, i32); RANGES.len()]; Kind::ALL.len()],
    /// Brier skill against climatology on banks never seen, in thousandths.
    pub skill_permille: i32,
    /// Whether that skill is any: its interval is above 0 and enough rises were scored.
    pub has_skill: bool,
    /// Probability from which an early warning opens, in ten-thousandths.
    pub cut: u16,
}

/// What is said of one level and horizon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The level.
    pub level: Level,
    /// Within so many minutes.
    pub horizon_min: u16,
    /// Ten-thousandths.
    pub probability: u16,
    /// Lower end of the 80 % band, in ten-thousandths.
    pub low: u16,
    /// Upper end of it.
    pub high: u16,
    /// Named parts, whose sum is the log-odds.
    pub parts: Vec<Contribution>,
    /// Place of its regression among [`Model::targets`].
    pub target: usize,
}

impl Target {
    /// The named parts of the log-odds.
    pub fn parts(&self, kind: Kind, inputs: &Inputs) -> Vec<Contribution> {
        let mut parts = vec![score::part(
            format!("how often {} gets there", kind.name()),
            "",
            self.intercepts[kind as usize],
        )];
        for ((name, value), weight) in NAMES.iter().zip(inputs).zip(self.weights) {
            let millinats = weighted(weight, *value);
            if millinats != 0 {
                parts.push(score::part(*name, thousandths(*value), millinats));
            }
        }
        parts
    }

    /// The sum of the parts, without naming them.
    pub fn sum(&self, kind: Kind, inputs: &Inputs) -> i32 {
        let parts = inputs.iter().zip(self.weights).map(|(value, weight)| weighted(weight, *value));
        let exact = self.intercepts[kind as usize] + parts.sum::<i32>();
        exact.clamp(-score::LIMIT, score::LIMIT)
    }

    /// The band around a sum, in ten-thousandths.
    pub fn band(&self, kind: Kind, sum: i32) -> (u16, u16) {
        let (below, above) = self.bands[kind as usize][range(score::score(sum))];
        (score::score(sum + below.min(0)), score::score(sum + above.max(0)))
    }
}

/// The range that a probability in ten-thousandths lies in.
pub fn range(probability: u16) -> usize {
    RANGES.iter().rposition(|from| *from <= probability).expect("the first range begins at 0")
}

/// Rounded to the nearest thousandth of a nat.
fn weighted(weight: i32, value: i64) -> i32 {
    (i64::from(weight) * value + 500).div_euclid(1_000) as i32
}

fn thousandths(value: i64) -> String {
    format!("{:.3}", value as f64 / 1_000.0)
}

impl Model {
    /// What is said of every level that is worse than `present`: longer horizons never less likely, worse levels never more.
    pub fn foresee(&self, kind: Kind, present: Level, inputs: &Inputs) -> Vec<Foreseen> {
        let mut said: Vec<Foreseen> = Vec::new();
        for (at, level) in
            LEVELS.iter().enumerate().filter(|(_, level)| rank(**level) > rank(present))
        {
            for (which, horizon_min) in HORIZONS.iter().enumerate() {
                let target = at * HORIZONS.len() + which;
                let mut parts = score::limited(self.targets[target].parts(kind, inputs));
                let find = |level: Level, horizon: u16| {
                    said.iter().find(|one| (one.level, one.horizon_min) == (level, horizon))
                };
                let shorter = which.checked_sub(1).and_then(|it| find(*level, HORIZONS[it]));
                let milder = at.checked_sub(1).and_then(|it| find(LEVELS[it], *horizon_min));
                keep_in_order(&mut parts, shorter, milder);
                let sum = score::sum(&parts);
                let (low, high) = self.targets[target].band(kind, sum);
                said.push(Foreseen {
                    level: *level,
                    horizon_min: *horizon_min,
                    probability: score::score(sum),
                    low,
                    high,
                    parts,
                    target,
                });
            }
        }
        said
    }

    /// Reads the text that [`Model::write`] makes.
    ///
    /// # Errors
    /// Says which line is not understood, or what is missing.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut model = Self { version: String::new(), targets: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                model.take(line).ok_or_else(|| format!("line {}: {line:?}", number + 1))?;
            }
        }
        let wanted = LEVELS.len() * HORIZONS.len();
        if model.targets.len() != wanted || model.version.is_empty() {
            return Err(format!("{wanted} regressions and a version are needed"));
        }
        Ok(model)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        if word == "version" {
            rest.clone_into(&mut self.version);
            return Some(());
        }
        if word == "target" {
            let at = self.targets.len();
            let due =
                format!("{} {}", LEVELS.get(at / HORIZONS.len())?, HORIZONS[at % HORIZONS.len()]);
            self.targets.push(Target { cut: u16::MAX, ..Target::default() });
            return (rest == due).then_some(());
        }
        let target = self.targets.last_mut()?;
        let numbers: Vec<i32> =
            rest.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let named = |kind: &str| Kind::ALL.iter().position(|known| known.as_str() == kind);
        match word {
            "skill" => {
                (target.skill_permille, target.has_skill) =
                    (*numbers.first()?, *numbers.get(1)? == 1);
            }
            "cut" => target.cut = u16::try_from(*numbers.first()?).ok()?,
            "intercepts" => target.intercepts = numbers.try_into().ok()?,
            "weights" => target.weights = numbers.try_into().ok()?,
            "band" => {
                let kind = named(rest.split_whitespace().next()?)?;
                let pairs: Vec<_> =
                    numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                target.bands[kind] = pairs.try_into().ok()?;
            }
            _ => return None,
        }
        Some(())
    }

    /// The model as text, below the lines of `header`.
    pub fn write(&self, header: &str) -> String {
        let mut text = header.lines().fold(String::new(), |text, line| format!("{text}# {line}\n"));
        let spaced =
            |numbers: &[i32]| numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
        let mut line = |said: String| text.extend([said.as_str(), "\n"]);
        line(format!("version {}", self.version));
        for (at, target) in self.targets.iter().enumerate() {
            line(format!(
                "target {} {}",
                LEVELS[at / HORIZONS.len()],
                HORIZONS[at % HORIZONS.len()]
            ));
            line(format!("skill {} {}", target.skill_permille, i32::from(target.has_skill)));
            line(format!("cut {}", target.cut));
            line(format!("intercepts {}", spaced(&target.intercepts)));
            line(format!("weights {}", spaced(&target.weights)));
            for (kind, bands) in Kind::ALL.iter().zip(target.bands) {
                let mut said = format!("band {kind}");
                for (low, high) in bands {
                    write!(said, " {low} {high}").expect("a string takes what is written");
                }
                line(said);
            }
        }
        text
    }

    /// Whether an early warning of the regression at `target` is open, given whether it was, and what was said of the last bins,
    /// the newest last.
    pub fn is_open(&self, target: usize, was_open: bool, said: &[u16]) -> bool {
        let target = &self.targets[target];
        target.has_skill && alarm::is_open(was_open, said, target.cut)
    }
}

/// Adds a part that brings the sum to no less than that of the `shorter` horizon and no more than that of the `milder` level.
fn keep_in_order(
    parts: &mut Vec<Contribution>,
    shorter: Option<&Foreseen>,
    milder: Option<&Foreseen>,
) {
    let sum = score::sum(parts);
    if let Some(shorter) = shorter {
        let least = score::sum(&shorter.parts);
        if sum < least {
            let name = format!("no less than within {} min", shorter.horizon_min);
            parts.push(score::part(name, "", least - sum));
        }
    }
    let sum = score::sum(parts);
    if let Some(milder) = milder {
        let most = score::sum(&milder.parts);
        if most < sum {
            parts.push(score::part(format!("no more than level {}", milder.level), "", most - sum));
        }
    }
}
