//! Watches the wire and writes down what it sees: the stages in reading order.
//!
//! A frame is captured, decoded to a packet, counted in its flow, and its payload is read; rows go in batches to the
//! exporter. One thread does all of it from frame to batch ([`worker`]); only the exporter is another.

pub mod capture;
pub mod decode;
pub mod flow;
pub mod identify;
pub mod worker;
pub mod ledger;
pub mod coverage;
pub mod export;
pub mod replay;
pub mod arguments;
pub mod command;
