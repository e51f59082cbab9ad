//! The state of a TCP connection as seen from beside it (RFC 9293), in Zeek's terms.

use model::Time;
use model::flow::{ConnState, EndReason};
use wire::Headers;

/// FIN flag.
pub(super) const FIN: u8 = 1;
/// SYN flag.
pub(super) const SYN: u8 = 2;
/// RST flag.
pub(super) const RST: u8 = 4;
/// ACK flag.
pub(super) const ACK: u8 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Inactive,
    /// Seen, but not its SYN.
    Partial,
    SynSent,
    SynAckSent,
    Established,
    Closed,
    Reset,
}

/// One side's half of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Half {
    state: State,
    /// Whether `next` means something.
    has_next: bool,
    has_zero_window: bool,
    /// Initial sequence number, if its SYN was seen.
    isn: Option<u32>,
    /// The sequence number after the highest byte seen.
    next: u32,
    /// Bytes not seen below `next`; empty if both are equal.
    hole: (u32, u32),
}

/// A connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tcp {
    /// By end of the key: low, high.
    pub(super) halves: [Half; 2],
    syn_at: Time,
    handshake: Handshake,
    /// Round trip of the handshake in microseconds; taken by the slice that first has it.
    pub(super) rtt_us: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Handshake {
    #[default]
    None,
    Syn,
    SynAck,
    Done,
}

/// What a segment adds to the counts of a slice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) retransmits: u32,
    pub(super) gaps: u32,
    pub(super) zero_windows: u32,
}

impl Tcp {
    /// Takes a segment from the end `from`; `src` is the opener's end.
    pub(super) fn observe(
        &mut self,
        from: usize,
        src: usize,
        headers: &Headers,
        time: Time,
    ) -> Added {
        let flags = headers.tcp_flags;
        self.time_handshake(from == src, flags, time);
        self.change_state(from, flags);
        let mut added = self.halves[from].sequence(headers);
        let half = &mut self.halves[from];
        let is_zero = headers.tcp_window == 0 && flags & (RST | SYN | FIN) == 0;
        added.zero_windows = u32::from(is_zero && !half.has_zero_window);
        half.has_zero_window = is_zero;
        added
    }

    fn time_handshake(&mut self, is_opener: bool, flags: u8, time: Time) {
        match (is_opener, flags & (SYN | ACK | RST), self.handshake) {
            (true, SYN, Handshake::None | Handshake::Syn) => {
                (self.syn_at, self.handshake) = (time, Handshake::Syn);
            }
            (false, both, Handshake::Syn) if both == SYN | ACK => {
                self.handshake = Handshake::SynAck;
            }
            (true, ACK, Handshake::SynAck) => {
                self.handshake = Handshake::Done;
                self.rtt_us = time.since(self.syn_at).clamp(0, i64::from(u32::MAX)) as u32;
            }
            _ => {}
        }
    }

    fn change_state(&mut self, from: usize, flags: u8) {
        let peer = self.halves[1 - from].state;
        let mine = self.halves[from].state;
        let unopened = matches!(mine, State::Inactive | State::Partial);
        let state = if flags & RST != 0 {
            // A reset after both sides have closed in order changes nothing.
            if mine == State::Closed && peer == State::Closed { mine } else { State::Reset }
        } else if flags & SYN != 0 && flags & ACK == 0 {
            if unopened { State::SynSent } else { mine }
        } else if flags & SYN != 0 {
            match peer {
                State::SynSent | State::Established => State::Established,
                _ if unopened => State::SynAckSent,
                _ => mine,
            }
        } else if flags & FIN != 0 && mine != State::Reset {
            State::Closed
        } else {
            match (mine, peer) {
                (State::Inactive, _) => State::Partial,
                (State::SynSent, State::SynAckSent | State::Established) => State::Established,
                _ => mine,
            }
        };
        self.halves[from].state = state;
        if state == State::Established && matches!(peer, State::SynSent | State::SynAckSent) {
            self.halves[1 - from].state = State::Established;
        }
    }

    /// Whether a SYN from the end `from` opens a new connection in place of this one, which was quiet for `quiet_us`.
    pub(super) fn is_replaced_by(&self, from: usize, headers: &Headers, quiet_us: i64) -> bool {
        let opens = headers.tcp_flags & (SYN | ACK | RST) == SYN;
        let is_new = self.halves[from].isn.is_some_and(|isn| isn != headers.tcp_seq);
        let established = self.halves.iter().all(|half| half.state == State::Established);
        opens && (self.is_closing() || is_new && (!established || quiet_us > Time::MINUTE))
    }

    /// Whether nothing but stragglers can follow.
    pub(super) fn is_closing(&self) -> bool {
        self.halves.iter().any(|half| half.state == State::Reset)
            || self.halves.iter().all(|half| half.state == State::Closed)
    }

    /// Why the connection ended, if it did.
    pub(super) fn end_reason(&self) -> Option<EndReason> {
        let is_reset = self.halves.iter().any(|half| half.state == State::Reset);
        self.is_closing().then_some(if is_reset { EndReason::Rst } else { EndReason::Fin })
    }

    /// Initial sequence number of an end, if its SYN was seen.
    pub(super) const fn isn(&self, end: usize) -> Option<u32> {
        self.halves[end].isn
    }

    /// Holes that were never filled.
    pub(super) fn open_holes(&self) -> u32 {
        self.halves.iter().map(|half| u32::from(half.hole.0 != half.hole.1)).sum()
    }

    /// The state in Zeek's terms; `src` is the opener's end, `has_payload` whether any payload was seen.
    pub(super) fn conn_state(&self, src: usize, has_payload: bool) -> ConnState {
        use State::{Closed, Established, Inactive, Partial, Reset, SynAckSent, SynSent};
        let (src, dst) = (self.halves[src].state, self.halves[1 - src].state);
        let src_inactive = matches!(src, Inactive | Partial);
        let dst_inactive = matches!(dst, Inactive | Partial);
        match (src, dst) {
            (SynSent | SynAckSent, Reset) => ConnState::Rej,
            (Reset, Reset) if !has_payload => ConnState::Rej,
            (_, Reset) if src_inactive => ConnState::Rstrh,
            (_, Reset) => ConnState::Rstr,
            (Reset, _) if dst_inactive => ConnState::Rstos0,
            (Reset, _) => ConnState::Rsto,
            (Closed, Closed) => ConnState::Sf,
            (Closed, _) if dst_inactive => ConnState::Sh,
            (Closed, _) => ConnState::S2,
            (_, Closed) if src_inactive => ConnState::Shr,
            (_, Closed) => ConnState::S3,
            (SynSent, Inactive) => ConnState::S0,
            (Established, Established) => ConnState::S1,
            _ => ConnState::Other,
        }
    }
}

impl Half {
    /// Follows the sequence numbers; says what was seen again and which holes were given up.
    fn sequence(&mut self, headers: &Headers) -> Added {
        let mut added = Added::default();
        let syn = u32::from(headers.tcp_flags & SYN != 0);
        if syn == 1 && self.isn.is_none() {
            self.isn = Some(headers.tcp_seq);
        } else if syn == 1 && self.isn == Some(headers.tcp_seq) {
            added.retransmits = 1;
            return added;
        }
        let length = headers.payload_length;
        let end = headers.tcp_seq.wrapping_add(length).wrapping_add(syn);
        if !self.has_next || syn == 1 {
            (self.next, self.has_next) = (end, true);
            return added;
        }
        if length == 0 {
            return added;
        }
        let ahead = headers.tcp_seq.wrapping_sub(self.next) as i32;
        if ahead > 0 {
            added.gaps = u32::from(self.hole.0 != self.hole.1);
            self.hole = (self.next, headers.tcp_seq);
        } else if (end.wrapping_sub(self.next) as i32) <= 0 {
            // A keep-alive sends the byte before `next` again; that is its purpose and no loss.
            let is_keep_alive = length == 1 && ahead == -1;
            added.retransmits = u32::from(!self.fill_hole(headers.tcp_seq, end) && !is_keep_alive);
            return added;
        }
        self.next = end;
        added
    }

    /// Whether the bytes lie in the hole, which then shrinks.
    fn fill_hole(&mut self, start: u32, end: u32) -> bool {
        let (from, to) = self.hole;
        let size = to.wrapping_sub(from);
        let inside = |at: u32| at.wrapping_sub(from) <= size;
        if size == 0 || !inside(start) || !inside(end) {
            return false;
        }
        if start == from {
            self.hole.0 = end;
        } else if end == to {
            self.hole.1 = start;
        }
        true
    }
}

/// The options of a SYN in order, with MSS, window and scale: `mss:window,scale:kind,kind…` in the words of p0f.
///
/// `options` are the bytes between the fixed header and the payload.
pub(super) fn syn_fingerprint(window: u16, options: &[u8]) -> String {
    use std::fmt::Write;
    let (mut mss, mut scale, mut layout) = (0, 0, String::new());
    let mut rest = options;
    while let Some((&kind, after)) = rest.split_first() {
        let name = match kind {
            0 => "eol",
            1 => "nop",
            2 => "mss",
            3 => "ws",
            4 => "sok",
            5 => "sack",
            8 => "ts",
            _ => "",
        };
        let comma = if layout.is_empty() { "" } else { "," };
        let _ = match name {
            "" => write!(layout, "{comma}?{kind}"),
            name => write!(layout, "{comma}{name}"),
        };
        if kind == 0 {
            break;
        }
        if kind == 1 {
            rest = after;
            continue;
        }
        let Some(length) = after.first().map(|&length| usize::from(length)) else { break };
        let Some(value) = rest.get(2..length) else { break };
        match (kind, value) {
            (2, &[high, low]) => mss = u16::from_be_bytes([high, low]),
            (3, &[shift]) => scale = shift,
            _ => {}
        }
        rest = &rest[length..];
    }
    format!("{mss}:{window},{scale}:{layout}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(flags: u8, seq: u32, length: u32) -> Headers {
        Headers {
            tcp_flags: flags,
            tcp_seq: seq,
            payload_length: length,
            tcp_window: 1,
            ..Headers::default()
        }
    }

    fn play(segments: &[(usize, u8, u32, u32)]) -> (Tcp, Added) {
        let (mut tcp, mut sum) = (Tcp::default(), Added::default());
        for &(from, flags, seq, length) in segments {
            let added = tcp.observe(from, 0, &segment(flags, seq, length), Time(0));
            sum.retransmits += added.retransmits;
            sum.gaps += added.gaps;
        }
        (tcp, sum)
    }

    /// The definitions in Zeek's reference of `Conn::Info`.
    #[test]
    fn states_are_those_that_zeek_defines() {
        let check = |segments: &[(usize, u8, u32, u32)], expected: ConnState| {
            assert_eq!(play(segments).0.conn_state(0, true), expected, "{segments:?}");
        };
        let (syn, syn_ack, ack) = ((0, SYN, 0, 0), (1, SYN | ACK, 0, 0), (0, ACK, 1, 0));
        check(&[syn], ConnState::S0);
        check(&[syn, (1, RST | ACK, 0, 0)], ConnState::Rej);
        check(&[syn, syn_ack, ack], ConnState::S1);
        check(&[syn, syn_ack, ack, (0, FIN | ACK, 1, 0)], ConnState::S2);
        check(&[syn, syn_ack, ack, (1, FIN | ACK, 1, 0)], ConnState::S3);
        check(&[syn, syn_ack, ack, (0, FIN | ACK, 1, 0), (1, FIN | ACK, 1, 0)], ConnState::Sf);
        let closed =
            [syn, syn_ack, ack, (1, FIN | ACK, 1, 0), (0, FIN | ACK, 1, 0), (1, RST, 2, 0)];
        check(&closed, ConnState::Sf);
        check(&[syn, syn_ack, ack, (0, RST, 1, 0)], ConnState::Rsto);
        check(&[syn, syn_ack, ack, (1, RST, 1, 0)], ConnState::Rstr);
        check(&[syn, (0, RST, 1, 0)], ConnState::Rstos0);
        check(&[syn_ack, (1, RST, 1, 0)], ConnState::Rstrh);
        check(&[syn, (0, FIN, 1, 0)], ConnState::Sh);
        check(&[syn_ack, (1, FIN, 1, 0)], ConnState::Shr);
        check(&[(0, ACK, 1, 10), (1, ACK, 1, 10)], ConnState::Other);
    }

    #[test]
    fn a_filled_hole_is_neither_lost_nor_sent_again() {
        let data = |seq, length| (0, ACK, seq, length);
        assert_eq!(play(&[data(0, 10), data(20, 10), data(10, 10)]).1, Added::default());
        let (tcp, added) = play(&[data(0, 10), data(20, 10), data(40, 10)]);
        assert_eq!((added.gaps, tcp.open_holes()), (1, 1));
        assert_eq!(play(&[data(0, 10), data(0, 10)]).1.retransmits, 1);
    }

    #[test]
    fn the_round_trip_is_from_the_syn_to_the_ack() {
        let mut tcp = Tcp::default();
        tcp.observe(0, 0, &segment(SYN, 0, 0), Time(100));
        tcp.observe(1, 0, &segment(SYN | ACK, 0, 0), Time(5_100));
        tcp.observe(0, 0, &segment(ACK, 1, 0), Time(5_300));
        assert_eq!(tcp.rtt_us, 5_200);
    }

    /// The SYN of a Linux client: options 02 04 05b4, 04 02, 08 0a …, 01, 03 03 07.
    #[test]
    fn a_syn_fingerprint_lists_options_in_order() {
        let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7];
        assert_eq!(syn_fingerprint(64240, &options), "1460:64240,7:mss,sok,ts,nop,ws");
        assert_eq!(syn_fingerprint(512, &[2]), "0:512,0:mss");
        assert_eq!(syn_fingerprint(512, &[254, 0]), "0:512,0:?254");
    }
}
