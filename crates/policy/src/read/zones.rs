//! Meta, zones, hosts and groups: who is where.

use super::fields::Fields;
use super::{Names, id, network, one_of, refers, validity};
use crate::declared::{Group, Host, Meta, Validity, Zone};
use crate::problem::nearest;
use ipnet::IpNet;
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::net::IpAddr;
use std::ops::Range;

const META: &[&str] = &[
    "institution",
    "version",
    "approved_by",
    "approved_at",
    "default",
    "time",
    "notes",
    "reviewed_at",
];
const ZONE: &[&str] = &[
    "id",
    "name",
    "cidrs",
    "criticality",
    "tags",
    "site",
    "dr_pair",
    "pcap",
    "business",
    "owner",
    "roles",
    "why",
    "valid_from",
    "valid_to",
];
const HOST: &[&str] = &[
    "ip",
    "name",
    "zone",
    "role",
    "criticality",
    "valid_from",
    "valid_to",
    "owner",
    "mac",
    "site",
    "source",
    "why",
    "swift_arch",
    "mlps_level",
    "rto_min",
    "rpo_min",
    "dr_pair",
];
const HOST_LATER: &[&str] = &["names", "cde", "vulnerability", "confidence", "business", "tags"];
const GROUP: &[&str] = &["id", "members", "owner", "why"];

pub(super) fn meta(top: &Fields<'_, '_>) -> Meta {
    let Some(item) = top.table.get("meta") else { return Meta::default() };
    let span = item.span().unwrap_or(0..0);
    let Some(table) = item.as_table_like() else {
        top.error(&span, "`meta` is a table", Some("[meta]".to_owned()));
        return Meta::default();
    };
    let fields = Fields { table, span, what: "meta", problems: top.problems };
    fields.expect_keys(META, &[]);
    fields.moment("approved_at");
    let default = fields.text("default");
    let observe = default.as_ref().is_some_and(|default| default.value == "observe");
    if let Some(default) =
        default.filter(|default| !matches!(default.value.as_str(), "deny" | "observe"))
    {
        let near = nearest(&default.value, ["deny", "observe"]);
        fields.error(&default.span, "`default` must be `deny` or `observe`", near);
    }
    Meta {
        institution: fields.text_or_empty("institution"),
        version: fields.number("version", 0..=i64::MAX).unwrap_or_default(),
        approved_by: fields.text_or_empty("approved_by"),
        observe,
    }
}

/// One zone; `claims` are the networks of those before it.
pub(super) fn zone(fields: &Fields<'_, '_>, claims: &mut Claims<IpNet>) -> Option<Zone> {
    fields.expect_keys(ZONE, &[]);
    let id = id(fields, "id")?;
    let outside = matches!(id.value.as_str(), "internet" | "unknown");
    if !outside && fields.table.get("criticality").is_none() {
        fields.missing("criticality");
    }
    let validity = validity(fields);
    let mut cidrs = Vec::new();
    for text in fields.texts("cidrs") {
        if let Some(network) = network::read(fields, &text) {
            claims.claim(fields, network, validity, &text.span);
            cidrs.push(network);
        }
    }
    let name = fields.text("name").map_or_else(|| id.value.clone(), |name| name.value);
    Some(Zone {
        name,
        cidrs,
        criticality: fields.number("criticality", 0..=10).unwrap_or_default() as u8,
        tags: fields.words("tags"),
        business: fields.words("business"),
        site: fields.text_or_empty("site"),
        dr_pair: fields.text_or_empty("dr_pair"),
        pcap: one_of(fields, "pcap", &["off", "headers"]),
        validity,
        id: id.value,
    })
}

/// One host; `claims` are the addresses of those before it.
pub(super) fn host(
    fields: &Fields<'_, '_>,
    names: &Names,
    claims: &mut Claims<IpAddr>,
) -> Option<Host> {
    fields.expect_keys(HOST, HOST_LATER);
    let name = id(fields, "name");
    let validity = validity(fields);
    let ip = fields.needed_text("ip").and_then(|text| {
        let ip = network::address(fields, &text)?;
        claims.claim(fields, ip, validity, &text.span);
        Some(ip)
    });
    let zone = fields
        .text("zone")
        .filter(|zone| refers(fields, "zone", &zone.value, &zone.span, &names.zones));
    Some(Host {
        name: name?.value,
        ip: ip?,
        zone: zone.map(|zone| zone.value),
        role: fields.text_or_empty("role"),
        criticality: fields.number("criticality", 0..=10).map(|criticality| criticality as u8),
        validity,
    })
}

pub(super) fn group(fields: &Fields<'_, '_>, names: &Names) -> Option<Group> {
    fields.expect_keys(GROUP, &[]);
    let id = id(fields, "id");
    if fields.table.get("members").is_none() {
        fields.missing("members");
    }
    let (mut networks, mut hosts) = (Vec::new(), Vec::new());
    for member in fields.texts("members") {
        let name = member.value.strip_prefix("host:").unwrap_or(&member.value);
        if names.hosts.contains(name) {
            hosts.push(name.to_owned());
        } else if name.contains(['.', ':', '/']) && name.len() == member.value.len() {
            networks.extend(network::read(fields, &member));
        } else {
            refers(fields, "host", name, &member.span, &names.hosts);
        }
    }
    Some(Group { id: id?.value, networks, hosts })
}

/// What was declared so far, and when: nothing may be two things at once.
pub(super) struct Claims<K>(HashMap<K, Vec<Validity>>);

impl<K: Hash + Eq + Display> Claims<K> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    fn claim(&mut self, fields: &Fields<'_, '_>, key: K, validity: Validity, span: &Range<usize>) {
        let before = self
            .0
            .get(&key)
            .is_some_and(|spells| spells.iter().any(|spell| spell.overlaps(&validity)));
        if before {
            let message = format!("`{key}` is declared twice for the same time");
            fields.error(span, message, None);
        }
        self.0.entry(key).or_default().push(validity);
    }
}
