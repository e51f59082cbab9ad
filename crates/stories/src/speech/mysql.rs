//! The MySQL client protocol, version 10: greeting, login, a query, and the head of its answer.

use crate::conversation::{Conversation, Side};
use crate::dice::Dice;

/// Long password, with database, protocol 4.1, transactions, secure connection, plugin authentication.
const CAPABILITIES: u32 =
    0x0000_0001 | 0x0000_0008 | 0x0000_0200 | 0x0000_2000 | 0x0000_8000 | 0x0008_0000;
const PLUGIN: &[u8] = b"caching_sha2_password\0";

/// Opens as `user` of `database` and asks `query`; the rows are up to the caller.
pub fn ask(talk: &mut Conversation, user: &str, database: &str, query: &str, dice: &mut Dice) {
    talk.spoken.app = "mysql";
    talk.say(Side::Dst, packet(0, &greeting(dice)));
    talk.wait(dice.between(500, 2_000));
    talk.say(Side::Src, packet(1, &login(user, database, dice)));
    talk.wait(dice.between(300, 900));
    talk.say(Side::Dst, [packet(2, &[1, 3]), packet(3, &[0, 0, 0, 2, 0, 0, 0])].concat());
    talk.wait(dice.between(300, 900));
    talk.say(Side::Src, packet(0, &[&[3], query.as_bytes()].concat()));
    talk.wait(dice.between(20_000, 39_000));
    let head = [
        packet(1, &[2]),
        packet(2, &column("account")),
        packet(3, &column("balance")),
        packet(4, &[0xFE, 0, 0, 2, 0]),
    ];
    talk.say(Side::Dst, head.concat());
}

fn greeting(dice: &mut Dice) -> Vec<u8> {
    let salt: Vec<u8> = dice.bytes(20).iter().map(|byte| byte % 94 + 33).collect();
    let mut out = vec![10];
    out.extend_from_slice(b"8.0.36\0");
    out.extend_from_slice(&(dice.between(1_000, 90_000) as u32).to_le_bytes());
    out.extend_from_slice(&salt[..8]);
    out.push(0);
    out.extend_from_slice(&(CAPABILITIES as u16).to_le_bytes());
    out.extend_from_slice(&[255, 2, 0]);
    out.extend_from_slice(&((CAPABILITIES >> 16) as u16).to_le_bytes());
    out.push(21);
    out.extend_from_slice(&[0; 10]);
    out.extend_from_slice(&salt[8..]);
    out.push(0);
    out.extend_from_slice(PLUGIN);
    out
}

fn login(user: &str, database: &str, dice: &mut Dice) -> Vec<u8> {
    let mut out = CAPABILITIES.to_le_bytes().to_vec();
    out.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
    out.push(255);
    out.extend_from_slice(&[0; 23]);
    out.extend_from_slice(user.as_bytes());
    out.extend_from_slice(&[0, 32]);
    out.extend_from_slice(&dice.bytes(32));
    out.extend_from_slice(database.as_bytes());
    out.push(0);
    out.extend_from_slice(PLUGIN);
    out
}

fn column(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for text in ["def", "ledger", "entry", "entry", name, name] {
        out.push(text.len() as u8);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&[12, 255, 0, 80, 0, 0, 0, 253, 0, 0, 0, 0, 0]);
    out
}

fn packet(sequence: u8, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes()[..3], &[sequence], body].concat()
}
