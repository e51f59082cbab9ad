//! Names that are computed, never drawn: ids of flows, conversations and judgements.

use crate::{Endpoints, Time, address::plain};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha1::Digest;
use siphasher::sip::SipHasher24;
use std::fmt;
use std::hash::Hasher;
use std::net::IpAddr;

/// The id of a flow at a tap: SipHash-2-4 with a zero key over tap, flow start and the five values, as fixed bytes.
///
/// The store computes the same in SQL (`flow_id` in `flow.table.sql`): tap bytes, one zero byte, start in microseconds
/// (8 bytes, little endian), both addresses (16 bytes, network order), both ports (2 bytes, little endian), protocol.
pub fn flow_id(tap: &str, flow_start: Time, ends: &Endpoints) -> u64 {
    let mut hash = SipHasher24::new();
    hash.write(tap.as_bytes());
    hash.write(&[0]);
    hash.write(&flow_start.0.to_le_bytes());
    hash.write(&ends.src_ip.octets());
    hash.write(&ends.dst_ip.octets());
    hash.write(&ends.src_port.to_le_bytes());
    hash.write(&ends.dst_port.to_le_bytes());
    hash.write(&[ends.ip_protocol]);
    hash.finish()
}

/// Community ID version 1 with seed 0 (Corelight's specification): the same whoever spoke first, at every tap.
pub fn community_id(ends: &Endpoints) -> String {
    let one_way = one_way_icmp(ends);
    let forward =
        one_way || (octets(ends, true), ends.src_port) <= (octets(ends, false), ends.dst_port);
    let ends = if forward { *ends } else { ends.reversed() };
    let mut hash = sha1::Sha1::new();
    hash.update([0, 0]);
    hash.update(octets(&ends, true));
    hash.update(octets(&ends, false));
    hash.update([ends.ip_protocol, 0]);
    if matches!(ends.ip_protocol, 1 | 6 | 17 | 58 | 132) {
        hash.update(ends.src_port.to_be_bytes());
        hash.update(ends.dst_port.to_be_bytes());
    }
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

/// The port pair that the Community ID specification gives an ICMP or ICMPv6 message, and whether it is one of a
/// request and reply pair.
///
/// Two-way types map to (type, type of the counterpart), the rest to (type, code).
pub const fn icmp_ports(ip_protocol: u8, kind: u8, code: u8) -> (u16, u16, bool) {
    let other = match (ip_protocol, kind) {
        (1, 0) => Some(8),
        (1, 8) => Some(0),
        (1, 9) => Some(10),
        (1, 10) => Some(9),
        (1, 13) => Some(14),
        (1, 14) => Some(13),
        (1, 15) => Some(16),
        (1, 16) => Some(15),
        (1, 17) => Some(18),
        (1, 18) => Some(17),
        (58, 128) => Some(129),
        (58, 129) => Some(128),
        (58, 130) => Some(131),
        (58, 131) => Some(130),
        (58, 133) => Some(134),
        (58, 134) => Some(133),
        (58, 135) => Some(136),
        (58, 136) => Some(135),
        (58, 139) => Some(140),
        (58, 140) => Some(139),
        (58, 144) => Some(145),
        (58, 145) => Some(144),
        _ => None,
    };
    match other {
        Some(other) => (kind as u16, other, true),
        None => (kind as u16, code as u16, false),
    }
}

fn one_way_icmp(ends: &Endpoints) -> bool {
    matches!(ends.ip_protocol, 1 | 58) && {
        let (_, other, two_way) =
            icmp_ports(ends.ip_protocol, ends.src_port as u8, ends.dst_port as u8);
        !(two_way && other == ends.dst_port)
    }
}

fn octets(ends: &Endpoints, src: bool) -> Vec<u8> {
    match plain(if src { ends.src_ip } else { ends.dst_ip }) {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// A 128-bit id computed by hashing: printed and stored as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct HashId(pub [u8; 16]);

impl HashId {
    /// The first 16 bytes of SHA-256 over `parts`, each preceded by its length as eight bytes, little endian.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = sha2::Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }
}

impl fmt::Display for HashId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for HashId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::str::FromStr for HashId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut id = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(format!("{text:?} is not an id of 32 hexadecimal digits"));
        }
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
        }
        Ok(Self(id))
    }
}

impl Serialize for HashId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HashId {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{address::v4, mapped};

    fn ends(src: &str, dst: &str, src_port: u16, dst_port: u16, ip_protocol: u8) -> Endpoints {
        let read = |text: &str| mapped(text.parse().expect("an address"));
        Endpoints { src_ip: read(src), dst_ip: read(dst), src_port, dst_port, ip_protocol }
    }

    /// Vectors of the specification's reference implementation (community-id-spec baselines, seed 0).
    #[test]
    fn community_ids_equal_the_published_vectors() {
        let tcp = ends("128.232.110.120", "66.35.250.204", 34855, 80, 6);
        assert_eq!(community_id(&tcp), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(community_id(&tcp.reversed()), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(
            community_id(&ends("192.168.1.52", "8.8.8.8", 54585, 53, 17)),
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
        );
        assert_eq!(
            community_id(&ends("192.168.0.89", "192.168.0.1", 8, 0, 1)),
            "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="
        );
        assert_eq!(
            community_id(&ends(
                "fe80::200:86ff:fe05:80da",
                "fe80::260:97ff:fe07:69ea",
                135,
                136,
                58
            )),
            "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="
        );
    }

    #[test]
    fn hash_ids_separate_their_parts() {
        assert_ne!(HashId::of(&[b"ab", b"c"]), HashId::of(&[b"a", b"bc"]));
        let id = HashId::of(&[b"x"]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_flow_has_one_id_at_each_tap() {
        let ends = Endpoints {
            src_ip: v4(10, 0, 0, 1),
            dst_ip: v4(10, 0, 0, 2),
            src_port: 1,
            dst_port: 2,
            ip_protocol: 6,
        };
        assert_eq!(flow_id("A", Time(5), &ends), flow_id("A", Time(5), &ends));
        assert_ne!(flow_id("A", Time(5), &ends), flow_id("B", Time(5), &ends));
    }
}
