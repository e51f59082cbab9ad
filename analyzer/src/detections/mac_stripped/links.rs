//! A link's last hour against its thirty days: which codes are gone.

use super::{Minute, Usual};
use crate::detections::{Context, Gate, Step};
use policy::Mac;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

/// Messages of a kind in thirty days from which its share is known.
const KNOWN: u64 = 100;
/// Messages of a kind in the hour from which its share says something, and codes that have to be missing.
const HEARD: u64 = 20;
const MISSING: u64 = 3;
/// Share of what is usual that has to stay, in a hundred.
const STAYS: u64 = 99;

/// Counts of one kind of message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) messages: u64,
    pub(super) coded: u64,
    pub(super) fresh: u64,
}

impl Count {
    const fn add(&mut self, messages: u64, coded: u64, fresh: u64) {
        self.messages += messages;
        self.coded += coded;
        self.fresh += fresh;
    }
}

/// One kind of message: in the step, in the hour, in thirty days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) now: Count,
    pub(super) hour: Count,
    pub(super) usual: Count,
}

/// One link.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) answerer: Ipv6Addr,
    pub(super) asker: Ipv6Addr,
    pub(super) zone: String,
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) flow_ids: BTreeSet<u64>,
    told: bool,
}

/// Why a link has no codes at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Never {
    /// Policy says so.
    Declared,
    /// None was seen in thirty days.
    Seen,
}

/// Codes of one kind that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) kind: String,
    pub(super) count: Kind,
    /// Whether policy requires them.
    pub(super) required: bool,
}

/// What is said of a link in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Calm,
    Learning,
    Standing(Never),
    Stripped(Vec<Lost>),
}

impl Link {
    pub(super) fn new(row: &Minute) -> Self {
        Self {
            name: row.name.clone(),
            answerer: row.answerer,
            asker: row.asker,
            zone: row.zone.clone(),
            kinds: BTreeMap::new(),
            flow_ids: BTreeSet::new(),
            told: false,
        }
    }

    pub(super) fn add(&mut self, row: &Minute, step: &Step) {
        let kind = self.kinds.entry(row.kind.clone()).or_default();
        kind.hour.add(row.messages, row.coded, row.fresh);
        if row.at >= step.from {
            kind.now.add(row.messages, row.coded, row.fresh);
            self.flow_ids.extend(&row.flow_ids);
        }
        self.answerer = self.answerer.min(row.answerer);
        self.asker = self.asker.min(row.asker);
        self.zone = self.zone.clone().min(row.zone.clone());
        self.told |= row.told != 0;
    }

    pub(super) fn knows(&mut self, row: &Usual) {
        self.kinds.entry(row.kind.clone()).or_default().usual.add(
            row.messages,
            row.coded,
            row.fresh,
        );
    }

    /// Messages of the step.
    pub(super) fn new_messages(&self) -> u64 {
        self.kinds.values().map(|kind| kind.now.messages).sum()
    }

    pub(super) fn said(&self, context: &Context<'_>) -> Said {
        let mac = context.policy.link(&self.name).map_or(Mac::Unsaid, |link| link.mac);
        let lost = match mac {
            Mac::Required => self.lost(true, |kind| kind.now.fresh < kind.now.messages),
            Mac::Absent => Vec::new(),
            Mac::Unsaid => self.lost(false, Kind::is_stripped),
        };
        if !lost.is_empty() {
            return Said::Stripped(lost);
        }
        match (mac, self.never_had_any()) {
            (Mac::Absent, _) => self.standing(Never::Declared),
            (Mac::Unsaid, Some(true)) => self.standing(Never::Seen),
            (Mac::Required, _) | (Mac::Unsaid, Some(false)) => Said::Calm,
            (Mac::Unsaid, None) => Said::Learning,
        }
    }

    const fn standing(&self, why: Never) -> Said {
        if self.told { Said::Calm } else { Said::Standing(why) }
    }

    fn lost(&self, required: bool, is_lost: impl Fn(&Kind) -> bool) -> Vec<Lost> {
        let lost = self.kinds.iter().filter(|(_, kind)| kind.now.messages > 0 && is_lost(kind));
        lost.map(|(name, count)| Lost { kind: name.clone(), count: *count, required }).collect()
    }

    /// Whether fewer than one message in a hundred had a code in thirty days; none while that is being learned.
    fn never_had_any(&self) -> Option<bool> {
        let (messages, coded) = self.kinds.values().fold((0, 0), |(messages, coded), kind| {
            (messages + kind.usual.messages, coded + kind.usual.coded)
        });
        (messages >= KNOWN).then_some(coded * 100 < messages)
    }

    pub(super) fn gates(&self, context: &Context<'_>) -> Vec<Gate> {
        let sum = |of: fn(&Kind) -> u64| self.kinds.values().map(of).sum::<u64>();
        let (hour, fresh) = (sum(|kind| kind.hour.messages), sum(|kind| kind.hour.fresh));
        let (usual, usual_fresh) = (sum(|kind| kind.usual.messages), sum(|kind| kind.usual.fresh));
        let said = self.said(context);
        vec![
            Gate {
                name: "memory".into(),
                value: format!(
                    "{usual} messages in 30 days, {usual_fresh} with a code of their own"
                ),
                needs: format!("{KNOWN} messages, unless the policy's link says `mac`"),
                passes: said != Said::Learning,
            },
            Gate {
                name: "codes".into(),
                value: format!("{fresh} of {hour} messages of the hour with a code of their own"),
                needs: format!(
                    "less than {STAYS} % of what is usual in {HEARD} messages or more, {MISSING} missing"
                ),
                passes: matches!(said, Said::Stripped(_) | Said::Standing(_)),
            },
        ]
    }
}

impl Kind {
    /// Whether codes that are usual are missing: less than 99 % of the usual share is left, and some are missing now.
    fn is_stripped(&self) -> bool {
        let Self { now, hour, usual } = self;
        let is_usual = usual.messages >= KNOWN && usual.fresh * 2 >= usual.messages;
        let share_falls = u128::from(hour.fresh) * u128::from(usual.messages) * 100
            < u128::from(STAYS) * u128::from(usual.fresh) * u128::from(hour.messages);
        is_usual
            && share_falls
            && hour.messages >= HEARD
            && hour.messages - hour.fresh >= MISSING
            && now.fresh < now.messages
    }
}
