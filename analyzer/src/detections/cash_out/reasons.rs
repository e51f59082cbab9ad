//! What it means that cash is drawn so: for which cards or issuer, why it is suspicious, and what to do.

use super::issuers::{Issuer, Score, Usual};
use super::{ABOUT, Rows, Spree};
use crate::detections::{Context, Finding, card_leg};
use crate::entities::{Entity, critical_zone};
use crate::score;
use model::Severity;
use model::warning::Contribution;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::Ipv6Addr;

/// The cards that ring in a step at one answerer, asked by one asker; they are not empty.
pub(super) fn of_cards(
    answerer: Ipv6Addr,
    asker: Ipv6Addr,
    sprees: &[Spree<'_>],
    rows: &Rows,
    context: &Context<'_>,
) -> Finding {
    let step = context.step;
    let (from, to) = (
        Entity::at(context.policy, asker, step.from),
        Entity::at(context.policy, answerer, step.from),
    );
    let flows: BTreeSet<u64> =
        sprees.iter().flat_map(|spree| spree.flow_ids.iter().copied()).collect();
    let cards: Vec<&str> = sprees.iter().take(8).map(|spree| card_leg::short(spree.card)).collect();
    let most = sprees.iter().map(|spree| spree.draws).max().unwrap_or(0);
    let widest = sprees.iter().map(|spree| spree.countries.len()).max().unwrap_or(0);
    let numbers = [
        ("cards", json!(sprees.len())),
        ("card tokens", json!(cards)),
        ("most in ten minutes", json!(most)),
        ("countries in an hour", json!(widest)),
        ("withdrawals in an hour", json!(sprees.iter().map(|spree| spree.in_hour).sum::<u64>())),
        (
            "terminals",
            json!(sprees.iter().flat_map(|spree| &spree.terminals).collect::<BTreeSet<_>>().len()),
        ),
    ];
    Finding {
        subject: to.key(),
        object: from.key(),
        episode_start: step.from,
        severity: ABOUT.severity,
        zone: critical_zone(&to, &from).to_owned(),
        surprise_millinats: None,
        contributions: contributions(sprees, rows, answerer),
        sentence: sentence(sprees, &from, &to),
        numbers: named(numbers),
        flow_ids: flows.into_iter().take(1_000).collect(),
    }
}

fn named<const N: usize>(numbers: [(&str, Value); N]) -> serde_json::Map<String, Value> {
    numbers.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

fn contributions(sprees: &[Spree<'_>], rows: &Rows, answerer: Ipv6Addr) -> Vec<Contribution> {
    let mut parts = Vec::new();
    if let Some(fastest) =
        sprees.iter().filter(|spree| spree.is_fast()).map(|spree| spree.draws).max()
    {
        parts.push(score::part(
            "one card drew more often than a person does",
            format!("{fastest} in ten minutes"),
            2_200,
        ));
    }
    if let Some(widest) =
        sprees.iter().filter(|spree| spree.is_far()).map(|spree| spree.countries.len()).max()
    {
        parts.push(score::part(
            "one card was in more countries than it can be",
            format!("{widest} in an hour"),
            2_600,
        ));
    }
    let (stripe, all) = sprees
        .iter()
        .fold((0, 0), |(stripe, all), spree| (stripe + spree.by_stripe, all + spree.draws));
    let links: BTreeSet<&str> = rows
        .population
        .iter()
        .filter(|row| row.answerer == answerer)
        .flat_map(|row| row.links.iter().map(String::as_str))
        .collect();
    if let Some(usual) = rows.usual.iter().find(|usual| links.contains(usual.link.as_str()))
        && is_thrice_usual(stripe, all, usual)
    {
        let value = format!("{stripe} of {all}, usually {} of {}", usual.by_stripe, usual.all);
        parts.push(score::part(
            "by magnetic stripe or fallback, three times as often as usual",
            value,
            700,
        ));
    }
    if sprees.len() > 1 {
        parts.push(score::part("more than one card at a time", sprees.len().to_string(), 500));
    }
    if sprees
        .iter()
        .any(|spree| spree.terminals.len() as u64 * 2 > spree.in_hour && spree.terminals.len() > 2)
    {
        parts.push(score::part("from terminal to terminal", "", 300));
    }
    parts
}

/// Whether the share by stripe is three times what it usually is; none is usual, if there is no memory of it.
fn is_thrice_usual(stripe: u64, all: u64, usual: &Usual) -> bool {
    stripe > 0
        && usual.all > 0
        && u128::from(stripe) * u128::from(usual.all)
            >= 3 * u128::from(usual.by_stripe) * u128::from(all)
}

fn sentence(sprees: &[Spree<'_>], from: &Entity<'_>, to: &Entity<'_>) -> String {
    let worst = sprees
        .iter()
        .max_by_key(|spree| (spree.is_far(), spree.draws, spree.card))
        .expect("some card rings");
    let tokens: Vec<&str> =
        sprees.iter().take(3).map(|spree| card_leg::short(spree.card)).collect();
    let cards = match sprees.len() {
        1 => format!("Card token {}", tokens[0]),
        n if n > tokens.len() => format!("{n} cards (tokens {} and more)", tokens.join(", ")),
        n => format!("{n} cards (tokens {})", tokens.join(", ")),
    };
    let did = if worst.is_far() {
        let places: Vec<&str> = worst.countries.iter().copied().take(8).collect();
        format!("drew cash in {} countries within an hour ({})", places.len(), places.join(", "))
    } else {
        format!(
            "drew cash {} times in ten minutes at {} terminals",
            worst.draws,
            worst.terminals.len()
        )
    };
    format!(
        "{cards} {did} by way of {}, approved by {}. Block these cards, and ask the issuer whether it approved them.",
        from.described(),
        to.described()
    )
}

/// One issuer's cards abroad.
pub(super) fn of_issuer(issuer: &Issuer, score: Score, context: &Context<'_>) -> Finding {
    let step = context.step;
    let to = Entity::at(context.policy, issuer.answerer, step.from);
    let who = if issuer.bin == 0 {
        "issuers with few cards".to_owned()
    } else {
        format!("BIN {:06}", issuer.bin)
    };
    let usual = half(score.twice_median);
    let numbers = [
        ("issuer", json!(who)),
        ("link", json!(issuer.link)),
        ("abroad in an hour", json!(issuer.approvals)),
        ("twice the usual", json!(score.twice_median)),
        ("rz thousandths", json!(score.rz_thousandths)),
        ("weeks", json!(score.weeks)),
    ];
    let value = format!("{} in an hour, usually {usual}", issuer.approvals);
    Finding {
        subject: to.key(),
        object: who.clone(),
        episode_start: step.from,
        severity: Severity::P3,
        zone: to.place.zone.to_owned(),
        surprise_millinats: None,
        contributions: vec![score_part(value)],
        sentence: format!(
            "{} withdrawals abroad with cards of {who} were approved by {} within an hour, where {usual} are usual. Ask the \
             issuer whether they are its customers', and lower its limits abroad until it answers.",
            issuer.approvals,
            to.described()
        ),
        numbers: named(numbers),
        flow_ids: Vec::new(),
    }
}

fn score_part(value: String) -> Contribution {
    score::part("far more cash abroad than in this hour of earlier weeks", value, 1_500)
}

/// Half of a whole number, as people write it.
fn half(doubled: i64) -> String {
    if doubled % 2 == 0 { (doubled / 2).to_string() } else { format!("{}.5", doubled / 2) }
}
