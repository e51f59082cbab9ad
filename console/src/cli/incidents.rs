//! `bartizan incidents`: warnings of one cause chain, one incident whole: stages, path, next steps.

mod row;
mod told;

use super::output::Field;
use super::{Context, Global, runtime};
use crate::decode;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use clap::{Args, Subcommand};
use query::{Scope, named};
use row::{Incident, Whole, name};
use store::{Question, Role};

const SQL: &str = include_str!("incidents.sql");

const EXAMPLES: &str = "\
Examples:
  bartizan incidents --last 7d
  bartizan incidents show INC-5ae10000
  bartizan incidents list --closed --format json";

/// Options of `incidents`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do with them; `list` without it
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Open incidents, worst first
    List {
        /// Those that are closed, or became part of another, too
        #[arg(long)]
        closed: bool,
    },
    /// One incident: stages in order, its warnings, the path, what can be reached next
    Show {
        /// Its id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(global: &Global, arguments: Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    if !super::options::together(global, "").is_empty() {
        let next = "warnings take a filter: bartizan warnings --where …";
        return Err(Failure::usage("incidents take no --where", next));
    }
    let opener = context.opener(Role::Person);
    runtime()?.block_on(async {
        match arguments.verb.unwrap_or(Verb::List { closed: false }) {
            Verb::List { closed } => list(&context, &opener, closed).await,
            Verb::Show { id } => {
                let whole = whole(&context, &opener, &id).await?;
                context
                    .output
                    .one("bartizan.incident/1", &whole, || told::whole(&whole, context.now))?;
                Ok(None)
            }
        }
    })
}

fn question(scope: &Scope, id: &str, closed: bool, limit: u32) -> Question {
    named(SQL, "incidents.list")
        .over(scope)
        .with("id", id)
        .with("closed", i64::from(closed))
        .with("limit", i64::from(limit))
}

async fn list(context: &Context, opener: &Opener, closed: bool) -> Result<Option<Exit>, Failure> {
    let question = question(&context.scope, "", closed, context.limit.saturating_add(1));
    let mut rows: Vec<Incident> =
        decode::rows("incidents.list", opener.ask(&question).await?.rows)?;
    let more = rows.len() > context.limit as usize;
    rows.truncate(context.limit as usize);
    let age = |row: &Incident| present::age(context.now.since(row.time));
    let fields: &[Field<'_, Incident>] = &[
        Field { title: "LVL", name: "level", cell: &|row| row.level.to_string() },
        Field { title: "STATE", name: "state", cell: &|row| row.state.clone() },
        Field { title: "STAGE", name: "stage", cell: &|row| row.stage.clone() },
        Field { title: "AGE", name: "time", cell: &age },
        Field { title: "ID", name: "id", cell: &|row| name(&row.id) },
        Field { title: "ZONE", name: "zone", cell: &|row| row.zone.clone() },
        Field { title: "N", name: "warnings", cell: &|row| row.warnings.len().to_string() },
        Field { title: "WHAT", name: "title", cell: &|row| row.title.clone() },
    ];
    context.output.rows("bartizan.incident/1", &rows, fields)?;
    if rows.is_empty() && !context.output.quiet {
        let Scope { from, to, .. } = &context.scope;
        eprintln!("no open incident from {from} to {to}; --last 7d looks further back");
    }
    Ok(super::options::partial(context, more))
}

async fn whole(context: &Context, opener: &Opener, id: &str) -> Result<Whole, Failure> {
    let incident = find(context, opener, id).await?;
    let question = named(SQL, "incidents.warnings")
        .over(&context.scope)
        .with("ids", incident.warnings.clone());
    let warnings = decode::rows("incidents.warnings", opener.ask(&question).await?.rows)?;
    Ok(Whole { incident, rung: warnings })
}

/// The incident whose id begins so.
async fn find(context: &Context, opener: &Opener, id: &str) -> Result<Incident, Failure> {
    let digits = id.strip_prefix("INC-").unwrap_or(id).to_lowercase();
    if digits.len() < 4 || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        let next = "bartizan incidents --format json has whole ids";
        return Err(Failure::usage(
            format!("{id:?} is no id of an incident: write at least 4 of its digits"),
            next,
        ));
    }
    let question = question(&context.scope, &digits, true, 10);
    let mut rows: Vec<Incident> =
        decode::rows("incidents.list", opener.ask(&question).await?.rows)?;
    match rows.len() {
        1 => Ok(rows.remove(0)),
        0 => Err(Failure::usage(
            format!("no incident has an id that begins with {digits}"),
            "bartizan incidents --closed lists all of the range",
        )),
        _ => {
            let ids: Vec<_> = rows.iter().map(|row| name(&row.id)).collect();
            Err(Failure::usage(
                format!("more than one incident begins with {digits}"),
                ids.join(", "),
            ))
        }
    }
}
