//! INT-09: somebody works their way from host to host until they reach what matters.
//!
//! A chain is a way of conversations on hands-on services in which each begins while the one before it is open, or soon
//! after, at the host to which that led. It rings where it leads into criticality 9 or more over an edge that nobody used
//! in half a year and no conduit names; where a single such edge leads into criticality 8 or more; and where its surprise
//! is rarer than one host-day in a thousand of the site's own. Chains that policy names hop by hop are a note.

mod cases;
mod edges;
mod hops;
mod reasons;
mod why;

use super::{About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf};
use crate::memory::hands_on;
use edges::{Memory, Used};
use hops::{APART_US, Hop};
use model::{Severity, Time};
use query::named::named;
use query::{Named, Scope};
use reasons::{Calibration, Chain};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::{Budget, Question};

const SQL: &str = include_str!("admin_chain.sql");

/// Most hops that are looked at.
const MOST: usize = 16_384;

/// How long before its day a chain may have begun. Microseconds.
const BEFORE_DAY_US: i64 = 6 * Time::HOUR;

/// INT-09.
#[derive(Debug)]
pub struct AdminChain;

pub(super) const ABOUT: About = About {
    id: "INT-09",
    name: "admin_chain",
    finds: "hops by hands-on services into what matters, over edges that nobody used and no conduit names",
    severity: Severity::P3,
    attack: &["T1021.001", "T1021.002", "T1021.004", "T1021.005", "T1021.006", "T1563"],
    cadence: Cadence::Minute,
    monotone: false,
    step_us: Time::MINUTE,
    window_us: Time::DAY + BEFORE_DAY_US,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 10_000,
    both_directions: true,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 500_000_000, bytes: 32 << 30, seconds: 60, memory: 2 << 30 },
    gives_way_to: &["FIN-01"],
    version: "1",
};

#[derive(Debug, Deserialize)]
struct Population {
    at: Time,
    zone: String,
    sources: u64,
}

impl Detection for AdminChain {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        let ask = |name| question(&named(SQL, name), step);
        vec![
            ask("admin_chain.hops").with("apart_us", APART_US).with("most", MOST as i64),
            ask("admin_chain.sources"),
            ask("admin_chain.edges").with("most", 2 * MOST as i64),
            ask("admin_chain.roles"),
            ask("admin_chain.calibration"),
        ]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let mut judged = counted(&rows[1], context.step)?;
        if rows[0].len() >= MOST {
            judged.unknown.push((format!("beyond {MOST} hops"), 1));
        }
        let day = Day::read(rows, context)?;
        for chains in day.groups().into_values() {
            if chains.iter().any(|chain| chain.at >= context.step.from) {
                judged.findings.push(finding(&chains));
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
        let day = Day::read(rows, context)?;
        let of = |chain: &Chain<'_>| chain.subject() == subject;
        let best = day.chains().into_iter().filter(of).max_by_key(Chain::rank);
        Ok(best.map_or_else(Vec::new, |chain| why::gates(&chain)))
    }

    fn what_if(&self, subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
        let Ok(day) = Day::read(rows, context) else { return Vec::new() };
        why::what_if(subject, &day, rows)
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

/// The question `named` from six hours before the step's day on: the window is the same for all steps of a day.
fn question(named: &Named, step: &Step) -> Question {
    let scope = Scope { from: step.from, to: step.to, without: step.without.clone() };
    hands_on::question(named, &scope).with("window_from", window_from(step)).within(ABOUT.budget)
}

/// Start of the hops of a step: what was used before it is known.
fn window_from(step: &Step) -> Time {
    step.from.floor(Time::DAY).plus(-BEFORE_DAY_US)
}

fn counted(rows: &[Value], step: &Step) -> anyhow::Result<Judged> {
    let mut judged = Judged::default();
    for row in rows {
        let Population { at, zone, sources } = Population::deserialize(row)?;
        if step.from <= at && at < step.to {
            judged.population += sources;
            *judged.zones.entry(zone).or_default() += sources;
        }
    }
    Ok(judged)
}

/// The hops of the window, as far as the step has come, with what is known of each.
struct Day<'p> {
    hops: Vec<Hop>,
    used: Vec<Used<'p>>,
    ways: Vec<Vec<usize>>,
    calibration: Calibration,
    /// Days of rows before the window.
    memory_days: i64,
}

impl<'p> Day<'p> {
    fn read(rows: &[Vec<Value>], context: &Context<'p>) -> anyhow::Result<Self> {
        let memory = Memory::read(&rows[2], &rows[3])?;
        let mut hops = hops::read(&rows[0], context.step)?;
        let mut used: Vec<Used<'p>> =
            hops.iter().map(|hop| memory.of(hop, context.policy)).collect();
        let is_administration: Vec<bool> = hops
            .iter()
            .zip(&used)
            .map(|(hop, used)| used.is_administration(&hop.service))
            .collect();
        let mut keep = is_administration.iter();
        hops.retain(|_| *keep.next().expect("one for each hop"));
        let mut keep = is_administration.iter();
        used.retain(|_| *keep.next().expect("one for each hop"));
        let strangeness = |at: usize| {
            let used: &Used<'_> = &used[at];
            u32::from(used.is_strange()) * (1 + used.surprise_millinats)
        };
        let ways = hops::ways(&hops, strangeness);
        let memory_us = window_from(context.step).since(context.memory_from);
        Ok(Self {
            hops,
            used,
            ways,
            calibration: Calibration::read(&rows[4])?,
            memory_days: (memory_us / Time::DAY).max(0),
        })
    }

    /// The chain to each hop.
    fn chains(&self) -> Vec<Chain<'_>> {
        self.ways.iter().map(|way| Chain::of(way, self)).collect()
    }

    /// Chains that are told, by who is accused, of what, and whether they ring.
    fn groups(&self) -> BTreeMap<(String, String, bool), Vec<Chain<'_>>> {
        let mut groups: BTreeMap<_, Vec<Chain<'_>>> = BTreeMap::new();
        for chain in self.chains() {
            if chain.rings() || chain.depth() > 1 {
                let key = (chain.subject(), chain.object(), chain.rings());
                groups.entry(key).or_default().push(chain);
            }
        }
        groups
    }
}

/// What the chains of one source and target say; they are not empty, and all ring or none.
fn finding(chains: &[Chain<'_>]) -> Finding {
    let first = chains.iter().map(|chain| chain.at).min().expect("they are not empty");
    let best = chains.iter().max_by_key(|chain| chain.rank()).expect("they are not empty");
    let mut flow_ids: Vec<u64> =
        chains.iter().flat_map(|chain| chain.hops().map(|hop| hop.flow_id)).collect();
    flow_ids.sort_unstable();
    flow_ids.dedup();
    flow_ids.truncate(1_000);
    let contributions = best.contributions();
    Finding {
        subject: best.subject(),
        object: best.object(),
        episode_start: first.floor(ABOUT.step_us),
        severity: if best.rings() { ABOUT.severity } else { Severity::P0 },
        zone: best.zone().to_owned(),
        surprise_millinats: best.site_surprise(),
        contributions,
        sentence: best.sentence(),
        numbers: best.numbers(),
        flow_ids,
    }
}
