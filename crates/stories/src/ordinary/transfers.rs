//! Bulk at night: the reports read the ledger, and the backup goes to the declared cloud.
//!
//! Both are scaled: 40 GB of reports are played as 4 GB, 300 GB of backup as 6 GB. Each stays on its side of every
//! threshold in bytes, and the policy's limits are scaled alike.

use super::Day;
use crate::bank::{BACKUP_1, CLOUD_VAULT, LEDGER_1, REP_1};
use crate::conversation::{Conversation, Side, Turn};
use crate::speech::client_hello::Client;
use crate::speech::mysql;
use crate::speech::tls::{self, Meeting};
use model::Time;

const REPORT_QUERIES: i64 = 8;
const REPORT_BYTES: u64 = 500_000_000;
const BACKUP_STREAMS: i64 = 6;
const BACKUP_BYTES: u64 = 1_000_000_000;

/// Eight queries between 02:00 and 04:00, of half a gigabyte each.
pub fn reports(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("reports");
    for number in 0..REPORT_QUERIES {
        let start = day.at(2, 1 + 14 * number).plus(dice.between(0, 30 * Time::SECOND));
        let mut talk = Conversation::new(start, REP_1, LEDGER_1, 3_306, &mut dice);
        let query = format!("SELECT account, balance FROM entry PARTITION (p{number})");
        mysql::ask(&mut talk, "report", "ledger", &query, &mut dice);
        let bytes = dice.around(REPORT_BYTES as i64, 30) as u64;
        talk.turns.push(Turn::Bulk(Side::Dst, bytes, dice.around(12 * Time::MINUTE, 50)));
        all.push(talk);
    }
}

/// Six streams from 02:10, one after the other, of a gigabyte each.
pub fn backup(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("backup");
    for number in 0..BACKUP_STREAMS {
        let start = day.at(2, 10 + 17 * number).plus(dice.between(0, 20 * Time::SECOND));
        let mut talk =
            Conversation::new(start, BACKUP_1, CLOUD_VAULT, 443, &mut dice).far(&mut dice);
        tls::open(
            &mut talk,
            Meeting::public(Client::Service, "vault.backup-cloud.example"),
            &mut dice,
        );
        tls::data(&mut talk, Side::Src, 900, &mut dice);
        talk.wait(dice.between(5_000, 20_000));
        tls::data(&mut talk, Side::Dst, 300, &mut dice);
        talk.wait(dice.between(100_000, 400_000));
        let bytes = dice.around(BACKUP_BYTES as i64, 30) as u64;
        talk.turns.push(Turn::Bulk(Side::Src, bytes, dice.around(15 * Time::MINUTE, 50)));
        all.push(talk);
    }
}
