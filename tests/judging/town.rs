//! A small town of rows: two taps, ordinary traffic, a scan, an undeclared flow outward, and a stranger at SWIFT.

use analyzer::window::Span;
use model::batch::Block;
use model::flow::{ConnState, Direction};
use model::{Coverage, Flow, Record, Side, Time, mapped};
use policy::Policy;
use std::net::Ipv4Addr;
use store::{Prepared, Store, Token};

/// `date -u -d 2026-03-11T12:00 +%s`.
pub const NOON: Time = Time::new(1_773_230_400, 0);

/// Minutes after noon that are played: over an hour's boundary.
const MINUTES: i64 = 80;

const POLICY: &str = r#"
zone = [
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10, tags = ["swift"], business = ["xborder-payments"] },
  { id = "swift-ops", cidrs = ["10.40.8.64/27"], criticality = 9, tags = ["swift"] },
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "web", cidrs = ["10.50.0.0/24"], criticality = 8 },
]
host = [
  { ip = "10.40.8.11", name = "saa-1", zone = "swift", role = "messaging-if" },
  { ip = "10.40.8.65", name = "op-1", zone = "swift-ops" },
  { ip = "10.31.1.44", name = "pc-300", zone = "office" },
]
service = [
  { id = "https", proto = "tcp", ports = [443] },
  { id = "smb", proto = "tcp", ports = [445] },
]
conduit = [
  { id = "C-1", from = "zone:office", to = "zone:web", service = ["https"] },
  { id = "C-2", from = "zone:swift-ops", to = "host:saa-1", service = ["https"] },
  { id = "C-3", from = "zone:office", to = "zone:office", service = ["smb"] },
]
[meta]
institution = "Town Bank"
version = 1
"#;

/// The policy of the town.
pub fn policy() -> Policy {
    Policy::read(POLICY).expect("the policy above is right")
}

/// What is judged.
pub fn range() -> Span {
    Span::new(NOON, NOON.plus(MINUTES * Time::MINUTE))
}

/// What is judged, five minutes at a time.
pub fn handfuls() -> impl Iterator<Item = Span> {
    range().steps(5 * Time::MINUTE)
}

/// Rows that arrive together.
#[derive(Default)]
pub struct Town {
    flows: Vec<Flow>,
    coverage: Vec<Coverage>,
}

impl Town {
    /// Everything.
    pub fn whole() -> Self {
        Self::of(range().minutes().flat_map(flows).collect())
    }

    /// No row at all.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Everything but the stranger.
    pub fn without_swift() -> Self {
        let mut town = Self::whole();
        town.flows.retain(|flow| !is_stranger(flow));
        town
    }

    /// The stranger, without coverage: its minute was covered before.
    pub fn swift_alone() -> Self {
        let mut town = Self { coverage: Vec::new(), ..Self::whole() };
        town.flows.retain(is_stranger);
        town
    }

    /// Every second row of a span, from the first or the second on; its coverage comes with the second half.
    pub fn span(span: Span, half: usize) -> Self {
        let flows = span
            .minutes()
            .flat_map(flows)
            .enumerate()
            .filter(|(at, _)| at % 2 == half)
            .map(|(_, flow)| flow);
        let coverage =
            if half == 1 { span.minutes().flat_map(covered).collect() } else { Vec::new() };
        Self { flows: flows.collect(), coverage }
    }

    fn of(flows: Vec<Flow>) -> Self {
        Self { flows, coverage: range().minutes().flat_map(covered).collect() }
    }

    /// Puts the rows into the store.
    pub async fn arrive(&self, store: &Store) {
        insert(store, &self.flows).await;
        insert(store, &self.coverage).await;
    }
}

async fn insert<R: Record>(store: &Store, rows: &[R]) {
    let mut block = Block::new(R::TABLE);
    for row in rows {
        row.encode(&mut block);
    }
    if block.rows() > 0 {
        let token = Token::of_content(R::TABLE.name, &block.to_native());
        store.insert(&Prepared::from_block(&block, token)).await.expect("the rows are taken");
    }
}

fn covered(minute: Time) -> Vec<Coverage> {
    let of = |tap: &str, direction| Coverage {
        minute,
        tap: tap.into(),
        vlan: 0,
        direction,
        packets_per_s: 1.0,
        drop_ppm: 0,
        one_way_ppm: 0,
        clock_offset_us: 0,
        bytes_scanned: 0,
    };
    ["c", "e"].into_iter().flat_map(|tap| [of(tap, Side::Src), of(tap, Side::Dst)]).collect()
}

/// The slices that begin in one minute.
fn flows(minute: Time) -> Vec<Flow> {
    let played = minute.since(NOON) / Time::MINUTE;
    let mut flows = vec![
        // An office computer reads the bank's own pages: declared, seen at one tap.
        flow(minute, 3, "e", [10, 31, 1, 7], [10, 50, 0, 10], 443, true),
    ];
    if played % 7 == 0 {
        // An operator's page, seen at the tap of the zone.
        flows.push(flow(minute, 9, "c", [10, 40, 8, 66], [10, 40, 8, 11], 443, true));
    }
    if played == 40 {
        // Sixty hosts in the office are tried within thirty seconds; every twelfth answers.
        flows.extend((0..60u8).map(|at| {
            let dst = [10, 31, 9, at + 1];
            Flow {
                src_port: 50_000 + u16::from(at),
                ..flow(minute, i64::from(at) / 2, "e", [10, 31, 1, 44], dst, 445, at % 12 == 0)
            }
        }));
    }
    if played == 50 || played == 55 {
        // Outward without a conduit, seen at both taps.
        flows.extend(
            ["c", "e"]
                .map(|tap| flow(minute, 20, tap, [10, 31, 1, 9], [203, 0, 113, 9], 8_443, true)),
        );
    }
    if played == 70 {
        flows.push(flow(minute, 30, "c", [10, 40, 8, 65], [10, 40, 8, 11], 445, true));
    }
    flows
}

fn is_stranger(flow: &Flow) -> bool {
    flow.dst_port == 445 && &*flow.tap == "c"
}

fn flow(
    minute: Time,
    second: i64,
    tap: &str,
    src: [u8; 4],
    dst: [u8; 4],
    dst_port: u16,
    answered: bool,
) -> Flow {
    let start = minute.plus(second * Time::SECOND);
    let dst_packets = if answered { 6 } else { 0 };
    Flow {
        tap: tap.into(),
        flow_start: start,
        first_seen: start,
        last_seen: start.plus(2 * Time::SECOND),
        src_ip: mapped(Ipv4Addr::from(src).into()),
        dst_ip: mapped(Ipv4Addr::from(dst).into()),
        src_port: 40_000 + (start.seconds() % 20_000) as u16,
        dst_port,
        ip_protocol: 6,
        direction: Direction::Syn,
        conn_state: if answered { ConnState::Sf } else { ConnState::S0 },
        src_packets: 5,
        dst_packets,
        src_bytes: 900,
        dst_bytes: dst_packets * 200,
        ..Flow::default()
    }
}
