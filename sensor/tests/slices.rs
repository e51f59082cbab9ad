//! When slices are written, and what ends a flow.

use crate::packets::{
    ACK, End, FIN, RST, SYN, Timed, at, conversation, run, run_all, run_with, tcp, udp,
};
use bartizan_sensor::capture::Frame;
use bartizan_sensor::worker::{Plan, Worker};
use config::settings::Sensor as Settings;
use model::flow::{ConnState, Direction, EndReason};
use model::{Coverage, Flow, Form};

const CLIENT: End = End(1, 50_000);
const SERVER: End = End(2, 5_000);

fn datagrams(seconds: &[f64]) -> Vec<Timed> {
    seconds.iter().map(|second| udp(at(*second), CLIENT, SERVER, b"x")).collect()
}

fn told(flows: &[Flow]) -> Vec<(u32, EndReason, u64)> {
    flows.iter().map(|flow| (flow.part, flow.end_reason, flow.src_packets)).collect()
}

/// By hand: opened at 10 s, so the first slice is due by 15 s and holds what came before; then one at each full minute
/// in which something happened; the last says why it is the last.
#[test]
fn a_long_flow_is_cut_after_seconds_and_at_each_minute() {
    let flows = run(&datagrams(&[10.0, 11.0, 16.0, 30.0, 59.0, 61.0, 100.0, 150.0])).flows();
    let expected = [
        (0, EndReason::Open, 2),
        (1, EndReason::Open, 3),
        (2, EndReason::Open, 2),
        (3, EndReason::Shutdown, 1),
    ];
    assert_eq!(told(&flows), expected);
    assert!(flows.iter().all(|flow| flow.flow_start == at(10.0)));
    assert_eq!((flows[1].first_seen, flows[1].last_seen), (at(16.0), at(59.0)));
}

#[test]
fn the_first_slice_comes_within_five_seconds() {
    for start in [0.0, 0.3, 0.999_999, 20.5, 57.0] {
        let frames: Vec<_> = (0..80)
            .map(|tick| udp(at(start + f64::from(tick) * 0.1), CLIENT, SERVER, b"x"))
            .collect();
        let first = &run(&frames).flows()[0];
        let packets = i64::try_from(first.src_packets).expect("few");
        assert!(
            (10..=50).contains(&packets),
            "opened at {start}: written after {packets} tenths of a second"
        );
    }
}

#[test]
fn silence_ends_a_flow_and_the_last_row_adds_nothing() {
    let flows = run(&datagrams(&[0.0, 200.0])).flows();
    let expected = [(0, EndReason::Open, 1), (1, EndReason::Idle, 0), (0, EndReason::Shutdown, 1)];
    assert_eq!(told(&flows), expected);
    assert_eq!(flows[1].last_seen, at(0.0));
}

#[test]
fn a_connection_that_closed_is_one_flow_with_its_last_acknowledgement() {
    let flows = run(&conversation(0.0, CLIENT, SERVER, &[b"ask", b"answer"])).flows();
    assert_eq!(flows.len(), 1);
    let flow = &flows[0];
    assert_eq!((flow.end_reason, flow.conn_state), (EndReason::Fin, ConnState::Sf));
    assert_eq!((flow.src_packets, flow.dst_packets), (5, 3));
    assert_eq!((flow.src_payload, flow.dst_payload), (3, 6));
    assert_eq!((flow.direction, flow.rtt_us), (Direction::Syn, 20_000));
    assert_eq!((flow.src_port, flow.dst_port), (50_000, 5_000));
}

#[test]
fn the_same_ports_again_are_a_new_flow() {
    let mut frames = conversation(0.0, CLIENT, SERVER, &[b"one"]);
    frames.extend(conversation(1.0, CLIENT, SERVER, &[b"two", b"three"]));
    let flows = run(&frames).flows();
    assert_eq!(
        flows.iter().map(|flow| (flow.flow_start, flow.part)).collect::<Vec<_>>(),
        [(at(0.0), 0), (at(1.0), 0)]
    );
    assert_eq!((flows[0].end_reason, flows[1].end_reason), (EndReason::Fin, EndReason::Fin));
    assert_eq!((flows[0].dst_payload, flows[1].dst_payload), (0, 3 + 2));
}

#[test]
fn a_reset_ends_a_flow() {
    let frames = [
        tcp(at(0.0), CLIENT, SERVER, SYN, 1, 0, &[]),
        tcp(at(0.1), SERVER, CLIENT, RST | ACK, 0, 2, &[]),
        udp(at(9.0), End(7, 1), End(8, 2), b"later"),
    ];
    let flow = &run(&frames).flows()[0];
    assert_eq!((flow.end_reason, flow.conn_state), (EndReason::Rst, ConnState::Rej));
}

#[test]
fn a_flow_is_turned_round_by_what_it_shows() {
    let direction = |frames: &[Timed]| {
        let flow = run(frames).flows().remove(0);
        (flow.src_ip.octets()[15], flow.direction)
    };
    assert_eq!(
        direction(&[tcp(at(0.0), SERVER, CLIENT, SYN | ACK, 1, 1, &[])]),
        (1, Direction::Syn)
    );
    let overtaken = [
        tcp(at(0.0), SERVER, CLIENT, ACK, 2, 2, b"early"),
        tcp(at(0.1), CLIENT, SERVER, SYN, 1, 0, &[]),
    ];
    assert_eq!(direction(&overtaken), (1, Direction::Syn));
    assert_eq!(direction(&[udp(at(0.0), End(2, 161), End(1, 40_000), b"x")]), (1, Direction::Port));
    assert_eq!(
        direction(&[udp(at(0.0), End(2, 7_777), End(1, 7_777), b"x")]),
        (2, Direction::Unknown)
    );
}

#[test]
fn a_full_table_writes_the_quietest_flow_early() {
    let settings = Settings { max_flows: 2, ..Settings::default() };
    let frames: Vec<_> = [1u8, 2, 1, 3]
        .iter()
        .zip(0u8..)
        .map(|(from, step)| udp(at(f64::from(step)), End(*from, 40_000), SERVER, b"x"))
        .collect();
    let flows = run_with(&frames, &settings).flows();
    let evicted: Vec<_> =
        flows.iter().filter(|flow| flow.end_reason == EndReason::Evicted).collect();
    assert_eq!(evicted.len(), 1);
    assert_eq!(evicted[0].src_ip.octets()[15], 2);
}

#[test]
fn fragments_are_counted_with_their_first() {
    let whole = udp(at(0.0), CLIENT, SERVER, &[7; 64]);
    let (mut first, mut later, mut stray) = (whole.clone(), whole.clone(), whole);
    (first.bytes[20], later.bytes[21], stray.bytes[21]) = (0x20, 8, 8);
    stray.bytes[18] ^= 0xff;
    let out = run(&[first, later, stray]);
    let flow = &out.flows()[0];
    assert_eq!((flow.src_packets, flow.src_port), (2, CLIENT.1));
    assert_eq!(out.ledger.dropped_packets(), [("fragment", 1)]);
}

#[test]
fn coverage_comes_after_the_rows_of_its_minute() {
    let out = run(&datagrams(&[10.0, 70.0, 200.0]));
    let mut flows_until = Vec::new();
    let mut flows = 0;
    for line in out.lines.lines() {
        if line.starts_with("{\"table\":\"flow\"") {
            flows += 1;
        } else if line.starts_with("{\"table\":\"coverage\"") {
            let row: Coverage = serde_json::from_str(line).expect("a coverage row");
            flows_until.push((row.minute.since(at(0.0)) / 60_000_000, flows));
        }
    }
    flows_until.dedup();
    // Minutes 0 to 3 are covered, the silent one too; each after its slices.
    assert_eq!(flows_until, [(0, 1), (1, 2), (2, 3), (3, 4)]);
}

#[test]
fn time_that_goes_back_by_hours_begins_anew() {
    let mut frames = datagrams(&[7200.0, 7201.0]);
    frames.extend(datagrams(&[0.0, 1.0]));
    let flows = run(&frames).flows();
    assert_eq!(told(&flows), [(0, EndReason::Shutdown, 2), (0, EndReason::Shutdown, 2)]);
}

/// A connection whose closing is not seen from one side goes on until it is idle.
#[test]
fn a_half_closed_connection_stays_open() {
    let frames = [
        tcp(at(0.0), CLIENT, SERVER, SYN, 1, 0, &[]),
        tcp(at(0.1), SERVER, CLIENT, SYN | ACK, 1, 2, &[]),
        tcp(at(0.2), CLIENT, SERVER, FIN | ACK, 2, 2, &[]),
        tcp(at(20.0), SERVER, CLIENT, ACK, 2, 3, b"more"),
        udp(at(400.0), End(7, 1), End(8, 2), b"later"),
    ];
    let flows = run(&frames).flows();
    let last = flows.iter().rfind(|flow| flow.ip_protocol == 6).expect("the connection");
    assert_eq!((last.end_reason, last.conn_state), (EndReason::Idle, ConnState::S2));
}

/// What passed between two captures is not known: it is not covered, and no flow reaches across.
#[test]
fn a_break_between_captures_is_not_covered() {
    let parts = [datagrams(&[0.0, 1.0]), datagrams(&[3600.0])];
    let out = run_all(&[&parts[0], &parts[1]], &Settings::default());
    assert_eq!(told(&out.flows()), [(0, EndReason::Shutdown, 2), (0, EndReason::Shutdown, 1)]);
    assert_eq!(out.rows("coverage").count(), 2 * 2);
    let near = [datagrams(&[0.0, 1.0]), datagrams(&[3.0])];
    let out = run_all(&[&near[0], &near[1]], &Settings::default());
    assert_eq!(told(&out.flows()), [(0, EndReason::Shutdown, 3)]);
}

/// A frame of 1,000 bytes of which 60 were captured: the wire carried 1,000, and 958 of them are payload.
#[test]
fn snapped_packets_count_what_was_on_the_wire() {
    let whole = udp(at(0.0), CLIENT, SERVER, &[7; 958]);
    let bytes = &whole.bytes[..60];
    let plan = Plan {
        tap: "T".into(),
        worker: 0,
        settings: Settings::default(),
        links: std::sync::Arc::default(),
        flows_only: false,
        form: Form::Jsonl,
    };
    let mut worker = Worker::new(plan, Vec::new());
    worker.frame(&Frame { time: whole.time, link: 1, wire_length: 1000, bytes });
    let (_, parcels) = worker.finish();
    let lines = String::from_utf8_lossy(parcels[0].batch.lines()).into_owned();
    let flow: Flow = serde_json::from_str(lines.lines().next().expect("a row")).expect("a flow");
    assert_eq!((flow.src_bytes, flow.src_payload), (1000, 958));
}
