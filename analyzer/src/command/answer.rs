//! The verbs that only tell: status and explain.

use super::Exit;
use crate::arguments::Format;
use crate::detections::{DETECTIONS, rules};
use crate::judge::watermark;
use query::named;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write as _;
use store::{Question, Store};

#[derive(Debug, Serialize, Deserialize)]
struct Judged {
    detection: String,
    minute: model::Time,
}

/// How far rows have arrived, and how far they were judged.
pub(super) async fn status(store: &Store, format: Format) -> anyhow::Result<Exit> {
    let mark = watermark(store).await?;
    let judged = named(include_str!("../run.sql"), "run.judged");
    let judged = store.ask::<Judged>(&Question::new(judged.name, judged.sql)).await?.rows;
    let mut out = std::io::stdout();
    if format.is_json() {
        let taps: serde_json::Map<_, _> =
            mark.taps.iter().map(|(tap, at)| (tap.to_string(), json!(at))).collect();
        let silent: Vec<&str> = mark.silent.iter().map(AsRef::as_ref).collect();
        writeln!(
            out,
            "{}",
            json!({"watermark": mark.at, "taps": taps, "silent": silent, "judged": judged})
        )?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    let at = mark
        .at
        .map_or_else(|| "none: no tap has covered a minute yet".to_owned(), |at| at.to_string());
    writeln!(text, "watermark   {at}")?;
    for (tap, end) in &mark.taps {
        let said =
            if mark.silent.contains(tap) { "  silent: what depends on it is unknown" } else { "" };
        writeln!(text, "tap {tap:<8}{end}{said}")?;
    }
    for Judged { detection, minute } in &judged {
        writeln!(text, "{detection:<12}judged {minute}")?;
    }
    write!(out, "{text}")?;
    Ok(Exit::Done)
}

/// What can be detected.
pub(super) fn detections(format: Format) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout();
    for detection in DETECTIONS {
        let about = detection.about();
        if format.is_json() {
            let row = json!({
                "id": about.id, "name": about.name, "severity": about.severity, "attack": about.attack, "finds": about.finds,
                "step_s": about.step_us / model::Time::SECOND, "window_s": about.window_us / model::Time::SECOND,
                "gives_way_to": about.gives_way_to, "version": about.version,
            });
            writeln!(out, "{row}")?;
        } else {
            writeln!(out, "{:<12}{}  {:<18}{}", about.id, about.severity, about.name, about.finds)?;
        }
    }
    for rule in rules::all().enabled() {
        let (id, severity) = (rule.detection(), rule.rings_with());
        if format.is_json() {
            let row = json!({
                "id": id, "name": rule.slug(), "severity": severity, "attack": rule.techniques(), "finds": rule.title,
            });
            writeln!(out, "{row}")?;
        } else {
            writeln!(out, "{id:<12}{severity}  {:<18}{}", "rule", rule.title)?;
        }
    }
    Ok(Exit::Done)
}
