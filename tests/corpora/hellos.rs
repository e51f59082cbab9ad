//! SNI, JA3 and JA4 of client hellos against what tshark and the published algorithms say.

use super::capture::{address, each, files, number, replay, text, truth};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

type Ends = ((Ipv6Addr, u64), (Ipv6Addr, u64));

/// A JA4 that is made of nothing: tshark saw a hello and none of its fields.
const EMPTY_JA4: &str = "000000_000000000000_000000000000";
/// A handshake cut into every possible fragment, hundreds of times: counted apart.
const FRAGMENTED: &str = "tls-fragmented-handshakes";

#[derive(Default)]
struct Counts {
    hellos: usize,
    /// Second hellos of a handshake, after a hello retry request.
    again: usize,
    misses: Vec<String>,
}

#[test]
fn client_hellos_equal_those_of_tshark() {
    let Some(corpora) = bartizan_tests::corpora() else { return };
    let captures = captures(&corpora);
    let compared = each(&captures, |(capture, truth)| compare(&corpora, capture, truth));
    let (mut plain, mut fragmented) = (Counts::default(), Counts::default());
    for ((capture, _), counts) in captures.iter().zip(compared) {
        let is_fragmented = capture.to_string_lossy().contains(FRAGMENTED);
        let sum = if is_fragmented { &mut fragmented } else { &mut plain };
        sum.hellos += counts.hellos;
        sum.again += counts.again;
        sum.misses.extend(counts.misses);
    }
    for (name, counts) in [("plain", &plain), ("fragmented", &fragmented)] {
        let Counts { hellos, again, misses } = counts;
        println!(
            "{name}: {} of {hellos} hellos agree; {again} of them second hellos",
            hellos - misses.len()
        );
        for miss in misses {
            println!("  {miss}");
        }
    }
    assert!(plain.hellos >= 640, "only {} hellos: is the truth complete?", plain.hellos);
    assert!(plain.misses.len() * 50 <= plain.hellos, "more than 2 % disagree");
    assert!(fragmented.misses.len() * 50 <= fragmented.hellos, "more than 2 % disagree");
}

/// Captures with client hellos over TCP, and the truth of each.
fn captures(corpora: &Path) -> Vec<(PathBuf, Value)> {
    let by_name: BTreeMap<String, PathBuf> = files(&corpora.join("pcap"))
        .into_iter()
        .map(|path| {
            let name =
                path.strip_prefix(corpora.join("pcap")).expect("it is below").to_string_lossy();
            (name.replace('/', "__"), path.clone())
        })
        .collect();
    let mut found = Vec::new();
    for path in files(&corpora.join("truth/tshark")) {
        let truth = truth(&path);
        if hellos(&truth).next().is_some() {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let capture = by_name.get(&name).unwrap_or_else(|| panic!("no capture for {name}"));
            found.push((capture.clone(), truth));
        }
    }
    found
}

/// Client hellos over TCP: neither QUIC nor EAP, which has no addresses.
fn hellos(truth: &Value) -> impl Iterator<Item = &Value> {
    let all = truth["tls_client"].as_array().into_iter().flatten();
    all.filter(|hello| hello["quic"] == false && address(text(hello, "src")).is_some())
}

fn compare(corpora: &Path, capture: &Path, truth: &Value) -> Counts {
    let seen = replay(capture).expect("a capture");
    let mut ours: BTreeMap<Ends, Vec<Value>> = BTreeMap::new();
    for row in seen.rows("tls") {
        ours.entry(ends(&row, "src_ip", "src_port", "dst_ip", "dst_port")).or_default().push(row);
    }
    let name = capture.strip_prefix(corpora).expect("it is below").display();
    let mut counts = Counts::default();
    for hello in hellos(truth) {
        let ends = ends(hello, "src", "sport", "dst", "dport");
        let rows = ours.get(&ends).map_or(&[][..], Vec::as_slice);
        counts.hellos += 1;
        if rows.iter().any(|row| agrees(row, hello, ["ja3", "ja4"])) {
            continue;
        }
        if rows.iter().any(|row| agrees(row, hello, ["retry_ja3", "retry_ja4"])) {
            counts.again += 1;
        } else {
            counts
                .misses
                .push(format!("{name}: frame {} {ends:?}: {hello}, ours {rows:?}", hello["frame"]));
        }
    }
    counts
}

/// Whether a row says the same, of the values that the truth holds.
fn agrees(row: &Value, hello: &Value, [row_ja3, row_ja4]: [&str; 2]) -> bool {
    let ja4 = text(hello, "ja4");
    let is_ja4 = ja4.is_empty() || ja4.ends_with(EMPTY_JA4) || ja4 == text(row, row_ja4);
    // Several hellos in one frame are joined by commas.
    let is_ja3 =
        text(hello, "ja3").split(',').all(|ja3| ja3.is_empty() || ja3 == text(row, row_ja3));
    text(hello, "sni") == text(row, "sni") && is_ja3 && is_ja4
}

fn ends(row: &Value, src: &str, sport: &str, dst: &str, dport: &str) -> Ends {
    let end =
        |ip: &str, port: &str| (address(text(row, ip)).expect("an address"), number(row, port));
    (end(src, sport), end(dst, dport))
}
