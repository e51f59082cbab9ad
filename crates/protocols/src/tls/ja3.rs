//! JA3 and JA3S: MD5 over what a hello offers (Salesforce, 2017; BSD-3-Clause).

use crate::cursor::numbers;
use crate::tls::client_hello::{ClientHello, is_grease};
use crate::tls::server_hello::ServerHello;
use md5::{Digest, Md5};
use model::record::Fixed;
use std::fmt::Write;

/// JA3 of a client hello: `version,ciphers,extensions,groups,point formats`, GREASE left out.
pub fn ja3(hello: &ClientHello<'_>) -> Fixed<32> {
    digest(&ja3_text(hello))
}

/// JA3S of a server hello: `version,cipher,extensions`.
pub fn ja3s(hello: &ServerHello<'_>) -> Fixed<32> {
    let mut text = format!("{},{},", hello.version, hello.cipher);
    join(&mut text, hello.extensions.iter().copied());
    digest(&text)
}

fn ja3_text(hello: &ClientHello<'_>) -> String {
    let mut text = format!("{},", hello.version);
    join(&mut text, numbers(hello.ciphers));
    text.push(',');
    join(&mut text, hello.extensions.iter().copied());
    text.push(',');
    join(&mut text, numbers(hello.groups));
    text.push(',');
    join(&mut text, hello.point_formats.iter().map(|format| u16::from(*format)));
    text
}

fn join(text: &mut String, values: impl Iterator<Item = u16>) {
    for (at, value) in values.filter(|value| !is_grease(*value)).enumerate() {
        let dash = if at == 0 { "" } else { "-" };
        write!(text, "{dash}{value}").expect("text grows");
    }
}

fn digest(text: &str) -> Fixed<32> {
    let mut hex = [0; 32];
    put_hex(&Md5::digest(text.as_bytes()), &mut hex);
    Fixed(hex)
}

/// Writes `bytes` as lower-case hexadecimal digits, as many as `out` holds.
pub fn put_hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(out.chunks_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of the authors' description of JA3.
    #[test]
    fn the_published_examples_hash_as_published() {
        let text = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0";
        assert_eq!(digest(text).as_str(), "ada70206e40642a3e4461f35503241d5");
        assert_eq!(
            digest("769,4-5-10-9-100-98-3-6-19-18-99,,,").as_str(),
            "de350869b8c85de67a350c8d186f11e6"
        );
    }

    #[test]
    fn a_hello_is_written_as_the_published_example() {
        let ciphers: Vec<u8> = [47u16, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4]
            .iter()
            .flat_map(|cipher| cipher.to_be_bytes())
            .collect();
        let hello = ClientHello {
            version: 769,
            ciphers: &ciphers,
            extensions: vec![0x0a0a, 0, 10, 11],
            groups: &[0x1a, 0x1a, 0, 23, 0, 24, 0, 25],
            point_formats: &[0],
            ..ClientHello::default()
        };
        assert_eq!(ja3(&hello).as_str(), "ada70206e40642a3e4461f35503241d5");
    }
}
