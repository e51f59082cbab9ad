//! Why a chain did not ring, and the least that would have made it ring.

use super::Day;
use super::reasons::{Chain, LEARNED_DAYS, MATTERS, MATTERS_ALONE, RARE_MILLINATS};
use crate::detections::{Gate, WhatIf};
use crate::score;
use serde_json::Value;

/// The gates of a chain, in the order in which they are tried.
pub(super) fn gates(chain: &Chain<'_>) -> Vec<Gate> {
    let is_single = chain.depth() == 1;
    let matters = if is_single { MATTERS_ALONE } else { MATTERS };
    let sum = score::sum(&chain.contributions());
    let is_rare = chain.is_rare();
    vec![
        Gate {
            name: "hops".to_owned(),
            value: format!("{} to {}", chain.depth(), chain.object()),
            needs: "2 or more that follow each other within 15 min, or 1 that is strange"
                .to_owned(),
            passes: !is_single || chain.strange() > 0,
        },
        Gate {
            name: "memory".to_owned(),
            value: format!("{} days", chain.memory_days()),
            needs: format!("{LEARNED_DAYS} days, for a single hop"),
            passes: !is_single || chain.memory_days() >= LEARNED_DAYS,
        },
        Gate {
            name: "criticality".to_owned(),
            value: chain.criticality().to_string(),
            needs: format!("{matters} or more on the way"),
            passes: is_rare || chain.criticality() >= matters,
        },
        Gate {
            name: "strange hops".to_owned(),
            value: chain.strange().to_string(),
            needs: "1 that nobody made in 180 days and no conduit names".to_owned(),
            passes: is_rare || chain.strange() > 0,
        },
        Gate {
            name: "rarity".to_owned(),
            value: chain.site_surprise().map_or_else(
                || "not yet calibrated here".to_owned(),
                |surprise| format!("{:.1} nats", f64::from(surprise) / 1_000.0),
            ),
            needs: format!("{:.1} nats, or the gates above", f64::from(RARE_MILLINATS) / 1_000.0),
            passes: is_rare || chain.reaches() || chain.is_bold(),
        },
        Gate {
            name: "score".to_owned(),
            value: format!("{:.2}", f64::from(score::score(sum)) / 10_000.0),
            needs: "0.50".to_owned(),
            passes: score::score(sum) >= score::RINGS_AT,
        },
    ]
}

/// The memory without one edge of the subject's ways, then without all of them.
pub(super) fn what_if(subject: &str, day: &Day<'_>, rows: &[Vec<Value>]) -> Vec<WhatIf> {
    let mut edges: Vec<(String, String, String)> = Vec::new();
    for chain in day.chains().iter().filter(|chain| chain.subject() == subject) {
        for (used, hop) in chain.used().zip(chain.hops()).filter(|(used, _)| used.is_known) {
            edges.push((used.src.key(), used.dst.key(), hop.service.clone()));
        }
    }
    edges.sort();
    edges.dedup();
    let is = |row: &Value, (src, dst, app): &(String, String, String)| {
        row["src"] == src.as_str() && row["dst"] == dst.as_str() && row["app"] == app.as_str()
    };
    let without = |gone: &[(String, String, String)], said: String| {
        let mut rows = rows.to_vec();
        rows[2].retain(|row| !gone.iter().any(|edge| is(row, edge)));
        WhatIf { said, rows }
    };
    let mut changes: Vec<WhatIf> = edges
        .iter()
        .map(|edge| {
            let said = format!("had {} never worked on {} by {} before", edge.0, edge.1, edge.2);
            without(std::slice::from_ref(edge), said)
        })
        .collect();
    if edges.len() > 1 {
        changes.push(without(&edges, "had none of its hops been made before".to_owned()));
    }
    changes
}
