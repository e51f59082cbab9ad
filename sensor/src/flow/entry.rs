//! One open flow.

use super::key::{Key, Opener};
use super::messages::Gaps;
use super::tcp::Tcp;
use crate::identify::Reading;
use model::flow::Direction;
use model::{Endpoints, Text, Time};

/// An open flow. Arrays are by end of the key: low, high.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    /// Which of the flows that have had this place in the table.
    pub(super) generation: u32,
    /// Whether a flow is in this place now.
    pub(super) is_open: bool,
    /// Whether anything happened since the last slice.
    pub(super) is_dirty: bool,
    /// Whether reading its payload has ended, or never began.
    pub(super) is_read: bool,
    pub(super) orientation: Orientation,
    /// Slices written.
    pub(super) part: u32,
    /// The second of the wheel in which it is asked next.
    pub(super) due: i64,
    /// First packet.
    pub(super) start: Time,
    /// Latest packet.
    pub(super) last: Time,
    /// The table's clock at the last packet: what idleness is measured from.
    pub(super) touched: Time,
    pub(super) slice: Counts,
    pub(super) ttl: [u8; 2],
    pub(super) has_payload: bool,
    pub(super) tcp: Tcp,
    pub(super) gaps: Gaps,
    pub(super) syn_fingerprint: Text,
    pub(super) reading: Option<Box<Reading>>,
}

/// Who opened the flow, and whether that may still change.
#[derive(Debug, Clone, Copy)]
pub struct Orientation {
    /// Whether the opener is the low end of the key.
    pub src_is_low: bool,
    /// Whether a row has been written, or will be, that depends on it.
    pub is_settled: bool,
    /// How it is known.
    pub direction: Direction,
}

/// What happened since the last slice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) ends: [End; 2],
    pub(super) retransmits: u32,
    pub(super) gaps: u32,
    pub(super) zero_windows: u32,
}

/// Counts of one end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct End {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) payload: u64,
    pub(super) tcp_flags: u8,
}

impl Orientation {
    /// What the first packet, sent by the low end or not, says.
    pub(super) const fn of_first(from_low: bool, opener: Opener) -> Self {
        let (src_is_low, direction) = match opener {
            Opener::Unknown => (from_low, Direction::Unknown),
            Opener::SenderBySyn => (from_low, Direction::Syn),
            Opener::ReceiverBySyn => (!from_low, Direction::Syn),
            Opener::SenderByRole => (from_low, Direction::Role),
            Opener::ReceiverByRole => (!from_low, Direction::Role),
        };
        let is_settled = !matches!(opener, Opener::Unknown);
        Self { src_is_low, is_settled, direction }
    }

    /// A later packet says who opened: its SYN was overtaken on the way.
    pub(super) const fn settle_by_packet(&mut self, from_low: bool, opener: Opener) {
        if !self.is_settled && !matches!(opener, Opener::Unknown) {
            *self = Self::of_first(from_low, opener);
        }
    }

    /// The client of the protocol is the low end or not: it opened the flow, unless something surer is known.
    pub fn settle_by_role(&mut self, client_is_low: bool) {
        if !self.is_settled {
            *self =
                Self { src_is_low: client_is_low, is_settled: true, direction: Direction::Role };
        }
    }

    /// Nothing better came: the lower port answers if it is a well-known one (RFC 6335) and the other is not.
    pub fn settle_by_ports(&mut self, key: &Key) {
        if self.is_settled {
            return;
        }
        self.is_settled = true;
        let rank = |port: u16| {
            if port == 0 { 3 } else { u8::from(port >= 1024) + u8::from(port >= 32_768) }
        };
        let (low, high) = (rank(key.low.1), rank(key.high.1));
        if low != high {
            (self.src_is_low, self.direction) = (low > high, Direction::Port);
        }
    }

    /// The opener's end: 0 low, 1 high.
    pub(super) const fn src(self) -> usize {
        if self.src_is_low { 0 } else { 1 }
    }
}

impl Entry {
    /// Who spoke with whom.
    pub(super) const fn ends(&self) -> Endpoints {
        self.key.ends(self.orientation.src_is_low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million flows, their places in the wheel and their hash, are to stay well below 512 MiB.
    #[test]
    fn an_open_flow_is_small() {
        assert!(size_of::<Entry>() <= 400, "{} bytes", size_of::<Entry>());
    }
}
