//! Asking what detections need to know about a span, a few questions at a time, and cutting the answers into steps.

use super::Activity;
use crate::detections::{Detection, Step};
use crate::window::Span;
use anyhow::Context as _;
use model::Time;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use store::{Question, Store};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Questions that the store answers at the same time.
const AT_A_TIME: usize = 4;

/// The rows of each question of a detection.
type Rows = Vec<Vec<Value>>;

/// What is asked for one detection about a span.
pub(super) struct Plan {
    /// Place in the list of detections.
    pub(super) precedence: usize,
    /// The steps that are judged, in order.
    steps: Vec<Step>,
    /// What is asked: one longer step that is cut in memory, or each step with new rows.
    asked: Vec<Step>,
    cut: Option<&'static str>,
    detection: &'static dyn Detection,
}

impl Plan {
    /// The plan for the steps of `detection` that end in `span`; none if there is no such step.
    pub(super) fn new(
        precedence: usize,
        detection: &'static dyn Detection,
        span: Span,
        without: &[String],
        activity: &[Activity],
    ) -> Option<Self> {
        let about = detection.about();
        let step = |span: Span| Step {
            from: span.from,
            to: span.to,
            window_from: span.to.plus(-about.window_us),
            without: without.to_vec(),
        };
        let steps: Vec<Step> = span.steps(about.step_us).map(step).collect();
        let (first, last) = (steps.first()?, steps.last()?);
        let cut = detection.cut();
        let asked = match cut {
            Some(_) => vec![Step { from: first.from, to: last.to, ..first.clone() }],
            None => steps.iter().filter(|step| is_active(step, activity)).cloned().collect(),
        };
        Some(Self { precedence, steps, asked, cut, detection })
    }
}

impl Plan {
    /// Whether the detection can say that a question cost too much.
    fn bears(&self, limit: &str) -> bool {
        self.steps.iter().all(|step| self.detection.over_budget(step, limit).is_some())
    }

    /// What it says of each step.
    fn over_budget(&self, limit: &str) -> Vec<Value> {
        self.steps.iter().filter_map(|step| self.detection.over_budget(step, limit)).collect()
    }
}

fn is_active(step: &Step, activity: &[Activity]) -> bool {
    let first = activity.partition_point(|minute| minute.minute < step.from);
    activity.get(first).is_some_and(|minute| minute.minute < step.to)
}

/// What was answered: the rows of each question, for each thing asked.
pub(super) struct Answer(Vec<Rows>);

impl Answer {
    /// Each step with its rows; none where nothing new is in it.
    pub(super) fn steps(&self, plan: &Plan) -> Vec<(Step, Option<Rows>)> {
        match plan.cut {
            None => {
                let rows = |step: &Step| {
                    plan.asked.iter().position(|asked| asked == step).map(|at| self.0[at].clone())
                };
                plan.steps.iter().map(|step| (step.clone(), rows(step))).collect()
            }
            Some(column) => {
                let rows = &self.0[0];
                let times = times(rows, column);
                plan.steps
                    .iter()
                    .map(|step| (step.clone(), cut(rows, column, &times, step)))
                    .collect()
            }
        }
    }
}

fn time(row: &Value, column: &str) -> Option<Time> {
    row.get(column)?.as_i64().map(Time)
}

/// Every moment at which some row stands.
fn times(rows: &Rows, column: &str) -> BTreeSet<Time> {
    rows.iter().flatten().filter_map(|row| time(row, column)).collect()
}

/// The rows of a step's window and those without a time; none if no row is new in the step.
fn cut(rows: &Rows, column: &str, times: &BTreeSet<Time>, step: &Step) -> Option<Rows> {
    times.range(step.from..step.to).next()?;
    let is_in =
        |row: &&Value| time(row, column).is_none_or(|at| step.window_from <= at && at < step.to);
    Some(rows.iter().map(|rows| rows.iter().filter(is_in).cloned().collect()).collect())
}

/// Places of a question in the plans: plan, step that is asked about, question.
type Places = Vec<(usize, usize, usize)>;

/// Asks everything that is planned; what several detections ask alike is asked once.
pub(super) async fn all(store: &Store, plans: &[Plan]) -> anyhow::Result<Vec<Answer>> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut distinct: Vec<(Question, Places)> = Vec::new();
    let mut known: HashMap<String, Vec<usize>> = HashMap::new();
    for (plan_at, plan) in plans.iter().enumerate() {
        answers.push(Answer(vec![Rows::new(); plan.asked.len()]));
        for (asked_at, step) in plan.asked.iter().enumerate() {
            let questions = plan.detection.questions(step);
            answers[plan_at].0[asked_at] = vec![Vec::new(); questions.len()];
            for (question_at, question) in questions.into_iter().enumerate() {
                let place = (plan_at, asked_at, question_at);
                let alike = known.entry(question.name.clone()).or_default();
                if let Some(at) = alike.iter().find(|at| distinct[**at].0 == question) {
                    distinct[*at].1.push(place);
                } else {
                    alike.push(distinct.len());
                    distinct.push((question, vec![place]));
                }
            }
        }
    }
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let mut tasks = JoinSet::new();
    for (question, places) in distinct {
        let (store, turns) = (store.clone(), turns.clone());
        tasks.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("nobody closes it");
            let answer = store.ask::<Value>(&question).await;
            (question.name, places, answer)
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (name, places, answer) = done.context("a question was dropped")?;
        match answer {
            Ok(answer) => share(&answer.rows, &places, plans, &mut answers),
            Err(store::Error::OverBudget { limit, .. })
                if places.iter().all(|(plan, ..)| plans[*plan].bears(&limit)) =>
            {
                for (plan, asked, question) in places {
                    answers[plan].0[asked][question] = plans[plan].over_budget(&limit);
                }
            }
            Err(error) => return Err(error).with_context(|| format!("asking {name}")),
        }
    }
    Ok(answers)
}

/// Gives each detection the rows of a shared answer that are about it.
fn share(rows: &[Value], places: &Places, plans: &[Plan], answers: &mut [Answer]) {
    for (plan, asked, question) in places {
        let takes = |row: &&Value| plans[*plan].detection.takes(*question, row);
        answers[*plan].0[*asked][*question] = rows.iter().filter(takes).cloned().collect();
    }
}
