//! What the generator knew: the true probability of each strike, from its own laws and what had happened so far.

use crate::forecast::Scope;
use crate::forecast::model::HORIZONS;
use anyhow::Context as _;
use model::{Level, Time};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct Line {
    time: Time,
    struck_ppm: BTreeMap<String, BTreeMap<Level, [u32; HORIZONS.len()]>>,
}

/// True probabilities at every fifth minute, in millionths.
#[derive(Debug, Clone, Default)]
pub struct Hazard {
    moments: BTreeMap<Time, BTreeMap<(String, Level), [u32; HORIZONS.len()]>>,
}

impl Hazard {
    /// Reads `hazard.jsonl`.
    ///
    /// # Errors
    /// Says which line is not of its form.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let mut hazard = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line: Line = serde_json::from_str(line)
                .with_context(|| format!("line {} of the hazard", number + 1))?;
            let all = line.struck_ppm.into_iter().flat_map(|(scope, levels)| {
                levels.into_iter().map(move |(level, ppm)| ((scope.clone(), level), ppm))
            });
            hazard.moments.insert(line.time, all.collect());
        }
        Ok(hazard)
    }

    /// The true probability that `scope` reaches `level` within the horizon at place `horizon`; 0 where it is never struck.
    pub fn at(&self, time: Time, scope: &Scope, level: Level, horizon: usize) -> f64 {
        let name = match scope {
            Scope::Institution(_) => "institution",
            Scope::Zone(zone) => zone,
        };
        let of_moment = self.moments.get(&time);
        let ppm =
            of_moment.and_then(|all| all.get(&(name.to_owned(), level))).map(|all| all[horizon]);
        f64::from(ppm.unwrap_or(0)) / 1e6
    }
}
