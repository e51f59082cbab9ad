//! One packet in a frame: Ethernet II, IPv4 (RFC 791), TCP (RFC 9293) or UDP (RFC 768), with right checksums.

use std::net::Ipv4Addr;

/// What the transport carries.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// So many bytes, which the capture leaves out: the frame is truncated after its headers.
    Elided(u32),
}

impl Payload<'_> {
    /// Bytes on the wire.
    pub const fn len(&self) -> u32 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u32,
            Self::Elided(count) => *count,
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The header above IP.
#[derive(Debug, Clone, Copy)]
pub enum Transport<'a> {
    /// TCP: sequence, acknowledgement, flags, window as sent, options (a multiple of four bytes), and the checksum of a
    /// packet whose payload is elided.
    Tcp {
        /// Sequence number.
        seq: u32,
        /// Acknowledgement number.
        ack: u32,
        /// Flags, lowest bit FIN.
        flags: u8,
        /// Window before scaling.
        window: u16,
        /// Options.
        options: &'a [u8],
        /// Stands for the checksum over bytes that nobody kept.
        elided_sum: u16,
    },
    /// UDP.
    Udp,
}

/// A packet about to be written.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Source and destination MAC.
    pub macs: [[u8; 6]; 2],
    /// Source address.
    pub src: Ipv4Addr,
    /// Destination address.
    pub dst: Ipv4Addr,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Time to live.
    pub ttl: u8,
    /// IP identification.
    pub id: u16,
    /// Transport header.
    pub transport: Transport<'a>,
    /// What it carries.
    pub payload: Payload<'a>,
}

impl Packet<'_> {
    const ETHERNET: usize = 14;
    const IPV4: usize = 20;

    /// Bytes of its headers.
    pub const fn headers(&self) -> usize {
        Self::ETHERNET
            + Self::IPV4
            + match self.transport {
                Transport::Tcp { options, .. } => 20 + options.len(),
                Transport::Udp => 8,
            }
    }

    /// Bytes on the wire, without the frame check sequence.
    pub const fn wire_length(&self) -> u32 {
        self.headers() as u32 + self.payload.len()
    }

    /// Appends the frame, or the headers of it where the payload is elided.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.macs[1]);
        out.extend_from_slice(&self.macs[0]);
        out.extend_from_slice(&[0x08, 0x00]);
        self.put_ipv4(out);
        let start = out.len();
        match self.transport {
            Transport::Tcp { .. } => self.put_tcp(out),
            Transport::Udp => self.put_udp(out),
        }
        if let Payload::Bytes(bytes) = self.payload {
            out.extend_from_slice(bytes);
        }
        self.put_transport_checksum(start, out);
    }

    fn put_ipv4(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let total = (self.wire_length() as usize - Self::ETHERNET) as u16;
        out.extend_from_slice(&[0x45, 0]);
        out.extend_from_slice(&total.to_be_bytes());
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&[0x40, 0, self.ttl, self.protocol(), 0, 0]);
        out.extend_from_slice(&self.src.octets());
        out.extend_from_slice(&self.dst.octets());
        let sum = !folded(&out[start..], 0);
        out[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
    }

    const fn protocol(&self) -> u8 {
        match self.transport {
            Transport::Tcp { .. } => 6,
            Transport::Udp => 17,
        }
    }

    fn put_tcp(&self, out: &mut Vec<u8>) {
        let Transport::Tcp { seq, ack, flags, window, options, elided_sum } = self.transport else {
            return;
        };
        out.extend_from_slice(&self.src_port.to_be_bytes());
        out.extend_from_slice(&self.dst_port.to_be_bytes());
        out.extend_from_slice(&seq.to_be_bytes());
        out.extend_from_slice(&ack.to_be_bytes());
        out.extend_from_slice(&[((20 + options.len()) as u8 / 4) << 4, flags]);
        out.extend_from_slice(&window.to_be_bytes());
        out.extend_from_slice(&elided_sum.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(options);
    }

    fn put_udp(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.src_port.to_be_bytes());
        out.extend_from_slice(&self.dst_port.to_be_bytes());
        out.extend_from_slice(&(8 + self.payload.len() as u16).to_be_bytes());
        out.extend_from_slice(&[0, 0]);
    }

    /// RFC 1071 over the pseudo-header, the header and the payload; left alone where the payload is not there.
    fn put_transport_checksum(&self, start: usize, out: &mut [u8]) {
        if matches!(self.payload, Payload::Elided(_)) {
            return;
        }
        let offset = if self.protocol() == 6 { 16 } else { 6 };
        out[start + offset..start + offset + 2].copy_from_slice(&[0, 0]);
        let length = out.len() - start;
        let mut pseudo = [0; 12];
        pseudo[..4].copy_from_slice(&self.src.octets());
        pseudo[4..8].copy_from_slice(&self.dst.octets());
        pseudo[9] = self.protocol();
        pseudo[10..].copy_from_slice(&(length as u16).to_be_bytes());
        let sum = !folded(&out[start..], u64::from(folded(&pseudo, 0)));
        let sum = if sum == 0 && self.protocol() == 17 { 0xFFFF } else { sum };
        out[start + offset..start + offset + 2].copy_from_slice(&sum.to_be_bytes());
    }
}

/// Ones' complement sum of 16-bit words (RFC 1071), carrying `sum` on.
fn folded(bytes: &[u8], mut sum: u64) -> u16 {
    let (words, rest) = bytes.as_chunks::<2>();
    for word in words {
        sum += u64::from(u16::from_be_bytes(*word));
    }
    if let [last] = rest {
        sum += u64::from(*last) << 8;
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of RFC 1071, section 3.
    #[test]
    fn the_sum_is_that_of_the_rfc() {
        assert_eq!(folded(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0), 0xddf2);
    }

    fn packet<'a>(transport: Transport<'a>, payload: Payload<'a>) -> Packet<'a> {
        Packet {
            macs: [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]],
            src: Ipv4Addr::new(10, 0, 0, 1),
            dst: Ipv4Addr::new(10, 0, 0, 2),
            src_port: 50_000,
            dst_port: 80,
            ttl: 64,
            id: 1,
            transport,
            payload,
        }
    }

    #[test]
    fn a_receiver_finds_both_checksums_right() {
        let options = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0];
        let tcp = Transport::Tcp {
            seq: 1,
            ack: 0,
            flags: 2,
            window: 100,
            options: &options,
            elided_sum: 0,
        };
        for (transport, protocol) in [(tcp, 6), (Transport::Udp, 17)] {
            let mut frame = Vec::new();
            packet(transport, Payload::Bytes(b"odd")).put(&mut frame);
            assert_eq!(folded(&frame[14..34], 0), 0xFFFF);
            let mut pseudo = frame[26..34].to_vec();
            pseudo.extend_from_slice(&[0, protocol]);
            pseudo.extend_from_slice(&((frame.len() - 34) as u16).to_be_bytes());
            assert_eq!(folded(&frame[34..], u64::from(folded(&pseudo, 0))), 0xFFFF);
        }
    }

    #[test]
    fn an_elided_payload_counts_on_the_wire_alone() {
        let tcp =
            Transport::Tcp { seq: 1, ack: 1, flags: 16, window: 1, options: &[], elided_sum: 7 };
        let packet = packet(tcp, Payload::Elided(65_000));
        let mut frame = Vec::new();
        packet.put(&mut frame);
        assert_eq!((frame.len(), packet.wire_length()), (54, 65_054));
        assert_eq!(frame[16..18], 65_040u16.to_be_bytes());
    }
}
