//! Nothing that may never be kept comes out of the sensor, whatever it is wrapped in.
//!
//! Captures with planted account numbers, tracks, PIN blocks and chip data are sent through the sensor; then every
//! byte that it wrote or said is searched for them, as characters, packed and in hexadecimal digits, whole and in
//! pieces of ten digits.

pub mod cards;

use crate::command::write_capture;
use crate::packets::{ACK, End, Frames, Timed, at, conversation, tcp, udp};
use bartizan_sensor::capture::Frame;
use bartizan_sensor::decode::Packet;
use bartizan_sensor::ledger::Account;
use bartizan_sensor::worker::{Done, Plan, Worker};
use cards::{Card, Message, Writing, needles};
use config::settings::Sensor as Settings;
use model::Form;
use protocols::iso8583::dialect::BUILT_IN;
use protocols::{Link, Links, Payload, Side, TokenKey};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The ends of two declared links, and one of which nothing is declared.
pub const PACKED: End = End(10, 8583);
pub const PLAIN: End = End(11, 8600);
const UNDECLARED: End = End(12, 9000);

fn links() -> Arc<Links> {
    let link = |id: &str, to: End, dialect: &str| Link {
        id: id.into(),
        to: protocols::End {
            address: model::mapped(to.ip().into()),
            prefix: 128,
            port: Some(to.1),
        },
        app: "iso8583",
        dialect: BUILT_IN.iter().find(|built| built.name == dialect).expect("built in").clone(),
    };
    let key = TokenKey::new(vec![0x5a; 32]).expect("long enough");
    Arc::new(Links::new(
        vec![link("packed", PACKED, "nac-bcd"), link("plain", PLAIN, "ascii4")],
        Some(key),
    ))
}

/// Everything that the sensor makes of frames, in one form.
pub fn written(frames: &[Timed], form: Form) -> (Vec<u8>, Done) {
    let settings = Settings::default();
    let plan =
        Plan { tap: "T".into(), worker: 0, settings, links: links(), flows_only: false, form };
    let mut worker = Worker::new(plan, Vec::new());
    let stop = AtomicBool::new(false);
    worker.read(&mut Frames(frames.iter()), &stop, |_, _| ()).expect("memory is not damaged");
    let (done, parcels) = worker.finish();
    let mut out = Vec::new();
    for parcel in &parcels {
        out.extend_from_slice(parcel.batch.lines());
        parcel.batch.blocks().iter().for_each(|block| out.extend(block.to_native()));
    }
    (out, done)
}

/// Searches what comes out in both forms; gives back the lines.
fn search(frames: &[Timed], cards: &[Card]) -> (String, Done) {
    let (native, _) = written(frames, Form::Native);
    let (lines, done) = written(frames, Form::Jsonl);
    assert!(native.len() > 200 && lines.len() > 200, "rows were written");
    for card in cards {
        let is_in = |needle: &Vec<u8>| {
            frames.iter().any(|frame| memchr::memmem::find(&frame.bytes, needle).is_some())
        };
        assert!(needles(card).iter().any(is_in), "what is searched for was sent");
        for needle in needles(card) {
            for (name, haystack) in [("a block", &native), ("a line", &lines)] {
                let found = memchr::memmem::find(haystack, &needle);
                assert!(found.is_none(), "{name} holds {:?}", String::from_utf8_lossy(&needle));
            }
        }
    }
    (String::from_utf8(lines).expect("JSON is UTF-8"), done)
}

fn talks(to: End, messages: &[Vec<u8>]) -> Vec<Timed> {
    messages
        .chunks(6)
        .zip(0u16..)
        .flat_map(|(messages, at)| {
            let payloads: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            conversation(f64::from(at), End(1, 20_000 + at), to, &payloads)
        })
        .collect()
}

/// Requests and answers of every card in turn, as one side says them and the other.
fn exchange(writing: Writing, cards: &[Card]) -> Vec<Vec<u8>> {
    cards
        .iter()
        .zip(1u32..)
        .flat_map(|(card, trace)| {
            let request = Message::purchase(card, trace);
            [writing.write(&request), writing.write(&request.answered("00"))]
        })
        .collect()
}

#[test]
fn whole_messages_leave_their_tokens_and_nothing_else() {
    let cards = cards::all();
    let mut frames = talks(PACKED, &exchange(Writing::Packed, &cards));
    frames.extend(talks(PLAIN, &exchange(Writing::Plain, &cards)));
    frames.extend(talks(UNDECLARED, &exchange(Writing::Packed, &cards)));
    frames.sort_by_key(|frame| frame.time);
    let (lines, done) = search(&frames, &cards);
    let rows: Vec<serde_json::Value> = lines
        .lines()
        .filter(|line| line.starts_with("{\"table\":\"iso8583\","))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        rows.len(),
        3 * cards.len(),
        "every purchase is a row, or the search has proved nothing"
    );
    for row in &rows {
        assert_eq!((&row["de39"], &row["oddities"]), (&"00".into(), &"".into()), "{row}");
        assert_ne!(row["pan_token"], "0".repeat(32));
    }
    assert_eq!(done.ledger.of(Account::TokensMissing).records, 0);
    assert_eq!(done.ledger.imbalances(), []);
    // One card makes one token in every dialect.
    let tokens = |link: &str| -> Vec<_> {
        let mut tokens: Vec<String> = rows
            .iter()
            .filter(|row| row["link"] == link)
            .map(|row| row["pan_token"].to_string() + &row["leg_key"].to_string())
            .collect();
        tokens.sort_unstable();
        tokens
    };
    assert_eq!(tokens("packed"), tokens("plain"));
    assert_eq!(tokens("packed"), tokens(""));
}

#[test]
fn messages_cut_short_anywhere_leave_nothing() {
    let card = &cards::all()[0];
    for (to, writing) in [(PACKED, Writing::Packed), (PLAIN, Writing::Plain)] {
        let whole = writing.write(&Message::purchase(card, 1));
        let echo = writing.write(&Message::echo(2));
        let cut: Vec<Vec<u8>> = (1..whole.len())
            .flat_map(|length| [echo.clone(), Vec::new(), whole[..length].to_vec()])
            .collect();
        search(&talks(to, &cut), std::slice::from_ref(card));
        // The length says what is there: the message ends before its elements do.
        let shortened: Vec<Vec<u8>> = (60..whole.len())
            .flat_map(|length| [echo.clone(), Vec::new(), writing.shortened(&whole, length)])
            .collect();
        let (lines, _) = search(&talks(to, &shortened), std::slice::from_ref(card));
        assert!(lines.contains("\"oddities\":\"truncated\""));
    }
}

#[test]
fn messages_of_another_dialect_leave_nothing() {
    let cards = cards::all();
    let mut frames = talks(PACKED, &exchange(Writing::Plain, &cards));
    frames.extend(talks(PLAIN, &exchange(Writing::Packed, &cards)));
    let (_, done) = search(&frames, &cards);
    assert!(done.ledger.of(Account::ParseForeign).bytes > 0);
    assert_eq!(done.ledger.imbalances(), []);
}

/// Ten thousand messages with bytes changed, lost, doubled or exchanged, from a fixed seed.
#[test]
fn messages_damaged_at_random_leave_nothing() {
    let cards = cards::all();
    let mut dice = ChaCha8Rng::seed_from_u64(8583);
    for (to, writing) in
        [(PACKED, Writing::Packed), (PLAIN, Writing::Plain), (UNDECLARED, Writing::Packed)]
    {
        let mut frames = Vec::new();
        for flow in 0..840u16 {
            let card = &cards[dice.random_range(0..cards.len())];
            let mut payloads = vec![writing.write(&Message::echo(1)), Vec::new()];
            for trace in 0..2 {
                let request = Message::purchase(card, trace);
                payloads.push(damaged(writing.write(&request), &mut dice));
                payloads.push(damaged(writing.write(&request.answered("00")), &mut dice));
            }
            let said: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            frames.extend(conversation(f64::from(flow) * 0.2, End(1, 20_000 + flow), to, &said));
        }
        let (lines, done) = search(&frames, &cards);
        assert!(lines.contains("\"oddities\":\"malformed\""), "some are told to be damaged");
        assert_eq!(done.ledger.imbalances(), []);
    }
}

fn damaged(mut bytes: Vec<u8>, dice: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..dice.random_range(1..4) {
        let place = dice.random_range(0..bytes.len());
        match dice.random_range(0..6) {
            0 => bytes[place] = dice.random(),
            1 => bytes[place] ^= 1 << dice.random_range(0..8),
            2 => drop(bytes.remove(place)),
            3 => bytes.insert(place, dice.random()),
            4 => bytes.swap(place, 0),
            // The bitmaps are where most goes wrong.
            _ => bytes[4 + place % 16] ^= 1 << dice.random_range(0..8),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn numbers_in_other_protocols_are_masked_and_entered_as_a_leak() {
    let cards = cards::all();
    let mut frames = Vec::new();
    for (card, number) in cards.iter().zip(0u16..) {
        let second = f64::from(number) * 0.5;
        let (pan, track) = (card.number, card.track_2());
        let request = format!(
            "POST /cards/{pan}/pay HTTP/1.1\r\nHost: {pan}.example\r\nUser-Agent: till ;{track}?\r\n\
             Content-Type: text/{pan}\r\nContent-Length: {}\r\n\r\n{track}",
            track.len()
        );
        let to = End(20, 80);
        frames.extend(conversation(second, End(1, 30_000 + number), to, &[request.as_bytes()]));
        frames.push(udp(at(second), End(1, 31_000 + number), End(21, 53), &cards::question(pan)));
        let hello = cards::hello(&format!("{pan}.bank.example"));
        frames.extend(conversation(second, End(1, 32_000 + number), End(22, 443), &[&hello]));
    }
    frames.sort_by_key(|frame| frame.time);
    let (lines, done) = search(&frames, &cards);
    for table in ["http", "dns", "tls"] {
        let rows =
            lines.lines().filter(|line| line.starts_with(&format!("{{\"table\":\"{table}\",")));
        assert_eq!(
            rows.filter(|line| line.contains("xxxxxxxxxxxxx")).count(),
            cards.len(),
            "{table}"
        );
    }
    let (gated, leaked) = (done.ledger.of(Account::Gated), done.ledger.of(Account::GateLeak));
    assert!(leaked.records > 0 && gated == leaked, "{gated:?} {leaked:?}");
    assert_eq!(done.ledger.imbalances(), []);
}

/// Debug prints end up in logs and messages of panics.
#[test]
fn bytes_from_the_wire_cannot_be_printed_by_accident() {
    let card = &cards::all()[0];
    let bytes = Writing::Plain.write(&Message::purchase(card, 1));
    let timed = tcp(at(0.0), End(1, 20_000), PLAIN, ACK, 500, 1, &bytes);
    let frame = Frame {
        time: timed.time,
        link: 1,
        wire_length: timed.bytes.len() as u32,
        bytes: &timed.bytes,
    };
    let headers = wire::Headers::default();
    let packet = Packet {
        time: timed.time,
        wire_length: frame.wire_length,
        frame: frame.bytes,
        headers: &headers,
    };
    let payload = Payload { side: Side::Src, time: timed.time, bytes: &bytes, gap: 0 };
    let printed = format!("{frame:?} {packet:?} {payload:?} {:?}", links());
    let as_list = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    assert!(!printed.contains(card.number) && !printed.contains(&as_list(card.number.as_bytes())));
    assert!(!printed.contains(&as_list(&[0x5a; 4])), "the key is not printed");
}

#[test]
fn the_program_says_nothing_of_what_it_read() {
    let cards = cards::all();
    let mut frames = talks(PACKED, &exchange(Writing::Packed, &cards));
    frames.extend(talks(PLAIN, &exchange(Writing::Packed, &cards)));
    frames.extend(talks(UNDECLARED, &exchange(Writing::Plain, &cards)));
    frames.sort_by_key(|frame| frame.time);
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_capture(&folder.path().join("tap-a.pcap"), &frames);
    let key = folder.path().join("key");
    std::fs::write(&key, [0x5a; 32]).expect("it is written");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("its mode is set");
    let settings = "[sensor]\ntoken_key_file = \"key\"\n\
        [[sensor.link]]\nid = \"packed\"\nto = \"10.0.0.10:8583\"\ndialect = \"nac-bcd\"\n\
        [[sensor.link]]\nid = \"plain\"\nto = \"10.0.0.11:8600\"\ndialect = \"ascii4\"\n";
    std::fs::write(folder.path().join("own.toml"), settings).expect("it is written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bartizan-sensor"))
        .args(["--config", "own.toml", "replay", "tap-a.pcap", "--format", "jsonl"])
        .current_dir(folder.path())
        .env_clear()
        .env("BARTIZAN_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8_lossy(&output.stdout);
    let transactions = rows.lines().filter(|line| line.starts_with("{\"table\":\"iso8583\","));
    assert!(
        transactions.filter(|line| line.contains("\"link\":\"packed\"")).count() == cards.len()
    );
    for needle in cards.iter().flat_map(needles) {
        for said in [&output.stdout, &output.stderr] {
            assert!(memchr::memmem::find(said, &needle).is_none());
        }
    }
}
