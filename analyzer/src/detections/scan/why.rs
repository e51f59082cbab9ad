//! What keeps a source from ringing: its contacts of the day against each gate, and what would have rung.

use super::contact::{self, Contact, Habit};
use super::{LISTED, Scan, day_of, fast};
use crate::detections::{Context, Detection as _, Gate, WhatIf};
use crate::entities::Entity;
use crate::score;
use model::address::plain;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::Ipv6Addr;

/// More silent targets, in each thing that is tried.
const MORE: [usize; 5] = [1, 3, 10, 30, 100];

/// The gates of one source.
pub(super) fn gates(
    subject: &str,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Vec<Gate>> {
    let contacts = of(subject, rows, context)?;
    let Some(first) = contacts.first() else { return Ok(Vec::new()) };
    let source = first.src_ip;
    let habits = contact::read::<Habit>(&rows[2])?;
    let theta = habits
        .iter()
        .find(|habit| habit.src_ip == source)
        .map_or(fast::USUAL_SUCCESS, Habit::success);
    let fresh: Vec<_> = contacts.iter().filter(|contact| !contact.known).cloned().collect();
    let count = |of: &dyn Fn(&Contact) -> (Ipv6Addr, u16)| {
        fresh.iter().map(of).collect::<BTreeSet<_>>().len()
    };
    let hosts = count(&|contact| (contact.dst_ip, 0));
    let ports = count(&|contact| (source, contact.dst_port));
    let failed = fresh.iter().filter(|contact| contact.failed).count();
    let (sum, starts) = fast::standing(&contacts, theta);
    let listed = context.policy.in_group(LISTED, source, context.step.from);
    let rings =
        Scan.judge(rows, context)?.findings.into_iter().find(|found| found.subject == subject);
    let gate = |name: &str, value: String, needs: &str, passes| Gate {
        name: name.into(),
        value,
        needs: needs.into(),
        passes,
    };
    let mut gates = vec![
        gate(
            "rows",
            format!("{} targets today, {} of them new", contacts.len(), fresh.len()),
            "a target that it had not contacted for 30 days",
            !fresh.is_empty(),
        ),
        gate(
            "targets",
            format!("{hosts} hosts, {ports} ports, {failed} failed"),
            "10 hosts or ports, or 20 new targets in a day",
            hosts >= fast::TARGETS || ports >= fast::TARGETS || fresh.len() >= 20,
        ),
        gate(
            "sequential test",
            format!("sum {:.2} nats, start {starts}", sum as f64 / 1_000.0),
            "5.54 nats (4 times ln 4), or more new targets than it ever has in a day",
            sum >= fast::BOUND || rings.is_some(),
        ),
    ];
    if let Some(found) = rings {
        let sum = score::sum(&found.contributions);
        let value = format!("log-odds {:+.2}", f64::from(sum) / 1_000.0);
        gates.push(gate("score", value, "log-odds +0.00 or more: a score of 0.50", sum >= 0));
    }
    let member =
        if listed { format!("in group {LISTED}") } else { format!("not in group {LISTED}") };
    gates.push(gate("listed", member, "a source that policy does not list as a scanner", !listed));
    Ok(gates)
}

/// The same day with more targets that do not answer.
pub(super) fn what_if(
    subject: &str,
    rows: &[Vec<Value>],
    context: &Context<'_>,
) -> anyhow::Result<Vec<WhatIf>> {
    let contacts = of(subject, rows, context)?;
    let Some(last) = contacts.last() else { return Ok(Vec::new()) };
    let model = rows[0].iter().find(|row| {
        use serde::Deserialize as _;
        Contact::deserialize(*row).is_ok_and(|contact| contact == *last)
    });
    let Some(model) = model else { return Ok(Vec::new()) };
    let tried = MORE.iter().map(|more| {
        let mut with = rows.to_vec();
        for number in 0..*more {
            let mut row = model.clone();
            // An address range for documentation (RFC 3849): nobody's target.
            row["dst_ip"] = format!("2001:db8::{:x}", number + 1).into();
            row["failed"] = 1.into();
            row["known"] = 0.into();
            row["at"] = context.step.to.plus(-1).0.into();
            with[0].push(row);
        }
        WhatIf { said: format!("with {more} more new targets that do not answer"), rows: with }
    });
    Ok(tried.collect())
}

/// The prefix of an address as a subject is written.
fn prefix(ip: Ipv6Addr) -> String {
    format!("{}/{}", plain(contact::prefix(ip)), contact::prefix_length(ip))
}

/// Today's contacts of the source, or of all sources of the prefix, up to the end of the step, in order.
fn of(subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Vec<Contact>> {
    let step = context.step;
    let is_subject = |contact: &Contact| {
        day_of(step) <= contact.at
            && contact.at < step.to
            && (Entity::at(context.policy, contact.src_ip, step.from).key() == subject
                || prefix(contact.src_ip) == subject)
    };
    let Some(rows) = rows.first() else { return Ok(Vec::new()) };
    let mut contacts = contact::read::<Contact>(rows)?;
    contacts.retain(is_subject);
    contacts.sort();
    Ok(contacts)
}
