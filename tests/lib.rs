//! What the tests of the whole share: where the programs, the corpora and a running store are.

mod running_store;

pub use running_store::{PEOPLE, RunningStore, fresh_folder, password_of, wait_until};

use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

/// The real captures with ground truth: `BARTIZAN_CORPORA`, else the folder beside the checkout; `None` if absent.
///
/// A test that finds none says so loudly on standard error and passes.
pub fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("BARTIZAN_CORPORA")
        .map_or_else(|| root().join("../shared/corpora/dev"), PathBuf::from);
    if folder.join("manifest.csv").is_file() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no corpora at {}; set BARTIZAN_CORPORA to run this test", folder.display());
    None
}

/// A program of ours, beside the running test binary. `make test` builds all of them first.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built: run `cargo build --workspace` first", path.display());
    path
}
