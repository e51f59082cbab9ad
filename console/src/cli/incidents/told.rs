//! An incident in words: its stages in order, what joins its warnings, the path, what can be reached next, the index.

use super::row::{Rung, Whole, name};
use crate::triage::short;
use graph::Stage;
use model::Time;
use model::incident::{Link, Reach};

/// Everything about it.
pub(super) fn whole(whole: &Whole, now: Time) -> String {
    let incident = &whole.incident;
    let mut text = head(whole, now);
    text.push_str("\nStages\n");
    for stage in Stage::ORDERED {
        text.push_str(&stage_lines(whole, stage));
    }
    for stage in [Stage::Evasion, Stage::Availability, Stage::Any] {
        text.push_str(&stage_lines(whole, stage));
    }
    if !incident.path.is_empty() {
        text.push_str(&format!("\nPath\n  {}\n", incident.path.join(" > ")));
    }
    text.push_str("\nNext, if it goes on\n");
    if incident.next_steps.is_empty() {
        text.push_str("  nothing of criticality 9 or 10 that it does not hold was seen in reach\n");
    }
    for step in &incident.next_steps {
        text.push_str(&reach_line(step));
    }
    text.push_str(&index_line(whole));
    text.push_str(&hints(whole));
    text
}

fn head(whole: &Whole, now: Time) -> String {
    let incident = &whole.incident;
    let into = if incident.state == "merged" {
        format!(" into {}", name(&incident.merged_into))
    } else {
        String::new()
    };
    format!(
        "{}  {}  {}{into}  stage {} {}  {} warnings  since {}  {} ago\n{}\n",
        name(&incident.id),
        present::level_word(incident.level),
        incident.state,
        incident.stage,
        Stage::lettered(&incident.stage).unwrap_or_default().word(),
        incident.warnings.len(),
        incident.started,
        present::age(now.since(incident.time)),
        incident.title,
    )
}

/// The warnings of one stage; nothing if there are none.
fn stage_lines(whole: &Whole, stage: Stage) -> String {
    let of_stage: Vec<_> =
        whole.rung.iter().filter(|rung| Stage::of(&rung.detection) == stage).collect();
    let mut text = String::new();
    for (at, rung) in of_stage.iter().enumerate() {
        let title =
            if at == 0 { format!("{} {}", stage.letter(), stage.word()) } else { String::new() };
        text.push_str(&format!("  {} {}\n", present::fit(&title, 18), rung_line(rung)));
        text.push_str(&format!("  {} {}\n", present::fit("", 18), rung.sentence));
        if let Some(why) = why(whole, rung) {
            text.push_str(&format!("  {} {why}\n", present::fit("", 18)));
        }
    }
    text
}

fn rung_line(rung: &Rung) -> String {
    let object = if rung.object.is_empty() { String::new() } else { format!(" > {}", rung.object) };
    format!(
        "{}  {}  {}  {}  {}{object}  {}",
        clock(rung.episode_start),
        short(&rung.id),
        rung.detection,
        rung.level,
        rung.subject,
        rung.state,
    )
}

/// Why it belongs to another.
fn why(whole: &Whole, rung: &Rung) -> Option<String> {
    let link: &Link = whole.incident.links.iter().find(|link| link.to == rung.id)?;
    (!link.from.is_empty()).then(|| {
        format!(
            "joined to {} by {} ({:+.2})",
            short(&link.from),
            link.relation,
            f64::from(link.millinats) / 1_000.0
        )
    })
}

fn reach_line(step: &Reach) -> String {
    let by = match step.by.as_str() {
        "seen" => "was seen to pass",
        "declared" => "is declared, was not seen",
        _ => "was administered",
    };
    format!(
        "  ! {} (zone {}, criticality {})  {}  the last step {by}\n",
        step.entity,
        step.zone,
        step.criticality,
        step.path.join(" > "),
    )
}

fn index_line(whole: &Whole) -> String {
    let incident = &whole.incident;
    if incident.index_before == 0.0 && incident.index_after == 0.0 {
        return "\nIndex  not known at that time\n".into();
    }
    format!(
        "\nIndex  {:.1} before its first warning, {:.1} when it changed last\n",
        incident.index_before, incident.index_after
    )
}

fn hints(whole: &Whole) -> String {
    let path = &whole.incident.path;
    let mut text = String::from("\n");
    if let (Some(first), Some(last)) = (path.first(), path.last())
        && first != last
    {
        text.push_str(&format!("bartizan graph path {first} {last}   has the steps\n"));
    }
    if let Some(worst) = whole.rung.iter().min_by_key(|rung| (rung.level, rung.episode_start)) {
        text.push_str(&format!(
            "bartizan warnings explain {}   says why the worst rang\n",
            short(&worst.id)
        ));
    }
    text
}

/// Date and time of day to the second, UTC.
fn clock(time: Time) -> String {
    let text = time.to_string();
    text.get(5..19).map_or(text.clone(), |part| part.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::super::row::Incident;
    use super::*;
    use model::{Level, Severity};

    fn rung(id: &str, detection: &str, subject: &str, minute: i64) -> Rung {
        let episode_start = Time::new(1_773_316_800, 0).plus(minute * Time::MINUTE);
        Rung {
            id: id.repeat(4),
            time: episode_start,
            episode_start,
            detection: detection.into(),
            subject: subject.into(),
            object: "saa-1".into(),
            zone: "swift".into(),
            severity: Severity::P3,
            level: Level::II,
            score: 9_000,
            sentence: format!("{subject} did something"),
            state: "NEW".into(),
        }
    }

    fn incident() -> Whole {
        let link = |from: &str, to: &str, relation: &str, millinats| Link {
            from: from.repeat(4),
            to: to.repeat(4),
            relation: relation.into(),
            millinats,
        };
        let rungs = vec![
            rung("aaaaaaaa", "INT-01", "pc-117", 0),
            rung("bbbbbbbb", "INT-09", "pc-117", 300),
            rung("cccccccc", "FIN-01", "op-1", 330),
        ];
        let incident = Incident {
            id: "5ae10000".repeat(4),
            revision: 2,
            time: rungs[2].time,
            started: rungs[0].time,
            state: "open".into(),
            merged_into: "0".repeat(32),
            stage: "L".into(),
            title: "From pc-117 into swift: beacon, admin_chain, swift_stranger".into(),
            warnings: rungs.iter().map(|rung| rung.id.clone()).collect(),
            links: vec![
                link("", "aaaaaaaa", "", 0),
                link("aaaaaaaa", "bbbbbbbb", "same subject", 3_500),
                link("bbbbbbbb", "cccccccc", "admin edge", 2_980),
            ],
            path: ["pc-117", "op-1", "saa-1"].map(str::to_owned).to_vec(),
            next_steps: vec![Reach {
                entity: "hub-1".into(),
                zone: "core".into(),
                criticality: 10,
                path: vec!["saa-1".into(), "hub-1".into()],
                by: "seen".into(),
            }],
            severity: Severity::P4,
            level: Level::I,
            zone: "swift".into(),
            criticality: 10,
            index_before: 7.25,
            index_after: 71.5,
        };
        Whole { incident, rung: rungs }
    }

    #[test]
    fn an_incident_is_told_stage_by_stage_with_what_joins_it() {
        let text = whole(&incident(), Time::new(1_773_316_800, 0).plus(331 * Time::MINUTE));
        for told in [
            "INC-5ae10000  I red  open  stage L lateral movement  3 warnings",
            "C control",
            "joined to W-aaaaaaaa by same subject (+3.50)",
            "pc-117 > op-1 > saa-1",
            "! hub-1 (zone core, criticality 10)  saa-1 > hub-1  the last step was seen to pass",
            "Index  7.2 before its first warning, 71.5 when it changed last",
            "bartizan graph path pc-117 saa-1",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        let place = |word: &str| text.find(word).expect("it is told");
        assert!(
            place("C control") < place("L lateral movement  ") || place("INT-01") < place("INT-09")
        );
    }

    #[test]
    fn an_index_that_is_not_known_is_no_zero() {
        let mut unknown = incident();
        (unknown.incident.index_before, unknown.incident.index_after) = (0.0, 0.0);
        assert!(whole(&unknown, Time(0)).contains("Index  not known"));
    }
}
