//! The chain of a certificate message up to TLS 1.2 (RFC 5246 7.4.2): who its first certificate is for, and from whom.

use crate::cursor::Cursor;
use crate::oddities::{Oddities, Oddity};
use crate::tls::ja3::put_hex;
use model::record::Fixed;
use model::{Text, Time};
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Most subject alternative names that are kept.
pub const MOST_NAMES: usize = 32;

/// The first certificate of a chain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Certificate {
    /// Subject, as RFC 2253 text in the certificate's order.
    pub subject: Text,
    /// Issuer, likewise.
    pub issuer: Text,
    /// Serial number: hexadecimal bytes joined by colons.
    pub serial: Text,
    /// Start of its validity.
    pub not_before: Time,
    /// End of its validity.
    pub not_after: Time,
    /// Subject alternative names, at most [`MOST_NAMES`].
    pub names: Vec<Text>,
    /// SHA-256 of its DER bytes, in hexadecimal digits.
    pub sha256: Fixed<64>,
    /// Certificates in the chain.
    pub chain: u8,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

impl Certificate {
    /// Reads the body of the message; `None` if the chain is empty.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut certificate = Self::default();
        let mut whole = Cursor::new(body);
        let length = whole.u24()? as usize;
        let mut chain = Cursor::new(&whole.rest()[..whole.rest().len().min(length)]);
        if length > whole.rest().len() {
            certificate.oddities.add(Oddity::Truncated);
        }
        let first = chain.vector24()?;
        certificate.chain = 1;
        while !chain.is_empty() {
            if chain.vector24().is_none() {
                certificate.oddities.add(Oddity::Truncated);
                break;
            }
            certificate.chain = certificate.chain.saturating_add(1);
        }
        certificate.read_der(first);
        Some(certificate)
    }

    fn read_der(&mut self, der: &[u8]) {
        put_hex(&Sha256::digest(der), &mut self.sha256.0);
        let Ok((_, x509)) = X509Certificate::from_der(der) else {
            self.oddities.add(Oddity::Malformed);
            return;
        };
        self.subject = Text::from(x509.subject().to_string());
        self.issuer = Text::from(x509.issuer().to_string());
        self.serial = Text::from(x509.raw_serial_as_string());
        self.not_before = moment(x509.validity().not_before.timestamp());
        self.not_after = moment(x509.validity().not_after.timestamp());
        let Ok(Some(names)) = x509.subject_alternative_name() else { return };
        if names.value.general_names.len() > MOST_NAMES {
            self.oddities.add(Oddity::Cut);
        }
        self.names = names.value.general_names.iter().take(MOST_NAMES).filter_map(name).collect();
    }
}

fn moment(seconds: i64) -> Time {
    Time(seconds.saturating_mul(Time::SECOND))
}

fn name(name: &GeneralName<'_>) -> Option<Text> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            Some(Text::from(*name))
        }
        GeneralName::IPAddress(bytes) => address(bytes).map(Text::from),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).to_string()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).to_string()),
        _ => None,
    }
}
