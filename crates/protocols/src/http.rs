//! HTTP/1: one row per transaction (RFC 9110, RFC 9112).
//!
//! Memory: one head of at most 64 KiB in the making on each side; and the requests that wait for their response, 64
//! however long they are (at most 4 KiB each), at most 256 if their texts are less than 128 KiB. Bodies are never kept.

pub mod body;
mod exchange;
pub mod head;
mod reader;
mod recognise;

use crate::protocol::{Protocol, Transport};
use crate::row::protocol_row;
use model::{Record, Text};

/// HTTP/1.0 and HTTP/1.1.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    doc: "HTTP/1.0 and 1.1: requests with their responses, without query values, cookies or bodies",
    transports: &[Transport::Tcp],
    ports: &[80, 591, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8888],
    probe: recognise::probe,
    client: recognise::client,
    start: |_| Box::new(reader::Reader::default()),
    table: Some(Http::TABLE),
    table_sql: Some(include_str!("http.table.sql")),
};

protocol_row! {
    /// One request with its response, or either alone; written when both have ended.
    pub struct Http: "http" {
        /// Method.
        pub method: Text,
        /// Host asked for, in lower case, with its port if it was given.
        pub host: Text,
        /// Path without the query.
        pub path: Text,
        /// Bytes of the query.
        pub query_bytes: u32,
        /// User agent.
        pub user_agent: Text,
        /// Host of the page that led here.
        pub referrer_host: Text,
        /// Status of the final response, 0 if none came.
        pub status: u16,
        /// Version of the request, else of the response: 9, 10 or 11.
        pub version: u8,
        /// Media type of the request's body.
        pub request_type: Text,
        /// Media type of the response's body.
        pub response_type: Text,
        /// Bytes of the request's body.
        pub request_bytes: u64,
        /// Bytes of the response's body.
        pub response_bytes: u64,
        /// From the end of the request's head to the end of the response's. Microseconds.
        pub latency_us: u32,
        /// What was odd, in words joined by commas.
        pub oddities: crate::Oddities,
    }
}
