//! `rules backtest`: how often a rule would have rung, on whom, and what it would have cost people, before it is enabled.

use super::{BUDGET, Global, SQL, add, days, known, policy, sets, show, validate};
use crate::cli::{Context, runtime};
use crate::failure::{Exit, Failure};
use ::policy::Policy;
use indicatif::{ProgressBar, ProgressStyle};
use model::Time;
use query::{Scope, named};
use serde::{Deserialize, Serialize};
use sigma::backtest::{BUDGET as WARNINGS, Rung, busiest_shift, refusal, warnings};
use sigma::compile::MOST_KEYS;
use sigma::{Correlated, Found, Matched, Range, Rule, Rules, Sets};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;
use store::{Cost, Question, Role, Store};
use tokio::task::JoinSet;

/// The range without `--last`.
const SPAN_US: i64 = 30 * Time::DAY;

/// Entities that are told.
const ENTITIES: usize = 20;

/// Days that are asked at the same time.
const AT_A_TIME: usize = 2;

/// What a rule would have done.
#[derive(Debug, Serialize)]
struct Backtest {
    rule: String,
    id: String,
    title: String,
    table: String,
    severity: model::Severity,
    status: &'static str,
    from: Time,
    to: Time,
    matches: u64,
    warnings: u64,
    /// Warnings in the busiest shift of 8 h.
    busiest_shift: u64,
    /// Warnings a shift that people can bear from it.
    budget: u32,
    days: Vec<OfDay>,
    entities: Vec<OnEntity>,
    /// Entities that it would have rung on, those that are not told included.
    entities_in_all: usize,
    /// Of its warnings, those with a flow behind a warning that people closed as confirmed.
    closed_true: u64,
    /// The same, closed as false or benign.
    closed_false: u64,
    /// Minutes of taps that were not seen well enough, in a million.
    unknown_ppm: u64,
    /// Causes that are counted but not told, being too many in their minute.
    beyond: u64,
    read_rows: u64,
    read_bytes: u64,
    elapsed_ms: u64,
    /// Why it is not to be enabled, empty if it may be.
    refusal: String,
}

#[derive(Debug, Serialize)]
struct OfDay {
    day: Time,
    matches: u64,
    warnings: u64,
}

#[derive(Debug, Serialize)]
struct OnEntity {
    entity: String,
    matches: u64,
    warnings: u64,
}

#[derive(Debug, Deserialize)]
struct Closed {
    disposition: String,
    flow_ids: Vec<u64>,
}

#[derive(Debug, Deserialize)]
struct Covered {
    covered: u64,
    expected: i64,
}

pub(super) fn run(global: &Global, asked: &str) -> Result<Option<Exit>, Failure> {
    let mut context = global.context()?;
    if global.last.is_none() && global.from.is_none() {
        context.scope.from = context.scope.to.plus(-SPAN_US);
    }
    let (rules, ids) = chosen(&context, asked)?;
    let policy = policy(&context);
    let sets = sets(policy.as_ref());
    let opener = context.opener(Role::Person);
    let mut refused = false;
    for id in ids {
        let (_, rule) = show::find(&rules, &id)?;
        let asked = Asked::new(&rules, rule, &sets)?;
        let backtest = runtime()?.block_on(async {
            let store = opener.store().await?;
            backtest(&store, &context, rule, &asked, policy.as_ref()).await
        })?;
        refused |= !backtest.refusal.is_empty();
        context.output.one("bartizan.backtest/1", &backtest, || told(&backtest))?;
    }
    Ok(refused.then_some(Exit::Met))
}

/// The rules that are known with those of the file, and the ids that are asked for.
fn chosen(context: &Context, asked: &str) -> Result<(Rules, Vec<String>), Failure> {
    let mut rules = known(context)?;
    let path = Path::new(asked);
    if !path.exists() {
        let (_, rule) = show::find(&rules, asked)?;
        let id = rule.id.clone();
        return Ok((rules, vec![id]));
    }
    // What stands in the file is meant, also where a rule of the same id is in force.
    let texts: BTreeMap<String, String> = add(&mut rules, path)?.into_iter().collect();
    for (file, problem) in rules.refused.iter().filter(|(file, _)| texts.contains_key(file)) {
        validate::tell(file, texts.get(file).map(String::as_str), problem);
    }
    let asked_for =
        |(file, rule): &&(String, Rule)| texts.contains_key(file) && !rules.is_base_only(rule);
    let ids: Vec<String> =
        rules.known.iter().filter(asked_for).map(|(_, rule)| rule.id.clone()).collect();
    if ids.is_empty() {
        return Err(Failure {
            code: "E-RULE-001",
            sentence: format!("{asked} holds no rule that can be asked"),
            next: String::new(),
            exit: Exit::Invalid,
        });
    }
    Ok((rules, ids))
}

enum Asked {
    Rows(Matched),
    Windows(Correlated),
}

impl Asked {
    fn new(rules: &Rules, rule: &Rule, sets: &Sets) -> Result<Self, Failure> {
        let base = rules.base(rule);
        let checked = base.and_then(|base| {
            base.iter().copied().chain([rule]).try_for_each(|rule| sets.check(rule))?;
            match rule.rows() {
                Some(rows) => Ok(Self::Rows(Matched::new(rows.table, &[rule], sets))),
                None => Correlated::new(rule, &base, sets).map(Self::Windows),
            }
        });
        checked.map_err(|problem| Failure {
            code: "E-RULE-001",
            sentence: format!("{} cannot be asked here: {}", rule.detection(), problem.reason),
            next: String::new(),
            exit: Exit::Invalid,
        })
    }

    fn question(&self, day: &Range) -> Question {
        let question = match self {
            Self::Rows(asked) => asked.question(day),
            Self::Windows(asked) => {
                let window_from = day.from.plus(-asked.window_us);
                asked.question(&Range { window_from, ..day.clone() })
            }
        };
        question.within(BUDGET)
    }
}

async fn backtest(
    store: &Store,
    context: &Context,
    rule: &Rule,
    asked: &Asked,
    policy: Option<&Policy>,
) -> Result<Backtest, Failure> {
    let scope = &context.scope;
    let days = days(scope.from, scope.to, &scope.without);
    let started = std::time::Instant::now();
    let (mut found, cost) = every_day(store, &days, asked, context.output.quiet).await?;
    if let Some(correlation) = rule.correlation() {
        found.retain(|found| correlation.threshold.holds(found.measure));
    }
    let elapsed_ms = started.elapsed().as_millis() as u64;
    let rungs = warnings(&found);
    let (closed_true, closed_false) = closed(store, scope, &rungs).await?;
    let budget = rule.budget.unwrap_or(WARNINGS);
    let entities = entities(&found, &rungs, policy);
    Ok(Backtest {
        rule: rule.detection(),
        id: rule.id.clone(),
        title: present::safe(&rule.title),
        table: show::table(rule),
        severity: rule.severity,
        status: rule.status.as_str(),
        from: scope.from,
        to: scope.to,
        matches: found.iter().map(|found| found.matches).sum(),
        warnings: rungs.len() as u64,
        busiest_shift: busiest_shift(&rungs),
        budget,
        days: by_day(&days, &found, &rungs),
        entities_in_all: entities.len(),
        entities: entities.into_iter().take(ENTITIES).collect(),
        closed_true,
        closed_false,
        unknown_ppm: unknown_ppm(store, scope).await?,
        beyond: beyond(&found),
        read_rows: cost.read_rows,
        read_bytes: cost.read_bytes,
        elapsed_ms,
        refusal: refusal(rungs.len() as u64, scope.to.since(scope.from), budget)
            .unwrap_or_default(),
    })
}

/// Asks day by day, two at a time.
async fn every_day(
    store: &Store,
    days: &[Range],
    asked: &Asked,
    quiet: bool,
) -> Result<(Vec<Found>, Cost), Failure> {
    let bar = bar(days.len() as u64, quiet);
    let mut waiting = days.iter();
    let mut tasks = JoinSet::new();
    let (mut found, mut cost) = (Vec::new(), Cost::default());
    loop {
        while tasks.len() < AT_A_TIME
            && let Some(day) = waiting.next()
        {
            let (store, question) = (store.clone(), asked.question(day));
            tasks.spawn(async move { store.ask::<Found>(&question).await });
        }
        let Some(done) = tasks.join_next().await else { break };
        let answer =
            done.map_err(|error| Failure::machine(format!("a question was dropped: {error}")))??;
        found.extend(answer.rows);
        cost.read_rows += answer.cost.read_rows;
        cost.read_bytes += answer.cost.read_bytes;
        bar.inc(1);
    }
    bar.finish_and_clear();
    found.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    Ok((found, cost))
}

fn bar(length: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() || std::env::var_os("CI").is_some() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("backtest {bar:27} {pos}/{len} days  {eta} left");
    ProgressBar::new(length).with_style(style.expect("the template is ours"))
}

/// Of the warnings, those with a flow behind a warning that was closed as true, and as false.
async fn closed(store: &Store, scope: &Scope, rungs: &[Rung]) -> Result<(u64, u64), Failure> {
    let question = named(SQL, "rules.closed").over(scope);
    let closed = store.ask::<Closed>(&question).await?.rows;
    let flows = |is_true: bool| -> HashSet<u64> {
        let of_kind = closed.iter().filter(|one| (one.disposition == "confirmed") == is_true);
        of_kind.flat_map(|one| one.flow_ids.iter().copied()).collect()
    };
    let count = |flows: &HashSet<u64>| {
        let is_behind = |rung: &&Rung| rung.flow_ids.iter().any(|flow| flows.contains(flow));
        rungs.iter().filter(is_behind).count() as u64
    };
    Ok((count(&flows(true)), count(&flows(false))))
}

async fn unknown_ppm(store: &Store, scope: &Scope) -> Result<u64, Failure> {
    let taps = store.ask::<Covered>(&named(SQL, "rules.coverage").over(scope)).await?.rows;
    let expected: u64 = taps.iter().map(|tap| tap.expected.max(0) as u64).sum();
    let covered: u64 = taps.iter().map(|tap| tap.covered.min(tap.expected.max(0) as u64)).sum();
    // Nothing was covered at all: nothing is known.
    Ok(((expected - covered) * 1_000_000).checked_div(expected).unwrap_or(1_000_000))
}

fn by_day(days: &[Range], found: &[Found], rungs: &[Rung]) -> Vec<OfDay> {
    let of_day = |day: &Range| {
        let is_in = |at: Time| day.from <= at && at < day.to;
        let matches = found.iter().filter(|one| is_in(Time(one.at))).map(|one| one.matches).sum();
        let warnings = rungs.iter().filter(|rung| is_in(rung.first)).count() as u64;
        OfDay { day: day.from, matches, warnings }
    };
    days.iter().map(of_day).collect()
}

/// Whom it would have rung on, the most often first.
fn entities(found: &[Found], rungs: &[Rung], policy: Option<&Policy>) -> Vec<OnEntity> {
    let name = |key: &[String], at: Time| {
        let first = key.first().map_or("everybody", String::as_str);
        let Ok(ip) = first.parse::<std::net::Ipv6Addr>() else { return present::safe(first) };
        let host = policy.and_then(|policy| policy.resolve(ip, at).host);
        host.map_or_else(|| model::address::plain(ip).to_string(), present::safe)
    };
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for one in found {
        counts.entry(name(&one.key, Time(one.first_us))).or_default().0 += one.matches;
    }
    for rung in rungs {
        counts.entry(name(&rung.key, rung.first)).or_default().1 += 1;
    }
    let mut all: Vec<OnEntity> = counts
        .into_iter()
        .map(|(entity, (matches, warnings))| OnEntity { entity, matches, warnings })
        .collect();
    all.sort_by(|a, b| (b.warnings, b.matches, &a.entity).cmp(&(a.warnings, a.matches, &b.entity)));
    all
}

/// Causes beyond those that an answer holds, over all minutes.
fn beyond(found: &[Found]) -> u64 {
    let mut most: BTreeMap<i64, u64> = BTreeMap::new();
    for one in found {
        most.insert(one.at, one.keys);
    }
    most.values().map(|keys| keys.saturating_sub(MOST_KEYS)).sum()
}

fn told(backtest: &Backtest) -> String {
    let Backtest { rule, title, severity, matches, warnings, .. } = backtest;
    let mut out = format!("{rule}  {severity}  {title}\n");
    let day = |time: Time| time.to_string().get(..10).unwrap_or_default().to_owned();
    let _ = writeln!(
        out,
        "{} to {}: {} matches, {warnings} warnings",
        day(backtest.from),
        backtest.to.to_string().get(..16).unwrap_or_default(),
        present::grouped(*matches)
    );
    let most = backtest.days.iter().map(|day| day.matches).max().unwrap_or(0).max(1);
    let _ = writeln!(out, "\n{:<12}{:>10}{:>10}", "day", "matches", "warnings");
    for one in backtest.days.iter().filter(|one| one.matches > 0) {
        let bar = "#".repeat((one.matches * 40 / most).max(1) as usize);
        let _ = writeln!(
            out,
            "{:<12}{:>10}{:>10}  {bar}",
            day(one.day),
            present::grouped(one.matches),
            one.warnings
        );
    }
    let quiet = backtest.days.iter().filter(|one| one.matches == 0).count();
    let _ = writeln!(out, "{quiet} of {} days without a match", backtest.days.len());
    if !backtest.entities.is_empty() {
        let _ = writeln!(out, "\n{:<32}{:>10}{:>10}", "on", "matches", "warnings");
        for one in &backtest.entities {
            let _ = writeln!(
                out,
                "{:<32}{:>10}{:>10}",
                present::cut(&one.entity, 31),
                present::grouped(one.matches),
                one.warnings
            );
        }
        let more = backtest.entities_in_all - backtest.entities.len();
        if more > 0 {
            let _ = writeln!(out, "and {more} more");
        }
    }
    let _ = writeln!(
        out,
        "\nclosed by people   {} as confirmed, {} as false or benign",
        backtest.closed_true, backtest.closed_false
    );
    let _ = writeln!(
        out,
        "busiest shift      {} warnings; people can bear {}",
        backtest.busiest_shift, backtest.budget
    );
    let _ = writeln!(
        out,
        "not seen           {}.{:02} % of the taps' minutes",
        backtest.unknown_ppm / 10_000,
        backtest.unknown_ppm / 100 % 100
    );
    let _ = writeln!(
        out,
        "cost               {} rows, {}, {} ms",
        present::grouped(backtest.read_rows),
        present::bytes(backtest.read_bytes),
        backtest.elapsed_ms
    );
    if backtest.beyond > 0 {
        let _ = writeln!(
            out,
            "left out           {} causes beyond {MOST_KEYS} a minute",
            present::grouped(backtest.beyond)
        );
    }
    if !backtest.refusal.is_empty() {
        let _ = writeln!(out, "\nDo not enable it: {}.", backtest.refusal);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(minute: i64, who: &str) -> Found {
        let at = minute * Time::MINUTE;
        let address = format!("::ffff:{who}");
        serde_json::from_value(serde_json::json!({
            "at": at, "rule": 1, "key": [address], "measure": 1, "matches": 3, "flows": 1, "flow_ids": [minute],
            "first_us": at, "src_ip": address, "dst_ip": "::", "dst_port": 0, "ip_protocol": 6, "src_zone": "",
            "dst_zone": "", "keys": 1_007,
        }))
        .expect("a row of the answer")
    }

    #[test]
    fn days_and_entities_have_their_matches_and_warnings() {
        let found = [found(1, "10.0.0.1"), found(2, "10.0.0.1"), found(1_500, "10.0.0.2")];
        let rungs = warnings(&found);
        let days = days(Time(0), Time(2 * Time::DAY), &[]);
        let by_day: Vec<_> =
            by_day(&days, &found, &rungs).iter().map(|day| (day.matches, day.warnings)).collect();
        assert_eq!(by_day, [(6, 1), (3, 1)]);
        let who: Vec<_> = entities(&found, &rungs, None)
            .into_iter()
            .map(|one| (one.entity, one.matches, one.warnings))
            .collect();
        assert_eq!(who, [("10.0.0.1".to_owned(), 6, 1), ("10.0.0.2".to_owned(), 3, 1)]);
        assert_eq!(beyond(&found), 21);
    }
}
