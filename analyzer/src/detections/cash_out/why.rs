//! What keeps the cards at one answerer from ringing.

use super::{COUNTRIES, DRAWS, Rows, issuers};
use crate::detections::{Context, Gate, WhatIf};
use crate::entities::Entity;
use serde_json::Value;
use std::net::Ipv6Addr;

pub(super) fn gates(subject: &str, rows: &Rows, context: &Context<'_>) -> Vec<Gate> {
    let is_subject =
        |ip: Ipv6Addr| Entity::at(context.policy, ip, context.step.from).key() == subject;
    let own = || rows.population.iter().filter(|row| is_subject(row.answerer));
    let cards: u64 = own().map(|row| row.cards).sum();
    if own().count() == 0 {
        return Vec::new();
    }
    let sprees: Vec<_> = rows
        .sprees(context.step)
        .into_iter()
        .filter(|spree| is_subject(spree.answerer) && spree.is_new)
        .collect();
    let most = sprees.iter().map(|spree| spree.draws).max().unwrap_or(0);
    let widest = sprees.iter().map(|spree| spree.countries.len()).max().unwrap_or(0);
    let abroad = rows.abroad(context);
    let highest = abroad
        .iter()
        .filter(|(issuer, _)| is_subject(issuer.answerer))
        .map(|(_, score)| score.rz_thousandths)
        .max()
        .unwrap_or(0);
    let rang = sprees.iter().any(super::Spree::rings) || highest > issuers::RINGS_AT;
    vec![
        Gate {
            name: "rows".into(),
            value: format!("{cards} cards with an approved withdrawal in the minute"),
            needs: "one whose token is known".into(),
            passes: cards > 0,
        },
        Gate {
            name: "often or far".into(),
            value: format!(
                "at most {} withdrawals in ten minutes and {} countries in an hour by one card, and {}.{:03} above the \
                 usual abroad by one issuer",
                if most == 0 { format!("fewer than {DRAWS}") } else { most.to_string() },
                if widest == 0 { format!("fewer than {COUNTRIES}") } else { widest.to_string() },
                highest / 1_000,
                highest.rem_euclid(1_000)
            ),
            needs: format!(
                "{DRAWS} withdrawals, {COUNTRIES} countries, or a robust z above {}",
                issuers::RINGS_AT / 1_000
            ),
            passes: rang,
        },
    ]
}

/// The same rows with more withdrawals by the busiest card of the subject.
pub(super) fn what_if(subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
    let Ok(read) = Rows::read(rows, context.step) else { return Vec::new() };
    let is_subject =
        |ip: Ipv6Addr| Entity::at(context.policy, ip, context.step.from).key() == subject;
    let busiest = read
        .sprees(context.step)
        .into_iter()
        .filter(|spree| spree.is_new && is_subject(spree.answerer))
        .max_by_key(|spree| (spree.draws, spree.card.to_owned()))
        .map(|spree| (spree.card.to_owned(), spree.draws));
    let Some((card, draws)) = busiest else { return Vec::new() };
    let missing = DRAWS.saturating_sub(draws).max(1);
    let mut more = rows.to_vec();
    let newest = more[0]
        .iter_mut()
        .filter(|row| {
            row["card"].as_str() == Some(card.as_str())
                && row["at"].as_i64() >= Some(context.step.from.0)
        })
        .last();
    if let Some(row) = newest {
        row["approvals"] = (row["approvals"].as_u64().unwrap_or(0) + missing).into();
    }
    vec![WhatIf {
        said: format!("with {missing} more withdrawals by its busiest card in these ten minutes"),
        rows: more,
    }]
}
