//! What it means that two legs differ: how bad it is, why, and what to do.

use super::{Habit, Pair, Rows};
use crate::detections::{Context, card_leg};
use crate::entities::Entity;
use crate::score;
use model::warning::Contribution;
use model::{Severity, Time};
use policy::Mac;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How two legs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Declined upstream, approved downstream.
    Approved,
    /// Both approved, with another amount.
    Amount,
    /// The same code, with another balance.
    Balance,
    /// Both approved, though the cardholder was not verified.
    Cardholder,
    /// One code passed on as another, and no approval made of it.
    Code,
}

/// Two legs that differ as no habit or agreement explains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Divergence<'a> {
    pub(super) pair: &'a Pair,
    pub(super) kind: Kind,
    /// Pairs of legs of the switch in the thirty days before.
    pub(super) before: u64,
    /// Those of them that differed like this.
    pub(super) like: u64,
}

impl Kind {
    /// Of legs with different codes.
    pub(super) fn of_codes(pair: &Pair) -> Self {
        let was_approved = card_leg::APPROVALS.contains(&pair.upstream.as_str());
        if pair.is_approved() && !was_approved { Self::Approved } else { Self::Code }
    }

    /// Of legs with one code; none if nothing that counts differs.
    pub(super) fn of_equal_codes(pair: &Pair) -> Option<Self> {
        match pair {
            Pair { other_amount: 1, .. } if pair.is_approved() => Some(Self::Amount),
            Pair { other_balance: 1, .. } => Some(Self::Balance),
            Pair { failed_cardholder: 1, .. } if pair.is_approved() => Some(Self::Cardholder),
            _ => None,
        }
    }

    /// Whether earlier pairs of `habit` with one code differed in the same.
    pub(super) fn is_like(self, habit: &Habit) -> bool {
        habit.upstream == habit.downstream
            && match self {
                Self::Amount => habit.other_amount != 0,
                Self::Balance => habit.other_balance != 0,
                Self::Cardholder => habit.failed_cardholder != 0,
                Self::Approved | Self::Code => false,
            }
    }

    /// How bad one of it is.
    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::Code => Severity::P1,
            Self::Balance | Self::Cardholder => Severity::P2,
            Self::Amount => Severity::P3,
            Self::Approved => Severity::P4,
        }
    }

    const fn part(self) -> (&'static str, i32) {
        match self {
            Self::Approved => ("declined by the issuer and approved by the switch", 3_000),
            Self::Amount => ("approved for another amount than the issuer approved", 1_800),
            Self::Balance => ("another balance than the issuer's", 800),
            Self::Cardholder => ("approved though the cardholder was not verified", 800),
            Self::Code => ("a response code passed on as another", 600),
        }
    }
}

/// Memory that a "never before" needs.
const MEMORY_US: i64 = 14 * Time::DAY;

pub(super) fn contributions(
    all: &[Divergence<'_>],
    worst: &Divergence<'_>,
    context: &Context<'_>,
) -> Vec<Contribution> {
    let Divergence { pair, kind, before, like } = *worst;
    let (name, millinats) = kind.part();
    let mut parts =
        vec![score::part(name, format!("{} > {}", pair.upstream, pair.downstream), millinats)];
    let remembers = context.step.from.since(context.memory_from) >= MEMORY_US;
    if like == 0 && before > 0 && remembers {
        parts.push(score::part(
            "never seen before",
            format!("0 of {before} pairs in 30 days"),
            700,
        ));
    }
    if pair.other_balance != 0 && kind != Kind::Balance {
        parts.push(score::part("another balance than the issuer's", "", 700));
    }
    if kind == Kind::Approved && card_leg::is_stripe(&pair.de22) {
        parts.push(score::part("by magnetic stripe", pair.de22.clone(), 500));
    }
    let has_no_code =
        |id: &str| context.policy.link(id).is_some_and(|link| link.mac == Mac::Absent);
    if has_no_code(&pair.up_link) || has_no_code(&pair.down_link) {
        parts.push(score::part("no authentication code protects the link", "", 300));
    }
    let like_it = all.iter().filter(|one| one.kind == kind).count();
    if like_it > 1 {
        parts.push(score::part("more than one in the minute", like_it.to_string(), 300));
    }
    parts
}

pub(super) fn sentence(
    all: &[Divergence<'_>],
    worst: &Divergence<'_>,
    switch: &Entity<'_>,
    issuer: &Entity<'_>,
) -> String {
    let Divergence { pair, kind, .. } = *worst;
    let count = all.iter().filter(|one| one.kind == kind).count();
    let times = if count == 1 { "a withdrawal".to_owned() } else { format!("{count} withdrawals") };
    let (who, from) = (switch.described(), issuer.described());
    let codes = format!("{} became {}", pair.upstream, pair.downstream);
    let balance = if pair.other_balance != 0 && kind != Kind::Balance {
        ", with another balance than the issuer's"
    } else {
        ""
    };
    let told = match kind {
        Kind::Approved => {
            format!("{who} approved {times} that {from} had declined ({codes}){balance}")
        }
        Kind::Amount => format!("{who} approved {times} for another amount than {from} did"),
        Kind::Balance => format!("{who} told another balance than {from} had, in {times}"),
        Kind::Cardholder => {
            format!("{who} and {from} approved {times} though the cardholder was not verified")
        }
        Kind::Code => {
            format!("{who} passed on a code of {from} as another ({codes}), as it never did before")
        }
    };
    let card = if pair.card.bytes().all(|digit| digit == b'0') {
        String::new()
    } else {
        format!(", card token {}", card_leg::short(&pair.card))
    };
    let act = match kind {
        Kind::Approved | Kind::Amount => format!(
            "Stop approvals at {} and compare its programs with the vendor's; block the cards at the issuer.",
            switch.key()
        ),
        Kind::Balance | Kind::Cardholder => format!("Ask what changed on {} today.", switch.key()),
        Kind::Code => {
            format!("If {} may translate it, name the pair in the link's codes.", switch.key())
        }
    };
    format!("{told}: terminal {}{card}. {act}", pair.de41)
}

pub(super) fn numbers(all: &[Divergence<'_>], rows: &Rows) -> Map<String, Value> {
    let mut cells: BTreeMap<String, u64> = BTreeMap::new();
    for one in all {
        *cells.entry(format!("{} > {}", one.pair.upstream, one.pair.downstream)).or_default() += 1;
    }
    let distinct =
        |of: fn(&Pair) -> &str| all.iter().map(|one| of(one.pair)).collect::<BTreeSet<_>>();
    let cards: Vec<&str> =
        distinct(|pair| &pair.card).into_iter().take(8).map(card_leg::short).collect();
    let terminals: Vec<&str> = distinct(|pair| &pair.de41).into_iter().take(8).collect();
    let joined: u64 = rows.population.iter().map(|row| row.joined).sum();
    let [before, like] = [all[0].before, all[0].like];
    let links = distinct(|pair| &pair.up_link)
        .into_iter()
        .chain(distinct(|pair| &pair.down_link))
        .filter(|id| !id.is_empty());
    [
        ("divergent", json!(all.len())),
        ("pairs in the minute", json!(joined)),
        ("codes", json!(cells)),
        ("cards", json!(cards)),
        ("terminals", json!(terminals)),
        ("links", json!(links.collect::<BTreeSet<_>>())),
        ("pairs in 30 days", json!(before)),
        ("like this in 30 days", json!(like)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
