//! Remote desktop (MS-RDPBCGR 2.2.1.1): X.224 in TPKT (RFC 1006) asks for TLS, then all is sealed.

use super::client_hello::Client;
use super::tls::{self, Meeting};
use crate::conversation::{Conversation, Side};
use crate::dice::Dice;

/// Opens as `user` on `server`, which signed its own certificate.
pub fn open(talk: &mut Conversation, user: &str, server: &str, dice: &mut Dice) {
    talk.spoken.app = "rdp";
    let cookie = format!("Cookie: mstshash={user}\r\n");
    let request = [&[0xE0, 0, 0, 0, 0, 0], cookie.as_bytes(), &[1, 0, 8, 0, 3, 0, 0, 0]].concat();
    talk.say(Side::Src, tpkt(&request));
    talk.wait(dice.between(800, 2_000));
    talk.say(Side::Dst, tpkt(&[0xD0, 0, 0, 0x12, 0x34, 0, 2, 0x1F, 8, 0, 2, 0, 0, 0]));
    tls::open(talk, Meeting::self_signed(Client::Desktop, server), dice);
}

/// Works for about `length_us`: pointer and keys one way, pictures the other.
pub fn work_for(talk: &mut Conversation, length_us: i64, dice: &mut Dice) {
    let end = talk.start.plus(talk.length_us() + length_us);
    while talk.start.plus(talk.length_us()) < end {
        talk.wait(dice.exponential(2_500_000).clamp(80_000, 20_000_000));
        tls::data(talk, Side::Src, dice.between(40, 160) as usize, dice);
        talk.wait(dice.between(4_000, 30_000));
        tls::data(talk, Side::Dst, dice.between(300, 6_000) as usize, dice);
    }
}

/// An X.224 unit with its length indicator, in a TPKT.
fn tpkt(unit: &[u8]) -> Vec<u8> {
    let total = (unit.len() + 5) as u16;
    [&[3, 0], total.to_be_bytes().as_slice(), &[unit.len() as u8], unit].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tpkt_counts_itself_and_x224_does_not() {
        assert_eq!(tpkt(&[0xD0, 0, 0, 0, 0, 0]), [3, 0, 0, 11, 6, 0xD0, 0, 0, 0, 0, 0]);
    }
}
