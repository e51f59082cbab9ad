//! Every field that a filter may name: its short names, its type, and where each table keeps it.

/// Tables that can be filtered. `warning` is the row set of the console's queue: `warning_now` with ids in hex, and the
/// triage columns `state` and `owner`.
pub const TABLES: [&str; 2] = ["flow", "warning"];

/// One field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as in the table.
    pub name: &'static str,
    /// Other names that are accepted.
    pub short: &'static [&'static str],
    /// What its values are.
    pub kind: Kind,
    /// What it means, in a few words.
    pub about: &'static str,
    /// SQL expressions in table `flow`; several: any of them. None: not there.
    pub flow: &'static [&'static str],
    /// The same in `warning`.
    pub warning: &'static [&'static str],
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name out of many; `:` means equal.
    Word,
    /// Free text; `:` means contains.
    Text,
    /// A list of names, any of which may match.
    Words,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A number too long for arithmetic, compared as text.
    Id,
    /// A whole number.
    Number,
    /// A whole number with decimal k, M, G, T.
    Size,
    /// A time span; the column counts units of so many microseconds.
    Lasting(i64),
    /// 0 to 1, stored in ten-thousandths.
    Share,
    /// A moment, UTC unless it says otherwise.
    Moment,
    /// An address or a network.
    Address,
    /// A transport, by name or IANA number.
    Protocol,
    /// I to IV; compared as 1 to 4, so that `<= II` is II and worse.
    Level,
    /// P0 to P4.
    Severity,
}

/// Words of `conn_state`.
const CONN_STATES: &[&str] =
    &["OTH", "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR"];
/// Words of `direction`.
const DIRECTIONS: &[&str] = &["unknown", "syn", "role", "port"];
/// Words of `end_reason`.
const END_REASONS: &[&str] = &["open", "fin", "rst", "idle", "evicted", "shutdown"];
/// Words of a warning's state.
const STATES: &[&str] = &["NEW", "ACK", "INV", "ESC", "SHV", "CLOSE"];

const MICROSECOND: i64 = 1;
const SECOND: i64 = 1_000_000;

macro_rules! fields {
    ($($name:literal $short:tt $kind:expr, $about:literal, flow $flow:tt, warning $warning:tt;)*) => {
        &[$(Field { name: $name, short: &$short, kind: $kind, about: $about, flow: &$flow, warning: &$warning },)*]
    };
}

/// Every field.
pub static FIELDS: &[Field] = fields! {
    "time" ["t"] Kind::Moment, "first packet of the slice; when the warning rang", flow ["first_seen"], warning ["time"];
    "first_seen" [] Kind::Moment, "first packet of the slice", flow ["first_seen"], warning [];
    "last_seen" [] Kind::Moment, "last packet of the slice", flow ["last_seen"], warning [];
    "flow_start" ["start"] Kind::Moment, "first packet of the whole flow", flow ["flow_start"], warning [];
    "episode_start" [] Kind::Moment, "start of the episode", flow [], warning ["episode_start"];
    "tap" [] Kind::Word, "where it was seen", flow ["tap"], warning [];
    "ip" ["addr", "host"] Kind::Address, "either end", flow ["src_ip", "dst_ip"], warning [];
    "src_ip" ["src"] Kind::Address, "who opened it", flow ["src_ip"], warning [];
    "dst_ip" ["dst"] Kind::Address, "to whom", flow ["dst_ip"], warning [];
    "src_port" ["sport"] Kind::Number, "port of the opener", flow ["src_port"], warning [];
    "dst_port" ["port", "dport"] Kind::Number, "port of the answerer", flow ["dst_port"], warning [];
    "ip_protocol" ["proto"] Kind::Protocol, "transport", flow ["ip_protocol"], warning [];
    "vlan" [] Kind::Number, "outermost VLAN", flow ["vlan"], warning [];
    "zone" ["z"] Kind::Word, "zone of either end; the zone a warning touches", flow ["src_zone", "dst_zone"],
        warning ["zone"];
    "src_zone" ["szone"] Kind::Word, "zone of the opener", flow ["src_zone"], warning [];
    "dst_zone" ["dzone"] Kind::Word, "zone of the answerer", flow ["dst_zone"], warning [];
    "direction" ["dir"] Kind::OneOf(DIRECTIONS), "how it is known who opened", flow ["direction"], warning [];
    "conn_state" ["conn"] Kind::OneOf(CONN_STATES), "state of the TCP connection", flow ["conn_state"], warning [];
    "end_reason" ["end"] Kind::OneOf(END_REASONS), "why the slice is the last", flow ["end_reason"], warning [];
    "part" [] Kind::Number, "number of the slice", flow ["part"], warning [];
    "bytes" [] Kind::Size, "wire bytes, both directions", flow ["(src_bytes + dst_bytes)"], warning [];
    "src_bytes" ["sbytes"] Kind::Size, "wire bytes from the opener", flow ["src_bytes"], warning [];
    "dst_bytes" ["dbytes"] Kind::Size, "wire bytes from the answerer", flow ["dst_bytes"], warning [];
    "packets" ["pkts"] Kind::Size, "packets, both directions", flow ["(src_packets + dst_packets)"], warning [];
    "src_packets" [] Kind::Size, "packets from the opener", flow ["src_packets"], warning [];
    "dst_packets" [] Kind::Size, "packets from the answerer", flow ["dst_packets"], warning [];
    "src_payload" [] Kind::Size, "payload bytes from the opener", flow ["src_payload"], warning [];
    "dst_payload" [] Kind::Size, "payload bytes from the answerer", flow ["dst_payload"], warning [];
    "src_records" [] Kind::Size, "messages from the opener", flow ["src_records"], warning [];
    "dst_records" [] Kind::Size, "messages from the answerer", flow ["dst_records"], warning [];
    "duration" ["dur"] Kind::Lasting(MICROSECOND), "length of the slice", flow ["duration_us"], warning [];
    "rtt" ["rtt_us"] Kind::Lasting(MICROSECOND), "round trip of the handshake", flow ["rtt_us"], warning [];
    "late" ["late_s"] Kind::Lasting(SECOND), "from last packet to insert", flow ["late_s"], warning [];
    "retransmits" ["retrans"] Kind::Size, "segments seen again", flow ["retransmits"], warning [];
    "gaps" [] Kind::Size, "holes in the streams", flow ["gaps"], warning [];
    "zero_windows" [] Kind::Size, "packets that closed the window", flow ["zero_windows"], warning [];
    "src_ttl" ["ttl"] Kind::Number, "TTL of the opener's packets", flow ["src_ttl"], warning [];
    "dst_ttl" [] Kind::Number, "TTL of the answerer's packets", flow ["dst_ttl"], warning [];
    "app" [] Kind::Word, "identified protocol", flow ["app"], warning [];
    "app_conf" [] Kind::Number, "how sure, 0 to 4", flow ["app_conf"], warning [];
    "dialect" [] Kind::Word, "dialect of the protocol", flow ["dialect"], warning [];
    "sni" ["name"] Kind::Text, "server name of TLS, host of HTTP", flow ["sni"], warning [];
    "ja4" [] Kind::Word, "fingerprint of the client hello", flow ["ja4"], warning [];
    "syn_fingerprint" [] Kind::Text, "options of the SYN", flow ["syn_fingerprint"], warning [];
    "process" [] Kind::Text, "process that owns it", flow ["process"], warning [];
    "policy" [] Kind::Word, "hash of the policy", flow ["policy"], warning [];
    "flow_id" ["flow"] Kind::Id, "the flow", flow ["flow_id"], warning [];
    "community_id" ["cid"] Kind::Id, "the conversation, on any tap", flow ["community_id"], warning [];
    "id" [] Kind::Id, "the warning, in hex", flow [], warning ["id"];
    "detection" ["det", "rule"] Kind::Word, "what found it", flow [], warning ["detection"];
    "subject" ["entity", "who"] Kind::Text, "who is accused", flow [], warning ["subject"];
    "object" ["whom"] Kind::Text, "what they acted on", flow [], warning ["object"];
    "business" ["service"] Kind::Words, "business service", flow [], warning ["business"];
    "severity" ["sev"] Kind::Severity, "what it is about", flow [], warning ["severity"];
    "level" ["lvl"] Kind::Level, "how far up it goes", flow [], warning ["level"];
    "score" [] Kind::Share, "probability that it is what it says", flow [], warning ["score"];
    "sentence" ["what", "text"] Kind::Text, "what a person is told", flow [], warning ["sentence"];
    "attack" ["technique"] Kind::Words, "ATT&CK technique", flow [], warning ["attack"];
    "state" ["st"] Kind::OneOf(STATES), "in whose hands it is", flow [], warning ["state"];
    "owner" [] Kind::Word, "who owns it", flow [], warning ["owner"];
};

/// The field of this name or short name, in any case.
pub fn field(name: &str) -> Option<&'static Field> {
    let name = name.to_ascii_lowercase();
    FIELDS.iter().find(|field| field.name == name || field.short.contains(&name.as_str()))
}

impl Field {
    /// Its expressions in `table`; empty if it has none there.
    pub fn columns(&self, table: &str) -> &'static [&'static str] {
        match table {
            "flow" => self.flow,
            "warning" => self.warning,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::flow::{ConnState, Direction, EndReason};
    use model::triage::State;
    use std::collections::HashSet;

    #[test]
    fn no_two_fields_share_a_name() {
        let names = FIELDS.iter().flat_map(|field| std::iter::once(&field.name).chain(field.short));
        let mut seen = HashSet::new();
        for name in names {
            assert!(seen.insert(name), "{name} twice");
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{name}"
            );
        }
    }

    #[test]
    fn every_field_is_somewhere_and_says_what_it_is() {
        for field in FIELDS {
            assert!(TABLES.iter().any(|table| !field.columns(table).is_empty()), "{}", field.name);
            assert!(!field.about.is_empty(), "{}", field.name);
        }
    }

    #[test]
    fn words_are_those_of_the_model() {
        assert_eq!(
            CONN_STATES,
            ConnState::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
        );
        assert_eq!(DIRECTIONS, Direction::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(
            END_REASONS,
            EndReason::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
        );
        assert_eq!(STATES, State::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    }
}
