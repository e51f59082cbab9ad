//! Every capture is read to its end: no panic, no hang, and the books balance.

use super::capture::{files, replay};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A capture that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn every_capture_is_read_and_its_books_balance() {
    let Some(corpora) = bartizan_tests::corpora() else { return };
    let expected = packets_by_manifest(&corpora);
    let captures = files(&corpora.join("pcap"));
    assert!(captures.len() > 1000, "only {} captures found", captures.len());
    let (mut wrong, mut packets) = (Vec::new(), 0);
    for capture in &captures {
        let name = capture.strip_prefix(&corpora).expect("it is below").display().to_string();
        match read(capture.clone()) {
            Ok(read) => {
                packets += read;
                let told = expected.get(&name).copied();
                if told.is_some_and(|told| told != read) {
                    wrong.push(format!("{name}: {read} packets read, the manifest says {told:?}"));
                }
            }
            Err(problem) => wrong.push(format!("{name}: {problem}")),
        }
    }
    println!("{} captures, {packets} packets", captures.len());
    assert!(wrong.is_empty(), "{} captures:\n{}", wrong.len(), wrong.join("\n"));
}

/// Packets of a capture, read in a thread of its own so that a panic or a hang is its finding alone.
fn read(capture: PathBuf) -> Result<u64, String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let outcome = replay(&capture).and_then(|seen| {
            let imbalances = seen.replayed.ledger.imbalances();
            match imbalances.first() {
                None => Ok(seen.replayed.packets()),
                Some(imbalance) => Err(imbalance.to_string()),
            }
        });
        let _ = sender.send(outcome);
    });
    match receiver.recv_timeout(DEADLINE) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("not read within {DEADLINE:?}")),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("the sensor panicked".into()),
    }
}

fn packets_by_manifest(corpora: &Path) -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(corpora.join("manifest.csv")).expect("the manifest");
    let mut packets = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if let (Some(file), Some(Ok(count))) =
            (fields.first(), fields.get(5).map(|count| count.parse()))
        {
            packets.insert((*file).to_owned(), count);
        }
    }
    packets
}
