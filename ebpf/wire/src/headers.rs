//! What the headers of one frame say, in one flat struct.

/// How far the headers could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Code {
    /// To the payload.
    #[default]
    Complete = 0,
    /// The link carries something other than IP; `ether_type` says what.
    NotIp = 1,
    /// The link header does not fit into the frame.
    ShortLink = 2,
    /// The IP header does not fit into the frame.
    ShortInternet = 3,
    /// The IP header contradicts itself: version, header length or total length.
    BadInternet = 4,
    /// Addresses are known; an IPv6 extension header follows at `transport_offset`, its kind in `ip_protocol`.
    Extension = 5,
    /// Addresses and protocol are known; the transport header does not fit into the packet.
    ShortTransport = 6,
    /// Addresses and protocol are known; the transport header contradicts itself.
    BadTransport = 7,
    /// A fragment other than the first: addresses and protocol are known, ports are not.
    LaterFragment = 8,
    /// More than two VLAN tags.
    ManyTags = 9,
}

/// Whether an IP packet is a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Fragment {
    /// A whole packet.
    #[default]
    Whole = 0,
    /// The first fragment: it has the transport header.
    First = 1,
    /// A later one.
    Later = 2,
}

/// What the headers of one frame say. Offsets are from the start of the frame; fields that do not apply are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Headers {
    /// Sender; IPv4 in mapped form (`::ffff:a.b.c.d`).
    pub src: [u8; 16],
    /// Receiver, in the same form.
    pub dst: [u8; 16],
    /// TCP sequence number.
    pub tcp_seq: u32,
    /// TCP acknowledgement number.
    pub tcp_ack: u32,
    /// Identification of an IPv4 or IPv6 fragment.
    pub fragment_id: u32,
    /// Bytes of transport payload on the wire, by the lengths in the headers.
    pub payload_length: u32,
    /// Bytes of payload that are in the frame, at most `payload_length`.
    pub payload_captured: u32,
    /// Where the payload begins.
    pub payload_offset: u32,
    /// Where the transport header begins.
    pub transport_offset: u32,
    /// Where the IP header begins.
    pub internet_offset: u32,
    /// End of the IP packet by its own length; may lie beyond what was captured.
    pub internet_end: u32,
    /// Port of the sender.
    pub src_port: u16,
    /// Port of the receiver.
    pub dst_port: u16,
    /// TCP window, not scaled.
    pub tcp_window: u16,
    /// Innermost EtherType.
    pub ether_type: u16,
    /// Outermost VLAN id, 0 if untagged.
    pub vlan: u16,
    /// Inner VLAN id, 0 if there is no second tag.
    pub inner_vlan: u16,
    /// 4, 6, or 0 if the frame carries no IP.
    pub ip_version: u8,
    /// IANA protocol number of the transport.
    pub ip_protocol: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// TCP flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
    pub tcp_flags: u8,
    /// ICMP or ICMPv6 type.
    pub icmp_kind: u8,
    /// ICMP or ICMPv6 code.
    pub icmp_code: u8,
    /// VLAN tags that were read.
    pub tags: u8,
    /// Whether it is a fragment.
    pub fragment: Fragment,
}

impl Headers {
    /// The payload that was captured.
    pub fn payload<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        let start = self.payload_offset as usize;
        let end = start + self.payload_captured as usize;
        if end <= frame.len() { &frame[start..end] } else { &[] }
    }
}
