//! Reads one flow: joins requests with their answers.

use crate::iso8583::PROTOCOL;
use crate::iso8583::dialect::Dialect;
use crate::iso8583::message::Message;
use crate::iso8583::record::Iso8583;
use crate::iso8583::stream::{Half, Next, Place, Recognised, recognise};
use crate::iso8583::tokens::Tokens;
use crate::iso8583::transaction::Transaction;
use crate::oddities::Oddity;
use crate::protocol::{FlowFacts, Parser, Payload, Progress, other};
use crate::sink::{Confidence, Sink};
use model::Time;
use model::coverage::Side;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most requests of a flow that wait for an answer; the oldest is written unanswered when one more comes.
const MOST_WAITING: usize = 1024;
/// Longest a request waits in packet time before it is written unanswered.
const WAIT_LIMIT_US: i64 = 30 * Time::SECOND;
/// Bytes in which no message is found before a flow that was picked up in mid-stream is given up.
const MOST_SKIPPED: usize = 64 * 1024;

/// One direction, and what was seen of it.
#[derive(Default)]
struct Direction {
    half: Half,
    messages: u32,
    /// Print of the last authentication code.
    mac: Option<u64>,
}

/// Reads one flow.
#[derive(Default)]
pub struct Reader {
    link: Arc<str>,
    dialect: Option<Arc<Dialect>>,
    is_begun: bool,
    src: Direction,
    dst: Direction,
    waiting: VecDeque<Transaction>,
    last: Time,
    skipped: usize,
    /// Whether a message was not whole.
    has_fault: bool,
}

impl Parser for Reader {
    fn parse(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        out: &mut Sink<'_>,
    ) -> Progress {
        self.last = payload.time;
        self.begin(facts);
        self.write_overdue(out);
        if payload.gap > 0 {
            out.odd(Oddity::Gap);
            let half = &mut self.direction(payload.side).half;
            out.learnt.counts.bytes_dropped += half.clear() as u64;
            half.place = Place::Gap;
        }
        self.direction(payload.side).half.add(payload.bytes);
        if self.dialect.is_none() {
            match recognise(self.direction(payload.side).half.rest()) {
                Recognised::Short => return Progress::Continue,
                Recognised::No => return Progress::NotMine,
                Recognised::As(dialect) => self.dialect = Some(dialect),
            }
        }
        self.read(facts, payload.side, false, out)
    }

    fn finish(&mut self, facts: &FlowFacts<'_>, out: &mut Sink<'_>) {
        for side in [Side::Src, Side::Dst] {
            if self.dialect.is_some() {
                self.read(facts, side, true, out);
            }
            let half = &mut self.direction(side).half;
            let (is_cut, rest) = (half.place == Place::Message, half.clear());
            out.learnt.counts.bytes_dropped += rest as u64;
            if is_cut && rest > 0 {
                out.odd(Oddity::Truncated);
            }
        }
        while let Some(waiting) = self.waiting.pop_front() {
            waiting.give_up(self.last, out);
        }
    }

    fn held(&self) -> usize {
        let texts = |waiting: &Transaction| {
            let row = &waiting.row;
            [&row.mti, &row.de3, &row.de22, &row.de41]
                .map(|text| text.as_str().len())
                .iter()
                .sum::<usize>()
        };
        self.src.half.rest().len()
            + self.dst.half.rest().len()
            + self.waiting.iter().map(texts).sum::<usize>()
    }
}

impl Reader {
    /// Looks up the link of the flow, once.
    fn begin(&mut self, facts: &FlowFacts<'_>) {
        if std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        if let Some((link, _)) =
            facts.links.of(&facts.ends).filter(|(link, _)| link.app == PROTOCOL.name)
        {
            self.link = link.id.clone();
            self.dialect = Some(link.dialect.clone());
        }
        if !facts.is_from_start {
            (self.src.half.place, self.dst.half.place) = (Place::Gap, Place::Gap);
        }
    }

    fn direction(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Src => &mut self.src,
            Side::Dst => &mut self.dst,
        }
    }

    /// Reads the messages of one side as far as they have come.
    fn read(
        &mut self,
        facts: &FlowFacts<'_>,
        side: Side,
        is_end: bool,
        out: &mut Sink<'_>,
    ) -> Progress {
        let dialect = self.dialect.clone().expect("asked only once it is known");
        let mut half = std::mem::take(&mut self.direction(side).half);
        let mut progress = Progress::Continue;
        loop {
            match half.next(&dialect, is_end) {
                Next::Short => break,
                Next::Lost if self.is_foreign(facts, half.place) => {
                    progress = Progress::NotMine;
                    break;
                }
                Next::Lost => {
                    if half.place == Place::Message {
                        out.odd(Oddity::Malformed);
                    }
                    half.place = Place::Lost;
                }
                Next::Skip(bytes) => {
                    self.skip(bytes, out);
                    half.step(bytes);
                }
                Next::Empty(bytes) => {
                    out.learnt.counts.bytes_scanned += bytes as u64;
                    half.step(bytes);
                }
                Next::Message { head, range, next } => {
                    let message = Message::walk(head, &half.rest()[range], &dialect);
                    self.message(facts, side, &message, out);
                    out.learnt.counts.bytes_scanned += next as u64;
                    half.step(next);
                    half.place = Place::Message;
                    let opposite = &mut self.direction(other(side)).half.place;
                    if *opposite == Place::Start {
                        *opposite = Place::Message;
                    }
                }
            }
        }
        half.settle();
        self.direction(side).half = half;
        if self.messages() == 0 && self.skipped > MOST_SKIPPED {
            Progress::NotMine
        } else {
            progress
        }
    }

    const fn messages(&self) -> u32 {
        self.src.messages.saturating_add(self.dst.messages)
    }

    /// Whether the flow begins with something else.
    fn is_foreign(&self, facts: &FlowFacts<'_>, place: Place) -> bool {
        place == Place::Start && self.messages() == 0 && facts.is_from_start
    }

    fn skip(&mut self, bytes: usize, out: &mut Sink<'_>) {
        out.learnt.counts.bytes_dropped += bytes as u64;
        self.skipped = self.skipped.saturating_add(bytes);
    }

    fn message(
        &mut self,
        facts: &FlowFacts<'_>,
        side: Side,
        message: &Message<'_>,
        out: &mut Sink<'_>,
    ) {
        let dialect = self.dialect.clone().expect("a message is read in a dialect");
        self.count(side, message, dialect.name, out);
        let asker = if message.head.mti.is_request() { side } else { other(side) };
        let mut row = Iso8583::new(facts, self.last);
        row.link = self.link.clone();
        row.dialect = dialect.name;
        row.side = if asker == Side::Src { "src" } else { "dst" };
        row.amount_bucket = -1;
        if let Some(fault) = message.fault {
            row.fill_head(message);
            row.oddities.add(fault);
            out.learnt.oddities.add(fault);
            out.row(&row);
            return;
        }
        let repeats = self.has_same_mac(side, message);
        let mut tokens = Tokens::at(self.last, facts.links.key(), &mut out.learnt.counts);
        if message.head.mti.is_request() {
            row.mac_repeats = repeats;
            if let Some(waiting) =
                self.waiting.iter_mut().find(|waiting| waiting.is_of(message, asker))
            {
                waiting.row.oddities.add(Oddity::Repeated);
                return;
            }
            row.fill(message, &dialect, &mut tokens);
            self.wait(Transaction::new(row, message, asker), out);
            return;
        }
        let place = self.waiting.iter().position(|waiting| waiting.is_of(message, asker));
        let mut transaction =
            place.and_then(|place| self.waiting.remove(place)).unwrap_or_else(|| {
                row.fill(message, &dialect, &mut tokens);
                row.oddities.add(Oddity::NoRequest);
                Transaction::new(row, message, asker)
            });
        transaction.answer(message, &mut tokens, self.last);
        transaction.row.mac_repeats |= repeats;
        transaction.write(self.last, out);
    }

    fn count(
        &mut self,
        side: Side,
        message: &Message<'_>,
        dialect: &'static str,
        out: &mut Sink<'_>,
    ) {
        out.learnt.app = PROTOCOL.name;
        out.learnt.dialect = dialect;
        out.learnt.count_record(side);
        let direction = self.direction(side);
        direction.messages = direction.messages.saturating_add(1);
        self.has_fault |= message.fault.is_some();
        if self.src.messages > 0 && self.dst.messages > 0 && self.messages() >= 3 {
            let walked = if self.has_fault { Confidence::Stateful } else { Confidence::Walked };
            out.learnt.is_at_least(walked);
        }
    }

    /// Whether the authentication code is that of the message before from the same side.
    fn has_same_mac(&mut self, side: Side, message: &Message<'_>) -> bool {
        let Some(mac) = message.mac_print() else { return false };
        self.direction(side).mac.replace(mac) == Some(mac)
    }

    fn wait(&mut self, transaction: Transaction, out: &mut Sink<'_>) {
        if self.waiting.len() == MOST_WAITING
            && let Some(mut oldest) = self.waiting.pop_front()
        {
            oldest.row.oddities.add(Oddity::Cut);
            oldest.give_up(self.last, out);
        }
        self.waiting.push_back(transaction);
    }

    fn write_overdue(&mut self, out: &mut Sink<'_>) {
        let is_overdue =
            |waiting: &Transaction, now: Time| now.since(waiting.row.time) > WAIT_LIMIT_US;
        while self.waiting.front().is_some_and(|waiting| is_overdue(waiting, self.last)) {
            let waiting = self.waiting.pop_front().expect("there is a front");
            waiting.give_up(self.last, out);
        }
    }
}
