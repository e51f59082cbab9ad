//! `bartizan flows EXPR`: flows that match a filter, their slices put together.

use super::options::{partial, read_filter, together};
use super::output::Field;
use super::{Global, runtime};
use crate::decode;
use crate::failure::{Exit, Failure};
use crate::flows::{FlowRow, Which, question};
use crate::narrow::Narrow;
use clap::Args;
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan flows 'src = 10.8.2.7' --last 24h
  bartizan flows 'dst_port in (3389, 22) and zone = swift' --format json
  bartizan flows 'src << 10.8.0.0/16 and bytes > 1000000'";

/// Options of `flows`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What they must match; all of the range without it
    #[arg(value_name = "EXPR")]
    expression: Vec<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let words = arguments.expression.as_slice();
    let words = if words.first().is_some_and(|word| word == "query") { &words[1..] } else { words };
    let narrow = read_filter(&together(global, &words.join(" ")), Narrow::read_flows)?;
    let question = question(&context.scope, Which::Newest, i64::from(context.limit) + 1);
    let opener = context.opener(Role::Person);
    let answer = runtime()?.block_on(async { opener.ask(&narrow.onto(question)).await })?;
    let mut rows: Vec<FlowRow> = decode::rows("flows.whole", answer.rows)?;
    let more = rows.len() > context.limit as usize;
    rows.truncate(context.limit as usize);
    context.output.rows("bartizan.flow/1", &rows, FIELDS)?;
    if rows.is_empty() && !context.output.quiet {
        eprintln!("no flow from {} to {}", context.scope.from, context.scope.to);
    }
    Ok(partial(&context, more))
}

const FIELDS: &[Field<'static, FlowRow>] = &[
    Field {
        title: "FIRST",
        name: "first",
        cell: &|row| row.first.to_string().get(..19).unwrap_or_default().to_owned(),
    },
    Field { title: "TAP", name: "tap", cell: &|row| row.tap.clone() },
    Field {
        title: "SOURCE",
        name: "src_ip",
        cell: &|row| format!("{}:{}", row.src_ip, row.src_port),
    },
    Field {
        title: "DESTINATION",
        name: "dst_ip",
        cell: &|row| format!("{}:{}", row.dst_ip, row.dst_port),
    },
    Field { title: "APP", name: "app", cell: &|row| row.app.clone() },
    Field {
        title: "ZONES",
        name: "src_zone",
        cell: &|row| format!("{} > {}", row.src_zone, row.dst_zone),
    },
    Field { title: "OUT", name: "src_bytes", cell: &|row| present::bytes(row.src_bytes) },
    Field { title: "IN", name: "dst_bytes", cell: &|row| present::bytes(row.dst_bytes) },
    Field { title: "NAME", name: "sni", cell: &|row| row.sni.clone() },
];
