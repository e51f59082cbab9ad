//! How `bartizan-store` ends after a failure: one sentence, and an exit code that a script can act on.

use std::process::ExitCode;

/// Failed.
const FAILED: u8 = 1;
/// The configuration is wrong.
const CONFIGURATION: u8 = 3;
/// The store cannot be reached.
const STORE: u8 = 4;
/// Not permitted.
const NOT_PERMITTED: u8 = 5;

/// Says what failed on standard error; a reader of standard output who left is no failure.
pub fn tell(failure: &anyhow::Error) -> ExitCode {
    if io_kind(failure) == Some(std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("bartizan-store: {failure:#}");
    ExitCode::from(code(failure))
}

fn code(failure: &anyhow::Error) -> u8 {
    if failure.chain().any(<dyn std::error::Error>::is::<config::Error>) {
        return CONFIGURATION;
    }
    match failure.chain().find_map(|cause| cause.downcast_ref::<store::Error>()) {
        Some(store::Error::Setting(_)) => CONFIGURATION,
        Some(store::Error::Denied { .. }) => NOT_PERMITTED,
        Some(
            store::Error::Away { .. }
            | store::Error::Engine { .. }
            | store::Error::SchemaOld { .. },
        ) => STORE,
        None if io_kind(failure) == Some(std::io::ErrorKind::PermissionDenied) => NOT_PERMITTED,
        _ => FAILED,
    }
}

fn io_kind(failure: &anyhow::Error) -> Option<std::io::ErrorKind> {
    let error = failure.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    error.map(std::io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_script_can_tell_what_failed_from_the_exit_code() {
        let of = |error: store::Error| code(&anyhow::Error::new(error).context("while loading"));
        assert_eq!(of(store::Error::Setting("store.url".into())), 3);
        assert_eq!(of(store::Error::Away { place: String::new(), reason: String::new() }), 4);
        let denied = store::Error::Denied { user: String::new(), code: 516, reason: String::new() };
        assert_eq!(of(denied), 5);
        assert_eq!(code(&anyhow::anyhow!("anything else")), 1);
        let unreadable = std::fs::File::open("/nonexistent").context("flow-1.native");
        assert_eq!(code(&unreadable.expect_err("there is no such file")), 1);
        let private = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert_eq!(code(&anyhow::Error::new(private).context("the lock")), 5);
    }
}
