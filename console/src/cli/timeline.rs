//! `bartizan timeline INCIDENT`: its warnings and the changes of level in their order, the index, and the money clock.

mod told;

use super::{Context, Global, runtime};
use crate::decode;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use crate::triage::incident_name;
use clap::Args;
use model::{Level, Time};
use query::{Scope, named};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Question, Role};

const SQL: &str = include_str!("timeline.sql");

const EXAMPLES: &str = "\
Examples:
  bartizan timeline INC-5ae10000
  bartizan timeline show INC-5ae10000 --format jsonl

Money is said to have left where rows prove it: the first cash approved in a flow that FIN-09 or FIN-12 accuses.";

/// How long after the last warning the timeline goes on. Microseconds.
const AFTER_US: i64 = Time::HOUR;
/// How long before the first episode it begins. Microseconds.
const BEFORE_US: i64 = 10 * Time::MINUTE;

/// Options of `timeline`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Id of the incident, or the beginning of it (`show` before it may be written)
    #[arg(value_name = "INCIDENT", num_args = 1..=2, required = true)]
    incident: Vec<String>,
}

/// The incident, as far as its timeline needs it.
#[derive(Debug, Clone, Deserialize)]
struct Incident {
    id: String,
    state: String,
    merged_into: String,
    title: String,
    warnings: Vec<String>,
    path: Vec<String>,
    started: Time,
    time: Time,
    level: Level,
}

/// One of its warnings.
#[derive(Debug, Clone, Deserialize)]
struct Rang {
    id: String,
    time: Time,
    detection: String,
    subject: String,
    level: Level,
    score: u16,
    sentence: String,
    evidence_ids: Vec<String>,
}

/// A scope that came to another level.
#[derive(Debug, Clone, Deserialize)]
struct Change {
    time: Time,
    name: String,
    was: String,
    level: String,
    before: f64,
    index: f64,
}

/// The index of the institution.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Moment {
    time: Time,
    index: f64,
}

/// When money left, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Money {
    time: Time,
    detection: String,
    rows: u64,
}

/// Everything about an incident, in time.
#[derive(Debug, Clone)]
struct Story {
    incident: Incident,
    warnings: Vec<Rang>,
    changes: Vec<Change>,
    course: Vec<Moment>,
    money: Option<Money>,
}

/// One thing that happened, as JSON has it.
#[derive(Debug, Serialize)]
struct Event {
    time: Time,
    /// `warning`, `level`, `index` or `money`.
    kind: &'static str,
    who: String,
    what: String,
    level: String,
    index: Option<f64>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let id = match arguments.incident.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["show"] => {
            return Err(Failure::usage("say which incident", "bartizan incidents lists them"));
        }
        [id] | ["show", id] => id.to_owned(),
        _ => {
            return Err(Failure::usage(
                "timeline takes one incident",
                "bartizan incidents lists them",
            ));
        }
    };
    let story = runtime()?.block_on(story(&context, &context.opener(Role::Person), &id))?;
    if context.output.is_table() {
        super::output::print(&told::told(&story))?;
    } else {
        context.output.rows("bartizan.timeline/1", &told::events(&story), &[])?;
    }
    Ok(None)
}

async fn story(context: &Context, opener: &Opener, id: &str) -> Result<Story, Failure> {
    let incident = find(opener, id).await?;
    let until = Scope {
        from: incident.started,
        to: context.scope.to,
        without: context.scope.without.clone(),
    };
    let ids = incident.warnings.clone();
    let warnings: Vec<Rang> =
        ask(opener, named(SQL, "timeline.warnings").over(&until).with("ids", ids)).await?;
    let last = warnings.last().map_or(incident.time, |warning| warning.time.max(incident.time));
    let to = last.plus(AFTER_US).min(context.scope.to);
    let around = Scope { from: incident.started.plus(-BEFORE_US), to, ..until };
    let changes = ask(opener, named(SQL, "timeline.levels").over(&around)).await?;
    let course = ask(opener, named(SQL, "timeline.course").over(&around)).await?;
    let facts: Vec<String> =
        warnings.iter().flat_map(|warning| warning.evidence_ids.iter().cloned()).collect();
    let money: Vec<Money> =
        ask(opener, named(SQL, "timeline.money").over(&around).with("ids", facts)).await?;
    let money = money.into_iter().find(|money| money.rows > 0);
    Ok(Story { incident, warnings, changes, course, money })
}

async fn ask<T: DeserializeOwned>(opener: &Opener, question: Question) -> Result<Vec<T>, Failure> {
    decode::rows(&question.name, opener.ask(&question).await?.rows)
}

/// The incident whose id begins so: one, and not one that became part of another.
async fn find(opener: &Opener, id: &str) -> Result<Incident, Failure> {
    let list = "bartizan incidents lists them";
    let digits = id.strip_prefix("INC-").unwrap_or(id).to_lowercase();
    if digits.len() < 4 || digits.len() > 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Err(Failure::usage(
            format!("{id:?} is no id: write at least 4 of its digits"),
            list,
        ));
    }
    let everything = Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    let question = named(SQL, "timeline.incident").over(&everything).with("id", digits.as_str());
    let mut found: Vec<Incident> = ask(opener, question).await?;
    match found.len() {
        1 => {}
        0 => {
            return Err(Failure::usage(
                format!("no incident has an id that begins with {digits}"),
                list,
            ));
        }
        _ => {
            let ids: Vec<_> = found.iter().map(|one| one.id.as_str()).collect();
            let sentence = format!("more than one incident begins with {digits}");
            return Err(Failure::usage(sentence, ids.join(", ")));
        }
    }
    let incident = found.remove(0);
    if incident.state == "merged" {
        let into = incident_name(&incident.merged_into);
        let sentence = format!("{} became part of {into}", incident_name(&incident.id));
        return Err(Failure::usage(sentence, format!("bartizan timeline {into}")));
    }
    Ok(incident)
}
