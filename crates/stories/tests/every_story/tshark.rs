//! Every capture as Wireshark reads it: nothing malformed, no checksum wrong, no error.

use super::{short, written};
use bartizan_stories::{STORIES, Story};
use std::path::Path;
use std::process::Command;

/// Lines that tshark prints for `capture` with `arguments`.
fn lines(capture: &Path, arguments: &[&str]) -> Vec<String> {
    const CHECKS: [&str; 3] =
        ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE"];
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(capture);
    for check in CHECKS {
        command.args(["-o", check]);
    }
    let output = command.args(arguments).output().expect("tshark runs");
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn is_there() -> bool {
    let found = Command::new("tshark")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!(
            "SKIPPED: tshark is not on PATH; install it to have the captures read by Wireshark"
        );
    }
    found
}

const WRONG: &str = "_ws.malformed or _ws.expert.severity == error or ip.checksum.status == Bad \
    or tcp.checksum.status == Bad or udp.checksum.status == Bad or tcp.analysis.lost_segment \
    or tcp.analysis.retransmission or tcp.analysis.ack_lost_segment or tcp.analysis.window_full";

#[test]
fn wireshark_finds_nothing_wrong_in_any_capture() {
    if !is_there() {
        return;
    }
    for story in STORIES {
        let (folder, _) = written(&short(story), 1, None);
        for tap in story.taps {
            let capture = folder.path().join(format!("tap-{tap}.pcap"));
            let wrong = lines(&capture, &["-Y", WRONG]);
            assert!(
                wrong.is_empty(),
                "{} tap {tap}: {:#?}",
                story.id,
                &wrong[..wrong.len().min(5)]
            );
        }
    }
}

#[test]
fn wireshark_reads_what_the_hosts_of_s1_say() {
    if !is_there() {
        return;
    }
    let (folder, summary) = written(&short(STORIES[0]), 1, None);
    let read = |tap: &str, filter: &str, field: &str| -> Vec<String> {
        lines(
            &folder.path().join(format!("tap-{tap}.pcap")),
            &["-Y", filter, "-T", "fields", "-e", field],
        )
    };
    let names = read(
        "d",
        "ip.dst == 203.0.113.40 and tls.handshake.type == 1",
        "tls.handshake.extensions_server_name",
    );
    let calls = summary.truth.malicious.iter().filter(|hostile| hostile.role == "beacon").count();
    assert_eq!(names, vec!["cdn-sync.example"; calls]);
    assert!(read("c", "mq.id.channelname", "mq.id.channelname").len() > 200);
    assert_eq!(read("c", "ntlmssp.auth.username", "ntlmssp.auth.username"), ["svc-ops"]);
    assert_eq!(read("c", "rdp.rt_cookie", "rdp.rt_cookie"), ["Cookie: mstshash=svc-ops"]);
    assert!(read("e", "snmp.name == 1.3.6.1.2.1.1.3.0", "snmp.name").len() > 300);
    let kinds = read("d", "fix", "fix.MsgType");
    assert!(
        kinds.len() > 1_000 && kinds.iter().all(|kind| kind == "0" || kind == "5"),
        "{}",
        kinds.len()
    );
    assert!(
        read("e", "dns.qry.name == \"cdn-sync.example\" and dns.flags.response == 0", "ip.src")
            .len()
            >= 2 * calls
    );
}

/// With the layout that the policy's link declares: length of two bytes, big endian, binary bitmaps.
#[test]
fn wireshark_walks_every_echo_to_its_last_byte() {
    if !is_there() {
        return;
    }
    let (folder, _) = written(&short(Story::named("S13").expect("S13")), 1, Some(30));
    let layout = [
        "-o",
        "iso8583.len_endian:Big endian",
        "-o",
        "iso8583.binencode:Bin data not encoded",
        "-d",
        "tcp.port==8590,iso8583",
        "-Y",
        "iso8583",
        "-T",
        "fields",
        "-e",
        "iso8583.mti",
        "-e",
        "_ws.expert",
    ];
    let messages = lines(&folder.path().join("tap-a.pcap"), &layout);
    assert!(messages.len() > 100, "{}", messages.len());
    assert!(
        messages.iter().all(|line| line.trim() == "0800" || line.trim() == "0810"),
        "{:?}",
        messages.first()
    );
}
