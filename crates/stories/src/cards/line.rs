//! A connection that stays open, on which things are said at given moments.

use crate::conversation::{Conversation, Side};
use model::Time;

/// From so long a pause on, what is owed is acknowledged on its own. Microseconds.
const DELAYED_ACK_US: i64 = 40_000;

/// A conversation, and where its play has come to.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) talk: Conversation,
    now: Time,
    last: Side,
}

impl Line {
    /// A connection with nothing said on it yet.
    pub(super) fn open(talk: Conversation) -> Self {
        let now = talk.start.plus(talk.turn_us(Side::Dst) + talk.turn_us(Side::Src));
        Self { talk, now, last: Side::Src }
    }

    /// `side` sends `bytes` at `moment`, or as soon after it as the line is free.
    pub(super) fn say_at(&mut self, moment: Time, side: Side, bytes: Vec<u8>) {
        self.wait_until(moment, side);
        self.now = self.now.plus(self.turn_us(side) + 12);
        self.last = side;
        self.talk.say(side, bytes);
    }

    /// The conversation, closed by its opener at `moment`.
    pub(super) fn close_at(mut self, moment: Time) -> Conversation {
        self.wait_until(moment, Side::Src);
        self.talk
    }

    fn wait_until(&mut self, moment: Time, side: Side) {
        let pause = moment.since(self.now.plus(self.turn_us(side)));
        if pause <= 0 {
            return;
        }
        self.talk.wait(pause);
        self.now = self.now.plus(pause);
        if pause >= DELAYED_ACK_US {
            self.last = self.last.other();
        }
    }

    const fn turn_us(&self, side: Side) -> i64 {
        if side as u8 == self.last as u8 { 20 } else { self.talk.turn_us(side) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{ATM_GW_1, SW_1};
    use crate::dice::Dice;

    #[test]
    fn what_is_said_on_a_line_for_a_day_is_said_when_it_was_meant() {
        let mut dice = Dice::new(1, "line", 0);
        let start = Time::new(1_000, 0);
        let mut line = Line::open(Conversation::new(start, ATM_GW_1, SW_1, 8_583, &mut dice));
        let mut meant = Vec::new();
        for at in 0..5_000 {
            let asked = start.plus(Time::SECOND + at * 17 * Time::SECOND);
            for (moment, side) in
                [(asked, Side::Src), (asked.plus(dice.between(5_000, 90_000)), Side::Dst)]
            {
                line.say_at(moment, side, vec![7; 90]);
                meant.push(moment);
            }
        }
        let talk = line.close_at(start.plus(Time::DAY));
        let mut said = Vec::new();
        talk.play(&mut |segment| {
            if segment.records > 0 {
                said.push(segment.time);
            }
        });
        assert_eq!(said.len(), meant.len());
        for (said, meant) in said.iter().zip(&meant) {
            assert!(said.since(*meant).abs() < 2_000, "{said} for {meant}");
        }
    }
}
