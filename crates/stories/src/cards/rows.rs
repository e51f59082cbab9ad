//! Withdrawals as the rows that a sensor would have written: one for each leg, and counts by issuer.
//!
//! Tokens stand for keyed hashes: equal for what is equal on one day, and nothing else is known of them.

use super::message::{COUNTRY, Messages};
use super::withdrawal::Withdrawal;
use super::{ACQUIRER, ISSUER, Link};
use crate::conversation::{Conversation, Side};
use crate::path::passages;
use crate::speech::iso8583::financial::{Elements, Layout, presence};
use model::id::{HashId, flow_id};
use model::{Endpoints, Time, mapped};
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;

model::record! {
    /// A row of table `iso8583`, by the table's own description.
    pub struct TransactionRow: "iso8583", Protocol {
        /// Where it was seen.
        pub tap: Arc<str>,
        /// When the request was seen.
        pub time: Time,
        /// From the start of the flow to `time`. Microseconds.
        pub age_us: u64,
        /// Flow it belongs to.
        pub flow_id: u64,
        /// Who opened the flow.
        pub src_ip: Ipv6Addr,
        /// Whom it was opened to.
        pub dst_ip: Ipv6Addr,
        /// Port of `src_ip`.
        pub src_port: u16,
        /// Port of `dst_ip`.
        pub dst_port: u16,
        /// IANA protocol number.
        pub ip_protocol: u8,
        /// Declared link.
        pub link: &'static str,
        /// Dialect of the link.
        pub dialect: &'static str,
        /// Who sent the request.
        pub side: &'static str,
        /// TPDU of the request, `destination << 16 | source`.
        pub tpdu: u64,
        /// Message type of the request.
        pub mti: &'static str,
        /// Processing code.
        pub de3: &'static str,
        /// Trace number.
        pub de11: u32,
        /// Entry mode.
        pub de22: &'static str,
        /// Condition code.
        pub de25: &'static str,
        /// Acquiring institution.
        pub de32: u64,
        /// Response code.
        pub de39: &'static str,
        /// Terminal.
        pub de41: String,
        /// Country of the card acceptor.
        pub de43_country: &'static str,
        /// ⌊4·log10(amount)⌋
        pub amount_bucket: i16,
        /// Stands for the keyed hash of number and terminal.
        pub leg_key: HashId,
        /// Stands for the keyed hash of the number.
        pub pan_token: HashId,
        /// Stands for the keyed hash of the reference.
        pub de37_token: HashId,
        /// Stands for the keyed hash of the acceptor.
        pub de42_token: HashId,
        /// Stands for the keyed hash of the balances of the answer.
        pub de54_token: HashId,
        /// Elements of the request.
        pub presence: u64,
        /// Elements of the answer.
        pub answer_presence: u64,
        /// Stands for the hash of the request's bitmap.
        pub bitmap_hash: u64,
        /// Stands for the hash of the answer's bitmap.
        pub answer_bitmap_hash: u64,
        /// Terminal verification results.
        pub tvr: u64,
        /// Cardholder verification result.
        pub cvm: u32,
        /// From the request to its answer. Microseconds.
        pub latency_us: u32,
    }
}

model::record! {
    /// A row of table `iso8583_bin`, by the table's own description.
    pub struct BinRow: "iso8583_bin", Protocol {
        /// Start of the minute in which the transactions ended.
        pub minute: Time,
        /// Where they were seen.
        pub tap: Arc<str>,
        /// Declared link.
        pub link: &'static str,
        /// First six digits of the number; 0 for all issuers with fewer than five of a kind.
        pub bin: u32,
        /// Country of the card acceptor.
        pub country: &'static str,
        /// First two digits of the entry mode.
        pub entry_mode: &'static str,
        /// Response code.
        pub de39: &'static str,
        /// Whether it was about cash.
        pub cash: bool,
        /// Transactions.
        pub messages: u64,
    }
}

/// Fewer transactions of a kind than this are counted under BIN 0.
const FEW: u64 = 5;

/// The rows of `withdrawals` on the two legs, which `talks` carry: acquirer's leg first.
pub(super) fn rows(
    withdrawals: &[Withdrawal],
    talks: &[Conversation],
) -> (Vec<TransactionRow>, Vec<BinRow>) {
    let mut transactions = Vec::new();
    let mut counts: BTreeMap<(Time, &str, u32, &str, &str), u64> = BTreeMap::new();
    for (link, talk) in [ACQUIRER, ISSUER].iter().zip(talks) {
        let seen = Seen::of(link, talk);
        for withdrawal in withdrawals {
            let row = seen.row(withdrawal);
            let ended = row.time.plus(i64::from(row.latency_us)).minute();
            let entry = &row.de22[..2];
            *counts.entry((ended, link.id, withdrawal.card.bin(), entry, row.de39)).or_default() +=
                1;
            transactions.push(row);
        }
    }
    transactions.sort_by_key(|row| row.time);
    (transactions, folded(counts))
}

type Kind<'a> = (Time, &'static str, u32, &'a str, &'static str);

fn folded(counts: BTreeMap<Kind<'static>, u64>) -> Vec<BinRow> {
    let mut folded: BTreeMap<Kind<'static>, u64> = BTreeMap::new();
    for ((minute, link, bin, entry, code), count) in counts {
        let bin = if count < FEW { 0 } else { bin };
        *folded.entry((minute, link, bin, entry, code)).or_default() += count;
    }
    let row = |((minute, link, bin, entry_mode, de39), messages)| BinRow {
        minute,
        tap: Arc::from(if link == ACQUIRER.id { "a" } else { "b" }),
        link,
        bin,
        country: COUNTRY,
        entry_mode,
        de39,
        cash: true,
        messages,
    };
    folded.into_iter().map(row).collect()
}

/// One leg as its tap saw it.
struct Seen<'a> {
    link: &'a Link,
    tap: Arc<str>,
    start: Time,
    ends: Endpoints,
    delay_us: [i64; 2],
}

impl<'a> Seen<'a> {
    fn of(link: &'a Link, talk: &Conversation) -> Self {
        let passage = passages(talk)[0];
        let delay_us = [passage.delay_us(Side::Src), passage.delay_us(Side::Dst)];
        let ends = Endpoints {
            src_ip: mapped(talk.src.ip.into()),
            dst_ip: mapped(talk.dst.ip.into()),
            src_port: talk.src_port,
            dst_port: talk.dst_port,
            ip_protocol: talk.ip_protocol(),
        };
        let tap = Arc::from(passage.tap.to_string());
        Self { link, tap, start: talk.start.plus(delay_us[0]), ends, delay_us }
    }

    fn row(&self, withdrawal: &Withdrawal) -> TransactionRow {
        let messages = Messages::of(withdrawal);
        let moments = withdrawal.moments();
        let is_acquirer = *self.link == ACQUIRER;
        let (asked, told, code, balance) = if is_acquirer {
            (moments.asked, moments.told, withdrawal.downstream, withdrawal.shown)
        } else {
            (moments.forwarded, moments.decided, withdrawal.upstream, withdrawal.balance)
        };
        let time = asked.plus(self.delay_us[0]);
        let (request, answer) =
            (messages.request_elements(self.link), messages.answer_elements(self.link));
        let day = time.0.div_euclid(Time::DAY).to_le_bytes();
        let pan = withdrawal.card.pan();
        let token =
            |what: &str, value: &str| HashId::of(&[what.as_bytes(), &day, value.as_bytes()]);
        let is_chip = request.contains_key(&55);
        TransactionRow {
            tap: self.tap.clone(),
            time,
            age_us: time.since(self.start) as u64,
            flow_id: flow_id(&self.tap, self.start, &self.ends),
            src_ip: self.ends.src_ip,
            dst_ip: self.ends.dst_ip,
            src_port: self.ends.src_port,
            dst_port: self.ends.dst_port,
            ip_protocol: self.ends.ip_protocol,
            link: self.link.id,
            dialect: self.link.dialect,
            side: "src",
            tpdu: if self.link.layout == Layout::NacBcd { 0x0010_0030 } else { 0 },
            mti: "0200",
            de3: "011000",
            de11: messages.trace(self.link),
            de22: withdrawal.entry.code(),
            de25: "02",
            de32: 1_021_000,
            de39: code,
            de41: messages.machine(),
            de43_country: COUNTRY,
            amount_bucket: bucket(withdrawal.amount),
            leg_key: token("leg", &format!("{pan} {}", messages.machine())),
            pan_token: token("number", &pan),
            de37_token: token("reference", &messages.reference()),
            de42_token: token("acceptor", "EXBANK000000001"),
            de54_token: token("balance", &balance.to_string()),
            presence: presence(&request),
            answer_presence: presence(&answer),
            bitmap_hash: hash_of(&request),
            answer_bitmap_hash: hash_of(&answer),
            tvr: if is_chip { 0x04_0000 } else { 0 },
            cvm: if is_chip { 0x02_0000 } else { 0 },
            latency_us: (told.plus(self.delay_us[1]).since(time)) as u32,
        }
    }
}

fn hash_of(elements: &Elements) -> u64 {
    let id = HashId::of(&[b"bitmap", &presence(elements).to_le_bytes()]);
    u64::from_le_bytes(id.0[..8].try_into().expect("an id has sixteen bytes"))
}

/// ⌊4·log10(amount)⌋ by comparing fourth powers: 10^k ≤ amount⁴.
fn bucket(amount: u64) -> i16 {
    let fourth = u128::from(amount).pow(4);
    let mut bucket = 0;
    let mut power: u128 = 10;
    while power <= fourth {
        bucket += 1;
        power *= 10;
    }
    bucket
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::{Card, Session};
    use crate::dice::Dice;

    /// By a calculator: log10(10,000) = 4, log10(300,000) = 5.477, log10(310,000) = 5.491.
    #[test]
    fn amounts_fall_into_quarter_decades() {
        assert_eq!([1, 2, 10, 10_000, 300_000, 310_000].map(bucket), [0, 1, 4, 16, 21, 21]);
    }

    #[test]
    fn a_withdrawal_is_one_row_on_each_leg_and_both_agree_on_what_survives() {
        let mut dice = Dice::new(1, "rows", 0);
        let start = Time::new(1_773_540_000, 0);
        let theft = Withdrawal {
            upstream: "51",
            shown: 1,
            ..Withdrawal::of(Card::of_the_story(3), 77, start.plus(Time::MINUTE), 9, &mut dice)
        };
        let session =
            Session { start, end: start.plus(Time::HOUR), role: "", withdrawals: vec![theft] };
        let talks = session.conversations(&mut dice);
        let (rows, bins) = rows(&session.withdrawals, &talks);
        let [acquirer, issuer] = rows.as_slice() else { panic!("{} rows", rows.len()) };
        assert_eq!((&*acquirer.tap, acquirer.de39), ("a", "00"));
        assert_eq!((&*issuer.tap, issuer.de39), ("b", "51"));
        assert_eq!((acquirer.leg_key, acquirer.de37_token), (issuer.leg_key, issuer.de37_token));
        assert_ne!(acquirer.de11, issuer.de11);
        assert_ne!(acquirer.de54_token, issuer.de54_token);
        assert!(acquirer.time < issuer.time && issuer.latency_us < acquirer.latency_us);
        assert_eq!(acquirer.presence & (1 << 63 | 1), 0, "no authentication code");
        assert!(bins.iter().all(|row| row.bin == 0 && row.messages == 1 && row.entry_mode == "90"));
        assert_eq!(bins.len(), 2);
    }
}
