//! Operators: the way to the messaging interface through the access manager, and the scanner's weekly sweep.

use super::Day;
use crate::bank::{JUMP_1, PAM_1, SAA_1, SCANNER_1, office_pc};
use crate::conversation::{Conversation, Manner, Side};
use crate::dice::Dice;
use crate::speech::client_hello::Client;
use crate::speech::ssh;
use crate::speech::tls::{self, Meeting};
use model::Time;

/// Numbers of the operators' computers.
const DESKS: [u8; 3] = [31, 32, 33];
/// Ports that the sweep tries.
const PORTS: [u16; 3] = [22, 445, 3_389];

/// About nine sessions between 08:00 and 17:30: desk to access manager, on to the jump host, on to the web platform.
pub fn sessions(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("operators");
    let mut next = day.at(8, 2).plus(dice.between(0, 6 * Time::MINUTE));
    while next < day.at(17, 0) {
        let length = dice.between(14 * Time::MINUTE, 32 * Time::MINUTE);
        session(next, length, &mut dice, all);
        next = next.plus(length + dice.between(18 * Time::MINUTE, 50 * Time::MINUTE));
    }
}

fn session(start: Time, length: i64, dice: &mut Dice, all: &mut Vec<Conversation>) {
    let desk = office_pc(*dice.pick(&DESKS));
    let mut vault = Conversation::new(start, desk, PAM_1, 443, dice);
    tls::open(&mut vault, Meeting::internal(Client::Browser, "pam-1.bank.example"), dice);
    click_for(&mut vault, length + 3 * Time::MINUTE, dice);
    all.push(vault);

    let hop = start.plus(dice.between(40 * Time::SECOND, 80 * Time::SECOND));
    let mut shell = Conversation::new(hop, PAM_1, JUMP_1, 22, dice);
    ssh::open(&mut shell, dice);
    ssh::type_for(&mut shell, length + Time::MINUTE, dice);
    all.push(shell);

    let platform = hop.plus(dice.between(20 * Time::SECOND, 50 * Time::SECOND));
    all.push(web_platform(platform, length, dice));
}

/// An operator's visit to the web platform of the messaging interface, for about `length` microseconds.
pub(crate) fn web_platform(start: Time, length: i64, dice: &mut Dice) -> Conversation {
    let mut talk = Conversation::new(start, JUMP_1, SAA_1, 443, dice);
    tls::open(&mut talk, Meeting::internal(Client::Service, "saa-1.swift.bank.example"), dice);
    click_for(&mut talk, length, dice);
    talk
}

fn click_for(talk: &mut Conversation, length_us: i64, dice: &mut Dice) {
    let end = talk.start.plus(talk.length_us() + length_us);
    while talk.start.plus(talk.length_us()) < end {
        tls::data(talk, Side::Src, dice.between(200, 900) as usize, dice);
        talk.wait(dice.between(6_000, 38_000));
        tls::data(talk, Side::Dst, dice.exponential(4_000).clamp(200, 30_000) as usize, dice);
        talk.wait(dice.exponential(14 * Time::SECOND).clamp(300_000, 90 * Time::SECOND));
    }
    tls::close(talk, Side::Src, dice);
}

/// Wednesdays from 11:00 to about 11:55 the scanner knocks at three ports of every address of 10.31.0.0/24: a quarter of
/// them belong to nobody, and most of the others refuse.
pub fn sweep(day: Day, all: &mut Vec<Conversation>) {
    let mut dice = day.dice("sweep");
    let mut next = day.at(11, 0);
    for number in 1..=254 {
        for port in PORTS {
            let mut talk = Conversation::new(next, SCANNER_1, office_pc(number), port, &mut dice);
            talk.manner = match (number, port) {
                (31..=33 | 100..=117, 445) => Manner::Probed,
                (31..=33 | 100..=117, _) => Manner::Refused,
                _ if number % 4 == 0 => Manner::Ignored,
                _ => Manner::Refused,
            };
            next = next.plus(dice.between(2_100_000, 6_500_000));
            all.push(talk);
        }
    }
}
