//! Slices summed by 5-tuple against nDPI's flows: packets and wire bytes of both directions.

use super::capture::{Seen, address, each, files, number, replay, text, truth};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;
use std::path::Path;

/// One direction of a conversation: protocol, sender and receiver with their ports.
type Way = (u64, (Ipv6Addr, u64), (Ipv6Addr, u64));
/// Packets and bytes by direction.
type Sums = BTreeMap<Way, (u64, u64)>;

struct Comparison {
    flows: usize,
    misses: Vec<String>,
    extra: Vec<String>,
}

#[test]
fn flows_of_plain_captures_equal_those_of_ndpi() {
    let Some(corpora) = bartizan_tests::corpora() else { return };
    let not_plain: BTreeSet<String> =
        serde_json::from_value(truth(&corpora.join("truth/ndpi_not_plain_5tuple.json")))
            .expect("names");
    let plain: Vec<Value> = files(&corpora.join("truth/ndpi_flows"))
        .iter()
        .map(|path| truth(path))
        .filter(|truth| !not_plain.contains(file_name(text(truth, "pcap"))))
        .collect();
    let compared = each(&plain, |truth| compare(&corpora, truth));

    let flows: usize = compared.iter().map(|one| one.flows).sum();
    let misses: Vec<&String> = compared.iter().flat_map(|one| &one.misses).collect();
    let extra: Vec<&String> = compared.iter().flat_map(|one| &one.extra).collect();
    println!(
        "{} of {flows} flows agree; {} that nDPI does not have",
        flows - misses.len(),
        extra.len()
    );
    for miss in &misses {
        println!("{miss}");
    }
    for extra in &extra {
        println!("{extra}");
    }
    assert_eq!(flows, 2831, "the corpora README counts the flows of plain captures");
    assert!(misses.len() * 200 <= flows, "more than 0.5 % disagree");
    assert!(extra.len() * 200 <= flows, "more than 0.5 % are ours alone");
}

fn compare(corpora: &Path, truth: &Value) -> Comparison {
    let capture = text(truth, "pcap");
    let seen = replay(&corpora.join(capture)).expect("a capture");
    let (ours, theirs) = (our_sums(&seen), their_sums(truth));
    let sum = |sums: &Sums, way: &Way| sums.get(way).copied().unwrap_or_default();
    let mut found = Comparison { flows: 0, misses: Vec::new(), extra: Vec::new() };
    for flow in truth["flows"].as_array().expect("flows") {
        let way = way_of(flow);
        let ways = [way, (way.0, way.2, way.1)];
        found.flows += 1;
        if ways.iter().any(|way| sum(&ours, way) != sum(&theirs, way)) {
            let [ours, theirs] = [&ours, &theirs].map(|sums| ways.map(|way| sum(sums, &way)));
            found.misses.push(format!("{capture}: {way:?}: ours {ours:?}, nDPI {theirs:?}"));
        }
    }
    for (way, sum) in ours {
        if sum.0 > 0 && !theirs.contains_key(&way) {
            found.extra.push(format!("{capture}: {way:?}: {sum:?}"));
        }
    }
    found
}

fn our_sums(seen: &Seen) -> Sums {
    let mut sums = Sums::new();
    for row in seen.rows("flow") {
        let protocol = number(&row, "ip_protocol");
        let end = |side: &str| {
            let ip = address(text(&row, &format!("{side}_ip"))).expect("an address");
            // nDPI has no ports but those of TCP and UDP; ours hold ICMP's type and code.
            let port =
                if matches!(protocol, 6 | 17) { number(&row, &format!("{side}_port")) } else { 0 };
            (ip, port)
        };
        let (src, dst) = (end("src"), end("dst"));
        let counts = |side: &str| {
            (number(&row, &format!("{side}_packets")), number(&row, &format!("{side}_bytes")))
        };
        add(&mut sums, (protocol, src, dst), counts("src"));
        add(&mut sums, (protocol, dst, src), counts("dst"));
    }
    sums
}

fn their_sums(truth: &Value) -> Sums {
    let mut sums = Sums::new();
    for flow in truth["flows"].as_array().expect("flows") {
        let (protocol, src, dst) = way_of(flow);
        let pair = |field: &str, at: usize| flow[field][at].as_u64().expect("two numbers");
        add(&mut sums, (protocol, src, dst), (pair("pkts", 0), pair("bytes", 0)));
        add(&mut sums, (protocol, dst, src), (pair("pkts", 1), pair("bytes", 1)));
    }
    sums
}

fn add(sums: &mut Sums, way: Way, (packets, bytes): (u64, u64)) {
    let sum = sums.entry(way).or_default();
    sum.0 += packets;
    sum.1 += bytes;
}

fn way_of(flow: &Value) -> Way {
    let protocol = match text(flow, "l4") {
        "TCP" => 6,
        "UDP" => 17,
        "ICMP" => 1,
        "ICMPV6" => 58,
        "IGMP" => 2,
        "OSPF" => 89,
        other => panic!("{other} is a protocol that plain captures do not have"),
    };
    let end =
        |ip: &str, port: &str| (address(text(flow, ip)).expect("an address"), number(flow, port));
    (protocol, end("src", "sport"), end("dst", "dport"))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
