//! What the store computes of a flow equals what Rust computes, and what others published.

use bartizan_tests::RunningStore;
use model::batch::{Batch, Form};
use model::{Endpoints, Flow, Time, id, mapped};
use serde::Deserialize;
use store::{Outcome, Question, Role, Sender};

#[derive(Deserialize)]
struct Row {
    flow_id: u64,
    community_id: String,
    src_port: u16,
    src_payload: u64,
    dst_payload: u64,
    last_seen: Time,
    flow_start: Time,
    rtt_us: u32,
}

/// Source, destination, ports, protocol, and the Community ID that the specification's baseline files give (seed 0).
const PUBLISHED: &[(&str, &str, u16, u16, u8, &str)] = &[
    ("128.232.110.120", "66.35.250.204", 34855, 80, 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("192.168.1.52", "8.8.8.8", 54585, 53, 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    ("192.168.0.89", "192.168.0.1", 8, 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    (
        "fe80::200:86ff:fe05:80da",
        "fe80::260:97ff:fe07:69ea",
        135,
        136,
        58,
        "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=",
    ),
];

fn flow(src: &str, dst: &str, src_port: u16, dst_port: u16, ip_protocol: u8) -> Flow {
    let read = |text: &str| mapped(text.parse().expect("an address"));
    Flow {
        tap: "tap-é".into(),
        flow_start: Time(1_772_323_200_123_456),
        first_seen: Time(1_772_323_260_000_001),
        last_seen: Time(1_772_323_261_500_000),
        src_ip: read(src),
        dst_ip: read(dst),
        src_port,
        dst_port,
        ip_protocol,
        src_packets: 7,
        src_bytes: 5_000,
        src_payload: 4_321,
        dst_packets: 5,
        dst_bytes: 300,
        dst_payload: 0,
        rtt_us: 20_000,
        vlan: u16::from(ip_protocol == 17),
        ..Flow::default()
    }
}

/// A conversation of every kind that the ids treat differently, the published ones first.
fn flows() -> Vec<Flow> {
    let mut flows: Vec<_> =
        PUBLISHED.iter().map(|one| flow(one.0, one.1, one.2, one.3, one.4)).collect();
    let turned = |flow: &Flow| Flow {
        src_ip: flow.dst_ip,
        dst_ip: flow.src_ip,
        src_port: flow.dst_port,
        dst_port: flow.src_port,
        ..flow.clone()
    };
    flows.extend(flows.iter().map(turned).collect::<Vec<_>>());
    flows.push(flow("10.0.0.0", "10.1.0.0", 256, 0, 6));
    flows.push(flow("10.0.0.1", "10.0.0.1", 5, 5, 6));
    flows.push(flow("10.0.0.2", "10.0.0.1", 3, 1, 1));
    flows.push(flow("10.0.0.2", "10.0.0.1", 0, 0, 47));
    flows.push(flow("2001:db8::ff00", "2001:db8::1", 65535, 256, 132));
    flows.push(Flow { tap: "".into(), ..flow("255.255.255.255", "0.0.0.0", 68, 67, 17) });
    flows
}

fn ends(flow: &Flow) -> Endpoints {
    flow.endpoints()
}

#[tokio::test]
async fn computed_columns_equal_rust_and_the_published_vectors() {
    let session = RunningStore::shared().open("ids", Role::Owner).await;
    let letters = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "ids", letters.path());
    let sql = "SELECT flow_id, community_id, src_port, src_payload, dst_payload, last_seen, flow_start, rtt_us FROM flow
        WHERE part = {part:UInt32}";
    for (part, flow) in flows().into_iter().enumerate() {
        let flow = Flow { part: part as u32, ..flow };
        let mut batch = Batch::new(Form::Native);
        batch.push(&flow);
        for delivery in sender.send(batch).await {
            assert_eq!(delivery.outcome, Outcome::Acknowledged);
        }
        let question = Question::new("ids", sql).with("part", part as i64);
        let rows = session.ask::<Row>(&question).await.expect("rows").rows;
        let [row] = rows.as_slice() else { panic!("one row was sent") };
        assert_eq!(row.flow_id, id::flow_id(&flow.tap, flow.flow_start, &ends(&flow)), "{flow:?}");
        assert_eq!(row.community_id, id::community_id(&ends(&flow)), "{flow:?}");
        assert_eq!((row.flow_start, row.last_seen), (flow.flow_start, flow.last_seen), "{flow:?}");
        assert_eq!((row.src_payload, row.dst_payload), (4_321, 0), "{flow:?}");
        assert!(row.rtt_us.abs_diff(20_000) <= 220, "{} is not within 1.1 % of 20000", row.rtt_us);
        assert_eq!(row.src_port, flow.src_port);
        if let Some(published) =
            PUBLISHED.get(part % PUBLISHED.len()).filter(|_| part < 2 * PUBLISHED.len())
        {
            assert_eq!(row.community_id, published.5);
        }
    }
}
