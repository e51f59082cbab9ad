//! Calendars: the days on which the bank works.

use super::fields::{Fields, Placed};
use super::{id, moment};
use crate::calendar::{Calendar, WEEKDAYS};
use crate::problem::nearest;
use model::Time;
use toml_edit::Value;

const KEYS: &[&str] = &["id", "days", "holidays", "special", "why"];
const LATER: &[&str] = &["tz", "from", "to", "freeze"];

pub(super) fn calendar(fields: &Fields<'_, '_>) -> Option<Calendar> {
    fields.expect_keys(KEYS, LATER);
    let id = id(fields, "id");
    let mut days = [false; 7];
    for day in fields.texts("days") {
        if let Some(at) = WEEKDAYS.iter().position(|name| *name == day.value) {
            days[at] = true;
        } else {
            let message = format!("`days` must be one of {}", WEEKDAYS.join(", "));
            fields.error(&day.span, message, nearest(&day.value, WEEKDAYS));
        }
    }
    if fields.table.get("days").is_none() {
        days = Calendar::USUAL.days;
    }
    let (holidays, special) = (dates(fields, "holidays"), dates(fields, "special"));
    Some(Calendar { id: id?.value, days, holidays, special })
}

/// A list of days; the name of a list is noted and not read.
fn dates(fields: &Fields<'_, '_>, key: &str) -> Vec<Time> {
    if fields.table.get(key).is_none() {
        return Vec::new();
    }
    fields.elements(key).iter().filter_map(|element| date(fields, key, element)).collect()
}

fn date(fields: &Fields<'_, '_>, key: &str, element: &Placed<Value>) -> Option<Time> {
    let text = match &element.value {
        Value::Datetime(day) => day.value().to_string(),
        Value::String(text) => text.value().clone(),
        _ => String::new(),
    };
    match moment::read(&text) {
        Some((day, true)) => Some(day),
        _ if element.value.is_str() && !text.starts_with(|first: char| first.is_ascii_digit()) => {
            let message = format!("`{key}` of a {} by name is not judged yet", fields.what);
            fields.problems.borrow_mut().warning(&element.span, message);
            None
        }
        _ => {
            let message = format!("`{key}` must be a list of days, such as [2026-12-25]");
            fields.error(&element.span, message, None);
            None
        }
    }
}
