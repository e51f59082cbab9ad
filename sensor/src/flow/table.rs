//! The table of open flows: finds the flow of a packet, counts it there, and writes slices when they are due.

use super::entry::{Counts, Entry, Orientation};
use super::fragments::Fragments;
use super::key::Keyed;
use super::messages::Gaps;
use super::slice;
use super::stream::Bounds;
use super::tcp::{self, Tcp};
use super::timeout::{Handle, Wheel};
use crate::coverage::Minute;
use crate::decode::Packet;
use crate::identify::{Context, Outlets, Reading, Segment};
use crate::ledger::{Account, Books, Count};
use config::settings::Sensor as Settings;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use model::flow::EndReason;
use model::{Batch, Text, Time};
use protocols::{Bins, Links, Transport};
use std::hash::BuildHasher;
use std::sync::Arc;
use wire::Headers;

/// The first slice of an open flow is written this long after its start, in microseconds; with the wheel's second that
/// is within 5 s.
const FIRST_SLICE_US: i64 = 3 * Time::SECOND;
/// Stragglers of a connection that has ended are waited for this long, in microseconds.
const LINGER_US: i64 = 3 * Time::SECOND;
/// Candidates looked at to find one that may be evicted.
const CANDIDATES: usize = 32;
const TCP: u8 = 6;

/// Where rows and counts go.
#[derive(Debug)]
pub struct Output<'a> {
    /// Takes the rows.
    pub batch: &'a mut Batch,
    /// Takes the counts.
    pub books: &'a mut Books,
    /// Coverage of the minute.
    pub minute: &'a mut Minute,
}

/// The open flows of one worker.
#[derive(Debug)]
pub struct Table {
    tap: Arc<str>,
    links: Arc<Links>,
    limits: Limits,
    entries: Vec<Entry>,
    free: Vec<u32>,
    places: HashTable<u32>,
    hasher: hashbrown::DefaultHashBuilder,
    wheel: Wheel,
    dirty: Vec<Handle>,
    fragments: Fragments,
    bounds: Bounds,
    bins: Bins,
    /// Packet time, which never goes back.
    now: Time,
    opened: u64,
    evicted: u64,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    flows: usize,
    tcp_idle_us: i64,
    other_idle_us: i64,
    reads_payload: bool,
}

impl Table {
    /// An empty table of `tap`; with `flows_only` no payload is read.
    pub fn new(tap: Arc<str>, settings: &Settings, links: Arc<Links>, flows_only: bool) -> Self {
        let limits = Limits {
            flows: settings.max_flows.clamp(1, u32::MAX as usize - 1),
            tcp_idle_us: i64::from(settings.tcp_idle_s) * Time::SECOND,
            other_idle_us: i64::from(settings.other_idle_s) * Time::SECOND,
            reads_payload: !flows_only,
        };
        let bounds =
            Bounds { of_one: settings.stream_bytes, in_all: settings.stream_bytes_total, used: 0 };
        Self {
            tap,
            links,
            limits,
            entries: Vec::new(),
            free: Vec::new(),
            places: HashTable::new(),
            hasher: hashbrown::DefaultHashBuilder::default(),
            wheel: Wheel::default(),
            dirty: Vec::new(),
            fragments: Fragments::default(),
            bounds,
            bins: Bins::default(),
            now: Time(i64::MIN),
            opened: 0,
            evicted: 0,
        }
    }

    /// Flows open now.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no flow is open.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Flows opened so far.
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// Flows that were written early because the table was full.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Counts a packet in its flow, and reads its payload. [`Table::advance`] to its time comes first.
    pub fn observe(&mut self, packet: &Packet<'_>, out: &mut Output<'_>) {
        let count = Count::packet(u64::from(packet.wire_length));
        out.books.add(Account::Flowed, count);
        let mut resolved;
        let mut headers = packet.headers;
        if headers.fragment != wire::Fragment::Whole {
            resolved = *packet.headers;
            if !self.fragments.resolve(&mut resolved, packet.time) {
                out.books.add(Account::FlowFragment, count);
                return;
            }
            headers = &resolved;
        }
        out.books.add(Account::FlowKept, count);
        let keyed = Keyed::of(headers);
        let at = self.place_of(&keyed, headers, packet, out);
        self.entries[at as usize].orientation.settle_by_packet(keyed.from_low, keyed.opener);
        self.count(at, keyed.from_low, headers, packet, out);
        if self.limits.reads_payload {
            self.read(at, keyed.from_low, headers, packet, out);
        }
        self.notice_end(at);
    }

    /// Packet time has got to `now`: ends idle flows, writes first slices.
    pub fn advance(&mut self, now: Time, out: &mut Output<'_>) {
        self.now = self.now.max(now);
        while let Some((second, handles)) = self.wheel.turn(self.now) {
            for handle in handles {
                self.ask(handle, second, out);
            }
        }
    }

    /// A minute of packet time has passed: writes what happened on every flow since its last slice, and what was counted
    /// over all of them.
    pub fn cut(&mut self, out: &mut Output<'_>) {
        for handle in std::mem::take(&mut self.dirty) {
            if let Some(entry) = live(&mut self.entries, handle)
                && entry.is_dirty
            {
                slice::write(entry, &self.tap, EndReason::Open, out);
            }
        }
        self.bins.write(&self.tap, out.batch);
    }

    /// Ends every flow. Packet time may go back after this.
    pub fn finish(&mut self, out: &mut Output<'_>) {
        for at in 0..self.entries.len() {
            if self.entries[at].is_open {
                let reason = self.entries[at].tcp.end_reason().unwrap_or(EndReason::Shutdown);
                self.end(at as u32, reason, out);
            }
        }
        self.bins.write(&self.tap, out.batch);
        self.dirty.clear();
        self.now = Time(i64::MIN);
        self.wheel = Wheel::default();
    }

    /// The place of the packet's flow, which is opened if there is none.
    fn place_of(
        &mut self,
        keyed: &Keyed,
        headers: &Headers,
        packet: &Packet<'_>,
        out: &mut Output<'_>,
    ) -> u32 {
        let hash = self.hasher.hash_one(keyed.key);
        let found =
            self.places.find(hash, |&at| self.entries[at as usize].key == keyed.key).copied();
        if let Some(at) = found {
            let entry = &self.entries[at as usize];
            let quiet_us = self.now.since(entry.touched);
            let from = usize::from(!keyed.from_low);
            if headers.ip_protocol != TCP || !entry.tcp.is_replaced_by(from, headers, quiet_us) {
                return at;
            }
            let reason = entry.tcp.end_reason().unwrap_or(EndReason::Idle);
            self.end(at, reason, out);
        }
        if self.places.len() >= self.limits.flows {
            self.evict(out);
        }
        self.open(keyed, hash, packet.time)
    }

    fn open(&mut self, keyed: &Keyed, hash: u64, time: Time) -> u32 {
        self.opened += 1;
        let at = self.free.pop().unwrap_or(self.entries.len() as u32);
        let generation =
            self.entries.get(at as usize).map_or(0, |old| old.generation.wrapping_add(1));
        let due = self.wheel.insert(Handle { at, generation }, self.now.plus(FIRST_SLICE_US));
        let entry = Entry {
            key: keyed.key,
            generation,
            is_open: true,
            is_dirty: false,
            is_read: false,
            orientation: Orientation::of_first(keyed.from_low, keyed.opener),
            part: 0,
            due,
            start: time,
            last: time,
            touched: self.now,
            slice: Counts::default(),
            ttl: [0; 2],
            has_payload: false,
            tcp: Tcp::default(),
            gaps: Gaps::default(),
            syn_fingerprint: Text::default(),
            reading: None,
        };
        if (at as usize) < self.entries.len() {
            self.entries[at as usize] = entry;
        } else {
            self.entries.push(entry);
        }
        let (entries, hasher) = (&self.entries, &self.hasher);
        let rehash = |&at: &u32| hasher.hash_one(entries[at as usize].key);
        match self.places.entry(hash, |&other| other == at, rehash) {
            Slot::Occupied(_) => unreachable!("a free place is in no bucket"),
            Slot::Vacant(slot) => {
                slot.insert(at);
            }
        }
        at
    }

    /// Adds the packet to the counts of its flow.
    fn count(
        &mut self,
        at: u32,
        from_low: bool,
        headers: &Headers,
        packet: &Packet<'_>,
        out: &mut Output<'_>,
    ) {
        let entry = &mut self.entries[at as usize];
        let end = usize::from(!from_low);
        let src = entry.orientation.src();
        let slice = &mut entry.slice;
        if !entry.is_dirty {
            entry.is_dirty = true;
            (slice.first, slice.last) = (packet.time, packet.time);
            self.dirty.push(Handle { at, generation: entry.generation });
        }
        slice.first = slice.first.min(packet.time);
        slice.last = slice.last.max(packet.time);
        let counts = &mut slice.ends[end];
        counts.packets += 1;
        counts.bytes += u64::from(packet.wire_length);
        counts.payload += u64::from(headers.payload_length);
        entry.last = entry.last.max(packet.time);
        entry.touched = self.now;
        entry.ttl[end] = headers.ttl;
        out.minute.packets[usize::from(end != src)] += 1;
        if headers.payload_length > 0 {
            entry.has_payload = true;
            if end == src { entry.gaps.sent(packet.time) } else { entry.gaps.answered() }
        }
        if headers.ip_protocol == TCP && headers.fragment != wire::Fragment::Later {
            counts.tcp_flags |= headers.tcp_flags;
            let added = entry.tcp.observe(end, src, headers, packet.time);
            slice.retransmits += added.retransmits;
            slice.gaps += added.gaps;
            slice.zero_windows += added.zero_windows;
            let is_syn = headers.tcp_flags & (tcp::SYN | tcp::ACK) == tcp::SYN;
            if is_syn && entry.syn_fingerprint.is_empty() {
                entry.syn_fingerprint = fingerprint(headers, packet.frame);
            }
        }
    }

    /// Hands the packet's payload to what reads the flow.
    fn read(
        &mut self,
        at: u32,
        from_low: bool,
        headers: &Headers,
        packet: &Packet<'_>,
        out: &mut Output<'_>,
    ) {
        let entry = &mut self.entries[at as usize];
        let Some(transport) = Transport::of(headers.ip_protocol) else { return };
        let bytes = headers.payload(packet.frame);
        let is_later = headers.fragment == wire::Fragment::Later;
        if entry.is_read || is_later || (bytes.is_empty() && entry.reading.is_none()) {
            return;
        }
        let isns = [entry.tcp.isn(0), entry.tcp.isn(1)];
        let reading = entry.reading.get_or_insert_with(|| Box::new(Reading::new(transport, isns)));
        let mut scanned = [0; 2];
        let mut context = Context {
            tap: &self.tap,
            key: &entry.key,
            start: entry.start,
            orientation: &mut entry.orientation,
            links: &self.links,
        };
        let mut outlets = Outlets {
            batch: out.batch,
            books: out.books,
            scanned: &mut scanned,
            bins: &mut self.bins,
        };
        let from = usize::from(!from_low);
        match transport {
            Transport::Udp if !bytes.is_empty() => {
                reading.datagram(from, packet.time, bytes, &mut context, &mut outlets);
            }
            Transport::Udp => {}
            Transport::Tcp => {
                let segment = segment(from, headers, packet, bytes);
                reading.segment(segment, &mut self.bounds, &mut context, &mut outlets);
            }
        }
        if reading.is_over() {
            reading.finish(&mut self.bounds, &mut context, &mut outlets);
            entry.is_read = true;
        }
        out.minute.add_scanned(scanned, entry.orientation.src());
    }

    /// A connection that has just ended is asked soon, not at its idle time.
    fn notice_end(&mut self, at: u32) {
        let entry = &mut self.entries[at as usize];
        if entry.key.ip_protocol == TCP && entry.tcp.is_closing() {
            let soon = self.now.plus(LINGER_US);
            if entry.due > soon.seconds() + 1 {
                entry.due = self.wheel.insert(Handle { at, generation: entry.generation }, soon);
            }
        }
    }

    /// The wheel has reached a flow: ends it, writes its first slice, or asks again later.
    fn ask(&mut self, handle: Handle, second: i64, out: &mut Output<'_>) {
        // As of that second, so that rows do not depend on what else was in the capture to move its clock.
        let (now, limits) = (self.now.min(Time::new(second, 0)), self.limits);
        let Some(entry) = live(&mut self.entries, handle) else { return };
        if !super::timeout::is_same_slot(entry.due, second) {
            return;
        }
        let is_tcp = entry.key.ip_protocol == TCP;
        let idle_us = if is_tcp { limits.tcp_idle_us } else { limits.other_idle_us };
        let end_reason = if is_tcp { entry.tcp.end_reason() } else { None };
        let quiet_us = now.since(entry.touched);
        match end_reason {
            Some(reason) if quiet_us >= LINGER_US.min(idle_us) => {
                return self.end(handle.at, reason, out);
            }
            None if quiet_us >= idle_us => return self.end(handle.at, EndReason::Idle, out),
            _ => {}
        }
        if entry.part == 0 && entry.is_dirty {
            slice::write(entry, &self.tap, EndReason::Open, out);
        }
        let wait = if end_reason.is_some() { LINGER_US } else { idle_us };
        entry.due = self.wheel.insert(handle, entry.touched.plus(wait));
    }

    /// Writes a flow early to make room for another: of those due first, the one quiet for longest.
    fn evict(&mut self, out: &mut Output<'_>) {
        let candidates = self.wheel.first(CANDIDATES);
        let open = candidates.into_iter().filter(|handle| {
            let entry = &self.entries[handle.at as usize];
            entry.is_open && entry.generation == handle.generation
        });
        let quietest = open.min_by_key(|handle| self.entries[handle.at as usize].touched);
        // Stale handles may hide all open flows; then any open one goes.
        let at = quietest.map(|handle| handle.at).or_else(|| self.places.iter().min().copied());
        if let Some(at) = at {
            self.evicted += 1;
            self.end(at, EndReason::Evicted, out);
        }
    }

    fn end(&mut self, at: u32, reason: EndReason, out: &mut Output<'_>) {
        let entry = &mut self.entries[at as usize];
        if let Some(reading) = &mut entry.reading {
            let mut scanned = [0; 2];
            let mut context = Context {
                tap: &self.tap,
                key: &entry.key,
                start: entry.start,
                orientation: &mut entry.orientation,
                links: &self.links,
            };
            let mut outlets = Outlets {
                batch: out.batch,
                books: out.books,
                scanned: &mut scanned,
                bins: &mut self.bins,
            };
            reading.finish(&mut self.bounds, &mut context, &mut outlets);
            out.minute.add_scanned(scanned, entry.orientation.src());
        }
        entry.slice.gaps += entry.tcp.open_holes();
        slice::write(entry, &self.tap, reason, out);
        entry.is_open = false;
        entry.reading = None;
        let hash = self.hasher.hash_one(entry.key);
        let found = self.places.find_entry(hash, |&other| other == at);
        found.expect("an open flow is in the table").remove();
        self.free.push(at);
    }
}

/// The flow of `handle`, if it is still the one that the handle was made for.
fn live(entries: &mut [Entry], handle: Handle) -> Option<&mut Entry> {
    entries
        .get_mut(handle.at as usize)
        .filter(|entry| entry.is_open && entry.generation == handle.generation)
}

fn segment<'a>(
    from: usize,
    headers: &Headers,
    packet: &Packet<'_>,
    bytes: &'a [u8],
) -> Segment<'a> {
    let syn = u32::from(headers.tcp_flags & tcp::SYN != 0);
    Segment {
        from,
        time: packet.time,
        seq: headers.tcp_seq.wrapping_add(syn),
        ack: (headers.tcp_flags & tcp::ACK != 0).then_some(headers.tcp_ack),
        bytes,
        snapped: headers.payload_length - headers.payload_captured,
    }
}

fn fingerprint(headers: &Headers, frame: &[u8]) -> Text {
    let options =
        frame.get(headers.transport_offset as usize + 20..headers.payload_offset as usize);
    Text::from(tcp::syn_fingerprint(headers.tcp_window, options.unwrap_or_default()))
}
