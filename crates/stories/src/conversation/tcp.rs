//! TCP as two ordinary stacks speak it: handshake, segments of the MSS, acknowledgements, orderly end.

use super::{Conversation, Manner, Segment, Side, Turn};
use crate::bank::Stack;
use crate::wire::Payload;
use model::Time;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// Bytes in a segment without options.
const MSS: usize = 1_460;
/// An acknowledgement waits this long for something to ride on. Microseconds.
const DELAYED_ACK_US: i64 = 40_000;
/// Segments sent before the sender waits for an acknowledgement: 35 kB, within the smallest window.
const BURST: usize = 24;
/// Bulk segments for each acknowledgement: 262 kB, within the bulk window.
const BULK_BURST: u64 = 4;

pub(super) fn play(talk: &Conversation, each: &mut dyn FnMut(&Segment<'_>)) {
    Player::new(talk, each).play();
}

struct Player<'a> {
    talk: &'a Conversation,
    each: &'a mut dyn FnMut(&Segment<'_>),
    now: Time,
    last: Side,
    seq: [u32; 2],
    ip_id: [u16; 2],
    heard_ms: [u32; 2],
    owes_ack: Option<Side>,
    timestamps: bool,
    window: u16,
}

/// What differs between two packets of one connection.
struct Sent<'b> {
    side: Side,
    flags: u8,
    payload: Payload<'b>,
    records: u32,
}

impl Sent<'_> {
    const fn bare(side: Side, flags: u8) -> Self {
        Self { side, flags, payload: Payload::Bytes(&[]), records: 0 }
    }
}

impl<'a> Player<'a> {
    fn new(talk: &'a Conversation, each: &'a mut dyn FnMut(&Segment<'_>)) -> Self {
        let bulk = talk.turns.iter().any(|turn| matches!(turn, Turn::Bulk(..)));
        Self {
            talk,
            each,
            now: talk.start,
            last: Side::Src,
            seq: talk.drawn.sequence,
            ip_id: talk.drawn.ip_id,
            heard_ms: [0; 2],
            owes_ack: None,
            timestamps: talk.has_timestamps(),
            window: if bulk { 24_571 } else { 502 },
        }
    }

    fn play(mut self) {
        self.send(&Sent::bare(Side::Src, SYN));
        match self.talk.manner {
            Manner::Ignored => return,
            Manner::Refused => {
                self.turn_to(Side::Dst);
                return self.refuse();
            }
            _ => {}
        }
        self.turn_to(Side::Dst);
        self.send(&Sent::bare(Side::Dst, SYN | ACK));
        self.turn_to(Side::Src);
        if self.talk.manner == Manner::Probed {
            return self.send(&Sent::bare(Side::Src, RST));
        }
        self.send(&Sent::bare(Side::Src, ACK));
        for turn in &self.talk.turns {
            self.take(turn);
        }
        if let Manner::Closed(side) = self.talk.manner {
            self.close(side);
        }
    }

    fn take(&mut self, turn: &Turn) {
        match turn {
            Turn::Wait(us) => self.wait(*us),
            Turn::Say(side, bytes, records) => self.say(*side, bytes, *records),
            Turn::Bulk(side, bytes, us) => self.bulk(*side, *bytes, *us),
        }
    }

    fn wait(&mut self, us: i64) {
        if us >= DELAYED_ACK_US {
            let until = self.now.plus(us);
            self.pay_ack();
            self.now = until.max(self.now);
        } else {
            self.now = self.now.plus(us);
        }
    }

    /// Sends the acknowledgement that is owed on its own.
    fn pay_ack(&mut self) {
        if let Some(side) = self.owes_ack.take() {
            self.turn_to(side);
            self.send(&Sent::bare(side, ACK));
        }
    }

    fn turn_to(&mut self, side: Side) {
        if side == self.last {
            self.now = self.now.plus(20);
        } else {
            self.now = self.now.plus(self.talk.turn_us(side));
            self.last = side;
        }
    }

    fn say(&mut self, side: Side, bytes: &[u8], records: u32) {
        self.turn_to(side);
        let size = if self.timestamps { MSS - 12 } else { MSS };
        let count = bytes.len().div_ceil(size);
        for (at, chunk) in bytes.chunks(size).enumerate() {
            if at > 0 && at % BURST == 0 {
                self.pay_ack();
                self.turn_to(side);
            }
            let is_last = at + 1 == count;
            let flags = if is_last { ACK | PSH } else { ACK };
            let records = if is_last { records } else { 0 };
            self.send(&Sent { side, flags, payload: Payload::Bytes(chunk), records });
            self.owes_ack = Some(side.other());
            self.now = self.now.plus(12);
        }
    }

    fn bulk(&mut self, side: Side, bytes: u64, us: i64) {
        self.pay_ack();
        self.last = side;
        let size = 65_535 - 20 - 20 - if self.timestamps { 12 } else { 0 };
        let count = bytes.div_ceil(size);
        let start = self.now;
        for at in 0..count {
            self.now = start.plus((us as i128 * i128::from(at) / i128::from(count.max(1))) as i64);
            let payload = Payload::Elided(size.min(bytes - at * size) as u32);
            self.send(&Sent { side, flags: ACK, payload, records: 0 });
            if at % BULK_BURST == BULK_BURST - 1 || at + 1 == count {
                self.now = self.now.plus(self.talk.turn_us(side.other()));
                self.send(&Sent::bare(side.other(), ACK));
            }
        }
        self.now = self.now.max(start.plus(us));
        self.last = side.other();
    }

    fn refuse(&mut self) {
        self.seq[1] = 0;
        self.send(&Sent::bare(Side::Dst, RST | ACK));
    }

    fn close(&mut self, side: Side) {
        self.turn_to(side);
        self.send(&Sent::bare(side, FIN | ACK));
        self.turn_to(side.other());
        self.send(&Sent::bare(side.other(), FIN | ACK));
        self.turn_to(side);
        self.send(&Sent::bare(side, ACK));
    }

    fn send(&mut self, sent: &Sent<'_>) {
        let (own, other) = (sent.side.index(), sent.side.other().index());
        if sent.flags & ACK != 0 && self.owes_ack == Some(sent.side) {
            self.owes_ack = None;
        }
        let options = self.options(sent);
        let seq = if sent.flags & (RST | ACK) == RST | ACK { 0 } else { self.seq[own] };
        let window = self.window_of(sent);
        let has_ack = sent.flags & ACK != 0;
        self.ip_id[own] = self.ip_id[own].wrapping_add(1);
        (self.each)(&Segment {
            time: self.now,
            side: sent.side,
            flags: sent.flags,
            seq,
            ack: if has_ack { self.seq[other] } else { 0 },
            window,
            options: &options,
            ip_id: self.ip_id[own],
            elided_sum: self.talk.drawn.sum.wrapping_add(self.ip_id[own].wrapping_mul(40_503)),
            payload: sent.payload,
            records: sent.records,
        });
        let takes = sent.payload.len()
            + u32::from(sent.flags & SYN != 0)
            + u32::from(sent.flags & FIN != 0);
        self.seq[own] = self.seq[own].wrapping_add(takes);
    }

    /// A SYN and a connection without scaling say the window as it is.
    fn window_of(&self, sent: &Sent<'_>) -> u16 {
        if sent.flags & RST != 0 {
            0
        } else if sent.flags & SYN != 0 || self.talk.src.stack == Stack::Scanner {
            64_240
        } else {
            self.window
        }
    }

    fn options(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        if sent.flags & SYN != 0 {
            let mut options = self.syn_options(sent);
            options.resize(options.len().next_multiple_of(4), 0);
            options
        } else if self.timestamps && sent.flags & RST == 0 {
            let mut options = vec![1, 1];
            options.extend_from_slice(&self.timestamp(sent.side));
            options
        } else {
            Vec::new()
        }
    }

    fn syn_options(&mut self, sent: &Sent<'_>) -> Vec<u8> {
        let mss = [2, 4, (MSS >> 8) as u8, MSS as u8];
        if self.talk.src.stack == Stack::Scanner {
            return mss.to_vec();
        }
        let scale = if self.talk.host(sent.side).stack == Stack::Windows { 8 } else { 7 };
        let mut options = mss.to_vec();
        if self.timestamps {
            options.extend_from_slice(&[4, 2]);
            options.extend_from_slice(&self.timestamp(sent.side));
            options.extend_from_slice(&[1, 3, 3, scale]);
        } else {
            options.extend_from_slice(&[1, 3, 3, scale, 1, 1, 4, 2]);
        }
        options
    }

    /// The timestamp option (RFC 7323): own clock in milliseconds, and the last heard of the other.
    fn timestamp(&mut self, side: Side) -> [u8; 10] {
        let elapsed_ms = (self.now.since(self.talk.start) / 1_000) as u32;
        let own = self.talk.drawn.clock_ms[side.index()].wrapping_add(elapsed_ms);
        let heard = self.heard_ms[side.index()];
        self.heard_ms[side.other().index()] = own;
        let mut option = [8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
        option[2..6].copy_from_slice(&own.to_be_bytes());
        option[6..].copy_from_slice(&heard.to_be_bytes());
        option
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{ADC_1, PC_117, WEB_1};
    use crate::dice::Dice;

    fn talk() -> Conversation {
        let mut dice = Dice::new(1, "talk", 0);
        let mut talk = Conversation::new(Time::new(100, 0), ADC_1, WEB_1, 80, &mut dice);
        talk.say(Side::Src, vec![1; 100]);
        talk.wait(5_000);
        talk.say(Side::Dst, vec![2; 100_000]);
        talk
    }

    /// Plays `talk` through a receiver that knows TCP's arithmetic alone: no hole, no byte twice, no window overrun.
    fn receive(talk: &Conversation) -> [u64; 2] {
        let mut next = [None::<u32>; 2];
        let mut bytes = [0; 2];
        let mut segments: Vec<(Time, usize, u32, u32, u8, u32)> = Vec::new();
        talk.play(&mut |segment| {
            let own = segment.side.index();
            segments.push((
                segment.time,
                own,
                segment.seq,
                segment.ack,
                segment.flags,
                segment.payload.len(),
            ));
        });
        segments.sort_by_key(|segment| segment.0);
        for (_, own, seq, ack, flags, length) in segments {
            if flags & (SYN | RST) == 0 {
                assert_eq!(Some(seq), next[own], "sequence");
                let heard = next[1 - own].expect("the other side has spoken");
                assert!(heard.wrapping_sub(ack) < 64_240, "acknowledged {ack} of {heard}");
            }
            next[own] =
                Some(seq.wrapping_add(
                    length + u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0),
                ));
            bytes[own] += u64::from(length);
        }
        bytes
    }

    #[test]
    fn a_receiver_gets_every_byte_once_and_in_order() {
        assert_eq!(receive(&talk()), [100, 100_000]);
    }

    #[test]
    fn bulk_is_all_there_and_takes_its_time() {
        let mut dice = Dice::new(1, "bulk", 0);
        let mut talk = Conversation::new(Time::new(100, 0), ADC_1, WEB_1, 80, &mut dice);
        talk.turns.push(Turn::Bulk(Side::Dst, 10_000_000, 60 * Time::SECOND));
        assert_eq!(receive(&talk), [0, 10_000_000]);
        let mut last = Time(0);
        talk.play(&mut |segment| last = last.max(segment.time));
        assert!((60..62).contains(&(last.since(talk.start) / Time::SECOND)));
    }

    #[test]
    fn a_scanner_that_is_refused_sees_a_reset_to_its_syn() {
        let mut talk = talk();
        talk.manner = Manner::Refused;
        let mut flags = Vec::new();
        talk.play(&mut |segment| flags.push(segment.flags));
        assert_eq!(flags, [SYN, RST | ACK]);
    }

    #[test]
    fn windows_sends_no_timestamps() {
        let mut talk = talk();
        talk.src = PC_117;
        talk.play(&mut |segment| assert!(segment.flags & SYN != 0 || segment.options.is_empty()));
        assert_eq!(receive(&talk), [100, 100_000]);
    }
}
