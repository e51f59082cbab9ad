//! Flows of declared links: read without probing, and told apart from what is not what was declared.

use crate::canaries::cards::{self, Message, Writing};
use crate::canaries::{PACKED, PLAIN, written};
use crate::packets::{ACK, End, Timed, at, conversation, tcp};
use bartizan_sensor::ledger::Account;
use bartizan_sensor::worker::Done;
use model::Form;
use model::flow::Direction;
use serde_json::Value;

const CLIENT: End = End(1, 50_000);

fn run(frames: &[Timed]) -> (Vec<Value>, Done) {
    let (lines, done) = written(frames, Form::Jsonl);
    let lines = String::from_utf8(lines).expect("JSON is UTF-8");
    (lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(), done)
}

fn of<'a>(rows: &'a [Value], table: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["table"] == table).collect()
}

fn purchase(trace: u32) -> [Vec<u8>; 2] {
    let request = Message::purchase(&cards::all()[0], trace);
    [Writing::Plain.write(&request), Writing::Plain.write(&request.answered("00"))]
}

#[test]
fn a_declared_flow_is_of_its_protocol_from_the_first_byte() {
    let [ask, _] = purchase(1);
    let (rows, _) = run(&conversation(0.0, CLIENT, PLAIN, &[&ask[..10]]));
    let flow = of(&rows, "flow")[0];
    assert_eq!((&flow["app"], &flow["app_conf"]), (&"iso8583".into(), &1.into()));
    let [ask, answer] = purchase(1);
    let [again, _] = purchase(2);
    let (rows, _) = run(&conversation(0.0, CLIENT, PLAIN, &[&ask, &answer, &again]));
    let flow = of(&rows, "flow").into_iter().next_back().expect("a flow");
    assert_eq!(
        (&flow["app_conf"], &flow["dialect"], &flow["src_records"], &flow["dst_records"]),
        (&4.into(), &"ascii4".into(), &2.into(), &1.into())
    );
    assert_eq!(of(&rows, "iso8583")[0]["link"], "plain");
}

#[test]
fn tls_on_a_declared_link_is_tls() {
    let hello = cards::hello("sw-1.bank.example");
    let (rows, done) = run(&conversation(0.0, CLIENT, PACKED, &[&hello]));
    assert_eq!(of(&rows, "flow")[0]["app"], "tls");
    assert_eq!(of(&rows, "tls")[0]["sni"], "sw-1.bank.example");
    assert_eq!(done.ledger.of(Account::ParseForeign).bytes, 0);
}

#[test]
fn what_is_of_no_protocol_is_counted_as_foreign_and_the_link_is_tried_again() {
    let banner = b"WELCOME TO THE SWITCH\r\n";
    let [ask, answer] = purchase(7);
    let (rows, done) = run(&conversation(0.0, CLIENT, PLAIN, &[banner, banner, &ask, &answer]));
    assert_eq!(done.ledger.of(Account::ParseForeign).bytes, 2 * banner.len() as u64);
    assert_eq!(of(&rows, "iso8583")[0]["de39"], "00");
    assert_eq!(done.ledger.imbalances(), []);
}

#[test]
fn the_called_end_of_a_link_is_known_without_an_opening() {
    let [ask, answer] = purchase(1);
    let frames = [
        tcp(at(0.0), PLAIN, CLIENT, ACK, 900, 100, &answer),
        tcp(at(0.1), CLIENT, PLAIN, ACK, 100, 900 + answer.len() as u32, &ask),
    ];
    let (rows, _) = run(&frames);
    let flow = of(&rows, "flow")[0];
    assert_eq!(
        (&flow["dst_port"], &flow["direction"]),
        (&PLAIN.1.into(), &Direction::Role.as_str().into())
    );
}

#[test]
fn issuers_are_counted_by_the_minute_over_all_flows() {
    let mut frames = Vec::new();
    for (number, second) in [0, 5, 10, 15, 20, 60, 65, 70, 75, 80, 85].into_iter().enumerate() {
        let [ask, answer] = purchase(number as u32);
        let client = End(1, 40_000 + number as u16);
        frames.extend(conversation(f64::from(second), client, PLAIN, &[&ask, &answer]));
    }
    let (rows, _) = run(&frames);
    let told: Vec<_> = of(&rows, "iso8583_bin")
        .iter()
        .map(|row| {
            (
                row["minute"].clone(),
                row["bin"].clone(),
                row["cash"].clone(),
                row["messages"].clone(),
            )
        })
        .collect();
    let minute = |seconds: f64| Value::from(at(seconds).to_string());
    assert_eq!(
        told,
        [
            (minute(0.0), 411_111.into(), true.into(), 5.into()),
            (minute(60.0), 411_111.into(), true.into(), 6.into()),
        ]
    );
    for row in of(&rows, "iso8583_bin") {
        let names: Vec<&str> = row.as_object().expect("a row").keys().map(String::as_str).collect();
        assert!(
            names.iter().all(|name| !name.contains("token") && !name.contains("flow")),
            "{names:?}"
        );
    }
}
