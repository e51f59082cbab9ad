//! The card rail: cash machines' host, switch, issuer and key module, what they say, and the rows that a sensor makes of it.
//!
//! A [`Session`] is some hours of withdrawals over connections that stay open. Its conversations become frames or slices,
//! its rows the history of table `iso8583`. All cards are canaries: their numbers, tracks and PIN blocks must never come
//! out of a sensor again.

mod card;
mod line;
mod message;
mod rows;
mod withdrawal;

pub use card::{Canary, Card, canaries};
pub use rows::{BinRow, TransactionRow};
pub use withdrawal::{Entry, Withdrawal, ordinary};

use crate::bank::{ATM_GW_1, AUTH_1, HSM_1, Host, SW_1};
use crate::conversation::{Conversation, Side};
use crate::dice::Dice;
use crate::speech::iso8583::financial::Layout;
use line::Line;
use message::Messages;
use model::Time;

/// A link of the rail, as the policy and the sensor's settings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: &'static str,
    /// Who asks.
    pub from: Host,
    /// Who answers.
    pub to: Host,
    /// Port of `to`.
    pub port: u16,
    /// How it writes its messages.
    pub layout: Layout,
    /// The sensor's name for that.
    pub dialect: &'static str,
}

/// The acquirer's leg: cash machines' host to switch.
pub const ACQUIRER: Link = Link {
    id: "atm-sw",
    from: ATM_GW_1,
    to: SW_1,
    port: 8_583,
    layout: Layout::NacBcd,
    dialect: "nac-bcd",
};

/// The issuer's leg: switch to authorisation.
pub const ISSUER: Link = Link {
    id: "sw-auth",
    from: SW_1,
    to: AUTH_1,
    port: 8_600,
    layout: Layout::Ascii4,
    dialect: "ascii4",
};

/// Port of the key module.
const HSM_PORT: u16 = 1_500;

/// Withdrawals over connections that are open from `start` until after the last of them.
#[derive(Debug, Clone)]
pub struct Session {
    /// When the connections are opened.
    pub start: Time,
    /// When they are closed.
    pub end: Time,
    /// What the acquirer's and the issuer's leg are to an attacker, empty for ordinary business.
    pub role: &'static str,
    /// The withdrawals, in any order.
    pub withdrawals: Vec<Withdrawal>,
}

impl Session {
    /// What a sensor writes of it, given its [`Session::conversations`]: transactions, and counts by issuer.
    pub fn rows(&self, talks: &[Conversation]) -> (Vec<TransactionRow>, Vec<BinRow>) {
        rows::rows(&self.withdrawals, talks)
    }

    /// Its three conversations: acquirer's leg, issuer's leg, key module.
    pub fn conversations(&self, dice: &mut Dice) -> Vec<Conversation> {
        let mut lines = [
            (ACQUIRER.from, ACQUIRER.to, ACQUIRER.port),
            (ISSUER.from, ISSUER.to, ISSUER.port),
            (SW_1, HSM_1, HSM_PORT),
        ]
        .map(|(from, to, port)| Line::open(Conversation::new(self.start, from, to, port, dice)));
        for line in &mut lines[..2] {
            line.talk.spoken.app = "iso8583";
            line.talk.role = self.role;
        }
        let mut said = Vec::new();
        for withdrawal in &self.withdrawals {
            let messages = Messages::of(withdrawal);
            let moments = withdrawal.moments();
            said.push((moments.asked, 0, Side::Src, messages.request(&ACQUIRER)));
            said.push((moments.keys_asked, 2, Side::Src, messages.key_request()));
            said.push((moments.keys_told, 2, Side::Dst, messages.key_answer()));
            said.push((moments.forwarded, 1, Side::Src, messages.request(&ISSUER)));
            said.push((moments.decided, 1, Side::Dst, messages.answer(&ISSUER)));
            said.push((moments.told, 0, Side::Dst, messages.answer(&ACQUIRER)));
        }
        said.sort_by_key(|(moment, line, ..)| (*moment, *line));
        for (moment, line, side, bytes) in said {
            lines[line].say_at(moment, side, bytes);
        }
        lines.map(|line| line.close_at(self.end)).into()
    }
}

/// The links as settings of the sensor.
pub fn settings() -> String {
    [ACQUIRER, ISSUER]
        .map(|Link { id, to, port, dialect, .. }| {
            format!(
                "[[sensor.link]]\nid = \"{id}\"\nto = \"{}:{port}\"\ndialect = \"{dialect}\"\n",
                to.ip
            )
        })
        .join("\n")
}
