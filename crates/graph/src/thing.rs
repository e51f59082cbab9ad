//! What the subject or the object of a warning names: a host, a service on it, or something that is no entity.

use model::address::{mapped, plain};
use std::net::{IpAddr, SocketAddr};

/// The entity in `text`: a port behind it is taken off, and an address is written as people write it.
///
/// Scans name a service and a direction (`tcp/445 inside`), prefixes a network (`10.0.0.0/24`): those are no entities.
pub fn entity(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(['/', ' ', ',']) {
        return None;
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(plain(mapped(ip)).to_string());
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(plain(mapped(socket.ip())).to_string());
    }
    match text.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && !name.contains(':') => {
            (!name.is_empty()).then(|| name.to_owned())
        }
        Some(_) => None,
        None => Some(text.to_owned()),
    }
}

/// Hosts of a chain, the first to the last, from its steps as evidence tells them: `17:05 pc-117 > op-1 rdp`.
///
/// A step that cannot be read, or does not begin where the one before it ended, ends the chain.
pub fn chain(way: &[String]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for step in way {
        let Some((src, dst)) = ends(step) else { break };
        match hosts.last() {
            None => hosts.extend([src, dst]),
            Some(last) if *last == src => hosts.push(dst),
            Some(_) => break,
        }
    }
    hosts
}

fn ends(step: &str) -> Option<(String, String)> {
    let (before, after) = step.split_once(" > ")?;
    let (src, dst) = (before.split_whitespace().next_back()?, after.split_whitespace().next()?);
    Some((entity(src)?, entity(dst)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(entity(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_port_is_taken_off_and_an_address_is_plain() {
        check("pc-117", Some("pc-117"));
        check("203.0.113.40:443", Some("203.0.113.40"));
        check("::ffff:10.0.0.7", Some("10.0.0.7"));
        check("[2001:db8::1]:443", Some("2001:db8::1"));
        check("2001:db8::1", Some("2001:db8::1"));
        check("cdn-sync.example:443", Some("cdn-sync.example"));
    }

    #[test]
    fn services_and_prefixes_are_no_entities() {
        for text in ["tcp/445 inside", "10.0.0.0/24", "", "a, b", "a:b:c", ":443"] {
            check(text, None);
        }
    }

    #[test]
    fn the_hosts_of_a_chain_are_read_from_its_steps() {
        let way =
            ["17:00 pc-117 > op-1 rdp", "17:05 op-1 > jump-1 ssh", "17:10 jump-1 > saa-1 https"];
        let hosts = chain(&way.map(str::to_owned));
        assert_eq!(hosts, ["pc-117", "op-1", "jump-1", "saa-1"]);
        let broken = ["17:00 pc-117 > op-1 rdp", "17:05 pc-118 > jump-1 ssh"];
        assert_eq!(chain(&broken.map(str::to_owned)), ["pc-117", "op-1"]);
        assert!(chain(&["nothing of the kind".to_owned()]).is_empty());
    }
}
