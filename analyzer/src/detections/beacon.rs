//! Regular calls home: one client that calls one server with the rhythm of a program, where nothing explains it.
//!
//! The rhythm is measured by six parts that must agree ([`parts`]) and compared with ordinary callers of like number of
//! calls ([`calibration`]); it is suspicious only with the facts of [`reasons`]. The horizon is the open eight-hour segment
//! and the one before it.

pub mod calibration;
pub mod parts;
pub mod reasons;
pub mod rows;
pub mod sums;
pub mod templates;
mod why;

mod cases;

use super::{About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf};
use crate::entities::critical_zone;
use crate::score;
use anyhow::{Context as _, bail};
use calibration::Verdict;
use model::address::plain;
use model::{Severity, Time};
use parts::{Part, Parts};
use query::named::named;
use query::{Named, Scope};
use reasons::Known;
use rows::{Calls, Memory, Pair};
use serde_json::{Map, Value, json};
use store::{Budget, Question};
use sums::{SEGMENT_S, Sums};

const SQL: &str = include_str!("beacon.sql");
/// Segments of the horizon before the open one.
const EARLIER_SEGMENTS: i64 = 1;
/// Length of a segment. Microseconds.
const SEGMENT_US: i64 = SEGMENT_S * Time::SECOND;
/// A pause longer than this ends an episode. Seconds.
const PAUSE_S: i64 = 4 * 3_600;
/// Memory of the run of calls reaches back to a multiple of this, and once more. Microseconds.
const RUN_MEMORY_US: i64 = 28 * Time::DAY;
/// −ln p from which a pair is evidence: one ordinary caller in a hundred. Thousandths of a nat.
pub const REGULAR_MILLINATS: u32 = 4_605;
/// −ln p from which a suspicious pair rings: one ordinary caller in a thousand. A pair is looked at after each of its calls, so
/// that one in a hundred would be met too often by chance. Thousandths of a nat.
pub const RINGS_MILLINATS: u32 = 6_908;

/// Regular calls home.
#[derive(Debug)]
pub struct Beacon;

static ABOUT: About = About {
    id: "INT-01",
    name: "beacon",
    finds: "Regular calls home that no conduit explains.",
    severity: Severity::P3,
    attack: &["T1071", "T1573"],
    cadence: Cadence::Minute,
    monotone: false,
    step_us: 5 * Time::MINUTE,
    window_us: (EARLIER_SEGMENTS + 1) * SEGMENT_US,
    lateness_us: 48 * Time::HOUR,
    max_drop_ppm: 50_000,
    both_directions: false,
    join_gap_us: 24 * Time::HOUR,
    budget: Budget { rows: 50_000_000, bytes: 4 << 30, seconds: 30, memory: 2 << 30 },
    gives_way_to: &["INT-07"],
    version: "1",
};

impl Detection for Beacon {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        let hour = step.from.floor(Time::HOUR);
        let scope = Scope { from: step.from, to: step.to, without: step.without.clone() };
        let ask = |name| question(&named(SQL, name), &scope);
        let week = |name| ask(name).with("hour", hour).with("week_from", hour.plus(-7 * Time::DAY));
        let day_from = hour.plus(-Time::DAY);
        let history_from = hour.floor(RUN_MEMORY_US).plus(-RUN_MEMORY_US);
        vec![
            ask("beacon.calls").with("horizon_from", horizon_from(step)),
            ask("beacon.memory").with("hour", hour).with("history_from", history_from),
            week("beacon.clients"),
            week("beacon.hosts"),
            week("beacon.fingerprints"),
            ask("beacon.names").with("day_from", day_from),
            ask("beacon.certificates")
                .with("horizon_from", horizon_from(step))
                .with("day_from", day_from)
                .with("hour", hour),
        ]
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let [calls, memory @ ..] = rows else { bail!("the beacon's questions have no answers") };
        let memory = memory.try_into().context("the beacon asks seven questions")?;
        let memory = Memory::read(memory).context("what the beacon remembers")?;
        let step = context.step;
        let mut judged = Judged::default();
        for (pair, calls) in rows::calls(calls, horizon_from(step), step.to)? {
            let is_new = calls.seconds.last().is_some_and(|last| Time::new(*last, 0) >= step.from);
            if !is_new || reasons::is_for_everyone(calls.latest.dst_ip) {
                continue;
            }
            let Some(sums) = Sums::of(&calls.seconds, step.to.seconds()) else { continue };
            let Some(parts) = Parts::of(&sums, &templates::SHIPPED) else { continue };
            judged.population += 1;
            let verdict = calibration::SHIPPED.verdict(&parts);
            if verdict.surprise_millinats >= REGULAR_MILLINATS {
                let known = Known::of(&pair, &calls, &memory, context);
                let start = memory.run_start(&pair, &calls, PAUSE_S).floor(ABOUT.step_us);
                judged
                    .findings
                    .push(Regular { pair, calls, sums, parts, verdict, known }.finding(start));
            }
        }
        Ok(judged)
    }

    fn cut(&self) -> Option<&'static str> {
        Some("bucket_us")
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        why::gates(subject, rows, context)
    }

    fn what_if(&self, subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
        // Rows that cannot be read have been complained of by `gates`.
        why::what_if(subject, rows, context).unwrap_or_default()
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

fn question(named: &Named, scope: &Scope) -> Question {
    named.over(scope).within(ABOUT.budget)
}

/// Start of the horizon of a step: of the segment before the one that the step lies in.
fn horizon_from(step: &Step) -> Time {
    step.from.floor(SEGMENT_US).plus(-EARLIER_SEGMENTS * SEGMENT_US)
}

/// A pair whose rhythm few ordinary callers have.
struct Regular<'p> {
    pair: Pair,
    calls: Calls,
    sums: Sums,
    parts: Parts,
    verdict: Verdict,
    known: Known<'p>,
}

impl Regular<'_> {
    fn finding(self, episode_start: Time) -> Finding {
        let contributions =
            score::limited(self.known.contributions(self.verdict.surprise_millinats));
        let is_suspicious = score::sum(&contributions) >= 0
            && self.verdict.surprise_millinats >= RINGS_MILLINATS
            && !self.known.is_declared();
        Finding {
            subject: self.known.client.key(),
            object: self.pair.object(),
            episode_start,
            severity: if is_suspicious { ABOUT.severity } else { Severity::P0 },
            zone: critical_zone(&self.known.client, &self.known.server).to_owned(),
            surprise_millinats: Some(self.verdict.surprise_millinats),
            sentence: self.sentence(),
            numbers: self.numbers(),
            flow_ids: self.calls.flow_ids,
            contributions,
        }
    }

    fn sentence(&self) -> String {
        let (client, server) = (&self.known.client, &self.known.server);
        let object = self.pair.object();
        let server = if self.pair.has_address_only() {
            format!("{object} ({})", server.place.zone)
        } else {
            format!("{object} ({}, {})", plain(server.ip), server.place.zone)
        };
        let advice = if self.known.is_declared() {
            format!("Conduit {} declares it.", self.known.judgement.conduit.unwrap_or("?"))
        } else {
            "No conduit declares it: find the program that calls, and cut the client off if nobody owns it.".into()
        };
        format!(
            "{} of zone {} has called {server} {} times since {}, about every {} s: fewer than one ordinary caller in {} is as \
             regular. {advice}",
            client.described(),
            client.place.zone,
            self.sums.calls,
            Time::new(self.sums.first, 0).to_string().replace(".000000", ""),
            (self.parts.median_ms + 500) / 1_000,
            one_in(self.verdict.surprise_millinats),
        )
    }

    fn numbers(&self) -> Map<String, Value> {
        let known = &self.known;
        let mut numbers = json!({
            "calls": self.sums.calls,
            "bursts": self.calls.calls.saturating_sub(u64::from(self.sums.calls)),
            "intervals": self.parts.n,
            "median_ms": self.parts.median_ms,
            "burst_mode": self.parts.burst,
            "stratum": self.verdict.stratum,
            "sum": self.verdict.sum,
            "surprise_millinats": self.verdict.surprise_millinats,
            "rings_at_millinats": RINGS_MILLINATS,
            "calibration": "not yet calibrated here",
            "first_seen_h": known.now.since(known.first_seen) / Time::HOUR,
            "memory_h": known.now.since(known.memory_from) / Time::HOUR,
            "clients": known.prevalence.clients,
            "zone_hosts": known.prevalence.hosts,
            "verdict": known.judgement.verdict.as_str(),
            "keep_alive": known.is_keep_alive(),
        });
        let numbers = numbers.as_object_mut().map(std::mem::take).unwrap_or_default();
        let each = Part::ALL.iter().zip(self.parts.values).zip(self.verdict.scores);
        let scored = each.flat_map(|((part, value), score)| {
            [(part.name().to_owned(), json!(value)), (format!("{}_z", part.name()), json!(score))]
        });
        numbers.into_iter().chain(scored).collect()
    }
}

/// How many callers there are for each that is as regular, to one figure and never more than were found.
fn one_in(surprise_millinats: u32) -> u64 {
    let callers = (f64::from(surprise_millinats) / 1_000.0).exp() as u64;
    let figure = 10_u64.pow(callers.max(1).ilog10());
    callers / figure * figure
}

#[cfg(test)]
mod tests {
    use super::cases::{self, Caller};
    use super::*;
    use crate::evaluate::draw::Draw;
    use policy::Policy;

    fn judged(rows: &[Vec<Value>], policy: &Policy, step: &Step, memory_from: Time) -> Judged {
        Beacon
            .judge(rows, &Context { step, policy, coverage: &[], memory_from })
            .expect("rows of the promised form")
    }

    fn rung(judged: &Judged) -> Vec<(String, Severity)> {
        let rings = judged.findings.iter().filter(|finding| finding.severity > Severity::P0);
        rings.map(|finding| (finding.subject.clone(), finding.severity)).collect()
    }

    #[test]
    fn every_case_comes_out_as_stated() {
        for case in cases::all() {
            let policy = Policy::read(case.policy).expect("a policy written here");
            let judged =
                judged(&case.rows, &policy, &case.step, case.step.to.plus(-30 * Time::DAY));
            let expected: Vec<_> = case
                .rings
                .iter()
                .map(|(subject, severity)| ((*subject).to_owned(), *severity))
                .collect();
            assert_eq!(rung(&judged), expected, "{}: {:#?}", case.name, judged.findings);
        }
    }

    #[test]
    fn without_rows_nobody_is_judged_and_nobody_rings() {
        let case = &cases::all()[0];
        let policy = Policy::read(case.policy).expect("a policy written here");
        let none = vec![Vec::new(); 7];
        assert_eq!(judged(&none, &policy, &case.step, Time(0)), Judged::default());
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let case = &cases::all()[0];
        let policy = Policy::read(case.policy).expect("a policy written here");
        let mut reversed = case.rows.clone();
        for rows in &mut reversed {
            rows.reverse();
        }
        let judge = |rows: &[Vec<Value>]| judged(rows, &policy, &case.step, Time(0));
        assert_eq!(judge(&reversed), judge(&case.rows));
    }

    #[test]
    fn contributions_say_why_and_timing_alone_does_not_ring() {
        let case = &cases::all()[0];
        let policy = Policy::read(case.policy).expect("a policy written here");
        let finding = &judged(&case.rows, &policy, &case.step, case.step.to.plus(-30 * Time::DAY))
            .findings[0];
        // By hand: base, rhythm at its cap, new within a day, one client of 200, undeclared and outward.
        assert_eq!(score::sum(&finding.contributions), -6_900 + 6_000 + 1_400 + 1_000 + 1_200);
        assert_eq!(finding.object, "203.0.113.40:443");
        assert_eq!(finding.zone, "office");
        assert!(reasons::BASE + (reasons::MOST_TIMING as i32) < 0);
    }

    /// Eighteen hours of calls from noon on, judged in every step in which it calls, over two boundaries of segments.
    #[test]
    fn an_episode_keeps_its_start_while_the_window_moves_on() {
        let mut draw = Draw::new(5);
        let (noon, mut at, mut seconds) = (1_773_316_800, 0.0, Vec::new());
        while at < 18.0 * 3_600.0 {
            seconds.push(noon + 130 + at as i64);
            at += 600.0 * draw.between(0.8, 1.2);
        }
        let policy = Policy::read(cases::all()[0].policy).expect("a policy written here");
        let mut rang = Vec::new();
        for known in 1..=seconds.len() {
            let caller = Caller::new(
                "10.31.0.117",
                "office",
                "203.0.113.40",
                443,
                seconds[..known].to_vec(),
            );
            let step = caller.last_step();
            let rows = caller.rows(&step);
            let judged = judged(&rows, &policy, &step, step.to.plus(-30 * Time::DAY));
            rang.extend(
                judged
                    .findings
                    .iter()
                    .filter(|found| found.severity > Severity::P0)
                    .map(|found| (step.to, found.episode_start)),
            );
        }
        let first = rang.first().expect("it rings").0.since(Time::new(noon, 0)) / Time::MINUTE;
        assert!((60..=260).contains(&first), "rang first at minute {first}");
        assert!(rang.iter().all(|(_, start)| *start == Time::new(noon, 0)), "{rang:?}");
        let last = rang.last().expect("it rings").0;
        assert!(last.since(Time::new(noon, 0)) > 17 * Time::HOUR, "still rings at {last}");
    }

    #[test]
    fn a_pause_of_more_than_four_hours_begins_another_episode() {
        let minute = |minute: i64| 1_773_302_400 + 60 * minute;
        let calls = (0..10).chain(255..270).map(minute).collect();
        let caller = Caller::new("10.31.0.117", "office", "203.0.113.40", 443, calls);
        let step = caller.last_step();
        let rows = caller.rows(&step);
        let policy = Policy::read(cases::all()[0].policy).expect("a policy written here");
        let found = judged(&rows, &policy, &step, Time(0)).findings;
        assert_eq!(found[0].episode_start, Time::new(minute(255), 0));
    }

    #[test]
    fn every_question_binds_what_its_text_names() {
        let step = cases::all()[0].step.clone();
        for question in Beacon.questions(&step) {
            for named in question.sql.split('{').skip(1).filter_map(|rest| rest.split(':').next()) {
                assert!(
                    question.params.iter().any(|(name, _)| name == named),
                    "{}: {named}",
                    question.name
                );
            }
        }
    }
}
