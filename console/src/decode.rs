//! The decode boundary: rows become types of ours, and every text in them becomes safe to print.

use crate::failure::Failure;
use present::safe;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;
use std::net::IpAddr;

/// `value` with every text in it made safe.
pub fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(safe(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(clean).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (safe(&name), clean(value))).collect(),
        ),
        other => other,
    }
}

/// The rows of an answer as `T`.
///
/// # Errors
/// If a row is not of that form.
pub fn rows<T: DeserializeOwned>(what: &str, rows: Vec<Value>) -> Result<Vec<T>, Failure> {
    rows.into_iter()
        .map(|row| serde_json::from_value(row).map_err(|error| Failure::shape(what, &error)))
        .collect()
}

/// JSON that the store keeps as text, read and made safe. For `deserialize_with`.
///
/// # Errors
/// If the text is not JSON of that form.
pub fn inner<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    input: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(T::default());
    }
    let value = serde_json::from_str(&text).map_err(D::Error::custom)?;
    serde_json::from_value(clean(value)).map_err(D::Error::custom)
}

/// An address as people write it: IPv4 where it was mapped. For `deserialize_with`.
///
/// # Errors
/// If the text is not an address.
pub fn address<'de, D: Deserializer<'de>>(input: D) -> Result<IpAddr, D::Error> {
    let address: IpAddr = String::deserialize(input)?.parse().map_err(D::Error::custom)?;
    Ok(model::address::plain(model::mapped(address)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Row {
        #[serde(deserialize_with = "inner")]
        parts: Vec<String>,
        #[serde(deserialize_with = "address")]
        ip: IpAddr,
    }

    #[test]
    fn an_escape_inside_json_inside_text_does_not_survive() {
        let row = clean(json!({ "parts": "[\"a\\u001b[31mb\"]", "ip": "::ffff:10.0.0.7" }));
        let row: Vec<Row> = rows("a test", vec![row]).expect("a row");
        assert!(!row[0].parts[0].contains('\u{1b}'));
        assert_eq!(row[0].ip.to_string(), "10.0.0.7");
    }

    #[test]
    fn a_strange_row_is_a_failure_and_no_panic() {
        let failure = rows::<Row>("a test", vec![json!({ "parts": 3 })]).map(|rows| rows.len());
        assert_eq!(failure.expect_err("no such row").code, "E-CONSOLE-001");
    }
}
