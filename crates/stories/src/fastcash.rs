//! S3: the legs disagree. The issuer declines, the switch approves, and twelve cards draw cash by stripe in the night.

use crate::cards::{Card, Session, Withdrawal, ordinary};
use crate::conversation::Conversation;
use crate::dice::Dice;
use crate::ordinary::Day;
use crate::stories::{Scene, Story};
use crate::truth::{Expected, Money, Situation};
use model::{Severity, Time};

/// The story.
pub static STORY: Story = Story {
    id: "S3",
    name: "fastcash",
    title: "FASTCash: the legs disagree",
    t0: "2026-03-15T02:00:00Z",
    first_minute: FIRST_MINUTE,
    last_minute: 120,
    days_before: 30,
    taps: &['a', 'b'],
    happens,
    cards_before: Some(cards_before),
    expected: EXPECTED,
    situations: &[Situation { scope: "zone", name: "pay-switch", level: "II", by_minute: 12 }],
    chain: &["FIN-09", "FIN-12"],
    index_below: None,
    quiet_above: Severity::P2,
    is_quiet: false,
    money: Some(Money { first_warning_minute: 12, leaves_minute: 10 }),
};

const EXPECTED: &[Expected] = &[
    Expected {
        standing: true,
        ..Expected::must("FIN-11", Severity::P1, ("sw-1", "10.40.3.10"), "atm-sw", 120)
    },
    Expected {
        standing: true,
        ..Expected::must("FIN-11", Severity::P1, ("auth-1", "10.40.2.51"), "sw-auth", 120)
    },
    Expected::must("FIN-09", Severity::P4, ("sw-1", "10.40.3.10"), "auth-1", 12),
    Expected::must("FIN-12", Severity::P4, ("sw-1", "10.40.3.10"), "atm-gw-1", 20),
    Expected::may("POL"),
    Expected::never("FIN-08"),
    Expected::never("FIN-10"),
    Expected::never("FIN-13"),
    Expected::never("FIN-14"),
    Expected::never("AVL-09"),
];

/// The connections are opened here, and ordinary cards draw from then on.
const FIRST_MINUTE: i64 = -10;
/// Between two ordinary withdrawals on the story's day: 20 a minute.
const EVERY_US: i64 = 3 * Time::SECOND;
/// The same in the days before: 2 a minute, thinner so that a month of rows stays small.
const BEFORE_EVERY_US: i64 = 30 * Time::SECOND;
/// The thieves' cards, and what each draws within eight minutes, at so many machines.
const CARDS: u32 = 12;
const DRAWS: i64 = 6;
const MACHINES: u16 = 30;
/// Minutes between two cards: the last begins at 106 and ends before 115.
const APART_MINUTES: i64 = 8;

fn happens(scene: &Scene) -> Vec<Conversation> {
    let mut dice = Dice::new(scene.seed, "card rail", 0);
    let start = scene.minute(FIRST_MINUTE).plus(5 * Time::SECOND);
    let end = scene.minute(120).plus(Time::MINUTE);
    let mut withdrawals = ordinary(start.plus(Time::SECOND), end, EVERY_US, 1, &mut dice);
    withdrawals.extend(thefts(scene, 50_000));
    withdrawals.push(passed_on(scene.minute(60).plus(11 * Time::SECOND), 60_000, &mut dice));
    let session =
        Session { start, end: end.plus(Time::MINUTE), role: "legs that disagree", withdrawals };
    session.conversations(&mut dice)
}

/// Seventy-two withdrawals that the issuer declines and the switch approves, with a balance of its own.
fn thefts(scene: &Scene, first: u32) -> Vec<Withdrawal> {
    let mut dice = Dice::new(scene.seed, "thefts", 0);
    let mut all = Vec::new();
    for card in 0..CARDS {
        let start = scene.minute(10 + i64::from(card) * APART_MINUTES * 109 / 100);
        for draw in 0..DRAWS {
            let at = start.plus(draw * 78 * Time::SECOND + dice.between(3, 25) * Time::SECOND);
            let machine = 400 + (all.len() as u16 * 7) % MACHINES;
            let number = first + all.len() as u32;
            let approved = Withdrawal::of(Card::of_the_story(card), machine, at, number, &mut dice);
            all.push(Withdrawal {
                upstream: "51",
                balance: dice.between(0, 9_000) as u64,
                shown: dice.between(40, 90) as u64 * 1_000_000,
                ..approved
            });
        }
    }
    all
}

/// The issuer's 61, amount beyond the limit, which the switch passes on.
fn passed_on(at: Time, number: u32, dice: &mut Dice) -> Withdrawal {
    Withdrawal { upstream: "61", downstream: "61", ..Withdrawal::ordinary(at, number, dice) }
}

/// A day before: the same at a tenth of the rate, 61 passed on now and then. Connections are renewed in the night.
fn cards_before(day: Day, until: Time) -> Session {
    let mut dice = day.dice("card rail before");
    let (start, end) =
        (day.start.plus(4 * Time::SECOND), day.end().min(until).plus(-5 * Time::SECOND));
    let mut withdrawals =
        ordinary(start.plus(Time::SECOND), end.plus(-Time::SECOND), BEFORE_EVERY_US, 1, &mut dice);
    for number in 0..3 {
        let at = day.at(5 + 6 * number, 13).plus(dice.between(0, 600) * Time::SECOND);
        if at < end.plus(-Time::SECOND) {
            withdrawals.push(passed_on(at, 60_000 + number as u32, &mut dice));
        }
    }
    Session { start, end, role: "", withdrawals }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// stories.md: minutes 10 to 115, 12 cards, six each within eight minutes, 30 machines.
    #[test]
    fn twelve_cards_draw_six_times_each_within_eight_minutes() {
        for seed in 0..20 {
            let scene = Scene { t0: STORY.t0(), seed };
            let thefts = thefts(&scene, 0);
            assert_eq!(thefts.len(), 72);
            let mut by_card: BTreeMap<u32, Vec<Time>> = BTreeMap::new();
            for theft in &thefts {
                assert!(
                    scene.minute(10) <= theft.at && theft.at < scene.minute(115),
                    "{}",
                    theft.at
                );
                assert_eq!((theft.upstream, theft.downstream), ("51", "00"));
                assert_ne!(theft.balance, theft.shown);
                by_card.entry(theft.card.0).or_default().push(theft.at);
            }
            assert_eq!(by_card.len(), 12);
            for draws in by_card.values() {
                assert_eq!(draws.len(), 6);
                assert!(draws[5].since(draws[0]) < 8 * Time::MINUTE);
            }
            let machines: BTreeSet<u16> = thefts.iter().map(|theft| theft.machine).collect();
            assert_eq!(machines.len(), 30);
            assert!(thefts[0].at < scene.minute(11), "the first comes in minute 10");
            assert!(thefts[5].at < scene.minute(18), "six of the first card by minute 18");
        }
    }
}
