//! The declared links of the settings, with their dialects and the key for tokens: read once, before anything is.

use config::Error;
use config::settings::{Link as Declared, Sensor as Settings};
use model::mapped;
use protocols::iso8583::{Dialect, dialect};
use protocols::{End, Link, Links, TokenKey};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// Variable that holds the key as hexadecimal digits; weaker than the file.
pub const KEY_VARIABLE: &str = "BARTIZAN_TOKEN_KEY";

/// Longest key file that is read. Bytes.
const LONGEST_KEY: u64 = 4096;

/// Reads dialects and key; `key_digits` is what [`KEY_VARIABLE`] holds.
pub fn load(settings: &Settings, key_digits: Option<String>) -> Result<Links, Error> {
    let dialects = dialects(&settings.dialects)?;
    let links: Result<_, Error> =
        settings.link.iter().map(|link| declared(link, &dialects)).collect();
    Ok(Links::new(links?, key(&settings.token_key_file, key_digits)?))
}

fn error(key: &str, message: String) -> Error {
    Error { file: None, place: None, key: key.to_owned(), message, suggestion: None }
}

fn declared(link: &Declared, dialects: &[Arc<Dialect>]) -> Result<Link, Error> {
    let found = dialects.iter().find(|dialect| dialect.name == link.dialect);
    let dialect = found.cloned().ok_or_else(|| {
        let names: Vec<&str> = dialects.iter().map(|dialect| dialect.name).collect();
        let Declared { id, dialect, .. } = link;
        let known = names.join(", ");
        error(
            "sensor.link",
            format!("{id}: there is no dialect {dialect:?}; there are {known}, and the files of sensor.dialects"),
        )
    })?;
    if link.id.is_empty() {
        return Err(error("sensor.link", format!("the link to {} has no id", link.to)));
    }
    let wider = if link.to.address.is_ipv4() { 96 } else { 0 };
    let end = End {
        address: mapped(link.to.address),
        prefix: link.to.prefix + wider,
        port: link.to.port,
    };
    Ok(Link { id: link.id.as_str().into(), to: end, app: "iso8583", dialect })
}

/// The dialects that are built in, and those of the folder, which may take a built-in one's place.
fn dialects(folder: &Path) -> Result<Vec<Arc<Dialect>>, Error> {
    let mut dialects = dialect::BUILT_IN.clone();
    if folder.as_os_str().is_empty() {
        return Ok(dialects);
    }
    let unreadable = |reason: std::io::Error| {
        error("sensor.dialects", format!("{}: cannot be read: {reason}", folder.display()))
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(unreadable)?;
    files.sort();
    for file in files {
        let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml"))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&file).map_err(unreadable)?;
        // Read once at the start: its name lives as long as the program.
        let name: &'static str = String::leak(name.to_owned());
        let own = Dialect::read(name, &text).map_err(|wrong| Error {
            file: Some(file.clone()),
            place: wrong.offset.map(|offset| place(&text, offset)),
            ..error("", wrong.message)
        })?;
        dialects.retain(|dialect| dialect.name != name);
        dialects.push(Arc::new(own));
    }
    Ok(dialects)
}

/// Line and column, from 1, of a byte of `text`.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn key(file: &Path, digits: Option<String>) -> Result<Option<TokenKey>, Error> {
    if !file.as_os_str().is_empty() {
        return read_key(file).map(Some);
    }
    let Some(digits) = digits else { return Ok(None) };
    let bytes = from_hex(&digits);
    let bytes = bytes.ok_or_else(|| error(KEY_VARIABLE, "holds no hexadecimal digits".into()))?;
    TokenKey::new(bytes).map(Some).map_err(|short| too_short(KEY_VARIABLE, short.bytes))
}

fn too_short(key: &str, bytes: usize) -> Error {
    let least = TokenKey::LEAST;
    error(
        key,
        format!(
            "a key of {bytes} bytes is too short: {least} at least, `openssl rand {least}` makes one"
        ),
    )
}

fn read_key(file: &Path) -> Result<TokenKey, Error> {
    const KEY: &str = "sensor.token_key_file";
    let name = file.display();
    let unreadable =
        |reason: std::io::Error| error(KEY, format!("{name}: cannot be read: {reason}"));
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_file() {
        return Err(error(KEY, format!("{name}: is no file")));
    }
    if mode & 0o177 != 0 {
        return Err(error(
            KEY,
            format!("{name}: others may read it (mode {mode:04o}): chmod 0600 {name}"),
        ));
    }
    let mut bytes = Vec::new();
    opened.take(LONGEST_KEY).read_to_end(&mut bytes).map_err(unreadable)?;
    TokenKey::new(bytes).map_err(|short| too_short(KEY, short.bytes))
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.trim().chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    fn link(dialect: &str) -> Declared {
        Declared {
            id: "sw".into(),
            to: "10.2.0.0/16".parse().expect("a network"),
            dialect: dialect.into(),
            mac: config::settings::LinkMac::None,
        }
    }

    fn key_file(bytes: &[u8], mode: u32) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        std::fs::write(&file, bytes).expect("it is written");
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).expect("its mode is set");
        (folder, Settings { token_key_file: file, ..Settings::default() })
    }

    #[test]
    fn a_key_is_read_from_a_file_that_nobody_else_may_read() {
        let (_folder, settings) = key_file(&[7; 32], 0o600);
        assert!(load(&settings, None).expect("a key").key().is_some());
        let said = |bytes: &[u8], mode| {
            let (_folder, settings) = key_file(bytes, mode);
            load(&settings, None).expect_err("no key").to_string()
        };
        assert!(said(&[7; 32], 0o640).contains("chmod 0600"), "{}", said(&[7; 32], 0o640));
        assert!(said(&[7; 31], 0o600).contains("too short"), "{}", said(&[7; 31], 0o600));
        let nowhere = Settings { token_key_file: "/nonexistent/key".into(), ..Settings::default() };
        assert!(load(&nowhere, None).expect_err("no key").to_string().contains("cannot be read"));
    }

    #[test]
    fn a_key_may_be_a_variable() {
        let settings = Settings::default();
        assert!(load(&settings, Some("0f".repeat(32))).expect("a key").key().is_some());
        assert!(load(&settings, None).expect("no key is no error").key().is_none());
        for wrong in ["0f", "", &"xy".repeat(32)] {
            let error = load(&settings, Some(wrong.to_owned())).expect_err("no key");
            assert_eq!(error.key, KEY_VARIABLE);
        }
    }

    #[test]
    fn an_unknown_dialect_is_an_error_that_names_the_known_ones() {
        let settings = Settings { link: vec![link("nac")], ..Settings::default() };
        let said = load(&settings, None).expect_err("no such dialect").to_string();
        assert!(said.contains("nac-bcd") && said.contains("sensor.dialects"), "{said}");
    }

    #[test]
    fn a_dialect_of_ones_own_is_read_from_the_folder_and_a_wrong_one_is_placed() {
        let folder = tempfile::tempdir().expect("a folder");
        let text =
            "framing = { len = \"bcd2\" }\nmti = \"bcd\"\nbitmap = \"binary\"\nnumeric = \"bcd\"\n";
        std::fs::write(folder.path().join("own.toml"), text).expect("it is written");
        let dialects = folder.path().to_path_buf();
        let settings = Settings { link: vec![link("own")], dialects, ..Settings::default() };
        assert!(!load(&settings, None).expect("a link").is_empty());
        std::fs::write(folder.path().join("bad.toml"), text.replace("numeric", "numbers"))
            .expect("it is written");
        let error = load(&settings, None).expect_err("a wrong file");
        assert_eq!(error.place, Some((4, 1)), "{error}");
        assert!(error.to_string().contains("bad.toml:4:1"), "{error}");
    }
}
