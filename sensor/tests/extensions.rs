//! Extension headers and odd links: etherparse is the oracle where it knows them, hand-built bytes elsewhere.

use bartizan_sensor::capture::Frame;
use bartizan_sensor::decode::decode;
use bartizan_sensor::ledger::Account;
use etherparse::{
    IpNumber, Ipv6Extensions, Ipv6FragmentHeader, Ipv6Header, Ipv6RawExtHeader, LaxSlicedPacket,
    TransportSlice, UdpHeader, ip_number,
};
use model::Time;
use proptest::prelude::*;
use wire::Headers;

fn read(link: u32, bytes: &[u8]) -> (Account, Headers) {
    let mut headers = Headers::default();
    let frame = Frame { time: Time(0), link, wire_length: bytes.len() as u32, bytes };
    (decode(&frame, &mut headers), headers)
}

/// IPv4 and UDP, ports 1000 and 2000, by hand.
fn packet() -> Vec<u8> {
    let mut out = vec![0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    out.extend([3, 0xe8, 7, 0xd0, 0, 12, 0, 0, 1, 2, 3, 4]);
    out
}

#[test]
fn every_link_leads_to_the_packet() {
    let check = |link: u32, header: &[u8]| {
        let bytes = [header, &packet()].concat();
        let (account, headers) = read(link, &bytes);
        assert_eq!(account, Account::DecodeKept, "link {link} {header:x?}");
        assert_eq!((headers.src_port, headers.dst_port), (1000, 2000), "link {link}");
        assert_eq!(headers.payload(&bytes), [1, 2, 3, 4], "link {link}");
    };
    let mac = [0; 12];
    check(1, &[&mac[..], &[8, 0]].concat());
    check(1, &[&mac[..], &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat());
    check(1, &[&mac[..], &[0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat());
    check(1, &[&mac[..], &[0x88, 0x64, 0x11, 0, 0, 1, 0, 34, 0, 0x21]].concat());
    check(1, &[&mac[..], &[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]].concat());
    check(0, &[2, 0, 0, 0]);
    check(0, &[0, 0, 0, 2]);
    check(108, &[0, 0, 0, 2]);
    check(9, &[0xff, 3, 0, 0x21]);
    check(9, &[0x21]);
    check(12, &[]);
    check(101, &[]);
    check(228, &[]);
    check(104, &[0x0f, 0, 8, 0]);
    check(113, &[&[0; 14][..], &[8, 0]].concat());
    check(276, &[&[8, 0][..], &[0; 18]].concat());
    check(107, &[0x18, 0x41, 3, 0xcc]);
    check(107, &[0x18, 0x41, 8, 0]);
    check(239, &[2, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0, 36, 0, 9, 0]);
    check(105, &[&[0x08, 0][..], &[0; 22], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat());
    check(
        127,
        &[&[0, 0, 8, 0, 0, 0, 0, 0, 0x88, 0][..], &[0; 24], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]]
            .concat(),
    );
}

#[test]
fn what_is_not_read_has_its_reason() {
    let check = |link: u32, bytes: &[u8], expected: Account| {
        assert_eq!(read(link, bytes).0, expected, "{bytes:x?}");
    };
    check(9999, &packet(), Account::DecodeUnknownLink);
    check(1, &[&[0; 12][..], &[8, 6], &[0; 28]].concat(), Account::DecodeNotIp);
    check(1, &[0; 13], Account::DecodeShort);
    check(12, &packet()[..19], Account::DecodeShort);
    check(12, &packet()[..22], Account::DecodeShort);
    check(12, &[&[0x95], &packet()[1..]].concat(), Account::DecodeMalformed);
    // Encrypted Wi-Fi.
    check(105, &[&[0x08, 0x40][..], &[0; 60]].concat(), Account::DecodeNotIp);
}

#[test]
fn a_header_that_was_cut_still_counts_if_its_ports_are_there() {
    let (account, headers) = read(12, &packet()[..24]);
    assert_eq!(
        (account, headers.src_port, headers.payload_captured),
        (Account::DecodeKept, 1000, 0)
    );
}

prop_compose! {
    fn extended()(
        kinds in proptest::collection::vec(0u8..2, 0..3),
        hop in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        ports in any::<(u16, u16)>(),
        fragment in proptest::option::of((0u16..3, any::<bool>(), any::<u32>())),
    ) -> Vec<u8> {
        let raw = |next| Ipv6RawExtHeader::new_raw(next, &[1; 6]).expect("eight bytes");
        let mut extensions = Ipv6Extensions::default();
        if hop { extensions.hop_by_hop_options = Some(raw(IpNumber(0))); }
        if kinds.contains(&0) { extensions.destination_options = Some(raw(IpNumber(0))); }
        if kinds.contains(&1) {
            extensions.routing = Some(etherparse::Ipv6RoutingExtensions { routing: raw(IpNumber(0)), final_destination_options: None });
        }
        if let Some((offset, more, id)) = fragment {
            let offset = offset.try_into().expect("13 bits");
            extensions.fragment = Some(Ipv6FragmentHeader::new(IpNumber(0), offset, more, id));
        }
        let first = extensions.set_next_headers(ip_number::UDP);
        let length = extensions.header_len() + 8 + payload.len();
        let header = Ipv6Header {
            payload_length: length as u16, next_header: first, hop_limit: 3, source: [1; 16], destination: [2; 16],
            ..Ipv6Header::default()
        };
        let mut out = header.to_bytes().to_vec();
        extensions.write(&mut out, first).expect("memory");
        let udp = UdpHeader { source_port: ports.0, destination_port: ports.1, length: 8 + payload.len() as u16, checksum: 0 };
        out.extend(udp.to_bytes());
        out.extend(payload);
        out
    }
}

proptest! {
    #[test]
    fn extension_headers_are_walked_as_etherparse_walks_them(bytes in extended()) {
        let (account, headers) = read(229, &bytes);
        prop_assert_eq!(account, Account::DecodeKept);
        let theirs = LaxSlicedPacket::from_ip(&bytes).expect("IPv6");
        if let Some(TransportSlice::Udp(udp)) = theirs.transport {
            prop_assert_eq!((headers.src_port, headers.dst_port), (udp.source_port(), udp.destination_port()));
            prop_assert_eq!(headers.payload(&bytes), udp.payload());
        } else {
            // etherparse reads no transport of any fragment; ours reads that of the first.
            prop_assert_ne!(headers.fragment, wire::Fragment::Whole);
        }
        prop_assert_eq!(headers.ip_protocol, 17);
    }

    #[test]
    fn any_bytes_on_any_link_are_survived(
        link in prop_oneof![Just(0), Just(1), Just(9), Just(50), Just(51), Just(101), Just(104), Just(105), Just(107), Just(108),
            Just(113), Just(127), Just(204), Just(229), Just(239), Just(276), any::<u32>()],
        bytes in proptest::collection::vec(any::<u8>(), 0..160),
    ) {
        let (_, headers) = read(link, &bytes);
        prop_assert!(headers.payload_captured <= headers.payload_length);
    }
}
