//! Where a packet of a conversation is seen: at which tap, when, with which addresses of the link and how many hops on.

use crate::bank::{Host, Stack, Zone, tap_beside, taps_between};
use crate::conversation::{Conversation, Side};

/// One tap on the way of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// The tap.
    pub tap: char,
    /// Its place, counted from the opener.
    pub at: usize,
    /// Taps on the way.
    pub of: usize,
}

/// Microseconds between two taps.
const HOP_US: i64 = 80;

/// The taps on the way of `talk`, from the opener on.
pub fn passages(talk: &Conversation) -> Vec<Passage> {
    let taps = taps_between(talk.src.ip, talk.dst.ip);
    taps.iter().enumerate().map(|(at, tap)| Passage { tap: *tap, at, of: taps.len() }).collect()
}

impl Passage {
    /// Microseconds after it passed the first tap of its way that a packet of `side` passes this one.
    pub const fn delay_us(self, side: Side) -> i64 {
        HOP_US * self.hops(side) as i64
    }

    /// Taps that a packet of `side` has passed before.
    const fn hops(self, side: Side) -> usize {
        match side {
            Side::Src => self.at,
            Side::Dst => self.of - 1 - self.at,
        }
    }

    /// Time to live of a packet of `side`.
    pub fn ttl(self, talk: &Conversation, side: Side) -> u8 {
        let host = host_of(talk, side);
        let initial = if host.stack == Stack::Windows { 128 } else { 64 };
        let outside =
            if Zone::of(host.ip) == Zone::Internet { 8 + host.ip.octets()[3] % 5 } else { 0 };
        initial - self.hops(side) as u8 - outside
    }

    /// MAC addresses of a packet of `side`: source, destination.
    pub fn macs(self, talk: &Conversation, side: Side) -> [[u8; 6]; 2] {
        [self.mac(talk, side), self.mac(talk, side.other())]
    }

    /// A host's own address on its own link, else that of the router on the way to it. All are locally administered.
    fn mac(self, talk: &Conversation, side: Side) -> [u8; 6] {
        let (host, other) = (host_of(talk, side), host_of(talk, side.other()));
        let zone = Zone::of(host.ip);
        let is_local =
            zone != Zone::Internet && tap_beside(zone, Zone::of(other.ip)) == Some(self.tap);
        let [a, b, c, d] = host.ip.octets();
        let tap = self.tap as u8;
        match (is_local, zone) {
            (true, _) => [0x02, 0x42, a, b, c, d],
            (false, Zone::Internet) => [0x02, 0x1A, 0x4B, 0x00, tap, 0xFE],
            (false, _) => [0x02, 0x1A, 0x4B, 0x00, tap, 0x01],
        }
    }
}

const fn host_of(talk: &Conversation, side: Side) -> Host {
    match side {
        Side::Src => talk.src,
        Side::Dst => talk.dst,
    }
}
