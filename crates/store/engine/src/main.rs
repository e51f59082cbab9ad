//! `bartizan-store`: serves the embedded store, brings tables up to date, loads files, says how it is.

use anyhow::{Context, Result};
use bartizan_store_engine::{exit, load, person, run, status};
use clap::{Parser, Subcommand};
use config::settings::Store as Settings;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use store::schema::{Beside, Layout};
use store::{Folder, Role, Session, Store};

/// The store of Bartizan: the embedded ClickHouse engine, and what is done with any store.
#[derive(Debug, Parser)]
#[command(name = "bartizan-store", version)]
struct Arguments {
    /// Settings file; a flag wins over it.
    #[arg(long, global = true, env = "BARTIZAN_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder of the embedded store [default: $XDG_DATA_HOME/bartizan/store].
    #[arg(long, global = true)]
    folder: Option<PathBuf>,
    /// URL of a ClickHouse server instead of the embedded store.
    #[arg(long, global = true)]
    url: Option<String>,
    /// Database.
    #[arg(long, global = true)]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded store on a loopback port until SIGTERM.
    Run {
        /// Stop when the program that started this one ends.
        #[arg(long)]
        die_with_parent: bool,
    },
    /// Create what is missing in the database. May be run any number of times.
    Migrate {
        /// Make a database that stands beside this one: the same rows through views, less some taps, and judgements of
        /// its own. It is called SOURCE_without_TAP unless --database names it.
        #[arg(long, value_name = "SOURCE", requires = "without")]
        beside: Option<String>,
        /// Leave this tap out of it, as if it had been blind; may be repeated.
        #[arg(long, value_name = "TAP", requires = "beside")]
        without: Vec<String>,
    },
    /// Say whether the store runs, as what, and how much is in it.
    Status,
    /// Insert files of Native blocks: `<table>-<anything>.native`. The same file again adds nothing.
    Load {
        /// Files, or folders of them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Add a person who reads and writes triage; the password is read from standard input. Takes effect at the next start.
    Person {
        /// User name.
        name: String,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter()).init();
    let outcome = act(Arguments::parse());
    outcome.map_or_else(|failure| exit::tell(&failure), |()| ExitCode::SUCCESS)
}

fn act(arguments: Arguments) -> Result<()> {
    let settings = settings(&arguments)?;
    match arguments.command {
        Command::Run { die_with_parent } => {
            run::run(&Folder::new(&settings.folder)?, die_with_parent)
        }
        Command::Migrate { beside: None, .. } => asynchronous(migrate(&settings)),
        Command::Migrate { beside: Some(source), without } => {
            let beside = Beside::new(&source, &without);
            let name = arguments.database.unwrap_or_else(|| beside.name());
            asynchronous(migrate_beside(&Settings { database: source, ..settings }, &beside, &name))
        }
        Command::Status => asynchronous(status::status(&settings)),
        Command::Load { paths } => asynchronous(load::load(&settings, &paths)),
        Command::Person { name } => person::add(&Folder::new(&settings.folder)?, &name),
    }
}

fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into())
}

fn settings(arguments: &Arguments) -> Result<Settings> {
    let mut settings = config::load(arguments.config.as_deref())?.settings.store;
    if let Some(folder) = &arguments.folder {
        settings.folder.clone_from(folder);
    }
    if let Some(url) = &arguments.url {
        settings.url.clone_from(url);
    }
    if let Some(database) = &arguments.database {
        settings.database.clone_from(database);
    }
    Ok(settings)
}

fn asynchronous(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("the program's runtime does not start")?.block_on(work)
}

async fn migrate(settings: &Settings) -> Result<()> {
    let session: Session = Store::open(settings, Role::Owner).await?;
    let mut files = session.migrated().files.clone();
    files.extend(store::migrate(&session, &layout(settings)).await?.files);
    tell(session.database(), &files)
}

/// Makes database `name` stand beside that of the settings.
async fn migrate_beside(settings: &Settings, beside: &Beside, name: &str) -> Result<()> {
    let session: Session = Store::open(settings, Role::Owner).await?;
    let owner = session.with_database(name);
    let migrated = store::schema::migrate_beside(&owner, &layout(settings), beside).await?;
    tell(name, &migrated.files)
}

fn layout(settings: &Settings) -> Layout {
    match settings.cluster.as_str() {
        "" => Layout::SingleNode,
        name => Layout::Cluster(name.to_owned()),
    }
}

fn tell(database: &str, files: &[&str]) -> Result<()> {
    let mut out = std::io::stdout();
    match files {
        [] => writeln!(out, "database {database} is up to date")?,
        files => writeln!(out, "database {database}: applied {}", files.join(", "))?,
    }
    Ok(())
}
