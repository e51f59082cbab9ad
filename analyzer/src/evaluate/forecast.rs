//! Early warning against generated months: fitted on some banks, measured on others that were never seen.
//!
//! Every month is judged by the real detections, hour by hour. Weights come from the training banks, the penalty from the tuning
//! bank, bands and cuts from the calibration bank, figures from the test banks alone; each later in time than those before it,
//! so that nothing is fitted on days after those it is measured on. The references are walk-forward climatology, which goes on
//! learning in the test bank, and a regression on the present index alone.

pub mod bank;
pub mod bins;
pub mod early;
pub mod fit;
pub mod hazard;
pub mod make;
pub mod report;
pub mod score;

use crate::forecast::model::{HORIZONS, LEVELS, Model, SHIPPED};
use anyhow::Context as _;
use bank::{Bank, Plan, Purpose, Truth};
use bins::{Bin, TARGETS};
use config::settings::Settings;
use early::Early;
use fit::{Case, Fit, logistic};
use model::Time;
use score::{Brier, Climate, Errors, Reliable, Scored, Skill, reliability};
use std::path::{Path, PathBuf};
use store::{Role, Store};

/// Fewest rises with which a skill is told.
pub const FEWEST_RISES: usize = 10;
/// Days of each month of a quick run.
const QUICK_DAYS: i64 = 4;
/// Seed of the bootstrap.
const BOOTSTRAP_SEED: u64 = 9_001;
/// Forecasts from here on have a reliability table of their own.
const HIGH: f64 = 0.05;

/// Banks: what for, seed, the first midnight, and days. Judging a day costs about as much for any bank, so few days are given
/// to what needs few.
const BANKS: [(Purpose, u64, &str, i64); 6] = [
    (Purpose::Training, 101, "2026-01-04T00:00:00Z", 18),
    (Purpose::Training, 102, "2026-01-04T00:00:00Z", 18),
    (Purpose::Tuning, 201, "2026-02-08T00:00:00Z", 10),
    (Purpose::Calibration, 301, "2026-03-01T00:00:00Z", 14),
    (Purpose::Test, 401, "2026-04-19T00:00:00Z", 21),
    (Purpose::Test, 402, "2026-04-19T00:00:00Z", 21),
];

/// How to measure.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Shorter months, one bank of a purpose.
    pub quick: bool,
    /// Months to measure on instead of those of the test seeds.
    pub months: Vec<PathBuf>,
    /// Where months and their store are kept.
    pub work: PathBuf,
    /// Fits a model anew; else the shipped one is measured.
    pub make: bool,
    /// Says nothing on the way.
    pub is_quiet: bool,
}

/// What was measured.
#[derive(Debug)]
pub struct Report {
    /// The model that was measured.
    pub model: Model,
    /// By level and horizon.
    pub targets: Vec<Measured>,
    /// The banks.
    pub banks: Vec<(Plan, Truth)>,
    /// Days of test, over all banks.
    pub days: usize,
    /// Share of the test's forecasts whose band holds the true probability: all, and those of 5 % or more.
    pub within_band: [f64; 2],
}

/// What was measured of one level and horizon.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Forecasts.
    pub count: usize,
    /// Of them, those that came.
    pub came: usize,
    /// Brier scores.
    pub brier: Brier,
    /// Against climatology.
    pub against_climate: Skill,
    /// Against the present index alone.
    pub against_persistence: Skill,
    /// Skill of the true hazard against climatology.
    pub of_oracle: f64,
    /// Reliability of all forecasts, and its error.
    pub reliability: (Vec<Reliable>, f64),
    /// The same of forecasts above 5 %.
    pub high: (Vec<Reliable>, f64),
    /// Early warnings at the model's cut.
    pub early: Early,
}

impl Measured {
    /// Whether its skill may be shown as such.
    pub fn has_skill(&self) -> bool {
        self.early.rises >= FEWEST_RISES
            && self.against_climate.low > 0.0
            && self.against_persistence.skill > 0.0
    }
}

/// The plans of what is asked.
fn plans(asked: &Asked) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for (purpose, seed, from, days) in BANKS {
        let days = if asked.quick { QUICK_DAYS } else { days };
        let has_one = plans.iter().any(|plan: &Plan| plan.purpose == purpose);
        let is_replaced = purpose == Purpose::Test && !asked.months.is_empty();
        if !(asked.quick && has_one || is_replaced) {
            let from = from.parse::<Time>().expect("the table of banks holds RFC 3339");
            let folder = asked.work.join(format!("month-{seed}-{days}"));
            plans.push(Plan { purpose, seed, from, days, folder });
        }
    }
    for folder in &asked.months {
        plans.push(Plan::found(folder)?);
    }
    Ok(plans)
}

/// Measures the shipped model, or makes one and measures it.
///
/// # Errors
/// If a month cannot be written, loaded or judged.
pub async fn run(asked: &Asked, settings: &Settings) -> anyhow::Result<Report> {
    let plans = plans(asked)?;
    for plan in &plans {
        plan.generate()?;
    }
    let tell = |plan: &Plan, said: &str| {
        if !asked.is_quiet {
            eprintln!("month {} ({:?}): {said}", plan.seed, plan.purpose);
        }
    };
    // The engine lives as long as this session; those of the banks come and go.
    let _engine = Store::open(&settings.store, Role::Reader).await?;
    let mut banks = Vec::new();
    for pair in plans.chunks(2) {
        let of = |plan: &'_ Plan| {
            let plan = plan.clone();
            async move {
                let bank = plan.bank(settings, |said| tell(&plan, said)).await;
                bank.with_context(|| format!("month {} in {}", plan.seed, plan.folder.display()))
            }
        };
        match pair {
            [one, other] => {
                let (one, other) = tokio::join!(of(one), of(other));
                banks.extend([one?, other?]);
            }
            alone => {
                for plan in alone {
                    banks.push(of(plan).await?);
                }
            }
        }
    }
    Ok(measure(asked.make, banks))
}

/// Bins of the banks of one purpose.
fn bins_of(banks: &[Bank], purpose: Purpose) -> Vec<Bin> {
    let of = banks.iter().enumerate().filter(|(_, bank)| bank.plan.purpose == purpose);
    of.flat_map(|(place, bank)| bins::bins(bank, place)).collect()
}

fn measure(make: bool, banks: Vec<Bank>) -> Report {
    let training = bins_of(&banks, Purpose::Training);
    let test = bins_of(&banks, Purpose::Test);
    let mut model = if make {
        let tuning = bins_of(&banks, Purpose::Tuning);
        let calibration = bins_of(&banks, Purpose::Calibration);
        make::model(&banks, &training, &tuning, &calibration)
    } else {
        SHIPPED.clone()
    };
    let said = said(&model, &test);
    let days = Days::of(&banks);
    let targets: Vec<Measured> = (0..TARGETS)
        .map(|target| measured(&model, &banks, &training, &test, &said, target, &days))
        .collect();
    if make {
        for (target, measured) in model.targets.iter_mut().zip(&targets) {
            target.skill_permille = (measured.against_climate.skill * 1e3).round() as i32;
            target.has_skill = measured.has_skill();
        }
    }
    let within_band = within_band(&model, &test);
    let banks = banks.into_iter().map(|bank| (bank.plan, bank.truth)).collect();
    Report { model, targets, banks, days: days.count, within_band }
}

/// By bin, by level and horizon: what the model says, in ten-thousandths; 0 where the level is there already.
pub fn said(model: &Model, bins: &[Bin]) -> Vec<[u16; TARGETS]> {
    let of = |bin: &Bin| {
        let mut said = [0; TARGETS];
        for one in model.foresee(bin.kind, bin.present, &bin.inputs) {
            said[one.target] = one.probability;
        }
        said
    };
    bins.iter().map(of).collect()
}

/// The test days of all banks, one after the other.
struct Days {
    first: Vec<(usize, Time)>,
    count: usize,
}

impl Days {
    fn of(banks: &[Bank]) -> Self {
        let (mut first, mut count) = (Vec::new(), 0);
        for bank in banks {
            first.push((count, bank.plan.from));
            if bank.plan.purpose == Purpose::Test {
                count += bank.plan.days as usize;
            }
        }
        Self { first, count }
    }

    fn at(&self, bin: &Bin) -> usize {
        let (first, from) = self.first[bin.bank];
        first + (bin.at.plus(-1).since(from) / Time::DAY) as usize
    }
}

fn measured(
    model: &Model,
    banks: &[Bank],
    training: &[Bin],
    test: &[Bin],
    said: &[[u16; TARGETS]],
    target: usize,
    days: &Days,
) -> Measured {
    let horizon_us = i64::from(HORIZONS[target % HORIZONS.len()]) * Time::MINUTE;
    let mut learned = Climate::default();
    for bin in training {
        if let Some(came) = bin.came[target] {
            learned.add(bin, came, bin.at);
        }
    }
    learned.settle();
    let persistence = Fit::of(&cases(training, target), 1.0, &[0]);
    let mut climate = learned.clone();
    let mut scored = Vec::new();
    let mut bank = None;
    for (bin, said) in test.iter().zip(said) {
        if bank != Some(bin.bank) {
            (bank, climate) = (Some(bin.bank), learned.clone());
        }
        let Some(came) = bin.came[target] else { continue };
        scored.push(Scored {
            day: days.at(bin),
            model: f64::from(said[target]) / 1e4,
            climate: climate.rate(bin, bin.at),
            persistence: logistic(persistence.odds(bin.kind, &bin.inputs)),
            oracle: bin.truly[target],
            came,
        });
        climate.add(bin, came, bin.at.plus(horizon_us));
    }
    let errors = Errors::of(&scored, days.count);
    let brier = errors.brier();
    let told: Vec<(f64, bool)> = scored.iter().map(|one| (one.model, one.came)).collect();
    let high: Vec<(f64, bool)> = told.iter().filter(|(p, _)| *p > HIGH).copied().collect();
    let column: Vec<u16> = said.iter().map(|said| said[target]).collect();
    Measured {
        count: scored.len(),
        came: scored.iter().filter(|one| one.came).count(),
        brier,
        against_climate: errors.skill(|brier| brier.climate, BOOTSTRAP_SEED),
        against_persistence: errors.skill(|brier| brier.persistence, BOOTSTRAP_SEED),
        of_oracle: if brier.climate > 0.0 { 1.0 - brier.oracle / brier.climate } else { 0.0 },
        reliability: reliability(told),
        high: reliability(high),
        early: early::early(banks, test, &column, target, model.targets[target].cut),
    }
}

/// Bins that have an outcome, as cases to fit.
pub fn cases(bins: &[Bin], target: usize) -> Vec<Case<'_>> {
    let of = |bin: &'_ Bin| bin.came[target].map(|came| (bin.kind, came));
    bins.iter()
        .filter_map(|bin| of(bin).map(|(kind, came)| Case { kind, inputs: &bin.inputs, came }))
        .collect()
}

/// Share of forecasts whose band holds the true probability: all, and those of 5 % or more.
fn within_band(model: &Model, bins: &[Bin]) -> [f64; 2] {
    let mut counts = [(0, 0); 2];
    for bin in bins {
        for one in model.foresee(bin.kind, bin.present, &bin.inputs) {
            let truly = (bin.truly[one.target] * 1e4).round().max(1.0) as u16;
            let is_within = one.low <= truly && truly <= one.high;
            let is_high = f64::from(one.probability) / 1e4 >= HIGH;
            for (within, all) in counts.iter_mut().take(1 + usize::from(is_high)) {
                *within += usize::from(is_within);
                *all += 1;
            }
        }
    }
    counts.map(|(within, all)| within as f64 / (all as f64).max(1.0))
}

/// A level and a horizon, as text.
pub fn title(target: usize) -> String {
    format!("{} in {} min", LEVELS[target / HORIZONS.len()], HORIZONS[target % HORIZONS.len()])
}

/// Writes the model, with what it was made from.
///
/// # Errors
/// If the file cannot be written.
pub fn write_model(report: &Report, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("model.txt");
    let seeds = |purpose: Purpose| {
        let of = report.banks.iter().filter(|(plan, _)| plan.purpose == purpose);
        of.map(|(plan, _)| plan.seed.to_string()).collect::<Vec<_>>().join(", ")
    };
    let header = format!(
        "Early warning: by level and horizon the skill (thousandths, and whether it is any), the cut (ten-thousandths), intercepts\n\
         of {} and weights of the inputs (thousandths of a nat), and the 80 % band beside the log-odds for each range of probability.\n\
         Made by `bartizan-analyzer evaluate forecast --make-model`; do not edit. Banks: training {}, tuning {}, calibration {}, test {}.",
        crate::forecast::Kind::ALL.map(crate::forecast::Kind::as_str).join(", "),
        seeds(Purpose::Training),
        seeds(Purpose::Tuning),
        seeds(Purpose::Calibration),
        seeds(Purpose::Test)
    );
    std::fs::write(&path, report.model.write(&header))
        .with_context(|| format!("writing {}", path.display()))
}
