//! Conversations as frames: one capture for each tap of a story, within a budget.

use crate::conversation::{Conversation, Segment, Side};
use crate::path::{Passage, passages};
use crate::wire::{Capture, Packet, Transport};
use model::Time;
use std::collections::BTreeMap;

/// Frames of a story over all taps at most.
pub const MAX_FRAMES: usize = 5_000_000;
/// Bytes of its captures at most.
pub const MAX_BYTES: u64 = 400_000_000;

/// A story would be larger than its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget {
    /// Frames so far.
    pub frames: usize,
    /// Bytes so far.
    pub bytes: u64,
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "the story is larger than its budget: {} frames and {} bytes so far, of {MAX_FRAMES} and {MAX_BYTES}; play it \
             to an earlier minute with --until",
            self.frames, self.bytes
        )
    }
}

impl std::error::Error for OverBudget {}

/// What one tap saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// The frames.
    pub capture: Capture,
    /// Conversations of which it saw at least one packet.
    pub conversations: u64,
}

/// The captures of a story while they grow.
#[derive(Debug)]
pub struct Captures {
    taps: BTreeMap<char, Seen>,
    from: Time,
    to: Time,
}

impl Captures {
    /// Empty captures of `taps` that run from `from` to before `to`.
    pub fn new(taps: &[char], from: Time, to: Time) -> Self {
        Self { taps: taps.iter().map(|tap| (*tap, Seen::default())).collect(), from, to }
    }

    /// Adds what the taps see of `talk`, and says at which taps anything was seen.
    pub fn add(&mut self, talk: &Conversation) -> Result<Vec<char>, OverBudget> {
        let mut seen_at = Vec::new();
        let (from, to) = (self.from, self.to);
        for passage in passages(talk) {
            let Some(seen) = self.taps.get_mut(&passage.tap) else { continue };
            let before = seen.capture.frames();
            talk.play(&mut |segment| {
                let time = segment.time.plus(passage.delay_us(segment.side));
                if from <= time && time < to {
                    put(&mut seen.capture, talk, passage, segment, time);
                }
            });
            if seen.capture.frames() > before {
                seen.conversations += 1;
                seen_at.push(passage.tap);
            }
        }
        self.within_budget()?;
        Ok(seen_at)
    }

    fn within_budget(&self) -> Result<(), OverBudget> {
        let frames = self.taps.values().map(|seen| seen.capture.frames()).sum();
        let bytes = self.taps.values().map(|seen| seen.capture.file_bytes()).sum();
        if frames > MAX_FRAMES || bytes > MAX_BYTES {
            Err(OverBudget { frames, bytes })
        } else {
            Ok(())
        }
    }

    /// The captures in order of time, by tap.
    pub fn finish(mut self) -> BTreeMap<char, Seen> {
        self.taps.values_mut().for_each(|seen| seen.capture.sort());
        self.taps
    }
}

fn put(
    capture: &mut Capture,
    talk: &Conversation,
    passage: Passage,
    segment: &Segment<'_>,
    time: Time,
) {
    let ends = [(talk.src.ip, talk.src_port), (talk.dst.ip, talk.dst_port)];
    let (sender, receiver) = match segment.side {
        Side::Src => (ends[0], ends[1]),
        Side::Dst => (ends[1], ends[0]),
    };
    let transport = if talk.ip_protocol() == 6 {
        Transport::Tcp {
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            window: segment.window,
            options: segment.options,
            elided_sum: segment.elided_sum,
        }
    } else {
        Transport::Udp
    };
    let packet = Packet {
        macs: passage.macs(talk, segment.side),
        src: sender.0,
        dst: receiver.0,
        src_port: sender.1,
        dst_port: receiver.1,
        ttl: passage.ttl(talk, segment.side),
        id: segment.ip_id,
        transport,
        payload: segment.payload,
    };
    capture.push(time, packet.wire_length(), |out| packet.put(out));
}
