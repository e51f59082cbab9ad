//! `bartizan warnings`: the queue, one warning whole, why it rang, and acts on them.

mod explain;

use super::options::together;
use super::output::Field;
use super::{Context, Global, runtime};
use crate::effects::{self, Opener};
use crate::failure::{Exit, Failure};
use crate::narrow::Narrow;
use crate::triage::{acts, short, told};
use crate::views::Asked;
use crate::views::warnings::{Act, Evidence, FlowRow, Part, Row, evidence, flows, history, list};
use crate::{app, decode};
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
  bartizan warnings note W-1f00aa21 'checking change CHG-8812'";

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
    /// Acknowledge: you have it
    Ack {
        /// Their ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
        /// The number of them, where they are more than 50
        #[arg(long, value_name = "N")]
        yes_all: Option<usize>,
    },
    /// Write a note
    Note {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
        /// The note
        #[arg(value_name = "TEXT")]
        text: String,
    },
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
}

pub(super) fn run(global: &Global, arguments: Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let opener = context.opener(Role::Person);
    runtime()?.block_on(async {
        match arguments.verb.unwrap_or(Verb::List { closed: false }) {
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
            Verb::Ack { ids, yes_all } => act(&context, &opener, &ids, "ack", "", yes_all).await,
            Verb::Note { id, text } => act(&context, &opener, &[id], "note", &text, None).await,
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
    let part = Part { closed, id: "", limit: i64::from(context.limit) + 1 };
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
    let part = Part { closed: true, id: &digits, limit: 10 };
    let mut rows: Vec<Row> =
        decode::rows("warnings.list", opener.ask(&list(&asked, part)).await?.rows)?;
    let _ = context;
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
    Ok(Whole { row, evidence: facts, flows, history })
}

/// What an act came to, as JSON has it.
#[derive(Debug, Serialize)]
struct Done {
    action: String,
    count: usize,
    ids: Vec<String>,
    not: Vec<String>,
}

async fn act(
    context: &Context,
    opener: &Opener,
    ids: &[String],
    action: &str,
    note: &str,
    yes_all: Option<usize>,
) -> Result<Option<Exit>, Failure> {
    if ids.len() > crate::state::GROUP_LIMIT && yes_all != Some(ids.len()) {
        let sentence = format!("this would change {} warnings", ids.len());
        return Err(Failure::usage(sentence, format!("say so with --yes-all {}", ids.len())));
    }
    let mut subjects = Vec::new();
    for id in ids {
        subjects.push(find(context, opener, id).await?.subject());
    }
    let (rows, refused) = acts(&subjects, action, note, app::clock(), client());
    if rows.is_empty() {
        return Err(Failure::usage(format!("nothing changed: {}", refused.join("; ")), ""));
    }
    let receipt = effects::triage::write(opener, rows).await?;
    let done = Done {
        action: receipt.action.clone(),
        count: receipt.done.len(),
        ids: receipt.done.clone(),
        not: refused.iter().cloned().chain(receipt.lost.iter().map(|(id, ..)| short(id))).collect(),
    };
    context.output.one("bartizan.act/1", &done, || told(&receipt) + "\n")?;
    if !refused.is_empty() && !context.output.quiet {
        eprintln!("not changed: {}", refused.join("; "));
    }
    Ok(if done.not.is_empty() { None } else { Some(Exit::Partial) })
}

/// Program and version, as triage rows name it.
pub(super) fn client() -> &'static str {
    concat!("bartizan ", env!("CARGO_PKG_VERSION"))
}
