//! Frames built by etherparse, captures around them, and the rows that the sensor makes of them.

use bartizan_sensor::capture::{Damage, Frame, Next, Source};
use bartizan_sensor::ledger::Sheet;
use bartizan_sensor::worker::{Plan, Worker};
use config::settings::Sensor as Settings;
use etherparse::PacketBuilder;
use model::{Flow, Form, Time};
use std::sync::atomic::AtomicBool;

/// A frame with its time.
#[derive(Debug, Clone)]
pub struct Timed {
    pub time: Time,
    pub bytes: Vec<u8>,
}

/// FIN, SYN, RST, PSH, ACK as they stand in the header.
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// The start of an hour, so that minutes are easy to see.
pub const START: Time = Time::new(1_772_366_400, 0);

/// A moment in seconds after [`START`].
pub fn at(seconds: f64) -> Time {
    START.plus((seconds * 1e6) as i64)
}

/// One end of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End(pub u8, pub u16);

impl End {
    pub fn ip(self) -> [u8; 4] {
        [10, 0, 0, self.0]
    }
}

pub fn udp(time: Time, src: End, dst: End, payload: &[u8]) -> Timed {
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4(src.ip(), dst.ip(), 64)
        .udp(src.1, dst.1)
        .write(&mut bytes, payload)
        .expect("memory");
    Timed { time, bytes }
}

pub fn tcp(time: Time, src: End, dst: End, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Timed {
    let mut builder = PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4(src.ip(), dst.ip(), 64)
        .tcp(src.1, dst.1, seq, 1000);
    if flags & FIN != 0 {
        builder = builder.fin();
    }
    if flags & SYN != 0 {
        builder = builder.syn();
    }
    if flags & RST != 0 {
        builder = builder.rst();
    }
    if flags & ACK != 0 {
        builder = builder.ack(ack);
    }
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).expect("memory");
    Timed { time, bytes }
}

/// A connection that says `payloads` in turn, opener first, 10 ms apart, and closes in order.
pub fn conversation(start: f64, src: End, dst: End, payloads: &[&[u8]]) -> Vec<Timed> {
    let (mut seq, mut out, mut step) = ([100u32, 900u32], Vec::new(), 0);
    let mut say = |from: usize, flags: u8, payload: &[u8], seq: &mut [u32; 2]| {
        let (a, b) = if from == 0 { (src, dst) } else { (dst, src) };
        let time = at(start + f64::from(step) * 0.01);
        step += 1;
        let ack = seq[1 - from];
        out.push(tcp(time, a, b, flags, seq[from], ack, payload));
        seq[from] += payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
    };
    say(0, SYN, &[], &mut seq);
    say(1, SYN | ACK, &[], &mut seq);
    say(0, ACK, &[], &mut seq);
    for (at, payload) in payloads.iter().enumerate() {
        say(at % 2, ACK, payload, &mut seq);
    }
    say(0, FIN | ACK, &[], &mut seq);
    say(1, FIN | ACK, &[], &mut seq);
    say(0, ACK, &[], &mut seq);
    out
}

/// Frames from memory.
pub struct Frames<'a>(pub std::slice::Iter<'a, Timed>);

impl Source for Frames<'_> {
    fn next(&mut self) -> Result<Next<'_>, Damage> {
        Ok(self.0.next().map_or(Next::End, |Timed { time, bytes }| {
            Next::Frame(Frame { time: *time, link: 1, wire_length: bytes.len() as u32, bytes })
        }))
    }

    fn position(&self) -> u64 {
        0
    }
}

/// What came out.
pub struct Out {
    pub ledger: Sheet,
    pub lines: String,
}

impl Out {
    /// The rows of flows, in the order they were written.
    pub fn flows(&self) -> Vec<Flow> {
        self.rows("flow").map(|line| serde_json::from_str(line).expect("a flow")).collect()
    }

    /// The lines of one table.
    pub fn rows<'a>(&'a self, table: &str) -> impl Iterator<Item = &'a str> {
        let start = format!("{{\"table\":\"{table}\",");
        self.lines.lines().filter(move |line| line.starts_with(&start))
    }
}

/// Sends frames through a worker.
pub fn run_with(frames: &[Timed], settings: &Settings) -> Out {
    run_all(&[frames], settings)
}

/// Sends captures through one worker, one after the other.
pub fn run_all(captures: &[&[Timed]], settings: &Settings) -> Out {
    let plan = Plan {
        tap: "T".into(),
        worker: 0,
        settings: settings.clone(),
        links: std::sync::Arc::default(),
        flows_only: false,
        form: Form::Jsonl,
    };
    let mut worker = Worker::new(plan, Vec::new());
    let stop = AtomicBool::new(false);
    for frames in captures {
        worker.read(&mut Frames(frames.iter()), &stop, |_, _| ()).expect("memory is not damaged");
    }
    let (done, parcels) = worker.finish();
    let lines: Vec<u8> = parcels.iter().flat_map(|parcel| parcel.batch.lines()).copied().collect();
    Out { ledger: done.ledger, lines: String::from_utf8(lines).expect("JSON is UTF-8") }
}

pub fn run(frames: &[Timed]) -> Out {
    run_with(frames, &Settings::default())
}
