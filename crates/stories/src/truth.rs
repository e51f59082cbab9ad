//! What is true of a story: what was played, what of it is hostile, and what must be said about it.

use crate::conversation::Conversation;
use crate::history::Rows;
use crate::stories::{Scene, Story};
use model::{Severity, Time};
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether a warning has to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Must {
    /// It has to, by its minute.
    Ring,
    /// It may.
    May,
    /// It must not.
    Never,
}

/// A warning that a story speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Detection id; `POL` for warnings of the policy itself.
    pub detection: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// Who is accused, by the policy's name; empty for anyone.
    pub subject: &'static str,
    /// Address of the subject; empty for any.
    pub address: &'static str,
    /// What they acted on: a host's name, or address and port; empty for anything.
    pub object: &'static str,
    /// The latest minute; 0 where it need not ring.
    pub by_minute: i64,
    /// Whether it has to.
    pub must: Must,
    /// Whether it stands for good: it rings once, and no lead is counted from it.
    pub standing: bool,
}

impl Expected {
    /// A warning that has to ring by a minute, of a subject with its name and its address.
    pub const fn must(
        detection: &'static str,
        severity: Severity,
        subject: (&'static str, &'static str),
        object: &'static str,
        by_minute: i64,
    ) -> Self {
        let (subject, address) = subject;
        let must = Must::Ring;
        Self { detection, severity, subject, address, object, by_minute, must, standing: false }
    }

    /// A warning that is tolerated, whoever it accuses.
    pub const fn may(detection: &'static str) -> Self {
        Self { must: Must::May, ..Self::never(detection) }
    }

    /// A warning that fails the story, whoever it accuses.
    pub const fn never(detection: &'static str) -> Self {
        Self {
            detection,
            severity: Severity::P0,
            subject: "",
            address: "",
            object: "",
            by_minute: 0,
            must: Must::Never,
            standing: false,
        }
    }
}

/// A situation level that has to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Situation {
    /// Of what: `zone`, `institution`.
    pub scope: &'static str,
    /// Which one.
    pub name: &'static str,
    /// The level, or a worse one.
    pub level: &'static str,
    /// The latest minute.
    pub by_minute: i64,
}

/// When money or data begins to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The latest minute of the first required warning.
    pub first_warning_minute: i64,
    /// The minute in which it begins to leave.
    pub leaves_minute: i64,
}

/// `truth.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// Such as `S1`.
    pub story: &'static str,
    /// A word for it.
    pub name: &'static str,
    /// What it tells.
    pub title: &'static str,
    /// Seed it was drawn with.
    pub seed: u64,
    /// Minute 0.
    pub t0: Time,
    /// First moment that is played.
    pub from: Time,
    /// The moment before which play ends.
    pub to: Time,
    /// First moment of the rows before.
    pub history_from: Time,
    /// Rows of history.
    pub history_rows: Rows,
    /// The taps, in order.
    pub taps: Vec<String>,
    /// Frames of each tap.
    pub packets: BTreeMap<String, u64>,
    /// Bytes of each tap on the wire.
    pub wire_bytes: BTreeMap<String, u64>,
    /// Conversations of each tap.
    pub flows: BTreeMap<String, u64>,
    /// Conversations that belong to an attack.
    pub malicious: Vec<Hostile>,
    /// What must, may and must not ring up to the end of play.
    pub expected: Vec<Expected>,
    /// What the story expects after the end of play.
    pub later: Vec<Expected>,
    /// Warnings of this severity or above that are not expected are false.
    pub false_from: Severity,
    /// Whether nothing is supposed to ring.
    pub quiet: bool,
    /// Situation levels that must be reached up to the end of play.
    pub situations: Vec<Situation>,
    /// Detections whose warnings must be joined into one incident, in this order.
    pub chain: Vec<&'static str>,
    /// Whether everything of the chain must be one incident.
    pub one_incident: bool,
    /// Every index must stay below this.
    pub index_below: Option<u32>,
    /// Whether no situation level may be reached.
    pub level_none: bool,
    /// When money moves, with the least lead that passes.
    pub money: Option<MoneyClock>,
}

/// The money clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MoneyClock {
    /// The two minutes.
    #[serde(flatten)]
    pub money: Money,
    /// Minutes between them.
    pub least_lead_minutes: i64,
}

/// A conversation that belongs to an attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hostile {
    /// What it is to the attacker.
    pub role: &'static str,
    /// Minute in which it begins.
    pub minute: i64,
    /// When it begins.
    pub start: Time,
    /// Who opened it.
    pub src_ip: std::net::Ipv4Addr,
    /// Port of the opener.
    pub src_port: u16,
    /// Who answered.
    pub dst_ip: std::net::Ipv4Addr,
    /// Port of the answerer.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Name of the opener in the policy, empty if none.
    pub src_name: &'static str,
    /// Name of the answerer in the policy, empty if none.
    pub dst_name: &'static str,
    /// What is spoken.
    pub app: &'static str,
    /// Where it was seen.
    pub taps: Vec<String>,
}

impl Hostile {
    /// `talk` as it was seen at `taps`.
    pub fn of(talk: &Conversation, scene: &Scene, taps: &[char]) -> Self {
        Self {
            role: talk.role,
            minute: talk.start.since(scene.t0).div_euclid(Time::MINUTE),
            start: talk.start,
            src_ip: talk.src.ip,
            src_port: talk.src_port,
            dst_ip: talk.dst.ip,
            dst_port: talk.dst_port,
            ip_protocol: talk.ip_protocol(),
            src_name: talk.src.name,
            dst_name: talk.dst.name,
            app: talk.spoken.app,
            taps: taps.iter().map(char::to_string).collect(),
        }
    }
}

/// What the story expects by `until`, and what only later.
pub fn split(story: &Story, until: i64) -> (Vec<Expected>, Vec<Expected>) {
    story
        .expected
        .iter()
        .partition(|expected| expected.must != Must::Ring || expected.by_minute <= until)
}

/// The situations that must be reached by `until`.
pub fn situations(story: &Story, until: i64) -> Vec<Situation> {
    story.situations.iter().filter(|one| one.by_minute <= until).copied().collect()
}

/// The part of the chain that has rung by `until`.
pub fn chain(story: &Story, until: i64) -> Vec<&'static str> {
    let has_rung = |id: &&&'static str| {
        let of_it = |one: &&Expected| one.must == Must::Ring && one.detection == **id;
        story.expected.iter().filter(of_it).all(|one| one.by_minute <= until)
    };
    story.chain.iter().filter(has_rung).copied().collect()
}

impl From<Money> for MoneyClock {
    fn from(money: Money) -> Self {
        Self { money, least_lead_minutes: money.leaves_minute - money.first_warning_minute }
    }
}
