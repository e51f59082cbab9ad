//! The server hello, also as hello retry request (RFC 8446 4.1.3 and 4.1.4).

use crate::cursor::Cursor;
use crate::oddities::{Oddities, Oddity};
use crate::tls::client_hello::read_alpn;

/// The `random` that marks a hello retry request: SHA-256 of `HelloRetryRequest`.
pub const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What a server chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// `legacy_version`.
    pub version: u16,
    /// Version of the extension `supported_versions`, 0 if it is absent.
    pub selected_version: u16,
    /// Whether it asks for another client hello.
    pub is_retry: bool,
    /// Session id, 0 to 32 bytes.
    pub session_id: &'a [u8],
    /// Cipher suite.
    pub cipher: u16,
    /// Types of the extensions, in order.
    pub extensions: Vec<u16>,
    /// Protocol name chosen.
    pub alpn: Option<&'a [u8]>,
    /// Whether it took a pre-shared key: TLS 1.3 resumes so.
    pub has_pre_shared_key: bool,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

impl<'a> ServerHello<'a> {
    /// Reads the body of the message; what is missing at its end is left empty and noted.
    pub fn read(body: &'a [u8]) -> Self {
        let mut hello = Self::default();
        if hello.read_fields(&mut Cursor::new(body)).is_none() {
            hello.oddities.add(Oddity::Truncated);
        }
        hello
    }

    /// The version that both will speak.
    pub const fn negotiated_version(&self) -> u16 {
        if self.selected_version == 0 { self.version } else { self.selected_version }
    }

    fn read_fields(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        self.version = cursor.u16()?;
        // Up to draft 21, TLS 1.3 had neither session id nor compression here, and its version in this place.
        let is_early_draft = matches!(self.version, 0x0304 | 0x7f00..=0x7f15);
        self.is_retry = cursor.take(32)? == RETRY;
        if !is_early_draft {
            self.session_id = cursor.vector8()?;
        }
        self.cipher = cursor.u16()?;
        if !is_early_draft {
            cursor.u8()?;
        }
        if cursor.is_empty() {
            return Some(());
        }
        let mut extensions = Cursor::new(cursor.vector16()?);
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let mut body = Cursor::new(extensions.vector16()?);
            self.extensions.push(kind);
            match kind {
                16 => self.alpn = read_alpn(&mut body).and_then(|names| names.first().copied()),
                41 => self.has_pre_shared_key = true,
                43 => self.selected_version = body.u16().unwrap_or(0),
                _ => {}
            }
        }
        Some(())
    }
}
