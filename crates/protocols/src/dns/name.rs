//! Names on the wire, compressed or not (RFC 1035 4.1.4), and the domain that someone registered.

use crate::oddities::{Oddities, Oddity};

/// Longest name on the wire (RFC 1035 2.3.4). Bytes.
const LONGEST: usize = 255;

/// Reads the name at `at`: its text in lower case, and where the bytes after it begin.
///
/// The root is `.`. A pointer must point before the name that holds it, so no name goes on for ever; one that does not,
/// or a name over 255 bytes, ends there and is noted. `None` if the name ends beyond the message.
pub fn read(message: &[u8], at: usize, oddities: &mut Oddities) -> Option<(String, usize)> {
    let (mut text, mut position, mut after) = (String::new(), at, None);
    let (mut start, mut length) = (at, 0);
    loop {
        let byte = *message.get(position)?;
        match byte {
            0 => break,
            0xc0.. => {
                let target =
                    usize::from(byte & 0x3f) << 8 | usize::from(*message.get(position + 1)?);
                after = after.or(Some(position + 2));
                if target >= start {
                    oddities.add(Oddity::NameLoop);
                    break;
                }
                (start, position) = (target, target);
                continue;
            }
            0x40.. => {
                oddities.add(Oddity::Malformed);
                return None;
            }
            _ => {}
        }
        let label = message.get(position + 1..position + 1 + usize::from(byte))?;
        length += label.len() + 1;
        if length > LONGEST {
            oddities.add(Oddity::Malformed);
            after = after.or(skip(message, position));
            break;
        }
        put_label(label, &mut text);
        position += 1 + label.len();
    }
    if text.is_empty() {
        text.push('.');
    }
    Some((text, after.unwrap_or(position + 1)))
}

/// Where the bytes after the name at `at` begin.
pub fn skip(message: &[u8], at: usize) -> Option<usize> {
    let mut position = at;
    loop {
        match *message.get(position)? {
            0 => return Some(position + 1),
            0xc0.. => return Some(position + 2),
            0x40.. => return None,
            length => position += 1 + usize::from(length),
        }
    }
}

/// The registered domain of `name` by the public suffix list, private suffixes included; else the name itself.
pub fn registered_domain(name: &str) -> &str {
    psl::domain_str(name).unwrap_or(name)
}

fn put_label(label: &[u8], text: &mut String) {
    if !text.is_empty() {
        text.push('.');
    }
    for byte in label {
        match byte {
            b'.' | b'\\' => text.extend(['\\', char::from(*byte)]),
            0x21..=0x7e => text.push(char::from(byte.to_ascii_lowercase())),
            _ => text.push_str(&format!("\\{byte:03}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message fragment that RFC 1035 4.1.4 draws: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, root at 92.
    #[test]
    fn the_compression_example_of_the_standard_is_read() {
        let mut message = vec![0; 93];
        message[20..32].copy_from_slice(b"\x01F\x03ISI\x04ARPA\0");
        message[40..46].copy_from_slice(b"\x03FOO\xc0\x14");
        message[64..66].copy_from_slice(b"\xc0\x1a");
        for (at, name, after) in
            [(20, "f.isi.arpa", 32), (40, "foo.f.isi.arpa", 46), (64, "arpa", 66), (92, ".", 93)]
        {
            let mut odd = Oddities::default();
            assert_eq!(read(&message, at, &mut odd), Some((name.to_owned(), after)));
            assert_eq!(skip(&message, at), Some(after));
            assert!(odd.is_empty());
        }
    }

    #[test]
    fn pointers_that_go_nowhere_are_noted_and_end() {
        for message in [b"\xc0\x00".as_slice(), b"\x01a\xc0\x00", b"\xc0\x02\xc0\x00", b"\xc0\x09"]
        {
            let mut odd = Oddities::default();
            let read = read(message, 0, &mut odd);
            assert!(odd.has(Oddity::NameLoop), "{message:?} gave {read:?}");
        }
    }

    #[test]
    fn a_domain_is_what_someone_registered() {
        for (name, domain) in [
            ("a.b.example.co.uk", "example.co.uk"),
            ("www.example.com", "example.com"),
            ("x.y.github.io", "y.github.io"),
            ("com", "com"),
            ("fileserver", "fileserver"),
        ] {
            assert_eq!(registered_domain(name), domain);
        }
    }
}
