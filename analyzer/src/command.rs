//! The verbs of `bartizan-analyzer`, and what their exit codes mean.

mod answer;
mod into;
mod judging;
mod measuring;
mod why_not;

pub use into::BadInto;

use crate::arguments::{Arguments, Evaluate, PolicyFile, Verb};
use crate::window::Span;
use anyhow::Context as _;
use clap::CommandFactory;
use config::Settings;
use policy::Policy;
use std::path::{Path, PathBuf};
use store::{Role, Session, Store};

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Asked wrongly; most such errors `clap` finds.
    Usage = 2,
    /// The configuration or the policy is wrong.
    Configuration = 3,
    /// The store cannot be reached.
    Store = 4,
    /// Not permitted.
    NotPermitted = 5,
    /// Done in part.
    Partial = 6,
}

/// A policy or rules that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadPolicy(Vec<String>);

/// A range of time that cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum BadRange {
    /// It has no moment in it.
    #[error("--from {from} is not before --to {to}: nothing to judge")]
    Empty {
        /// Its first moment.
        from: model::Time,
        /// The moment after its last.
        to: model::Time,
    },
    /// Every hour of it costs a second, stored rows or not.
    #[error("--from {from} to --to {to} is more than {LONGEST_DAYS} days: judge it in parts")]
    Long {
        /// Its first moment.
        from: model::Time,
        /// The moment after its last.
        to: model::Time,
    },
}

/// Longest range that is judged at once, in days.
const LONGEST_DAYS: i64 = 400;

impl BadRange {
    /// Fails if `range` is empty or longer than 400 days.
    pub fn check(range: &Span) -> Result<(), Self> {
        let Span { from, to } = *range;
        if range.is_empty() {
            return Err(Self::Empty { from, to });
        }
        if to > from.plus(LONGEST_DAYS * 24 * model::Time::HOUR) {
            return Err(Self::Long { from, to });
        }
        Ok(())
    }
}

impl Exit {
    /// The exit code for a failure.
    pub fn of(failure: &anyhow::Error) -> Self {
        let is_usage = |cause: &(dyn std::error::Error + 'static)| {
            let into = cause.downcast_ref::<BadInto>();
            let is_bad = cause.is::<BadRange>() || cause.is::<why_not::NoDetection>();
            is_bad || into.is_some_and(BadInto::is_usage)
        };
        if failure.chain().any(is_usage) {
            return Self::Usage;
        }
        if failure.chain().any(|cause| cause.is::<config::Error>() || cause.is::<BadPolicy>()) {
            return Self::Configuration;
        }
        match failure.chain().find_map(|cause| cause.downcast_ref::<store::Error>()) {
            Some(store::Error::Setting(_)) => Self::Configuration,
            Some(store::Error::Denied { .. }) => Self::NotPermitted,
            Some(
                store::Error::Away { .. }
                | store::Error::Engine { .. }
                | store::Error::SchemaOld { .. },
            ) => Self::Store,
            _ => Self::Failed,
        }
    }
}

/// Does what was asked.
///
/// # Errors
/// What failed, why, and what to do.
pub fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let quiet = arguments.quiet;
    match &arguments.verb {
        Verb::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut Arguments::command(),
                "bartizan-analyzer",
                &mut std::io::stdout(),
            );
            Ok(Exit::Done)
        }
        Verb::Explain { format } => answer::detections(*format),
        Verb::Evaluate { what: Evaluate::Beacon { quick, write, make_tables } } => {
            measuring::beacon(*quick, write.as_deref(), make_tables.as_deref())
        }
        Verb::Evaluate { what: Evaluate::Stories { truth, format } } => {
            with_store(arguments, async |store, _| measuring::story(&store, truth, *format).await)
        }
        Verb::Evaluate { what: Evaluate::Forecast(asked) } => {
            measuring::forecast(asked, settings(arguments)?, arguments.folder.is_some(), quiet)
        }
        Verb::Status { format } => {
            with_store(arguments, async |store, _| answer::status(&store, *format).await)
        }
        Verb::Publish(file) => with_store(arguments, async |store, settings| {
            judging::publish(&store, &read(file, &settings)?, quiet).await
        }),
        Verb::Once(once) => with_store(arguments, async |store, settings| {
            judging::once(&store, &read(&once.policy, &settings)?, once, &settings, quiet).await
        }),
        Verb::WhyNot(asked) => with_store(arguments, async |store, settings| {
            let now = settings.console.now.parse().ok();
            why_not::tell(&store, &read(&asked.policy, &settings)?, asked, now).await
        }),
        Verb::Run(file) => with_store(arguments, async |store, settings| {
            judging::run(&store, &read(file, &settings)?, &settings.analyzer).await
        }),
    }
}

fn with_store(
    arguments: &Arguments,
    act: impl AsyncFnOnce(Store, Settings) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let settings = settings(arguments)?;
    if !settings.analyzer.rules.as_os_str().is_empty() {
        crate::detections::rules::add_folder(&settings.analyzer.rules).map_err(BadPolicy)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        let session: Session = Store::open(&settings.store, Role::Analyzer).await?;
        act(session.store().clone(), settings).await
    })
}

fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let loaded = config::load(arguments.config.as_deref())?;
    for warning in &loaded.warnings {
        eprintln!("bartizan-analyzer: {warning}");
    }
    let mut settings = loaded.settings;
    let Arguments { store_url, folder, database, .. } = arguments;
    if let Some(url) = store_url {
        settings.store.url.clone_from(url);
    }
    if let Some(folder) = folder {
        settings.store.folder.clone_from(folder);
    }
    if let Some(database) = database {
        settings.store.database.clone_from(database);
    }
    Ok(settings)
}

fn read(file: &PolicyFile, settings: &Settings) -> anyhow::Result<Policy> {
    let path: PathBuf = file.policy.clone().unwrap_or_else(|| settings.analyzer.policy.clone());
    let policy = policy_of(&path)?;
    for problem in policy.warnings() {
        eprintln!("{}:{problem}", path.display());
    }
    Ok(policy)
}

/// The policy in the file at `path`.
///
/// # Errors
/// [`BadPolicy`] with every problem and its place.
pub fn policy_of(path: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        BadPolicy(vec![format!(
            "the policy {} cannot be read: {error}; name it with --policy",
            path.display()
        )])
    })?;
    Policy::read(&text).map_err(|problems| {
        let lines = problems.iter().map(|problem| format!("{}:{problem}", path.display()));
        BadPolicy(lines.collect()).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;

    #[test]
    fn a_range_that_cannot_be_judged_is_a_usage_error() {
        let check = |from, to| BadRange::check(&Span::new(Time(from), Time(to)));
        assert!(check(0, 400 * 86_400_000_000).is_ok());
        for (from, to) in [(5, 5), (6, 5), (0, 400 * 86_400_000_000 + 1)] {
            let failure = anyhow::Error::new(check(from, to).expect_err("refused"));
            assert_eq!(Exit::of(&failure), Exit::Usage, "{failure}");
        }
    }
}
