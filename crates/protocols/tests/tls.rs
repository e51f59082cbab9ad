//! TLS against what OpenSSL, tshark and RFC 8448 say of the same bytes.

use crate::reading::{Reading, Talk};
use bartizan_protocols::{Progress, Side, Transport, tls};
use serde_json::json;

fn read(text: &str) -> Reading {
    let reading = Talk::from_text(443, text).read(&tls::PROTOCOL);
    assert_eq!(reading.rows.len(), 1);
    reading
}

fn check(text: &str, expected: &[(&str, serde_json::Value)]) {
    let reading = read(text);
    for (column, value) in expected {
        assert_eq!(&reading.rows[0][column], value, "{column}");
    }
}

/// JA3, JA3S: tshark 4.0. JA4: a separate calculation after FoxIO's specification. Certificate: `openssl x509`.
#[test]
fn a_handshake_of_tls_1_2_is_told_as_openssl_and_tshark_tell_it() {
    check(
        include_str!("streams/tls_1_2.txt"),
        &[
            ("version", json!(0x0303)),
            ("client_version", json!(0x0304)),
            ("cipher", json!(0xc02c)),
            ("sni", json!("pay.bank.example")),
            ("alpn", json!("h2")),
            ("client_alpn", json!("h2,http/1.1")),
            ("ja3", json!("304734bb1c086c3453b387400cf83f11")),
            ("ja3s", json!("e195432758194ce2d482396b82e0d48e")),
            ("ja4", json!("t13d1812h2_85036bcba153_d41ae481755e")),
            ("resumed", json!(false)),
            ("established", json!(true)),
            ("subject", json!("C=CN, O=Bartizan Tests, CN=pay.bank.example")),
            ("issuer", json!("O=Bartizan Tests, CN=Test CA")),
            ("serial", json!("01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10")),
            ("not_before", json!("2026-11-24T16:27:26.000000Z")),
            ("not_after", json!("2126-10-31T16:27:26.000000Z")),
            ("names", json!(["pay.bank.example", "*.bank.example", "192.0.2.7", "2001:db8::7"])),
            (
                "cert_sha256",
                json!("ed04b8dee6a27dc34a3d2bd0fff9704d27a5ba4910881c2679ee1d28af8591dd"),
            ),
            ("chain", json!(2)),
            ("self_signed", json!(false)),
            ("client_subject", json!("")),
            ("oddities", json!("")),
        ],
    );
}

#[test]
fn the_certificate_of_a_client_is_told_apart_from_the_servers() {
    check(
        include_str!("streams/tls_1_2_client_certificate.txt"),
        &[
            ("subject", json!("C=CN, O=Bartizan Tests, CN=pay.bank.example")),
            ("client_subject", json!("C=CN, O=Bartizan Tests, CN=teller-1")),
            ("client_issuer", json!("O=Bartizan Tests, CN=Test CA")),
            ("established", json!(true)),
        ],
    );
}

#[test]
fn a_session_taken_up_again_is_seen_in_both_versions() {
    check(
        include_str!("streams/tls_1_2_resumed.txt"),
        &[
            ("resumed", json!(true)),
            ("ja3s", json!("93d1391af13d019030090b7f26bac378")),
            ("chain", json!(0)),
            ("established", json!(true)),
        ],
    );
    check(
        include_str!("streams/tls_1_3_resumed.txt"),
        &[
            ("resumed", json!(true)),
            ("ja3", json!("8f455a09e5590b12687541bbf0bb62e0")),
            ("ja3s", json!("2253c82f03b621c5144709b393fde2c9")),
            ("ja4", json!("t13d1812h2_85036bcba153_dbd39dd1d406")),
            ("established", json!(true)),
        ],
    );
}

#[test]
fn a_handshake_of_tls_1_3_tells_its_version_by_the_extension() {
    check(
        include_str!("streams/tls_1_3.txt"),
        &[
            ("version", json!(0x0304)),
            ("cipher", json!(0x1302)),
            ("ja3s", json!("15af977ce25de452b96affa2addb1036")),
            ("resumed", json!(false)),
            ("established", json!(true)),
            ("chain", json!(0)),
        ],
    );
    let reading = read(include_str!("streams/tls_1_3.txt"));
    assert_eq!((reading.learnt.dialect, reading.progress), ("TLSv1.3", Progress::Counting));
}

#[test]
fn the_hellos_of_rfc_8448_are_read() {
    check(
        include_str!("streams/tls_rfc_8448.txt"),
        &[
            ("version", json!(0x0304)),
            ("cipher", json!(0x1301)),
            ("sni", json!("server")),
            ("ja3", json!("da4dea34fe6d4ce5f0725df3f2682fa0")),
            ("ja3s", json!("eb1d94daa7e0344597e756a1fb6e7054")),
            ("ja4", json!("t13d030900_55b375c5d22e_59cd3dafc54d")),
            ("established", json!(false)),
        ],
    );
}

#[test]
fn a_handshake_in_many_small_records_is_the_same() {
    let mut talk = Talk::from_text(443, include_str!("streams/tls_1_2.txt"));
    let whole = talk.read(&tls::PROTOCOL).rows[0].clone();
    let hello = talk.writes[0].bytes.split_off(5);
    talk.writes[0].bytes.clear();
    for part in hello.chunks(7) {
        talk.writes[0].bytes.extend([22, 3, 1, 0, part.len() as u8]);
        talk.writes[0].bytes.extend(part);
    }
    let mut row = talk.read(&tls::PROTOCOL).rows[0].clone();
    assert_eq!(row["src_records"].as_u64(), Some(whole["src_records"].as_u64().unwrap() + 73));
    row["src_records"] = whole["src_records"].clone();
    assert_eq!(row, whole);
}

#[test]
fn a_refused_handshake_keeps_its_alert() {
    let mut talk = Talk::from_text(443, include_str!("streams/tls_1_2.txt"));
    talk.writes.truncate(1);
    talk.writes.push(crate::Write {
        side: Side::Dst,
        after_us: 2000,
        gap: 0,
        bytes: vec![21, 3, 3, 0, 2, 2, 40],
    });
    let reading = talk.read(&tls::PROTOCOL);
    assert_eq!(reading.rows[0]["dst_alert"], json!(0x0228));
    assert_eq!(reading.rows[0]["established"], json!(false));
    assert_eq!(reading.rows[0]["oddities"], json!("no-response"));
}

#[test]
fn records_are_counted_to_the_end_of_the_flow() {
    let mut talk = Talk::from_text(443, include_str!("streams/tls_1_3.txt"));
    let before = talk.read(&tls::PROTOCOL).learnt.counts.src_records;
    let record = [23, 3, 3, 0, 20].into_iter().chain([0; 20]);
    let many: Vec<u8> = std::iter::repeat_n(record, 100).flatten().collect();
    talk.writes.push(crate::Write { side: Side::Src, after_us: 9000, gap: 0, bytes: many });
    let reading = talk.read(&tls::PROTOCOL);
    assert_eq!(reading.learnt.counts.src_records, before + 100);
    assert_eq!(reading.rows.len(), 1);
}

#[test]
fn after_a_gap_the_records_are_found_again() {
    let mut talk = Talk::from_text(443, include_str!("streams/tls_1_3.txt"));
    let last = talk.writes.len() - 1;
    let mut again = talk.writes[last].clone();
    again.gap = 5000;
    talk.writes.push(again);
    let reading = talk.read(&tls::PROTOCOL);
    let whole = Talk::from_text(443, include_str!("streams/tls_1_3.txt")).read(&tls::PROTOCOL);
    assert_eq!(reading.learnt.counts.dst_records, whole.learnt.counts.dst_records + 1);
    assert_eq!(reading.rows, whole.rows);
}

#[test]
fn one_side_alone_is_told_when_the_flow_ends() {
    let mut talk = Talk::from_text(443, include_str!("streams/tls_1_2.txt"));
    talk.writes.retain(|write| write.side == Side::Dst);
    let row = &talk.read(&tls::PROTOCOL).rows[0];
    assert_eq!((&row["cipher"], &row["oddities"]), (&json!(0xc02c), &json!("no-request")));
    assert_eq!(row["subject"], json!("C=CN, O=Bartizan Tests, CN=pay.bank.example"));
}

/// What `tls-parser` reads of the same client hello.
#[test]
fn another_parser_reads_the_same_of_a_client_hello() {
    for text in [include_str!("streams/tls_1_2.txt"), include_str!("streams/tls_rfc_8448.txt")] {
        let talk = Talk::from_text(443, text);
        let ours = tls::client_hello::ClientHello::read(&talk.writes[0].bytes[9..]);
        let (_, record) = tls_parser::parse_tls_plaintext(&talk.writes[0].bytes).expect("a record");
        let tls_parser::TlsMessage::Handshake(tls_parser::TlsMessageHandshake::ClientHello(theirs)) =
            &record.msg[0]
        else {
            panic!("a client hello")
        };
        let (_, extensions) =
            tls_parser::parse_tls_client_hello_extensions(theirs.ext.expect("extensions"))
                .expect("extensions");
        let kinds: Vec<u16> = extensions
            .iter()
            .map(|extension| tls_parser::TlsExtensionType::from(extension).0)
            .collect();
        let ciphers: Vec<u8> =
            theirs.ciphers.iter().flat_map(|cipher| cipher.0.to_be_bytes()).collect();
        assert_eq!((ours.extensions, ours.ciphers), (kinds, ciphers.as_slice()));
    }
}

/// PostgreSQL's server agrees to TLS with one byte before its first record.
#[test]
fn the_answer_of_a_database_before_its_first_record_is_stepped_over() {
    let mut talk = Talk::from_text(5432, include_str!("streams/tls_1_2.txt"));
    let whole = talk.read(&tls::PROTOCOL).rows;
    talk.writes[1].bytes.insert(0, b'S');
    assert_eq!(talk.read(&tls::PROTOCOL).rows, whole);
    assert_eq!(talk.cut(&[talk.writes[0].bytes.len() + 1]).read(&tls::PROTOCOL).rows, whole);
}

#[test]
fn other_bytes_are_not_tls() {
    let talk = Talk::new(Transport::Tcp, 443, [(Side::Src, b"GET / HTTP/1.1\r\n\r\n".to_vec())]);
    assert_eq!(talk.read(&tls::PROTOCOL).progress, Progress::NotMine);
}
