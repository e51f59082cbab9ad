//! A conversation as the slices that a sensor would have written: the first within 5 s, then one a minute, one at the end.

use crate::conversation::{Conversation, Manner, Segment, Side};
use crate::path::Passage;
use crate::wire::Payload;
use model::flow::{ConnState, Direction, EndReason};
use model::{Flow, Time, mapped};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A slice, and the payload bytes of each side that a parser could read.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The row.
    pub flow: Flow,
    /// Payload bytes in the clear, opener first.
    pub readable: [u64; 2],
    ttl: [u8; 2],
    gaps: Gaps,
}

/// Spacing of the opener's messages within a slice.
#[derive(Debug, Clone, Copy, Default)]
struct Gaps {
    last: Option<Time>,
    count: f64,
    sum: f64,
    squares: f64,
}

/// A flow that is still open is first written after this long. Microseconds.
const FIRST_US: i64 = 5 * Time::SECOND;
/// Bytes of Ethernet, IPv4 and the plain transport header.
const HEADERS: [u64; 2] = [54, 42];

/// The slices of what a tap saw of `talk` before `to`, in order.
pub fn slices(talk: &Conversation, passage: Passage, tap: &Arc<str>, to: Time) -> Vec<Slice> {
    let mut open: BTreeMap<i64, Slice> = BTreeMap::new();
    let mut start = None;
    let mut goes_on = false;
    talk.play(&mut |segment| {
        let time = segment.time.plus(passage.delay_us(segment.side));
        if time >= to {
            goes_on = true;
            return;
        }
        let start = *start.get_or_insert(time);
        let slice = open
            .entry(slice_of(start, time))
            .or_insert_with(|| fresh(talk, passage, tap, start, time));
        slice.count(talk, segment, time);
    });
    let last = open.len().saturating_sub(1);
    open.into_values()
        .enumerate()
        .map(|(part, slice)| slice.end(talk, part as u32, part == last && !goes_on))
        .collect()
}

/// Which slice holds `time`: 0 for the first five seconds, then one for each minute.
const fn slice_of(start: Time, time: Time) -> i64 {
    let first = start.plus(FIRST_US);
    if time.0 < first.0 { 0 } else { 1 + time.minute().since(first.minute()) / Time::MINUTE }
}

fn fresh(talk: &Conversation, passage: Passage, tap: &Arc<str>, start: Time, time: Time) -> Slice {
    let flow = Flow {
        tap: tap.clone(),
        flow_start: start,
        first_seen: time,
        last_seen: time,
        src_ip: mapped(IpAddr::V4(talk.src.ip)),
        dst_ip: mapped(IpAddr::V4(talk.dst.ip)),
        src_port: talk.src_port,
        dst_port: talk.dst_port,
        ip_protocol: talk.ip_protocol(),
        direction: if talk.ip_protocol() == 6 { Direction::Syn } else { Direction::Role },
        rtt_us: if matches!(talk.manner, Manner::Closed(_)) {
            (talk.rtt_us + 180) as u32
        } else {
            0
        },
        app: Cow::Borrowed(talk.spoken.app),
        app_conf: talk.spoken.confidence(),
        sni: talk.spoken.sni.as_str().into(),
        ja4: talk.spoken.ja4.as_str().into(),
        ..Flow::default()
    };
    let ttl = [Side::Src, Side::Dst].map(|side| passage.ttl(talk, side));
    Slice { flow, readable: [0; 2], ttl, gaps: Gaps::default() }
}

impl Slice {
    fn count(&mut self, talk: &Conversation, segment: &Segment<'_>, time: Time) {
        let payload = u64::from(segment.payload.len());
        let wire =
            HEADERS[usize::from(talk.ip_protocol() == 17)] + segment.options.len() as u64 + payload;
        let flow = &mut self.flow;
        let (packets, bytes, payloads, records, flags, ttl) = match segment.side {
            Side::Src => (
                &mut flow.src_packets,
                &mut flow.src_bytes,
                &mut flow.src_payload,
                &mut flow.src_records,
                &mut flow.src_tcp_flags,
                &mut flow.src_ttl,
            ),
            Side::Dst => (
                &mut flow.dst_packets,
                &mut flow.dst_bytes,
                &mut flow.dst_payload,
                &mut flow.dst_records,
                &mut flow.dst_tcp_flags,
                &mut flow.dst_ttl,
            ),
        };
        *ttl = self.ttl[segment.side.index()];
        *packets += 1;
        *bytes += wire;
        *payloads += payload;
        *records += segment.records;
        *flags |= segment.flags;
        flow.first_seen = flow.first_seen.min(time);
        flow.last_seen = flow.last_seen.max(time);
        if let Payload::Bytes(bytes) = segment.payload {
            self.readable[segment.side.index()] += bytes.len() as u64;
        }
        if segment.side == Side::Src && segment.records > 0 {
            self.gaps.add(time);
        }
    }

    fn end(mut self, talk: &Conversation, part: u32, is_last: bool) -> Self {
        self.flow.part = part;
        (self.flow.src_gap_mean_us, self.flow.src_gap_dev_us) = self.gaps.mean_and_deviation();
        (self.flow.end_reason, self.flow.conn_state) = match talk.manner {
            Manner::Closed(_) if is_last => (EndReason::Fin, ConnState::Sf),
            Manner::Closed(_) => (EndReason::Open, ConnState::S1),
            Manner::Refused => (EndReason::Rst, ConnState::Rej),
            Manner::Probed => (EndReason::Rst, ConnState::Rsto),
            Manner::Ignored => (EndReason::Idle, ConnState::S0),
            Manner::Datagrams => (EndReason::Idle, ConnState::Other),
        };
        self
    }
}

impl Gaps {
    fn add(&mut self, time: Time) {
        if let Some(last) = self.last.replace(time) {
            let gap = time.since(last).max(0) as f64;
            self.count += 1.0;
            self.sum += gap;
            self.squares += gap * gap;
        }
    }

    fn mean_and_deviation(self) -> (u32, u32) {
        if self.count < 1.0 {
            return (0, 0);
        }
        let mean = self.sum / self.count;
        let variance = (self.squares / self.count - mean * mean).max(0.0);
        (mean as u32, variance.sqrt() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{EXCHANGE, FIX_1};
    use crate::dice::Dice;
    use crate::path::passages;

    fn beats(count: usize) -> Conversation {
        let mut dice = Dice::new(1, "slices", 0);
        let mut talk = Conversation::new(Time::new(1_200, 0), FIX_1, EXCHANGE, 9_876, &mut dice);
        for _ in 0..count {
            talk.say(Side::Src, [7; 10]);
            talk.wait(30 * Time::SECOND);
        }
        talk
    }

    /// By hand: the flow opens at 1,200 s, a whole minute. The first slice ends at 1,205 s and holds beat 1; the next ends
    /// at 1,260 s and holds beat 2, at about 1,230 s.
    #[test]
    fn a_long_flow_is_cut_after_five_seconds_and_at_each_minute() {
        let talk = beats(6);
        let parts = slices(&talk, passages(&talk)[0], &Arc::from("d"), Time(i64::MAX));
        let cut: Vec<(u32, i64, u64)> = parts
            .iter()
            .map(|slice| (slice.flow.part, slice.flow.first_seen.seconds(), slice.flow.src_payload))
            .collect();
        assert_eq!(
            cut,
            [(0, 1_200, 10), (1, 1_230, 10), (2, 1_260, 20), (3, 1_320, 20), (4, 1_380, 0)]
        );
        let ends: Vec<EndReason> = parts.iter().map(|slice| slice.flow.end_reason).collect();
        assert_eq!(ends[..4], [EndReason::Open; 4]);
        assert_eq!(ends[4], EndReason::Fin);
    }

    #[test]
    fn a_flow_that_outlives_history_stays_open() {
        let talk = beats(6);
        let to = talk.start.plus(Time::MINUTE);
        let parts = slices(&talk, passages(&talk)[0], &Arc::from("d"), to);
        assert_eq!(parts.len(), 2);
        assert!(
            parts
                .iter()
                .all(|slice| slice.flow.end_reason == EndReason::Open && slice.flow.last_seen < to)
        );
    }

    #[test]
    fn slices_add_up_to_the_packets_that_were_played() {
        let talk = beats(9);
        let (mut packets, mut payload) = (0, 0);
        talk.play(&mut |segment| {
            packets += 1;
            payload += u64::from(segment.payload.len());
        });
        let parts = slices(&talk, passages(&talk)[0], &Arc::from("d"), Time(i64::MAX));
        assert_eq!(
            parts.iter().map(|slice| slice.flow.src_packets + slice.flow.dst_packets).sum::<u64>(),
            packets
        );
        assert_eq!(
            parts.iter().map(|slice| slice.flow.src_payload + slice.flow.dst_payload).sum::<u64>(),
            payload
        );
    }
}
