//! Judgements a second, over a policy of 60 zones, 2,000 hosts and 3,000 conduits.

use bartizan_policy::{Policy, Seen};
use model::Time;
use model::flow::Direction;
use model::verdict::{Outcome, Verdict};
use std::net::Ipv4Addr;
use std::time::Instant;

const FLOWS: u32 = 1_000_000;

fn main() {
    let policy = Policy::read(&text()).expect("a policy");
    let mut state = 1u32;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let addresses: Vec<_> = (0..4096)
        .map(|_| Ipv4Addr::new(10, next(70) as u8, next(4) as u8, next(250) as u8).to_ipv6_mapped())
        .collect();
    let begin = Instant::now();
    let mut ok = 0;
    for _ in 0..FLOWS {
        let seen = Seen {
            src_ip: addresses[next(4096) as usize],
            dst_ip: addresses[next(4096) as usize],
            src_port: 50_000,
            dst_port: [443, 22, 1414, 8443][next(4) as usize],
            ip_protocol: 6,
            direction: Direction::Syn,
            outcome: Outcome::Established,
            app: "tls",
            app_conf: 3,
            time: Time::new(1_770_000_000, 0),
        };
        ok += u32::from(policy.judge(&seen).verdict == Verdict::Ok);
    }
    let each = begin.elapsed().as_nanos() / u128::from(FLOWS);
    println!("{each} ns a judgement, {} a second; {ok} of {FLOWS} ok", 1_000_000_000 / each.max(1));
}

fn text() -> String {
    let mut text =
        "[[service]]\nid = \"https\"\nproto = \"tcp\"\nports = [443]\napp = [\"tls\"]\n".to_owned();
    for zone in 0..60 {
        text += &format!(
            "[[zone]]\nid = \"z{zone}\"\ncidrs = [\"10.{zone}.0.0/16\"]\ncriticality = 5\n"
        );
    }
    for host in 0..2000 {
        let (zone, low) = (host % 60, host / 60);
        text += &format!("[[host]]\nname = \"h{host}\"\nip = \"10.{zone}.0.{low}\"\n");
    }
    for conduit in 0..3000 {
        let (from, to) = match conduit % 3 {
            0 => (format!("host:h{}", conduit % 2000), format!("host:h{}", (conduit * 7) % 2000)),
            1 => (format!("zone:z{}", conduit % 60), format!("host:h{}", (conduit * 11) % 2000)),
            _ => (format!("zone:z{}", conduit % 60), format!("zone:z{}", (conduit / 60) % 60)),
        };
        text += &format!(
            "[[conduit]]\nid = \"c{conduit}\"\nfrom = \"{from}\"\nto = \"{to}\"\nservice = \"https\"\n"
        );
    }
    text
}
