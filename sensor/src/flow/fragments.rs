//! IP fragments: later ones have no ports and find their flow through the first.

use model::Time;
use std::collections::{HashMap, VecDeque};
use wire::{Fragment, Headers};

/// First fragments remembered, at most.
const REMEMBERED: usize = 4096;
/// A datagram is whole or lost after this long, in microseconds.
const LIFE_US: i64 = 30 * Time::SECOND;

/// What names a datagram (RFC 791 3.2, RFC 8200 4.5).
type Datagram = ([u8; 16], [u8; 16], u32, u8);

/// What only the first fragment says.
#[derive(Debug, Clone, Copy)]
struct First {
    time: Time,
    ports: (u16, u16),
    icmp: (u8, u8),
}

/// First fragments seen lately.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    firsts: HashMap<Datagram, First>,
    order: VecDeque<Datagram>,
}

impl Fragments {
    /// Remembers a first fragment; gives a later one what the first said. `false`: its first was not seen.
    pub(super) fn resolve(&mut self, headers: &mut Headers, time: Time) -> bool {
        let datagram = (headers.src, headers.dst, headers.fragment_id, headers.ip_protocol);
        match headers.fragment {
            Fragment::Whole => true,
            Fragment::First => {
                self.remember(datagram, headers, time);
                true
            }
            Fragment::Later => match self.firsts.get(&datagram) {
                Some(first) if time.since(first.time).abs() <= LIFE_US => {
                    (headers.src_port, headers.dst_port) = first.ports;
                    (headers.icmp_kind, headers.icmp_code) = first.icmp;
                    true
                }
                _ => false,
            },
        }
    }

    fn remember(&mut self, datagram: Datagram, headers: &Headers, time: Time) {
        let ports = (headers.src_port, headers.dst_port);
        let icmp = (headers.icmp_kind, headers.icmp_code);
        if self.firsts.insert(datagram, First { time, ports, icmp }).is_none() {
            self.order.push_back(datagram);
        }
        while self.order.len() > REMEMBERED {
            let oldest = self.order.pop_front().expect("it is longer than its bound");
            self.firsts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(fragment: Fragment, id: u32, ports: (u16, u16)) -> Headers {
        let (src_port, dst_port) = ports;
        Headers {
            fragment,
            fragment_id: id,
            src_port,
            dst_port,
            ip_protocol: 17,
            ..Headers::default()
        }
    }

    #[test]
    fn a_later_fragment_takes_the_ports_of_its_first() {
        let mut fragments = Fragments::default();
        assert!(fragments.resolve(&mut fragment(Fragment::First, 7, (53, 1000)), Time(0)));
        let mut later = fragment(Fragment::Later, 7, (0, 0));
        assert!(fragments.resolve(&mut later, Time(1)));
        assert_eq!((later.src_port, later.dst_port), (53, 1000));
        assert!(!fragments.resolve(&mut fragment(Fragment::Later, 8, (0, 0)), Time(1)));
        assert!(!fragments.resolve(&mut fragment(Fragment::Later, 7, (0, 0)), Time(LIFE_US + 1)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut fragments = Fragments::default();
        for id in 0..(REMEMBERED as u32 * 2) {
            fragments.resolve(&mut fragment(Fragment::First, id, (1, 2)), Time(0));
        }
        assert_eq!((fragments.firsts.len(), fragments.order.len()), (REMEMBERED, REMEMBERED));
    }
}
