//! `bartizan warnings`: the queue, one warning whole, why it rang, and acts on them.

mod act;
mod explain;

use super::options::together;
use super::output::Field;
use super::{Context, Global, runtime};
use crate::decode;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use crate::flows::FlowRow;
use crate::narrow::Narrow;
use crate::triage::short;
use crate::views::Asked;
use crate::views::warnings::{
    Act, Evidence, Incident, Part, Row, evidence, flows, history, incident, list,
};
use clap::{Args, Subcommand};
use model::Time;
use query::Scope;
use serde::Serialize;
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan warnings --last 24h
  bartizan warnings list --where 'zone = swift and level <= II' --format json
  bartizan warnings explain W-1f00aa21
  bartizan warnings ack W-1f00aa21 W-9c4e7712
  bartizan warnings note W-1f00aa21 'checking change CHG-8812'
  bartizan warnings assign W-1f00aa21 --owner wang
  bartizan warnings escalate W-1f00aa21 --receiver chen --reason 'reaches swift'
  bartizan warnings close W-9c4e7712 --as benign --reason 'CHG-8812'
  bartizan warnings shelve W-9c4e7712 --for 4h --reason 'patch night'
  bartizan warnings undo W-9c4e7712";

/// Options of `warnings`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do with them; `list` without it
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Open warnings, worst first
    List {
        /// Closed ones too
        #[arg(long)]
        closed: bool,
    },
    /// One warning with its evidence, flows and history
    Show {
        /// Its id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Why it rang: the parts of its score, and what rests behind it
    Explain {
        /// Its id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Acts, and what each needs.
    #[command(flatten)]
    Act(act::Act),
}

/// A warning and everything behind it.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    /// The warning.
    #[serde(flatten)]
    pub(super) row: Row,
    /// Facts behind it.
    pub(super) evidence: Vec<Evidence>,
    /// Flows behind them.
    pub(super) flows: Vec<FlowRow>,
    /// What people did.
    pub(super) history: Vec<Act>,
    /// The incident that it is part of.
    pub(super) incident_now: Option<Incident>,
}

pub(super) fn run(global: &Global, arguments: Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let verb = match arguments.verb.unwrap_or(Verb::List { closed: false }) {
        Verb::Act(verb) => return act::run(&context, verb),
        verb => verb,
    };
    let opener = context.opener(Role::Person);
    runtime()?.block_on(async {
        match verb {
            Verb::List { closed } => queue(global, &context, &opener, closed).await,
            Verb::Show { id } => {
                let whole = whole(&context, &opener, &id).await?;
                context
                    .output
                    .one("bartizan.warning/1", &whole, || explain::whole(&whole, context.now))?;
                Ok(None)
            }
            Verb::Explain { id } => {
                let whole = whole(&context, &opener, &id).await?;
                context
                    .output
                    .one("bartizan.warning/1", &whole, || explain::why(&whole, context.now))?;
                Ok(None)
            }
            Verb::Act(_) => Ok(None),
        }
    })
}

async fn queue(
    global: &Global,
    context: &Context,
    opener: &Opener,
    closed: bool,
) -> Result<Option<Exit>, Failure> {
    let asked = context.asked(global, "")?;
    let part = Part { closed, id: "", limit: i64::from(context.limit) + 1, now: context.scope.to };
    let mut rows: Vec<Row> =
        decode::rows("warnings.list", opener.ask(&list(&asked, part)).await?.rows)?;
    let more = rows.len() > context.limit as usize;
    rows.truncate(context.limit as usize);
    let age = |row: &Row| present::age(context.now.since(row.time));
    let fields: &[Field<'_, Row>] = &[
        Field { title: "LVL", name: "level", cell: &|row| row.level.to_string() },
        Field { title: "STATE", name: "state", cell: &|row| row.state.clone() },
        Field { title: "SCORE", name: "score", cell: &Row::score_text },
        Field { title: "AGE", name: "time", cell: &age },
        Field { title: "ID", name: "id", cell: &|row| short(&row.id) },
        Field { title: "RULE", name: "detection", cell: &|row| row.detection.clone() },
        Field { title: "ZONE", name: "zone", cell: &|row| row.zone.clone() },
        Field { title: "SUBJECT", name: "subject", cell: &|row| row.subject.clone() },
        Field { title: "WHAT", name: "sentence", cell: &|row| row.sentence.clone() },
    ];
    context.output.rows("bartizan.warning/1", &rows, fields)?;
    if !context.output.quiet && rows.is_empty() {
        let filter = together(global, "");
        let filter =
            if filter.is_empty() { String::new() } else { format!(" that matches {filter}") };
        eprintln!("no open warning{filter} from {} to {}", asked.scope.from, asked.scope.to);
    }
    Ok(super::options::partial(context, more))
}

/// The ids, given whole or by their beginning; each must name one warning.
async fn find(context: &Context, opener: &Opener, id: &str) -> Result<Row, Failure> {
    let digits = id.strip_prefix("W-").unwrap_or(id).to_lowercase();
    if digits.len() < 4 || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        let next = "bartizan warnings --format json has whole ids";
        return Err(Failure::usage(
            format!("{id:?} is no id: write at least 4 of its digits"),
            next,
        ));
    }
    let scope = Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    let asked = Asked { scope, narrow: Narrow::default() };
    let part = Part { closed: true, id: &digits, limit: 10, now: context.now };
    let mut rows: Vec<Row> =
        decode::rows("warnings.list", opener.ask(&list(&asked, part)).await?.rows)?;
    match rows.len() {
        1 => Ok(rows.remove(0)),
        0 => Err(Failure::usage(
            format!("no warning has an id that begins with {digits}"),
            "bartizan warnings lists them",
        )),
        _ => {
            let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
            Err(Failure::usage(
                format!("more than one warning begins with {digits}"),
                ids.join(", "),
            ))
        }
    }
}

async fn whole(context: &Context, opener: &Opener, id: &str) -> Result<Whole, Failure> {
    let row = find(context, opener, id).await?;
    let scope =
        Scope { from: row.episode_start, to: row.time, without: context.scope.without.clone() };
    let facts: Vec<Evidence> =
        decode::rows("warnings.evidence", opener.ask(&evidence(&row, &scope)).await?.rows)?;
    let history: Vec<Act> =
        decode::rows("warnings.history", opener.ask(&history(&row, &scope)).await?.rows)?;
    let flows: Vec<FlowRow> = if facts.is_empty() {
        Vec::new()
    } else {
        decode::rows("warnings.flows", opener.ask(&flows(&facts, &scope)).await?.rows)?
    };
    let incidents: Vec<Incident> =
        decode::rows("warnings.incident", opener.ask(&incident(&row, &scope)).await?.rows)?;
    let incident_now = incidents.into_iter().next();
    Ok(Whole { row, evidence: facts, flows, history, incident_now })
}

/// Program and version, as triage rows name it.
pub(super) fn client() -> &'static str {
    concat!("bartizan ", env!("CARGO_PKG_VERSION"))
}
