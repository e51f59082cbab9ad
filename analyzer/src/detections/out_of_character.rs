//! NET-07: a host that does in an hour what neither it nor its peers ever do.
//!
//! It looks at bytes sent, hosts spoken to and hosts never spoken to before, each against the host's own hours of four weeks
//! and against its peers', as `memory` has them. It is as narrow as it can be: a value must be large in itself, far from
//! both (or very far from one), and together with the others rarer than one host-hour in a thousand, by the law of traffic
//! and by the site's own hours. It is never above P1, and gives way to everything that names what happened.

mod cases;
mod hours;
mod told;

use super::{
    About, Cadence, Case, Context, Detection, Finding, Gate, Judged, Step, WhatIf, primary,
};
use crate::memory::usual::Far;
use hours::{Hour, Usually};
use model::{Severity, Time};
use query::{Scope, named};
use serde_json::Value;
use store::{Budget, Question};

const SQL: &str = include_str!("out_of_character.sql");

/// Most hosts that are looked at in an hour, those who sent most.
const MOST: usize = 50_000;

/// What is large in itself: bytes sent, hosts spoken to, new ones among them.
const LARGE: [u64; 3] = [10_000_000, 10, 10];

/// One host-hour in a thousand. Thousandths of a nat.
const RINGS_MILLINATS: u32 = 6_908;

/// NET-07.
#[derive(Debug)]
pub struct OutOfCharacter;

const ABOUT: About = About {
    id: "NET-07",
    name: "out_of_character",
    finds: "a host that does in an hour what neither it nor its peers ever do",
    severity: Severity::P1,
    attack: &["T1048", "T1046"],
    cadence: Cadence::Minute,
    monotone: false,
    step_us: Time::HOUR,
    window_us: Time::HOUR,
    lateness_us: 48 * Time::HOUR,
    max_drop_ppm: 10_000,
    both_directions: true,
    join_gap_us: 24 * Time::HOUR,
    budget: Budget { rows: 500_000_000, bytes: 32 << 30, seconds: 60, memory: 2 << 30 },
    gives_way_to: &["FIN-01", "INT-09", "INT-07", "INT-01"],
    version: "1",
};

impl Detection for OutOfCharacter {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        let hour = Step { window_from: step.from, ..step.clone() };
        let scope = Scope { from: step.from, to: step.to, without: step.without.clone() };
        vec![
            primary::question(&named(SQL, "out_of_character.hours"), &hour)
                .with("most", MOST as i64)
                .within(ABOUT.budget),
            named(SQL, "out_of_character.usual").over(&scope).within(ABOUT.budget),
        ]
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let usually = Usually::read(&rows[1])?;
        let mut judged = Judged::default();
        let mut learning = 0;
        for hour in hours::read(&rows[0], context)? {
            judged.population += 1;
            *judged.zones.entry(hour.entity.place.zone.to_owned()).or_default() += 1;
            let odd = Odd::of(hour, &usually, context);
            learning += u64::from(!odd.is_known());
            if odd.is_far() && odd.surprise_millinats >= RINGS_MILLINATS {
                judged.findings.push(odd.finding(context));
            }
        }
        if learning > 0 {
            judged.unknown.push(("learning".to_owned(), learning));
        }
        if rows[0].len() >= MOST {
            judged.unknown.push((format!("beyond {MOST} hosts"), 1));
        }
        Ok(judged)
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        let usually = Usually::read(&rows[1])?;
        let hour =
            hours::read(&rows[0], context)?.into_iter().find(|hour| hour.entity.key() == subject);
        Ok(hour.map_or_else(Vec::new, |hour| told::gates(&Odd::of(hour, &usually, context))))
    }

    fn what_if(&self, subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
        let Ok(hours) = hours::read(&rows[0], context) else { return Vec::new() };
        hours
            .iter()
            .find(|hour| hour.entity.key() == subject)
            .map_or_else(Vec::new, |hour| told::what_if(hour, rows))
    }

    fn cases(&self) -> Vec<Case> {
        cases::all()
    }
}

/// An hour of a host, and how odd it is.
struct Odd<'p> {
    hour: Hour<'p>,
    far: [Far; 3],
    /// Centre of the host's own cell and of its peers', by feature, on the scale of baselines.
    usual: [(u16, u16); 3],
    surprise_millinats: u32,
    /// −ln p by the site's own hours, if they are enough.
    site_millinats: Option<u32>,
    peers: u16,
    is_learning: bool,
}

impl<'p> Odd<'p> {
    fn of(hour: Hour<'p>, usually: &Usually, context: &Context<'_>) -> Self {
        let cell = hours::cell(context);
        let (own, peers) = usually.of(&hour.entity);
        let (far, by_law) = crate::memory::usual::hour(own, peers, cell, &hour.scaled());
        let site_millinats = usually.site_surprise(by_law);
        let centre = |usual: Option<&crate::memory::usual::Usual>, feature| {
            usual.map_or(0, |usual| usual.centre(feature, cell))
        };
        Self {
            far,
            usual: std::array::from_fn(|feature| (centre(own, feature), centre(peers, feature))),
            surprise_millinats: site_millinats.map_or(by_law, |site| site.min(by_law)),
            site_millinats,
            peers: peers.map_or(0, |peers| peers.n),
            is_learning: far[0].own.is_none(),
            hour,
        }
    }

    const fn is_known(&self) -> bool {
        self.far[0].is_known()
    }

    /// Features that are large in themselves and far from the usual.
    fn far_features(&self) -> impl Iterator<Item = usize> + '_ {
        let values = self.hour.values;
        (0..3).filter(move |at| values[*at] >= LARGE[*at] && self.far[*at].is_far())
    }

    fn is_far(&self) -> bool {
        self.far_features().next().is_some()
    }

    fn finding(&self, context: &Context<'_>) -> Finding {
        told::finding(self, context)
    }
}
