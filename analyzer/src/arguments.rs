//! The command line of `bartizan-analyzer`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use model::Time;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bartizan-analyzer publish --policy policy.toml         zones of the policy into the store
  bartizan-analyzer once --from 2026-03-12T12:00:00Z --to 2026-03-12T18:00:00Z
                                                         judge six hours of what is stored
  bartizan-analyzer once --from … --to … --without d --into
                                                         as if tap d had been blind, into a database beside
  bartizan-analyzer run                                  judge what arrives, until SIGTERM
  bartizan-analyzer status                               how far it has come
  bartizan-analyzer evaluate stories --truth truth.json  found, missed, false
  bartizan-analyzer explain                              what it can detect

Exit codes: 0 done; 1 failed, or an evaluation missed its bar; 2 wrong usage; 3 wrong configuration or policy;
4 store unreachable; 5 not permitted; 6 done in part (some taps were blind: see `judged`)";

/// Reads what was written and raises warnings
#[derive(Debug, Parser)]
#[command(name = "bartizan-analyzer", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// Settings file [default: $XDG_CONFIG_HOME/bartizan/bartizan.toml, then /etc/bartizan/bartizan.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// URL of a ClickHouse HTTP interface [default: setting store.url]
    #[arg(long, global = true, value_name = "URL")]
    pub store_url: Option<String>,
    /// Data folder of the embedded store [default: setting store.folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Database [default: setting store.database]
    #[arg(long, global = true, value_name = "NAME")]
    pub database: Option<String>,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write the policy's zones, which are filled into the rows that arrive from then on
    Publish(PolicyFile),
    /// Judge a range of what is stored. Judging it again adds nothing
    Once(Once),
    /// Say which gate, threshold, coverage or suppression kept a detection silent about a subject, and what would have rung
    #[command(name = "why-not")]
    WhyNot(WhyNot),
    /// Judge what arrives, following the watermark, until SIGTERM
    Run(PolicyFile),
    /// Say how far each tap's rows have arrived, and how far they were judged
    Status {
        /// Form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Measure detections against what is true
    Evaluate {
        /// Against what
        #[command(subcommand)]
        what: Evaluate,
    },
    /// List the detections
    Explain {
        /// Form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

impl Verb {
    /// Whether it goes on until it is stopped.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Run(_))
    }
}

/// Which policy.
#[derive(Debug, Args)]
pub struct PolicyFile {
    /// The bank's policy [default: setting analyzer.policy]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// Which range, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bartizan-analyzer once --policy policy.toml --from 2026-03-12T12:00:00Z --to 2026-03-12T18:00:00Z"
)]
pub struct Once {
    /// From this moment, such as 2026-03-12T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Time,
    /// Before this moment
    #[arg(long, value_name = "TIME")]
    pub to: Time,
    /// The bank's policy
    #[command(flatten)]
    pub policy: PolicyFile,
    /// Leave this tap out, as if it had been blind; may be repeated
    #[arg(long, value_name = "TAP")]
    pub without: Vec<String>,
    /// Judge into this database beside the one that is judged, made if it is not there [default: NAME_without_TAP]
    #[arg(long, value_name = "DATABASE", num_args = 0..=1, default_missing_value = "")]
    pub into: Option<String>,
    /// Form of the summary
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Whom, and which detection.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bartizan why-not pc-118 beacon --last 6h\n  bartizan why-not 10.31.0.118 INT-07 --to 2026-03-12T17:45:00Z"
)]
pub struct WhyNot {
    /// Host name of the policy, or address; for POL also a zone
    pub subject: String,
    /// Id or name, such as INT-01 or beacon
    pub detection: String,
    /// From this moment
    #[arg(long, value_name = "TIME", conflicts_with = "last")]
    pub from: Option<Time>,
    /// Before this moment [default: as far as every tap's rows have arrived]
    #[arg(long, value_name = "TIME")]
    pub to: Option<Time>,
    /// So long before that: 90m, 6h, 2d
    #[arg(long, value_name = "SPAN", default_value = "6h")]
    pub last: Length,
    /// The bank's policy
    #[command(flatten)]
    pub policy: PolicyFile,
    /// Leave this tap out, as if it had been blind; may be repeated
    #[arg(long, value_name = "TAP")]
    pub without: Vec<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// A length of time. Microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(pub i64);

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a span such as 90m, 6h or 2d");
        let unit = match text.chars().last() {
            Some('m') => Time::MINUTE,
            Some('h') => Time::HOUR,
            Some('d') => Time::DAY,
            _ => return Err(wrong()),
        };
        let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        count.checked_mul(unit).filter(|length| *length > 0).map(Self).ok_or_else(wrong)
    }
}

/// Against what detections are measured.
#[derive(Debug, Subcommand)]
pub enum Evaluate {
    /// The warnings of a database against a story's truth file
    Stories {
        /// The story's truth.json
        #[arg(long, value_name = "FILE")]
        truth: PathBuf,
        /// Form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// The beacon statistic against its generators, on unseen seeds
    Beacon {
        /// Fewer sequences
        #[arg(long)]
        quick: bool,
        /// Write the section of docs/detection-quality.md to this file
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
        /// Make the shipped tables anew in this folder instead
        #[arg(long, value_name = "DIR")]
        make_tables: Option<PathBuf>,
    },
    /// Early warning against generated months of banks never seen; fits a model, or measures the shipped one
    Forecast(Foresight),
}

/// How early warning is measured.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bartizan-analyzer evaluate forecast --quick --work months")]
pub struct Foresight {
    /// Four days of each bank, and one bank of a purpose
    #[arg(long)]
    pub quick: bool,
    /// Measure the shipped model on the month in this folder instead of the test seeds; may be repeated
    #[arg(long, value_name = "DIR", conflicts_with = "make_model")]
    pub months: Vec<PathBuf>,
    /// Where months and their store are kept between runs
    #[arg(long, value_name = "DIR", default_value = "target/foresight")]
    pub work: PathBuf,
    /// Write docs/early-warning.md to this file
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Fit the model anew and write model.txt into this folder
    #[arg(long, value_name = "DIR")]
    pub make_model: Option<PathBuf>,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table on a terminal, else JSON
    #[default]
    Auto,
    /// A table
    Table,
    /// JSON
    Json,
}

impl Format {
    /// Whether the answer is JSON here.
    pub fn is_json(self) -> bool {
        use std::io::IsTerminal;
        match self {
            Self::Auto => !std::io::stdout().is_terminal(),
            Self::Table => false,
            Self::Json => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_length_is_a_number_and_a_unit() {
        assert_eq!("90m".parse(), Ok(Length(90 * Time::MINUTE)));
        for wrong in ["", "6", "h", "-2d", "0h", "9999999999999999d"] {
            assert!(wrong.parse::<Length>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_read_as_rfc_3339() {
        let arguments = Arguments::try_parse_from([
            "bartizan-analyzer",
            "once",
            "--from",
            "2026-03-12T12:00:00Z",
            "--to",
            "2026-03-12T13:00:00+01:00",
            "--without",
            "d",
        ])
        .expect("the words of the manual");
        let Verb::Once(once) = arguments.verb else { panic!("once was asked for") };
        assert_eq!(once.from, once.to);
        assert_eq!(once.without, ["d"]);
    }
}
