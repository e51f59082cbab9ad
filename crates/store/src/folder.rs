//! The data folder of the embedded engine: what lies where in it.

use crate::Error;
use std::path::{Path, PathBuf};

/// A data folder of the embedded engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`; empty: `$XDG_DATA_HOME/bartizan/store`, else `~/.local/share/bartizan/store`.
    pub fn new(path: &Path) -> Result<Self, Error> {
        if !path.as_os_str().is_empty() {
            return std::path::absolute(path).map(Self).map_err(|error| {
                Error::Setting(format!("store.folder {} is no path: {error}", path.display()))
            });
        }
        let set = |name: &str| {
            std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        set("XDG_DATA_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
            .map(|data| Self(data.join("bartizan/store")))
            .ok_or_else(|| {
                Error::Setting("neither XDG_DATA_HOME nor HOME is set; set store.folder".into())
            })
    }

    /// Its path, absolute.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Holds the port of the running engine, and nothing while it does not run.
    pub fn port_file(&self) -> PathBuf {
        self.0.join("port")
    }

    /// Locked by the running engine, and holds its process id.
    pub fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Holds the password of `user`, mode 0600.
    pub fn secret_file(&self, user: &str) -> PathBuf {
        self.0.join("etc/secrets").join(user)
    }

    /// The password of `user`, if its file can be read.
    pub fn secret(&self, user: &str) -> std::io::Result<String> {
        Ok(std::fs::read_to_string(self.secret_file(user))?.trim().to_owned())
    }

    /// URL of the running engine, or why there is none.
    pub fn url(&self) -> Result<String, String> {
        let text =
            std::fs::read_to_string(self.port_file()).map_err(|_| "it does not run".to_owned())?;
        let port: u16 =
            text.trim().parse().map_err(|_| "its port file is not complete yet".to_owned())?;
        Ok(format!("http://127.0.0.1:{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_port_file_is_away() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder_of_store = Folder::new(folder.path()).expect("a path");
        assert_eq!(folder_of_store.url(), Err("it does not run".into()));
        std::fs::write(folder_of_store.port_file(), "40123\n").expect("written");
        assert_eq!(folder_of_store.url().as_deref(), Ok("http://127.0.0.1:40123"));
    }
}
