//! Offers the bytes of a flow to every protocol until one claims them, then to that one's parser.

use super::{Context, Outlets};
use crate::ledger::{Account, Count};
use model::Time;
use model::coverage::Side;
use model::id::flow_id;
use protocols::{
    Confidence, FlowFacts, Learnt, PROBE_BYTES, PROTOCOLS, Parser, Payload, Probe, Progress,
    Protocol, Sink, Transport,
};
use smallvec::SmallVec;

/// Beginnings of messages, or of segments where no message is known, that are offered before a flow is left alone.
const ATTEMPTS: u8 = 16;
/// Bytes that nobody claims before a flow is left alone.
const UNCLAIMED: usize = 64 * 1024;

/// Bytes that one end sent, in order.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    /// The end of the key: 0 low, 1 high.
    pub(super) end: usize,
    pub(super) time: Time,
    pub(super) bytes: &'a [u8],
    /// Bytes lost just before these.
    pub(super) gap: u64,
}

/// Bytes too few to tell what they are; fewer than [`PROBE_BYTES`] of each end.
struct Held {
    end: usize,
    time: Time,
    gap: u64,
    bytes: SmallVec<[u8; PROBE_BYTES]>,
    /// Whether the parser took them.
    is_read: bool,
}

/// Finds the parser of a flow and feeds it.
pub(super) struct Reader {
    transport: Transport,
    parser: Option<(usize, Box<dyn Parser>)>,
    /// Protocols, by their place in the list, that said no or have finished.
    excluded: u64,
    attempts: u8,
    unclaimed: usize,
    last_end: Option<usize>,
    /// Whether the message that each end is in the middle of was offered in vain.
    is_judged: [bool; 2],
    held: SmallVec<[Held; 2]>,
    flow_id: Option<u64>,
    /// Whether the opening of the flow was seen.
    is_from_start: bool,
    /// Whether the bank declared what it is; unknown until its first bytes.
    link: Declared,
}

/// Whether a flow is of a declared link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    NotAsked,
    No,
    /// Yes; and whether its bytes are not what was declared.
    As {
        at: usize,
        is_foreign: bool,
    },
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parser = self.parser.as_ref().map(|(at, _)| PROTOCOLS[*at].name);
        out.debug_struct("Reader").field("parser", &parser).finish_non_exhaustive()
    }
}

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Read,
    Unclaimed,
    Hold,
}

impl Reader {
    pub(super) fn new(transport: Transport, is_from_start: bool) -> Self {
        Self {
            transport,
            parser: None,
            excluded: 0,
            attempts: 0,
            unclaimed: 0,
            last_end: None,
            is_judged: [false; 2],
            held: SmallVec::new(),
            flow_id: None,
            is_from_start,
            link: Declared::NotAsked,
        }
    }

    /// Whether nothing more will be read.
    pub(super) const fn is_over(&self) -> bool {
        self.parser.is_none() && (self.attempts > ATTEMPTS || self.unclaimed > UNCLAIMED)
    }

    /// Takes bytes, and enters into the ledger what became of them and of those held before.
    pub(super) fn offer(
        &mut self,
        offer: Offer<'_>,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) {
        if self.link == Declared::NotAsked {
            self.find_link(context);
        }
        if self.parser.is_none() {
            self.begin_message(offer.end, context, learnt, out);
            self.begin_declared(offer.end, learnt);
        }
        let mut verdict = Verdict::Unclaimed;
        if self.parser.is_some() {
            verdict = self.feed(offer, context, learnt, out);
        }
        if self.parser.is_none() && verdict == Verdict::Unclaimed {
            verdict = self.identify(offer, context, learnt, out);
        }
        self.last_end = Some(offer.end);
        match verdict {
            Verdict::Read => enter(Account::ParseKept, offer.end, offer.bytes.len(), out),
            Verdict::Unclaimed => {
                self.unclaimed = self.unclaimed.saturating_add(offer.bytes.len());
                enter(self.unclaimed_account(), offer.end, offer.bytes.len(), out);
            }
            Verdict::Hold => self.hold(offer),
        }
    }

    /// Nothing more comes: decides what is held, and lets the parser write what is pending.
    pub(super) fn finish(
        &mut self,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) {
        self.decide_held(context, learnt, out);
        if let Some((_, mut parser)) = self.parser.take() {
            let facts = self.facts(context);
            parser.finish(&facts, &mut Sink { batch: out.batch, learnt, bins: out.bins });
        }
        self.attempts = ATTEMPTS + 1;
        self.release(out);
    }

    /// The first bytes of the flow are here: looks whether the bank declared what it is.
    fn find_link(&mut self, context: &mut Context<'_>) {
        self.link = Declared::No;
        let ends = context.key.ends(context.orientation.src_is_low);
        let Some((link, side)) = context.links.of(&ends) else { return };
        let found = self.candidates().find(|(_, protocol)| protocol.name == link.app);
        let Some((at, _)) = found else { return };
        self.link = Declared::As { at, is_foreign: false };
        let src_is_low = context.orientation.src_is_low;
        context.orientation.settle_by_role((side == Side::Dst) == src_is_low);
    }

    /// A message begins on a declared link: its protocol reads it without probing, and again if what came before was
    /// something else.
    fn begin_declared(&mut self, end: usize, learnt: &mut Learnt) {
        let Declared::As { at, .. } = self.link else { return };
        if self.is_judged[end] || self.attempts > ATTEMPTS || !self.held.is_empty() {
            return;
        }
        (learnt.app, learnt.confidence) = (PROTOCOLS[at].name, Confidence::Port);
        self.parser = Some((at, (PROTOCOLS[at].start)(self.transport)));
    }

    /// Why bytes were not read: on a declared link they are not what was declared.
    const fn unclaimed_account(&self) -> Account {
        match self.link {
            Declared::As { is_foreign: true, .. } => Account::ParseForeign,
            _ => Account::ParseUnclaimed,
        }
    }

    /// These bytes begin a message, unless others of the same end are held before them: another protocol may have taken
    /// over (STARTTLS, CONNECT), and what is picked up in mid-stream begins with the next segment.
    fn begin_message(
        &mut self,
        end: usize,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) {
        if self.held.iter().any(|held| held.end == end) && self.last_end == Some(end) {
            return;
        }
        if self.last_end != Some(end) && !self.held.is_empty() {
            self.decide_held(context, learnt, out);
            self.release_end(end, out);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.is_judged[end] = false;
    }

    /// Asks every protocol; starts the parser of the one that claims the bytes.
    fn identify(
        &mut self,
        offer: Offer<'_>,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) -> Verdict {
        if self.is_judged[offer.end] || self.attempts > ATTEMPTS {
            return Verdict::Unclaimed;
        }
        let mut first: SmallVec<[u8; PROBE_BYTES]> = SmallVec::new();
        for held in self.held.iter().filter(|held| held.end == offer.end) {
            first.extend_from_slice(&held.bytes);
        }
        if !first.is_empty() {
            let missing = PROBE_BYTES.saturating_sub(first.len()).min(offer.bytes.len());
            first.extend_from_slice(&offer.bytes[..missing]);
            match self.try_bytes(offer, &first, context, learnt, out) {
                Verdict::Unclaimed => self.release_end(offer.end, out),
                verdict => return verdict,
            }
        }
        let verdict = self.try_bytes(offer, offer.bytes, context, learnt, out);
        self.is_judged[offer.end] = verdict == Verdict::Unclaimed;
        verdict
    }

    /// Asks with `bytes`, which are those offered or begin with what was held; the parser gets what was held too.
    fn try_bytes(
        &mut self,
        offer: Offer<'_>,
        bytes: &[u8],
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) -> Verdict {
        let is_enough = bytes.len() >= PROBE_BYTES || self.transport == Transport::Udp;
        loop {
            let payload = payload(offer, bytes, context);
            let Some((at, confidence)) = self.ask(&payload, is_enough, context) else {
                let may_be = !is_enough && self.may_be_more(&payload);
                return if may_be { Verdict::Hold } else { Verdict::Unclaimed };
            };
            self.claim(at, confidence, &payload, offer.end, context, learnt);
            if self.feed_held(context, learnt, out)
                && self.feed(offer, context, learnt, out) == Verdict::Read
            {
                self.release(out);
                return Verdict::Read;
            }
        }
    }

    /// The protocol that claims these bytes, and how surely.
    fn ask(
        &self,
        payload: &Payload<'_>,
        is_enough: bool,
        context: &Context<'_>,
    ) -> Option<(usize, Confidence)> {
        let ends = context.key.ends(context.orientation.src_is_low);
        let (mut sure, mut likely) = (None, None);
        for (at, protocol) in self.candidates() {
            let is_usual = protocol.is_usual_at(&ends);
            match (protocol.probe)(self.transport, payload) {
                Probe::Yes if is_usual => return Some((at, Confidence::Magic)),
                Probe::Yes => sure = sure.or(Some((at, Confidence::Magic))),
                Probe::Maybe if is_usual => likely = likely.or(Some((at, Confidence::Port))),
                Probe::Maybe | Probe::No => {}
            }
        }
        sure.or(if is_enough { likely } else { None })
    }

    fn may_be_more(&self, payload: &Payload<'_>) -> bool {
        self.candidates()
            .any(|(_, protocol)| (protocol.probe)(self.transport, payload) == Probe::Maybe)
    }

    fn candidates(&self) -> impl Iterator<Item = (usize, &'static Protocol)> {
        let (excluded, transport) = (self.excluded, self.transport);
        PROTOCOLS
            .iter()
            .enumerate()
            .filter(move |(at, protocol)| {
                excluded & 1 << at == 0 && protocol.is_carried_by(transport)
            })
            .map(|(at, protocol)| (at, *protocol))
    }

    fn claim(
        &mut self,
        at: usize,
        confidence: Confidence,
        payload: &Payload<'_>,
        end: usize,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
    ) {
        let protocol = PROTOCOLS[at];
        if let Some(client) = (protocol.client)(self.transport, payload) {
            let sender_is_low = end == 0;
            context.orientation.settle_by_role((client == payload.side) == sender_is_low);
        }
        context.orientation.settle_by_ports(context.key);
        learnt.app = protocol.name;
        learnt.confidence = confidence;
        self.parser = Some((at, (protocol.start)(self.transport)));
    }

    /// Hands what was held to the parser; whether the parser still takes it as its own.
    ///
    /// What another end said before that cannot be of this protocol belongs to one that came before it.
    fn feed_held(
        &mut self,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) -> bool {
        let mut held = std::mem::take(&mut self.held);
        let is_own = held.iter_mut().all(|held| {
            let offer = Offer { end: held.end, time: held.time, bytes: &held.bytes, gap: held.gap };
            let Some((at, _)) = self.parser else { return false };
            let first = payload(offer, &held.bytes, context);
            let is_foreign = (PROTOCOLS[at].probe)(self.transport, &first) == Probe::No;
            held.is_read = !is_foreign && self.feed(offer, context, learnt, out) == Verdict::Read;
            held.is_read || is_foreign
        });
        self.held = held;
        is_own && self.parser.is_some()
    }

    /// Hands bytes to the parser, and drops the parser when it is done.
    fn feed(
        &mut self,
        offer: Offer<'_>,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) -> Verdict {
        let facts = self.facts(context);
        let Some((at, parser)) = &mut self.parser else { return Verdict::Unclaimed };
        let payload = payload(offer, offer.bytes, context);
        let mut sink = Sink { batch: &mut *out.batch, learnt, bins: &mut *out.bins };
        let progress = parser.parse(&facts, &payload, &mut sink);
        let at = *at;
        match progress {
            Progress::Continue | Progress::Counting => Verdict::Read,
            Progress::Done => {
                parser.finish(&facts, &mut sink);
                self.drop_parser(at);
                Verdict::Read
            }
            Progress::NotMine => {
                self.drop_parser(at);
                (sink.learnt.app, sink.learnt.confidence) = ("", Confidence::None);
                if let Declared::As { at: declared, is_foreign } = &mut self.link
                    && *declared == at
                {
                    // Nobody else was asked yet what this is.
                    *is_foreign = true;
                    self.is_judged = [false; 2];
                }
                Verdict::Unclaimed
            }
        }
    }

    fn drop_parser(&mut self, at: usize) {
        self.excluded |= 1 << at;
        self.parser = None;
        self.is_judged = [true; 2];
    }

    fn facts<'a>(&mut self, context: &Context<'a>) -> FlowFacts<'a> {
        let ends = context.key.ends(context.orientation.src_is_low);
        let id = *self.flow_id.get_or_insert_with(|| flow_id(context.tap, context.start, &ends));
        FlowFacts {
            tap: context.tap,
            flow_id: id,
            flow_start: context.start,
            ends,
            is_from_start: self.is_from_start,
            links: context.links,
        }
    }

    fn hold(&mut self, offer: Offer<'_>) {
        let Offer { end, time, bytes, gap } = offer;
        match self.held.iter_mut().find(|held| held.end == end) {
            Some(held) => held.bytes.extend_from_slice(bytes),
            None => self.held.push(Held { end, time, gap, bytes: bytes.into(), is_read: false }),
        }
    }

    /// The other end speaks, or the flow ends: what is held is all there is of its message.
    fn decide_held(
        &mut self,
        context: &mut Context<'_>,
        learnt: &mut Learnt,
        out: &mut Outlets<'_>,
    ) {
        if self.parser.is_some() {
            return;
        }
        let ends: SmallVec<[usize; 2]> = self.held.iter().map(|held| held.end).collect();
        for end in ends {
            let Some(held) = self.held.iter().find(|held| held.end == end) else { continue };
            let bytes = held.bytes.clone();
            let offer = Offer { end, time: held.time, bytes: &bytes, gap: held.gap };
            let payload = payload(offer, &bytes, context);
            let Some((at, confidence)) = self.ask(&payload, true, context) else { continue };
            self.claim(at, confidence, &payload, end, context, learnt);
            if self.feed_held(context, learnt, out) {
                self.release(out);
                return;
            }
        }
    }

    /// Enters all that was held into the ledger.
    fn release(&mut self, out: &mut Outlets<'_>) {
        for held in std::mem::take(&mut self.held) {
            let account = if held.is_read { Account::ParseKept } else { self.unclaimed_account() };
            enter(account, held.end, held.bytes.len(), out);
        }
    }

    fn release_end(&mut self, end: usize, out: &mut Outlets<'_>) {
        let account = self.unclaimed_account();
        self.held.retain(|held| {
            if held.end == end {
                enter(account, end, held.bytes.len(), out);
            }
            held.end != end
        });
    }
}

fn payload<'a>(offer: Offer<'_>, bytes: &'a [u8], context: &Context<'_>) -> Payload<'a> {
    let is_src = (offer.end == 0) == context.orientation.src_is_low;
    let side = if is_src { Side::Src } else { Side::Dst };
    Payload { side, time: offer.time, bytes, gap: offer.gap }
}

fn enter(account: Account, end: usize, bytes: usize, out: &mut Outlets<'_>) {
    let count = Count::packet(bytes as u64);
    out.books.add(Account::Offered, count);
    out.books.add(account, count);
    if account == Account::ParseKept {
        out.scanned[end] += bytes as u64;
    }
}
