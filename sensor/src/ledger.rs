//! What was received, kept and dropped, by reason, in each minute of packet time.
//!
//! Each stage counts what it receives and, apart from that, what became of it. So the two sides of every balance are
//! counted at different places in the code, and a packet that is forgotten between them shows.

use model::{Batch, Ledger, Time};
use std::fmt;
use std::sync::Arc;

macro_rules! accounts {
    ($($(#[$meta:meta])* $name:ident = $stage:literal / $reason:literal,)*) => {
        /// One account of the ledger: a stage, and what became of what it received.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Account { $($(#[$meta])* $name,)* }

        impl Account {
            /// Every account, in the order of the stages.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stage it belongs to.
            pub const fn stage(self) -> &'static str {
                match self { $(Self::$name => $stage,)* }
            }

            /// `received`, `kept`, or why something was dropped.
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)* }
            }
        }

        const ACCOUNTS: usize = [$($stage,)*].len();
    };
}

accounts! {
    /// Records of the source.
    Captured = "capture" / "received",
    /// Frames handed on.
    CaptureKept = "capture" / "kept",
    /// Records without a usable frame.
    CaptureUnusable = "capture" / "unusable",
    /// Frames.
    Decoded = "decode" / "received",
    /// Packets handed on.
    DecodeKept = "decode" / "kept",
    /// Frames of a link type that is not read.
    DecodeUnknownLink = "decode" / "unknown_link",
    /// Frames that carry something other than IP (ARP, LLDP, spanning tree …).
    DecodeNotIp = "decode" / "not_ip",
    /// Frames or packets that end inside a header.
    DecodeShort = "decode" / "short",
    /// Headers that contradict themselves.
    DecodeMalformed = "decode" / "malformed",
    /// Packets.
    Flowed = "flow" / "received",
    /// Packets counted in a flow.
    FlowKept = "flow" / "kept",
    /// Later fragments whose first one was not seen.
    FlowFragment = "flow" / "fragment",
    /// TCP segments with payload of flows that are read, in payload bytes.
    Streamed = "stream" / "received",
    /// Segments put in order.
    StreamKept = "stream" / "kept",
    /// Segments that bring nothing new, or come after their hole was given up.
    StreamRepeated = "stream" / "repeated",
    /// Payloads offered for reading, in payload bytes; messages found, as records.
    Offered = "parse" / "received",
    /// Payloads read; rows written, as records.
    ParseKept = "parse" / "kept",
    /// Payloads that no protocol claimed.
    ParseUnclaimed = "parse" / "unclaimed",
    /// Payloads on a declared link that are not what was declared, and of no other protocol.
    ParseForeign = "parse" / "foreign",
    /// Messages without a row because a parser's bound was met.
    ParseBound = "parse" / "bound",
    /// Keyed hashes that rows want.
    Tokens = "token" / "received",
    /// Keyed hashes made.
    TokensMade = "token" / "kept",
    /// Keyed hashes that are zero because no key is set.
    TokensMissing = "token" / "no_key",
    /// Texts in which account numbers or tracks were masked.
    Gated = "gate" / "received",
    /// Texts masked in minutes in which it may be chance.
    GateMasked = "gate" / "masked",
    /// Texts masked in minutes with a track, or with three numbers that have an issuer and a check digit.
    GateLeak = "gate" / "leak",
    /// Rows that workers made; the exporter's own rows of the ledger are not among them.
    Exported = "export" / "received",
    /// Rows that the store acknowledged or the file took.
    ExportKept = "export" / "kept",
    /// Rows that the store refused for good.
    ExportRefused = "export" / "refused",
    /// Rows that could not be delivered before the end.
    ExportUndelivered = "export" / "undelivered",
}

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Packets, or payloads.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Rows.
    pub records: u64,
}

impl Count {
    /// Packets with their bytes.
    pub const fn packet(bytes: u64) -> Self {
        Self { packets: 1, bytes, records: 0 }
    }

    /// Rows.
    pub const fn records(records: u64) -> Self {
        Self { packets: 0, bytes: 0, records }
    }

    const fn is_zero(self) -> bool {
        self.packets == 0 && self.bytes == 0 && self.records == 0
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.records += other.records;
    }
}

/// One sheet of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet([Count; ACCOUNTS]);

impl Default for Sheet {
    fn default() -> Self {
        Self([Count::default(); ACCOUNTS])
    }
}

impl Sheet {
    /// Adds to an account.
    pub fn add(&mut self, account: Account, count: Count) {
        self.0[account as usize] += count;
    }

    /// What an account holds.
    pub const fn of(&self, account: Account) -> Count {
        self.0[account as usize]
    }

    /// Adds all accounts of another sheet.
    pub fn add_all(&mut self, other: &Self) {
        for (sum, count) in self.0.iter_mut().zip(&other.0) {
            *sum += *count;
        }
    }

    /// The stages where what was received is not what was kept and dropped.
    pub fn imbalances(&self) -> Vec<Imbalance> {
        let mut found: Vec<Imbalance> = Vec::new();
        for &account in Account::ALL {
            let stage = account.stage();
            if found.last().is_none_or(|last| last.stage != stage) {
                let (received, accounted) = (Count::default(), Count::default());
                found.push(Imbalance { stage, received, accounted });
            }
            let last = found.last_mut().expect("one was just pushed");
            let side = if account.reason() == "received" {
                &mut last.received
            } else {
                &mut last.accounted
            };
            *side += self.of(account);
        }
        found.retain(|stage| stage.received != stage.accounted);
        found
    }

    /// Packets that every stage up to the flow table dropped, by reason, those at 0 left out.
    pub fn dropped_packets(&self) -> Vec<(&'static str, u64)> {
        Account::ALL
            .iter()
            .filter(|account| matches!(account.stage(), "capture" | "decode" | "flow"))
            .filter(|account| !matches!(account.reason(), "received" | "kept"))
            .map(|&account| (account.reason(), self.of(account).packets))
            .filter(|(_, packets)| *packets > 0)
            .collect()
    }
}

/// A stage whose books do not balance: a defect of the sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    /// Which stage.
    pub stage: &'static str,
    /// What it received.
    pub received: Count,
    /// The sum of what it kept and dropped.
    pub accounted: Count,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (received, accounted) = (self.received, self.accounted);
        write!(
            out,
            "stage {}: received {} packets, {} bytes, {} rows; accounted for {} packets, {} bytes, {} rows",
            self.stage,
            received.packets,
            received.bytes,
            received.records,
            accounted.packets,
            accounted.bytes,
            accounted.records
        )
    }
}

/// The books of one worker: a sheet for each minute still open, and the sum of all.
#[derive(Debug)]
pub struct Books {
    open: Vec<(Time, Sheet)>,
    at: usize,
    total: Sheet,
}

impl Default for Books {
    fn default() -> Self {
        Self { open: vec![(Time(0), Sheet::default())], at: 0, total: Sheet::default() }
    }
}

impl Books {
    /// Turns to the minute that holds `time`: what is added from now on is added there.
    pub fn turn_to(&mut self, time: Time) {
        let minute = self.open[self.at].0;
        if time >= minute && time < minute.plus(Time::MINUTE) {
            return;
        }
        let minute = time.minute();
        self.at = self.open.iter().position(|(open, _)| *open == minute).unwrap_or_else(|| {
            self.open.push((minute, Sheet::default()));
            self.open.len() - 1
        });
    }

    /// Adds to an account of the minute turned to.
    pub fn add(&mut self, account: Account, count: Count) {
        self.open[self.at].1.add(account, count);
    }

    /// Writes and closes every sheet; later additions to the same minutes are further rows.
    pub fn write(&mut self, tap: &Arc<str>, worker: u16, batch: &mut Batch) {
        self.open.sort_by_key(|(minute, _)| *minute);
        for (minute, sheet) in self.open.drain(..) {
            write_sheet(minute, &sheet, tap, worker, batch);
            self.total.add_all(&sheet);
        }
        self.at = 0;
        self.open.push((Time(0), Sheet::default()));
    }

    /// The sum of all sheets written.
    pub const fn total(&self) -> &Sheet {
        &self.total
    }
}

/// Writes the rows of one sheet, those at 0 left out.
pub fn write_sheet(minute: Time, sheet: &Sheet, tap: &Arc<str>, worker: u16, batch: &mut Batch) {
    for &account in Account::ALL {
        let count = sheet.of(account);
        if count.is_zero() {
            continue;
        }
        batch.push(&Ledger {
            minute,
            tap: tap.clone(),
            worker,
            stage: account.stage().into(),
            reason: account.reason().into(),
            packets: count.packets,
            bytes: count.bytes,
            records: count.records,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Form;

    #[test]
    fn a_forgotten_packet_is_an_imbalance() {
        let mut sheet = Sheet::default();
        sheet.add(Account::Decoded, Count::packet(60));
        sheet.add(Account::Decoded, Count::packet(70));
        sheet.add(Account::DecodeKept, Count::packet(60));
        let found = sheet.imbalances();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].stage, found[0].accounted.bytes), ("decode", 60));
        sheet.add(Account::DecodeNotIp, Count::packet(70));
        assert!(sheet.imbalances().is_empty());
        assert_eq!(sheet.dropped_packets(), [("not_ip", 1)]);
    }

    #[test]
    fn each_minute_has_its_own_rows() {
        let mut books = Books::default();
        for minute in [5, 4, 5] {
            books.turn_to(Time(minute * Time::MINUTE + 1));
            books.add(Account::Captured, Count::packet(100));
        }
        let mut batch = Batch::new(Form::Jsonl);
        books.write(&Arc::from("A"), 0, &mut batch);
        let lines: Vec<Ledger> = std::str::from_utf8(batch.lines())
            .expect("JSON is UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a row of the ledger"))
            .collect();
        let seen: Vec<_> =
            lines.iter().map(|row| (row.minute.0 / Time::MINUTE, row.packets)).collect();
        assert_eq!(seen, [(4, 1), (5, 2)]);
        assert_eq!(books.total().of(Account::Captured).packets, 3);
    }
}
