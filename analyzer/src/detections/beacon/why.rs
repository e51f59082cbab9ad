//! What keeps a caller from ringing: its busiest rhythm against each gate, and the smallest change that would have rung.

use super::calibration;
use super::parts::{FEWEST, Parts};
use super::reasons::{self, Known};
use super::rows::{self, Calls, Memory, Pair};
use super::sums::Sums;
use super::{RINGS_MILLINATS, horizon_from, templates};
use crate::detections::{Context, Gate, WhatIf};
use crate::entities::Entity;
use crate::score;
use anyhow::Context as _;
use model::Time;
use serde_json::Value;

/// Thousandths of its irregularity that a rhythm keeps in each thing that is tried.
const KEPT: [i64; 4] = [750, 500, 250, 50];

/// The pair of one caller that came nearest to ringing.
struct Nearest {
    pair: Pair,
    calls: Calls,
    /// None if there are too few calls for a rhythm.
    surprise: Option<u32>,
}

/// The gates of the caller's nearest pair.
pub(super) fn gates(
    subject: &str,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Vec<Gate>> {
    let nearest = nearest(subject, rows, context)?;
    nearest.map_or_else(|| Ok(Vec::new()), |nearest| gates_of(&nearest, rows, context))
}

/// The gates of one pair.
fn gates_of(
    nearest: &Nearest,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Vec<Gate>> {
    let Nearest { pair, calls, surprise } = nearest;
    let to = pair.object();
    let gate = |name: &str, value: String, needs: String, passes| Gate {
        name: name.into(),
        value,
        needs,
        passes,
    };
    let enough = surprise.is_some();
    let mut gates = vec![gate(
        "rows",
        format!("{} calls to {to} in this shift and the one before", calls.seconds.len()),
        format!("{FEWEST} intervals that are no pauses, and a server that is not for everyone"),
        enough,
    )];
    let Some(surprise) = *surprise else { return Ok(gates) };
    gates.push(gate(
        "rhythm",
        format!("p {:.1e}", (-f64::from(surprise) / 1_000.0).exp()),
        "p 1.0e-3 or less among ordinary callers with as many calls".into(),
        surprise >= RINGS_MILLINATS,
    ));
    let Some(memory) = memory(rows)? else { return Ok(gates) };
    let known = Known::of(pair, calls, &memory, context);
    gates.push(gate(
        "policy",
        match known.judgement.conduit {
            Some(conduit) if known.is_declared() => format!("conduit {conduit} declares it"),
            _ => known.judgement.verdict.as_str().to_owned(),
        },
        "no conduit that declares it".into(),
        !known.is_declared(),
    ));
    let parts = score::limited(known.contributions(surprise));
    let against: Vec<_> = parts
        .iter()
        .filter(|part| part.millinats < 0 && part.millinats != reasons::BASE)
        .map(|part| format!("{} {:+.1}", part.name, f64::from(part.millinats) / 1_000.0))
        .collect();
    let sum = score::sum(&parts);
    let mut value = format!("log-odds {:+.2}", f64::from(sum) / 1_000.0);
    if !against.is_empty() {
        value.push_str(&format!(" (against it: {})", against.join(", ")));
    }
    gates.push(gate("score", value, "log-odds +0.00 or more: a score of 0.50".into(), sum >= 0));
    Ok(gates)
}

/// The same calls with a steadier rhythm, then as if they had begun a day ago.
pub(super) fn what_if(
    subject: &str,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Vec<WhatIf>> {
    let Some(nearest) = nearest(subject, rows, context)? else { return Ok(Vec::new()) };
    let Nearest { pair, calls, .. } = &nearest;
    if calls.seconds.len() < 3 {
        return Ok(Vec::new());
    }
    let now = jitter(&calls.seconds);
    let mut tried = Vec::new();
    for kept in KEPT {
        let seconds = steadier(&calls.seconds, kept);
        let said = format!("with a jitter of {} % (now {now} %)", jitter(&seconds));
        tried.push(WhatIf { said, rows: with_seconds(rows, pair, &seconds)? });
    }
    let recent = context.step.to.plus(-Time::DAY);
    let said = "had it first been seen a day ago".to_owned();
    tried.push(WhatIf { said, rows: first_seen(rows, pair, recent)? });
    let steady = steadier(&calls.seconds, KEPT[KEPT.len() - 1]);
    let said =
        format!("with a jitter of {} % (now {now} %) and first seen a day ago", jitter(&steady));
    let rows = first_seen(&with_seconds(rows, pair, &steady)?, pair, recent)?;
    tried.push(WhatIf { said, rows });
    Ok(tried)
}

fn memory(rows: &[Vec<Value>]) -> anyhow::Result<Option<Memory>> {
    let Some((_, memory)) = rows.split_first() else { return Ok(None) };
    let memory = memory.try_into().context("the beacon asks seven questions")?;
    Memory::read(memory).map(Some)
}

fn nearest(
    subject: &str,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Option<Nearest>> {
    let Some(calls) = rows.first() else { return Ok(None) };
    let step = context.step;
    let is_subject =
        |pair: &Pair| Entity::at(context.policy, pair.client, step.to).key() == subject;
    let of_subject = rows::calls(calls, horizon_from(step), step.to)?
        .into_iter()
        .filter(|(pair, calls)| is_subject(pair) && !reasons::is_for_everyone(calls.latest.dst_ip));
    let measured = of_subject.map(|(pair, calls)| {
        let parts = Sums::of(&calls.seconds, step.to.seconds())
            .and_then(|sums| Parts::of(&sums, &templates::SHIPPED));
        let surprise = parts.map(|parts| calibration::SHIPPED.verdict(&parts).surprise_millinats);
        Nearest { pair, calls, surprise }
    });
    let mut nearest: Option<(usize, Nearest)> = None;
    for near in measured {
        let passed = gates_of(&near, rows, context)?.iter().take_while(|gate| gate.passes).count();
        let key = |passed, near: &Nearest| (passed, near.surprise, near.calls.seconds.len());
        if nearest.as_ref().is_none_or(|(most, best)| key(passed, &near) > key(*most, best)) {
            nearest = Some((passed, near));
        }
    }
    Ok(nearest.map(|(_, near)| near))
}

/// Standard deviation of the intervals as a share of their mean, in hundredths.
fn jitter(seconds: &[i64]) -> i64 {
    let intervals: Vec<f64> = seconds.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let n = intervals.len().max(1) as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n;
    if mean > 0.0 { (100.0 * variance.sqrt() / mean).round() as i64 } else { 0 }
}

/// The calls moved towards even spacing, so that `kept` thousandths of each distance from it remain.
fn steadier(seconds: &[i64], kept: i64) -> Vec<i64> {
    let (first, last) = (seconds[0], seconds[seconds.len() - 1]);
    let gaps = (seconds.len() - 1) as i64;
    let moved = seconds.iter().enumerate().map(|(at, second)| {
        let even = first + (last - first) * at as i64 / gaps;
        even + (second - even) * kept / 1_000
    });
    moved.collect()
}

fn is_of(row: &Value, pair: &Pair) -> bool {
    use serde::Deserialize;
    Pair::deserialize(row).is_ok_and(|other| other == *pair)
}

/// The rows with the calls of `pair` at other seconds; each bucket is made after the pair's latest.
fn with_seconds(
    rows: &[Vec<Value>],
    pair: &Pair,
    seconds: &[i64],
) -> anyhow::Result<Vec<Vec<Value>>> {
    const BUCKET_S: i64 = 300;
    let model = rows[0]
        .iter()
        .filter(|row| is_of(row, pair))
        .max_by_key(|row| row["bucket_us"].as_i64())
        .context("the pair has rows")?
        .clone();
    let mut out = rows.to_vec();
    out[0].retain(|row| !is_of(row, pair));
    let mut at = 0;
    while at < seconds.len() {
        let bucket = seconds[at].div_euclid(BUCKET_S);
        let end =
            at + seconds[at..].partition_point(|second| second.div_euclid(BUCKET_S) == bucket);
        let mut row = model.clone();
        row["bucket_us"] = (bucket * BUCKET_S * Time::SECOND).into();
        row["seconds"] = seconds[at..end].to_vec().into();
        row["calls"] = (end - at).into();
        out[0].push(row);
        at = end;
    }
    Ok(out)
}

/// The rows as if the pair had first been seen at `at`.
fn first_seen(rows: &[Vec<Value>], pair: &Pair, at: Time) -> anyhow::Result<Vec<Vec<Value>>> {
    let mut out = rows.to_vec();
    let memory = out.get_mut(1).context("the beacon asks for memory second")?;
    for row in memory.iter_mut().filter(|row| is_of(row, pair)) {
        if row["first_us"].as_i64().is_some_and(|first| first < at.0) {
            row["first_us"] = at.0.into();
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_irregularity_is_half_the_jitter() {
        // Intervals 50, 150, 50, 150: mean 100, deviation 50.
        let seconds = [0, 50, 200, 250, 400];
        assert_eq!(jitter(&seconds), 50);
        assert_eq!(steadier(&seconds, 500), [0, 75, 200, 275, 400]);
        assert_eq!(jitter(&steadier(&seconds, 500)), 25);
        assert_eq!(jitter(&[7]), 0);
    }
}
