//! etherparse as the oracle: on any packet that both understand, both say the same.

use bartizan_wire::{Code, Headers, internet, link};
use etherparse::{
    LaxLinkExtSlice, LaxNetSlice, LaxSlicedPacket, PacketBuilder, TransportSlice, VlanId,
};
use proptest::prelude::*;

/// What both parsers can be asked for.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    vlan: u16,
    src: [u8; 16],
    dst: [u8; 16],
    ip_protocol: u8,
    ttl: u8,
    ports: (u16, u16),
    tcp: (u32, u32, u16),
    payload: Vec<u8>,
}

fn ours(frame: &[u8]) -> Option<Told> {
    let mut headers = Headers::default();
    let code = link::ethernet(frame, &mut headers);
    (code == Code::Complete && matches!(headers.ip_protocol, 6 | 17)).then(|| Told {
        vlan: headers.vlan,
        src: headers.src,
        dst: headers.dst,
        ip_protocol: headers.ip_protocol,
        ttl: headers.ttl,
        ports: (headers.src_port, headers.dst_port),
        tcp: (headers.tcp_seq, headers.tcp_ack, headers.tcp_window),
        payload: headers.payload(frame).to_vec(),
    })
}

fn theirs(frame: &[u8]) -> Option<Told> {
    let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
    let (src, dst, ip_protocol, ttl) = match packet.net? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            let map =
                |address: [u8; 4]| std::net::Ipv4Addr::from(address).to_ipv6_mapped().octets();
            (map(header.source()), map(header.destination()), header.protocol().0, header.ttl())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source(), header.destination(), header.next_header().0, header.hop_limit())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let (ports, tcp, payload) = match packet.transport? {
        TransportSlice::Tcp(tcp) => (
            (tcp.source_port(), tcp.destination_port()),
            (tcp.sequence_number(), tcp.acknowledgment_number(), tcp.window_size()),
            tcp.payload().to_vec(),
        ),
        TransportSlice::Udp(udp) => {
            ((udp.source_port(), udp.destination_port()), (0, 0, 0), udp.payload().to_vec())
        }
        _ => return None,
    };
    let vlan = packet.link_exts.iter().find_map(|extension| match extension {
        LaxLinkExtSlice::Vlan(vlan) => Some(vlan.vlan_identifier().value()),
        LaxLinkExtSlice::Macsec(_) => None,
    });
    Some(Told { vlan: vlan.unwrap_or(0), src, dst, ip_protocol, ttl, ports, tcp, payload })
}

prop_compose! {
    /// A frame as the field knows them: up to two tags, IPv4 or IPv6, TCP with options or UDP, padding.
    fn frame()(
        tags in proptest::collection::vec(0u16..4096, 0..3),
        is_v6 in any::<bool>(),
        is_tcp in any::<bool>(),
        addresses in any::<([u8; 16], [u8; 16])>(),
        ports in any::<(u16, u16)>(),
        numbers in any::<(u32, u32, u16)>(),
        ttl in any::<u8>(),
        words in 0usize..10,
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        padding in 0usize..20,
    ) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]);
        let options = vec![1; words * 4];
        let mut out = Vec::new();
        let four = |address: [u8; 16]| [address[0], address[1], address[2], address[3]];
        let (seq, ack, window) = numbers;
        macro_rules! finish {
            ($ip:expr) => {
                if is_tcp {
                    $ip.tcp(ports.0, ports.1, seq, window).ack(ack).options_raw(&options).expect("at most 40 bytes")
                        .write(&mut out, &payload).expect("memory")
                } else {
                    $ip.udp(ports.0, ports.1).write(&mut out, &payload).expect("memory")
                }
            };
        }
        macro_rules! with_ip {
            ($link:expr) => {
                if is_v6 {
                    finish!($link.ipv6(addresses.0, addresses.1, ttl))
                } else {
                    finish!($link.ipv4(four(addresses.0), four(addresses.1), ttl))
                }
            };
        }
        let id = |at: usize| VlanId::try_new(tags[at]).expect("12 bits");
        match tags.len() {
            0 => with_ip!(builder),
            1 => with_ip!(builder.single_vlan(id(0))),
            _ => with_ip!(builder.double_vlan(id(0), id(1))),
        }
        out.resize(out.len() + padding, 0);
        out
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whole_packets_are_read_as_etherparse_reads_them(frame in frame()) {
        let ours = ours(&frame);
        prop_assert!(ours.is_some());
        prop_assert_eq!(ours, theirs(&frame));
    }

    /// A flipped byte: where both still understand the packet, both say the same.
    #[test]
    fn damaged_packets_are_never_read_differently(mut frame in frame(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let at = at.index(frame.len());
        frame[at] = byte;
        if let (Some(ours), Some(theirs)) = (ours(&frame), theirs(&frame)) {
            prop_assert_eq!(ours, theirs);
        }
    }

    /// A snapped packet: what can be read of its headers is the same, and the payload is a beginning of the whole.
    #[test]
    fn snapped_packets_keep_what_was_captured(frame in frame(), cut in any::<prop::sample::Index>()) {
        let whole = ours(&frame).expect("it was built whole");
        let cut = cut.index(frame.len());
        if let Some(snapped) = ours(&frame[..cut]) {
            prop_assert_eq!((snapped.src, snapped.ports), (whole.src, whole.ports));
            prop_assert!(whole.payload.starts_with(&snapped.payload));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), offset in 0usize..220) {
        for read in [link::ethernet, |frame: &[u8], headers: &mut Headers| internet::any(frame, 0, headers)] {
            let mut headers = Headers::default();
            read(&bytes, &mut headers);
            prop_assert!(headers.payload(&bytes).len() <= bytes.len());
            prop_assert!(headers.payload_captured <= headers.payload_length);
        }
        internet::any(&bytes, offset, &mut Headers::default());
    }
}

/// Lengths of zero are written by segmentation offload: the packet goes to the end of the frame.
#[test]
fn a_total_length_of_zero_goes_to_the_end_of_the_frame() {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .tcp(1, 2, 3, 4)
        .write(&mut frame, b"payload")
        .expect("memory");
    (frame[16], frame[17]) = (0, 0);
    assert_eq!(ours(&frame).expect("TCP").payload, b"payload");
}
