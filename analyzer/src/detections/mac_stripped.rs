//! FIN-11: messages of a card link lose the code that authenticates them. What FASTCash needs, and what nobody misses.
//!
//! A link is compared with its own thirty days before the day, kind of message by kind: a code that is always there must
//! stay. A code that equals that of the message before it counts as none. A link that never had one is one standing finding,
//! told on the first day that it is judged and never again.

mod cases;
mod links;
mod reasons;

use super::{
    About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf, card_leg,
};
use crate::entities::Entity;
use links::{Link, Said};
use model::{Severity, Time};
use query::named;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use store::{Budget, Question};

/// FIN-11.
#[derive(Debug)]
pub struct MacStripped;

static ABOUT: About = About {
    id: "FIN-11",
    name: "mac_stripped",
    finds: "messages of a card link that lost their authentication code, or a link that never had one",
    severity: Severity::P3,
    attack: &["T1600"],
    cadence: Cadence::Minute,
    monotone: false,
    step_us: Time::MINUTE,
    window_us: Time::HOUR,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 1_000,
    both_directions: false,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 200_000_000, bytes: 16 << 30, seconds: 60, memory: 4 << 30 },
    gives_way_to: &[],
    version: "1",
};

/// How far back what is usual is looked for.
const USUAL_US: i64 = 30 * Time::DAY;

/// Messages of one kind in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Minute {
    at: Time,
    /// The declared link, else who answers on which port.
    name: String,
    answerer: Ipv6Addr,
    asker: Ipv6Addr,
    zone: String,
    /// Message type, and whether requests or answers.
    kind: String,
    messages: u64,
    /// With a code.
    coded: u64,
    /// With a code that is not the one before.
    fresh: u64,
    flow_ids: Vec<u64>,
    /// Whether the link's standing warning was given before the day.
    told: u8,
}

/// Messages of one kind in the thirty days before the day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Usual {
    name: String,
    kind: String,
    messages: u64,
    coded: u64,
    fresh: u64,
}

impl Detection for MacStripped {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("mac_stripped.sql");
        let day = step.from.floor(Time::DAY);
        let ask = |name| {
            card_leg::question(&named(SQL, name), step)
                .with("usual_from", day.plus(-USUAL_US))
                .with("usual_to", day)
                .within(ABOUT.budget)
        };
        vec![ask("mac_stripped.kinds"), ask("mac_stripped.usual")]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let mut judged = Judged::default();
        let mut learning = 0;
        for link in links(rows, context)?.values() {
            judged.population += link.new_messages();
            *judged.zones.entry(link.zone.clone()).or_default() += link.new_messages();
            match link.said(context) {
                Said::Calm => {}
                Said::Learning => learning += link.new_messages(),
                Said::Standing(why) => judged.findings.push(finding(
                    link,
                    context,
                    reasons::standing(link, why, context),
                )),
                Said::Stripped(lost) => judged.findings.push(finding(
                    link,
                    context,
                    reasons::stripped(link, &lost, context),
                )),
            }
        }
        if learning > 0 {
            judged
                .unknown
                .push(("learning whether the link has authentication codes".to_owned(), learning));
        }
        Ok(judged)
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        let links = links(rows, context)?;
        let own = links.values().find(|link| {
            Entity::at(context.policy, link.answerer, context.step.from).key() == subject
        });
        Ok(own.map_or_else(Vec::new, |link| link.gates(context)))
    }

    fn what_if(&self, _subject: &str, rows: &[Vec<Value>], _context: &Context<'_>) -> Vec<WhatIf> {
        let mut bare = rows.to_vec();
        for row in &mut bare[0] {
            row["coded"] = 0.into();
            row["fresh"] = 0.into();
        }
        vec![WhatIf { said: "had every message of the hour lost its code".into(), rows: bare }]
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

/// The links with messages in the step, each with its last hour and what is usual.
fn links(rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<BTreeMap<String, Link>> {
    let step = context.step;
    let minutes = rows[0].iter().map(Minute::deserialize).collect::<Result<Vec<_>, _>>()?;
    let usual = rows[1].iter().map(Usual::deserialize).collect::<Result<Vec<_>, _>>()?;
    let mut links = BTreeMap::new();
    for row in minutes.iter().filter(|row| row.at >= step.to.plus(-Time::HOUR) && row.at < step.to)
    {
        links.entry(row.name.clone()).or_insert_with(|| Link::new(row)).add(row, step);
    }
    for row in &usual {
        if let Some(link) = links.get_mut(&row.name) {
            link.knows(row);
        }
    }
    links.retain(|_, link: &mut Link| link.new_messages() > 0);
    Ok(links)
}

fn finding(link: &Link, context: &Context<'_>, reason: reasons::Reason) -> Finding {
    let answerer = Entity::at(context.policy, link.answerer, context.step.from);
    Finding {
        subject: answerer.key(),
        object: link.name.clone(),
        episode_start: reason.episode_start,
        severity: reason.severity,
        zone: if link.zone.is_empty() { answerer.place.zone.to_owned() } else { link.zone.clone() },
        surprise_millinats: None,
        contributions: reason.contributions,
        sentence: reason.sentence,
        numbers: reason.numbers,
        flow_ids: reason.flow_ids,
    }
}
