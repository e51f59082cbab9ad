//! The rows: what hosts did in the hour, and what is usual.

use crate::detections::Context;
use crate::entities::Entity;
use crate::memory::baselines::{DAYS_KNOWN, SITE, SURPRISE, group};
use crate::memory::usual::{Cell, FEATURES, Usual, Values, scaled};
use policy::DayKind;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;

/// Hours of the site from which it measures by itself.
const CALIBRATED: u16 = 2_000;

#[derive(Debug, Clone, Deserialize)]
struct Row {
    ip: Ipv6Addr,
    bytes_out: u64,
    peers: u64,
    new_peers: u64,
    most: (Ipv6Addr, u16, u8),
    flow_ids: Vec<u64>,
}

/// What one host did in the hour.
#[derive(Debug, Clone)]
pub(super) struct Hour<'p> {
    pub(super) entity: Entity<'p>,
    /// Bytes sent, hosts spoken to, new ones among them.
    pub(super) values: [u64; 3],
    /// Whom most was sent to: address, port and transport; port 0 where the other opened it.
    pub(super) most: (Ipv6Addr, u16, u8),
    pub(super) flow_ids: Vec<u64>,
}

impl Hour<'_> {
    pub(super) fn scaled(&self) -> Values {
        self.values.map(scaled)
    }
}

/// Each host of the bank, once.
pub(super) fn read<'p>(rows: &[Value], context: &Context<'p>) -> anyhow::Result<Vec<Hour<'p>>> {
    let mut hours: BTreeMap<String, Hour<'p>> = BTreeMap::new();
    let mut rows = rows.iter().map(Row::deserialize).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| (std::cmp::Reverse(row.bytes_out), row.ip));
    for row in rows {
        let entity = Entity::at(context.policy, row.ip, context.step.from);
        if entity.is_outside() {
            continue;
        }
        let values = [row.bytes_out, row.peers, row.new_peers];
        let hour = Hour { entity, values, most: row.most, flow_ids: row.flow_ids };
        // A host with several addresses is as odd as the oddest, as its baseline has it.
        hours
            .entry(entity.key())
            .and_modify(|known| {
                for (value, more) in known.values.iter_mut().zip(values) {
                    *value = (*value).max(more);
                }
                known.flow_ids.extend(&hour.flow_ids);
            })
            .or_insert(hour);
    }
    Ok(hours.into_values().collect())
}

/// The cell of the step's hour.
pub(super) fn cell(context: &Context<'_>) -> u8 {
    let from = context.step.from;
    let hour = (from.0.rem_euclid(model::Time::DAY) / model::Time::HOUR) as u8;
    match context.policy.day_kind(from) {
        DayKind::Working => hour,
        DayKind::Off => 24 + hour,
        DayKind::Special => 48 + hour,
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Baseline {
    entity: String,
    feature: String,
    cell: u8,
    centre: u16,
    spread: u16,
    n: u16,
}

/// What is usual on the day.
#[derive(Debug, Default)]
pub(super) struct Usually {
    of: BTreeMap<String, Usual>,
    /// What one in 2^k of the site's hours exceeds, and how many they are. Hundredths of a nat.
    quantiles: BTreeMap<u8, u16>,
    hours: u16,
}

impl Usually {
    pub(super) fn read(rows: &[Value]) -> anyhow::Result<Self> {
        let mut usually = Self::default();
        for row in rows {
            let Baseline { entity, feature, cell, centre, spread, n } = Baseline::deserialize(row)?;
            if entity == SITE {
                if feature == SURPRISE {
                    usually.quantiles.insert(cell, centre);
                    usually.hours = n;
                }
                continue;
            }
            let usual = usually.of.entry(entity).or_default();
            usual.n = usual.n.max(n);
            if feature == DAYS_KNOWN {
                continue;
            }
            if let Some(at) = FEATURES.iter().position(|known| *known == feature) {
                usual.cells.insert((at, cell), Cell { centre, spread });
            }
        }
        Ok(usually)
    }

    /// What is usual for an entity, and for its peers.
    pub(super) fn of(&self, entity: &Entity<'_>) -> (Option<&Usual>, Option<&Usual>) {
        let key = String::from(model::Text::from(entity.key().as_str()));
        (self.of.get(&key), self.of.get(&group(entity)))
    }

    /// −ln of the share of the site's hours that were at least as surprising, to a power of two; none if they are too few.
    pub(super) fn site_surprise(&self, millinats: u32) -> Option<u32> {
        const LN_2_MILLINATS: u32 = 693;
        let beyond = |knot: &u16| millinats > u32::from(*knot) * 10;
        let exceeded =
            self.quantiles.iter().filter(|(_, knot)| beyond(knot)).map(|(k, _)| *k).max();
        (self.hours >= CALIBRATED).then(|| u32::from(exceeded.unwrap_or(0)) * LN_2_MILLINATS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_site_with_enough_hours_measures_by_them() {
        let row = |cell: u8, centre: u16, n: u16| json!({"entity": "site", "feature": "surprise", "cell": cell, "centre": centre, "spread": 0, "n": n});
        let rows = |n| [row(0, 70, n), row(5, 109, n), row(11, 233, n)];
        let usually = Usually::read(&rows(4_096)).expect("rows");
        // One in 2^11 exceeds 2.33: 11 ln 2 = 7.62.
        assert_eq!(usually.site_surprise(2_331), Some(7_623));
        assert_eq!(usually.site_surprise(2_330), Some(3_465));
        assert_eq!(Usually::read(&rows(1_999)).expect("rows").site_surprise(9_000), None);
    }
}
