//! The layers of settings, which of them won for each key, and where a wrong one stands.

use crate::error::{Error, nearest, place};
use crate::settings::Settings;
use etcetera::BaseStrategy;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, TableLike, Value};

/// Variables that begin like a setting's and are not one: secrets that no file may hold.
const NOT_SETTINGS: [&str; 1] = ["BARTIZAN_STORE_PASSWORD"];

/// Who decided a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the value in the code.
    Default,
    /// A file, and the line in it.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// A flag of the command.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(out, "default"),
            Self::File(file, line) => write!(out, "{}:{line}", file.display()),
            Self::Variable(name) => write!(out, "{name}"),
            Self::Flag => write!(out, "flag"),
        }
    }
}

/// Where settings may come from; [`load`] fills it from the world, tests by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The system's file; may be absent.
    pub system: Option<PathBuf>,
    /// The user's file; may be absent.
    pub user: Option<PathBuf>,
    /// The file a flag names; must be there.
    pub chosen: Option<PathBuf>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
}

/// Settings, and who decided each.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What holds.
    pub settings: Settings,
    /// Dotted key → who decided it; every key is there.
    pub origins: BTreeMap<String, Origin>,
    /// What was met and not used, such as an unknown `BARTIZAN_STORE_…` variable; to be shown once.
    pub warnings: Vec<String>,
    merged: Json,
}

/// The settings of this machine and user; `explicit` is the file that a flag or a profile names.
pub fn load(explicit: Option<&Path>) -> Result<Loaded, Error> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        })
        .filter(|(name, _)| name.starts_with("BARTIZAN_"))
        .collect();
    load_from(&Sources {
        system: Some(PathBuf::from("/etc/bartizan/bartizan.toml")),
        user: user_folder().ok().map(|folder| folder.join("bartizan.toml")),
        chosen: explicit.map(Path::to_path_buf),
        variables,
    })
}

/// `$XDG_CONFIG_HOME/bartizan`, on every system; not created.
pub fn user_folder() -> Result<PathBuf, Error> {
    etcetera::base_strategy::Xdg::new()
        .map(|folders| folders.config_dir().join("bartizan"))
        .map_err(|error| {
            Error::new("", format!("no configuration folder: {error}; set XDG_CONFIG_HOME or HOME"))
        })
}

/// The file of profile `name`, to be given to [`load`]: `$XDG_CONFIG_HOME/bartizan/profiles/NAME.toml`.
pub fn profile_file(name: &str) -> Result<PathBuf, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Error::new(
            "--profile",
            format!("{name:?} is not a name: use letters, digits, - and _"),
        ));
    }
    Ok(user_folder()?.join("profiles").join(format!("{name}.toml")))
}

/// The settings of `sources`, merged.
pub fn load_from(sources: &Sources) -> Result<Loaded, Error> {
    let mut loaded = Loaded::defaults();
    for file in [&sources.system, &sources.user].into_iter().flatten() {
        match std::fs::read_to_string(file) {
            Ok(text) => loaded.add_file(file, &text)?,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(file, &error)),
        }
    }
    if let Some(file) = &sources.chosen {
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        loaded.add_file(file, &text)?;
    }
    for (name, text) in &sources.variables {
        loaded.add_variable(name, text)?;
    }
    Ok(loaded)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Error {
    Error { file: Some(file.to_path_buf()), ..Error::new("", format!("cannot be read: {error}")) }
}

impl Loaded {
    /// The defaults alone.
    pub fn defaults() -> Self {
        let settings = Settings::default();
        let merged = serde_json::to_value(&settings).expect("settings are plain data");
        let mut keys = Vec::new();
        leaves("", &merged, &mut keys);
        let origins = keys.into_iter().map(|key| (key, Origin::Default)).collect();
        Self { settings, origins, warnings: Vec::new(), merged }
    }

    /// Sets one key, as a flag of the command does; the strongest layer.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), Error> {
        if !self.origins.contains_key(key) {
            return Err(self.unknown(key));
        }
        let value = self.read_text(key, text)?;
        self.put(key, value, Origin::Flag)
    }

    /// The value of a dotted key, as JSON.
    pub fn value(&self, key: &str) -> Option<&Json> {
        key.split('.').try_fold(&self.merged, |tree, part| tree.get(part))
    }

    fn add_file(&mut self, file: &Path, text: &str) -> Result<(), Error> {
        let located = |error: Error, offset: Option<usize>| Error {
            file: Some(file.to_path_buf()),
            place: offset.map(|offset| place(text, offset)),
            ..error
        };
        let document = Document::parse(text).map_err(|error| {
            located(
                Error::new("", error.message().replace('\n', ", ")),
                error.span().map(|span| span.start),
            )
        })?;
        let mut found = Vec::new();
        self.walk("", document.as_table(), &mut found);
        for Found { key, value, offset } in found {
            let line = offset.map_or(1, |offset| place(text, offset).0);
            let parts = parts(&document, &key);
            value
                .and_then(|value| self.put(&key, value, Origin::File(file.to_path_buf(), line)))
                .map_err(|error| located(error, self.offset_of_part(&key, parts).or(offset)))?;
        }
        Ok(())
    }

    /// Where the first table of a list stands that is wrong by itself.
    fn offset_of_part(&self, key: &str, parts: Vec<(Json, Option<usize>)>) -> Option<usize> {
        let is_wrong = |part: &Json| {
            self.clone().put(key, Json::Array(vec![part.clone()]), Origin::Default).is_err()
        };
        parts.into_iter().find(|(part, _)| is_wrong(part)).and_then(|(_, offset)| offset)
    }

    fn walk(&self, above: &str, table: &dyn TableLike, found: &mut Vec<Found>) {
        for (name, item) in table.iter() {
            let key = join(above, name);
            let at = |span: Option<std::ops::Range<usize>>| span.map(|span| span.start);
            let offset =
                at(table.key(name).and_then(toml_edit::Key::span)).or_else(|| at(item.span()));
            match (self.value(&key).map(is_section), item.as_table_like()) {
                (None, _) => found.push(Found { value: Err(self.unknown(&key)), key, offset }),
                (Some(true), Some(inner)) => self.walk(&key, inner, found),
                (Some(true), None) => {
                    let error = Error::new(&key, format!("is a section: write [{key}]"));
                    found.push(Found { key, value: Err(error), offset });
                }
                (Some(false), _) => {
                    let offset = at(item.span()).or(offset);
                    found.push(Found { key, value: Ok(json(item)), offset });
                }
            }
        }
    }

    fn add_variable(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let variable = |key: &str| format!("BARTIZAN_{}", key.replace('.', "_").to_uppercase());
        if let Some(key) = self.origins.keys().find(|key| variable(key) == name).cloned() {
            let value =
                self.read_text(&key, text).map_err(|error| Error { key: name.into(), ..error })?;
            return self
                .put(&key, value, Origin::Variable(name.into()))
                .map_err(|error| Error { key: name.into(), ..error });
        }
        let sections = self.merged.as_object().into_iter().flat_map(Map::keys);
        let mut sections = sections.map(|section| variable(section) + "_");
        if sections.any(|section| name.starts_with(&section)) && !NOT_SETTINGS.contains(&name) {
            let names: Vec<String> = self.origins.keys().map(|key| variable(key)).collect();
            let hint = nearest(name, names.iter().map(String::as_str));
            let error = Error::new(name, "is not a setting and is not used").near(hint);
            self.warnings.push(error.to_string());
        }
        Ok(())
    }

    /// `text` in the type that `key` has: as it stands for text, else as a TOML value.
    fn read_text(&self, key: &str, text: &str) -> Result<Json, Error> {
        if matches!(self.value(key), Some(Json::String(_))) {
            return Ok(Json::String(text.to_owned()));
        }
        let value: Value = text
            .trim()
            .parse()
            .map_err(|_| Error::new(key, format!("{text:?} is not a TOML value")))?;
        Ok(json(&Item::Value(value)))
    }

    fn put(&mut self, key: &str, value: Json, origin: Origin) -> Result<(), Error> {
        let pointer = format!("/{}", key.replace('.', "/"));
        let mut merged = self.merged.clone();
        let place = merged.pointer_mut(&pointer).ok_or_else(|| self.unknown(key))?;
        *place = value;
        self.settings = serde_json::from_value(merged.clone())
            .map_err(|error| Error::new(key, error.to_string()))?;
        self.merged = merged;
        self.origins.insert(key.to_owned(), origin);
        Ok(())
    }

    fn unknown(&self, key: &str) -> Error {
        let (above, name) = key.rsplit_once('.').unwrap_or(("", key));
        let siblings = if above.is_empty() { Some(&self.merged) } else { self.value(above) };
        let names =
            siblings.and_then(Json::as_object).into_iter().flat_map(Map::keys).map(String::as_str);
        let elsewhere =
            self.origins.keys().find(|known| known.rsplit('.').next() == Some(name)).cloned();
        Error::new(key, "unknown setting")
            .near(nearest(name, names).map(|near| join(above, &near)).or(elsewhere))
    }
}

/// The tables of a list (`[[sensor.link]]`), each with its place; none if the key holds no list of tables.
fn parts(document: &Document<&str>, key: &str) -> Vec<(Json, Option<usize>)> {
    let mut item = document.as_item();
    for name in key.split('.') {
        match item.get(name) {
            Some(inner) => item = inner,
            None => return Vec::new(),
        }
    }
    let tables = item.as_array_of_tables().into_iter().flatten();
    tables
        .map(|table| {
            let offset = table.span().map(|span| span.start);
            (json(&Item::Table(table.clone())), offset)
        })
        .collect()
}

struct Found {
    key: String,
    value: Result<Json, Error>,
    offset: Option<usize>,
}

fn join(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

fn is_section(known: &Json) -> bool {
    known.as_object().is_some_and(|table| !table.is_empty())
}

fn leaves(above: &str, tree: &Json, keys: &mut Vec<String>) {
    match tree.as_object() {
        Some(table) if is_section(tree) => {
            for (name, value) in table {
                leaves(&join(above, name), value, keys);
            }
        }
        _ => keys.push(above.to_owned()),
    }
}

fn json(item: &Item) -> Json {
    if let Some(table) = item.as_table_like() {
        return table
            .iter()
            .map(|(name, item)| (name.to_owned(), json(item)))
            .collect::<Map<_, _>>()
            .into();
    }
    match item {
        Item::Value(Value::String(text)) => text.value().as_str().into(),
        Item::Value(Value::Integer(number)) => (*number.value()).into(),
        Item::Value(Value::Float(number)) => (*number.value()).into(),
        Item::Value(Value::Boolean(answer)) => (*answer.value()).into(),
        Item::Value(Value::Datetime(moment)) => moment.value().to_string().into(),
        Item::Value(Value::Array(values)) => {
            values.iter().map(|value| json(&Item::Value(value.clone()))).collect()
        }
        Item::ArrayOfTables(tables) => {
            tables.iter().map(|table| json(&Item::Table(table.clone()))).collect()
        }
        Item::Value(Value::InlineTable(_)) | Item::Table(_) | Item::None => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn error_of(text: &str) -> Error {
        let folder = tempfile::tempdir().unwrap();
        load_from(&Sources {
            chosen: Some(file(&folder, "bartizan.toml", text)),
            ..Sources::default()
        })
        .unwrap_err()
    }

    #[test]
    fn each_layer_beats_the_ones_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let all = "[sensor]\ntap = \"system\"\nbatch_rows = 1\n[store]\nuser = \"system\"\ndatabase = \"system\"\n";
        let user = "[store]\nuser = \"user\"\n[sensor]\ntap = \"user\"\nbatch_rows = 2\n";
        let sources = Sources {
            system: Some(file(&folder, "system.toml", all)),
            user: Some(file(&folder, "user.toml", user)),
            chosen: Some(file(
                &folder,
                "chosen.toml",
                "[sensor]\ntap = \"chosen\"\nbatch_rows = 3\n",
            )),
            variables: vec![("BARTIZAN_SENSOR_BATCH_ROWS".into(), "4".into())],
        };
        let mut loaded = load_from(&sources).unwrap();
        assert_eq!(loaded.settings.store.database, "system");
        assert_eq!(loaded.settings.store.user, "user");
        assert_eq!(loaded.settings.sensor.tap, "chosen");
        assert_eq!(loaded.settings.sensor.batch_rows, 4);
        assert_eq!(loaded.settings.sensor.batch_queue, Settings::default().sensor.batch_queue);
        assert_eq!(loaded.origins["store.database"], Origin::File(sources.system.unwrap(), 6));
        assert_eq!(loaded.origins["sensor.tap"], Origin::File(sources.chosen.unwrap(), 2));
        assert_eq!(
            loaded.origins["sensor.batch_rows"],
            Origin::Variable("BARTIZAN_SENSOR_BATCH_ROWS".into())
        );
        assert_eq!(loaded.origins["sensor.batch_queue"], Origin::Default);
        loaded.set("sensor.batch_rows", "5").unwrap();
        assert_eq!(loaded.settings.sensor.batch_rows, 5);
        assert_eq!(loaded.origins["sensor.batch_rows"], Origin::Flag);
    }

    #[test]
    fn a_mistyped_key_is_placed_and_corrected() {
        let error = error_of("# mine\n[store]\n  dtabase = \"x\"\n");
        assert_eq!(error.place, Some((3, 3)));
        assert_eq!(error.key, "store.dtabase");
        assert_eq!(error.suggestion.as_deref(), Some("store.database"));
        assert_eq!(error_of("[stroe]\n").suggestion.as_deref(), Some("store"));
        assert_eq!(error_of("tap = \"a\"\n").suggestion.as_deref(), Some("sensor.tap"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_or_size_is_placed() {
        let error = error_of("[sensor]\ntap = \"a\"\ntcp_idle_s = \"long\"\n");
        assert_eq!((error.place, error.key.as_str()), (Some((3, 14)), "sensor.tcp_idle_s"));
        assert_eq!(error_of("[sensor]\ntcp_idle_s = -1\n").place, Some((2, 14)));
        assert_eq!(error_of("store = 3\n").key, "store");
        assert_eq!(error_of("[sensor.tap]\nx = 1\n").key, "sensor.tap");
        assert_eq!(error_of("[store]\nurl = \"half\n").place.map(|(line, _)| line), Some(2));
    }

    #[test]
    fn links_are_a_list_of_sections_and_a_wrong_one_is_placed() {
        let good = "[[sensor.link]]\nid = \"a\"\nto = \"10.2.7.1:8583\"\ndialect = \"nac-bcd\"\nmac = \"required\"\n";
        let folder = tempfile::tempdir().unwrap();
        let chosen = file(&folder, "bartizan.toml", &format!("{good}\n{good}"));
        let loaded = load_from(&Sources { chosen: Some(chosen), ..Sources::default() }).unwrap();
        let links = &loaded.settings.sensor.link;
        assert_eq!((links.len(), links[0].to.port), (2, Some(8583)));
        assert_eq!(links[0].mac, crate::settings::LinkMac::Required);
        for (wrong, said) in [
            ("[[sensor.link]]\nid = \"b\"\nto = \"sw-1\"\ndialect = \"x\"\n", "is no address"),
            ("[[sensor.link]]\nid = \"b\"\nto = \"10.2.7.1\"\ndialekt = \"x\"\n", "dialekt"),
            ("[[sensor.link]]\nid = \"b\"\nto = \"10.2.7.1\"\n", "missing field `dialect`"),
        ] {
            let error = error_of(&format!("{good}{wrong}"));
            assert_eq!((error.key.as_str(), error.place), ("sensor.link", Some((6, 1))), "{error}");
            assert!(error.message.contains(said), "{error}");
        }
    }

    #[test]
    fn a_missing_chosen_file_is_an_error_and_a_missing_user_file_is_not() {
        let nowhere = Some(PathBuf::from("/nonexistent/bartizan.toml"));
        assert!(load_from(&Sources { user: nowhere.clone(), ..Sources::default() }).is_ok());
        let error = load_from(&Sources { chosen: nowhere, ..Sources::default() }).unwrap_err();
        assert!(
            error.to_string().starts_with("/nonexistent/bartizan.toml: cannot be read"),
            "{error}"
        );
    }

    #[test]
    fn a_variable_that_is_no_setting_is_named_and_a_secret_is_left_alone() {
        let variables = [
            ("BARTIZAN_STORE_URLL", "x"),
            ("BARTIZAN_STORE_PASSWORD", "s"),
            ("BARTIZAN_LIBCHDB", "/x"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let loaded = load_from(&Sources { variables, ..Sources::default() }).unwrap();
        assert_eq!(loaded.warnings.len(), 1);
        assert!(loaded.warnings[0].contains("BARTIZAN_STORE_URL\""), "{:?}", loaded.warnings);
        let bad = vec![("BARTIZAN_SENSOR_MAX_FLOWS".to_owned(), "many".to_owned())];
        let error = load_from(&Sources { variables: bad, ..Sources::default() }).unwrap_err();
        assert_eq!(error.key, "BARTIZAN_SENSOR_MAX_FLOWS");
    }

    #[test]
    fn a_profile_is_a_name_and_never_a_path() {
        assert!(profile_file("demo").unwrap().ends_with("bartizan/profiles/demo.toml"));
        assert!(profile_file("../etc/passwd").is_err());
        assert!(profile_file("").is_err());
    }
}
