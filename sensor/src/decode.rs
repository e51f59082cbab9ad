//! Frame → packet: link, IP, transport. The common headers by `wire`, the rare ones here.

mod extensions;
mod link;
mod wireless;

use crate::capture::Frame;
use crate::ledger::Account;
use model::Time;
use wire::{Code, Headers};

/// A packet as the flow table takes it.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// When it was captured.
    pub time: Time,
    /// Length on the wire in bytes, link header included.
    pub wire_length: u32,
    /// The frame, as far as it was captured.
    pub frame: &'a [u8],
    /// What its headers say.
    pub headers: &'a Headers,
}

impl std::fmt::Debug for Packet<'_> {
    /// The bytes may hold what is never kept: their number is told.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Packet")
            .field("time", &self.time)
            .field("wire_length", &self.wire_length)
            .field("frame", &self.frame.len())
            .field("headers", &self.headers)
            .finish()
    }
}

impl<'a> Packet<'a> {
    /// The transport payload that was captured.
    pub fn payload(&self) -> &'a [u8] {
        self.headers.payload(self.frame)
    }
}

/// Reads the headers of `frame`; the account that the frame goes to: `DecodeKept`, or why it is no packet.
pub fn decode(frame: &Frame<'_>, headers: &mut Headers) -> Account {
    let code = match link::read(frame.link, frame.bytes, headers) {
        Some(Code::Extension) => extensions::read(frame.bytes, headers),
        Some(code) => code,
        None => return Account::DecodeUnknownLink,
    };
    match code {
        Code::Complete | Code::LaterFragment => Account::DecodeKept,
        Code::NotIp => Account::DecodeNotIp,
        // A header that was cut still names its conversation if the ports are in it.
        Code::ShortTransport | Code::BadTransport if has_ports(headers) => Account::DecodeKept,
        Code::ShortLink | Code::ShortInternet | Code::ShortTransport => Account::DecodeShort,
        Code::BadInternet | Code::BadTransport | Code::Extension | Code::ManyTags => {
            Account::DecodeMalformed
        }
    }
}

fn has_ports(headers: &Headers) -> bool {
    headers.src_port != 0 || headers.dst_port != 0
}
