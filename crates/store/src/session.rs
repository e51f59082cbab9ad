//! A program's time with the store: found or started, brought up to date, and ended.

mod supervisor;

use crate::client::{Address, Place};
use crate::folder::Folder;
use crate::schema::{self, Layout, Migrated};
use crate::{Error, Store};
use config::settings::Store as Settings;
use std::path::Path;
use std::time::{Duration, Instant};
use supervisor::Supervisor;

/// What a program does with the store, and so as which user it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May change tables.
    Owner,
    /// Writes what was seen.
    Sensor,
    /// Reads everything, writes judgements.
    Analyzer,
    /// Reads within budgets.
    Reader,
    /// A person: reads within budgets, writes triage.
    Person,
}

impl Role {
    /// The user of the embedded engine that has this role.
    pub const fn user(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Sensor => "sensor",
            Self::Analyzer => "analyzer",
            Self::Reader => "reader",
            Self::Person => "analyst",
        }
    }
}

/// An open store. If this session started the embedded engine, dropping it stops the engine.
#[derive(Debug)]
pub struct Session {
    store: Store,
    migrated: Migrated,
    supervisor: Option<Supervisor>,
}

impl std::ops::Deref for Session {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Session {
    /// The store, to clone.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What opening it brought up to date in the tables.
    pub const fn migrated(&self) -> &Migrated {
        &self.migrated
    }

    /// Whether this session found no engine: it started one, or stands by the one that another process was starting.
    pub const fn is_owner_of_engine(&self) -> bool {
        self.supervisor.is_some()
    }
}

/// Longest wait for the embedded engine's first answer.
const START_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

impl Store {
    /// Opens the store that `settings` name, in `role`.
    ///
    /// With a URL: connects, and proves that it answers. Without one: uses the engine that runs in the data folder,
    /// else starts it, brings its tables up to date, and keeps it running until the [`Session`] is dropped.
    pub async fn open(settings: &Settings, role: Role) -> Result<Session, Error> {
        if settings.url.is_empty() {
            return open_folder(settings, role).await;
        }
        let store = Self::find(settings, role).await?;
        Ok(Session { store, migrated: Migrated::default(), supervisor: None })
    }

    /// The store that `settings` name, if it runs: starts nothing and changes nothing.
    pub async fn find(settings: &Settings, role: Role) -> Result<Self, Error> {
        if settings.url.is_empty() {
            let store = in_folder(settings, role)?;
            store.probe().await?;
            return Ok(store);
        }
        check_url(&settings.url)?;
        let user = if settings.user.is_empty() { role.user() } else { &settings.user };
        let store = Self::connect(Address {
            place: Place::Url(settings.url.clone()),
            user: user.to_owned(),
            password: password(&settings.password_file)?,
            database: settings.database.clone(),
        });
        store.probe().await?;
        Ok(if settings.cluster.is_empty() { store } else { store.in_cluster() })
    }
}

/// Refuses what is no URL of an HTTP interface, and one with a password in it, which messages and logs would show.
fn check_url(url: &str) -> Result<(), Error> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    if url.contains('@') || url.contains('?') {
        return Err(Error::Setting(
            "store.url must be only scheme, host and port; put the user into store.user and the password into store.password_file"
                .to_owned(),
        ));
    }
    if host.is_empty() {
        return Err(Error::Setting(format!(
            "store.url {url:?} is not a URL; write one such as http://127.0.0.1:8123"
        )));
    }
    Ok(())
}

async fn open_folder(settings: &Settings, role: Role) -> Result<Session, Error> {
    let folder = Folder::new(&settings.folder)?;
    let deadline = Instant::now() + START_LIMIT;
    let supervisor = match probe(&folder).await {
        Ok(()) => None,
        Err(_) => Some(Supervisor::start(&folder)?),
    };
    while let Err(error) = probe(&folder).await {
        if let Some(reason) = supervisor.as_ref().and_then(Supervisor::refusal) {
            return Err(Error::Engine { folder: folder.path().to_owned(), reason });
        }
        if Instant::now() > deadline {
            return Err(error);
        }
        tokio::time::sleep(POLL).await;
    }
    let owner = as_user(&folder, Role::Owner.user(), &settings.database)?;
    let migrated = schema::migrate(&owner, &Layout::SingleNode).await?;
    Ok(Session { store: in_folder(settings, role)?, migrated, supervisor })
}

fn in_folder(settings: &Settings, role: Role) -> Result<Store, Error> {
    let user = if settings.user.is_empty() { role.user() } else { &settings.user };
    as_user(&Folder::new(&settings.folder)?, user, &settings.database)
}

/// Whether the engine of `folder` answers to its own password: a bare ping would not prove whose port it is.
async fn probe(folder: &Folder) -> Result<(), Error> {
    as_user(folder, Role::Owner.user(), "system")?.probe().await.map(drop)
}

fn as_user(folder: &Folder, user: &str, database: &str) -> Result<Store, Error> {
    let file = folder.secret_file(user);
    let password = folder.secret(user).map_err(|error| Error::Away {
        place: folder.path().display().to_string(),
        reason: format!("{} cannot be read: {error}", file.display()),
    })?;
    let place = Place::Folder(folder.clone());
    Ok(Store::connect(Address {
        place,
        user: user.to_owned(),
        password,
        database: database.to_owned(),
    }))
}

/// From the environment, else from `file`; empty if neither is set.
fn password(file: &Path) -> Result<String, Error> {
    if let Ok(password) = std::env::var("BARTIZAN_STORE_PASSWORD") {
        return Ok(password);
    }
    if file.as_os_str().is_empty() {
        return Ok(String::new());
    }
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::Setting(format!("store.password_file {} cannot be read: {error}", file.display()))
    })?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_used_is_a_wrong_setting_and_its_password_is_not_repeated() {
        for good in ["http://127.0.0.1:8123", "https://store.bank.example", "http://[::1]:8123/"] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "garbage",
            "http://",
            "tcp://127.0.0.1:9000",
            "http://a:hunter2@b:1",
            "http://b/?password=hunter2",
        ] {
            let error = check_url(bad).expect_err(bad);
            assert!(matches!(error, Error::Setting(_)), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
