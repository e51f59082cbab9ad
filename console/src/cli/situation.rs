//! `bartizan situation`: the zones with their open warnings; below them what passed, the taps and the ledger.

use super::output::{Field, print};
use super::{Context, Global, runtime};
use crate::decode;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use crate::views::Asked;
use crate::views::situation::{Conduit, LedgerRow, Stage, Tap, Zone, question, stages};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan situation
  bartizan situation swift --last 24h
  bartizan situation --format json";

/// Options of `situation`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// One zone; all without it (`show` before it may be written)
    #[arg(value_name = "SCOPE", num_args = 0..=2)]
    scope: Vec<String>,
}

/// A zone with what passed at its borders, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    zone: Zone,
    /// What others opened into it, and it into others.
    conduits: Vec<Conduit>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let scope = match arguments.scope.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["show"] => None,
        [zone] | ["show", zone] => Some(zone.to_owned()),
        _ => return Err(Failure::usage("situation takes one zone", "bartizan situation swift")),
    };
    let asked = context.asked(global, "")?;
    runtime()?.block_on(async {
        let opener = context.opener(Role::Person);
        let zones: Vec<Zone> = ask(&opener, "situation.zones", &asked).await?;
        let conduits: Vec<Conduit> = ask(&opener, "situation.conduits", &asked).await?;
        let zones = chosen(zones, scope.as_deref())?;
        let rows: Vec<_> = zones.into_iter().map(|zone| row(zone, &conduits)).collect();
        context.output.rows("bartizan.situation/1", &rows, FIELDS)?;
        if context.output.is_table() && !context.output.quiet {
            let taps: Vec<Tap> = ask(&opener, "situation.taps", &asked).await?;
            let ledger: Vec<LedgerRow> = ask(&opener, "situation.ledger", &asked).await?;
            print(&below(&context, &rows, &taps, &stages(&ledger)))?;
        }
        Ok(None)
    })
}

async fn ask<T: DeserializeOwned>(
    opener: &Opener,
    name: &'static str,
    asked: &Asked,
) -> Result<Vec<T>, Failure> {
    decode::rows(name, opener.ask(&question(name, asked)).await?.rows)
}

fn chosen(zones: Vec<Zone>, scope: Option<&str>) -> Result<Vec<Zone>, Failure> {
    let Some(scope) = scope else { return Ok(zones) };
    let known: Vec<_> = zones.iter().map(|zone| zone.zone.clone()).collect();
    let found: Vec<_> = zones.into_iter().filter(|zone| zone.zone == scope).collect();
    if found.is_empty() {
        let next = format!("the zones are {}", known.join(", "));
        return Err(Failure::usage(format!("no zone is called {scope:?}"), next));
    }
    Ok(found)
}

fn row(zone: Zone, conduits: &[Conduit]) -> Row {
    let touches =
        |conduit: &&Conduit| conduit.src_zone == zone.zone || conduit.dst_zone == zone.zone;
    let conduits = conduits.iter().filter(touches).cloned().collect();
    Row { zone, conduits }
}

const FIELDS: &[Field<'static, Row>] = &[
    Field { title: "ZONE", name: "zone", cell: &|row| row.zone.zone.clone() },
    Field { title: "LEVEL", name: "level", cell: &|row| row.zone.level.to_string() },
    Field { title: "OPEN", name: "open", cell: &|row| row.zone.open.to_string() },
    Field { title: "NEW", name: "new", cell: &|row| row.zone.fresh.to_string() },
    Field { title: "CRIT", name: "criticality", cell: &|row| row.zone.criticality.to_string() },
    Field { title: "PASSES TO", name: "conduits", cell: &passes },
];

/// `core 1 204, internet 3 (3 undeclared!)`.
fn passes(row: &Row) -> String {
    let outward = row.conduits.iter().filter(|conduit| conduit.src_zone == row.zone.zone);
    let told = outward.map(|conduit| {
        let undeclared = if conduit.undeclared > 0 {
            format!(" ({} undeclared!)", conduit.undeclared)
        } else {
            String::new()
        };
        format!("{} {}{undeclared}", conduit.dst_zone, present::grouped(conduit.flows))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// What says whether the silence can be trusted.
fn below(context: &Context, rows: &[Row], taps: &[Tap], stages: &[Stage]) -> String {
    let mut text = String::new();
    if rows.is_empty() {
        text.push_str("No zone is known: publish a policy with  bartizan analyze publish\n");
    }
    text.push('\n');
    for tap in taps {
        text.push_str(&format!(
            "tap     {}  coverage {} ago  {} packets/s  lost {}  one-way {}\n",
            tap.tap,
            present::age(context.now.since(tap.newest)),
            present::grouped(tap.packets_per_s.round() as u64),
            present::percent(f64::from(tap.drop_ppm) / 1e6),
            present::percent(f64::from(tap.one_way_ppm) / 1e6),
        ));
    }
    if taps.is_empty() {
        text.push_str(
            "tap     none has reported in this range: silence here is not evidence of calm\n",
        );
    }
    for stage in stages {
        let dropped: u64 = stage.dropped.values().sum();
        let missing = match stage.missing() {
            0 => String::new(),
            missing => format!("  ! {missing} not accounted for"),
        };
        text.push_str(&format!(
            "ledger  {}: {} received = {} kept + {} dropped  ({}){missing}\n",
            stage.stage,
            present::grouped(stage.received),
            present::grouped(stage.kept),
            present::grouped(dropped),
            stage.unit,
        ));
    }
    text
}
