//! Rules in Sigma's format as detections: each has an id, a cause and a place in the order of precedence of its own, and all
//! rules of one table are asked in one question.
//!
//! Which rules there are is settled when the program starts: those it was built with, and those of a folder. How they are
//! asked depends on the policy, whose groups, roles and zones are their named sets.

mod correlation;
mod row;
mod told;

use super::{About, Cadence, DETECTIONS, Detection};
use correlation::Correlation;
use model::Time;
use policy::Policy;
use row::Row;
use sigma::{Correlated, Matched, Rule, Rules, Sets};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::Budget;

/// What each question of rules may cost.
const BUDGET: Budget = Budget { rows: 20_000_000, bytes: 2 << 30, seconds: 10, memory: 1 << 30 };

/// Flows that break policy are told beside rules: a rule says more.
const DOES_NOT_EXPLAIN: &str = "POL";

static RULES: OnceLock<Rules> = OnceLock::new();
static IN_FORCE: Mutex<Option<HashMap<String, &'static [&'static dyn Detection]>>> =
    Mutex::new(None);

/// Adds the rules of `folder` to those that are shipped. Only before the first judgement of the process.
///
/// # Errors
/// If the folder cannot be read, or one of its rules is refused: then with every reason and its place.
pub fn add_folder(folder: &Path) -> Result<(), Vec<String>> {
    let files = sigma::rules::files(folder)
        .map_err(|error| vec![format!("the rules of {}: {error}", folder.display())])?;
    let mut rules = Rules::shipped().clone();
    rules.add(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let wrong = |(file, problem): &(String, sigma::Problem)| format!("{file}:{problem}");
    if !rules.refused.is_empty() {
        return Err(rules.refused.iter().map(wrong).collect());
    }
    RULES.set(rules).map_err(|_| vec!["rules are in force already".to_owned()])
}

/// The rules that there are.
pub fn all() -> &'static Rules {
    RULES.get_or_init(|| Rules::shipped().clone())
}

/// The named sets of a policy.
pub fn sets(policy: &Policy) -> Sets {
    let mut sets = Sets::default();
    for (name, networks) in policy.named_networks() {
        sets.add(&name, networks.iter().map(String::as_str));
    }
    sets
}

/// Every detection under `policy`, in order of precedence: those of this program, then rules. Those that ask for a set
/// which the policy does not have are left out.
pub fn in_force(policy: &Policy) -> &'static [&'static dyn Detection] {
    let mut known = IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known.entry(policy.hash().to_owned()).or_insert_with(|| {
        let mut all = DETECTIONS.to_vec();
        all.extend(compiled(self::all(), &sets(policy)));
        all.leak()
    })
}

fn compiled(rules: &'static Rules, sets: &Sets) -> Vec<&'static dyn Detection> {
    let usable = |rule: &&Rule| match sets.check(rule) {
        Ok(()) => true,
        Err(problem) => {
            tracing::debug!(rule = rule.detection(), %problem, "a rule is left out");
            false
        }
    };
    let enabled: Vec<&'static Rule> = rules.enabled().filter(usable).collect();
    let mut detections: Vec<&'static dyn Detection> = Vec::new();
    for table in sigma::mapping::TABLES.iter() {
        let of_table: Vec<&'static Rule> = enabled
            .iter()
            .copied()
            .filter(|rule| rule.rows().is_some_and(|rows| rows.table == table))
            .collect();
        let asked = Arc::new(Matched::new(table, &of_table, sets));
        for (at, rule) in of_table.into_iter().enumerate() {
            let about = about(rule, Cadence::Row, true, Time::MINUTE, Time::HOUR);
            let detection = Row { about, rule, number: at as u64 + 1, asked: asked.clone() };
            detections.push(Box::leak(Box::new(detection)));
        }
    }
    for rule in enabled.iter().copied().filter(|rule| rule.correlation().is_some()) {
        let base = rules.base(rule).expect("rules are checked when they are read");
        if !base.iter().all(usable) {
            continue;
        }
        let asked = Correlated::new(rule, &base, sets).expect("it is checked when it is read");
        let monotone = rule.correlation().is_some_and(|asks| asks.threshold.is_monotone());
        let about = about(rule, Cadence::Minute, monotone, asked.step_us, asked.window_us);
        detections.push(Box::leak(Box::new(Correlation { about, rule, asked })));
    }
    detections
}

/// What a rule says of itself. It lives as long as the program: rules are made once for each policy.
fn about(
    rule: &'static Rule,
    cadence: Cadence,
    monotone: bool,
    step_us: i64,
    window_us: i64,
) -> &'static About {
    let attack: Vec<&'static str> = rule.techniques().into_iter().map(|id| &*id.leak()).collect();
    Box::leak(Box::new(About {
        id: rule.detection().leak(),
        name: rule.slug().leak(),
        finds: &rule.title,
        severity: rule.rings_with(),
        attack: attack.leak(),
        cadence,
        monotone,
        step_us,
        window_us,
        lateness_us: 15 * Time::MINUTE,
        max_drop_ppm: 1_000,
        both_directions: false,
        join_gap_us: sigma::backtest::JOIN_GAP_US,
        budget: BUDGET,
        gives_way_to: named(),
        version: version(rule).leak(),
    }))
}

/// The detections of this program that explain a rule's flows away.
fn named() -> &'static [&'static str] {
    static NAMED: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMED.get_or_init(|| {
        let ids = DETECTIONS.iter().map(|detection| detection.about().id);
        ids.filter(|id| *id != DOES_NOT_EXPLAIN).collect()
    })
}

/// The first eight digits of the hash of what the rule and those that it rests on ask: another condition is another
/// version, another line of the file is not.
fn version(rule: &Rule) -> String {
    use sha2::{Digest, Sha256};
    let asks = |rule: &Rule| rule.rows().map(|rows| format!("{} {:?}", rows.only, rows.condition));
    let mut text = format!("{:?} {:?}", rule.suppress_key, asks(rule));
    if let Some(correlation) = rule.correlation() {
        let base = all().base(rule).unwrap_or_default();
        let base: Vec<_> = base.into_iter().map(asks).collect();
        let kind = correlation.kind.as_str();
        let (span, threshold) = (correlation.timespan_us, correlation.threshold);
        text += &format!("{kind} {span} {threshold} {base:?}");
    }
    let digest = Sha256::digest(text);
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}
