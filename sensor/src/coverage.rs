//! What a tap could see in a minute, counted as it passes.

use model::coverage::{Coverage, Side};
use model::{Batch, Time};
use std::sync::Arc;

/// Counts of one minute of one tap. Arrays are by side: opener, answerer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Minute {
    /// Packets.
    pub packets: [u64; 2],
    /// Payload bytes that parsers read.
    pub scanned: [u64; 2],
    /// Flows that prove a conversation: TCP, with payload that acknowledges the other side.
    pub flows: u64,
    /// Of them, those whose other side was never seen.
    pub one_way: [u64; 2],
    /// Packets lost before the sensor.
    pub lost: u64,
}

impl Minute {
    /// Counts a flow: whether each side proved a conversation, and whether each was ever seen.
    ///
    /// Attempts that nobody answered prove nothing: a scan must not make its tap look one-sided, and so blind.
    pub const fn count_flow(&mut self, proves: [bool; 2], seen: [bool; 2]) {
        self.flows += (proves[0] || proves[1]) as u64;
        self.one_way[0] += (proves[0] && !seen[1]) as u64;
        self.one_way[1] += (proves[1] && !seen[0]) as u64;
    }

    /// Counts payload bytes read, given by end of the key; `src` is the opener's end.
    pub const fn add_scanned(&mut self, scanned: [u64; 2], src: usize) {
        self.scanned[0] += scanned[src];
        self.scanned[1] += scanned[1 - src];
    }

    /// Writes the minute's rows, one for each direction, and begins the next.
    pub fn write(&mut self, minute: Time, tap: &Arc<str>, batch: &mut Batch) {
        let done = std::mem::take(self);
        let all: u64 = done.packets.iter().sum();
        for (at, direction) in [(0, Side::Src), (1, Side::Dst)] {
            batch.push(&Coverage {
                minute,
                tap: tap.clone(),
                vlan: 0,
                direction,
                packets_per_s: done.packets[at] as f64 / 60.0,
                drop_ppm: parts_per_million(done.lost, all + done.lost),
                one_way_ppm: parts_per_million(done.one_way[at], done.flows),
                clock_offset_us: 0,
                bytes_scanned: done.scanned[at],
            });
        }
    }
}

fn parts_per_million(part: u64, whole: u64) -> u32 {
    if whole == 0 { 0 } else { (u128::from(part) * 1_000_000 / u128::from(whole)) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Form;

    /// By hand: 3 conversations, 2 of them seen from the opener only, and 5 attempts that nobody answered; 120 packets
    /// in a minute are 2 a second.
    #[test]
    fn shares_are_of_the_conversations_of_the_minute() {
        let mut minute = Minute { packets: [120, 60], lost: 20, ..Minute::default() };
        minute.count_flow([true, true], [true, true]);
        minute.count_flow([true, false], [true, false]);
        minute.count_flow([true, false], [true, false]);
        for _ in 0..5 {
            minute.count_flow([false, false], [true, false]);
        }
        let mut batch = Batch::new(Form::Jsonl);
        minute.write(Time(0), &Arc::from("A"), &mut batch);
        let lines = std::str::from_utf8(batch.lines()).expect("JSON is UTF-8");
        let first: Coverage =
            serde_json::from_str(lines.lines().next().expect("two rows")).expect("a coverage row");
        assert!((first.packets_per_s - 2.0).abs() < 1e-9);
        assert_eq!((first.one_way_ppm, first.drop_ppm), (666_666, 100_000));
    }
}
