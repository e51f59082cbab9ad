//! Hands-on services: those by which a person or a script works on another host.

use query::{Named, Scope};
use store::{Question, Value};

/// The expression that names the service of a row of `flow` or `flow_hour`, empty if it is none.
const SERVICE: &str = include_str!("hands_on.sql");

/// What stands for the expression in a `.sql` file.
const PLACE: &str = "hands_on_service";

/// Roles of hosts that people administer in a browser. What is browsed for its pages is none of them.
const BY_WEB: [&str; 9] =
    ["backup", "bms", "hypervisor", "messaging-if", "nms", "pam", "payshield", "ups", "vpn-box"];

/// Payload that a conversation has each way before it is more than a knock or a banner. Bytes.
pub const WORKED_BYTES: i64 = 256;

/// Wire bytes of a TCP packet without payload, with the usual options.
pub const EMPTY_PACKET_BYTES: i64 = 66;

/// The question `named` over `scope`, with the hands-on service of a row in reach.
pub fn question(named: &Named, scope: &Scope) -> Question {
    let mut question = named.over(scope);
    question.sql = question.sql.replace(PLACE, SERVICE.trim());
    question
        .with("web_roles", Value::Texts(BY_WEB.map(str::to_owned).to_vec()))
        .with("worked_bytes", WORKED_BYTES)
        .with("empty_packet_bytes", EMPTY_PACKET_BYTES)
}

/// Whether a host of `role` is administered over `service`: only `https` depends on the role.
pub fn is_administered(service: &str, role: Option<&str>) -> bool {
    service != "https" || role.is_some_and(|role| BY_WEB.contains(&role))
}
