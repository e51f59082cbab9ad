//! SMB 3.1.1 over TCP 445 (MS-SMB2): negotiate, NTLM session setup, then sealed messages.

use crate::conversation::{Conversation, Side};
use crate::dice::Dice;

const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const MORE_PROCESSING: u32 = 0xC000_0016;
/// Bytes before the payload of an NTLM message of type 3 (MS-NLMP 2.2.1.3) with version and without MIC.
const AUTHENTICATE_HEADER: u32 = 72;

/// Opens a session as `domain\user`.
pub fn open(talk: &mut Conversation, domain: &str, user: &str, dice: &mut Dice) {
    talk.spoken.app = "smb";
    let session = u64::from_le_bytes(dice.array()) >> 1;
    talk.say(
        Side::Src,
        framed(&[header(NEGOTIATE, 0, 0, 0, false), negotiate_request(dice)].concat()),
    );
    talk.wait(dice.between(400, 1_200));
    talk.say(
        Side::Dst,
        framed(&[header(NEGOTIATE, 0, 0, 0, true), negotiate_response(talk, dice)].concat()),
    );
    talk.wait(dice.between(300, 900));
    let hello = ntlm(
        1,
        &[
            0x97, 0x82, 0x08, 0xE2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0x61,
            0x4A, 0, 0, 0, 15,
        ],
    );
    talk.say(
        Side::Src,
        framed(&[header(SESSION_SETUP, 1, 0, 0, false), setup_request(&hello)].concat()),
    );
    talk.wait(dice.between(300, 900));
    let challenge = [
        header(SESSION_SETUP, 1, session, MORE_PROCESSING, true),
        setup_response(&challenge(domain, dice)),
    ];
    talk.say(Side::Dst, framed(&challenge.concat()));
    talk.wait(dice.between(300, 900));
    let proof = setup_request(&authenticate(domain, user, dice));
    talk.say(Side::Src, framed(&[header(SESSION_SETUP, 2, session, 0, false), proof].concat()));
    talk.wait(dice.between(1_000, 3_000));
    talk.say(
        Side::Dst,
        framed(&[header(SESSION_SETUP, 2, session, 0, true), setup_response(&[])].concat()),
    );
}

/// Moves `bytes` from `side` in sealed writes of 64 kB, each acknowledged; a pause of `pause_us` after each.
pub fn copy(talk: &mut Conversation, side: Side, bytes: usize, pause_us: i64, dice: &mut Dice) {
    let mut rest = bytes;
    while rest > 0 {
        let now = rest.min(64_000);
        talk.say(side, sealed(now, dice));
        talk.wait(dice.between(1_000, 4_000));
        talk.say(side.other(), sealed(84, dice));
        talk.wait(dice.around(pause_us, 300));
        rest -= now;
    }
}

/// The transform header (MS-SMB2 2.2.41) and `bytes` sealed.
fn sealed(bytes: usize, dice: &mut Dice) -> Vec<u8> {
    let mut out = vec![0xFD];
    out.extend_from_slice(b"SMB");
    out.extend_from_slice(&dice.array::<16>());
    out.extend_from_slice(&dice.array::<11>());
    out.extend_from_slice(&[0; 5]);
    out.extend_from_slice(&(bytes as u32).to_le_bytes());
    out.extend_from_slice(&[0, 0, 1, 0]);
    out.extend_from_slice(&dice.array::<8>());
    out.extend_from_slice(&dice.bytes(bytes));
    framed(&out)
}

/// The NetBIOS-style length in front (MS-SMB2 2.1).
fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32).to_be_bytes(), message].concat()
}

/// The SMB2 header (MS-SMB2 2.2.1.2).
fn header(command: u16, message: u64, session: u64, status: u32, is_response: bool) -> Vec<u8> {
    let mut out = vec![0xFE];
    out.extend_from_slice(b"SMB");
    out.extend_from_slice(&[64, 0, 1, 0]);
    out.extend_from_slice(&status.to_le_bytes());
    out.extend_from_slice(&command.to_le_bytes());
    out.extend_from_slice(&[1, 0]);
    out.extend_from_slice(&u32::from(is_response).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&message.to_le_bytes());
    out.extend_from_slice(&[0xFF, 0xFE, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&[0; 16]);
    out
}

/// Dialects 2.0.2 to 3.1.1, with the contexts that 3.1.1 needs.
fn negotiate_request(dice: &mut Dice) -> Vec<u8> {
    let mut out = vec![36, 0, 5, 0, 1, 0, 0, 0, 0x7F, 0, 0, 0];
    out.extend_from_slice(&dice.array::<16>());
    out.extend_from_slice(&[0x70, 0, 0, 0, 2, 0, 0, 0]);
    for dialect in [0x0202_u16, 0x0210, 0x0300, 0x0302, 0x0311] {
        out.extend_from_slice(&dialect.to_le_bytes());
    }
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&contexts(dice));
    out
}

/// 3.1.1 is chosen; no security blob, so that the client begins with NTLM.
fn negotiate_response(talk: &Conversation, dice: &mut Dice) -> Vec<u8> {
    let file_time = ((talk.start.0 + 11_644_473_600_000_000) * 10) as u64;
    let mut out = vec![65, 0, 1, 0, 0x11, 0x03, 2, 0];
    out.extend_from_slice(&dice.array::<16>());
    out.extend_from_slice(&0x2F_u32.to_le_bytes());
    for limit in [0x0010_0000_u32; 3] {
        out.extend_from_slice(&limit.to_le_bytes());
    }
    out.extend_from_slice(&file_time.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&[0x80, 0, 0, 0, 0x80, 0, 0, 0]);
    out.extend_from_slice(&contexts(dice));
    out
}

/// Preauthentication integrity (SHA-512) and encryption (AES-128-GCM), each aligned to eight bytes.
fn contexts(dice: &mut Dice) -> Vec<u8> {
    let mut out = vec![1, 0, 38, 0, 0, 0, 0, 0, 1, 0, 32, 0, 1, 0];
    out.extend_from_slice(&dice.array::<32>());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&[2, 0, 4, 0, 0, 0, 0, 0, 1, 0, 2, 0]);
    out
}

fn setup_request(blob: &[u8]) -> Vec<u8> {
    let mut out = vec![25, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    out.extend_from_slice(&88_u16.to_le_bytes());
    out.extend_from_slice(&(blob.len() as u16).to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(blob);
    out
}

fn setup_response(blob: &[u8]) -> Vec<u8> {
    let mut out = vec![9, 0, 0, 0, 72, 0];
    out.extend_from_slice(&(blob.len() as u16).to_le_bytes());
    out.extend_from_slice(blob);
    out
}

/// An NTLM message (MS-NLMP 2.2.1).
fn ntlm(kind: u32, rest: &[u8]) -> Vec<u8> {
    [b"NTLMSSP\0".as_slice(), &kind.to_le_bytes(), rest].concat()
}

/// Type 2: target name, challenge, and target information with the two names and its end.
fn challenge(domain: &str, dice: &mut Dice) -> Vec<u8> {
    let name = utf16(domain);
    let mut info = Vec::new();
    for (kind, value) in [(2_u16, utf16(domain)), (1, utf16("SAA-1")), (0, Vec::new())] {
        info.extend_from_slice(&kind.to_le_bytes());
        info.extend_from_slice(&(value.len() as u16).to_le_bytes());
        info.extend_from_slice(&value);
    }
    let mut rest = field(name.len(), 56);
    rest.extend_from_slice(&[0x15, 0x82, 0x89, 0xE2]);
    rest.extend_from_slice(&dice.array::<8>());
    rest.extend_from_slice(&[0; 8]);
    rest.extend_from_slice(&field(info.len(), 56 + name.len() as u32));
    rest.extend_from_slice(&[10, 0, 0x61, 0x4A, 0, 0, 0, 15]);
    rest.extend_from_slice(&name);
    rest.extend_from_slice(&info);
    ntlm(2, &rest)
}

/// Type 3: names and two responses of 24 random bytes.
fn authenticate(domain: &str, user: &str, dice: &mut Dice) -> Vec<u8> {
    let parts =
        [dice.bytes(24), dice.bytes(24), utf16(domain), utf16(user), utf16("OP-1"), dice.bytes(16)];
    let mut rest = Vec::new();
    let mut offset = AUTHENTICATE_HEADER;
    for part in &parts {
        rest.extend_from_slice(&field(part.len(), offset));
        offset += part.len() as u32;
    }
    rest.extend_from_slice(&[0x15, 0x82, 0x88, 0xE2, 10, 0, 0x61, 0x4A, 0, 0, 0, 15]);
    for part in &parts {
        rest.extend_from_slice(part);
    }
    ntlm(3, &rest)
}

/// Length, room and offset of a field.
fn field(length: usize, offset: u32) -> Vec<u8> {
    let length = (length as u16).to_le_bytes();
    [length.as_slice(), &length, &offset.to_le_bytes()].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_lengths_of_the_document() {
        let mut dice = Dice::new(1, "smb", 0);
        assert_eq!(header(0, 0, 0, 0, false).len(), 64);
        assert_eq!(negotiate_request(&mut dice)[28..36], [0x70, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(contexts(&mut dice).len(), 48 + 12);
        assert_eq!(sealed(100, &mut dice).len(), 4 + 52 + 100);
        assert_eq!(ntlm(3, &[]).len() + 6 * 8 + 4 + 8, AUTHENTICATE_HEADER as usize);
    }
}
