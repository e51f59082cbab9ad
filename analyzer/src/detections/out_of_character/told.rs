//! What is told of an odd hour: the finding, its gates, and what would have made it ring.

use super::hours::Hour;
use super::{ABOUT, LARGE, Odd, RINGS_MILLINATS};
use crate::detections::{Context, Finding, Gate, WhatIf};
use crate::entities::{Entity, service};
use crate::memory::usual::{FAR_FROM_BOTH, FAR_FROM_ONE, FEATURES, Far};
use crate::score;
use model::Time;
use model::warning::Contribution;
use serde_json::{Value, json};

/// What each feature counts, for people.
const SAID: [&str; 3] = ["bytes sent", "hosts spoken to", "hosts never spoken to before"];

pub(super) fn finding(odd: &Odd<'_>, context: &Context<'_>) -> Finding {
    let entity = &odd.hour.entity;
    let contributions = contributions(odd);
    let rings = score::score(score::sum(&contributions)) >= score::RINGS_AT;
    let mut numbers = serde_json::Map::new();
    for (at, feature) in FEATURES.iter().enumerate() {
        let Far { own, peers } = odd.far[at];
        numbers.insert((*feature).to_owned(), odd.hour.values[at].into());
        numbers.insert(format!("{feature}_own_hundredths"), own.into());
        numbers.insert(format!("{feature}_peers_hundredths"), peers.into());
        numbers.insert(format!("{feature}_usual"), value(odd.usual[at].0).into());
        numbers.insert(format!("{feature}_usual_of_peers"), value(odd.usual[at].1).into());
    }
    numbers.insert("surprise_millinats".into(), odd.surprise_millinats.into());
    numbers.insert("site_millinats".into(), odd.site_millinats.into());
    numbers.insert("peers_in_group".into(), odd.peers.into());
    numbers.insert("learning".into(), odd.is_learning.into());
    let mut flow_ids = odd.hour.flow_ids.clone();
    flow_ids.sort_unstable();
    flow_ids.dedup();
    Finding {
        subject: entity.key(),
        object: FEATURES[foremost(odd)].to_owned(),
        episode_start: context.step.from.floor(ABOUT.step_us),
        severity: if rings { ABOUT.severity } else { model::Severity::P0 },
        zone: entity.place.zone.to_owned(),
        surprise_millinats: Some(odd.surprise_millinats),
        sentence: sentence(odd, context),
        numbers,
        contributions,
        flow_ids,
    }
}

/// The feature that is furthest from the usual, of those that count.
fn foremost(odd: &Odd<'_>) -> usize {
    odd.far_features().max_by_key(|at| (odd.far[*at].surprise_millinats(), 3 - at)).unwrap_or(0)
}

fn contributions(odd: &Odd<'_>) -> Vec<Contribution> {
    let surprise = odd.surprise_millinats.min(9_000);
    let value = format!("one hour in e^{}.{}", surprise / 1_000, surprise % 1_000 / 100);
    let mut parts = vec![
        score::part("most odd hours have a reason", "", -6_500),
        score::part("neither it nor its peers do so", value, surprise.cast_signed()),
    ];
    if odd.is_learning {
        parts.push(score::part("learning: measured by its peers alone", "", -300));
    }
    if odd.hour.entity.place.criticality >= 8 {
        parts.push(score::part("criticality 8 or more", odd.hour.entity.place.zone, 300));
    }
    score::limited(parts)
}

fn sentence(odd: &Odd<'_>, context: &Context<'_>) -> String {
    let entity = &odd.hour.entity;
    let hour = context.step.from.0.rem_euclid(Time::DAY) / Time::HOUR;
    let features: Vec<String> = odd.far_features().map(|at| feature_said(odd, at)).collect();
    let learning = if odd.is_learning { " It is not known for two weeks yet." } else { "" };
    format!(
        "{} did from {hour:02}:00 to {:02}:00 what it never does: {}.{learning} Most went to {}. Ask its owner what it was \
         for.",
        entity.described(),
        (hour + 1) % 24,
        features.join("; "),
        most_said(odd, context),
    )
}

fn feature_said(odd: &Odd<'_>, at: usize) -> String {
    let (own, peers) = odd.usual[at];
    let is = match at {
        0 => bytes(odd.hour.values[at]),
        _ => odd.hour.values[at].to_string(),
    };
    let usual = |x: u16| if at == 0 { bytes(value(x)) } else { value(x).to_string() };
    let mut against = Vec::new();
    if odd.far[at].own.is_some() {
        against.push(format!("usually {} at this hour", usual(own)));
    }
    if odd.far[at].peers.is_some() {
        against.push(format!("{} for its {} peers", usual(peers), odd.peers));
    }
    format!("{is} {} ({})", SAID[at].trim_start_matches("bytes "), against.join(", "))
}

fn most_said(odd: &Odd<'_>, context: &Context<'_>) -> String {
    let (ip, port, protocol) = odd.hour.most;
    let peer = Entity::at(context.policy, ip, context.step.from);
    if port == 0 {
        return format!("{}, who asked for it", peer.described());
    }
    format!("{} by {}", peer.described(), service(protocol, port))
}

/// The value that stands at `x` on the scale of baselines.
fn value(x: u16) -> u64 {
    (f64::from(x) / 16.0).exp2().round() as u64 - 1
}

fn bytes(value: u64) -> String {
    match value {
        0..1_000 => format!("{value} B"),
        1_000..1_000_000 => format!("{}.{} kB", value / 1_000, value % 1_000 / 100),
        1_000_000..1_000_000_000 => {
            format!("{}.{} MB", value / 1_000_000, value % 1_000_000 / 100_000)
        }
        _ => format!("{}.{} GB", value / 1_000_000_000, value % 1_000_000_000 / 100_000_000),
    }
}

/// The gates of an hour, in the order in which they are tried, each by the feature that came nearest.
pub(super) fn gates(odd: &Odd<'_>) -> Vec<Gate> {
    let nearest = |at: &usize| odd.far[*at].surprise_millinats();
    let large: Vec<usize> = (0..3).filter(|at| odd.hour.values[*at] >= LARGE[*at]).collect();
    let at = odd
        .far_features()
        .max_by_key(nearest)
        .or_else(|| large.iter().copied().max_by_key(nearest))
        .unwrap_or(0);
    let distance = |far: Option<i32>| {
        far.map_or_else(|| "not known".to_owned(), |far| format!("{:.1}", f64::from(far) / 100.0))
    };
    let nats = |millinats: u32| format!("{:.1} nats", f64::from(millinats) / 1_000.0);
    vec![
        Gate {
            name: "memory".to_owned(),
            value: if odd.is_known() { "known" } else { "learning" }.to_owned(),
            needs: "14 days of its own, or 8 peers".to_owned(),
            passes: odd.is_known(),
        },
        Gate {
            name: "size".to_owned(),
            value: format!("{} {}", odd.hour.values[at], SAID[at]),
            needs: format!("{} {}", LARGE[at], SAID[at]),
            passes: !large.is_empty(),
        },
        Gate {
            name: "distance".to_owned(),
            value: format!(
                "{} deviations from its own hours, {} from its peers'",
                distance(odd.far[at].own),
                distance(odd.far[at].peers)
            ),
            needs: format!("{} from both, or {} from one", FAR_FROM_BOTH / 100, FAR_FROM_ONE / 100),
            passes: odd.is_far(),
        },
        Gate {
            name: "rarity".to_owned(),
            value: nats(odd.surprise_millinats),
            needs: nats(RINGS_MILLINATS),
            passes: odd.surprise_millinats >= RINGS_MILLINATS,
        },
    ]
}

/// The host's row with one feature raised: tenfold, a hundredfold, a thousandfold.
pub(super) fn what_if(hour: &Hour<'_>, rows: &[Vec<Value>]) -> Vec<WhatIf> {
    let mut changes = Vec::new();
    for times in [10, 100, 1_000] {
        for (at, feature) in FEATURES.iter().enumerate() {
            let value = hour.values[at].max(1).saturating_mul(times);
            let said = match at {
                0 => format!("with {} sent", bytes(value)),
                _ => format!("with {value} {}", SAID[at]),
            };
            let mut rows = rows.to_vec();
            let address = json!(hour.entity.ip);
            for row in rows[0].iter_mut().filter(|row| row["ip"] == address) {
                row[*feature] = value.into();
            }
            changes.push(WhatIf { said, rows });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::usual::scaled;

    #[test]
    fn the_scale_is_read_back_to_within_its_grain() {
        for number in [0, 1, 9, 1_000, 5_000_000] {
            let back = value(scaled(number));
            assert!(back.abs_diff(number) * 45 <= number, "{number} {back}");
        }
    }

    #[test]
    fn bytes_are_said_with_one_decimal() {
        assert_eq!(
            [999, 1_050, 2_340_000, 7_000_000_000].map(bytes),
            ["999 B", "1.0 kB", "2.3 MB", "7.0 GB"]
        );
    }
}
