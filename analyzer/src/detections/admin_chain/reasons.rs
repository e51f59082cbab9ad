//! A chain, and why it rings or does not.

use super::Day;
use super::edges::Used;
use super::hops::Hop;
use crate::entities::{Entity, critical_zone};
use crate::score;
use model::Time;
use model::warning::Contribution;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Criticality into which a chain rings.
pub(super) const MATTERS: u8 = 9;
/// Criticality into which a single edge rings.
pub(super) const MATTERS_ALONE: u8 = 8;
/// Days of rows before a single edge can be called new.
pub(super) const LEARNED_DAYS: i64 = 14;
/// Host-days from which the site measures by itself.
pub(super) const CALIBRATED: u64 = 2_000;
/// One host-day in a thousand. Thousandths of a nat.
pub(super) const RARE_MILLINATS: u32 = 6_908;

/// Whoever comes from here is expected elsewhere.
const ACCESS_MANAGER: &str = "pam";
/// Width of a class of surprises. Thousandths of a nat.
const CLASS_MILLINATS: u32 = 500;

#[derive(Debug, Deserialize)]
struct Class {
    class: u32,
    host_days: u64,
}

/// How surprising the best chain of a host was, day by day.
#[derive(Debug, Default)]
pub(super) struct Calibration(Vec<Class>);

impl Calibration {
    pub(super) fn read(rows: &[Value]) -> anyhow::Result<Self> {
        Ok(Self(rows.iter().map(Class::deserialize).collect::<Result<_, _>>()?))
    }

    /// −ln of the share of host-days with a chain at least as surprising; none where they are too few.
    fn surprise(&self, millinats: u32) -> Option<u32> {
        let count = |least: u32| -> u64 {
            self.0.iter().filter(|class| class.class >= least).map(|class| class.host_days).sum()
        };
        let all = count(0);
        let share = (1 + count(millinats / CLASS_MILLINATS)) as f64 / (1 + all) as f64;
        (all >= CALIBRATED).then(|| score::surprise(share))
    }
}

/// A way of hops, the last of them the newest.
pub(super) struct Chain<'d> {
    way: &'d [usize],
    day: &'d Day<'d>,
    /// Minute in which all of its hops were there.
    pub(super) at: Time,
}

impl<'d> Chain<'d> {
    pub(super) fn of(way: &'d [usize], day: &'d Day<'_>) -> Self {
        let at = way.iter().map(|hop| day.hops[*hop].at).max().unwrap_or_default();
        Self { way, day, at }
    }

    pub(super) fn hops(&self) -> impl Iterator<Item = &'d Hop> + '_ {
        self.way.iter().map(|at| &self.day.hops[*at])
    }

    pub(super) fn used(&self) -> impl Iterator<Item = &'d Used<'d>> + '_ {
        self.way.iter().map(|at| &self.day.used[*at])
    }

    fn first(&self) -> &'d Used<'d> {
        &self.day.used[self.way[0]]
    }

    fn last(&self) -> &'d Used<'d> {
        &self.day.used[self.way[self.way.len() - 1]]
    }

    pub(super) const fn depth(&self) -> usize {
        self.way.len()
    }

    pub(super) fn subject(&self) -> String {
        self.first().src.key()
    }

    pub(super) fn object(&self) -> String {
        self.last().dst.key()
    }

    /// The most critical zone on the way.
    pub(super) fn zone(&self) -> &'d str {
        let critical = |used: &&Used<'_>| used.dst.place.criticality;
        let most = self.used().max_by_key(critical).unwrap_or_else(|| self.last());
        critical_zone(&self.first().src, &most.dst)
    }

    /// The highest criticality that it leads to or through.
    pub(super) fn criticality(&self) -> u8 {
        self.used().map(|used| used.dst.place.criticality).max().unwrap_or_default()
    }

    /// Hops that nobody made before and no conduit names.
    pub(super) fn strange(&self) -> usize {
        self.used().filter(|used| used.is_strange()).count()
    }

    fn undeclared(&self) -> usize {
        self.used().filter(|used| !used.is_declared()).count()
    }

    /// What its new hops surprise, taken together. Thousandths of a nat.
    pub(super) fn surprise(&self) -> u32 {
        self.used().map(|used| used.surprise_millinats).sum()
    }

    /// −ln p among the site's own host-days, where they are enough.
    pub(super) fn site_surprise(&self) -> Option<u32> {
        self.day.calibration.surprise(self.surprise())
    }

    pub(super) const fn memory_days(&self) -> i64 {
        self.day.memory_days
    }

    fn is_from_access_manager(&self) -> bool {
        self.first().src.place.role == Some(ACCESS_MANAGER)
    }

    /// Two hops or more into what matters, one of them strange.
    pub(super) fn reaches(&self) -> bool {
        self.depth() > 1 && self.criticality() >= MATTERS && self.strange() > 0
    }

    /// One strange hop into what matters, by memory that is long enough to know.
    pub(super) fn is_bold(&self) -> bool {
        self.depth() == 1
            && self.criticality() >= MATTERS_ALONE
            && self.strange() > 0
            && self.day.memory_days >= LEARNED_DAYS
            && !self.is_from_access_manager()
    }

    /// Rarer than one host-day in a thousand, and not declared throughout.
    pub(super) fn is_rare(&self) -> bool {
        self.depth() > 1
            && self.undeclared() > 0
            && self.site_surprise().is_some_and(|surprise| surprise >= RARE_MILLINATS)
    }

    fn is_told(&self) -> bool {
        self.reaches() || self.is_bold() || self.is_rare()
    }

    /// Whether it rings: a reason holds, and the score agrees.
    pub(super) fn rings(&self) -> bool {
        self.is_told() && score::score(score::sum(&self.contributions())) >= score::RINGS_AT
    }

    /// Order of what to tell: whether it rings, then its log-odds, then the earlier.
    pub(super) fn rank(&self) -> (bool, i32, std::cmp::Reverse<(Time, Vec<u64>)>) {
        let ids = self.hops().map(|hop| hop.flow_id).collect();
        let sum = score::sum(&self.contributions());
        (self.rings(), sum, std::cmp::Reverse((self.at, ids)))
    }

    pub(super) fn contributions(&self) -> Vec<Contribution> {
        let mut parts = vec![score::part("one host works on another", "", -3_000)];
        let strange = self.used().zip(self.hops()).filter(|(used, _)| used.is_strange());
        for (used, hop) in strange.take(3) {
            parts.push(self.strange_part(used, hop));
        }
        match self.undeclared() {
            0 => parts.push(score::part("conduits name every hop", "", -3_000)),
            1 => parts.push(score::part("no conduit names one hop", "", 1_500)),
            hops => {
                let value = format!("{hops} hops");
                parts.push(score::part("no conduit names several hops", value, 2_000));
            }
        }
        if let Some(denied) = self.used().find(|used| used.is_denied()) {
            let rule = denied.judgement.conduit.unwrap_or_default();
            parts.push(score::part("a rule denies a hop", rule, 700));
        }
        match self.criticality() {
            MATTERS.. => parts.push(score::part("criticality 9 or more", self.zone(), 1_200)),
            MATTERS_ALONE => parts.push(score::part("criticality 8", self.zone(), 800)),
            _ => {}
        }
        if self.depth() > 1 {
            let further = (self.depth() - 1).min(3) as i32;
            parts.push(score::part(
                "hop after hop",
                format!("{} hops", self.depth()),
                further * 700,
            ));
        }
        if self.is_from_access_manager() {
            parts.push(score::part("it starts at the access manager", "", -1_500));
        }
        if self.is_rare() {
            parts.push(score::part("rarer than one host-day in a thousand here", "", 2_000));
        }
        score::limited(parts)
    }

    fn strange_part(&self, used: &Used<'_>, hop: &Hop) -> Contribution {
        let edge = format!("{} by {}", used.dst.key(), hop.service);
        if self.day.memory_days < LEARNED_DAYS {
            let days = self.day.memory_days;
            return score::part("a new hop, by a short memory", format!("{edge}, {days} d"), 300);
        }
        let surprise = used.surprise_millinats.clamp(700, 3_000).cast_signed();
        score::part("a hop that nobody made before", edge, surprise)
    }

    pub(super) fn numbers(&self) -> Map<String, Value> {
        let way: Vec<String> = self
            .used()
            .zip(self.hops())
            .map(|(used, hop)| {
                format!(
                    "{} {} > {} {}",
                    clock(hop.start),
                    used.src.key(),
                    used.dst.key(),
                    hop.service
                )
            })
            .collect();
        let numbers = json!({
            "cause": "chain",
            "way": way,
            "depth": self.depth(),
            "criticality": self.criticality(),
            "new_hops": self.used().filter(|used| !used.is_known).count(),
            "undeclared_hops": self.undeclared(),
            "strange_hops": self.strange(),
            "chain_millinats": self.surprise(),
            "memory_days": self.day.memory_days,
        });
        match numbers {
            Value::Object(numbers) => numbers,
            _ => Map::new(),
        }
    }

    pub(super) fn sentence(&self) -> String {
        let (src, dst) = (&self.first().src, &self.last().dst);
        let hops =
            if self.depth() == 1 { "one hop".into() } else { format!("{} hops", self.depth()) };
        let mut said = format!(
            "{} worked its way to {} in zone {} in {hops}:",
            src.described(),
            dst.described(),
            dst.place.zone,
        );
        for (at, (used, hop)) in self.used().zip(self.hops()).enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(
                said,
                "{comma} {} by {} at {}",
                used.dst.key(),
                hop.service,
                clock(hop.start)
            );
        }
        said.push_str(". ");
        said.push_str(&self.strange_said());
        said.push_str(&advice(src, self.rings()));
        said
    }

    fn strange_said(&self) -> String {
        let strange: Vec<String> =
            self.used().filter(|used| used.is_strange()).map(|used| used.dst.key()).collect();
        if strange.is_empty() {
            return String::new();
        }
        let to = strange.join(" and ");
        match self.day.memory_days {
            0 => format!("No conduit names the way to {to}. "),
            days => format!(
                "No conduit names the way to {to}, and nobody took it in the {} days before. ",
                days.min(180)
            ),
        }
    }
}

fn advice(src: &Entity<'_>, rings: bool) -> String {
    if rings {
        format!("Ask who works at {}; end these sessions if nobody can say.", src.key())
    } else {
        "Work as usual, as far as is known.".to_owned()
    }
}

/// Hour and minute, UTC.
fn clock(time: Time) -> String {
    let minute = time.0.rem_euclid(Time::DAY) / Time::MINUTE;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_measures_by_itself_from_two_thousand_host_days_on() {
        let class = |class, host_days| Class { class, host_days };
        let few = Calibration(vec![class(0, 1_999)]);
        assert_eq!(few.surprise(9_000), None);
        let many = Calibration(vec![class(0, 3_989), class(8, 8), class(20, 2)]);
        // (1 + 2)/4,000 and (1 + 10)/4,000: −ln is 7.195 and 5.896.
        assert_eq!(many.surprise(10_000), Some(7_195));
        assert_eq!(many.surprise(4_000), Some(5_896));
    }

    #[test]
    fn a_clock_says_hour_and_minute() {
        // `date -u -d @1773335100 +%H:%M` is 17:05.
        assert_eq!(clock(Time::new(1_773_335_100, 0)), "17:05");
    }
}
