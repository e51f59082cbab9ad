//! SHA-256 as hexadecimal text.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256 of `bytes` as 64 hexadecimal digits, lower case.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    /// FIPS 180-2, example B.1.
    #[test]
    fn a_hash_is_sha_256() {
        assert_eq!(
            super::sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
