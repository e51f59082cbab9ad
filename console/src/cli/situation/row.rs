//! One line of the answer: a scope, how it stands, and for a zone what passed at its borders.

use crate::views::situation::{Conduit, Standing, Zone};
use model::situation::Driver;
use model::{Level, Time};
use serde::{Deserialize, Serialize};

/// A scope, as JSON has it.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `institution`, `zone`, `service`, `site` or `entity`.
    pub scope: String,
    /// Which one.
    pub name: String,
    /// The same where it is a zone, else empty.
    pub zone: String,
    /// Situation level; before a zone has one, that of its worst open warning.
    pub level: Level,
    /// The level as it is told: with `?` where what was not seen could be worse.
    pub told: String,
    /// How it stands; none where it weighs nothing or nothing was assessed.
    #[serde(flatten)]
    pub index: Option<Assessed>,
    /// What is known of a zone besides.
    #[serde(flatten)]
    pub known: Option<Known>,
}

/// An index and its parts, as the analyzer wrote them.
#[derive(Debug, Clone, Serialize)]
pub struct Assessed {
    /// The minute that it speaks of.
    pub time: Time,
    /// 0 to 100.
    pub index: f64,
    /// The index if what was not seen were the worst.
    pub index_if_blind: f64,
    /// Threat, 0 to 100.
    pub threat: f64,
    /// Vulnerability, 0 to 100.
    pub vulnerability: f64,
    /// Loss of availability, 0 to 100.
    pub availability: f64,
    /// Share that the taps saw, 0 to 1.
    pub coverage: f64,
    /// What put it at its level, if not the index.
    pub gate: String,
    /// What the index consists of.
    pub drivers: Vec<Driver>,
}

/// What is known of a zone besides its index.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// 0 to 10; 0 is outside the bank.
    pub criticality: u8,
    /// Level of its worst open warning.
    pub worst: Level,
    /// Open warnings.
    pub open: u64,
    /// Of them, those nobody looked at.
    pub new: u64,
    /// Whether some tap saw it in the 28 days before.
    pub watched: bool,
    /// What others opened into it, and it into others.
    pub conduits: Vec<Conduit>,
}

/// A detection that could not judge a part of the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Which.
    pub detection: String,
    /// Why not.
    pub reason: String,
    /// The taps that it needed; an empty name for none in particular.
    pub taps: Vec<String>,
    /// Steps that it could not judge.
    pub steps: u64,
    /// The first of them.
    pub first: Time,
    /// The last of them.
    pub last: Time,
}

/// A zone that some tap saw.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Watched {
    /// Its id.
    pub zone: String,
}

/// Scopes in reading order: the institution, its zones as they want attention, what is made of zones, entities.
pub fn rows(
    standings: Vec<Standing>,
    zones: Vec<Zone>,
    conduits: &[Conduit],
    watched: &[Watched],
) -> Vec<Row> {
    let (of_zones, others): (Vec<_>, Vec<_>) =
        standings.into_iter().partition(|standing| standing.scope == "zone");
    let mut zones: Vec<_> = zones
        .into_iter()
        .map(|mut zone| {
            zone.standing = of_zones.iter().find(|standing| standing.name == zone.zone).cloned();
            zone
        })
        .collect();
    zones.sort_by(|a, b| a.attention().cmp(&b.attention()));
    let of_zones = zones.into_iter().map(|zone| of_zone(zone, conduits, watched));
    let (bank, rest): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|standing| standing.scope == "institution");
    let place = |standing: &Standing| match standing.scope.as_str() {
        "service" => 0,
        "site" => 1,
        _ => 2,
    };
    let mut rest = rest;
    rest.sort_by(|a, b| {
        (place(a), -(a.index * 100.0) as i64, &a.name).cmp(&(
            place(b),
            -(b.index * 100.0) as i64,
            &b.name,
        ))
    });
    bank.into_iter()
        .map(of_standing)
        .chain(of_zones)
        .chain(rest.into_iter().map(of_standing))
        .collect()
}

fn of_zone(zone: Zone, conduits: &[Conduit], watched: &[Watched]) -> Row {
    let touches =
        |conduit: &&Conduit| conduit.src_zone == zone.zone || conduit.dst_zone == zone.zone;
    let level = zone.shown();
    Row {
        scope: "zone".into(),
        name: zone.zone.clone(),
        told: zone.standing.as_ref().map_or_else(|| level.to_string(), Standing::level_text),
        level,
        index: zone.standing.map(Assessed::of),
        known: Some(Known {
            criticality: zone.criticality,
            worst: zone.level,
            open: zone.open,
            new: zone.fresh,
            watched: watched.iter().any(|one| one.zone == zone.zone),
            conduits: conduits.iter().filter(touches).cloned().collect(),
        }),
        zone: zone.zone,
    }
}

fn of_standing(standing: Standing) -> Row {
    Row {
        scope: standing.scope.clone(),
        name: standing.name.clone(),
        zone: String::new(),
        level: standing.level,
        told: standing.level_text(),
        index: Some(Assessed::of(standing)),
        known: None,
    }
}

impl Assessed {
    fn of(standing: Standing) -> Self {
        Self {
            time: standing.time,
            index: standing.index,
            index_if_blind: standing.index_if_blind,
            threat: standing.threat,
            vulnerability: standing.vulnerability,
            availability: standing.availability,
            coverage: standing.coverage,
            gate: standing.gate,
            drivers: standing.drivers,
        }
    }

    /// `48`, or `12-50`.
    pub fn span(&self) -> String {
        present::told_index(self.index, self.index_if_blind)
    }

    /// `FIN-01 +70  INT-01 +3`.
    pub fn drivers(&self) -> String {
        let driver = |driver: &Driver| format!("{} {:+.0}", driver.name, driver.points);
        let told: Vec<_> =
            self.drivers.iter().filter(|one| one.points >= 0.5).map(driver).collect();
        told.join("  ")
    }
}

impl Row {
    /// How much of it the taps saw, or that it has no tap.
    pub fn seen(&self) -> String {
        match (&self.index, &self.known) {
            (None, _) => String::new(),
            (Some(_), Some(known)) if !known.watched => "no tap".to_owned(),
            (Some(index), _) => match present::percent(index.coverage) {
                whole if whole == "100 %" && index.coverage < 1.0 => format!("<{whole}"),
                share => share,
            },
        }
    }

    /// What it may be called in the command: its name, whatever its scope.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn standing(scope: &str, name: &str, index: f64, index_if_blind: f64) -> Standing {
        let row = json!({
            "scope": scope, "name": name, "time": "2026-03-12T12:00:00Z", "index": index, "index_if_blind": index_if_blind,
            "threat": index, "vulnerability": 0.0, "availability": 0.0, "coverage": 0.0, "level": "-", "gate": "",
            "drivers": "[]", "before": null,
        });
        serde_json::from_value(row).expect("a row as the store answers it")
    }

    fn zone(name: &str, criticality: u8) -> Zone {
        let row =
            json!({"zone": name, "criticality": criticality, "worst": 0, "open": 0, "fresh": 0});
        serde_json::from_value(row).expect("a row as the store answers it")
    }

    #[test]
    fn a_blind_zone_is_a_question_with_an_interval_and_one_without_a_tap_says_so() {
        let standings = vec![
            standing("entity", "pc-117", 20.0, 20.0),
            standing("zone", "swift", 12.0, 50.0),
            standing("zone", "hsm", 0.0, 70.0),
            standing("institution", "Example Bank", 5.0, 20.0),
        ];
        let zones = vec![zone("internet", 0), zone("hsm", 10), zone("swift", 10)];
        let watched = [Watched { zone: "swift".into() }];
        let rows = rows(standings, zones, &[], &watched);
        let span = |row: &Row| row.index.as_ref().map_or_else(String::new, Assessed::span);
        let told: Vec<_> = rows
            .iter()
            .map(|row| format!("{} {} {} {}", row.name, row.told, span(row), row.seen()))
            .collect();
        assert_eq!(
            told,
            [
                "Example Bank ? 5-20 0 %",
                "swift ? 12-50 0 %",
                "hsm ? 0-70 no tap",
                "internet -  ",
                "pc-117 - 20 0 %"
            ]
        );
    }
}
