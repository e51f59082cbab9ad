//! FIN-09: the issuer declines, the switch approves. Two legs of one withdrawal that disagree are enough.
//!
//! The downstream leg (who asks the switch) and the upstream leg (whom the switch asks) are put together by card and
//! terminal. A pair of codes is no divergence where the policy's link names it, or where it is a habit of the switch: seen
//! often, on many days, in the thirty days before the day. An approval of what was declined has to be a much older habit
//! than any other, so that thieves do not teach us theirs.

mod cases;
mod reasons;
mod why;

use super::{
    About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf, card_leg,
};
use crate::entities::Entity;
use model::{Severity, Time};
use query::named;
use reasons::Divergence;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use store::{Budget, Question};

/// FIN-09.
#[derive(Debug)]
pub struct LegDivergence;

static ABOUT: About = About {
    id: "FIN-09",
    name: "leg_divergence",
    finds: "a withdrawal that the issuer declined and the switch approved, or whose legs differ otherwise",
    severity: Severity::P4,
    attack: &["T1565.002", "T1657"],
    cadence: Cadence::Minute,
    // A better match for a leg may be among the rows to come.
    monotone: false,
    step_us: Time::MINUTE,
    window_us: 3 * Time::MINUTE,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 1_000,
    both_directions: true,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 200_000_000, bytes: 16 << 30, seconds: 60, memory: 4 << 30 },
    gives_way_to: &[],
    version: "1",
};

/// How far back habits are looked for.
const HABIT_US: i64 = 30 * Time::DAY;
/// What makes a habit: pairs, and days on which they were seen.
const HABIT: (u64, u64) = (20, 3);
/// What makes a habit of approving what was declined.
const APPROVING_HABIT: (u64, u64) = (200, 20);
/// Codes of an issuer that cannot be reached (91), of a late (68) or failed (96) one: another may stand in for it.
const AWAY: [&str; 4] = ["91", "68", "96", "911"];

/// Two legs that differ.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Pair {
    at: Time,
    time: Time,
    switch: Ipv6Addr,
    issuer: Ipv6Addr,
    zone: String,
    upstream: String,
    downstream: String,
    other_amount: u8,
    other_balance: u8,
    failed_cardholder: u8,
    stand_in: u8,
    de22: String,
    de41: String,
    card: String,
    down_link: String,
    up_link: String,
    flow_ids: Vec<u64>,
}

/// Transactions of one minute by who answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Population {
    at: Time,
    answerer: Ipv6Addr,
    zone: String,
    joined: u64,
    without_key: u64,
    alone: u64,
}

/// How often legs differed like this before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Habit {
    switch: Ipv6Addr,
    upstream: String,
    downstream: String,
    other_amount: u8,
    other_balance: u8,
    failed_cardholder: u8,
    pairs: u64,
    days: u64,
}

impl Detection for LegDivergence {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("leg_divergence.sql");
        let ask = |name| card_leg::question(&named(SQL, name), step).within(ABOUT.budget);
        let day = step.from.floor(Time::DAY);
        vec![
            ask("leg_divergence.pairs"),
            ask("leg_divergence.population"),
            ask("leg_divergence.learned")
                .with("learned_from", day.plus(-HABIT_US))
                .with("learned_to", day),
        ]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let rows = Rows::read(rows, context.step)?;
        let mut judged = rows.counted();
        let mut by_cause: BTreeMap<(Ipv6Addr, Ipv6Addr), Vec<Divergence<'_>>> = BTreeMap::new();
        let mut unanswered = 0;
        for pair in &rows.pairs {
            match rows.divergence(pair, context) {
                Said::Differs(divergence) => {
                    by_cause.entry((pair.switch, pair.issuer)).or_default().push(divergence);
                }
                Said::Unanswered => unanswered += 1,
                Said::Agrees => {}
            }
        }
        if unanswered > 0 {
            judged.unknown.push(("the issuer's answer was not seen".to_owned(), unanswered));
        }
        judged.findings = by_cause.values().map(|all| finding(all, &rows, context)).collect();
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

/// What is said of two legs.
enum Said<'a> {
    Agrees,
    Unanswered,
    Differs(Divergence<'a>),
}

/// The answers about one step.
struct Rows {
    pairs: Vec<Pair>,
    population: Vec<Population>,
    habits: Vec<Habit>,
}

impl Rows {
    /// The pairs and counts of the step itself, in a fixed order.
    fn read(rows: &[Vec<Value>], step: &Step) -> anyhow::Result<Self> {
        let is_in = |at: Time| step.from <= at && at < step.to;
        let mut pairs: Vec<Pair> = read(&rows[0])?;
        pairs.retain(|pair| is_in(pair.at));
        pairs.sort_by(|a, b| {
            let key = |pair: &Pair| {
                (pair.time, pair.flow_ids.clone(), pair.card.clone(), pair.de41.clone())
            };
            key(a).cmp(&key(b))
        });
        let mut population: Vec<Population> = read(&rows[1])?;
        population.retain(|row| is_in(row.at));
        Ok(Self { pairs, population, habits: read(&rows[2])? })
    }

    fn counted(&self) -> Judged {
        let mut judged = Judged::default();
        let (mut without_key, mut alone) = (0, 0);
        for row in &self.population {
            judged.population += row.joined;
            if row.joined > 0 {
                *judged.zones.entry(row.zone.clone()).or_default() += row.joined;
            }
            without_key += row.without_key;
            alone += row.alone;
        }
        for (reason, count) in [
            ("no token key: legs cannot be put together", without_key),
            ("only one leg was seen", alone),
        ] {
            if count > 0 {
                judged.unknown.push((reason.to_owned(), count));
            }
        }
        judged
    }

    /// Pairs of legs in the thirty days before, and those of them that differed like this, with their days.
    fn before(&self, switch: Ipv6Addr, is_like: impl Fn(&Habit) -> bool) -> (u64, u64, u64) {
        let of_switch = || self.habits.iter().filter(|habit| habit.switch == switch);
        let all = of_switch().map(|habit| habit.pairs).sum();
        let like = || of_switch().filter(|habit| is_like(habit));
        (
            all,
            like().map(|habit| habit.pairs).sum(),
            like().map(|habit| habit.days).max().unwrap_or(0),
        )
    }

    fn divergence<'a>(&self, pair: &'a Pair, context: &Context<'_>) -> Said<'a> {
        if pair.upstream.is_empty() {
            return if pair.is_approved() { Said::Unanswered } else { Said::Agrees };
        }
        if pair.stand_in != 0 && AWAY.contains(&pair.upstream.as_str()) {
            return Said::Agrees;
        }
        let (kind, seen, needed) = if pair.upstream == pair.downstream {
            let Some(kind) = reasons::Kind::of_equal_codes(pair) else { return Said::Agrees };
            (kind, self.before(pair.switch, |habit| kind.is_like(habit)), HABIT)
        } else {
            if pair.is_agreed(context) {
                return Said::Agrees;
            }
            let kind = reasons::Kind::of_codes(pair);
            let needed = if kind == reasons::Kind::Approved { APPROVING_HABIT } else { HABIT };
            let is_like = |habit: &Habit| {
                (&habit.upstream, &habit.downstream) == (&pair.upstream, &pair.downstream)
            };
            (kind, self.before(pair.switch, is_like), needed)
        };
        let (all, like, days) = seen;
        if like >= needed.0 && days >= needed.1 {
            return Said::Agrees;
        }
        Said::Differs(Divergence { pair, kind, before: all, like })
    }
}

fn read<T: for<'a> Deserialize<'a>>(rows: &[Value]) -> anyhow::Result<Vec<T>> {
    Ok(rows.iter().map(T::deserialize).collect::<Result<_, _>>()?)
}

impl Pair {
    fn is_approved(&self) -> bool {
        card_leg::APPROVALS.contains(&self.downstream.as_str())
    }

    /// Whether the policy's link, of either leg, names the pair of codes.
    fn is_agreed(&self, context: &Context<'_>) -> bool {
        [&self.up_link, &self.down_link].into_iter().filter_map(|id| context.policy.link(id)).any(
            |link| {
                link.codes.iter().any(|(from, to)| (from, to) == (&self.upstream, &self.downstream))
            },
        )
    }
}

/// What the divergences between one switch and one issuer say; they are not empty.
fn finding(all: &[Divergence<'_>], rows: &Rows, context: &Context<'_>) -> Finding {
    let worst = all.iter().max_by_key(|one| one.kind.severity()).expect("there is a divergence");
    let first = worst.pair;
    let switch = Entity::at(context.policy, first.switch, first.time);
    let issuer = Entity::at(context.policy, first.issuer, first.time);
    let mut flow_ids: Vec<u64> =
        all.iter().flat_map(|one| one.pair.flow_ids.iter().copied()).collect();
    flow_ids.sort_unstable();
    flow_ids.dedup();
    flow_ids.truncate(1_000);
    Finding {
        subject: switch.key(),
        object: issuer.key(),
        episode_start: context.step.from,
        severity: worst.kind.severity(),
        zone: crate::entities::critical_zone(&switch, &issuer).to_owned(),
        surprise_millinats: None,
        contributions: reasons::contributions(all, worst, context),
        sentence: reasons::sentence(all, worst, &switch, &issuer),
        numbers: reasons::numbers(all, rows),
        flow_ids,
    }
}
