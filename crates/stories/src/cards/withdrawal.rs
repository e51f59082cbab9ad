//! A withdrawal: who draws how much where, and what issuer and switch say to it.

use super::card::{Card, IN_USE};
use crate::dice::Dice;
use model::Time;

/// How the card was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Chip and PIN.
    Chip,
    /// Magnetic stripe, whole, and PIN.
    Stripe,
}

impl Entry {
    /// Element 22.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chip => "051",
            Self::Stripe => "901",
        }
    }
}

/// Cash machines of the bank.
const MACHINES: i64 = 2_000;

/// One withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// When the cash machines' host asks the switch.
    pub at: Time,
    /// Counts withdrawals: trace and reference numbers are made of it.
    pub number: u32,
    /// The card.
    pub card: Card,
    /// The cash machine, 1 to 2,000.
    pub machine: u16,
    /// Amount in minor units.
    pub amount: u64,
    /// How the card was read.
    pub entry: Entry,
    /// The issuer's response code.
    pub upstream: &'static str,
    /// The response code that the switch passes on.
    pub downstream: &'static str,
    /// Balance that the issuer tells, in minor units.
    pub balance: u64,
    /// Balance that the switch tells.
    pub shown: u64,
    /// From the request to the call of the key module, to its answer, to the issuer, to its decision, to the machine.
    /// Microseconds.
    pub waits: [i64; 5],
}

/// When what of a withdrawal is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moments {
    pub(super) asked: Time,
    pub(super) keys_asked: Time,
    pub(super) keys_told: Time,
    pub(super) forwarded: Time,
    pub(super) decided: Time,
    pub(super) told: Time,
}

impl Withdrawal {
    /// One of a card in ordinary use: approved 94 %, not enough money 4 %, wrong PIN 2 %; stripe 3 %.
    pub fn ordinary(at: Time, number: u32, dice: &mut Dice) -> Self {
        let code = match dice.between(0, 100) {
            0..94 => "00",
            94..98 => "51",
            _ => "55",
        };
        let entry = if dice.between(0, 100) < 3 { Entry::Stripe } else { Entry::Chip };
        let card = Card(dice.between(0, i64::from(IN_USE)) as u32);
        let machine = dice.between(1, MACHINES + 1) as u16;
        Self {
            upstream: code,
            downstream: code,
            entry,
            ..Self::of(card, machine, at, number, dice)
        }
    }

    /// One of `card` at `machine`, by stripe, approved by both.
    pub fn of(card: Card, machine: u16, at: Time, number: u32, dice: &mut Dice) -> Self {
        let balance = dice.between(2_000, 900_000) as u64 * 10;
        Self {
            at,
            number,
            card,
            machine,
            amount: dice.between(1, 31) as u64 * 10_000,
            entry: Entry::Stripe,
            upstream: "00",
            downstream: "00",
            balance,
            shown: balance,
            waits: [
                dice.between(900, 2_000),
                dice.between(800, 2_500),
                dice.between(400, 1_200),
                dice.between(22_000, 60_000),
                dice.between(1_500, 5_000),
            ],
        }
    }

    pub(super) fn moments(&self) -> Moments {
        let after = |steps: usize| self.at.plus(self.waits[..steps].iter().sum());
        Moments {
            asked: self.at,
            keys_asked: after(1),
            keys_told: after(2),
            forwarded: after(3),
            decided: after(4),
            told: after(5),
        }
    }
}

/// Ordinary withdrawals from `from` to before `to`, about one every `every_us`, counted from `first` on.
pub fn ordinary(
    from: Time,
    to: Time,
    every_us: i64,
    first: u32,
    dice: &mut Dice,
) -> Vec<Withdrawal> {
    let mut all = Vec::new();
    let mut next = from.plus(dice.exponential(every_us));
    while next < to {
        all.push(Withdrawal::ordinary(next, first + all.len() as u32, dice));
        next = next.plus(dice.exponential(every_us).max(1));
    }
    all
}
