//! What stands below the table: a scope taken apart, what could not be judged, the taps, and the books.

use super::super::Context;
use super::row::{Row, Unknown};
use crate::triage::short;
use crate::views::situation::{Stage, Tap};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is told below the table.
pub struct Below<'a> {
    /// What was asked.
    pub context: &'a Context,
    /// Whether one scope was named.
    pub taken_apart: bool,
    /// The rows of the table.
    pub rows: &'a [Row],
    /// Entities that the table left out.
    pub entities_left: usize,
    /// Detections that could not judge a part of the range.
    pub unknown: Vec<Unknown>,
    /// Steps that were judged in the range at all.
    pub steps: u64,
    /// The taps.
    pub taps: Vec<Tap>,
    /// The books.
    pub stages: Vec<Stage>,
}

/// `core 1 204, internet 3 (3 undeclared!)`.
pub fn passes(row: &Row) -> String {
    let conduits = row.known.iter().flat_map(|known| &known.conduits);
    let told = conduits.filter(|conduit| conduit.src_zone == row.zone).map(|conduit| {
        let undeclared = match conduit.undeclared {
            0 => String::new(),
            undeclared => format!(" ({undeclared} undeclared!)"),
        };
        format!("{} {}{undeclared}", conduit.dst_zone, present::grouped(conduit.flows))
    });
    told.collect::<Vec<_>>().join(", ")
}

impl Below<'_> {
    /// All of it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.rows.is_empty() {
            text.push_str("No zone is known: publish a policy with  bartizan analyze publish\n");
        }
        if self.entities_left > 0 {
            line(
                &mut text,
                format_args!("and {} more entities: --format json lists all", self.entities_left),
            );
        }
        if self.taken_apart {
            self.rows.iter().for_each(|row| parts(&mut text, row));
        }
        text.push('\n');
        self.silence(&mut text);
        self.taps(&mut text);
        self.books(&mut text);
        text
    }

    /// What detections could not judge, by name: there silence says nothing.
    fn silence(&self, text: &mut String) {
        if self.steps == 0 {
            text.push_str("judged  nothing in this range: silence here is not evidence of calm\n");
            return;
        }
        let mut by_reason: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for unknown in &self.unknown {
            let taps: Vec<_> = unknown.taps.iter().filter(|tap| !tap.is_empty()).cloned().collect();
            let key = (taps.join(", "), unknown.reason.clone());
            by_reason.entry(key).or_default().push(&unknown.detection);
        }
        for ((taps, reason), detections) in by_reason {
            let tap = if taps.is_empty() { String::new() } else { format!("tap {taps}: ") };
            line(text, format_args!("unknown {}  ({tap}{reason})", detections.join(", ")));
        }
    }

    fn taps(&self, text: &mut String) {
        for tap in &self.taps {
            if self.context.scope.without.contains(&tap.tap) {
                line(text, format_args!("tap     {}  left out, as if it had been blind", tap.tap));
                continue;
            }
            line(
                text,
                format_args!(
                    "tap     {}  coverage {} ago  {} packets/s  lost {}  one-way {}",
                    tap.tap,
                    present::age(self.context.now.since(tap.newest)),
                    present::grouped(tap.packets_per_s.round() as u64),
                    present::percent(f64::from(tap.drop_ppm) / 1e6),
                    present::percent(f64::from(tap.one_way_ppm) / 1e6),
                ),
            );
        }
        if self.taps.is_empty() {
            text.push_str(
                "tap     none has reported in this range: silence here is not evidence of calm\n",
            );
        }
    }

    fn books(&self, text: &mut String) {
        for stage in &self.stages {
            let removed = stage.dropped.get("removed").copied();
            let dropped = stage.dropped.values().sum::<u64>() - removed.unwrap_or(0);
            let removed = removed.map_or_else(String::new, |removed| {
                format!(" + {} removed", present::grouped(removed))
            });
            let missing = match stage.missing() {
                0 => String::new(),
                missing => format!("  ! {missing} not accounted for"),
            };
            line(
                text,
                format_args!(
                    "ledger  {}: {} received = {} kept + {} dropped{removed}  ({}){missing}",
                    stage.stage,
                    present::grouped(stage.received),
                    present::grouped(stage.kept),
                    present::grouped(dropped),
                    stage.unit,
                ),
            );
        }
    }
}

/// A scope taken apart: its parts, why it is at its level, and what drives it.
fn parts(text: &mut String, row: &Row) {
    let Some(index) = &row.index else {
        line(
            text,
            format_args!("\n{} weighs nothing, or nothing was assessed: no index", row.name),
        );
        return;
    };
    line(
        text,
        format_args!(
            "\nindex {} at {}: threat {:.0}, vulnerability {:.0} and availability {:.0} (neither is judged yet), seen {}",
            index.span(),
            index.time,
            index.threat,
            index.vulnerability,
            index.availability,
            present::percent(index.coverage),
        ),
    );
    if index.index_if_blind > index.index {
        line(
            text,
            format_args!(
                "if blind up to {:.0}: a level I warning could be hidden in what was not seen",
                index.index_if_blind
            ),
        );
    }
    if !index.gate.is_empty() {
        line(text, format_args!("gate  {}", index.gate));
    }
    for driver in &index.drivers {
        let (first, more) = match &driver.warnings[..] {
            [] => (String::new(), String::new()),
            [one] => (format!("  {}", short(one)), String::new()),
            [one, rest @ ..] => (format!("  {}", short(one)), format!(" and {} more", rest.len())),
        };
        line(
            text,
            format_args!("{:+7.2}  {}  {}{first}{more}", driver.points, driver.name, driver.who),
        );
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("a string takes what is written");
}
