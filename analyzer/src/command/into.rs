//! Which database a range is judged into: the one it is in, or one that stands beside it without some taps.

use crate::arguments::Once;
use anyhow::Context as _;
use config::Settings;
use store::schema::{Beside, Layout, migrate_beside};
use store::{Error, Role, Store};

/// A database beside that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadInto {
    /// Nothing is left out of it.
    #[error("--into is for judging as if a tap had been blind: name the tap with --without")]
    Whole,
    /// A tap that was never there.
    #[error("{0}")]
    Tap(String),
    /// It does not exist, and this user may not make it.
    #[error("{why}; somebody who may change tables makes it with\n  {command}")]
    NotThere {
        /// What the store said.
        why: String,
        /// What makes it.
        command: String,
    },
}

impl BadInto {
    /// Whether the command was wrong, not the rights.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Whole | Self::Tap(_))
    }
}

/// The store's database that the range is judged into: made if it is not there.
pub(super) async fn database(
    store: &Store,
    settings: &Settings,
    once: &Once,
) -> anyhow::Result<Store> {
    if !once.without.is_empty() {
        store.check_taps(&once.without).await.map_err(bad_tap)?;
    }
    let Some(name) = &once.into else { return Ok(store.clone()) };
    if once.without.is_empty() {
        return Err(BadInto::Whole.into());
    }
    let beside = Beside::new(store.database(), &once.without);
    let name = if name.is_empty() { beside.name() } else { name.clone() };
    let target = store.with_database(&name);
    let is_there = target.beside().await?.as_ref() == Some(&beside);
    if !is_there || target.check_schema().await.is_err() {
        make(&target, settings, &beside)
            .await
            .with_context(|| format!("making database {name} beside {}", beside.source))?;
    }
    Ok(target)
}

/// Makes it as the owner of the tables, whom the embedded store lets anybody be who owns its folder.
async fn make(target: &Store, settings: &Settings, beside: &Beside) -> anyhow::Result<()> {
    let name = target.database();
    let owner = if settings.store.url.is_empty() {
        Store::find(&settings.store, Role::Owner).await?.with_database(name)
    } else {
        target.clone()
    };
    let layout = match settings.store.cluster.as_str() {
        "" => Layout::SingleNode,
        cluster => Layout::Cluster(cluster.to_owned()),
    };
    match migrate_beside(&owner, &layout, beside).await {
        Ok(_) => Ok(()),
        Err(error @ Error::Denied { .. }) => {
            let (why, command) = (error.to_string(), beside.command(name));
            Err(anyhow::Error::new(error).context(BadInto::NotThere { why, command }))
        }
        Err(error) => Err(error.into()),
    }
}

/// A tap that nobody knows is a mistake of the command.
fn bad_tap(error: Error) -> anyhow::Error {
    match error {
        Error::Setting(said) => BadInto::Tap(said).into(),
        other => other.into(),
    }
}
