//! Flow slices: what was seen of a conversation since its previous row.

use crate::{Class, Column, Endpoints, Record, Table, Text, Time, batch::Block};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::sync::Arc;

crate::words! {
    /// How it is known which side opened a flow.
    pub enum Direction {
        /// Not known: `src` is the sender of the first packet seen.
        #[default]
        Unknown = "unknown" / 0,
        /// By the SYN.
        Syn = "syn" / 1,
        /// By the role that the protocol gives each side.
        Role = "role" / 2,
        /// By port rank: the lower, well-known port answers.
        Port = "port" / 3,
    }
}

crate::words! {
    /// Why this slice is the last, or that it is not.
    pub enum EndReason {
        /// The flow goes on.
        #[default]
        Open = "open" / 0,
        /// FIN from both sides.
        Fin = "fin" / 1,
        /// RST.
        Rst = "rst" / 2,
        /// Nothing for the idle timeout.
        Idle = "idle" / 3,
        /// The table was full.
        Evicted = "evicted" / 4,
        /// The sensor stopped, or its file ended.
        Shutdown = "shutdown" / 5,
    }
}

crate::words! {
    /// State of a TCP connection in Zeek's terms, as far as it has got with this slice.
    pub enum ConnState {
        /// Not TCP, or none of the others.
        #[default]
        Other = "OTH" / 0,
        /// SYN, no answer.
        S0 = "S0" / 1,
        /// Established, not ended.
        S1 = "S1" / 2,
        /// Established and ended in order.
        Sf = "SF" / 3,
        /// SYN answered by RST.
        Rej = "REJ" / 4,
        /// Established; the opener closed, no answer.
        S2 = "S2" / 5,
        /// Established; the answerer closed, no answer.
        S3 = "S3" / 6,
        /// Established; the opener aborted.
        Rsto = "RSTO" / 7,
        /// The answerer aborted.
        Rstr = "RSTR" / 8,
        /// SYN then RST from the opener, nothing from the answerer.
        Rstos0 = "RSTOS0" / 9,
        /// SYN-ACK then RST from the answerer, no SYN seen.
        Rstrh = "RSTRH" / 10,
        /// SYN then FIN from the opener, nothing from the answerer.
        Sh = "SH" / 11,
        /// SYN-ACK then FIN from the answerer, no SYN seen.
        Shr = "SHR" / 12,
    }
}

/// One row of a flow: an addition to its earlier rows. Counts are of this slice alone.
///
/// The fields are those of table `flow` in plain terms; [`Record::encode`] turns them into the stored forms of
/// `flow.table.sql` (durations, header excess, logarithmic times).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flow {
    /// Where it was seen.
    pub tap: Arc<str>,
    /// First packet of the whole flow.
    pub flow_start: Time,
    /// Number of this slice, from 0.
    pub part: u32,
    /// Why this slice is the last, or `open`.
    pub end_reason: EndReason,
    /// First packet of this slice.
    pub first_seen: Time,
    /// Last packet of this slice.
    pub last_seen: Time,
    /// Who opened the conversation.
    pub src_ip: Ipv6Addr,
    /// Whom it was opened to.
    pub dst_ip: Ipv6Addr,
    /// Port of `src_ip`.
    pub src_port: u16,
    /// Port of `dst_ip`.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Outermost VLAN id, 0 if untagged.
    pub vlan: u16,
    /// How it is known who opened.
    pub direction: Direction,
    /// Packets from the opener.
    pub src_packets: u64,
    /// Packets from the answerer.
    pub dst_packets: u64,
    /// Wire bytes from the opener: original length of the frames.
    pub src_bytes: u64,
    /// Wire bytes from the answerer.
    pub dst_bytes: u64,
    /// Transport payload bytes from the opener.
    pub src_payload: u64,
    /// Transport payload bytes from the answerer.
    pub dst_payload: u64,
    /// TLS records or protocol messages from the opener.
    pub src_records: u32,
    /// TLS records or protocol messages from the answerer.
    pub dst_records: u32,
    /// TCP flags of the opener's packets, or-ed.
    pub src_tcp_flags: u8,
    /// TCP flags of the answerer's packets, or-ed.
    pub dst_tcp_flags: u8,
    /// TCP state with this slice.
    pub conn_state: ConnState,
    /// Round trip of the handshake (SYN to ACK), 0 if not measured. Microseconds.
    pub rtt_us: u32,
    /// Segments seen again.
    pub retransmits: u32,
    /// Holes in the byte streams that were given up.
    pub gaps: u32,
    /// Packets that closed the window.
    pub zero_windows: u32,
    /// TTL or hop limit of the opener's last packet.
    pub src_ttl: u8,
    /// TTL or hop limit of the answerer's last packet.
    pub dst_ttl: u8,
    /// Options of the SYN in order with window and MSS.
    pub syn_fingerprint: Text,
    /// Mean time between the opener's messages in this slice. Microseconds.
    pub src_gap_mean_us: u32,
    /// Standard deviation of the same.
    pub src_gap_dev_us: u32,
    /// Identified protocol, empty if none.
    pub app: Cow<'static, str>,
    /// How sure: 0 none, 1 port, 2 magic, 3 stateful, 4 fully walked.
    pub app_conf: u8,
    /// Dialect of the protocol, where it has some.
    pub dialect: Cow<'static, str>,
    /// Server name of TLS, or host of HTTP.
    pub sni: Text,
    /// JA4 of the client hello.
    pub ja4: Text,
    /// `flow_id` of the tunnel that carried it, 0 if none.
    pub tunnel_parent: u64,
    /// Process that owns it, on host sensors.
    pub process: Text,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            tap: Arc::from(""),
            flow_start: Time(0),
            part: 0,
            end_reason: EndReason::default(),
            first_seen: Time(0),
            last_seen: Time(0),
            src_ip: Ipv6Addr::UNSPECIFIED,
            dst_ip: Ipv6Addr::UNSPECIFIED,
            src_port: 0,
            dst_port: 0,
            ip_protocol: 0,
            vlan: 0,
            direction: Direction::default(),
            src_packets: 0,
            dst_packets: 0,
            src_bytes: 0,
            dst_bytes: 0,
            src_payload: 0,
            dst_payload: 0,
            src_records: 0,
            dst_records: 0,
            src_tcp_flags: 0,
            dst_tcp_flags: 0,
            conn_state: ConnState::default(),
            rtt_us: 0,
            retransmits: 0,
            gaps: 0,
            zero_windows: 0,
            src_ttl: 0,
            dst_ttl: 0,
            syn_fingerprint: Text::default(),
            src_gap_mean_us: 0,
            src_gap_dev_us: 0,
            app: Cow::Borrowed(""),
            app_conf: 0,
            dialect: Cow::Borrowed(""),
            sni: Text::default(),
            ja4: Text::default(),
            tunnel_parent: 0,
            process: Text::default(),
        }
    }
}

impl Flow {
    /// Who spoke with whom.
    pub const fn endpoints(&self) -> Endpoints {
        Endpoints {
            src_ip: self.src_ip,
            dst_ip: self.dst_ip,
            src_port: self.src_port,
            dst_port: self.dst_port,
            ip_protocol: self.ip_protocol,
        }
    }

    /// Bytes of headers that a packet of this flow has at least: what `src_payload` is stored relative to.
    ///
    /// TCP 66 (Ethernet, IPv4, TCP with timestamps), others 42, 20 more for IPv6, 4 more with a VLAN tag.
    pub fn nominal_header(&self) -> u64 {
        let transport = if self.ip_protocol == 6 { 66 } else { 42 };
        let ip = if self.endpoints().is_ipv4() { 0 } else { 20 };
        transport + ip + if self.vlan == 0 { 0 } else { 4 }
    }
}

/// Index of `value` on a scale of 32 steps an octave: `round(32·log2(1 + value))`, within 1.1 % of the value.
pub fn octave_index(value: u32) -> u16 {
    (32.0 * (1.0 + f64::from(value)).log2()).round() as u16
}

/// The value that [`octave_index`] stands for.
pub fn octave_value(index: u16) -> u32 {
    ((f64::from(index) / 32.0).exp2() - 1.0).round() as u32
}

macro_rules! stored {
    ($($name:literal: $kind:ty = |$flow:ident| $value:expr,)*) => {
        const COLUMNS: &[Column] = &[$(Column { name: $name, kind: <$kind as crate::record::Cell>::KIND },)*];

        fn encode_stored(flow: &Flow, block: &mut Block) {
            let mut at = 0;
            $(
                let $flow = flow;
                let cell: $kind = $value;
                block.put(at, &cell);
                at += 1;
            )*
            let _ = at;
            block.end_row();
        }
    };
}

stored! {
    "tap": Arc<str> = |flow| flow.tap.clone(),
    "first_seen": Time = |flow| flow.first_seen,
    "duration_us": u32 = |flow| flow.last_seen.since(flow.first_seen).clamp(0, i64::from(u32::MAX)) as u32,
    "age_us": u64 = |flow| flow.first_seen.since(flow.flow_start).max(0) as u64,
    "part": u32 = |flow| flow.part,
    "end_reason": EndReason = |flow| flow.end_reason,
    "src_ip": Ipv6Addr = |flow| flow.src_ip,
    "dst_ip": Ipv6Addr = |flow| flow.dst_ip,
    "src_port": u16 = |flow| flow.src_port,
    "dst_port": u16 = |flow| flow.dst_port,
    "ip_protocol": u8 = |flow| flow.ip_protocol,
    "vlan": u16 = |flow| flow.vlan,
    "direction": Direction = |flow| flow.direction,
    "src_packets": u64 = |flow| flow.src_packets,
    "dst_packets": u64 = |flow| flow.dst_packets,
    "src_bytes": u64 = |flow| flow.src_bytes,
    "dst_bytes": u64 = |flow| flow.dst_bytes,
    "src_header_excess": i64 = |flow| header_excess(flow.src_bytes, flow.src_payload, flow.src_packets, flow),
    "dst_header_excess": i64 = |flow| header_excess(flow.dst_bytes, flow.dst_payload, flow.dst_packets, flow),
    "src_records": u32 = |flow| flow.src_records,
    "dst_records": u32 = |flow| flow.dst_records,
    "src_tcp_flags": u8 = |flow| flow.src_tcp_flags,
    "dst_tcp_flags": u8 = |flow| flow.dst_tcp_flags,
    "conn_state": ConnState = |flow| flow.conn_state,
    "rtt_index": u16 = |flow| octave_index(flow.rtt_us),
    "retransmits": u32 = |flow| flow.retransmits,
    "gaps": u32 = |flow| flow.gaps,
    "zero_windows": u32 = |flow| flow.zero_windows,
    "src_ttl": u8 = |flow| flow.src_ttl,
    "dst_ttl": u8 = |flow| flow.dst_ttl,
    "syn_fingerprint": Text = |flow| flow.syn_fingerprint.clone(),
    "src_gap_mean_index": u16 = |flow| octave_index(flow.src_gap_mean_us),
    "src_gap_dev_index": u16 = |flow| octave_index(flow.src_gap_dev_us),
    "app": Cow<'static, str> = |flow| flow.app.clone(),
    "app_conf": u8 = |flow| flow.app_conf,
    "dialect": Cow<'static, str> = |flow| flow.dialect.clone(),
    "sni": Text = |flow| flow.sni.clone(),
    "ja4": Text = |flow| flow.ja4.clone(),
    "tunnel_parent": u64 = |flow| flow.tunnel_parent,
    "process": Text = |flow| flow.process.clone(),
}

fn header_excess(bytes: u64, payload: u64, packets: u64, flow: &Flow) -> i64 {
    bytes as i64 - payload as i64 - (packets * flow.nominal_header()) as i64
}

impl Record for Flow {
    const TABLE: &'static Table = &Table { name: "flow", class: Class::Flow, columns: COLUMNS };

    fn encode(&self, block: &mut Block) {
        encode_stored(self, block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cell;
    use proptest::prelude::*;

    #[test]
    fn words_are_an_enum8_in_the_store() {
        assert_eq!(Direction::KIND, "Enum8('unknown' = 0, 'syn' = 1, 'role' = 2, 'port' = 3)");
        assert!(ConnState::KIND.ends_with("'SH' = 11, 'SHR' = 12)"));
    }

    #[test]
    fn a_slice_is_read_back_from_its_line() {
        let flow =
            Flow { tap: "D".into(), src_packets: 3, sni: "a.example".into(), ..Flow::default() };
        let line = serde_json::to_string(&flow).expect("a flow is JSON");
        assert_eq!(serde_json::from_str::<Flow>(&line).expect("its own line"), flow);
    }

    proptest! {
        #[test]
        fn an_octave_index_is_within_its_error(value in 0u32..3_600_000_000) {
            let back = octave_value(octave_index(value));
            prop_assert!(f64::from(back.abs_diff(value)) <= f64::from(value) * 0.011 + 0.5);
        }
    }
}
