//! INT-07: a source that tries many targets and gets few answers.
//!
//! Fast scans are found by a sequential test on first contacts (Jung, Paxson, Berger, Balakrishnan: "Fast portscan
//! detection using sequential hypothesis testing", 2004), slow ones by the number of new targets a day. A prefix whose
//! hosts scan one port together is judged like one source.

mod cases;
mod contact;
mod fast;
mod slow;
mod why;

use super::{
    About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf, primary,
};
use crate::entities::{Entity, critical_zone, service};
use crate::score;
use contact::{Contact, Habit, Population, Way};
use fast::{Run, Scanned};
use model::{Severity, Time, address::plain, warning::Contribution};
use query::named;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use store::{Budget, Question};

/// Most contacts of one source a day that are looked at; a source beyond it is counted as unknown.
const CONTACTS: usize = 4_096;

/// Policy group whose members may scan.
const LISTED: &str = "scanners";

/// INT-07.
#[derive(Debug)]
pub struct Scan;

const ABOUT: About = About {
    id: "INT-07",
    name: "scan",
    finds: "a source that tries many targets and gets few answers, fast or slowly, alone or together",
    severity: Severity::P2,
    attack: &["T1046", "T1018"],
    cadence: Cadence::Minute,
    monotone: true,
    step_us: Time::MINUTE,
    window_us: Time::DAY,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 10_000,
    both_directions: true,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 100_000_000, bytes: 16 << 30, seconds: 60, memory: 2 << 30 },
    gives_way_to: &[],
    version: "1",
};

impl Detection for Scan {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("scan.sql");
        let day = Step { window_from: day_of(step), ..step.clone() };
        vec![
            primary::question(&named(SQL, "scan.contacts"), &day).within(ABOUT.budget),
            primary::windowed(&named(SQL, "scan.sources"), &day).within(ABOUT.budget),
            primary::windowed(&named(SQL, "scan.habits"), &day).within(ABOUT.budget),
        ]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(
        &self,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Judged> {
        let contacts = contact::read::<Contact>(&rows[0])?;
        let population = contact::read::<Population>(&rows[1])?;
        let habits = contact::read::<Habit>(&rows[2])?
            .into_iter()
            .map(|habit| (habit.src_ip, habit))
            .collect();
        let mut day = Day { context, habits, judged: counted(&population, context.step) };
        day.judge(contacts);
        Ok(day.judged)
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        why::gates(subject, rows, context)
    }

    fn what_if(
        &self,
        subject: &str,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> Vec<WhatIf> {
        // Rows that cannot be read have been complained of by `gates`.
        why::what_if(subject, rows, context).unwrap_or_default()
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

/// Start of the day that a step lies in.
fn day_of(step: &Step) -> Time {
    step.from.floor(Time::DAY)
}

fn counted(population: &[Population], step: &Step) -> Judged {
    let mut judged = Judged::default();
    for row in population.iter().filter(|row| step.from <= row.at && row.at < step.to) {
        judged.population += row.sources;
        *judged.zones.entry(row.zone.clone()).or_default() += row.sources;
    }
    judged
}

/// One day's contacts, as far as the step has come.
struct Day<'a> {
    context: &'a Context<'a>,
    habits: BTreeMap<Ipv6Addr, Habit>,
    judged: Judged,
}

impl Day<'_> {
    fn judge(&mut self, contacts: Vec<Contact>) {
        let (day, to) = (day_of(self.context.step), self.context.step.to);
        let mut by_source: BTreeMap<(Ipv6Addr, Way), Vec<Contact>> = BTreeMap::new();
        for contact in contacts.into_iter().filter(|contact| day <= contact.at && contact.at < to) {
            by_source
                .entry((contact.src_ip, contact.way(self.context.policy)))
                .or_default()
                .push(contact);
        }
        for contacts in by_source.values_mut() {
            contacts.sort();
        }
        self.count_the_bounded(&by_source);
        let mut loud = BTreeSet::new();
        for ((source, way), contacts) in &by_source {
            if let Some(scanned) = self.alone(*source, *way, contacts) {
                loud.insert(*source);
                let subject = Subject::Source(*source);
                self.report(&subject, way.word(), &scanned);
            }
        }
        self.together(&by_source, &loud);
    }

    fn count_the_bounded(&mut self, by_source: &BTreeMap<(Ipv6Addr, Way), Vec<Contact>>) {
        let mut counts: BTreeMap<Ipv6Addr, usize> = BTreeMap::new();
        for ((source, _), contacts) in by_source {
            *counts.entry(*source).or_default() += contacts.len();
        }
        let bounded = counts.values().filter(|count| **count >= CONTACTS).count() as u64;
        if bounded > 0 {
            self.judged.unknown.push((format!("beyond {CONTACTS} contacts a day"), bounded));
        }
    }

    /// The scan of one source, fast before slow. Outward, what answers is browsing: only the silent count as slow.
    fn alone(&self, source: Ipv6Addr, way: Way, contacts: &[Contact]) -> Option<Scanned> {
        let habit = self.habits.get(&source);
        let theta = habit.map_or(fast::USUAL_SUCCESS, Habit::success);
        fast::scanned(contacts, theta).or_else(|| {
            let counts = |contact: &&Contact| way != Way::Outward || contact.failed;
            let contacts: Vec<_> = contacts.iter().filter(counts).cloned().collect();
            slow::scanned(&contacts, habit, self.context.memory_from, day_of(self.context.step))
        })
    }

    /// Sources of one prefix that scan one service together, none of them a scanner by itself.
    fn together(
        &mut self,
        by_source: &BTreeMap<(Ipv6Addr, Way), Vec<Contact>>,
        loud: &BTreeSet<Ipv6Addr>,
    ) {
        const SOURCES: usize = 3;
        let mut by_prefix: BTreeMap<(Ipv6Addr, u8, u16, Way), Vec<Contact>> = BTreeMap::new();
        for ((source, way), contacts) in
            by_source.iter().filter(|((source, _), _)| !loud.contains(source))
        {
            for contact in contacts.iter().filter(|contact| !contact.known) {
                let key = (contact::prefix(*source), contact.ip_protocol, contact.dst_port, *way);
                by_prefix.entry(key).or_default().push(contact.clone());
            }
        }
        for ((prefix, protocol, port, way), mut contacts) in by_prefix {
            contacts.sort();
            let mut targets = BTreeSet::new();
            contacts.retain(|contact| targets.insert(contact.dst_ip));
            let Some(scanned) = fast::scanned(&contacts, fast::USUAL_SUCCESS) else { continue };
            let failing: BTreeSet<_> = scanned
                .run
                .contacts
                .iter()
                .filter(|one| one.failed)
                .map(|one| one.src_ip)
                .collect();
            if failing.len() >= SOURCES {
                let object = format!("{} {}", service(protocol, port), way.word());
                self.report(&Subject::Prefix(prefix, failing.len()), &object, &scanned);
            }
        }
    }

    /// A scan becomes a finding in the steps in which it has a new contact.
    fn report(&mut self, subject: &Subject, object: &str, scanned: &Scanned) {
        let step = self.context.step;
        if scanned.run.contacts.last().is_some_and(|last| last.at >= step.from) {
            self.judged.findings.push(self.finding(subject, object, scanned));
        }
    }

    fn finding(&self, subject: &Subject, object: &str, scanned: &Scanned) -> Finding {
        let Context { policy, step, .. } = self.context;
        let source = Entity::at(policy, subject.ip(), step.from);
        let run = &scanned.run;
        let listed =
            matches!(subject, Subject::Source(ip) if policy.in_group(LISTED, *ip, step.from));
        let zone = run
            .contacts
            .iter()
            .map(|contact| Entity::at(policy, contact.dst_ip, contact.at))
            .max_by_key(|target| target.place.criticality)
            .map_or(source.place.zone, |target| critical_zone(&source, &target));
        let contributions = self.contributions(&source, scanned);
        let mut flow_ids: Vec<u64> =
            run.contacts.iter().take(1_000).map(|contact| contact.flow_id).collect();
        flow_ids.sort_unstable();
        Finding {
            subject: subject.key(&source),
            object: object.to_owned(),
            episode_start: scanned.rung_at.floor(ABOUT.step_us),
            severity: severity(&source, listed, &contributions, scanned.surprise_millinats),
            zone: zone.to_owned(),
            surprise_millinats: Some(scanned.surprise_millinats),
            sentence: sentence(subject, &source, run, listed),
            numbers: numbers(scanned, listed),
            contributions,
            flow_ids,
        }
    }

    fn contributions(&self, source: &Entity<'_>, scanned: &Scanned) -> Vec<Contribution> {
        let run = &scanned.run;
        let mut parts = scanned.parts.clone();
        let critical = run.contacts.iter().any(|contact| {
            Entity::at(self.context.policy, contact.dst_ip, contact.at).place.criticality >= 8
        });
        if critical {
            parts.push(score::part("a target in a zone of criticality 8 or more", "", 700));
        }
        if source.is_on_internet() && run.answered() == 0 {
            parts.push(score::part(
                "nothing answered a source outside: its address may be forged",
                "",
                -300,
            ));
        }
        score::limited(parts)
    }
}

/// Who scans.
enum Subject {
    Source(Ipv6Addr),
    Prefix(Ipv6Addr, usize),
}

impl Subject {
    const fn ip(&self) -> Ipv6Addr {
        match self {
            Self::Source(ip) | Self::Prefix(ip, _) => *ip,
        }
    }

    fn key(&self, source: &Entity<'_>) -> String {
        match self {
            Self::Source(_) => source.key(),
            Self::Prefix(ip, _) => format!("{}/{}", plain(*ip), contact::prefix_length(*ip)),
        }
    }
}

/// Inside P2, from outside P1; what is listed or below the cut is a note.
fn severity(source: &Entity<'_>, listed: bool, parts: &[Contribution], surprise: u32) -> Severity {
    let score = score::score(score::sum(parts));
    if listed || score < score::RINGS_AT {
        return Severity::P0;
    }
    let stated = if source.is_on_internet() { ABOUT.severity.milder() } else { ABOUT.severity };
    score::severity(stated, score, Some(surprise))
}

fn numbers(scanned: &Scanned, listed: bool) -> serde_json::Map<String, serde_json::Value> {
    let run = &scanned.run;
    let mut numbers = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| numbers.insert(name.to_owned(), value);
    put("kind", scanned.kind.into());
    put("hosts", run.hosts().into());
    put("ports", run.ports().into());
    put("contacts", run.contacts.len().into());
    put("failed", run.failed().into());
    put("answered", run.answered().into());
    put("span_s", (run.span_us() / Time::SECOND).into());
    put("listed", listed.into());
    numbers.extend(scanned.numbers.clone());
    numbers
}

fn sentence(subject: &Subject, source: &Entity<'_>, run: &Run, listed: bool) -> String {
    let who = match subject {
        Subject::Source(_) => source.described(),
        Subject::Prefix(_, sources) => format!("{sources} hosts of {}", subject.key(source)),
    };
    let (hosts, ports, failed) = (run.hosts(), run.ports(), run.failed());
    let of = match (hosts, ports) {
        (1, _) => {
            let target = plain(run.contacts[0].dst_ip);
            format!("{ports} ports of {target}")
        }
        (_, 1) => {
            let first = &run.contacts[0];
            format!("{} on {hosts} hosts", service(first.ip_protocol, first.dst_port))
        }
        _ => format!("{ports} ports on {hosts} hosts"),
    };
    let within = duration(run.span_us());
    let tried = format!(
        "{who} tried {of} within {within}; {failed} of {} got no answer",
        run.contacts.len()
    );
    if listed {
        return format!("{tried}. It is a listed scanner.");
    }
    format!(
        "{tried}. Find out who uses it; isolate it if nobody planned this, or list it in group {LISTED}."
    )
}

fn duration(micros: i64) -> String {
    match micros / Time::SECOND {
        seconds @ ..=119 => format!("{seconds} s"),
        seconds @ ..=7_199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
