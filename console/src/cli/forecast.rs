//! `bartizan forecast`: how likely a worse level is, within what time, and why.

use super::output::{Field, print};
use super::{Context, Global, runtime};
use crate::decode;
use crate::failure::{Exit, Failure};
use crate::forecast::{Early, Forecast, early, newest};
use clap::Args;
use model::warning::Contribution;
use model::{Level, Time};
use serde::Serialize;
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan forecast
  bartizan forecast swift --to 2026-03-12T14:11:00Z
  bartizan forecast show swift --format json
  bartizan forecast -v

A forecast has the band in which four of five came true, and its skill against the base rate. One without skill is named
and not shown.";

/// Bars of a reason are so many cells at most.
const BAR: usize = 30;

/// Options of `forecast`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// One zone, or the institution: every level and time, with reasons (`show` before it may be written)
    #[arg(value_name = "SCOPE", num_args = 0..=2)]
    scope: Vec<String>,
    /// The reasons of each
    #[arg(short, long)]
    verbose: bool,
}

/// A forecast as JSON has it: without skill its numbers are not there.
#[derive(Debug, Serialize)]
struct Told {
    scope: String,
    name: String,
    level: Level,
    horizon_min: u16,
    time: Time,
    has_skill: bool,
    probability: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    skill: Option<f64>,
    open: bool,
    reasons: Vec<Contribution>,
    model: String,
}

impl From<&Forecast> for Told {
    fn from(one: &Forecast) -> Self {
        let shown = |number: f64| one.has_skill.then_some(number);
        Self {
            scope: one.scope.clone(),
            name: one.name.clone(),
            level: one.level,
            horizon_min: one.horizon_min,
            time: one.time,
            has_skill: one.has_skill,
            probability: shown(one.probability),
            low: shown(one.low),
            high: shown(one.high),
            skill: shown(one.skill),
            open: one.open && one.has_skill,
            reasons: if one.has_skill { one.reasons.clone() } else { Vec::new() },
            model: one.model.clone(),
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let scope = match arguments.scope.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["show"] => "",
        [name] | ["show", name] => name,
        _ => return Err(Failure::usage("forecast takes one scope", "bartizan forecast swift")),
    };
    let opener = context.opener(Role::Person);
    let answer = runtime()?.block_on(opener.ask(&newest(&context.scope, "")))?;
    let all: Vec<Forecast> = decode::rows("forecast.newest", answer.rows)?;
    let shown = shown(&all, scope, context.scope.to)?;
    let told: Vec<_> = shown.iter().map(Told::from).collect();
    context.output.rows("bartizan.forecast/1", &told, FIELDS)?;
    if context.output.is_table() && (arguments.verbose || !scope.is_empty()) {
        for one in shown.iter().filter(|one| one.has_skill) {
            print(&reasons(one))?;
        }
    }
    if told.is_empty() && !context.output.quiet {
        eprintln!("{}", nothing(&context, &all));
    }
    Ok(None)
}

/// One line for each scope; of one scope every level and time.
fn shown(all: &[Forecast], scope: &str, now: Time) -> Result<Vec<Forecast>, Failure> {
    if scope.is_empty() {
        return Ok(early(all, now).iter().map(Early::forecast).cloned().collect());
    }
    let of = |one: &&Forecast| one.name == scope;
    if !all.is_empty() && !all.iter().any(|one| of(&one)) {
        let mut names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        names.dedup();
        let next = format!("there are forecasts of {}", names.join(", "));
        return Err(Failure::usage(format!("no forecast is made of {scope:?}"), next));
    }
    Ok(all.iter().filter(of).filter(|one| one.is_current(now)).cloned().collect())
}

const FIELDS: &[Field<'static, Told>] = &[
    Field { title: "SCOPE", name: "name", cell: &|one| one.name.clone() },
    Field { title: "TO", name: "level", cell: &|one| one.level.to_string() },
    Field { title: "WITHIN", name: "horizon_min", cell: &|one| format!("{} min", one.horizon_min) },
    Field { title: "PROB", name: "probability", cell: &|one| number(one, present::percent) },
    Field { title: "BAND", name: "low", cell: &band },
    Field {
        title: "SKILL",
        name: "skill",
        cell: &|one| one.skill.map_or_else(|| "-".into(), |skill| format!("{skill:+.2}")),
    },
    Field { title: "BECAUSE", name: "reasons", cell: &because },
];

fn number(one: &Told, text: impl Fn(f64) -> String) -> String {
    one.probability.map_or_else(|| "-".into(), text)
}

fn band(one: &Told) -> String {
    match (one.low, one.high) {
        (Some(low), Some(high)) => format!("{:.0}-{:.0}", low * 100.0, high * 100.0),
        _ => "-".into(),
    }
}

fn because(one: &Told) -> String {
    if !one.has_skill {
        return "no skill: not shown".into();
    }
    let speaks = one.reasons.iter().filter(|reason| reason.millinats > 0).take(3);
    let names: Vec<_> = speaks.map(|reason| reason.name.as_str()).collect();
    let open = if one.open { "early warning open: " } else { "" };
    format!("{open}{}", names.join(", "))
}

/// The parts of its log-odds, each with its bar.
fn reasons(one: &Forecast) -> String {
    let most =
        one.reasons.iter().map(|part| part.millinats.unsigned_abs()).max().unwrap_or(1).max(1);
    let widest =
        one.reasons.iter().map(|part| present::width(&part.name)).max().unwrap_or_default();
    let mut text = format!(
        "\n{} -> {} within {} min: {} ({}), made at {} by model {}\n",
        one.name,
        one.level,
        one.horizon_min,
        present::percent(one.probability),
        one.band(),
        one.time,
        one.model,
    );
    for part in &one.reasons {
        let cells = part.millinats.unsigned_abs() as usize * BAR / most as usize;
        let line = format!(
            "  {:+6.2}  {}  {}  {}",
            f64::from(part.millinats) / 1000.0,
            present::fit(&part.name, widest.min(50)),
            present::fit(&part.value, 14),
            "#".repeat(cells),
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Why there is no row, and what to do.
fn nothing(context: &Context, all: &[Forecast]) -> String {
    let to = context.scope.to;
    match all.iter().map(|one| one.time).max() {
        None => format!(
            "no forecast was made in the day before {to}: bartizan analyze once makes it as it judges"
        ),
        Some(newest) => format!(
            "no level is likely to be reached as of {to}; the newest forecast is of {newest}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, has_skill: bool) -> Forecast {
        Forecast {
            scope: "zone".into(),
            name: name.into(),
            level: Level::II,
            horizon_min: 60,
            time: Time(0),
            probability: 0.34,
            low: 0.22,
            high: 0.47,
            skill: 0.31,
            has_skill,
            open: false,
            reasons: vec![Contribution {
                name: "beacon".into(),
                value: String::new(),
                millinats: 400,
            }],
            model: "1".into(),
        }
    }

    #[test]
    fn without_skill_no_number_leaves() {
        let forecast = one("dmz", false);
        let told = Told::from(&forecast);
        let json = serde_json::to_value(&told).expect("JSON");
        assert!(json["probability"].is_null() && json["low"].is_null() && json["skill"].is_null());
        assert_eq!(because(&told), "no skill: not shown");
        let forecast = one("dmz", true);
        assert_eq!(
            (band(&Told::from(&forecast)).as_str(), because(&Told::from(&forecast)).as_str()),
            ("22-47", "beacon")
        );
    }

    #[test]
    fn an_unknown_scope_is_an_error_that_names_those_that_are_there() {
        let failure = shown(&[one("swift", true)], "swfit", Time(0)).expect_err("no such scope");
        assert!(failure.next.contains("swift"));
        assert_eq!(shown(&[], "swift", Time(0)).map(|rows| rows.len()), Ok(0));
    }
}
