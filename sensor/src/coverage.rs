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
    /// Flows with packets.
    pub flows: u64,
    /// Flows with packets of this side only.
    pub one_way: [u64; 2],
    /// Packets lost before the sensor.
    pub lost: u64,
}

impl Minute {
    /// Counts a flow that had packets of the sides given.
    pub const fn count_flow(&mut self, src: bool, dst: bool) {
        self.flows += (src || dst) as u64;
        self.one_way[0] += (src && !dst) as u64;
        self.one_way[1] += (dst && !src) as u64;
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

    /// By hand: 3 flows, 2 of them seen from the opener only; 120 packets in a minute are 2 a second.
    #[test]
    fn shares_are_of_all_flows_of_the_minute() {
        let mut minute = Minute { packets: [120, 60], lost: 20, ..Minute::default() };
        minute.count_flow(true, true);
        minute.count_flow(true, false);
        minute.count_flow(true, false);
        let mut batch = Batch::new(Form::Jsonl);
        minute.write(Time(0), &Arc::from("A"), &mut batch);
        let lines = std::str::from_utf8(batch.lines()).expect("JSON is UTF-8");
        let first: Coverage =
            serde_json::from_str(lines.lines().next().expect("two rows")).expect("a coverage row");
        assert!((first.packets_per_s - 2.0).abs() < 1e-9);
        assert_eq!((first.one_way_ppm, first.drop_ppm), (666_666, 100_000));
    }
}
