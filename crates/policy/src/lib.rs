//! Zones, conduits and verdicts of policy.toml.
