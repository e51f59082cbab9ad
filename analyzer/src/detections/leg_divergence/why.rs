//! What keeps the legs of a switch from ringing.

use super::{Rows, Said};
use crate::detections::{Context, Gate, WhatIf};
use crate::entities::Entity;
use serde_json::Value;
use std::net::Ipv6Addr;

pub(super) fn gates(subject: &str, rows: &Rows, context: &Context<'_>) -> Vec<Gate> {
    let is_subject =
        |ip: Ipv6Addr| Entity::at(context.policy, ip, context.step.from).key() == subject;
    let of_subject = || rows.population.iter().filter(|row| is_subject(row.answerer));
    let answered = of_subject().count();
    let joined: u64 = of_subject().map(|row| row.joined).sum();
    let alone: u64 = of_subject().map(|row| row.alone).sum();
    if answered == 0 {
        return Vec::new();
    }
    let own: Vec<_> = rows.pairs.iter().filter(|pair| is_subject(pair.switch)).collect();
    let unexplained = own
        .iter()
        .filter(|pair| matches!(rows.divergence(pair, context), Said::Differs(_)))
        .count();
    vec![
        Gate {
            name: "legs".into(),
            value: format!("{joined} transactions with both legs, {alone} approvals with one"),
            needs: "one with both legs".into(),
            passes: joined > 0,
        },
        Gate {
            name: "difference".into(),
            value: format!("{} whose legs differ", own.len()),
            needs: "one: another code, amount or balance, or an unverified cardholder".into(),
            passes: !own.is_empty(),
        },
        Gate {
            name: "explained".into(),
            value: format!("{unexplained} that neither policy nor habit explains"),
            needs: "one".into(),
            passes: unexplained > 0,
        },
    ]
}

/// The same rows as if what differs had no history, then as if it had been an approval of a decline.
pub(super) fn what_if(subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
    let is_subject = |row: &Value| {
        let ip = row["switch"].as_str().and_then(|ip| ip.parse().ok());
        ip.is_some_and(|ip: Ipv6Addr| {
            Entity::at(context.policy, ip, context.step.from).key() == subject
        })
    };
    if !rows[0].iter().any(is_subject) {
        return Vec::new();
    }
    let mut unknown = rows.to_vec();
    unknown[2].clear();
    let mut approved = unknown.clone();
    for row in approved[0].iter_mut().filter(|row| is_subject(row)) {
        row["upstream"] = "51".into();
        row["downstream"] = "00".into();
        row["stand_in"] = 0.into();
    }
    vec![
        WhatIf { said: "had the switch never done it before".into(), rows: unknown },
        WhatIf { said: "had it approved what the issuer declined with 51".into(), rows: approved },
    ]
}
