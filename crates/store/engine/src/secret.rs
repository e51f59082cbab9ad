//! Passwords: drawn once, kept in files that only this account can read, known to the engine by their SHA-256.

use anyhow::{Context, Result};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use store::Folder;

/// The password of `user`: read from its file, or drawn and written if there is none.
pub fn password_of(folder: &Folder, user: &str) -> Result<String> {
    let file = folder.secret_file(user);
    match folder.secret(user) {
        Ok(password) if !password.is_empty() => {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            Ok(password)
        }
        _ => {
            let password = format!("{:032x}", rand::random::<u128>());
            write_private(&file, &password)?;
            Ok(password)
        }
    }
}

/// Writes a file that only this account can read: all of it, or nothing.
pub fn write_private(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().context("a file lies in a folder")?;
    make_private(folder)?;
    let partial = file.with_extension("partial");
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .with_context(|| format!("{} cannot be written", partial.display()))?;
    out.write_all(text.as_bytes())
        .with_context(|| format!("{} cannot be written", partial.display()))?;
    fs::rename(&partial, file).with_context(|| format!("{} cannot be put in place", file.display()))
}

/// Makes a folder that only this account can enter.
pub fn make_private(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("folder {} cannot be made", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_drawn_once_and_only_its_owner_can_read_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path()).unwrap();
        let first = password_of(&folder, "sensor").unwrap();
        assert_eq!(password_of(&folder, "sensor").unwrap(), first);
        assert_ne!(password_of(&folder, "analyzer").unwrap(), first);
        let mode = fs::metadata(folder.secret_file("sensor")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
