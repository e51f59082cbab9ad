//! The client hello, as far as its bytes go (RFC 8446 4.1.2, RFC 6066, RFC 7301).

use crate::cursor::{Cursor, numbers};
use crate::oddities::{Oddities, Oddity};

/// What a client offers. Lists are as sent, GREASE included; extensions are cut to their types and what is read here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// `legacy_version`.
    pub version: u16,
    /// Session id, 0 to 32 bytes.
    pub session_id: &'a [u8],
    /// Cipher suites, two bytes each.
    pub ciphers: &'a [u8],
    /// Types of the extensions, in order.
    pub extensions: Vec<u16>,
    /// First host name of the server name extension.
    pub sni: Option<&'a [u8]>,
    /// Protocol names offered.
    pub alpn: Vec<&'a [u8]>,
    /// Versions of the extension of that name, two bytes each.
    pub supported_versions: &'a [u8],
    /// Named groups, two bytes each.
    pub groups: &'a [u8],
    /// Point formats, one byte each.
    pub point_formats: &'a [u8],
    /// Signature algorithms, two bytes each.
    pub signature_algorithms: &'a [u8],
    /// Whether it shows a session ticket (RFC 5077).
    pub has_ticket: bool,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

/// Whether `number` is one of those that stand for nothing (RFC 8701).
pub const fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the message; what is missing at its end is left empty and noted.
    pub fn read(body: &'a [u8]) -> Self {
        let mut hello = Self::default();
        if hello.read_fields(&mut Cursor::new(body)).is_none() {
            hello.oddities.add(Oddity::Truncated);
        }
        hello
    }

    /// Highest version offered, GREASE aside.
    pub fn highest_version(&self) -> u16 {
        numbers(self.supported_versions)
            .filter(|version| !is_grease(*version))
            .max()
            .unwrap_or(self.version)
    }

    fn read_fields(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        self.version = cursor.u16()?;
        cursor.take(32)?;
        self.session_id = cursor.vector8()?;
        self.ciphers = cursor.vector16()?;
        cursor.vector8()?;
        if cursor.is_empty() {
            return Some(());
        }
        let length = cursor.u16()?;
        let is_whole = usize::from(length) <= cursor.rest().len();
        let mut extensions = Cursor::new(&cursor.rest()[..cursor.rest().len().min(length.into())]);
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let body = extensions.vector16()?;
            self.extensions.push(kind);
            if self.read_extension(kind, &mut Cursor::new(body)).is_none() {
                self.oddities.add(Oddity::Malformed);
            }
        }
        is_whole.then_some(())
    }

    fn read_extension(&mut self, kind: u16, cursor: &mut Cursor<'a>) -> Option<()> {
        match kind {
            0 => {
                let mut names = Cursor::new(cursor.vector16()?);
                while self.sni.is_none() && !names.is_empty() {
                    let kind = names.u8()?;
                    let name = names.vector16()?;
                    self.sni = Some(name).filter(|_| kind == 0);
                }
            }
            10 => self.groups = cursor.vector16()?,
            11 => self.point_formats = cursor.vector8()?,
            13 => self.signature_algorithms = cursor.vector16()?,
            16 => self.alpn = read_alpn(cursor)?,
            35 => self.has_ticket = !cursor.is_empty(),
            43 => self.supported_versions = cursor.vector8()?,
            _ => {}
        }
        Some(())
    }
}

/// The names of an ALPN extension (RFC 7301 3.1), client's or server's.
pub fn read_alpn<'a>(cursor: &mut Cursor<'a>) -> Option<Vec<&'a [u8]>> {
    let mut names = Cursor::new(cursor.vector16()?);
    let mut found = Vec::new();
    while !names.is_empty() {
        found.push(names.vector8()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grease_is_the_sixteen_numbers_of_rfc_8701() {
        let grease: Vec<u16> = (0..=u16::MAX).filter(|number| is_grease(*number)).collect();
        assert_eq!(grease.len(), 16);
        assert_eq!((grease[0], grease[1], grease[15]), (0x0a0a, 0x1a1a, 0xfafa));
    }
}
