//! Watches the wire and writes down what it sees: the stages in reading order.
//!
//! A frame is captured, decoded to a packet, counted in its flow, and its payload is read; rows go in batches to the
//! exporter. One thread does all of it from frame to batch ([`worker`]); only the exporter is another.

pub mod arguments;
pub mod capture;
pub mod command;
pub mod coverage;
pub mod decode;
pub mod export;
pub mod flow;
pub mod identify;
pub mod ledger;
pub mod links;
pub mod replay;
pub mod secrecy;
pub mod worker;
