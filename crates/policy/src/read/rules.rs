//! Services, conduits, deny rules and links: what may be spoken.

use super::fields::{Fields, Placed};
use super::{Names, expires, id, one_of, refers, validity};
use crate::declared::{Conduit, Deny, Initiator, Link, Mac, Selector, Service};
use crate::problem::nearest;
use model::Severity;
use std::collections::BTreeSet;
use toml_edit::Value;

const SERVICE: &[&str] = &["id", "proto", "ports", "app", "why"];
const SERVICE_LATER: &[&str] = &["tls", "tls_min"];
const CONDUIT: &[&str] = &[
    "id",
    "from",
    "to",
    "service",
    "initiator",
    "valid_from",
    "valid_to",
    "expires",
    "owner",
    "ticket",
    "controls",
    "why",
];
const CONDUIT_LATER: &[&str] = &[
    "calendar",
    "out_of_hours",
    "app",
    "limits",
    "identity",
    "review_days",
    "via",
    "src_obscured",
];
const DENY: &[&str] = &[
    "id",
    "from",
    "to",
    "service",
    "except",
    "severity",
    "controls",
    "why",
    "valid_from",
    "valid_to",
    "owner",
];
const LINK: &[&str] = &[
    "id", "from", "to", "zones", "peek", "marks", "link_bps", "carrier", "pop", "dialect", "mac",
    "codes", "why",
];

/// A kind of selector: its prefix, the names there are, and what it makes.
type Kind<'n> = (&'static str, &'n BTreeSet<String>, fn(String) -> Selector);

/// Names of transports, and their IANA numbers.
const TRANSPORTS: [(&str, Option<u8>); 11] = [
    ("any", None),
    ("icmp", Some(1)),
    ("ipip", Some(4)),
    ("tcp", Some(6)),
    ("udp", Some(17)),
    ("gre", Some(47)),
    ("esp", Some(50)),
    ("ah", Some(51)),
    ("icmpv6", Some(58)),
    ("vrrp", Some(112)),
    ("sctp", Some(132)),
];

/// Words of a deny rule for how bad it is.
const SEVERITIES: [(&str, Severity); 5] = [
    ("note", Severity::P0),
    ("low", Severity::P1),
    ("medium", Severity::P2),
    ("high", Severity::P3),
    ("critical", Severity::P4),
];

pub(super) fn service(fields: &Fields<'_, '_>) -> Option<Service> {
    fields.expect_keys(SERVICE, SERVICE_LATER);
    let id = id(fields, "id");
    let ip_protocol = transport(fields);
    let ports =
        fields.elements("ports").iter().filter_map(|port| port_range(fields, port)).collect();
    Some(Service { id: id?.value, ip_protocol, ports, apps: fields.words("app") })
}

/// `proto`: a name or an IANA number; `None` is any, and what is left after an error.
fn transport(fields: &Fields<'_, '_>) -> Option<u8> {
    let Some(proto) = fields.elements("proto").into_iter().next() else {
        fields.missing("proto");
        return None;
    };
    if let Some(number) = proto.value.as_integer() {
        let number = u8::try_from(number).ok();
        if number.is_none() {
            fields.error(&proto.span, "a protocol number is 0 to 255", None);
        }
        return number;
    }
    let name = proto.value.as_str().unwrap_or_default();
    let known = TRANSPORTS.iter().find(|(known, _)| *known == name);
    if known.is_none() {
        let near = nearest(name, TRANSPORTS.map(|(name, _)| name));
        fields.error(&proto.span, "`proto` must be tcp, udp, icmp, … or a protocol number", near);
    }
    known.and_then(|(_, number)| *number)
}

/// A port, or `"8000-8010"`.
fn port_range(fields: &Fields<'_, '_>, port: &Placed<Value>) -> Option<(u16, u16)> {
    let number = port
        .value
        .as_integer()
        .and_then(|number| u16::try_from(number).ok())
        .map(|port| (port, port));
    let text = port.value.as_str().map(str::trim).and_then(|text| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
    });
    let range = number.or(text).filter(|(from, to)| from <= to);
    if range.is_none() {
        fields.error(&port.span, "a port is 0 to 65535, a range is \"8000-8010\"", None);
    }
    range
}

pub(super) fn conduit(fields: &Fields<'_, '_>, names: &Names) -> Option<Conduit> {
    fields.expect_keys(CONDUIT, CONDUIT_LATER);
    let id = id(fields, "id");
    if fields.table.get("service").is_none() {
        let message = "a conduit needs `service`".to_owned();
        fields.error(
            &fields.span,
            message,
            Some("service = [\"any\"]".to_owned()).filter(|_| names.services.is_empty()),
        );
    }
    let (from, to) = (selectors(fields, "from", names), selectors(fields, "to", names));
    Some(Conduit {
        from,
        to,
        services: services(fields, names),
        initiator: match one_of(fields, "initiator", &["from", "to", "either"]).as_str() {
            "to" => Initiator::To,
            "either" => Initiator::Either,
            _ => Initiator::From,
        },
        validity: validity(fields),
        expires: expires(fields),
        owner: fields.text_or_empty("owner"),
        ticket: fields.text_or_empty("ticket"),
        controls: fields.words("controls"),
        id: id?.value,
    })
}

pub(super) fn deny(fields: &Fields<'_, '_>, names: &Names) -> Option<Deny> {
    fields.expect_keys(DENY, &[]);
    let id = id(fields, "id");
    let (from, to) = (selectors(fields, "from", names), selectors(fields, "to", names));
    let mut except = fields.texts("except");
    except.retain(|conduit| {
        refers(fields, "conduit", &conduit.value, &conduit.span, &names.conduits)
    });
    let severity = one_of(fields, "severity", &SEVERITIES.map(|(word, _)| word));
    Some(Deny {
        from,
        to,
        services: services(fields, names),
        except: except.into_iter().map(|conduit| conduit.value).collect(),
        severity: SEVERITIES
            .iter()
            .find(|(word, _)| *word == severity)
            .map_or(Severity::P4, |(_, severity)| *severity),
        why: fields.text_or_empty("why"),
        controls: fields.words("controls"),
        validity: validity(fields),
        id: id?.value,
    })
}

pub(super) fn link(fields: &Fields<'_, '_>, names: &Names) -> Option<Link> {
    fields.expect_keys(LINK, &[]);
    let id = id(fields, "id");
    let mut zones = fields.texts("zones");
    zones.retain(|zone| refers(fields, "zone", &zone.value, &zone.span, &names.zones));
    let to = fields.text("to").and_then(|to| selector(fields, &to, names));
    Some(Link {
        to,
        zones: zones.into_iter().map(|zone| zone.value).collect(),
        link_bps: fields.number("link_bps", 0..=i64::MAX).unwrap_or_default() as u64,
        marks: fields.words("marks"),
        mac: match one_of(fields, "mac", &["required", "none"]).as_str() {
            "required" => Mac::Required,
            "none" => Mac::Absent,
            _ => Mac::Unsaid,
        },
        codes: fields.pairs("codes"),
        id: id?.value,
    })
}

/// Ids of services; `any` is none.
fn services(fields: &Fields<'_, '_>, names: &Names) -> Vec<String> {
    let texts = fields.texts("service");
    if texts.iter().any(|text| text.value == "any") && !names.services.contains("any") {
        return Vec::new();
    }
    let known =
        |text: &Placed<String>| refers(fields, "service", &text.value, &text.span, &names.services);
    texts.into_iter().filter(known).map(|text| text.value).collect()
}

/// One end of a rule: one selector, or a list of them.
fn selectors(fields: &Fields<'_, '_>, key: &str, names: &Names) -> Vec<Selector> {
    let texts = fields.texts(key);
    if texts.is_empty() {
        fields.missing(key);
    }
    let mut read: Vec<Selector> =
        texts.iter().filter_map(|text| selector(fields, text, names)).collect();
    read.sort();
    read.dedup();
    read
}

fn selector(fields: &Fields<'_, '_>, text: &Placed<String>, names: &Names) -> Option<Selector> {
    let written = text.value.as_str();
    if written == "any" {
        return Some(Selector::Any);
    }
    let kinds: [Kind<'_>; 3] = [
        ("zone", &names.zones, Selector::Zone),
        ("group", &names.groups, Selector::Group),
        ("host", &names.hosts, Selector::Host),
    ];
    if let Some((kind, name)) = written.split_once(':')
        && let Some((kind, known, make)) = kinds.iter().find(|(known, ..)| *known == kind)
    {
        return refers(fields, kind, name, &text.span, known).then(|| make(name.to_owned()));
    }
    let meant = kinds
        .iter()
        .find(|(_, known, _)| known.contains(written))
        .map(|(kind, ..)| format!("{kind}:{written}"));
    let message = format!("`{written}` is no end of a rule: zone:…, group:…, host:… or any");
    fields.error(&text.span, message, meant);
    None
}
