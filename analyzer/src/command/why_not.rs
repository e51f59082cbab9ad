//! `why-not`: which gate kept a detection silent about a subject.

use super::Exit;
use crate::arguments::WhyNot;
use crate::detections::in_force;
use crate::judge::watermark;
use crate::judge::why_not::{Answer, detection, subject, why_not};
use crate::window::Span;
use model::{Severity, Time};
use policy::Policy;
use std::fmt::Write as _;
use std::io::Write as _;
use store::Store;

/// A detection that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("no detection is called {asked:?}; there are {known}")]
pub struct NoDetection {
    asked: String,
    known: String,
}

/// Answers.
pub(super) async fn tell(
    store: &Store,
    policy: &Policy,
    asked: &WhyNot,
    now: Option<Time>,
) -> anyhow::Result<Exit> {
    let Some(detection) = detection(policy, &asked.detection) else {
        let known: Vec<_> = in_force(policy)
            .iter()
            .map(|detection| format!("{} ({})", detection.about().id, detection.about().name))
            .collect();
        let asked = asked.detection.clone();
        return Err(NoDetection { asked, known: known.join(", ") }.into());
    };
    let to = match (asked.to, now) {
        (Some(to), _) | (None, Some(to)) => to,
        (None, None) => watermark(store).await?.at.unwrap_or_default(),
    };
    let from = asked.from.unwrap_or_else(|| to.plus(-asked.last.0));
    let range = Span::new(from, to);
    super::BadRange::check(&range)?;
    let who = subject(policy, &asked.subject, to);
    let answer = why_not(store, policy, detection, &who, range, &asked.without).await?;
    let mut out = std::io::stdout();
    if asked.format.is_json() {
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
    } else {
        write!(out, "{}", text(&answer))?;
    }
    Ok(Exit::Done)
}

fn text(answer: &Answer) -> String {
    let mut out = String::new();
    put(&mut out, answer).expect("a string takes what is written");
    out
}

fn put(out: &mut String, answer: &Answer) -> std::fmt::Result {
    let Answer { subject, name, detection, from, to, steps, spoken, .. } = answer;
    let range = format!("{} to {}", short(*from), short(*to));
    let rings: Vec<_> = answer.rang.iter().filter(|row| row.severity > Severity::P0).collect();
    for row in &rings {
        writeln!(
            out,
            "{name} ({detection}) rang for {subject} at {}: {} on {}, warning {}",
            short(row.seen),
            row.severity,
            row.object,
            row.warning.get(..8).map_or("-".to_owned(), |id| format!("W-{id}")),
        )?;
    }
    let Some(nearest) = answer.nearest else {
        return if rings.is_empty() {
            writeln!(
                out,
                "{name} ({detection}) looked at {steps} steps, {range}, and no row that it reads speaks of {subject}.\n\
                 It looks for: {}.\n\
                 Check the name (a host of the policy, or an address), widen the range with --last, and see with\n\
                 `bartizan flows 'src = {subject}'` whether a tap saw it at all.",
                answer.finds.trim_end_matches('.')
            )
        } else {
            Ok(())
        };
    };
    let verb = if rings.is_empty() { "did not ring; it came nearest" } else { "came nearest" };
    writeln!(
        out,
        "{name} ({detection}) looked at {subject} in {spoken} of {steps} steps, {range}, and {verb} at {}.",
        short(nearest)
    )?;
    put_gates(out, answer)?;
    if answer.unknown {
        writeln!(out, "What the taps could not see is unknown: this is no calm.")?;
    }
    match answer.would_ring.split_first() {
        Some((first, rest)) => {
            writeln!(out, "It would have rung {first}.")?;
            for other in rest.iter().take(3) {
                writeln!(out, "          or also {other}.")?;
            }
        }
        None if rings.is_empty() && answer.gates.iter().any(|gate| !gate.passes) => {
            writeln!(out, "No single change that was tried would have rung.")?;
        }
        None => {}
    }
    Ok(())
}

fn put_gates(out: &mut String, answer: &Answer) -> std::fmt::Result {
    let width = answer.gates.iter().map(|gate| gate.name.len()).max().unwrap_or(0);
    let mut stopped = false;
    for gate in &answer.gates {
        let Some(word) = (match (stopped, gate.passes) {
            (true, _) => None,
            (false, true) => Some("ok  "),
            (false, false) => Some("STOP"),
        }) else {
            writeln!(out, "  {:<width$}  -     not reached: {}", gate.name, gate.value)?;
            continue;
        };
        stopped |= !gate.passes;
        write!(out, "  {:<width$}  {word}  {}", gate.name, gate.value)?;
        writeln!(
            out,
            "{}",
            if gate.passes { String::new() } else { format!("; needs {}", gate.needs) }
        )?;
    }
    Ok(())
}

/// A moment to the minute.
fn short(time: Time) -> String {
    time.to_string().get(..16).unwrap_or_default().replace('T', " ")
}
