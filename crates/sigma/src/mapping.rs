//! Log sources and their fields: which table they mean, and where it keeps them.
//!
//! One file of `mappings/` for each table; `every.toml` holds the fields that all of them have.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every table that rules can read, in a fixed order.
pub static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let every: Every = toml::from_str(include_str!("../mappings/every.toml"))
        .expect("mappings/every.toml is a mapping");
    SOURCES.iter().map(|(name, text)| table(name, text, &every.field)).collect()
});

const SOURCES: &[(&str, &str)] = &[
    ("flow", include_str!("../mappings/flow.toml")),
    ("dns", include_str!("../mappings/dns.toml")),
    ("tls", include_str!("../mappings/tls.toml")),
    ("http", include_str!("../mappings/http.toml")),
    ("iso8583", include_str!("../mappings/iso8583.toml")),
];

/// One table, as rules see it. It has `tap`, `flow_id`, the five values of a flow and its zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its column of packet time.
    pub time: String,
    /// The log sources that mean it.
    pub logsources: Vec<LogSource>,
    /// Its fields, by name.
    pub fields: Vec<Field>,
}

/// A log source as a mapping or a rule names it; what is empty was not named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSource {
    /// Whose records.
    pub product: String,
    /// What kind of records.
    pub category: String,
    /// Which of the product's records.
    pub service: String,
    /// A condition in SQL that holds for its rows alone; of mappings only.
    pub only: String,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Other names that are accepted.
    pub names: Vec<String>,
    /// Column or expression of SQL.
    pub column: String,
    /// What its values are.
    pub kind: Kind,
    /// The value that says that there is none, in SQL.
    pub absent: Option<String>,
    /// What it means, in a few words.
    pub about: String,
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text; empty is absent.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
    /// An address.
    Address,
    /// A list of addresses.
    Addresses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Every {
    field: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    time: String,
    logsource: Vec<LogSource>,
    field: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    names: Vec<String>,
    column: Option<String>,
    kind: Kind,
    absent: Option<String>,
    about: String,
}

fn table(name: &'static str, text: &str, every: &BTreeMap<String, Written>) -> Table {
    let File { time, logsource, field } =
        toml::from_str(text).unwrap_or_else(|error| panic!("mappings/{name}.toml: {error}"));
    let own = field.iter();
    let shared = every.iter().filter(|(name, _)| !field.contains_key(*name));
    let fields = own.chain(shared).map(|(name, written)| read(name, written, &time)).collect();
    Table { name, time, logsources: logsource, fields }
}

fn read(name: &str, written: &Written, time: &str) -> Field {
    let column = written.column.as_deref().unwrap_or(name).replace("{time}", time);
    let (names, about) = (written.names.clone(), written.about.clone());
    Field {
        name: name.to_owned(),
        names,
        column,
        kind: written.kind,
        absent: written.absent.clone(),
        about,
    }
}

impl Table {
    /// The table that a rule's log source means, and the condition that its rows meet besides.
    pub fn of(source: &LogSource) -> Option<(&'static Self, &'static LogSource)> {
        let known = |own: &str, asked: &str| own.is_empty() || own == asked;
        TABLES.iter().find_map(|table| {
            let found = table.logsources.iter().find(|own| {
                known(&own.product, &source.product)
                    && known(&own.category, &source.category)
                    && known(&own.service, &source.service)
            });
            found.map(|found| (table, found))
        })
    }

    /// The table of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The field of this name, or of this other name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name).or_else(|| {
            self.fields.iter().find(|field| field.names.iter().any(|other| other == name))
        })
    }

    /// The name of a field that is most like `name`.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let all = self.fields.iter().flat_map(|field| {
            std::iter::once(field.name.as_str()).chain(field.names.iter().map(String::as_str))
        });
        all.map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known)
    }
}

impl std::fmt::Display for LogSource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [&self.product, &self.category, &self.service];
        let named: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        out.write_str(&named.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_table_has_two_fields_of_one_name() {
        for table in TABLES.iter() {
            let mut seen = BTreeSet::new();
            for field in &table.fields {
                for name in std::iter::once(&field.name).chain(&field.names) {
                    assert!(seen.insert(name.clone()), "{}: {name} twice", table.name);
                }
            }
        }
    }

    #[test]
    fn fields_that_filters_have_too_are_the_same_column() {
        let flow = Table::named("flow").expect("it is a table");
        let mut common = 0;
        for field in &flow.fields {
            if let Some(known) = query::filter::catalogue::field(&field.name)
                && known.name == field.name
                && let [column] = known.columns("flow")
            {
                common += 1;
                let own = field.column.trim_start_matches("toString(").trim_end_matches(')');
                assert_eq!(own, *column, "{}", field.name);
            }
        }
        assert!(common > 15, "only {common} fields are in both catalogues");
    }

    #[test]
    fn a_log_source_means_one_table() {
        let of = |product: &str, category: &str, service: &str| {
            let source = LogSource {
                product: product.into(),
                category: category.into(),
                service: service.into(),
                only: String::new(),
            };
            Table::of(&source).map(|(table, _)| table.name)
        };
        assert_eq!(of("zeek", "", "dns"), Some("dns"));
        assert_eq!(of("", "dns", ""), Some("dns"));
        assert_eq!(of("bartizan", "", "flow"), Some("flow"));
        assert_eq!(of("", "webserver", ""), Some("http"));
        assert_eq!(of("windows", "process_creation", ""), None);
        assert_eq!(of("zeek", "", ""), None);
    }
}
