//! The ClientHello of a few clients (RFC 5246, 8446 and the extensions' own), and its JA4.

use crate::dice::Dice;
use sha2::{Digest, Sha256};

/// Which client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// A browser of the Chrome family, offering TLS 1.3 and HTTP/2.
    Browser,
    /// A program on an OpenSSL library that offers TLS 1.2.
    Service,
    /// The remote desktop client of Windows.
    Desktop,
    /// The intruder's program, on the TLS library of Windows.
    Implant,
}

impl Client {
    /// Cipher suites, in its order (IANA numbers).
    const fn ciphers(self) -> &'static [u16] {
        match self {
            Self::Browser => &[
                0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013,
                0xC014, 0x009C, 0x009D, 0x002F, 0x0035,
            ],
            Self::Service => {
                &[0xC02C, 0xC030, 0x009F, 0xCCA9, 0xCCA8, 0xCCAA, 0xC02B, 0xC02F, 0x009E, 0x00FF]
            }
            Self::Desktop => &[
                0xC02C, 0xC02B, 0xC030, 0xC02F, 0xC024, 0xC023, 0xC028, 0xC027, 0xC00A, 0xC009,
                0xC014, 0xC013, 0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F, 0x000A,
            ],
            Self::Implant => &[
                0xC02C, 0xC02B, 0xC030, 0xC02F, 0x009F, 0x009E, 0xC024, 0xC023, 0xC028, 0xC027,
                0xC00A, 0xC009, 0xC014, 0xC013, 0x0039, 0x0033, 0x009D, 0x009C, 0x003D, 0x003C,
                0x0035, 0x002F,
            ],
        }
    }

    /// Signature schemes, in its order.
    const fn signatures(self) -> &'static [u16] {
        match self {
            Self::Browser => &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
            Self::Service => &[
                0x0403, 0x0503, 0x0603, 0x0807, 0x0809, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501,
                0x0601,
            ],
            Self::Desktop => &[0x0401, 0x0403, 0x0804, 0x0501, 0x0503, 0x0805, 0x0201, 0x0203],
            Self::Implant => {
                &[0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603]
            }
        }
    }

    /// Extensions, in its order.
    const fn extensions(self) -> &'static [u16] {
        match self {
            Self::Browser => &[
                0x0000, 0x0017, 0xFF01, 0x000A, 0x000B, 0x0023, 0x0010, 0x0005, 0x000D, 0x0012,
                0x0033, 0x002D, 0x002B, 0x001B, 0x4469, 0x0015,
            ],
            Self::Service => &[0x0000, 0x000B, 0x000A, 0x0023, 0x0016, 0x0017, 0x000D],
            Self::Desktop => &[0x0000, 0x0005, 0x000A, 0x000B, 0x000D, 0x0023, 0x0017, 0xFF01],
            Self::Implant => &[0x0000, 0x000A, 0x000B, 0x000D, 0x0017, 0xFF01],
        }
    }

    /// Protocols it asks for, its favourite first.
    const fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Browser => &["h2", "http/1.1"],
            _ => &[],
        }
    }

    /// Body of its ClientHello (handshake type 1) to `server`.
    pub fn hello(self, server: &str, dice: &mut Dice) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend_from_slice(&dice.array::<32>());
        if self == Self::Browser {
            body.push(32);
            body.extend_from_slice(&dice.array::<32>());
        } else {
            body.push(0);
        }
        let ciphers: Vec<u8> =
            self.ciphers().iter().flat_map(|cipher| cipher.to_be_bytes()).collect();
        body.extend_from_slice(&sized16(&ciphers));
        body.extend_from_slice(&[1, 0]);
        let mut extensions = Vec::new();
        for kind in self.extensions() {
            let contents = self.extension(*kind, server, extensions.len() + body.len(), dice);
            extensions.extend_from_slice(&kind.to_be_bytes());
            extensions.extend_from_slice(&sized16(&contents));
        }
        body.extend_from_slice(&sized16(&extensions));
        body
    }

    fn extension(self, kind: u16, server: &str, so_far: usize, dice: &mut Dice) -> Vec<u8> {
        match kind {
            0x0000 => sized16(&[&[0], sized16(server.as_bytes()).as_slice()].concat()),
            0x0005 => vec![1, 0, 0, 0, 0],
            0x000A => vec![0, 6, 0x00, 0x1D, 0x00, 0x17, 0x00, 0x18],
            0x000B => vec![1, 0],
            0x000D => sized16(
                &self
                    .signatures()
                    .iter()
                    .flat_map(|scheme| scheme.to_be_bytes())
                    .collect::<Vec<_>>(),
            ),
            0x0010 => sized16(&protocol_list(self.protocols())),
            0x0015 => vec![0; 508_usize.saturating_sub(so_far + 6)],
            0x001B => vec![2, 0, 2],
            0x002B => vec![4, 3, 4, 3, 3],
            0x002D => vec![1, 1],
            0x0033 => sized16(&[&[0x00, 0x1D], sized16(&dice.array::<32>()).as_slice()].concat()),
            0x4469 => sized16(&protocol_list(&["h2"])),
            0xFF01 => vec![0],
            _ => Vec::new(),
        }
    }

    /// JA4 of its ClientHello (FoxIO's technical description of JA4, BSD-3-Clause): protocol, version, whether it names a
    /// server, counts, first protocol, then truncated hashes of sorted ciphers and of sorted extensions with signatures.
    pub fn ja4(self) -> String {
        let version = if self.extensions().contains(&0x002B) { "13" } else { "12" };
        let protocol = self.protocols().first().map_or_else(
            || "00".into(),
            |name| {
                let bytes = name.as_bytes();
                format!("{}{}", bytes[0] as char, bytes[bytes.len() - 1] as char)
            },
        );
        let mut ciphers = self.ciphers().to_vec();
        ciphers.sort_unstable();
        let mut extensions: Vec<u16> = self
            .extensions()
            .iter()
            .copied()
            .filter(|kind| !matches!(kind, 0x0000 | 0x0010))
            .collect();
        extensions.sort_unstable();
        let rest = format!("{}_{}", hex_list(&extensions), hex_list(self.signatures()));
        format!(
            "t{version}d{:02}{:02}{protocol}_{}_{}",
            self.ciphers().len(),
            self.extensions().len(),
            short_hash(&hex_list(&ciphers)),
            short_hash(&rest)
        )
    }
}

fn protocol_list(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| [&[name.len() as u8], name.as_bytes()].concat()).collect()
}

fn hex_list(numbers: &[u16]) -> String {
    numbers.iter().map(|number| format!("{number:04x}")).collect::<Vec<_>>().join(",")
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..6]
        .iter()
        .fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}

/// `bytes` after their length in two bytes.
pub(super) fn sized16(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FoxIO's JA4 page for a Chrome client.
    #[test]
    fn the_browser_has_the_published_ja4_of_chrome() {
        assert_eq!(Client::Browser.ja4(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn clients_differ_in_their_ja4() {
        let mut prints: Vec<String> =
            [Client::Browser, Client::Service, Client::Desktop, Client::Implant]
                .map(Client::ja4)
                .into();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), 4);
    }

    #[test]
    fn a_browser_pads_its_hello_to_512_bytes() {
        let hello = Client::Browser.hello("www.example", &mut Dice::new(1, "hello", 0));
        assert_eq!(hello.len() + 4, 512);
    }
}
