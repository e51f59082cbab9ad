//! SSH 2.0 (RFC 4253, 8731): banners, KEXINIT, an X25519 exchange, then sealed packets.

use crate::conversation::{Conversation, Side};
use crate::dice::Dice;

const KEXINIT: u8 = 20;
const NEWKEYS: u8 = 21;
const ECDH_INIT: u8 = 30;
const ECDH_REPLY: u8 = 31;

/// Name lists of KEXINIT in the order of RFC 4253, 7.1.
const LISTS: [&str; 10] = [
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
    "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256",
    "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr",
    "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr",
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
    "none,zlib@openssh.com",
    "none,zlib@openssh.com",
    "",
    "",
];

/// Opens and logs in by key.
pub fn open(talk: &mut Conversation, dice: &mut Dice) {
    talk.spoken.app = "ssh";
    talk.say(Side::Src, *b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
    talk.say(Side::Dst, *b"SSH-2.0-OpenSSH_8.7\r\n");
    talk.say(Side::Src, packet(&kexinit(dice), dice));
    talk.say(Side::Dst, packet(&kexinit(dice), dice));
    talk.say(Side::Src, packet(&[&[ECDH_INIT], string(&dice.bytes(32)).as_slice()].concat(), dice));
    let host_key = [string(b"ssh-ed25519"), string(&dice.bytes(32))].concat();
    let proof = [string(b"ssh-ed25519"), string(&dice.bytes(64))].concat();
    let reply =
        [vec![ECDH_REPLY], string(&host_key), string(&dice.bytes(32)), string(&proof)].concat();
    let flight = [packet(&reply, dice), packet(&[NEWKEYS], dice)].concat();
    talk.wait(dice.between(2_000, 6_000));
    talk.say_records(Side::Dst, flight, 2);
    talk.say(Side::Src, packet(&[NEWKEYS], dice));
    for (to_server, to_client) in [(44, 44), (68, 52), (372, 332), (652, 28), (112, 500)] {
        talk.say(Side::Src, dice.bytes(to_server));
        talk.wait(dice.between(1_000, 9_000));
        talk.say(Side::Dst, dice.bytes(to_client));
    }
}

/// Types for about `length_us`: keystrokes echoed, now and then a screenful.
pub fn type_for(talk: &mut Conversation, length_us: i64, dice: &mut Dice) {
    let end = talk.start.plus(talk.length_us() + length_us);
    while talk.start.plus(talk.length_us()) < end {
        talk.wait(dice.exponential(4_000_000).clamp(120_000, 25_000_000));
        talk.say(Side::Src, dice.bytes(36));
        talk.wait(dice.between(300, 2_000));
        let size = if dice.one_in(6) { dice.between(400, 2_400) as usize & !3 } else { 36 };
        talk.say(Side::Dst, dice.bytes(size));
    }
}

fn kexinit(dice: &mut Dice) -> Vec<u8> {
    let mut out = vec![KEXINIT];
    out.extend_from_slice(&dice.array::<16>());
    for list in LISTS {
        out.extend_from_slice(&string(list.as_bytes()));
    }
    out.extend_from_slice(&[0, 0, 0, 0, 0]);
    out
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// The binary packet of RFC 4253, 6, in clear: padded to eight bytes with at least four.
fn packet(payload: &[u8], dice: &mut Dice) -> Vec<u8> {
    let padding = 4 + (8 - (payload.len() + 5 + 4) % 8) % 8;
    let mut out = ((payload.len() + 1 + padding) as u32).to_be_bytes().to_vec();
    out.push(padding as u8);
    out.extend_from_slice(payload);
    out.extend_from_slice(&dice.bytes(padding));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_whole_blocks_with_four_bytes_of_padding_or_more() {
        let mut dice = Dice::new(1, "ssh", 0);
        for length in 1..100 {
            let packet = packet(&vec![7; length], &mut dice);
            assert_eq!(packet.len() % 8, 0);
            assert!((4..12).contains(&packet[4]));
            assert_eq!(
                u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]) as usize,
                packet.len() - 4
            );
        }
    }
}
