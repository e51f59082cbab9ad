//! Addresses: hand-made nestings, and the table against a search through everything.

use crate::Policy;
use ipnet::IpNet;
use model::address::v4;
use model::{Time, mapped};
use proptest::prelude::*;
use std::net::Ipv6Addr;

const NOW: Time = Time::new(1_770_000_000, 0);

fn policy(text: &str) -> Policy {
    Policy::read(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn the_host_beats_the_longest_network_which_beats_the_shorter() {
    let policy = policy(
        r#"
        zone = [
          { id = "corp", cidrs = ["10.0.0.0/8"], criticality = 2 },
          { id = "core", cidrs = ["10.40.2.0/24", "2001:db8:40::/48"], criticality = 10, tags = ["cii"], business = ["ledger"] },
          { id = "cage", criticality = 9 },
        ]
        host = [
          { ip = "10.40.2.30", name = "qm-1", role = "mq-qm" },
          { ip = "10.40.2.31", name = "box-1", zone = "cage", criticality = 7 },
        ]
        "#,
    );
    let zone = |ip| policy.resolve(ip, NOW).zone.to_owned();
    assert_eq!(zone(v4(10, 40, 2, 1)), "core");
    assert_eq!(zone(v4(10, 40, 3, 0)), "corp");
    assert_eq!(zone(v4(10, 40, 1, 255)), "corp");
    assert_eq!(zone("2001:db8:40::1".parse().expect("an address")), "core");
    let host = policy.resolve(v4(10, 40, 2, 30), NOW);
    assert_eq!(
        (host.host, host.role, host.zone, host.criticality),
        (Some("qm-1"), Some("mq-qm"), "core", 10)
    );
    assert_eq!((host.tags, host.business), (&["cii".to_owned()][..], &["ledger".to_owned()][..]));
    let caged = policy.resolve(v4(10, 40, 2, 31), NOW);
    assert_eq!(
        (caged.host, caged.role, caged.zone, caged.criticality),
        (Some("box-1"), None, "cage", 7)
    );
}

#[test]
fn what_nobody_declares_is_internet_or_unknown() {
    let bare = policy("");
    let zone =
        |ip: &str| bare.resolve(mapped(ip.parse().expect("an address")), NOW).zone.to_owned();
    for public in [
        "8.8.8.8",
        "203.0.113.40",
        "198.51.100.10",
        "2606:4700::1111",
        "223.255.255.255",
        "11.0.0.0",
    ] {
        assert_eq!(zone(public), "internet", "{public}");
    }
    for private in [
        "10.0.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "224.0.0.251",
        "255.255.255.255",
        "fe80::1",
        "fd00::1",
        "ff02::fb",
        "::1",
        "::",
    ] {
        assert_eq!(zone(private), "unknown", "{private}");
    }
    assert_eq!(bare.resolve(v4(8, 8, 8, 8), NOW).criticality, 0);
    let wan = policy("zone = [{ id = \"wan\", cidrs = [\"0.0.0.0/0\"], criticality = 1 }]");
    assert_eq!(wan.resolve(v4(8, 8, 8, 8), NOW).zone, "wan");
    assert_eq!(
        wan.resolve(v4(10, 0, 0, 1), NOW).zone,
        "wan",
        "a policy that declares everything leaves nothing unknown"
    );
}

#[test]
fn an_address_is_what_it_was_at_the_moment_asked_about() {
    let policy = policy(
        r#"
        zone = [
          { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
          { id = "project", cidrs = ["10.31.7.0/24"], criticality = 6, valid_from = 2026-02-01, valid_to = 2026-03-01 },
        ]
        host = [
          { ip = "10.31.7.9", name = "old-pc", valid_to = 2026-02-10 },
          { ip = "10.31.7.9", name = "new-pc", valid_from = 2026-02-10T12:00:00Z },
        ]
        "#,
    );
    let at = |text: &str| {
        let moment: jiff::Timestamp = text.parse().expect("a moment");
        let place = policy.resolve(v4(10, 31, 7, 9), Time(moment.as_microsecond()));
        (place.host.unwrap_or("-").to_owned(), place.zone.to_owned())
    };
    let cases = [
        ("2026-01-31T23:59:59.999999Z", "old-pc", "office"),
        ("2026-02-01T00:00:00Z", "old-pc", "project"),
        ("2026-02-10T00:00:00Z", "-", "project"),
        ("2026-02-10T12:00:00Z", "new-pc", "project"),
        ("2026-03-01T00:00:00Z", "new-pc", "office"),
    ];
    for (moment, host, zone) in cases {
        assert_eq!(at(moment), (host.to_owned(), zone.to_owned()), "{moment}");
    }
    let mut rows: Vec<(String, String, Time)> = policy
        .zone_rows()
        .into_iter()
        .filter(|row| row.cidr == "10.31.7.9/32")
        .map(|row| (row.host, row.zone, row.valid_from))
        .collect();
    rows.sort();
    // 2026-02-01 is 1769904000, 2026-02-10T12:00 is 1770724800, 2026-03-01 is 1772323200 (`date -u -d … +%s`).
    let expected = [
        ("new-pc", "office", 1_772_323_200),
        ("new-pc", "project", 1_770_724_800),
        ("old-pc", "office", 0),
        ("old-pc", "project", 1_769_904_000),
    ];
    let expected =
        expected.map(|(host, zone, from)| (host.to_owned(), zone.to_owned(), Time::new(from, 0)));
    assert_eq!(rows, expected);
}

#[test]
fn groups_hold_addresses_networks_and_hosts() {
    let policy = policy(
        r#"
        host = [{ ip = "10.30.0.66", name = "scanner-1" }, { ip = "10.30.0.67", name = "scanner-1" }, { ip = "10.9.9.9", name = "other" }]
        group = [
          { id = "scanners", members = ["scanner-1", "10.30.1.0/28"] },
          { id = "part", members = ["10.30.1.4/30"] },
        ]
        "#,
    );
    let cases = [
        ("scanners", v4(10, 30, 0, 66), true),
        ("scanners", v4(10, 30, 0, 67), true),
        ("scanners", v4(10, 9, 9, 9), false),
        ("scanners", v4(10, 30, 1, 5), true),
        ("scanners", v4(10, 30, 1, 15), true),
        ("scanners", v4(10, 30, 1, 16), false),
        ("part", v4(10, 30, 1, 5), true),
        ("part", v4(10, 30, 1, 3), false),
        ("nobody", v4(10, 30, 1, 3), false),
    ];
    for (group, ip, expected) in cases {
        assert_eq!(policy.in_group(group, ip, NOW), expected, "{group} {ip}");
    }
}

#[test]
fn rows_hold_everything_that_the_dictionary_of_the_store_needs() {
    let policy = policy(
        "zone = [{ id = \"core\", cidrs = [\"10.40.2.0/24\"], criticality = 10, tags = [\"cii\"] }]",
    );
    let rows = policy.zone_rows();
    let of = |cidr: &str| {
        rows.iter().find(|row| row.cidr == cidr).unwrap_or_else(|| panic!("{cidr}: {rows:?}"))
    };
    assert_eq!((of("10.40.2.0/24").zone.as_str(), of("10.40.2.0/24").criticality), ("core", 10));
    assert_eq!((of("0.0.0.0/0").zone.as_str(), of("::/0").zone.as_str()), ("internet", "internet"));
    assert_eq!(of("10.0.0.0/8").zone, "unknown");
    assert!(rows.iter().all(|row| row.policy == policy.hash() && row.valid_from < row.valid_to));
}

/// Networks close together, so that they nest.
fn networks() -> impl Strategy<Value = Vec<IpNet>> {
    let near = (0u8..4, 0u8..4, 20u8..=32).prop_map(|(third, fourth, bits)| {
        IpNet::new(std::net::Ipv4Addr::new(10, 0, third, fourth * 64 + third).into(), bits)
            .expect("bits")
            .trunc()
    });
    prop::collection::vec(near, 1..25)
}

proptest! {
    #[test]
    fn the_most_specific_wins(mut networks in networks(), third in 0u8..5, fourth in any::<u8>()) {
        networks.sort_unstable();
        networks.dedup();
        let zones: Vec<String> = networks
            .iter()
            .enumerate()
            .map(|(index, network)| format!("{{ id = \"z{index}\", cidrs = [\"{network}\"], criticality = 1 }}"))
            .collect();
        let policy = policy(&format!("zone = [{}]", zones.join(", ")));
        let address = std::net::Ipv4Addr::new(10, 0, third, fourth);
        let holding = networks.iter().enumerate().filter(|(_, network)| network.contains(&std::net::IpAddr::V4(address)));
        let expected = holding.max_by_key(|(_, network)| network.prefix_len()).map(|(index, _)| format!("z{index}"));
        let found = policy.resolve(address.to_ipv6_mapped(), NOW).zone.to_owned();
        prop_assert_eq!(found, expected.unwrap_or_else(|| "unknown".to_owned()));
    }

    #[test]
    fn every_address_is_somewhere(bits in any::<u128>(), at in any::<i64>()) {
        let policy = policy("zone = [{ id = \"a\", cidrs = [\"0.0.0.0/0\", \"::/0\"], criticality = 1, valid_to = 2026-01-01 }]");
        let zone = policy.resolve(Ipv6Addr::from_bits(bits), Time(at)).zone;
        let expected = if at < 1_767_225_600_000_000 { "a" } else { "unknown" };
        prop_assert_eq!(zone, expected);
    }
}
