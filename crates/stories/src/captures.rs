//! Conversations as frames: one capture for each tap of a story, within a budget.

use crate::conversation::{Conversation, Segment, Side};
use crate::path::{Passage, passages};
use crate::wire::{Capture, Packet, Transport};
use model::Time;
use std::collections::BTreeMap;

/// What a story's captures may hold over all taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Frames.
    pub frames: usize,
    /// Bytes of the files.
    pub bytes: u64,
}

/// The budget of every story.
pub const BUDGET: Budget = Budget { frames: 5_000_000, bytes: 400_000_000 };

/// A story would be larger than its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget {
    /// What there is so far.
    pub reached: Budget,
    /// What there may be.
    pub allowed: Budget,
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { reached, allowed } = self;
        write!(
            out,
            "the story is larger than its budget: {} frames and {} bytes so far, of {} and {}; play it to an earlier \
             minute with --until",
            reached.frames, reached.bytes, allowed.frames, allowed.bytes
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
    budget: Budget,
}

impl Captures {
    /// Empty captures of `taps` that run from `from` to before `to` and keep to `budget`.
    pub fn new(taps: &[char], from: Time, to: Time, budget: Budget) -> Self {
        Self { taps: taps.iter().map(|tap| (*tap, Seen::default())).collect(), from, to, budget }
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
        let captures = || self.taps.values().map(|seen| &seen.capture);
        let reached = Budget {
            frames: captures().map(Capture::frames).sum(),
            bytes: captures().map(Capture::file_bytes).sum(),
        };
        let allowed = self.budget;
        if reached.frames > allowed.frames || reached.bytes > allowed.bytes {
            return Err(OverBudget { reached, allowed });
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{ADC_1, WEB_1};
    use crate::dice::Dice;

    /// Handshake 3, request 1, its acknowledgement by the answer, answer 1, close 3: eight frames at tap d.
    #[test]
    fn a_story_beyond_its_budget_is_refused() {
        let mut dice = Dice::new(1, "budget", 0);
        let mut talk = Conversation::new(Time::new(10, 0), ADC_1, WEB_1, 80, &mut dice);
        talk.say(Side::Src, *b"ping");
        talk.say(Side::Dst, *b"pong");
        let captures = |frames| {
            Captures::new(&['d'], Time(0), Time::new(20, 0), Budget { frames, bytes: 10_000 })
        };
        assert_eq!(captures(8).add(&talk), Ok(vec!['d']));
        let error = captures(7).add(&talk).expect_err("eight frames");
        assert_eq!((error.reached.frames, error.allowed.frames), (8, 7));
    }

    #[test]
    fn what_lies_outside_the_time_of_play_is_not_captured() {
        let mut dice = Dice::new(1, "time", 0);
        let talk = Conversation::new(Time::new(10, 0), ADC_1, WEB_1, 80, &mut dice);
        let mut captures = Captures::new(&['d'], Time::new(11, 0), Time::new(20, 0), BUDGET);
        assert_eq!(captures.add(&talk), Ok(Vec::new()));
    }
}
