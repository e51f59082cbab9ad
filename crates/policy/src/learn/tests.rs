//! A small office, a server room and a stranger; and what borders come of them.

use super::*;
use crate::Policy;
use model::{Time, address::mapped};
use proptest::prelude::*;

fn talk(src: &str, dst: &str, port: u16, app: &str) -> Talk {
    Talk {
        src: src.parse().expect("an address"),
        dst: dst.parse().expect("an address"),
        ip_protocol: if app == "dns" { 17 } else { 6 },
        port,
        app: app.into(),
        flows: 1,
        answered: true,
    }
}

fn office() -> Vec<Talk> {
    let mut talks = Vec::new();
    for number in 10..20 {
        let client = format!("10.1.0.{number}");
        talks.push(talk(&client, "10.2.0.53", 53, "dns"));
        talks.push(talk(&client, "203.0.113.9", 443, "tls"));
        talks.push(talk(&client, "10.2.0.80", 80, "http"));
    }
    talks.push(talk("10.2.0.80", "10.2.0.90", 3306, "mysql"));
    talks.push(talk("10.1.0.10", "10.1.0.11", 3389, ""));
    talks
}

#[test]
fn clients_servers_and_databases_are_told_apart_with_reasons() {
    let learned = learn(&office());
    let ids: Vec<_> = learned.zones.iter().map(|zone| (zone.id.as_str(), zone.members)).collect();
    assert_eq!(ids, [("databases", 1), ("servers", 2), ("clients-10-1", 10)]);
    let clients = &learned.zones[2].borders[0];
    assert_eq!(clients.cidr.to_string(), "10.1.0.0/24");
    assert_eq!(clients.reason, "10 of its 10 seen hosts open flows and serve nobody");
    let database = learned.hosts.iter().find(|host| host.role == "database").expect("one");
    assert_eq!(
        (database.zone.as_str(), database.reason.as_str()),
        ("databases", "answered database sessions for 1 caller")
    );
    assert!(learned.hosts.iter().all(|host| host.zone != "clients-10-1"), "rdp makes no server");
}

#[test]
fn the_rarest_way_into_the_most_critical_zone_is_proposed_first() {
    let learned = learn(&office());
    let first = &learned.passes[0];
    assert_eq!(
        (first.from.as_str(), first.to.as_str(), first.service.as_str(), first.flows),
        ("servers", "databases", "tcp/3306", 1)
    );
    assert_eq!(learned.passes.last().map(|pass| pass.to.as_str()), Some("internet"));
}

#[test]
fn what_is_written_is_a_policy_that_observes_and_resolves_as_learned() {
    let text = learn(&office()).to_toml();
    let policy = Policy::read(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let zone = |ip: &str| policy.resolve(mapped(ip.parse().expect("an address")), Time(0)).zone;
    assert_eq!(
        [zone("10.1.0.14"), zone("10.2.0.90"), zone("10.2.0.53"), zone("203.0.113.9")],
        ["clients-10-1", "databases", "servers", "internet"]
    );
    assert!(text.contains("default = \"observe\""));
}

#[test]
fn without_private_addresses_the_network_that_opened_the_most_is_ours() {
    let talks = vec![
        talk("198.51.100.7", "203.0.113.9", 443, "tls"),
        talk("198.51.100.8", "203.0.113.9", 443, "tls"),
        talk("203.0.113.1", "198.51.100.7", 22, "ssh"),
    ];
    let learned = learn(&talks);
    assert!(learned.own.contains("198.51.100.0/24"), "{}", learned.own);
    assert_eq!(learned.zones.len(), 1);
}

#[test]
fn nothing_seen_is_an_empty_policy() {
    let learned = learn(&[]);
    assert!(learned.zones.is_empty() && Policy::read(&learned.to_toml()).is_ok());
}

proptest! {
    #[test]
    fn any_traffic_gives_a_policy_that_can_be_read_in_whatever_order(
        talks in prop::collection::vec((any::<u32>(), 0u32..0x0300_0000, any::<u16>(), any::<bool>(), any::<bool>()), 0..60)
    ) {
        let mut talks: Vec<Talk> = talks.into_iter().map(|(src, dst, port, answered, inside)| Talk {
            src: std::net::Ipv4Addr::from(if inside { 0x0a00_0000 | src & 0xffff } else { src }).into(),
            dst: std::net::Ipv4Addr::from(0x0a00_0000 + dst).into(),
            ip_protocol: 6, port, app: String::new(), flows: 1, answered,
        }).collect();
        let learned = learn(&talks);
        let text = learned.to_toml();
        prop_assert!(Policy::read(&text).is_ok(), "{}", text);
        talks.reverse();
        prop_assert_eq!(learn(&talks), learned);
    }
}
