//! Flat `no_std` header parsing shared by the kernel program and the sensor.
//!
//! Everything here is plain: fixed-size structs that are always fully initialised, results written through `&mut`, and
//! answers that are one small code. So it compiles for the kernel's verifier as it does for user space, allocates
//! nothing and costs a few nanoseconds a frame. It knows the common headers only: Ethernet, up to two VLAN tags, IPv4
//! with options, IPv6, TCP, UDP, ICMP and ICMPv6. What is rarer (extension headers, tunnels, odd links) is handed back
//! with a code that says where it stopped, and the sensor goes on from there.
#![no_std]

pub mod headers;
pub mod internet;
pub mod link;
pub mod transport;

mod bytes;

pub use headers::{Code, Fragment, Headers};
