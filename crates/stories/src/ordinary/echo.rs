//! Echo tests of the card rail: a new connection for each, about once a minute.

use super::Day;
use crate::bank::{Host, SCHEME_1, SCHEME_HOST, SW_1};
use crate::conversation::{Conversation, Side};
use crate::speech::iso8583;
use model::Time;

/// Between two echoes. Microseconds.
const EVERY_US: i64 = 60 * Time::SECOND;
/// Thousandths by which that varies.
const VARIES: i64 = 20;

/// The switch tests the scheme interface, and that tests the scheme.
pub fn scheme_echoes(day: Day, all: &mut Vec<Conversation>) {
    echoes(day, SW_1, SCHEME_1, all);
    echoes(day, SCHEME_1, SCHEME_HOST, all);
}

fn echoes(day: Day, src: Host, dst: Host, all: &mut Vec<Conversation>) {
    let mut dice = day.dice(dst.name);
    let mut trace = dice.between(1, 900_000) as u32;
    let mut next = day.start.plus(dice.between(0, EVERY_US));
    while next < day.end() {
        let mut talk = Conversation::new(next, src, dst, 8_590, &mut dice);
        if dst == SCHEME_HOST {
            talk = talk.far(&mut dice);
        }
        talk.spoken.app = "iso8583";
        talk.say(Side::Src, iso8583::echo_request(next, trace));
        talk.wait(dice.between(3_000, 15_000));
        talk.say(Side::Dst, iso8583::echo_response(next, trace));
        trace = trace % 999_999 + 1;
        next = next.plus(dice.around(EVERY_US, VARIES));
        all.push(talk);
    }
}
