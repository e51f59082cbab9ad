//! DNS queries and answers over UDP (RFC 1035).

use crate::bank::Host;
use crate::conversation::{Conversation, Manner, Side};
use crate::dice::Dice;
use model::Time;
use std::net::Ipv4Addr;

/// A question of type A and its answer, as one conversation on port 53.
pub fn lookup(
    start: Time,
    src: Host,
    server: Host,
    name: &str,
    answer: Ipv4Addr,
    dice: &mut Dice,
) -> Conversation {
    let mut talk = Conversation::new(start, src, server, 53, dice);
    talk.manner = Manner::Datagrams;
    talk.spoken.app = "dns";
    let id = u16::from_le_bytes(dice.array());
    talk.say(Side::Src, message(id, name, None));
    talk.wait(dice.between(200, 1_200));
    talk.say(Side::Dst, message(id, name, Some(answer)));
    talk
}

fn message(id: u16, name: &str, answer: Option<Ipv4Addr>) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    let (flags, answers) = if answer.is_some() { ([0x81, 0x80], 1) } else { ([0x01, 0x00], 0) };
    out.extend_from_slice(&flags);
    out.extend_from_slice(&[0, 1, 0, answers, 0, 0, 0, 0]);
    for label in name.split('.') {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.extend_from_slice(&[0, 0, 1, 0, 1]);
    if let Some(address) = answer {
        out.extend_from_slice(&[0xC0, 12, 0, 1, 0, 1]);
        out.extend_from_slice(&300_u32.to_be_bytes());
        out.extend_from_slice(&[0, 4]);
        out.extend_from_slice(&address.octets());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_laid_out_as_the_rfc_says() {
        let expected = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x01\0\x01";
        assert_eq!(message(0x1234, "a.example", None), expected);
    }

    #[test]
    fn an_answer_points_back_to_the_name() {
        let answer = message(1, "a.example", Some(Ipv4Addr::new(192, 0, 2, 1)));
        assert_eq!(answer[2..8], [0x81, 0x80, 0, 1, 0, 1]);
        assert_eq!(answer[27..], *b"\xC0\x0C\0\x01\0\x01\0\0\x01\x2C\0\x04\xC0\0\x02\x01");
    }
}
