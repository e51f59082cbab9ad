//! `bartizan why-not SUBJECT DETECTION`: the analyzer's answer, with the options that every command has.

use super::output::Format;
use super::{Global, program};
use crate::failure::Failure;
use clap::Args;
use std::ffi::OsString;

const EXAMPLES: &str = "\
Examples:
  bartizan why-not pc-117 beacon --last 6h
  bartizan why-not 10.31.0.118 INT-07 --to 2026-03-12T17:45:00Z
  bartizan why-not op-1 FIN-01 --format json";

/// Options of `why-not`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Host name of the policy, or address; for POL also a zone
    subject: String,
    /// Id or name of the detection, such as INT-01 or beacon
    detection: String,
}

/// Becomes the analyzer; comes back only if that fails.
pub(super) fn become_it(global: &Global, arguments: &Arguments) -> Failure {
    let mut rest: Vec<OsString> = vec![(&arguments.subject).into(), (&arguments.detection).into()];
    let options = [("--from", &global.from), ("--to", &global.to), ("--last", &global.last)];
    for (name, value) in options {
        if let Some(value) = value {
            rest.extend([name.into(), value.into()]);
        }
    }
    for tap in &global.without {
        rest.extend(["--without".into(), tap.into()]);
    }
    match global.format {
        Format::Auto => {}
        Format::Table | Format::Text => rest.extend(["--format".into(), "table".into()]),
        Format::Json | Format::Jsonl => rest.extend(["--format".into(), "json".into()]),
        Format::Csv | Format::Dot | Format::Graphml | Format::Mermaid => {
            return Failure::usage("why-not has no such form", "use --format json");
        }
    }
    program::become_it(global, "bartizan-analyzer", &["why-not"], &program::Arguments { rest })
}
