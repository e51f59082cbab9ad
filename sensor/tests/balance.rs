//! Whatever comes in, every stage accounts for it, in each minute, and slices sum to the whole.

use crate::packets::{ACK, End, FIN, Out, RST, START, SYN, Timed, run_with, tcp, udp};
use bartizan_sensor::ledger::Account;
use config::settings::Sensor as Settings;
use model::{Ledger, Time};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Frames of few ends, so that they meet in flows; some damaged, some out of order, some late by hours.
fn frames() -> impl Strategy<Value = Vec<Timed>> {
    let frame = (
        (0u8..4, 0u8..4, 0u16..3, 0u16..3),
        0u8..8,
        (0u32..400, 0usize..60),
        prop_oneof![
            8 => 0i64..2 * Time::SECOND,
            1 => -30 * Time::SECOND..90 * Time::SECOND,
            1 => -2 * Time::HOUR..2 * Time::HOUR,
        ],
        proptest::option::weighted(0.15, (any::<prop::sample::Index>(), any::<u8>())),
    );
    proptest::collection::vec(frame, 1..150).prop_map(|frames| {
        let mut now = START;
        let build = |((a, b, p, q), kind, (seq, length), step, damage): (
            _,
            u8,
            _,
            i64,
            Option<(prop::sample::Index, u8)>,
        )| {
            now = now.plus(step);
            let (src, dst) = (End(a, 50_000 + p), End(b, 53 + q));
            let (src, dst) = if kind & 4 == 0 { (src, dst) } else { (dst, src) };
            let payload: Vec<u8> = (0..length as u8).collect();
            let mut timed = match kind & 3 {
                0 => udp(now, src, dst, &payload),
                1 => tcp(now, src, dst, SYN, seq, 0, &[]),
                2 => tcp(
                    now,
                    src,
                    dst,
                    ACK | if length % 7 == 0 { FIN } else { 0 },
                    seq,
                    1,
                    &payload,
                ),
                _ => {
                    tcp(now, src, dst, if length % 5 == 0 { RST } else { ACK }, seq, seq, &payload)
                }
            };
            if let Some((index, byte)) = damage {
                let at = index.index(timed.bytes.len());
                timed.bytes[at] = byte;
                if byte % 3 == 0 {
                    timed.bytes.truncate(at);
                }
            }
            timed
        };
        frames.into_iter().map(build).collect()
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    (1usize..20, 1u32..400, 1u32..100, 0usize..200, 0usize..400).prop_map(
        |(max_flows, tcp_idle_s, other_idle_s, stream_bytes, stream_bytes_total)| Settings {
            max_flows,
            tcp_idle_s,
            other_idle_s,
            stream_bytes,
            stream_bytes_total,
            batch_rows: 7,
            ..Settings::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_stage_balances_in_each_minute(frames in frames(), settings in settings()) {
        let out = run_with(&frames, &settings);
        prop_assert_eq!(out.ledger.imbalances(), vec![]);
        prop_assert_eq!(out.ledger.of(Account::Captured).packets, frames.len() as u64);
        for ((minute, stage), (received, accounted)) in by_minute(&out) {
            prop_assert_eq!(received, accounted, "{} {}", minute, stage);
        }
    }

    #[test]
    fn slices_sum_to_the_whole(frames in frames(), settings in settings()) {
        let out = run_with(&frames, &settings);
        let kept = out.ledger.of(Account::FlowKept);
        let flows = out.flows();
        let packets: u64 = flows.iter().map(|flow| flow.src_packets + flow.dst_packets).sum();
        let bytes: u64 = flows.iter().map(|flow| flow.src_bytes + flow.dst_bytes).sum();
        prop_assert_eq!((packets, bytes), (kept.packets, kept.bytes));
    }

    #[test]
    fn each_flow_has_its_parts_in_order_and_one_end(frames in frames(), settings in settings()) {
        let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for flow in run_with(&frames, &settings).flows() {
            prop_assert!(flow.first_seen >= flow.flow_start && flow.last_seen >= flow.first_seen);
            parts.entry((flow.flow_start, flow.endpoints())).or_default().push((flow.part, flow.end_reason));
        }
        for (key, parts) in parts {
            // Flows of the same ends may begin in the same microsecond; their parts then follow each other.
            let runs = parts.iter().filter(|(part, _)| *part == 0).count();
            let ends = parts.iter().filter(|(_, reason)| *reason != model::flow::EndReason::Open).count();
            prop_assert_eq!(ends, runs, "{:?} {:?}", key, parts);
            let mut expected = 0;
            for (part, reason) in parts {
                prop_assert_eq!(part, expected);
                expected = if reason == model::flow::EndReason::Open { expected + 1 } else { 0 };
            }
        }
    }

    #[test]
    fn a_replay_gives_the_same_rows(frames in frames(), settings in settings()) {
        prop_assert_eq!(run_with(&frames, &settings).lines, run_with(&frames, &settings).lines);
    }
}

type Sums = BTreeMap<(Time, String), ([u64; 3], [u64; 3])>;

fn by_minute(out: &Out) -> Sums {
    let mut sums = Sums::new();
    for line in out.rows("ledger") {
        let row: Ledger = serde_json::from_str(line).expect("a ledger row");
        let (received, accounted) = sums.entry((row.minute, row.stage.to_string())).or_default();
        let side = if row.reason == "received" { received } else { accounted };
        for (sum, count) in side.iter_mut().zip([row.packets, row.bytes, row.records]) {
            *sum += count;
        }
    }
    sums
}
