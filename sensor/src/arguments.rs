//! What can be asked of `bartizan-sensor` on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bartizan-sensor replay trunk.pcap                      into the store that bartizan.toml names
  bartizan-sensor replay day/ --tap C                    all captures of a folder, as tap C
  bartizan-sensor replay tap-a.pcap tap-b.pcap           two taps, named by their files
  bartizan-sensor replay x.pcapng --format jsonl         rows as lines on standard output, no store needed
  tcpdump -w - | bartizan-sensor replay -                from standard input
  bartizan-sensor check                                  what works on this machine

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 wrong configuration; 4 store unreachable; 5 not permitted;
6 done in part (a capture was cut short: all of it that can be read was kept)";

/// Watches the wire and writes down what it sees.
#[derive(Debug, Parser)]
#[command(name = "bartizan-sensor", version, about, after_help = EXAMPLES, max_term_width = 110)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// Settings file [default: $XDG_CONFIG_HOME/bartizan/bartizan.toml, then /etc/bartizan/bartizan.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Send captures through the sensor
    Replay(Replay),
    /// Say which ways to capture work on this machine, and whether the store is there
    Check,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Where rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines if --out is given, else the store
    Auto,
    /// The store that the settings name
    Store,
    /// JSON lines: files below --out, else standard output
    Jsonl,
}

/// Send captures through the sensor.
///
/// Replaying a capture gives the same rows every time, ids included.
#[derive(Debug, Args)]
pub struct Replay {
    /// Captures (pcap or pcapng, plain or gzip), folders of them, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Tap that the packets are of [default: what follows "tap-" in a file's name, else the setting sensor.tap]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tap: Option<String>,
    /// Where rows go
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub format: Format,
    /// Folder for JSON lines, one file for each table
    #[arg(long, value_name = "DIR", conflicts_with_all = ["wait"])]
    pub out: Option<PathBuf>,
    /// Leave payload alone: flows without protocols
    #[arg(long)]
    pub flows_only: bool,
    /// Seconds to wait for the store at the start; once rows flow it is waited for without end
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub wait: u64,
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
