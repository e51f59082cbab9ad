//! TCP payload in order: what a parser may read, whatever the wire did to it.

use model::Time;

/// A hole is given up after this long, in microseconds.
const PATIENCE_US: i64 = 5 * Time::SECOND;
/// A hole that the receiver has acknowledged is given up after this long, in microseconds.
const ACKNOWLEDGED_US: i64 = 100_000;
/// A larger hole is loss, not disorder, in bytes.
const LARGEST_HOLE: u32 = 1 << 20;
/// A segment that far behind is of another connection, in bytes.
const REWIND: u32 = 16 << 20;
/// Segments that wait, at most.
const WAITING: usize = 256;

/// Bytes out of order that may wait.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// In one direction of one flow.
    pub of_one: usize,
    /// In all.
    pub in_all: usize,
    /// Waiting now, in all.
    pub used: usize,
}

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Handed on, or waits for what comes before it.
    Kept,
    /// Nothing in it is new, or its place was given up before it came.
    Repeated,
}

/// Takes bytes in order: when they came, what they are, and how many were lost just before them.
pub type Deliver<'a> = dyn FnMut(Time, &[u8], u64) + 'a;

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Stream {
    next: Option<u32>,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    hole_since: Time,
    /// Bytes before `next` that were on the wire and not captured, not yet told.
    lost: u64,
}

struct Waiting {
    seq: u32,
    time: Time,
    bytes: Box<[u8]>,
}

impl std::fmt::Debug for Waiting {
    /// The bytes may hold what is never kept: their number is told.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Waiting")
            .field("seq", &self.seq)
            .field("time", &self.time)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Stream {
    /// The stream begins after a SYN with this sequence number.
    pub const fn begin(&mut self, syn_seq: u32) {
        if self.next.is_none() {
            self.next = Some(syn_seq.wrapping_add(1));
        }
    }

    /// The `count` bytes after the segment handed on last were on the wire, and not captured: it was snapped.
    pub fn lose(&mut self, from: u32, count: u32) {
        if self.next == Some(from) {
            self.next = Some(from.wrapping_add(count));
            self.lost += u64::from(count);
        }
    }

    /// Takes a segment with payload. Without a SYN before, the stream begins here.
    pub fn push(
        &mut self,
        seq: u32,
        time: Time,
        bytes: &[u8],
        bounds: &mut Bounds,
        deliver: &mut Deliver<'_>,
    ) -> Fate {
        let next = *self.next.get_or_insert(seq);
        let ahead = seq.wrapping_sub(next) as i32;
        if ahead <= 0 {
            return self.push_due(ahead.unsigned_abs(), seq, time, bytes, bounds, deliver);
        }
        if self.waiting.is_empty() {
            self.hole_since = time;
        }
        let is_loss = ahead as u32 > LARGEST_HOLE
            || self.waiting.len() >= WAITING
            || self.waiting_bytes + bytes.len() > bounds.of_one
            || bounds.used + bytes.len() > bounds.in_all;
        if is_loss {
            self.flush(bounds, deliver);
            let next = self.next.expect("it was set above");
            let ahead = seq.wrapping_sub(next) as i32;
            return match ahead {
                1.. => self.skip_to(seq, time, bytes, u64::from(ahead.unsigned_abs()), deliver),
                _ => self.push_due(ahead.unsigned_abs(), seq, time, bytes, bounds, deliver),
            };
        }
        let fate = self.keep_waiting(seq, time, bytes, bounds);
        if time.since(self.hole_since) > PATIENCE_US {
            self.give_up_hole(time, bounds, deliver);
        }
        fate
    }

    /// The other side acknowledged all bytes before `ack`: a hole below it was lost to us alone.
    pub fn acknowledged(
        &mut self,
        ack: u32,
        time: Time,
        bounds: &mut Bounds,
        deliver: &mut Deliver<'_>,
    ) {
        let Some(first) = self.waiting.first() else { return };
        let covers = ack.wrapping_sub(first.seq) as i32 > 0;
        if covers && time.since(self.hole_since) > ACKNOWLEDGED_US {
            self.give_up_hole(time, bounds, deliver);
        }
    }

    /// Hands on all that waits, with its holes.
    pub fn flush(&mut self, bounds: &mut Bounds, deliver: &mut Deliver<'_>) {
        while let Some(first) = self.waiting.first() {
            let time = first.time;
            self.give_up_hole(time, bounds, deliver);
        }
    }

    /// Forgets all that waits.
    pub fn clear(&mut self, bounds: &mut Bounds) {
        bounds.used -= self.waiting_bytes;
        self.waiting_bytes = 0;
        self.waiting = Vec::new();
    }

    /// A segment that begins at or before the next byte, `behind` bytes before it.
    fn push_due(
        &mut self,
        behind: u32,
        seq: u32,
        time: Time,
        bytes: &[u8],
        bounds: &mut Bounds,
        deliver: &mut Deliver<'_>,
    ) -> Fate {
        if behind > REWIND {
            self.flush(bounds, deliver);
            return self.skip_to(seq, time, bytes, 0, deliver);
        }
        let Some(fresh) = bytes.get(behind as usize..).filter(|fresh| !fresh.is_empty()) else {
            return Fate::Repeated;
        };
        self.next = Some(seq.wrapping_add(bytes.len() as u32));
        deliver(time, fresh, std::mem::take(&mut self.lost));
        self.drain(time, bounds, deliver);
        Fate::Kept
    }

    fn skip_to(
        &mut self,
        seq: u32,
        time: Time,
        bytes: &[u8],
        gap: u64,
        deliver: &mut Deliver<'_>,
    ) -> Fate {
        self.next = Some(seq.wrapping_add(bytes.len() as u32));
        deliver(time, bytes, gap + std::mem::take(&mut self.lost));
        Fate::Kept
    }

    fn keep_waiting(&mut self, seq: u32, time: Time, bytes: &[u8], bounds: &mut Bounds) -> Fate {
        let at = self.waiting.partition_point(|other| (other.seq.wrapping_sub(seq) as i32) < 0);
        let same = self.waiting.get(at).filter(|other| other.seq == seq);
        if same.is_some_and(|other| other.bytes.len() >= bytes.len()) {
            return Fate::Repeated;
        }
        self.waiting.insert(at, Waiting { seq, time, bytes: bytes.into() });
        self.waiting_bytes += bytes.len();
        bounds.used += bytes.len();
        Fate::Kept
    }

    /// Hands on what waits from the next byte on.
    fn drain(&mut self, now: Time, bounds: &mut Bounds, deliver: &mut Deliver<'_>) {
        let Some(mut next) = self.next else { return };
        let mut done = 0;
        for waiting in &self.waiting {
            let ahead = waiting.seq.wrapping_sub(next) as i32;
            if ahead > 0 {
                break;
            }
            done += 1;
            if let Some(fresh) = waiting.bytes.get(ahead.unsigned_abs() as usize..)
                && !fresh.is_empty()
            {
                next = waiting.seq.wrapping_add(waiting.bytes.len() as u32);
                deliver(waiting.time, fresh, std::mem::take(&mut self.lost));
            }
        }
        self.next = Some(next);
        self.release(done, bounds);
        if done > 0 {
            self.hole_since = now;
        }
    }

    /// Goes on behind the first hole.
    fn give_up_hole(&mut self, now: Time, bounds: &mut Bounds, deliver: &mut Deliver<'_>) {
        let (Some(first), Some(next)) = (self.waiting.first(), self.next) else { return };
        let gap = first.seq.wrapping_sub(next);
        let end = first.seq.wrapping_add(first.bytes.len() as u32);
        deliver(first.time, &first.bytes, u64::from(gap) + std::mem::take(&mut self.lost));
        self.next = Some(end);
        self.release(1, bounds);
        self.hole_since = now;
        self.drain(now, bounds, deliver);
    }

    fn release(&mut self, count: usize, bounds: &mut Bounds) {
        let freed: usize = self.waiting.drain(..count).map(|waiting| waiting.bytes.len()).sum();
        self.waiting_bytes -= freed;
        bounds.used -= freed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { of_one: 1000, in_all: 10_000, used: 0 };

    /// What comes out when `segments` (sequence number, bytes) go in: bytes, and the bytes lost.
    fn play(begin: u32, segments: &[(u32, &[u8])]) -> (Vec<u8>, u64) {
        let (mut stream, mut bounds) = (Stream::default(), BOUNDS);
        let (mut out, mut lost) = (Vec::new(), 0);
        let mut deliver = |_: Time, bytes: &[u8], gap: u64| {
            out.extend_from_slice(bytes);
            lost += gap;
        };
        stream.begin(begin);
        for (seq, bytes) in segments {
            stream.push(*seq, Time(0), bytes, &mut bounds, &mut deliver);
        }
        stream.flush(&mut bounds, &mut deliver);
        assert_eq!(bounds.used, 0);
        (out, lost)
    }

    #[test]
    fn segments_out_of_order_come_out_in_order() {
        assert_eq!(play(0, &[(4, b"de"), (1, b"abc"), (6, b"f")]), (b"abcdef".to_vec(), 0));
    }

    #[test]
    fn the_first_bytes_of_an_overlap_stay() {
        assert_eq!(play(0, &[(1, b"abc"), (2, b"XYd")]), (b"abcd".to_vec(), 0));
        assert_eq!(play(0, &[(1, b"abc"), (1, b"abc")]), (b"abc".to_vec(), 0));
    }

    #[test]
    fn lost_bytes_are_a_gap() {
        assert_eq!(play(0, &[(1, b"ab"), (8, b"hi")]), (b"abhi".to_vec(), 5));
    }

    #[test]
    fn sequence_numbers_go_round() {
        assert_eq!(
            play(u32::MAX - 2, &[(1, b"cd"), (u32::MAX - 1, b"ab?")]).0,
            b"ab?cd"[..].to_vec()
        );
    }

    #[test]
    fn a_hole_that_was_acknowledged_is_given_up() {
        let (mut stream, mut bounds) = (Stream::default(), BOUNDS);
        let mut out = Vec::new();
        let mut deliver = |_: Time, bytes: &[u8], gap: u64| out.push((bytes.to_vec(), gap));
        stream.begin(0);
        stream.push(3, Time(0), b"c", &mut bounds, &mut deliver);
        stream.acknowledged(4, Time(50_000), &mut bounds, &mut deliver);
        stream.acknowledged(4, Time(200_000), &mut bounds, &mut deliver);
        assert_eq!(out, [(b"c".to_vec(), 2)]);
    }

    #[test]
    fn bytes_that_were_snapped_are_a_gap() {
        let (mut stream, mut bounds) = (Stream::default(), BOUNDS);
        let mut out = Vec::new();
        let mut deliver = |_: Time, bytes: &[u8], gap: u64| out.push((bytes.to_vec(), gap));
        stream.begin(0);
        stream.push(1, Time(0), b"ab", &mut bounds, &mut deliver);
        stream.lose(3, 10);
        stream.push(13, Time(0), b"c", &mut bounds, &mut deliver);
        assert_eq!(out, [(b"ab".to_vec(), 0), (b"c".to_vec(), 10)]);
    }

    proptest! {
        /// Any order of any overlapping cuts of one text gives that text again.
        #[test]
        fn any_order_of_any_cuts_is_the_text(
            text in proptest::collection::vec(any::<u8>(), 1..400),
            cuts in proptest::collection::vec((0usize..400, 1usize..80), 0..60),
            isn in any::<u32>(),
        ) {
            let start = isn.wrapping_add(1);
            let mut segments: Vec<(u32, &[u8])> = cuts.iter().filter_map(|&(at, length)| {
                let part = text.get(at..(at + length).min(text.len()))?;
                (!part.is_empty()).then_some((start.wrapping_add(at as u32), part))
            }).collect();
            segments.extend(text.chunks(50).enumerate().map(|(at, part)| (start.wrapping_add(at as u32 * 50), part)));
            let (mut stream, mut bounds) = (Stream::default(), Bounds { of_one: 1 << 20, in_all: 1 << 20, used: 0 });
            let mut out = Vec::new();
            let mut deliver = |_: Time, bytes: &[u8], gap: u64| { assert_eq!(gap, 0); out.extend_from_slice(bytes); };
            stream.begin(isn);
            for (seq, bytes) in segments {
                stream.push(seq, Time(0), bytes, &mut bounds, &mut deliver);
            }
            prop_assert_eq!(bounds.used, 0);
            prop_assert_eq!(out, text);
        }

        /// Whatever comes, what waits stays within its bounds and nothing is handed on twice.
        #[test]
        fn bounds_hold_under_any_segments(
            segments in proptest::collection::vec((any::<u32>(), 1usize..500), 1..200),
        ) {
            let (mut stream, mut bounds) = (Stream::default(), BOUNDS);
            let (mut received, mut delivered) = (0, 0);
            let mut deliver = |_: Time, bytes: &[u8], _: u64| delivered += bytes.len();
            for (seq, length) in segments {
                received += length;
                stream.push(seq % 5000, Time(0), &vec![0; length], &mut bounds, &mut deliver);
                assert!(bounds.used <= BOUNDS.of_one && stream.waiting.len() <= WAITING);
            }
            stream.flush(&mut bounds, &mut deliver);
            prop_assert!(delivered <= received);
            prop_assert_eq!(bounds.used, 0);
        }
    }
}
