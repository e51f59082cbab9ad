//! Packets as bytes: Ethernet, IPv4, TCP and UDP from their RFCs, and the capture file around them.

pub mod packet;
pub mod pcap;

pub use packet::{Packet, Payload, Transport};
pub use pcap::Capture;
