//! Acts on warnings: each verb of triage, the ids it is about, and what came of it.

use super::super::{Context, runtime};
use super::find;
use crate::effects::{self, Opener};
use crate::event::Receipt;
use crate::failure::{Exit, Failure};
use crate::state::GROUP_LIMIT;
use crate::triage::{Acted, Order, acts, short, told};
use crate::{app, range};
use clap::{Args, Subcommand, ValueEnum};
use model::triage::{Action, Disposition, Triage};
use serde::Serialize;
use store::Role;

/// Which warnings an act is about.
#[derive(Debug, Args)]
pub(super) struct Group {
    /// Their ids, or the beginnings of them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// The number of them, where they are more than 50
    #[arg(long, value_name = "N")]
    yes_all: Option<usize>,
}

/// The verbs that change something.
#[derive(Debug, Subcommand)]
pub(super) enum Act {
    /// Acknowledge: you have it; once more: work has started
    Ack {
        #[command(flatten)]
        group: Group,
    },
    /// Give it to somebody
    Assign {
        #[command(flatten)]
        group: Group,
        /// Who gets it
        #[arg(long, value_name = "NAME")]
        owner: String,
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
    /// Hand it up
    Escalate {
        #[command(flatten)]
        group: Group,
        /// Who receives it
        #[arg(long, value_name = "NAME")]
        receiver: String,
        /// Why it goes up
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Close it, and say what it was
    Close {
        #[command(flatten)]
        group: Group,
        /// What it was
        #[arg(long = "as", value_name = "WHAT", value_enum)]
        what: What,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Put it aside; it comes back at the end, or when it gets worse
    Shelve {
        #[command(flatten)]
        group: Group,
        /// For so long: 4h, 2d
        #[arg(long = "for", value_name = "SPAN", required_unless_present = "until")]
        span: Option<String>,
        /// Until this moment
        #[arg(long, value_name = "TIME", conflicts_with = "span")]
        until: Option<String>,
        /// Why it can wait
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take back what you did to it within the last 30 s
    Undo {
        #[command(flatten)]
        group: Group,
    },
}

/// How a warning is closed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum What {
    /// It was what the detection names
    Confirmed,
    /// It was not, and should not have rung
    FalsePositive,
    /// It was, and is allowed
    Benign,
    /// Another warning tells it
    Duplicate,
    /// Somebody tried us
    Test,
}

impl From<What> for Disposition {
    fn from(what: What) -> Self {
        match what {
            What::Confirmed => Self::Confirmed,
            What::FalsePositive => Self::FalsePositive,
            What::Benign => Self::Benign,
            What::Duplicate => Self::Duplicate,
            What::Test => Self::Test,
        }
    }
}

pub(super) fn run(context: &Context, verb: Act) -> Result<Option<Exit>, Failure> {
    let opener = context.opener(Role::Person);
    let (group, order) = ordered(context, verb)?;
    confirmed(&group)?;
    if let Some(missing) = order.missing() {
        let next = format!("bartizan warnings {} --help", order.action);
        return Err(Failure::usage(missing, next));
    }
    runtime()?.block_on(async {
        if order.action == Action::Undo {
            return undo(context, &opener, &group.ids).await;
        }
        let mut subjects = Vec::new();
        for id in &group.ids {
            subjects.push(find(context, &opener, id).await?.subject());
        }
        let (rows, refused) = acts(&subjects, &order, app::clock(), super::client());
        finish(context, &opener, rows, refused).await
    })
}

/// Ids, and what is to be done with them.
fn ordered(context: &Context, verb: Act) -> Result<(Group, Order), Failure> {
    let text = |text: String| text.trim().to_owned();
    let usage = |why: String| Failure::usage(why, "");
    Ok(match verb {
        Act::Ack { group } => (group, Order::of(Action::Ack)),
        Act::Undo { group } => (group, Order::of(Action::Undo)),
        Act::Assign { group, owner } => {
            (group, Order { to: text(owner), ..Order::of(Action::Assign) })
        }
        Act::Note { id, text: note } => {
            let group = Group { ids: vec![id], yes_all: None };
            (group, Order { note: text(note), ..Order::of(Action::Note) })
        }
        Act::Escalate { group, receiver, reason } => {
            let (to, reason) = (text(receiver), text(reason));
            (group, Order { to, reason, ..Order::of(Action::Escalate) })
        }
        Act::Close { group, what, reason } => {
            let disposition = Some(what.into());
            (group, Order { disposition, reason: text(reason), ..Order::of(Action::Close) })
        }
        Act::Shelve { group, span, until, reason } => {
            let until = match (&span, &until) {
                (Some(span), _) => context.now.plus(range::span(span).map_err(usage)?),
                (_, Some(until)) => range::moment(until, context.now).map_err(usage)?,
                (None, None) => return Err(usage("say until when".into())),
            };
            if until <= context.now {
                return Err(usage(format!("{until} has passed: it would be back at once")));
            }
            (group, Order { until: Some(until), reason: text(reason), ..Order::of(Action::Shelve) })
        }
    })
}

/// A large group is acted on only if its number was said.
fn confirmed(group: &Group) -> Result<(), Failure> {
    let count = group.ids.len();
    if count <= GROUP_LIMIT || group.yes_all == Some(count) {
        return Ok(());
    }
    let sentence = format!("this would change {count} warnings");
    Err(Failure::usage(sentence, format!("say so with --yes-all {count}")))
}

async fn undo(context: &Context, opener: &Opener, ids: &[String]) -> Result<Option<Exit>, Failure> {
    let (mut rows, mut refused) = (Vec::<Triage>::new(), Vec::new());
    for id in ids {
        let row = find(context, opener, id).await?;
        let acted = effects::triage::last(opener, &row.subject()).await?;
        match acted.and_then(|acted: Acted| acted.undone(app::clock(), super::client())) {
            Ok((_, undone)) => rows.extend(undone),
            Err(why) => refused.push(format!("{}: {why}", short(&row.id))),
        }
    }
    let size = rows.len() as u32;
    for row in &mut rows {
        row.group_size = size;
    }
    finish(context, opener, rows, refused).await
}

/// What an act came to, as JSON has it.
#[derive(Debug, Serialize)]
struct Done {
    action: &'static str,
    count: usize,
    ids: Vec<String>,
    not: Vec<String>,
}

async fn finish(
    context: &Context,
    opener: &Opener,
    rows: Vec<Triage>,
    refused: Vec<String>,
) -> Result<Option<Exit>, Failure> {
    if rows.is_empty() {
        return Err(Failure::usage(format!("nothing changed: {}", refused.join("; ")), ""));
    }
    let receipt: Receipt = effects::triage::write(opener, rows).await?;
    let lost = receipt.lost.iter().map(|lost| short(&lost.id));
    let done = Done {
        action: receipt.action.as_str(),
        count: receipt.done.len(),
        ids: receipt.done.clone(),
        not: refused.iter().cloned().chain(lost).collect(),
    };
    context.output.one("bartizan.act/1", &done, || told(&receipt) + "\n")?;
    if !refused.is_empty() && !context.output.quiet {
        eprintln!("not changed: {}", refused.join("; "));
    }
    Ok(if done.not.is_empty() { None } else { Some(Exit::Partial) })
}
