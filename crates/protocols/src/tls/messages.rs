//! Handshake messages of one direction, put together from the records that carry parts of them (RFC 8446 4).

/// Most bytes of one message that are kept; a longer one is cut, its end skipped.
pub const LONGEST: usize = 65_536;

/// Client hello (RFC 8446 4.1.2).
pub const CLIENT_HELLO: u8 = 1;
/// Server hello, also hello retry request (RFC 8446 4.1.3).
pub const SERVER_HELLO: u8 = 2;
/// Certificate (RFC 5246 7.4.2).
pub const CERTIFICATE: u8 = 11;

/// One handshake message.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type.
    pub kind: u8,
    /// Its body, empty if the type is none that is read.
    pub body: &'a [u8],
    /// Whether the body was cut at [`LONGEST`].
    pub is_cut: bool,
}

/// Puts messages together.
#[derive(Debug, Default)]
pub struct Messages {
    header: [u8; 4],
    have: usize,
    left: usize,
    is_cut: bool,
    body: Vec<u8>,
}

impl Messages {
    /// Takes the next message off the front of `bytes`, `None` when more are needed.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Message<'_>> {
        if self.have < self.header.len() {
            let part = split_front(bytes, self.header.len() - self.have);
            self.header[self.have..self.have + part.len()].copy_from_slice(part);
            self.have += part.len();
            if self.have < self.header.len() {
                return None;
            }
            let [_, high, middle, low] = self.header;
            self.left = u32::from_be_bytes([0, high, middle, low]) as usize;
            self.is_cut = false;
            self.body.clear();
        }
        let part = split_front(bytes, self.left);
        self.left -= part.len();
        if matches!(self.header[0], CLIENT_HELLO | SERVER_HELLO | CERTIFICATE) {
            let room = LONGEST - self.body.len();
            self.body.extend_from_slice(&part[..part.len().min(room)]);
            self.is_cut |= part.len() > room;
        }
        if self.left > 0 {
            return None;
        }
        self.have = 0;
        Some(Message { kind: self.header[0], body: &self.body, is_cut: self.is_cut })
    }

    /// What there is of a message that breaks off here, if it is one that is read; then forgets it.
    pub fn broken_off(&mut self) -> Option<Message<'_>> {
        let began = self.have == self.header.len() && !self.body.is_empty();
        self.have = 0;
        began.then_some(Message { kind: self.header[0], body: &self.body, is_cut: self.is_cut })
    }

    /// Bytes held.
    pub const fn held(&self) -> usize {
        self.body.capacity()
    }
}

fn split_front<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (part, rest) = bytes.split_at(bytes.len().min(count));
    *bytes = rest;
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_parts_is_the_same_as_whole() {
        let bytes = [CLIENT_HELLO, 0, 0, 3, 7, 8, 9, 14, 0, 0, 0, SERVER_HELLO, 0, 0, 1, 5];
        for cut in 0..=bytes.len() {
            let (mut messages, mut found) = (Messages::default(), Vec::new());
            for mut part in [&bytes[..cut], &bytes[cut..]] {
                while let Some(message) = messages.next(&mut part) {
                    found.push((message.kind, message.body.to_vec()));
                }
            }
            assert_eq!(found, [(1, vec![7, 8, 9]), (14, vec![]), (2, vec![5])]);
        }
    }

    #[test]
    fn a_message_without_end_is_cut() {
        let mut messages = Messages::default();
        assert_eq!(messages.next(&mut [CERTIFICATE, 255, 255, 255].as_slice()), None);
        let chunk = vec![0; 1 << 16];
        let mut cut = false;
        for _ in 0..256 {
            cut |= messages.next(&mut chunk.as_slice()).is_some_and(|message| message.is_cut);
        }
        assert!(cut && messages.held() <= 2 * LONGEST);
    }
}
