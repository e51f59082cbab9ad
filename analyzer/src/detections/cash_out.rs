//! FIN-12: cash drawn faster, or in more places, than a person can.
//!
//! A card that draws six times in ten minutes, or in three countries within an hour, is enough. Where each card keeps below
//! that, the withdrawals abroad of one issuer are compared with the same hour of earlier weeks. A withdrawal has a row on
//! every leg it takes: it counts where it was first asked for.

mod cases;
mod issuers;
mod reasons;
mod why;

use super::{About, Cadence, Case, Context, Detection, Gate, Judged, Step, WhatIf, card_leg};
use issuers::{Issuer, Usual};
use model::{Severity, Time};
use query::named;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use store::{Budget, Question};

/// FIN-12.
#[derive(Debug)]
pub struct CashOut;

static ABOUT: About = About {
    id: "FIN-12",
    name: "cash_out",
    finds: "cash drawn with one card too often or in too many countries, or abroad with the cards of one issuer",
    severity: Severity::P4,
    attack: &["T1657"],
    cadence: Cadence::Minute,
    monotone: false,
    step_us: Time::MINUTE,
    window_us: COUNTRIES_US,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 1_000,
    both_directions: true,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 200_000_000, bytes: 16 << 30, seconds: 60, memory: 4 << 30 },
    gives_way_to: &[],
    version: "1",
};

/// Approved withdrawals of one card, and within which time.
const DRAWS: u64 = 6;
const DRAWS_US: i64 = 10 * Time::MINUTE;
/// Countries of one card's withdrawals, and within which time.
const COUNTRIES: usize = 3;
const COUNTRIES_US: i64 = Time::HOUR;
/// How far back what is usual is looked for: four of each hour of the week.
const USUAL_US: i64 = 28 * Time::DAY;

/// Approved withdrawals of one card in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Draws {
    at: Time,
    card: String,
    asker: Ipv6Addr,
    answerer: Ipv6Addr,
    zone: String,
    approvals: u64,
    by_stripe: u64,
    countries: Vec<String>,
    terminals: Vec<String>,
    flow_ids: Vec<u64>,
}

/// Cards with approved withdrawals in one minute, by who answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Population {
    at: Time,
    answerer: Ipv6Addr,
    zone: String,
    cards: u64,
    without_token: u64,
    links: Vec<String>,
}

impl Detection for CashOut {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("cash_out.sql");
        let day = step.from.floor(Time::DAY);
        let ask = |name| card_leg::question(&named(SQL, name), step).within(ABOUT.budget);
        let usual = |name| ask(name).with("usual_from", day.plus(-USUAL_US)).with("usual_to", day);
        vec![
            ask("cash_out.cards").with("draws", DRAWS as i64).with("countries", COUNTRIES as i64),
            ask("cash_out.population"),
            usual("cash_out.issuers"),
            usual("cash_out.usual"),
        ]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let rows = Rows::read(rows, context.step)?;
        let mut judged = rows.counted(context);
        let mut by_place: BTreeMap<(Ipv6Addr, Ipv6Addr), Vec<Spree<'_>>> = BTreeMap::new();
        for spree in rows.sprees(context.step).into_iter().filter(Spree::rings) {
            by_place.entry((spree.answerer, spree.asker)).or_default().push(spree);
        }
        for ((answerer, asker), sprees) in &by_place {
            judged.findings.push(reasons::of_cards(*answerer, *asker, sprees, &rows, context));
        }
        for (issuer, score) in rows.abroad(context) {
            if score.rings() && !by_place.contains_key(&(issuer.answerer, issuer.asker)) {
                judged.findings.push(reasons::of_issuer(issuer, score, context));
            }
        }
        Ok(judged)
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        Ok(why::gates(subject, &Rows::read(rows, context.step)?, context))
    }

    fn what_if(&self, subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
        why::what_if(subject, rows, context)
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

/// The answers about one step and the hour before its end.
struct Rows {
    draws: Vec<Draws>,
    population: Vec<Population>,
    issuers: Vec<Issuer>,
    usual: Vec<Usual>,
}

/// What one card drew at one answerer up to the end of a step.
#[derive(Debug, Clone)]
struct Spree<'a> {
    card: &'a str,
    asker: Ipv6Addr,
    answerer: Ipv6Addr,
    /// Withdrawals in ten minutes, those by stripe among them, and in an hour.
    draws: u64,
    by_stripe: u64,
    in_hour: u64,
    /// Of the hour.
    countries: BTreeSet<&'a str>,
    terminals: BTreeSet<&'a str>,
    flow_ids: BTreeSet<u64>,
    is_new: bool,
}

impl Spree<'_> {
    fn is_fast(&self) -> bool {
        self.draws >= DRAWS
    }

    fn is_far(&self) -> bool {
        self.countries.len() >= COUNTRIES
    }

    /// Whether it is one, and goes on in the step.
    fn rings(&self) -> bool {
        self.is_new && (self.is_fast() || self.is_far())
    }
}

impl Rows {
    fn read(rows: &[Vec<Value>], step: &Step) -> anyhow::Result<Self> {
        let within = |at: Time| step.to.plus(-COUNTRIES_US) <= at && at < step.to;
        let mut draws: Vec<Draws> = read(&rows[0])?;
        draws.retain(|row| within(row.at));
        draws.sort_by(|a, b| {
            (a.at, &a.card, a.answerer, a.asker).cmp(&(b.at, &b.card, b.answerer, b.asker))
        });
        let mut population: Vec<Population> = read(&rows[1])?;
        population.retain(|row| step.from <= row.at && row.at < step.to);
        let mut issuers: Vec<issuers::Minute> = read(&rows[2])?;
        issuers.retain(|row| within(row.at));
        let usual = read(&rows[3])?;
        Ok(Self { draws, population, issuers: issuers::gathered(&issuers, step), usual })
    }

    fn counted(&self, context: &Context<'_>) -> Judged {
        let mut judged = Judged::default();
        let mut without_token = 0;
        for row in &self.population {
            judged.population += row.cards;
            if row.cards > 0 {
                *judged.zones.entry(row.zone.clone()).or_default() += row.cards;
            }
            without_token += row.without_token;
        }
        if without_token > 0 {
            judged.unknown.push(("no token key".to_owned(), without_token));
        }
        let learning = self
            .issuers
            .iter()
            .filter(|issuer| issuer.is_new && !issuers::has_learned(context))
            .count();
        if learning > 0 {
            judged.unknown.push(("learning what is usual abroad".to_owned(), learning as u64));
        }
        judged
    }

    /// What each card drew, where it was first asked for: not at an answerer who is asked by another answerer.
    fn sprees(&self, step: &Step) -> Vec<Spree<'_>> {
        let answerers: BTreeSet<(&str, Ipv6Addr)> =
            self.draws.iter().map(|row| (row.card.as_str(), row.answerer)).collect();
        let mut sprees: BTreeMap<(&str, Ipv6Addr), Spree<'_>> = BTreeMap::new();
        for row in
            self.draws.iter().filter(|row| !answerers.contains(&(row.card.as_str(), row.asker)))
        {
            let spree = sprees.entry((&row.card, row.answerer)).or_insert_with(|| Spree {
                card: &row.card,
                asker: row.asker,
                answerer: row.answerer,
                draws: 0,
                by_stripe: 0,
                in_hour: 0,
                countries: BTreeSet::new(),
                terminals: BTreeSet::new(),
                flow_ids: BTreeSet::new(),
                is_new: false,
            });
            spree.asker = spree.asker.min(row.asker);
            spree.in_hour += row.approvals;
            if row.at >= step.to.plus(-DRAWS_US) {
                spree.draws += row.approvals;
                spree.by_stripe += row.by_stripe;
            }
            spree
                .countries
                .extend(row.countries.iter().map(String::as_str).filter(|name| !name.is_empty()));
            spree.terminals.extend(row.terminals.iter().map(String::as_str));
            spree.flow_ids.extend(&row.flow_ids);
            spree.is_new |= row.at >= step.from;
        }
        sprees.into_values().collect()
    }

    /// Issuers with withdrawals abroad in the step, against what is usual; none while that is being learned.
    fn abroad(&self, context: &Context<'_>) -> Vec<(&Issuer, issuers::Score)> {
        if !issuers::has_learned(context) {
            return Vec::new();
        }
        self.issuers
            .iter()
            .filter(|issuer| issuer.is_new)
            .map(|issuer| (issuer, issuers::score(issuer, &self.usual)))
            .collect()
    }
}

fn read<T: for<'a> Deserialize<'a>>(rows: &[Value]) -> anyhow::Result<Vec<T>> {
    Ok(rows.iter().map(T::deserialize).collect::<Result<_, _>>()?)
}
