//! A generated bank: its month written, loaded, judged by the real detections hour by hour, and read back as what was known.

use super::hazard::Hazard;
use crate::forecast::{Kind, Scope, past::Past, read, scopes};
use crate::judge::Judge;
use crate::warnings::Pass;
use crate::window::Span;
use anyhow::{Context as _, bail};
use bytes::Bytes;
use config::settings::Settings;
use model::batch::Block;
use model::triage::Triage;
use model::{Level, Record as _, Time};
use policy::Policy;
use query::{Scope as Range, named};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use store::{Prepared, Question, Role, Store, Token, native};

const SQL: &str = include_str!("../forecast.sql");
/// How often an hour is judged before its failure is one.
const TRIES: u32 = 5;

/// What a bank is for; no bank is for two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Weights are fitted on it.
    Training,
    /// The penalty is chosen on it.
    Tuning,
    /// Bands and cuts are set on it.
    Calibration,
    /// Nothing but the figures comes from it.
    Test,
}

/// Which bank, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What for.
    pub purpose: Purpose,
    /// Seed of its generator.
    pub seed: u64,
    /// Its first midnight.
    pub from: Time,
    /// How long.
    pub days: i64,
    /// Where its rows are, or will be.
    pub folder: PathBuf,
}

/// A strike that the generator drew.
#[derive(Debug, Clone, Deserialize)]
pub struct Strike {
    /// When.
    pub at: Time,
    /// Zone id, or `institution`.
    pub scope: String,
    /// Level that it leads to.
    pub level: Level,
    /// Whether anything could be seen of the same episode before.
    pub foretold: bool,
}

/// `month.json`, as far as it is needed.
#[derive(Debug, Clone, Deserialize)]
pub struct Truth {
    /// Seed.
    pub seed: u64,
    /// First midnight.
    pub from: Time,
    /// Days.
    pub days: i64,
    /// Attacks that something came before.
    pub attacks_with_precursor: u32,
    /// Attacks that nothing came before.
    pub attacks_without: u32,
    /// Episodes that no attack followed.
    pub decoys: u32,
    /// What was struck, in order.
    pub strikes: Vec<Strike>,
}

/// A bank after its month.
#[derive(Debug)]
pub struct Bank {
    /// What it is for, and when.
    pub plan: Plan,
    /// Its scopes and their kinds.
    pub scopes: Vec<(Scope, Kind)>,
    /// What was known, at every moment.
    pub past: Past,
    /// What the generator knew.
    pub hazard: Hazard,
    /// What the generator drew.
    pub truth: Truth,
}

impl Plan {
    /// The month that lies in `folder`, for a test.
    ///
    /// # Errors
    /// If there is none.
    pub fn found(folder: &Path) -> anyhow::Result<Self> {
        let truth = Truth::found(folder)?;
        let Truth { seed, from, days, .. } = truth;
        Ok(Self { purpose: Purpose::Test, seed, from, days, folder: folder.to_path_buf() })
    }

    /// Its whole time.
    pub const fn span(&self) -> Span {
        Span::new(self.from, self.from.plus(self.days * Time::DAY))
    }

    fn database(&self) -> String {
        format!("bartizan_month_{}_{}", self.seed, self.days)
    }

    /// Writes the month, unless it is there.
    ///
    /// # Errors
    /// If the generator cannot be run or fails.
    pub fn generate(&self) -> anyhow::Result<()> {
        if self.folder.join("month.json").is_file() {
            return Ok(());
        }
        let generator = generator()?;
        let done = Command::new(&generator)
            .args(["month", "--quiet", "--seed", &self.seed.to_string()])
            .args(["--days", &self.days.to_string(), "--from", &self.from.to_string(), "--out"])
            .arg(&self.folder)
            .status()
            .with_context(|| format!("running {}", generator.display()))?;
        if !done.success() {
            bail!("{} wrote no month: {done}", generator.display());
        }
        Ok(())
    }

    /// Loads and judges the month, unless that was done, and reads back what was known. `tell` hears of each day that was judged.
    ///
    /// # Errors
    /// What the store said, or a file that is not of the generator's form.
    pub async fn bank(&self, settings: &Settings, tell: impl Fn(&str)) -> anyhow::Result<Bank> {
        let truth = Truth::found(&self.folder)?;
        let policy = crate::command::policy_of(&self.folder.join("policy.toml"))?;
        let place = config::settings::Store { database: self.database(), ..settings.store.clone() };
        let owner = Store::open(&place, Role::Owner).await?;
        let person = Store::open(&place, Role::Person).await?;
        let judged = judged_until(&owner).await?;
        if judged.is_none() {
            crate::publish(&owner, &policy).await.context("publishing the bank's policy")?;
            load(&owner, &self.folder.join("history")).await?;
        }
        let analyzer = Store::open(&place, Role::Analyzer).await?;
        let from = judged.map_or(self.from, |judged| judged.floor(Time::HOUR).max(self.from));
        let rest = Span::new(from, self.span().to);
        if !rest.is_empty() {
            judge(&analyzer, &person, &policy, rest, tell).await?;
        }
        let past = read::past(&analyzer, &policy, self.span()).await?;
        let hazard = Hazard::read(&read_text(&self.folder.join("hazard.jsonl"))?)?;
        Ok(Bank { plan: self.clone(), scopes: scopes(&policy), past, hazard, truth })
    }
}

impl Truth {
    fn found(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("month.json");
        serde_json::from_str(&read_text(&path)?)
            .with_context(|| format!("reading {}", path.display()))
    }
}

/// The generator, beside this program.
fn generator() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("asking where this program is")?;
    let beside = own.with_file_name("bartizan-stories");
    let path = if beside.is_file() { beside } else { PathBuf::from("bartizan-stories") };
    Ok(path)
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// Up to when the situation was assessed.
async fn judged_until(store: &Store) -> anyhow::Result<Option<Time>> {
    #[derive(Deserialize)]
    struct Last {
        rows: u64,
        newest: Time,
    }
    let asked = named(SQL, "evaluate.judged");
    let last = store.ask::<Last>(&Question::new(asked.name, asked.sql)).await?.rows;
    Ok(last.first().filter(|last| last.rows > 0).map(|last| last.newest))
}

async fn load(store: &Store, folder: &Path) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "native"));
    files.sort();
    for path in files {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let table = stem.split('-').next().unwrap_or_default().to_owned();
        let bytes = Bytes::from(
            std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?,
        );
        let blocks = native::blocks(&bytes)
            .map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
        for block in blocks {
            store.insert(&Prepared::from_native(&table, &bytes, &block)).await?;
        }
    }
    Ok(())
}

/// Judges hour by hour as live judging does; after each, the shift leader closes what stands at level I or II.
async fn judge(
    store: &Store,
    person: &Store,
    policy: &Policy,
    range: Span,
    tell: impl Fn(&str),
) -> anyhow::Result<()> {
    let mut judge = Judge::open(store, policy, range.from, &[]).await?;
    for hour in range.hours() {
        // A machine that does other things too may take longer than a question's budget; judging an hour again adds nothing.
        let mut tries = 1;
        while let Err(error) = judge.span(hour, Pass::Closed).await {
            if tries == TRIES {
                return Err(error);
            }
            tries += 1;
            tell(&format!("{} again: {error:#}", hour.from));
            judge = Judge::open(store, policy, hour.from, &[]).await?;
        }
        close(store, person, hour).await?;
        if hour.to == hour.to.floor(Time::DAY) {
            tell(&format!("{} judged", hour.from.floor(Time::DAY)));
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Standing {
    scope: String,
    name: String,
    level: Level,
    acts: u32,
}

/// Half an hour after the hour, whoever has the shift closes each scope at level I or II: the level then falls when its index
/// has been low for long enough.
async fn close(store: &Store, person: &Store, hour: Span) -> anyhow::Result<()> {
    let range = Range { from: hour.to, to: hour.to.plus(1), without: Vec::new() };
    let standing = store.ask::<Standing>(&named(SQL, "evaluate.standing").over(&range)).await?.rows;
    let mut block = Block::new(Triage::TABLE);
    for one in standing {
        closing(&one, hour.to.plus(30 * Time::MINUTE)).encode(&mut block);
    }
    if block.rows() > 0 {
        let token = Token::of_content(Triage::TABLE.name, &block.to_native());
        person.insert(&Prepared::from_block(&block, token)).await?;
    }
    Ok(())
}

fn closing(one: &Standing, at: Time) -> Triage {
    Triage {
        id: (at.0 as u64).rotate_left(8)
            ^ one.name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)),
        subject: one.scope.clone(),
        subject_id: one.name.clone(),
        seq: one.acts + 1,
        at,
        action: "close".into(),
        state_from: "NEW".into(),
        state_to: "CLOSE".into(),
        owner: String::new(),
        disposition: "confirmed".into(),
        reason: "dealt with".into(),
        note: String::new(),
        group_size: 1,
        client: concat!("bartizan-analyzer ", env!("CARGO_PKG_VERSION")).into(),
        idem_key: format!("{} {} {}", one.scope, one.name, at.0),
        until: None,
        level: one.level.to_string(),
    }
}
