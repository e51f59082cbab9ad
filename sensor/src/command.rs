//! The verbs of `bartizan-sensor`, and what their exit codes mean.

pub mod check;
mod progress;
pub mod replay;

use crate::arguments::Arguments;
use crate::capture::OpenError;
use crate::export::Failure;
use clap::CommandFactory;
use clap_complete::Shell;
use config::Settings;
use std::path::Path;

/// How a verb ended. Usage errors are 2, by `clap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The configuration is wrong.
    Configuration = 3,
    /// The store cannot be reached.
    Store = 4,
    /// Not permitted.
    NotPermitted = 5,
    /// Done in part.
    Partial = 6,
}

impl Exit {
    /// The exit code for a failure.
    pub fn of(failure: &anyhow::Error) -> Self {
        if failure.is::<config::Error>() {
            Self::Configuration
        } else if let Some(error) = failure.downcast_ref::<store::Error>() {
            Self::of_store(error)
        } else if matches!(failure.downcast_ref::<OpenError>(), Some(OpenError::Denied(_))) {
            Self::NotPermitted
        } else if let Some(failure) = failure.downcast_ref::<Failure>() {
            Self::of_export(failure)
        } else {
            Self::Failed
        }
    }

    fn of_export(failure: &Failure) -> Self {
        match failure {
            Failure::Unwritable(_, error)
                if error.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Self::NotPermitted
            }
            Failure::Unwritable(..) => Self::Failed,
            Failure::ReaderGone => Self::Partial,
        }
    }

    fn of_store(error: &store::Error) -> Self {
        match error {
            store::Error::Setting(_) => Self::Configuration,
            store::Error::Denied { .. } => Self::NotPermitted,
            store::Error::Away { .. }
            | store::Error::Engine { .. }
            | store::Error::SchemaOld { .. } => Self::Store,
            _ => Self::Failed,
        }
    }
}

/// The settings of this machine; what was odd about them is said.
pub fn load(file: Option<&Path>) -> anyhow::Result<Settings> {
    let loaded = config::load(file)?;
    for warning in &loaded.warnings {
        eprintln!("bartizan-sensor: {warning}");
    }
    Ok(loaded.settings)
}

/// Prints completions for `shell`.
pub fn completions(shell: Shell) {
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "bartizan-sensor", &mut std::io::stdout());
}
