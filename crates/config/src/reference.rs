//! The example file and the JSON Schema, both generated from the settings and their doc comments.

use crate::settings::Settings;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;
use toml_edit::TableLike;

/// Characters in a line of the example file at most.
const WIDTH: usize = 100;

/// JSON Schema (draft 2020-12) of `bartizan.toml`.
pub fn schema() -> Json {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Settings>().to_value()
}

/// `bartizan.toml` with every setting, its meaning and its default.
pub fn example() -> String {
    let defaults =
        toml_edit::ser::to_document(&Settings::default()).expect("settings are plain data");
    let mut text = "# Every setting with its default, made from the code: copy what you change.\n# Read from \
         /etc/bartizan/bartizan.toml, then $XDG_CONFIG_HOME/bartizan/bartizan.toml, then the profile's file;\n# each \
         setting may also be a variable, as BARTIZAN_STORE_URL. `bartizan config show --origin` says which holds.\n"
        .to_owned();
    write_table("", defaults.as_table(), &schema(), &mut text);
    text
}

fn write_table(above: &str, table: &dyn TableLike, schema: &Json, text: &mut String) {
    let of = |name: &str| &schema["properties"][name];
    let (sections, values): (Vec<_>, Vec<_>) =
        table.iter().partition(|(_, item)| item.is_table_like());
    for (name, item) in values {
        comment(of(name), text);
        text.push_str(&format!("{name} = {}\n", item.to_string().trim()));
    }
    for (name, item) in sections {
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        text.push('\n');
        comment(of(name), text);
        text.push_str(&format!("[{path}]\n"));
        if let Some(inner) = item.as_table_like() {
            write_table(&path, inner, of(name), text);
        }
    }
}

fn comment(schema: &Json, text: &mut String) {
    let mut line = "#".to_owned();
    for word in schema["description"].as_str().unwrap_or_default().split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    if line.len() > 1 {
        text.push_str(&line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sources, load_from};
    use std::path::PathBuf;

    fn root() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn holds(file: &str, made: &str) {
        let path = root().join(file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, made).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, made, "{file} is stale: run with BLESS=1");
    }

    #[test]
    fn the_example_at_the_root_is_true() {
        holds("bartizan.toml", &example());
    }

    #[test]
    fn the_schema_in_the_reference_is_true() {
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        holds("docs/reference/bartizan.schema.json", &text);
    }

    #[test]
    fn the_example_reads_as_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.toml");
        std::fs::write(&path, example()).unwrap();
        let loaded = load_from(&Sources { chosen: Some(path), ..Sources::default() }).unwrap();
        assert_eq!(loaded.settings, Settings::default());
    }

    #[test]
    fn every_setting_says_what_it_means() {
        let schema = schema();
        for (section, inner) in schema["properties"].as_object().unwrap() {
            assert!(inner["description"].is_string(), "{section}");
            for (name, value) in inner["properties"].as_object().unwrap() {
                assert!(value["description"].is_string(), "{section}.{name}");
            }
        }
    }
}
