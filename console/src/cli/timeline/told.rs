//! A timeline in words, and as the events that it consists of.

use super::{Change, Event, Rang, Story};
use crate::theme::Theme;
use crate::triage::{incident_name, short};
use crate::views::warnings::brief;
use crate::widgets::chart::spark;
use model::Time;

/// Everything that happened, in its order: warnings and changes of level, the index each five minutes, money.
pub(super) fn events(story: &Story) -> Vec<Event> {
    let mut events: Vec<Event> = story.warnings.iter().map(warning).collect();
    events.extend(story.changes.iter().map(change));
    events.extend(story.course.iter().map(|moment| Event {
        time: moment.time,
        kind: "index",
        who: String::new(),
        what: format!("{:.0}", moment.index),
        level: String::new(),
        index: Some(moment.index),
    }));
    events.extend(story.money.iter().map(|money| Event {
        time: money.time,
        kind: "money",
        who: money.detection.clone(),
        what: format!("the first of {} approvals of cash that it accuses", money.rows),
        level: String::new(),
        index: None,
    }));
    events.sort_by_key(|event| event.time);
    events
}

fn warning(rang: &Rang) -> Event {
    let score = f64::from(rang.score) / 10_000.0;
    Event {
        time: rang.time,
        kind: "warning",
        who: rang.subject.clone(),
        what: format!("{} {score:.2} {}: {}", short(&rang.id), rang.detection, first(rang)),
        level: rang.level.to_string(),
        index: None,
    }
}

/// The first sentence of what it says, without its subject: what to do about it stands in the warning.
fn first(rang: &Rang) -> String {
    let what = brief(&rang.subject, &rang.sentence);
    what.split_once(". ").map_or(what.clone(), |(first, _)| first.to_owned())
}

fn change(change: &Change) -> Event {
    let Change { was, level, before, index, .. } = change;
    Event {
        time: change.time,
        kind: "level",
        who: change.name.clone(),
        what: format!("{was} -> {level} (index {before:.0} -> {index:.0})"),
        level: level.clone(),
        index: Some(*index),
    }
}

/// Head, events, index, money clock.
pub(super) fn told(story: &Story) -> String {
    let incident = &story.incident;
    let mut text = format!(
        "{}  {}  {}  since {}\n{}\n",
        incident_name(&incident.id),
        present::level_word(incident.level),
        incident.state,
        incident.started,
        incident.title,
    );
    if !incident.path.is_empty() {
        text.push_str(&format!("path  {}\n", incident.path.join(" > ")));
    }
    text.push('\n');
    for event in events(story).iter().filter(|event| event.kind != "index") {
        let line = format!(
            "{}  {}  {}  {}  {}",
            clock(event.time),
            present::fit(event.kind, 7),
            present::fit(&event.level, 4),
            present::fit(&event.who, 16),
            event.what,
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&index(story));
    text.push_str(&money(story));
    text
}

/// The index each five minutes: as a line of dots, and its first, highest and last value.
fn index(story: &Story) -> String {
    let course = &story.course;
    let highest = course.iter().copied().reduce(|a, b| if b.index > a.index { b } else { a });
    let (Some(first), Some(last), Some(highest)) = (course.first(), course.last(), highest) else {
        return "\nindex        none is stored around it: bartizan analyze once writes it as it judges\n"
            .into();
    };
    let values: Vec<_> = course.iter().map(|moment| moment.index).collect();
    format!(
        "\nindex        {}  each 5 min\n             {:.0} at {}, highest {:.0} at {}, {:.0} at {}\n",
        spark(&values, highest.index, Theme::Mono).text,
        first.index,
        clock(first.time),
        highest.index,
        clock(highest.time),
        last.index,
        clock(last.time),
    )
}

/// When it was first warned, when money left, and what lies between.
fn money(story: &Story) -> String {
    let first = story.warnings.iter().min_by_key(|warning| warning.time);
    let warned = first.map_or_else(
        || "no warning".to_owned(),
        |warning| format!("first warning {} ({})", clock(warning.time), warning.detection),
    );
    let left = match (&story.money, first) {
        (None, _) => "nothing left".to_owned(),
        (Some(money), None) => format!("money left {}", clock(money.time)),
        (Some(money), Some(first)) => {
            let lead = money.time.since(first.time);
            let sign = if lead < 0 { "-" } else { "" };
            format!("money left {} · lead {sign}{}", clock(money.time), present::lasted(lead.abs()))
        }
    };
    format!("money clock  {warned} · {left}\n")
}

/// Date and time of day to the second, UTC.
fn clock(time: Time) -> String {
    time.to_string().get(..19).unwrap_or_default().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::super::{Incident, Moment, Money};
    use super::*;
    use model::Level;

    /// 2026-03-12T14:00:00Z.
    const NOON: Time = Time::new(1_773_324_000, 0);

    fn story(money: Option<i64>) -> Story {
        let at = |minute: i64| NOON.plus(minute * Time::MINUTE);
        let rang = |minute: i64, detection: &str| Rang {
            id: "1f00aa21000000000000000000000001".into(),
            time: at(minute),
            detection: detection.into(),
            subject: "pc-117".into(),
            level: Level::II,
            score: 9_400,
            sentence: "pc-117 calls".into(),
            evidence_ids: Vec::new(),
        };
        Story {
            incident: Incident {
                id: "5ae10000000000000000000000000001".into(),
                state: "open".into(),
                merged_into: String::new(),
                title: "from pc-117 to saa-1".into(),
                warnings: Vec::new(),
                path: vec!["pc-117".into(), "saa-1".into()],
                started: at(0),
                time: at(9),
                level: Level::II,
            },
            warnings: vec![rang(5, "INT-01"), rang(9, "FIN-09")],
            changes: vec![Change {
                time: at(6),
                name: "swift".into(),
                was: "IV".into(),
                level: "II".into(),
                before: 38.0,
                index: 75.2,
            }],
            course: vec![Moment { time: at(5), index: 4.0 }, Moment { time: at(10), index: 75.2 }],
            money: money.map(|minute| Money {
                time: at(minute),
                detection: "FIN-09".into(),
                rows: 72,
            }),
        }
    }

    #[test]
    fn what_happened_stands_in_its_order() {
        let kinds: Vec<_> = events(&story(Some(8))).iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["warning", "index", "level", "money", "warning", "index"]);
        let text = told(&story(None));
        assert!(text.contains("INC-5ae10000  II orange  open"), "{text}");
        assert!(text.contains("IV -> II (index 38 -> 75)"), "{text}");
        assert!(text.contains("highest 75 at 2026-03-12 14:10:00"), "{text}");
    }

    #[test]
    fn the_money_clock_counts_from_the_first_warning_and_tells_a_lead_that_was_none() {
        let line = |money| told(&story(money)).lines().last().unwrap_or_default().to_owned();
        assert!(line(Some(8)).ends_with("money left 2026-03-12 14:08:00 · lead 3m00s"));
        assert!(line(Some(3)).ends_with("money left 2026-03-12 14:03:00 · lead -2m00s"));
        assert!(line(None).ends_with("first warning 2026-03-12 14:05:00 (INT-01) · nothing left"));
    }
}
