//! What keeps a refused flow from ringing: whom it went to, and whether it was answered.

use super::{Refused, read};
use crate::detections::{Context, Gate, WhatIf};
use model::verdict::Outcome;
use serde_json::Value;

/// The gates of what `is_subject` says is the subject's; `needs` says which flows count, and `counts` whether one does.
pub(in crate::detections) fn gates(
    rows: &[Vec<Value>],
    context: &Context<'_>,
    is_subject: &dyn Fn(&Refused) -> bool,
    needs: &str,
    counts: &dyn Fn(&Refused) -> bool,
) -> anyhow::Result<Vec<Gate>> {
    let Some(flows) = rows.first() else { return Ok(Vec::new()) };
    let mut own = read(flows, context.step, context.policy)?;
    own.retain(is_subject);
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let all: u64 = own.iter().map(|row| row.conversations).sum();
    own.retain(counts);
    let fit: u64 = own.iter().map(|row| row.conversations).sum();
    let answered: u64 = own
        .iter()
        .filter(|row| row.outcome == Outcome::Established)
        .map(|row| row.conversations)
        .sum();
    Ok(vec![
        Gate {
            name: "rows".into(),
            value: format!("{all} conversations that policy does not call ok, of a day"),
            needs: "one".into(),
            passes: true,
        },
        Gate {
            name: "target".into(),
            value: format!("{fit} of them"),
            needs: needs.to_owned(),
            passes: fit > 0,
        },
        Gate {
            name: "outcome".into(),
            value: format!("{answered} answered"),
            needs: "one that was answered: what is refused proves the control".into(),
            passes: answered > 0,
        },
    ])
}

/// The same rows, as if every one had been answered.
pub(in crate::detections) fn what_if(rows: &[Vec<Value>]) -> Vec<WhatIf> {
    let mut answered = rows.to_vec();
    let Some(flows) = answered.first_mut() else { return Vec::new() };
    for row in flows.iter_mut() {
        row["outcome"] = Outcome::Established.as_str().into();
    }
    vec![WhatIf { said: "had it been answered".into(), rows: answered }]
}
