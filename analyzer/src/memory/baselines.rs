//! What is usual: once a day, from the 28 days before it, for every host and for every group of alike hosts.
//!
//! The window is whole days before the day, so that the cells are the same whenever they are made. A group of peers is a
//! zone and a role; a judged host is one of its members, which moves a median of eight or more by a rank at most.

use super::cells::{DAYS, HOURS, Hours, Weeks, exceeded, of_group};
use super::usual::{FEATURES, LEAST_PEERS, Usual, hour, scaled};
use super::{Grain, Scope, safe};
use crate::entities::Entity;
use crate::rows::Writer;
use crate::window::Span;
use model::{Baseline, Time};
use policy::Policy;
use query::named;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use store::{Question, Store};
use tracing::{info, warn};

const SQL: &str = include_str!("baselines.sql");

/// Entity of the rows that speak of the whole site.
pub const SITE: &str = "site";
/// Feature that counts the hours of known coverage, and marks a day as done.
const KNOWN: &str = "known";
/// Feature that counts the days of an entity, or the members of a group.
pub const DAYS_KNOWN: &str = "days";
/// Feature with the quantiles of all hours.
pub const SURPRISE: &str = "surprise";

/// Hosts that are asked for at a time.
const AT_A_TIME: u64 = 2_000;
/// Most hosts that get a baseline.
const MOST: u64 = 20_000;
/// Days on which a member of a group was heard, at least.
const OFTEN_DAYS: usize = 7;
/// Days of rows before it can be known who is new to whom. Microseconds.
const NEW_AFTER_US: i64 = 7 * Time::DAY;

#[derive(Debug, Deserialize)]
struct Count {
    #[serde(alias = "hosts")]
    rows: u64,
}

#[derive(Debug, Deserialize)]
struct Oldest {
    oldest: Time,
}

#[derive(Debug, Deserialize)]
struct Covered {
    tap: String,
    hours: Vec<usize>,
}

/// One host: the taps that see it, and the hours in which it sent something.
#[derive(Debug, Deserialize)]
struct Heard {
    ip: Ipv6Addr,
    taps: Vec<String>,
    hours: Vec<(usize, u64, u64, u64)>,
}

/// An entity and its group.
#[derive(Debug, Default)]
struct Member {
    group: String,
    hours: Hours,
}

/// Whether `day` has its baselines.
pub(super) async fn are_written(store: &Store, day: Time) -> anyhow::Result<bool> {
    let written = named(SQL, "baselines.written");
    let question = Question::new(written.name, written.sql).with("day", day);
    Ok(store.ask::<Count>(&question).await?.rows.first().is_some_and(|count| count.rows > 0))
}

/// Writes the baselines in force on `day`. Returns rows written.
pub(super) async fn write(
    store: &Store,
    policy: &Policy,
    day: Time,
    without: &[String],
) -> anyhow::Result<u64> {
    let from = day.plus(-(DAYS as i64) * Time::DAY);
    let scope = Scope { policy, without, grain: Grain::Hour, span: Span::new(from, day) };
    let covered = store.ask::<Covered>(&scope.question(SQL, "baselines.coverage")).await?.rows;
    let covered: BTreeMap<String, BTreeSet<usize>> =
        covered.into_iter().map(|row| (row.tap, row.hours.into_iter().collect())).collect();
    let weeks = weeks(store, policy, from, day).await?;
    let members = members(store, scope, &covered).await?;
    let known = covered.values().flatten().collect::<BTreeSet<_>>().len();
    let rows = rows(day, known, &members, &weeks);
    info!(%day, entities = members.len(), rows = rows.len(), "baselines of the day");
    let mut writer = Writer::default();
    for row in &rows {
        writer.push(row);
    }
    Ok(writer.write(store).await?)
}

async fn weeks(store: &Store, policy: &Policy, from: Time, day: Time) -> anyhow::Result<Weeks> {
    let start = named(SQL, "baselines.start");
    let question = Question::new(start.name, start.sql).with("day", day).within(super::BUDGET);
    let oldest = store.ask::<Oldest>(&question).await?.rows.first().map_or(day, |row| row.oldest);
    let new_from = oldest.plus(NEW_AFTER_US).since(from).max(0) / Time::HOUR;
    Ok(Weeks {
        kinds: std::array::from_fn(|at| policy.day_kind(from.plus(at as i64 * Time::DAY))),
        new_from: new_from as usize,
    })
}

/// Every host of the bank that sent something, by entity.
async fn members(
    store: &Store,
    scope: Scope<'_>,
    covered: &BTreeMap<String, BTreeSet<usize>>,
) -> anyhow::Result<BTreeMap<String, Member>> {
    let hosts = store.ask::<Count>(&scope.question(SQL, "baselines.hosts")).await?.rows;
    let hosts = hosts.first().map_or(0, |count| count.rows);
    if hosts > MOST {
        warn!(hosts, most = MOST, "more hosts than get a baseline");
    }
    let parts = (hosts / AT_A_TIME + 1).cast_signed();
    let memory_from = scope.span.from.plus(-(DAYS as i64) * Time::DAY);
    let mut members = BTreeMap::new();
    for part in 0..parts.min((MOST / AT_A_TIME).cast_signed()) {
        let question = scope
            .question(SQL, "baselines.hours")
            .with("memory_from", memory_from)
            .with("parts", parts)
            .with("part", part)
            .with("most", (2 * AT_A_TIME).cast_signed());
        for heard in store.ask::<Heard>(&question).await?.rows {
            let entity = Entity::at(scope.policy, heard.ip, scope.span.to);
            if !entity.is_outside() {
                let member: &mut Member = members.entry(safe(&entity.key())).or_default();
                member.group = group(&entity);
                member.hear(&heard, covered);
            }
        }
    }
    Ok(members)
}

/// Key of the group that an entity is compared with: its zone and role.
pub fn group(entity: &Entity<'_>) -> String {
    format!("peers:{}/{}", entity.place.zone, entity.place.role.unwrap_or_default())
}

impl Member {
    /// Whether it was heard on enough days to tell what is usual among its peers.
    fn is_heard_often(&self) -> bool {
        let days: BTreeSet<usize> = self.hours.values.keys().map(|hour| hour / 24).collect();
        days.len() >= OFTEN_DAYS
    }

    /// Adds the hours of one address of the entity, known where every tap that sees it covered the hour.
    fn hear(&mut self, heard: &Heard, covered: &BTreeMap<String, BTreeSet<usize>>) {
        let Some(first) = heard.hours.iter().map(|(hour, ..)| *hour).min() else { return };
        let is_known = |hour: &usize| {
            heard.taps.iter().all(|tap| covered.get(tap).is_some_and(|hours| hours.contains(hour)))
        };
        self.hours.known.extend((first / 24 * 24..HOURS).filter(is_known));
        for (hour, bytes, peers, new) in &heard.hours {
            let values = self.hours.values.entry(*hour).or_default();
            for (value, more) in values.iter_mut().zip([bytes, peers, new]) {
                *value = (*value).max(scaled(*more));
            }
        }
    }
}

/// The rows of a day, in order: the site, the entities, their groups.
fn rows(
    day: Time,
    known: usize,
    members: &BTreeMap<String, Member>,
    weeks: &Weeks,
) -> Vec<Baseline> {
    let usual: BTreeMap<&str, Usual> = members
        .iter()
        .map(|(entity, member)| (entity.as_str(), member.hours.usual(weeks)))
        .collect();
    let mut groups: BTreeMap<&str, Vec<&Usual>> = BTreeMap::new();
    for (entity, member) in members.iter().filter(|(_, member)| member.is_heard_often()) {
        groups.entry(&member.group).or_default().push(&usual[entity.as_str()]);
    }
    groups.retain(|_, members| members.len() >= usize::from(LEAST_PEERS));
    let groups: BTreeMap<&str, Usual> =
        groups.into_iter().map(|(group, members)| (group, of_group(&members))).collect();

    let mut rows = vec![row(day, SITE, KNOWN, 0, (0, 0), known as u64)];
    rows.extend(surprise_rows(day, members, &usual, &groups, weeks));
    for (entity, usual) in usual.iter().chain(&groups) {
        rows.push(row(day, entity, DAYS_KNOWN, 0, (0, 0), u64::from(usual.n)));
        rows.extend(usual.cells.iter().map(|((feature, cell), found)| {
            let values = (found.centre, found.spread);
            row(day, entity, FEATURES[*feature], *cell, values, u64::from(usual.n))
        }));
    }
    rows
}

/// How surprising the hours of all entities were: quantiles, in hundredths of a nat.
fn surprise_rows(
    day: Time,
    members: &BTreeMap<String, Member>,
    usual: &BTreeMap<&str, Usual>,
    groups: &BTreeMap<&str, Usual>,
    weeks: &Weeks,
) -> Vec<Baseline> {
    let mut surprises = Vec::new();
    for (entity, member) in members {
        let (own, peers) = (usual.get(entity.as_str()), groups.get(member.group.as_str()));
        for (cell, values) in member.hours.heard(weeks) {
            let (far, surprise) = hour(own, peers, cell, &values);
            if far[0].is_known() {
                surprises.push(surprise);
            }
        }
    }
    let n = surprises.len() as u64;
    let hundredths = |millinats: u32| millinats.div_ceil(10).min(u32::from(u16::MAX)) as u16;
    let knots = exceeded(&mut surprises).into_iter().enumerate();
    knots.map(|(k, knot)| row(day, SITE, SURPRISE, k as u8, (hundredths(knot), 0), n)).collect()
}

fn row(
    day: Time,
    entity: &str,
    feature: &str,
    cell: u8,
    (centre, spread): (u16, u16),
    n: u64,
) -> Baseline {
    Baseline {
        day,
        entity: entity.to_owned(),
        feature: feature.to_owned(),
        cell,
        centre,
        spread,
        n: n.min(u64::from(u16::MAX)) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::DayKind;

    fn heard(taps: &[&str], hours: &[(usize, u64, u64, u64)]) -> Heard {
        let taps = taps.iter().map(|tap| (*tap).to_owned()).collect();
        Heard { ip: Ipv6Addr::UNSPECIFIED, taps, hours: hours.to_vec() }
    }

    fn weeks() -> Weeks {
        Weeks { kinds: [DayKind::Working; DAYS], new_from: 0 }
    }

    #[test]
    fn an_hour_is_known_where_every_tap_of_the_host_covered_it() {
        let covered = [("c", 0..HOURS), ("e", 100..HOURS)]
            .map(|(tap, hours)| (tap.to_owned(), hours.collect()))
            .into();
        let known = |taps: &[&str]| {
            let mut member = Member::default();
            member.hear(&heard(taps, &[(30, 1, 1, 1)]), &covered);
            member.hours.known.len()
        };
        assert_eq!(known(&["c"]), HOURS - 24, "from the first day on which it was heard");
        assert_eq!(known(&["c", "e"]), HOURS - 100);
        assert_eq!(known(&["c", "x"]), 0);
    }

    #[test]
    fn a_day_has_rows_for_its_site_its_hosts_and_their_groups() {
        let member = |at: u64| {
            let hours: Vec<_> = (0..DAYS).map(|day| (day * 24 + 9, 1_000 + at, 1, 0)).collect();
            let covered = [("c".to_owned(), (0..HOURS).collect())].into();
            let mut member = Member { group: "peers:office/pc".into(), ..Member::default() };
            member.hear(&heard(&["c"], &hours), &covered);
            (format!("pc-{at}"), member)
        };
        let of = |hosts: u64| rows(Time(0), 5, &(0..hosts).map(member).collect(), &weeks());
        let entities = |rows: &[Baseline]| {
            rows.iter().map(|row| row.entity.clone()).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(entities(&of(7)), 8, "seven are no group");
        let rows = of(8);
        assert_eq!(entities(&rows), 10);
        assert_eq!((rows[0].entity.as_str(), rows[0].n), (SITE, 5));
        let found = rows.iter().find(|row| row.entity == "pc-0" && row.cell == 9);
        // round(16·log₂ 1,001) = 159.
        assert_eq!(
            found.map(|row| (row.feature.as_str(), row.centre, row.n)),
            Some(("bytes_out", 159, 28))
        );
        let knots = rows.iter().filter(|row| row.feature == SURPRISE).count();
        assert_eq!(knots, 8, "one in 1, 2, 4 … 128 of 224 hours");
    }
}
