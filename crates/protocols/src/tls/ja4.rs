//! JA4, the fingerprint of a TLS client (FoxIO, `technical_details/JA4.md`; BSD-3-Clause).

use crate::cursor::numbers;
use crate::tls::client_hello::{ClientHello, is_grease};
use crate::tls::ja3::put_hex;
use model::record::Fixed;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

/// JA4 of a client hello over TCP, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
pub fn ja4(hello: &ClientHello<'_>) -> Fixed<36> {
    let ciphers: Vec<u16> = numbers(hello.ciphers).filter(|cipher| !is_grease(*cipher)).collect();
    let extensions: Vec<u16> =
        hello.extensions.iter().copied().filter(|kind| !is_grease(*kind)).collect();
    let text = format!(
        "t{}{}{:02}{:02}{}_{}_{}",
        version(hello.highest_version()),
        if extensions.contains(&SERVER_NAME) { 'd' } else { 'i' },
        ciphers.len().min(99),
        extensions.len().min(99),
        alpn(hello.alpn.first().copied().unwrap_or_default()),
        hash_of_ciphers(&ciphers),
        hash_of_extensions(&extensions, hello.signature_algorithms),
    );
    Fixed::from_text(&text)
}

const fn version(number: u16) -> &'static str {
    match number {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last character of the first protocol name; of its hexadecimal form if either is no letter or digit.
fn alpn(name: &[u8]) -> String {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return "00".into() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].iter().collect();
    }
    format!("{:x}{:x}", first >> 4, last & 15)
}

fn hash_of_ciphers(ciphers: &[u16]) -> String {
    hash(&sorted_hex(ciphers.to_vec()))
}

fn hash_of_extensions(extensions: &[u16], signature_algorithms: &[u8]) -> String {
    let kept =
        extensions.iter().copied().filter(|kind| !matches!(*kind, SERVER_NAME | ALPN)).collect();
    let mut text = sorted_hex(kept);
    let algorithms = numbers(signature_algorithms).filter(|algorithm| !is_grease(*algorithm));
    for (at, algorithm) in algorithms.enumerate() {
        write!(text, "{}{algorithm:04x}", if at == 0 { '_' } else { ',' }).expect("text grows");
    }
    hash(&text)
}

fn sorted_hex(mut values: Vec<u16>) -> String {
    values.sort_unstable();
    let mut text = String::with_capacity(5 * values.len());
    for (at, value) in values.iter().enumerate() {
        write!(text, "{}{value:04x}", if at == 0 { "" } else { "," }).expect("text grows");
    }
    text
}

/// The first 12 digits of SHA-256, zeros if there is nothing to hash.
fn hash(text: &str) -> String {
    if text.is_empty() {
        return "000000000000".into();
    }
    let mut digits = [0; 12];
    put_hex(&Sha256::digest(text.as_bytes())[..6], &mut digits);
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification works through.
    #[test]
    fn the_published_example_hashes_as_published() {
        let ciphers = [
            0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
            0x009c, 0x009d, 0x002f, 0x0035,
        ];
        assert_eq!(hash_of_ciphers(&ciphers), "8daaf6152771");
        let extensions = [
            0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
            0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
        ];
        let algorithms: Vec<u8> =
            [0x0403u16, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
                .iter()
                .flat_map(|algorithm| algorithm.to_be_bytes())
                .collect();
        assert_eq!(hash_of_extensions(&extensions, &algorithms), "e5627efa2ab1");
    }

    #[test]
    fn the_alpn_part_is_as_the_specification_lists_it() {
        for (name, expected) in [
            (b"h2".as_slice(), "h2"),
            (b"http/1.1", "h1"),
            (b"", "00"),
            (b"a", "aa"),
            (b"\xab", "ab"),
            (b"\xab\xcd", "ad"),
            (b"\x30\xab", "3b"),
            (b"\x30\x31\xab\xcd", "3d"),
            (b"\x30\xab\xcd\x31", "01"),
        ] {
            assert_eq!(alpn(name), expected, "{name:x?}");
        }
    }
}
