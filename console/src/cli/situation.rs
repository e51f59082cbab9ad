//! `bartizan situation`: index, level and drivers of every scope; below them whether the silence can be trusted.

mod row;
mod told;
mod without;

use super::output::{Field, print};
use super::{Global, runtime};
use crate::decode;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use crate::views::Asked;
use crate::views::situation::{Conduit, LedgerRow, Standing, Tap, Zone, question, stages};
use clap::Args;
use query::named;
use row::{Row, Unknown, Watched, rows};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::Role;
use told::Below;

const SQL: &str = include_str!("situation.sql");

/// Entities that a table lists when no scope is named.
const ENTITIES: usize = 10;

const EXAMPLES: &str = "\
Examples:
  bartizan situation
  bartizan situation swift --last 24h
  bartizan situation --to 14:22:40 --without d
  bartizan situation --format json";

/// Options of `situation`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// One zone, business service, site, entity or the institution, taken apart; all without it (`show` before it may be
    /// written)
    #[arg(value_name = "SCOPE", num_args = 0..=2)]
    scope: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Steps {
    steps: u64,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let scope = match arguments.scope.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["show"] => None,
        [scope] | ["show", scope] => Some(scope.to_owned()),
        _ => return Err(Failure::usage("situation takes one scope", "bartizan situation swift")),
    };
    let mut asked = context.asked(global, "")?;
    runtime()?.block_on(async {
        let opener = if asked.scope.without.is_empty() {
            context.opener(Role::Person)
        } else {
            // The database beside leaves the taps out itself, and shows what was removed.
            asked.scope.without.clear();
            without::opener(&context, global.file()?.as_deref()).await?
        };
        let standings: Vec<Standing> = ours(&opener, "situation.scopes", &asked).await?;
        let zones: Vec<Zone> = ask(&opener, "situation.zones", &asked).await?;
        let watched: Vec<Watched> = ours(&opener, "situation.watched", &asked).await?;
        let conduits: Vec<Conduit> = ask(&opener, "situation.conduits", &asked).await?;
        let rows = chosen(rows(standings, zones, &conduits, &watched), scope.as_deref())?;
        let is_table = context.output.is_table();
        let listed = if is_table && scope.is_none() { listed(&rows) } else { rows.clone() };
        context.output.rows("bartizan.situation/1", &listed, FIELDS)?;
        if is_table && !context.output.quiet {
            let below = Below {
                context: &context,
                taken_apart: scope.is_some(),
                rows: &rows,
                entities_left: rows.len() - listed.len(),
                unknown: ours::<Unknown>(&opener, "situation.unknown", &asked).await?,
                steps: ours::<Steps>(&opener, "situation.judged", &asked).await?[0].steps,
                taps: ask::<Tap>(&opener, "situation.taps", &asked).await?,
                stages: stages(&ask::<LedgerRow>(&opener, "situation.ledger", &asked).await?),
            };
            print(&below.text())?;
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

/// As [`ask`], for the questions of this command alone.
async fn ours<T: DeserializeOwned>(
    opener: &Opener,
    name: &'static str,
    asked: &Asked,
) -> Result<Vec<T>, Failure> {
    decode::rows(name, opener.ask(&named(SQL, name).over(&asked.scope)).await?.rows)
}

fn chosen(rows: Vec<Row>, scope: Option<&str>) -> Result<Vec<Row>, Failure> {
    let Some(scope) = scope else { return Ok(rows) };
    let known: Vec<_> =
        rows.iter().filter(|row| row.scope != "entity").map(|row| row.name.clone()).collect();
    let found: Vec<_> = rows.into_iter().filter(|row| row.is_called(scope)).collect();
    if found.is_empty() {
        let next =
            format!("known are {}; an entity is known while it has an index", known.join(", "));
        return Err(Failure::usage(format!("no scope is called {scope:?}"), next));
    }
    Ok(found)
}

/// All but the entities beyond the worst ten.
fn listed(rows: &[Row]) -> Vec<Row> {
    let (entities, others): (Vec<_>, Vec<_>) =
        rows.iter().cloned().partition(|row| row.scope == "entity");
    others.into_iter().chain(entities.into_iter().take(ENTITIES)).collect()
}

const FIELDS: &[Field<'static, Row>] = &[
    Field { title: "SCOPE", name: "scope", cell: &|row| row.scope.clone() },
    Field { title: "NAME", name: "name", cell: &|row| row.name.clone() },
    Field { title: "LEVEL", name: "level", cell: &|row| row.told.clone() },
    Field {
        title: "INDEX",
        name: "index",
        cell: &|row| row.index.as_ref().map_or_else(|| "no index".to_owned(), row::Assessed::span),
    },
    Field { title: "SEEN", name: "coverage", cell: &Row::seen },
    Field {
        title: "OPEN",
        name: "open",
        cell: &|row| row.known.as_ref().map_or_else(String::new, |known| known.open.to_string()),
    },
    Field {
        title: "NEW",
        name: "new",
        cell: &|row| row.known.as_ref().map_or_else(String::new, |known| known.new.to_string()),
    },
    Field {
        title: "CRIT",
        name: "criticality",
        cell: &|row| {
            row.known.as_ref().map_or_else(String::new, |known| known.criticality.to_string())
        },
    },
    Field {
        title: "DRIVERS",
        name: "drivers",
        cell: &|row| row.index.as_ref().map_or_else(String::new, row::Assessed::drivers),
    },
    Field { title: "PASSES TO", name: "conduits", cell: &told::passes },
];
