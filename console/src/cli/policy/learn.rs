//! `bartizan policy learn`: zones drawn from what was seen, with reasons; proposed, and never accepted.

use super::super::output::{Format, print};
use super::super::{Global, runtime};
use crate::decode;
use crate::failure::{Exit, Failure};
use ::policy::learn::{Talk, learn};
use query::named;
use serde::Deserialize;
use std::net::IpAddr;
use store::Role;

const SQL: &str = include_str!("learn.sql");

/// Pairs and services that are learned from at most.
const MOST: i64 = 500_000;

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(deserialize_with = "decode::address")]
    src_ip: IpAddr,
    #[serde(deserialize_with = "decode::address")]
    dst_ip: IpAddr,
    ip_protocol: u8,
    port: u16,
    app: String,
    flows: u64,
    answered: u8,
}

impl From<Row> for Talk {
    fn from(row: Row) -> Self {
        let Row { src_ip: src, dst_ip: dst, ip_protocol, port, app, flows, answered } = row;
        Self { src, dst, ip_protocol, port, app, flows, answered: answered > 0 }
    }
}

pub(super) fn run(global: &Global) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let question = named(SQL, "policy.talks").over(&context.scope).with("limit", MOST);
    let opener = context.opener(Role::Person);
    let answer = runtime()?.block_on(async { opener.ask(&question).await })?;
    let rows: Vec<Row> = decode::rows("policy.talks", answer.rows)?;
    let partial = rows.len() as i64 == MOST;
    if rows.is_empty() && !context.output.quiet {
        eprintln!(
            "no flow from {} to {}: widen it with --last",
            context.scope.from, context.scope.to
        );
    }
    let talks: Vec<Talk> = rows.into_iter().map(Talk::from).collect();
    let learned = learn(&talks);
    if matches!(global.format, Format::Json | Format::Jsonl) {
        context.output.rows("bartizan.learned/1", &[learned], &[])?;
    } else {
        print(&learned.to_toml())?;
    }
    if partial {
        eprintln!(
            "learned from {MOST} pairs and services; there are more: narrow it with --from and --to"
        );
    }
    Ok(partial.then_some(Exit::Partial))
}
