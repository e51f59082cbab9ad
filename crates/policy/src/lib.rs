//! Zones, conduits and verdicts of `policy.toml`.

/// The bank's policy, compiled.
#[derive(Debug)]
pub struct Policy {}
