//! People: users who read within budgets and write triage under their own names.

use crate::configuration;
use crate::secret;
use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use store::Folder;
use store::hash::sha256;

/// Adds or changes `name`, with the password on standard input; the engine knows them from its next start.
pub fn add(folder: &Folder, name: &str) -> Result<()> {
    ensure!(
        configuration::is_name(name),
        "{name:?} cannot be a person: lower-case letters, digits and _, and none of the store's own users"
    );
    let mut password = String::new();
    std::io::stdin()
        .take(1024)
        .read_to_string(&mut password)
        .context("the password cannot be read")?;
    let password = password.trim_end_matches(['\r', '\n']);
    ensure!(password.len() >= 12, "the password has fewer than 12 characters; give a longer one");
    secret::write_private(
        &folder.path().join("etc/people").join(name),
        &sha256(password.as_bytes()),
    )?;
    writeln!(std::io::stdout(), "{name} may log in after the next start of the store")?;
    Ok(())
}
