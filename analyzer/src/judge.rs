//! One pass over a span of time: policy, detections, warnings, proofs.
//!
//! Live and historical runs take the same path: a live run hands in the minutes that the watermark has passed, a historical
//! one whole hours. What is written is the same, because every step is judged on its own rows and taken in in its order.

mod ask;
pub mod why_not;

use crate::detections::{self, Cadence, Context, Detection, Judged};
use crate::proofs::Proofs;
use crate::rows::Writer;
use crate::verdicts;
use crate::warnings::{Book, Pass, Rung, Written};
use crate::window::{Seen, Span, Watermark};
use crate::{forecast, graph, memory, situation};
use anyhow::Context as _;
use ask::{Answer, Plan};
use config::settings::Levels;
use model::{Coverage, Severity, Time};
use policy::Policy;
use query::{Named, Scope, named};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;

const SQL: &str = include_str!("judge.sql");

/// Slices that policy judges at a time.
const SLICES_AT_A_TIME: u64 = 200_000;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Slices judged by policy.
    pub slices: u64,
    /// Rows of `verdict` written.
    pub verdicts: u64,
    /// Steps of detections that had rows to judge.
    pub steps: u64,
    /// Subjects judged, over all detections and steps.
    pub subjects: u64,
    /// Of them, those whose condition held.
    pub findings: u64,
    /// Steps of a detection in which some tap was blind.
    pub unknown: u64,
    /// Rows of `evidence` written.
    pub evidence: u64,
    /// Warnings that rang for the first time.
    pub warnings: u64,
    /// Later forms of warnings.
    pub revisions: u64,
    /// Rows of `judged` written.
    pub proofs: u64,
    /// Rows of `verdict_hour` written.
    pub hours: u64,
    /// Rows of `entity`, `admin_edge` and `baseline` written.
    pub remembered: u64,
    /// Rows of `incident` written.
    pub joined: u64,
    /// Rows of `situation` written.
    pub assessed: u64,
    /// Rows of `forecast` written.
    pub foreseen: u64,
}

impl Summary {
    /// Rows written to any table.
    pub const fn written(&self) -> u64 {
        self.verdicts
            + self.evidence
            + self.warnings
            + self.revisions
            + self.proofs
            + self.hours
            + self.remembered
            + self.joined
            + self.assessed
            + self.foreseen
    }
}

/// Judges `range` of the store's rows under `policy`, with the taps of `without` left out as if they had been blind.
///
/// Judging a range again writes nothing.
///
/// # Errors
/// What the store said, or an answer that is not of the form that its SQL promises.
pub async fn once(
    store: &Store,
    policy: &Policy,
    range: Span,
    without: &[String],
) -> anyhow::Result<Summary> {
    let mut judge = Judge::open(store, policy, range.from, without).await?;
    for span in range.hours() {
        judge.span(span, Pass::Closed).await?;
        judge.count_hour(span.from).await?;
    }
    Ok(judge.summary)
}

/// A judge at work: what it remembers between spans.
#[derive(Debug)]
pub struct Judge<'a> {
    store: &'a Store,
    policy: &'a Policy,
    detections: &'static [&'static dyn Detection],
    without: Vec<String>,
    memory_from: Time,
    book: Book,
    /// When a scope enters and leaves a situation level.
    pub levels: Levels,
    /// What was done so far.
    pub summary: Summary,
}

#[derive(Debug, Deserialize)]
struct Memory {
    oldest: Time,
    flows: u64,
}

#[derive(Debug, Deserialize)]
struct Tap {
    #[serde(rename = "tap")]
    name: Arc<str>,
    first: Time,
    newest: Time,
}

/// Slices of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Activity {
    /// Start of the minute.
    pub minute: Time,
    /// How many slices began in it.
    pub slices: u64,
}

impl<'a> Judge<'a> {
    /// A judge who takes in spans from `from` on.
    ///
    /// # Errors
    /// What the store said.
    pub async fn open(
        store: &'a Store,
        policy: &'a Policy,
        from: Time,
        without: &[String],
    ) -> anyhow::Result<Self> {
        let book = Book::open(store, policy, from).await.context("reading earlier warnings")?;
        let (without, summary) = (without.to_vec(), Summary::default());
        let levels = Levels::default();
        let detections = detections::in_force(policy);
        Ok(Self { store, policy, detections, without, memory_from: from, book, levels, summary })
    }

    /// Judges one span, which lies within an hour.
    ///
    /// # Errors
    /// What the store said, or an answer that is not of the form that its SQL promises.
    pub async fn span(&mut self, span: Span, pass: Pass) -> anyhow::Result<()> {
        let activity = activity(self.store, span, &self.without).await?;
        self.memory_from = memory_from(self.store).await?.unwrap_or(span.from);
        self.give_verdicts(span, &activity).await?;
        if pass == Pass::Closed {
            self.summary.remembered +=
                memory::remember(self.store, self.policy, span, &self.without)
                    .await
                    .context("remembering entities and edges")?;
        }
        let seen = self.seen(span).await.context("reading coverage")?;
        let plans = self.plans(span, pass, &activity);
        let answers = ask::all(self.store, &plans).await?;
        let mut proofs = Proofs::default();
        let mut rungs = Vec::new();
        for (plan, answer) in plans.iter().zip(&answers) {
            self.judge_plan(plan, answer, &seen, &mut proofs, &mut rungs)?;
        }
        rungs.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut written = Written::default();
        for rung in &rungs {
            self.book.take(rung, pass, self.policy, &mut written);
        }
        self.write(written).await.context("writing evidence and warnings")?;
        if pass == Pass::Closed {
            self.summary.proofs +=
                proofs.write(self.store).await.context("writing what was judged")?;
            self.book.forget_before(span.to);
            self.comprehend(span).await?;
        }
        Ok(())
    }

    /// Counts the hour that holds `time` for `verdict_hour`, as far as its rows have arrived.
    ///
    /// # Errors
    /// What the store said.
    pub async fn count_hour(&mut self, time: Time) -> anyhow::Result<()> {
        let from = time.floor(Time::HOUR);
        let hour = Span::new(from, from.plus(Time::HOUR));
        self.summary.hours +=
            verdicts::count_hour(self.store, self.policy, hour, &self.without).await?;
        Ok(())
    }

    /// From warnings to the situation, and to what may come; each stage reads what the one before it wrote.
    async fn comprehend(&mut self, span: Span) -> anyhow::Result<()> {
        let (store, policy, without) = (self.store, self.policy, &self.without);
        self.summary.assessed += situation::assess(store, policy, span, without, &self.levels)
            .await
            .context("assessing")?;
        // An incident tells the index of its moment: it is joined when that stands.
        self.summary.joined +=
            graph::join(store, policy, span, without).await.context("joining incidents")?;
        self.summary.foreseen +=
            forecast::foresee(store, policy, span, without).await.context("foreseeing")?;
        Ok(())
    }

    async fn give_verdicts(&mut self, span: Span, activity: &[Activity]) -> anyhow::Result<()> {
        for part in parts(span, activity) {
            let (slices, written) =
                verdicts::judge(self.store, self.policy, part, &self.without).await?;
            self.summary.slices += slices;
            self.summary.verdicts += written;
        }
        Ok(())
    }

    async fn seen(&self, span: Span) -> anyhow::Result<Seen> {
        let longest =
            self.detections.iter().map(|detection| detection.about().window_us).max().unwrap_or(0);
        let from = span.from.plus(-longest);
        let coverage = self
            .store
            .ask::<Coverage>(&over("judge.coverage", Span::new(from, span.to), &[]))
            .await?
            .rows;
        let taps = taps(self.store).await?;
        let expected = taps.into_iter().map(|tap| (tap.name, tap.first)).collect();
        Ok(Seen::new(coverage, expected, &self.without))
    }

    fn plans(&self, span: Span, pass: Pass, activity: &[Activity]) -> Vec<Plan> {
        let is_asked = |detection: &&&dyn Detection| {
            let about = detection.about();
            pass == Pass::Closed || (about.cadence == Cadence::Row && about.monotone)
        };
        let asked = self.detections.iter().enumerate().filter(|(_, detection)| is_asked(detection));
        asked
            .filter_map(|(at, detection)| Plan::new(at, *detection, span, &self.without, activity))
            .collect()
    }

    fn judge_plan(
        &mut self,
        plan: &Plan,
        answer: &Answer,
        seen: &Seen,
        proofs: &mut Proofs,
        rungs: &mut Vec<Rung>,
    ) -> anyhow::Result<()> {
        let detection = self.detections[plan.precedence];
        let about = detection.about();
        for (step, rows) in answer.steps(plan) {
            let within = Span::new(step.from, step.to);
            let outcome = match rows {
                Some(rows) => {
                    let window = Span::new(step.window_from, step.to);
                    let context = Context {
                        step: &step,
                        policy: self.policy,
                        coverage: seen.rows(window),
                        memory_from: self.memory_from,
                    };
                    self.summary.steps += 1;
                    detection
                        .judge(&rows, &context)
                        .with_context(|| format!("judging {} at {}", about.id, step.to))?
                }
                None => Judged::default(),
            };
            let blind = seen.blind(within, about);
            self.summary.unknown += u64::from(!blind.is_empty());
            self.summary.subjects += outcome.population;
            self.summary.findings += outcome.findings.len() as u64;
            proofs.count(about, within, &outcome, &blind);
            let coverage = if outcome.findings.is_empty() {
                String::new()
            } else {
                seen.digest(within).to_string()
            };
            rungs.extend(outcome.findings.into_iter().map(|finding| Rung {
                about,
                precedence: plan.precedence,
                seen: step.to,
                finding,
                coverage: coverage.clone(),
            }));
        }
        Ok(())
    }

    async fn write(&mut self, written: Written) -> anyhow::Result<()> {
        let mut evidence = Writer::default();
        written.evidence.iter().for_each(|row| evidence.push(row));
        self.summary.evidence += evidence.write(self.store).await?;
        let mut warnings = Writer::default();
        for row in &written.warnings {
            warnings.push(row);
            if row.revision == 0 {
                self.summary.warnings += 1;
            } else {
                self.summary.revisions += 1;
            }
        }
        warnings.write(self.store).await?;
        Ok(())
    }
}

/// Steps in order, then precedence; the rest makes it total.
fn order(rung: &Rung) -> (Time, usize, &str, &str, Time, Severity) {
    let finding = &rung.finding;
    (
        rung.seen,
        rung.precedence,
        &finding.subject,
        &finding.object,
        finding.episode_start,
        finding.severity,
    )
}

/// The oldest row that there is.
async fn memory_from(store: &Store) -> Result<Option<Time>, store::Error> {
    let Named { name, sql } = named(SQL, "judge.memory");
    let memory = store.ask::<Memory>(&store::Question::new(name, sql)).await?.rows;
    Ok(memory.first().filter(|memory| memory.flows > 0).map(|memory| memory.oldest))
}

/// How many slices began in each minute of `span`, by minute.
///
/// # Errors
/// What the store said.
pub async fn activity(
    store: &Store,
    span: Span,
    without: &[String],
) -> Result<Vec<Activity>, store::Error> {
    let mut rows = store.ask::<Activity>(&over("judge.activity", span, without)).await?.rows;
    rows.sort_by_key(|row| row.minute);
    Ok(rows)
}

/// How far the rows of every tap have arrived.
///
/// # Errors
/// What the store said.
pub async fn watermark(store: &Store) -> Result<Watermark, store::Error> {
    let ends = taps(store).await?.into_iter().map(|tap| (tap.name, tap.newest.plus(Time::MINUTE)));
    Ok(Watermark::of(ends.collect::<BTreeMap<_, _>>()))
}

async fn taps(store: &Store) -> Result<Vec<Tap>, store::Error> {
    let Named { name, sql } = named(SQL, "judge.taps");
    Ok(store.ask::<Tap>(&store::Question::new(name, sql)).await?.rows)
}

fn over(name: &'static str, span: Span, without: &[String]) -> store::Question {
    named(SQL, name).over(&Scope { from: span.from, to: span.to, without: without.to_vec() })
}

/// The span in parts of about [`SLICES_AT_A_TIME`], cut at minutes.
fn parts(span: Span, activity: &[Activity]) -> Vec<Span> {
    let mut cuts = vec![span.from];
    let mut slices = 0;
    for minute in activity {
        if slices > 0 && slices + minute.slices > SLICES_AT_A_TIME && minute.minute > span.from {
            cuts.push(minute.minute);
            slices = 0;
        }
        slices += minute.slices;
    }
    if activity.is_empty() {
        return Vec::new();
    }
    cuts.push(span.to);
    cuts.windows(2).map(|pair| Span::new(pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_span_is_cut_at_minutes_and_loses_none() {
        let minute = |at: i64| Time(at * Time::MINUTE);
        let activity: Vec<_> =
            (0..5).map(|at| Activity { minute: minute(at), slices: 90_000 }).collect();
        let span = Span::new(minute(0), minute(5));
        let cut = parts(span, &activity);
        assert_eq!(
            cut,
            [(0, 2), (2, 4), (4, 5)].map(|(from, to)| Span::new(minute(from), minute(to)))
        );
        assert!(parts(span, &[]).is_empty());
    }
}
