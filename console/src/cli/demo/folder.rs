//! Where the demo keeps its captures, its store and its profile.

use anyhow::{Context, bail};
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use store::{Role, Session, Store};

const MARK: &str = ".bartizan-demo";
/// File of the key that makes tokens of card numbers.
const KEY: &str = "token.key";
const PROGRAMS: &[&str] =
    &["bartizan-stories", "bartizan-sensor", "bartizan-store", "bartizan-analyzer"];

/// The demo's folder.
#[derive(Debug)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
}

impl Folder {
    /// The folder asked for, else the one below the user's data folder.
    pub fn at(asked: Option<PathBuf>) -> anyhow::Result<Self> {
        let path = asked.map_or_else(default_folder, Ok)?;
        let path = std::path::absolute(&path)
            .with_context(|| format!("no such folder: {}", path.display()))?;
        Ok(Self { path })
    }

    /// Removes everything the demo made: only a folder that carries its mark.
    pub fn remove(&self) -> anyhow::Result<()> {
        let profile = profile_path()?;
        if profile.is_file() {
            fs::remove_file(&profile)
                .with_context(|| format!("cannot remove {}", profile.display()))?;
        }
        if !self.path.exists() {
            println!("nothing to remove at {}", self.path.display());
            return Ok(());
        }
        if !self.path.join(MARK).is_file() {
            bail!("{} was not made by the demo: it is left alone", self.path.display());
        }
        fs::remove_dir_all(&self.path)
            .with_context(|| format!("cannot remove {}", self.path.display()))?;
        println!("removed {}", self.path.display());
        Ok(())
    }

    /// Makes the folder ready. What an earlier run made stays if the programs and the seed are the same, and goes if not.
    pub fn prepare(&self, seed: u64) -> anyhow::Result<()> {
        let mark = self.path.join(MARK);
        let state = state_of_programs(seed)?;
        if self.path.exists() && !mark.is_file() && fs::read_dir(&self.path)?.next().is_some() {
            bail!(
                "{} is not empty and not the demo's: choose another --folder",
                self.path.display()
            );
        }
        if fs::read_to_string(&mark).is_ok_and(|found| found != state) {
            fs::remove_dir_all(&self.path)
                .with_context(|| format!("cannot remove {}", self.path.display()))?;
        }
        fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot create {}", self.path.display()))?;
        fs::write(&mark, state).with_context(|| format!("cannot write {}", mark.display()))?;
        self.make_key()
    }

    /// The folder of one story.
    pub fn story(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The settings file of one story: its own database in the demo's store.
    pub fn settings(&self, name: &str) -> PathBuf {
        self.story(name).join("bartizan.toml")
    }

    /// Starts the demo's store, or finds it running, with the database of `name`.
    pub async fn open_store(&self, name: &str) -> anyhow::Result<Session> {
        let settings = config::settings::Store {
            folder: self.path.join("store"),
            database: database(name),
            ..Default::default()
        };
        Ok(Store::open(&settings, Role::Owner).await?)
    }

    /// Writes the settings of one story; `now` is the end of its time.
    pub fn write_settings(&self, name: &str, now: &str) -> anyhow::Result<()> {
        let path = self.settings(name);
        fs::write(&path, self.settings_text(name, now)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes profile `demo`, so that commands work without naming the folder.
    pub fn write_profile(&self, name: &str) -> anyhow::Result<()> {
        let path = profile_path()?;
        fs::create_dir_all(path.parent().expect("a profile lies in a folder"))?;
        fs::copy(self.settings(name), &path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }

    fn settings_text(&self, name: &str, now: &str) -> anyhow::Result<String> {
        let root = self.path.canonicalize()?;
        let quoted = |path: &Path| serde_json::to_string(&path.to_string_lossy());
        let mut text =
            String::from("# Written by `bartizan demo`; removed by `bartizan demo --clean`.\n");
        write!(
            text,
            "[store]\nfolder = {}\ndatabase = \"{}\"\n\n[analyzer]\npolicy = {}\n\n[console]\nnow = \"{now}\"\n\n[sensor]\ntoken_key_file = {}\n",
            quoted(&root.join("store"))?,
            database(name),
            quoted(&root.join(name).join("policy.toml"))?,
            quoted(&root.join(KEY))?,
        )?;
        if let Ok(links) = fs::read_to_string(root.join(name).join("sensor.toml")) {
            text.push('\n');
            text.push_str(&links);
        }
        Ok(text)
    }

    /// The key of card tokens: drawn once, so that a second run makes the same tokens.
    fn make_key(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let path = self.path.join(KEY);
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match file {
            Ok(mut file) => {
                let key: [u8; 32] = rand::random();
                file.write_all(&key).with_context(|| format!("cannot write {}", path.display()))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
        }
    }
}

/// The database of a story.
pub fn database(story: &str) -> String {
    format!("bartizan_{story}")
}

fn default_folder() -> anyhow::Result<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().context("no home folder")?;
    Ok(folders.data_dir().join("bartizan/demo"))
}

fn profile_path() -> anyhow::Result<PathBuf> {
    use etcetera::BaseStrategy;
    Ok(etcetera::choose_base_strategy()
        .context("no home folder")?
        .config_dir()
        .join("bartizan/profiles/demo.toml"))
}

/// Seed, and size and age of each program: what decides whether an earlier run still holds.
fn state_of_programs(seed: u64) -> anyhow::Result<String> {
    let mut state = format!("seed {seed}\n");
    for program in PROGRAMS {
        let facts = fs::metadata(super::step::beside(program)?)?;
        let modified = facts.modified()?.duration_since(UNIX_EPOCH)?;
        writeln!(state, "{program} {} {}", facts.len(), modified.as_micros())?;
    }
    Ok(state)
}
