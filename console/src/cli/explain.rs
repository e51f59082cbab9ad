//! `bartizan explain CODE`: the long form of an error, offline.

use super::Global;
use super::output::Output;
use crate::failure::{Exit, Failure};
use clap::Args;
use serde::Serialize;

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bartizan explain E-STORE-001\n  bartizan explain")]
pub struct Arguments {
    /// The code; all of them without it
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// What a code means, why it happens, and what to do.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub means: &'static str,
    /// Why it happens, and what to do.
    pub text: &'static str,
}

/// Every code of `bartizan` and of the store.
pub static CODES: &[Explained] = &[
    Explained {
        code: "E-STORE-001",
        means: "the store does not answer",
        text: "Nothing listens at store.url, or the embedded engine in store.folder is not running and could not be \
               reached. Programs that write keep trying and lose nothing; the console shows the rows it has, with their \
               age. Start the store with `bartizan store run`, or correct store.url; `bartizan config show --origin` \
               says which file set it.",
    },
    Explained {
        code: "E-STORE-002",
        means: "the store is busy",
        text: "It answers, and cannot take this now: too many queries, too little memory, a time limit, or a replica \
               that is read-only. It is tried again. If it stays, ask for a shorter range, or give the store more memory.",
    },
    Explained {
        code: "E-STORE-003",
        means: "the store has no room",
        text: "Its disk is full or a table has too many parts. Writers wait. Free disk space or shorten retention.",
    },
    Explained {
        code: "E-STORE-004",
        means: "the store denies this",
        text: "Password, grant or read-only mode: the user in store.user may not do what was asked. A person reads \
               everything and writes triage rows as themself, and nothing else. Check store.user and \
               store.password_file (mode 0600), or ask whoever gives out rights.",
    },
    Explained {
        code: "E-STORE-005",
        means: "the tables are older than this program",
        text: "A table or column that this program needs is not there. Run `bartizan store migrate` with the version of \
               this program; it only adds.",
    },
    Explained {
        code: "E-STORE-006",
        means: "the store refuses these rows",
        text: "A constraint forbids them, or their bytes are wrong: the same rows would never be taken. A note with a \
               run of 13 digits or more is refused, since it could be a card number.",
    },
    Explained {
        code: "E-STORE-007",
        means: "a question costs more than its budget",
        text: "Every question has a budget of rows, bytes, seconds and memory, so that nobody can stop the store by \
               asking. Ask for a shorter range (--last, z in the console) or a narrower filter (--where, /).",
    },
    Explained {
        code: "E-STORE-008",
        means: "an answer does not fit",
        text: "The store answered rows that this program does not understand: programs and tables are of different \
               versions, or it is a mistake of ours. Run `bartizan store migrate`; if it stays, please report it.",
    },
    Explained {
        code: "E-STORE-009",
        means: "the store did not understand what was sent",
        text: "A mistake of ours, or a ClickHouse that is older than the one we test with. Please report it.",
    },
    Explained {
        code: "E-STORE-010",
        means: "the embedded engine does not start",
        text: "`bartizan-store` must stand beside `bartizan` or in PATH, its library must have been fetched (`make \
               engine`), the processor must know AVX2, and nobody else may hold the data folder. The message has the \
               engine's last words.",
    },
    Explained {
        code: "E-STORE-011",
        means: "a setting of the store cannot be used",
        text: "The message names the setting. `bartizan config show --origin` says which file set it.",
    },
    Explained {
        code: "E-CONFIG-001",
        means: "a setting is invalid",
        text: "The message has file, line, column, key and what was probably meant. Nothing starts with settings that \
               it does not understand. `bartizan config check FILE` reads a file; `bartizan config example` prints one \
               with every setting and its default.",
    },
    Explained {
        code: "E-FILTER-001",
        means: "a filter cannot be read",
        text: "What is wrong is underlined, with what was probably meant. A filter is made of terms such as `zone = \
               swift`, `dst_port in (22, 3389)`, `src << 10.8.0.0/16`, joined by and, or, not, and parentheses. On the \
               command line put it into single quotes.",
    },
    Explained {
        code: "E-POLICY-001",
        means: "a policy has errors",
        text: "A policy with an error is not used; the one before stays in force. Each error has line, column, the text \
               underlined and what was probably meant. Warnings name what is read and not judged yet.",
    },
    Explained {
        code: "E-RULE-001",
        means: "a rule is refused",
        text: "A rule is applied as a whole or not at all: what is not understood is refused with its file, line, column and \
               reason. `unsupported` means that the rule is right, but asks for a field, a named set or a log source that is \
               not here. `bartizan rules validate FILE` reads it again.",
    },
    Explained {
        code: "E-RULE-002",
        means: "the examples inside a rule do not hold",
        text: "A case that must fire stayed silent, one that must stay silent fired, or the cases prove nothing: they need one \
               of each, a near miss that differs in one field, and must fail when the condition is turned round. Correct the \
               rule or the case; `bartizan rules test FILE` runs them again.",
    },
    Explained {
        code: "E-USAGE-001",
        means: "the command was not understood",
        text: "`--help` after any command has its options and examples.",
    },
    Explained {
        code: "E-GRAPH-001",
        means: "there is no path between two entities in the range",
        text: "A path follows warnings, edges of administration and answered conversations in the order of time: a step \
               counts if it was used after its source was reached. Widen the range with --last, or ask the other way \
               round; `bartizan graph ENTITY` shows what was seen around each of the two.",
    },
    Explained {
        code: "E-WITHOUT-001",
        means: "nothing was judged without this tap yet",
        text: "`--without TAP` reads what the analyzer judged from the same rows less that tap, in a database beside the \
               first. The first of the two commands makes that database, which takes rights to change tables; the \
               second judges into it. Both may be run any number of times.",
    },
    Explained {
        code: "E-CONSOLE-001",
        means: "an answer has an unknown form",
        text: "Rows came that this program cannot read: program and tables are of different versions. Run `bartizan \
               store migrate` with the version of this program.",
    },
    Explained {
        code: "E-CONSOLE-002",
        means: "this machine failed",
        text: "A file, the terminal or standard output could not be used; the message says which.",
    },
    Explained {
        code: "E-CONSOLE-003",
        means: "a program of ours cannot be run",
        text: "`bartizan sensor`, `analyze`, `store`, `stories` and `evaluate` run the program that owns the verb, so \
               that `bartizan` itself needs no rights. That program must stand beside `bartizan` or in PATH.",
    },
];

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let output = Output::new(global);
    let Some(code) = &arguments.code else {
        let fields: &[super::output::Field<'_, Explained>] = &[
            super::output::Field { title: "CODE", name: "code", cell: &|row| row.code.to_owned() },
            super::output::Field {
                title: "MEANS",
                name: "means",
                cell: &|row| row.means.to_owned(),
            },
        ];
        output.rows("bartizan.code/1", CODES, fields)?;
        return Ok(None);
    };
    let wanted = code.trim().to_uppercase();
    let Some(found) = CODES.iter().find(|explained| explained.code == wanted) else {
        return Err(Failure::usage(
            format!("no code is called {code:?}"),
            "bartizan explain lists them",
        ));
    };
    output.one("bartizan.code/1", found, || {
        let lines = crate::widgets::ink::wrapped(found.text, 78).join("\n");
        format!("{}: {}\n\n{lines}\n", found.code, found.means)
    })?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once_and_in_full() {
        for (at, explained) in CODES.iter().enumerate() {
            assert!(explained.text.len() > 40, "{}", explained.code);
            assert!(
                CODES[at + 1..].iter().all(|other| other.code != explained.code),
                "{}",
                explained.code
            );
        }
    }

    #[test]
    fn every_failure_of_the_store_has_its_long_form() {
        for number in 1..=11 {
            let code = format!("E-STORE-{number:03}");
            assert!(CODES.iter().any(|explained| explained.code == code), "{code}");
        }
    }
}
