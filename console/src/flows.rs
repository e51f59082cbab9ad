//! Flows with their slices put together: one row of them, and the one question for them.

use crate::decode;
use model::Time;
use query::{Scope, named};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use store::{Question, Value};

const SQL: &str = include_str!("flows.sql");

/// Which flows are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of the range, the newest first.
    Newest,
    /// These ids, the oldest first.
    Ids(Vec<u64>),
}

/// At most `limit` flows of `scope` as a question; a filter over flows may be put onto it.
pub fn question(scope: &Scope, which: Which, limit: i64) -> Question {
    let (newest, ids) = match which {
        Which::Newest => (1, Vec::new()),
        Which::Ids(ids) => (0, ids),
    };
    named(SQL, "flows.whole")
        .over(scope)
        .with("newest", newest)
        .with("flows", Value::Numbers(ids))
        .with("limit", limit)
}

/// A flow, its slices put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRow {
    /// Its id.
    pub flow_id: u64,
    /// Where it was seen.
    pub tap: String,
    /// First packet in the range.
    pub first: Time,
    /// Last packet in the range.
    pub last: Time,
    /// Who opened it.
    #[serde(deserialize_with = "decode::address")]
    pub src_ip: IpAddr,
    /// Port of `src_ip`.
    pub src_port: u16,
    /// To whom.
    #[serde(deserialize_with = "decode::address")]
    pub dst_ip: IpAddr,
    /// Port of `dst_ip`.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Identified protocol, empty if none.
    pub app: String,
    /// Server name, empty if none.
    pub sni: String,
    /// Zone of `src_ip`.
    pub src_zone: String,
    /// Zone of `dst_ip`.
    pub dst_zone: String,
    /// Wire bytes from the opener.
    pub src_bytes: u64,
    /// Wire bytes from the answerer.
    pub dst_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ids_are_no_flows_and_a_filter_goes_onto_the_question() {
        let scope = Scope { from: Time(1), to: Time(2), without: Vec::new() };
        let (all, none) =
            (question(&scope, Which::Newest, 3), question(&scope, Which::Ids(Vec::new()), 3));
        assert_eq!(all.sql, none.sql);
        assert!(all.params.contains(&("newest".into(), Value::Number(1))));
        assert!(none.params.contains(&("newest".into(), Value::Number(0))));
        let narrow = crate::narrow::Narrow::read_flows("dst_port = 22").expect("a filter");
        assert!(narrow.onto(all).sql.contains("AND ("));
    }
}
