//! The live loop: follows the watermark, judges single rows before it, and goes back where rows came late.

use crate::judge::{Activity, Judge, Summary, activity, watermark};
use crate::warnings::Pass;
use crate::window::{Span, Watermark};
use config::settings::Levels;
use model::Time;
use policy::Policy;
use query::named;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{Question, Store};
use tracing::{info, warn};

/// Between two looks at the store.
const PERIOD: Duration = Duration::from_secs(2);

/// Between two counts of the open hour, in packet time.
const COUNT_EVERY_US: i64 = 10 * Time::MINUTE;

/// How late a row may be and still re-open its windows, unless settings say otherwise. Microseconds.
pub const LATENESS_US: i64 = 15 * Time::MINUTE;

#[derive(Debug, Deserialize)]
struct Last {
    detection: String,
    minute: Time,
}

/// Judges what arrives until `stopped` resolves. Returns what was done.
///
/// # Errors
/// What the store said, where waiting does not help; a store that is away is waited for.
pub async fn run(
    store: &Store,
    policy: &Policy,
    lateness_us: i64,
    levels: &Levels,
    stopped: impl Future<Output = ()>,
) -> anyhow::Result<Summary> {
    tokio::pin!(stopped);
    let mut live = Live {
        store,
        policy,
        lateness_us,
        levels,
        judge: None,
        at: None,
        counted: None,
        slices: BTreeMap::new(),
        glimpsed: Vec::new(),
    };
    loop {
        match live.look().await {
            Ok(()) => {}
            Err(error) if is_away(&error) => {
                warn!(%error, "the store is away; waiting for it");
                live.judge = None;
            }
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
    Ok(live.judge.map(|judge| judge.summary).unwrap_or_default())
}

fn is_away(error: &anyhow::Error) -> bool {
    let store = error.chain().find_map(|cause| cause.downcast_ref::<store::Error>());
    matches!(
        store,
        Some(store::Error::Away { .. } | store::Error::Busy { .. } | store::Error::Full { .. })
    )
}

struct Live<'a> {
    store: &'a Store,
    policy: &'a Policy,
    lateness_us: i64,
    levels: &'a Levels,
    judge: Option<Judge<'a>>,
    /// Judged up to here.
    at: Option<Time>,
    /// The open hour was counted up to here.
    counted: Option<Time>,
    /// How many slices each recent minute had when it was judged.
    slices: BTreeMap<Time, u64>,
    /// What the open minutes held at the last glimpse.
    glimpsed: Vec<Activity>,
}

impl Live<'_> {
    async fn look(&mut self) -> anyhow::Result<()> {
        let Watermark { at: Some(mark), silent, taps } = watermark(self.store).await? else {
            return Ok(());
        };
        if !silent.is_empty() {
            warn!(?silent, "taps are silent; what depends on them is unknown");
        }
        let at = match self.at {
            Some(at) => at,
            None => self.start(mark).await?,
        };
        let from = self.late(at).await?.unwrap_or(at);
        self.open(from).await?;
        if from < mark {
            self.close(Span::new(from, mark)).await?;
        }
        let newest = taps.values().max().copied().unwrap_or(mark).plus(Time::MINUTE);
        self.glimpse(Span::new(mark, newest)).await
    }

    /// Where to begin: a little before what was judged last, else a little before the watermark.
    async fn start(&mut self, mark: Time) -> anyhow::Result<Time> {
        let last = named(include_str!("run.sql"), "run.judged");
        let last = self.store.ask::<Last>(&Question::new(last.name, last.sql)).await?.rows;
        for last in &last {
            info!(detection = last.detection, minute = %last.minute, "judged before");
        }
        let known = last.iter().map(|last| last.minute).max();
        let from = known.unwrap_or(mark).min(mark).plus(-self.lateness_us).minute();
        info!(%from, watermark = %mark, "judging from here");
        self.at = Some(from);
        Ok(from)
    }

    /// The first recent minute that got rows after it was judged.
    async fn late(&mut self, at: Time) -> anyhow::Result<Option<Time>> {
        let recent = Span::new(at.plus(-self.lateness_us), at);
        self.slices = self.slices.split_off(&recent.from);
        if self.slices.is_empty() {
            return Ok(None);
        }
        let first = self.slices.keys().next().copied();
        let now = activity(self.store, recent, &[]).await?;
        let changed = |minute: &&Activity| {
            first.is_some_and(|first| first <= minute.minute)
                && self.slices.get(&minute.minute).copied().unwrap_or(0) != minute.slices
        };
        let late = now.iter().find(changed).map(|minute| minute.minute);
        if let Some(minute) = late {
            info!(%minute, "rows came late; judging again from there");
            self.judge = None;
        }
        Ok(late)
    }

    async fn open(&mut self, from: Time) -> anyhow::Result<()> {
        if self.judge.is_none() {
            let mut judge = Judge::open(self.store, self.policy, from, &[]).await?;
            judge.levels = self.levels.clone();
            self.judge = Some(judge);
        }
        Ok(())
    }

    async fn close(&mut self, range: Span) -> anyhow::Result<()> {
        for span in range.hours() {
            let judge = self.judge.as_mut().expect("it was opened before");
            let before = judge.summary.clone();
            let slices = activity(self.store, span, &[]).await?;
            judge.span(span, Pass::Closed).await?;
            let hour_ends = span.to == span.to.floor(Time::HOUR);
            let due = self.counted.is_none_or(|counted| span.to.since(counted) >= COUNT_EVERY_US);
            if hour_ends || due {
                judge.count_hour(span.from).await?;
                self.counted = Some(span.to);
            }
            tell(span, &before, &judge.summary);
            self.slices.extend(span.minutes().map(|minute| (minute, 0)));
            self.slices.extend(slices.into_iter().map(|minute| (minute.minute, minute.slices)));
            self.at = Some(span.to);
        }
        Ok(())
    }

    /// Judges single rows of the minutes that are still open.
    async fn glimpse(&mut self, open: Span) -> anyhow::Result<()> {
        let slices = activity(self.store, open, &[]).await?;
        if slices.is_empty() || slices == self.glimpsed {
            return Ok(());
        }
        let judge = self.judge.as_mut().expect("it was opened before");
        for span in open.hours() {
            judge.span(span, Pass::Early).await?;
        }
        self.glimpsed = slices;
        Ok(())
    }
}

fn tell(span: Span, before: &Summary, now: &Summary) {
    info!(
        from = %span.from,
        to = %span.to,
        slices = now.slices - before.slices,
        findings = now.findings - before.findings,
        warnings = now.warnings - before.warnings,
        "judged"
    );
}
