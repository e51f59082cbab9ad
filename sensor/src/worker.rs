//! Capture → batch: one thread, top to bottom, borrowing the frame.

use crate::capture::{Damage, Frame, Next, Source};
use crate::coverage::Minute;
use crate::decode::{Packet, decode};
use crate::flow::{Output, Table};
use crate::ledger::{Account, Books, Count, Sheet};
use config::settings::Sensor as Settings;
use model::{Batch, Form, Time};
use protocols::Links;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wire::Headers;

/// Packet time that goes back further than this begins anew, in microseconds: it is another capture, not disorder.
const STEP_BACK_US: i64 = 5 * Time::MINUTE;
/// A capture that begins later than this after the end of the one before it does not continue it, in microseconds:
/// nobody knows what passed between them.
const BREAK_US: i64 = 5 * Time::MINUTE;
/// A silence inside a capture of up to this many minutes is covered; a longer one is a break of it.
const LONGEST_SILENCE: i64 = 24 * 60;
/// A batch spans at most this many breaks of packet time, each of which may add days: the store takes rows of few days
/// at a time, for each day is a partition.
const BREAKS: u32 = 20;
/// A batch is sent when it holds this many bytes.
const BATCH_BYTES: usize = 16 << 20;
/// Packets between looks at the size of the batch, progress and the stop flag.
const ROUND: u64 = 1024;

/// Rows on their way out, and where they come from.
#[derive(Debug)]
pub struct Parcel {
    /// The rows.
    pub batch: Batch,
    /// The tap they are of.
    pub tap: Arc<str>,
    /// The worker that made them.
    pub worker: u16,
    /// Minute of packet time in which the batch was closed.
    pub minute: Time,
}

/// Takes parcels; waits when it is full.
pub trait Outlet {
    /// Takes one. `false`: nothing more can be taken.
    fn send(&mut self, parcel: Parcel) -> bool;
}

impl Outlet for Vec<Parcel> {
    fn send(&mut self, parcel: Parcel) -> bool {
        self.push(parcel);
        true
    }
}

impl Outlet for tokio::sync::mpsc::Sender<Parcel> {
    fn send(&mut self, parcel: Parcel) -> bool {
        self.blocking_send(parcel).is_ok()
    }
}

/// How a worker is to work.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tap its packets are of.
    pub tap: Arc<str>,
    /// Its number in this sensor.
    pub worker: u16,
    /// Bounds and timeouts.
    pub settings: Settings,
    /// What the bank has declared of its links.
    pub links: Arc<Links>,
    /// Whether payload is left alone.
    pub flows_only: bool,
    /// How rows are encoded.
    pub form: Form,
}

/// What a worker has done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// The sums of its ledger.
    pub ledger: Sheet,
    /// Rows made.
    pub rows: u64,
    /// Flows seen.
    pub flows: u64,
    /// Flows written early because the table was full.
    pub evicted: u64,
    /// Packet time went back so far that all flows were ended.
    pub restarts: u64,
}

/// One thread's way from frames to batches.
pub struct Worker<O: Outlet> {
    plan: Plan,
    outlet: O,
    table: Table,
    batch: Batch,
    books: Books,
    coverage: Minute,
    /// The minute that is open.
    minute: Option<Time>,
    /// The minute that was open when all flows were last ended.
    closed: Time,
    now: Time,
    /// Breaks of packet time in this batch.
    breaks: u32,
    done: Done,
}

macro_rules! output {
    ($worker:ident) => {
        &mut Output {
            batch: &mut $worker.batch,
            books: &mut $worker.books,
            minute: &mut $worker.coverage,
        }
    };
}

impl<O: Outlet> Worker<O> {
    /// A worker that has seen nothing yet.
    pub fn new(plan: Plan, outlet: O) -> Self {
        // What was masked on this thread before is of no packet.
        model::mask::take();
        Self {
            table: Table::new(
                plan.tap.clone(),
                &plan.settings,
                plan.links.clone(),
                plan.flows_only,
            ),
            batch: Batch::new(plan.form),
            books: Books::default(),
            coverage: Minute::default(),
            minute: None,
            closed: Time(0),
            now: Time(i64::MIN),
            breaks: 0,
            done: Done::default(),
            outlet,
            plan,
        }
    }

    /// Reads `source` to its end, or until `stop`. `progress` is called now and then with the source's position.
    ///
    /// On damage all that was read before it is kept; another source may follow.
    pub fn read(
        &mut self,
        source: &mut impl Source,
        stop: &AtomicBool,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), Damage> {
        let mut packets = 0;
        loop {
            match source.next()? {
                Next::Frame(frame) => {
                    if packets == 0
                        && self.minute.is_some()
                        && frame.time.since(self.now) > BREAK_US
                    {
                        self.close();
                    }
                    self.frame(&frame);
                }
                Next::Tick(time) => self.clock(time),
                Next::Unusable(bytes) => self.unusable(bytes),
                Next::End => break,
            }
            packets += 1;
            if packets % ROUND == 0 {
                self.send_if_full();
                progress(ROUND, source.position());
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
        }
        progress(packets % ROUND, source.position());
        Ok(())
    }

    /// Ends all flows, closes the books and sends what is left.
    pub fn finish(mut self) -> (Done, O) {
        self.close();
        self.send();
        self.done.ledger = *self.books.total();
        self.done.evicted = self.table.evicted();
        self.done.flows = self.table.opened();
        (self.done, self.outlet)
    }

    /// Takes one frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.clock(frame.time);
        self.books.turn_to(frame.time);
        let count = Count::packet(u64::from(frame.wire_length));
        self.books.add(Account::Captured, count);
        self.books.add(Account::CaptureKept, count);
        self.books.add(Account::Decoded, count);
        let mut headers = Headers::default();
        let account = decode(frame, &mut headers);
        self.books.add(account, count);
        if account == Account::DecodeKept {
            let packet = Packet {
                time: frame.time,
                wire_length: frame.wire_length,
                frame: frame.bytes,
                headers: &headers,
            };
            self.table.observe(&packet, output!(self));
        }
    }

    fn unusable(&mut self, bytes: u32) {
        let count = Count::packet(u64::from(bytes));
        self.books.add(Account::Captured, count);
        self.books.add(Account::CaptureUnusable, count);
        self.coverage.lost += 1;
    }

    /// Packet time has got to `time`: closes the minutes that have passed.
    fn clock(&mut self, time: Time) {
        if time <= self.now && self.now.since(time) <= STEP_BACK_US {
            return;
        }
        let mut minute = match self.minute {
            Some(minute) if time > self.now => minute,
            Some(_) => {
                self.close();
                self.done.restarts += 1;
                time.minute()
            }
            None => time.minute(),
        };
        self.now = time;
        let last = time.minute();
        let silence = last.since(minute) / Time::MINUTE;
        for passed in 1.. {
            if minute >= last {
                break;
            }
            minute = minute.plus(Time::MINUTE);
            self.end_minute(minute);
            if passed == LONGEST_SILENCE && silence > LONGEST_SILENCE {
                minute = last;
                self.count_break();
            }
        }
        self.minute = Some(minute);
        self.table.advance(time, output!(self));
    }

    /// The minute before `boundary` has passed: its slices, then its ledger, then its coverage.
    fn end_minute(&mut self, boundary: Time) {
        let minute = boundary.plus(-Time::MINUTE);
        self.books.turn_to(minute);
        self.table.advance(boundary, output!(self));
        self.table.cut(output!(self));
        self.write_books(minute);
        self.send_if_full();
    }

    /// Ends every flow and the minute that is open.
    fn close(&mut self) {
        let Some(minute) = self.minute.take() else {
            self.books.write(&self.plan.tap, self.plan.worker, &mut self.batch);
            return;
        };
        self.books.turn_to(self.now);
        self.table.finish(output!(self));
        self.write_books(minute);
        self.closed = minute;
        self.now = Time(i64::MIN);
        self.count_break();
    }

    fn count_break(&mut self) {
        self.breaks += 1;
        if self.breaks >= BREAKS {
            self.send();
        }
    }

    fn write_books(&mut self, minute: Time) {
        self.enter_masked();
        self.books.write(&self.plan.tap, self.plan.worker, &mut self.batch);
        self.coverage.write(minute, &self.plan.tap, &mut self.batch);
    }

    /// Enters what the gate of free text has masked on this thread since the last minute.
    fn enter_masked(&mut self) {
        let masked = model::mask::take();
        let count = Count::records(masked.texts);
        let account = if masked.is_leak() { Account::GateLeak } else { Account::GateMasked };
        self.books.add(Account::Gated, count);
        self.books.add(account, count);
    }

    fn send_if_full(&mut self) {
        if self.batch.rows() >= self.plan.settings.batch_rows || self.batch.bytes() >= BATCH_BYTES {
            self.send();
        }
    }

    fn send(&mut self) {
        self.breaks = 0;
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::replace(&mut self.batch, Batch::new(self.plan.form));
        let (tap, worker) = (self.plan.tap.clone(), self.plan.worker);
        let minute = self.minute.unwrap_or(self.closed);
        self.done.rows += batch.rows();
        self.outlet.send(Parcel { batch, tap, worker, minute });
    }
}
