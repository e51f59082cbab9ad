//! The policy's zones in the store: rows of `zone_of`, and the dictionary that fills zones into new rows.

use crate::rows::Writer;
use anyhow::Context as _;
use policy::Policy;
use query::named;
use serde::Deserialize;
use store::{Question, Store};

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// So many networks and hosts were written.
    Written(u64),
    /// This policy was in force already.
    InForce,
}

#[derive(Debug, Deserialize)]
struct Current {
    policy: String,
    networks: u64,
}

/// Writes the zones of `policy`, unless they are in force already, and loads them for the rows to come.
///
/// Rows that are in the store keep the zones that they were given.
///
/// # Errors
/// What the store said.
pub async fn publish(store: &Store, policy: &Policy) -> anyhow::Result<Published> {
    let current = named(include_str!("publish.sql"), "publish.current");
    let current = store.ask::<Current>(&Question::new(current.name, current.sql)).await?.rows;
    let in_force = current.iter().any(|row| row.networks > 0 && row.policy == policy.hash());
    let mut published = Published::InForce;
    if !in_force {
        let mut writer = Writer::default();
        policy.zone_rows().iter().for_each(|row| writer.push(row));
        published = Published::Written(writer.write(store).await.context("writing zones")?);
    }
    store.reload_zones().await.context("loading zones")?;
    Ok(published)
}
