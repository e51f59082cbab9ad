//! What every row of a protocol repeats: where and when it was seen, and of which flow it is.

/// Defines the record of a protocol: the columns all of them share, then its own.
///
/// `new` fills the shared ones, and leaves its own at their defaults.
macro_rules! protocol_row {
    ($(#[$meta:meta])* pub struct $name:ident: $table:literal {
        $($(#[$field_meta:meta])* pub $field:ident: $kind:ty,)*
    }) => {
        ::model::record! {
            $(#[$meta])*
            pub struct $name: $table, Protocol {
                /// Where it was seen.
                pub tap: ::std::sync::Arc<str>,
                /// When it began, in packet time.
                pub time: ::model::Time,
                /// From the start of the flow to `time`. Microseconds.
                pub age_us: u64,
                /// Flow it belongs to.
                pub flow_id: u64,
                /// Who opened the flow.
                pub src_ip: ::std::net::Ipv6Addr,
                /// Whom it was opened to.
                pub dst_ip: ::std::net::Ipv6Addr,
                /// Port of `src_ip`.
                pub src_port: u16,
                /// Port of `dst_ip`.
                pub dst_port: u16,
                /// IANA protocol number.
                pub ip_protocol: u8,
                $($(#[$field_meta])* pub $field: $kind,)*
            }
        }

        impl $name {
            /// A row of the flow at `time`, its own columns empty.
            pub fn new(facts: &$crate::FlowFacts<'_>, time: ::model::Time) -> Self {
                Self {
                    tap: facts.tap.clone(),
                    time,
                    age_us: time.since(facts.flow_start).max(0) as u64,
                    flow_id: facts.flow_id,
                    src_ip: facts.ends.src_ip,
                    dst_ip: facts.ends.dst_ip,
                    src_port: facts.ends.src_port,
                    dst_port: facts.ends.dst_port,
                    ip_protocol: facts.ends.ip_protocol,
                    $($field: Default::default(),)*
                }
            }
        }
    };
}
pub(crate) use protocol_row;

/// Microseconds from `earlier` to `later` as a column holds them: 0 if negative, the most it can hold if longer.
pub(crate) fn microseconds(earlier: model::Time, later: model::Time) -> u32 {
    later.since(earlier).clamp(0, i64::from(u32::MAX)) as u32
}
