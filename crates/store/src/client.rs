//! One connection to one database as one user.

use crate::error::{Doing, Error};
use crate::folder::Folder;
use crate::prepared::Prepared;
use clickhouse::{Client, Compression};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for a socket to take bytes of an insert.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for the store to acknowledge an insert, views included.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_mins(5);

/// A database of the store, as one user. Cheap to clone; every clone shares its connections.
///
/// Connections belong to the tokio runtime that opened them: take [`Store::with_database`] in another runtime.
#[derive(Clone)]
pub struct Store {
    client: Client,
    address: Arc<Address>,
    writes_local: bool,
}

/// Where a store is, and who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Where it listens.
    pub place: Place,
    /// ClickHouse user.
    pub user: String,
    /// Password of the user.
    pub password: String,
    /// Database.
    pub database: String,
}

/// Where a store listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An HTTP interface, such as `http://127.0.0.1:8123`.
    Url(String),
    /// The embedded engine of a data folder; its port changes at each start.
    Folder(Folder),
}

impl Place {
    /// The URL at this moment.
    pub fn url(&self) -> Result<String, Error> {
        match self {
            Self::Url(url) => Ok(url.clone()),
            Self::Folder(folder) => {
                folder.url().map_err(|reason| Error::Away { place: self.to_string(), reason })
            }
        }
    }

    fn is_local(&self) -> bool {
        match self {
            Self::Folder(_) => true,
            Self::Url(url) => {
                ["://127.", "://localhost", "://[::1]"].iter().any(|local| url.contains(local))
            }
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => out.write_str(url),
            Self::Folder(folder) => write!(out, "{}", folder.path().display()),
        }
    }
}

impl std::fmt::Debug for Store {
    /// Never with the password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { place, user, database, .. } = &*self.address;
        write!(out, "Store({user} at {place}, database {database})")
    }
}

impl Store {
    /// A store at `address`; nothing is sent yet.
    pub fn connect(address: Address) -> Self {
        let compression =
            if address.place.is_local() { Compression::None } else { Compression::Lz4 };
        let client = Client::default()
            .with_compression(compression)
            .with_user(&address.user)
            .with_password(&address.password)
            .with_database(&address.database)
            .with_product_info("bartizan", env!("CARGO_PKG_VERSION"));
        // The embedded engine waits seconds for idle connections before it stops, and a restart leaves them dead.
        let client = match address.place {
            Place::Folder(_) => client.with_header("Connection", "close"),
            Place::Url(_) => client,
        };
        Self { client, address: Arc::new(address), writes_local: false }
    }

    /// The same place and user with connections of its own, in another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let store =
            Self::connect(Address { database: database.to_owned(), ..(*self.address).clone() });
        Self { writes_local: self.writes_local, ..store }
    }

    /// The same store as a node of a cluster: rows go to its local tables, beside the rows that they belong to.
    #[must_use]
    pub fn in_cluster(self) -> Self {
        Self { writes_local: true, ..self }
    }

    /// Which database is asked.
    pub fn database(&self) -> &str {
        &self.address.database
    }

    /// As whom it is asked.
    pub fn user(&self) -> &str {
        &self.address.user
    }

    /// Where it listens.
    pub fn place(&self) -> &Place {
        &self.address.place
    }

    /// Whether it answers, and to this user: the version of the engine. The database need not exist yet.
    pub async fn probe(&self) -> Result<String, Error> {
        let query = self.client()?.with_database("system").query_raw("SELECT version()");
        let answer = match query.fetch_bytes("TSVRaw") {
            Ok(mut cursor) => cursor.collect().await,
            Err(error) => Err(error),
        };
        let version = answer.map_err(|error| self.failed("a probe", &error))?;
        Ok(String::from_utf8_lossy(&version).trim().to_owned())
    }

    /// Sends rows once. A failure leaves it in doubt whether they arrived: send the same [`Prepared`] again.
    pub async fn insert(&self, prepared: &Prepared) -> Result<(), Error> {
        let mut insert = self
            .client()?
            .insert_formatted_with(prepared.statement(self.writes_local))
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1")
            .with_setting("insert_deduplication_token", prepared.token.to_string())
            .with_timeouts(Some(SEND_TIMEOUT), Some(ACKNOWLEDGE_TIMEOUT));
        let sent = match insert.send(prepared.native.clone()).await {
            Ok(()) => insert.end().await,
            Err(error) => Err(error),
        };
        sent.map_err(|error| self.failed(&prepared.table, &error))
    }

    /// Loads the newest policy's zones into the dictionary that fills `src_zone` and `dst_zone` at insert.
    pub async fn reload_zones(&self) -> Result<(), Error> {
        let statement = format!("SYSTEM RELOAD DICTIONARY `{}`.zone_dict", self.database());
        self.execute(&statement).await
    }

    /// Runs one statement that answers nothing. Only `owner` may change tables.
    pub async fn execute(&self, statement: &str) -> Result<(), Error> {
        let done = self.client()?.query_raw(statement).execute().await;
        done.map_err(|error| self.failed("a statement", &error))
    }

    /// The client at the store's present URL.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        Ok(self.client.clone().with_url(self.address.place.url()?))
    }

    pub(crate) fn failed(&self, what: &str, error: &clickhouse::error::Error) -> Error {
        let Address { place, user, database, .. } = &*self.address;
        Doing { what, place: &place.to_string(), user, database }.failed(error)
    }
}
