//! Why a detection stayed silent about a subject: which gate stopped it, and what would have rung.
//!
//! Nothing here is a formula beside the detection: its own questions are asked again, the gates come from the rows that it
//! judges, and "it would have rung" is its own judgement of the same rows with one thing changed.

use super::ask::{self, Plan};
use super::{Judge, activity, memory_from};
use crate::detections::{Context, Detection, Gate, Step, in_force};
use crate::entities::Entity;
use crate::score;
use crate::window::{Seen, Span};
use anyhow::Context as _;
use model::{Severity, Time};
use policy::Policy;
use query::{Scope, named};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;

const SQL: &str = include_str!("why_not.sql");

/// What was found out.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Whom it is about.
    pub subject: String,
    /// Detection id.
    pub detection: &'static str,
    /// Name of the detection.
    pub name: &'static str,
    /// What it looks for.
    pub finds: &'static str,
    /// From this moment.
    pub from: Time,
    /// Before this moment.
    pub to: Time,
    /// Steps that were looked at.
    pub steps: usize,
    /// Steps in which rows spoke of the subject.
    pub spoken: usize,
    /// End of the step in which it came nearest.
    pub nearest: Option<Time>,
    /// The gates of that step, in the order in which they are tried.
    pub gates: Vec<Gate>,
    /// Why it rang, if it did.
    pub rang: Vec<Rang>,
    /// Whether the taps could not see enough: then it is unknown, not calm.
    pub unknown: bool,
    /// What would have rung, the smallest change first.
    pub would_ring: Vec<String>,
}

/// A piece of evidence that it did write.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rang {
    /// When.
    pub seen: Time,
    /// On what.
    pub object: String,
    /// How bad; P0 is a note.
    pub severity: Severity,
    /// The detection that it gave way to, empty if none.
    pub gave_way_to: String,
    /// Id of the warning that it is on, empty if none.
    pub warning: String,
    /// State of that warning in people's hands, empty if none.
    pub state: String,
}

/// The rows of one step, and how near the subject came in it.
struct Look {
    step: Step,
    rows: Vec<Vec<Value>>,
    gates: Vec<Gate>,
}

impl Look {
    fn passed(&self) -> usize {
        self.gates.iter().take_while(|gate| gate.passes).count()
    }
}

/// The detection of this id or name, in any case, rules among them.
pub fn detection(policy: &Policy, name: &str) -> Option<&'static dyn Detection> {
    in_force(policy).iter().copied().find(|detection| {
        let about = detection.about();
        about.id.eq_ignore_ascii_case(name) || about.name.eq_ignore_ascii_case(name)
    })
}

/// The key of what a person calls `text`: the name of the host that has this address, else the text.
pub fn subject(policy: &Policy, text: &str, at: Time) -> String {
    text.parse()
        .map_or_else(|_| text.to_owned(), |ip| Entity::at(policy, model::mapped(ip), at).key())
}

/// Looks at every step of `range` in which rows speak of `subject`.
///
/// # Errors
/// What the store said, or an answer that is not of the form that its SQL promises.
pub async fn why_not(
    store: &Store,
    policy: &Policy,
    detection: &'static dyn Detection,
    subject: &str,
    range: Span,
    without: &[String],
) -> anyhow::Result<Answer> {
    let about = detection.about();
    let judge = Judge::open(store, policy, range.from, without).await?;
    let memory = memory_from(store).await?.unwrap_or(range.from);
    let mut answer = Answer {
        subject: subject.to_owned(),
        detection: about.id,
        name: about.name,
        finds: about.finds,
        from: range.from,
        to: range.to,
        steps: 0,
        spoken: 0,
        nearest: None,
        gates: Vec::new(),
        rang: rang(store, about.id, subject, range).await?,
        unknown: false,
        would_ring: Vec::new(),
    };
    let mut best: Option<(Look, Seen)> = None;
    for span in range.hours() {
        let activity = activity(store, span, without).await?;
        let Some(plan) = Plan::new(0, detection, span, without, &activity) else { continue };
        let seen = judge.seen(span).await.context("reading coverage")?;
        let plans = [plan];
        let answers = ask::all(store, &plans).await?;
        for (step, rows) in answers[0].steps(&plans[0]) {
            answer.steps += 1;
            let Some(rows) = rows else { continue };
            let context = context(&step, policy, &seen, memory);
            let gates = detection.gates(subject, &rows, &context)?;
            if gates.is_empty() {
                continue;
            }
            answer.spoken += 1;
            let look = Look { step, rows, gates };
            if best.as_ref().is_none_or(|(best, _)| look.passed() >= best.passed()) {
                best = Some((look, seen.clone()));
            }
        }
    }
    if let Some((look, seen)) = best {
        conclude(&mut answer, detection, subject, policy, look, &seen, memory)?;
    }
    Ok(answer)
}

fn context<'a>(step: &'a Step, policy: &'a Policy, seen: &'a Seen, memory: Time) -> Context<'a> {
    let window = Span::new(step.window_from, step.to);
    Context { step, policy, coverage: seen.rows(window), memory_from: memory }
}

/// Coverage and suppression around the detection's own gates, and what would have rung.
fn conclude(
    answer: &mut Answer,
    detection: &dyn Detection,
    subject: &str,
    policy: &Policy,
    look: Look,
    seen: &Seen,
    memory: Time,
) -> anyhow::Result<()> {
    let Look { step, rows, gates } = look;
    let coverage = coverage(detection, &step, seen);
    answer.unknown = !coverage.passes;
    answer.nearest = Some(step.to);
    let rang = gates.iter().all(|gate| gate.passes);
    answer.gates = gates;
    answer.gates.insert(1.min(answer.gates.len()), coverage);
    answer.gates.extend(precedence(&answer.rang));
    if rang {
        return Ok(());
    }
    let context = context(&step, policy, seen, memory);
    for tried in detection.what_if(subject, &rows, &context) {
        let judged = detection.judge(&tried.rows, &context)?;
        let rings = judged.findings.iter().any(|found| {
            found.subject == subject
                && found.severity > Severity::P0
                && score::score(score::sum(&found.contributions)) >= score::RINGS_AT
        });
        if rings {
            answer.would_ring.push(tried.said);
        }
    }
    Ok(())
}

/// Whether the taps saw the step well enough to say "calm".
fn coverage(detection: &dyn Detection, step: &Step, seen: &Seen) -> Gate {
    let about = detection.about();
    let blind = seen.blind(Span::new(step.from, step.to), about);
    let value = match blind.first() {
        None => "every tap saw it".to_owned(),
        Some(first) => {
            let mut taps: Vec<_> = blind.iter().map(|blind| blind.tap.as_ref()).collect();
            taps.dedup();
            format!("tap {}: {}", taps.join(", "), first.reason)
        }
    };
    let directions = if about.both_directions { ", both directions" } else { "" };
    let needs = format!("drops of {} in a million at most{directions}", about.max_drop_ppm);
    Gate { name: "coverage".into(), value, needs, passes: blind.is_empty() }
}

/// Whether another detection explains it, or somebody has put its warning aside.
fn precedence(rang: &[Rang]) -> Vec<Gate> {
    let gate = |name: &str, value: String, needs: &str, passes| Gate {
        name: name.into(),
        value,
        needs: needs.into(),
        passes,
    };
    let gave_way = rang.iter().find(|row| !row.gave_way_to.is_empty());
    let shelved = rang.iter().find(|row| row.state == "SHV");
    vec![
        gate(
            "precedence",
            gave_way.map_or_else(
                || "nothing explains it away".to_owned(),
                |row| format!("{} explains the same flows", row.gave_way_to),
            ),
            "no named detection on the same flows",
            gave_way.is_none(),
        ),
        gate(
            "suppression",
            shelved.map_or_else(
                || "nobody has shelved it".to_owned(),
                |row| format!("warning {} is shelved", row.warning),
            ),
            "not shelved",
            shelved.is_none(),
        ),
    ]
}

async fn rang(
    store: &Store,
    detection: &str,
    subject: &str,
    range: Span,
) -> anyhow::Result<Vec<Rang>> {
    let scope = Scope { from: range.from, to: range.to, without: Vec::new() };
    let question = named(SQL, "why_not.rang")
        .over(&scope)
        .with("detection", detection.to_owned())
        .with("subject", subject.to_owned());
    Ok(store.ask::<Rang>(&question).await.context("reading evidence")?.rows)
}
