//! Walks the list: what holds for every detection, those that nobody has thought of yet included.

use super::{Case, CaseKind, Context, DETECTIONS, Detection, Finding, Judged, Step};
use crate::score;
use crate::warnings::{Book, Pass, Rung, Written};
use crate::window::{Seen, Span};
use model::{Coverage, Severity, Side, Time};
use policy::Policy;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn policy_of(case: &Case) -> Policy {
    Policy::read(case.policy).unwrap_or_else(|problems| panic!("{}: {problems:?}", case.name))
}

fn judged(detection: &dyn Detection, case: &Case, rows: &[Vec<Value>]) -> Judged {
    let policy = policy_of(case);
    let memory_from = case.step.from.plus(-60 * Time::DAY);
    let context = Context { step: &case.step, policy: &policy, coverage: &[], memory_from };
    let mut judged =
        detection.judge(rows, &context).unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
    judged.findings.sort_by(|a, b| {
        let key = |one: &Finding| {
            (one.subject.clone(), one.object.clone(), one.episode_start, one.severity)
        };
        key(a).cmp(&key(b))
    });
    judged
}

fn rings(finding: &Finding) -> bool {
    let sum = score::sum(&score::limited(finding.contributions.clone()));
    finding.severity > Severity::P0 && score::score(sum) >= score::RINGS_AT
}

fn holds(case: &Case, judged: &Judged) -> bool {
    let mut rung: Vec<_> = judged
        .findings
        .iter()
        .filter(|one| rings(one))
        .map(|one| (one.subject.as_str(), one.severity))
        .collect();
    let mut expected = case.rings.clone();
    rung.sort_unstable();
    expected.sort_unstable();
    rung == expected
}

fn each_case(mut check: impl FnMut(&dyn Detection, &Case)) {
    for detection in DETECTIONS {
        detection.cases().iter().for_each(|case| check(*detection, case));
    }
}

#[test]
fn every_detection_has_a_case_of_each_kind_and_every_case_holds() {
    for detection in DETECTIONS {
        let kinds: BTreeSet<_> =
            detection.cases().iter().map(|case| format!("{:?}", case.kind)).collect();
        assert_eq!(kinds.len(), 3, "{}: {kinds:?}", detection.about().id);
    }
    each_case(|detection, case| {
        let judged = judged(detection, case, &case.rows);
        assert!(
            holds(case, &judged),
            "{}: {}: {:#?}",
            detection.about().id,
            case.name,
            judged.findings
        );
        assert!(
            case.kind != CaseKind::Positive || !case.rings.is_empty(),
            "{}: nothing has to ring",
            case.name
        );
        assert!(
            case.kind != CaseKind::Negative || case.rings.is_empty(),
            "{}: something has to ring",
            case.name
        );
    });
}

#[test]
fn a_detection_that_is_always_calm_or_always_rings_fails_its_cases() {
    for detection in DETECTIONS {
        let cases = detection.cases();
        let id = detection.about().id;
        assert!(
            !cases.iter().all(|case| holds(case, &Judged::default())),
            "{id}: always calm passes"
        );
        let loudest = cases
            .iter()
            .find(|case| case.kind == CaseKind::Positive)
            .expect("there is a positive case");
        let always = judged(*detection, loudest, &loudest.rows);
        assert!(!cases.iter().all(|case| holds(case, &always)), "{id}: always ringing passes");
    }
}

#[test]
fn an_empty_table_accuses_nobody() {
    each_case(|detection, case| {
        let empty: Vec<Vec<Value>> = case.rows.iter().map(|_| Vec::new()).collect();
        assert_eq!(judged(detection, case, &empty), Judged::default(), "{}", detection.about().id);
    });
}

#[test]
fn without_coverage_nothing_is_calm() {
    let tap: Arc<str> = "c".into();
    let expected: BTreeMap<_, _> = [(tap.clone(), Time(0))].into();
    for detection in DETECTIONS {
        let about = detection.about();
        let step = Span::new(Time(about.step_us * 10), Time(about.step_us * 11));
        let covered: Vec<_> = step.minutes().map(|minute| covered(minute, &tap)).collect();
        let blind = |rows: Vec<Coverage>, without: &[String]| {
            Seen::new(rows, expected.clone(), without).blind(step, about)
        };
        assert_eq!(blind(covered.clone(), &[]), [], "{}", about.id);
        assert!(!blind(covered[1..].to_vec(), &[]).is_empty(), "{}: a minute is missing", about.id);
        assert!(
            !blind(covered.clone(), &["c".to_owned()]).is_empty(),
            "{}: the tap is left out",
            about.id
        );
        let lossy = covered
            .iter()
            .map(|row| Coverage { drop_ppm: about.max_drop_ppm + 1, ..row.clone() })
            .collect();
        assert!(!blind(lossy, &[]).is_empty(), "{}: packets are lost", about.id);
    }
}

fn covered(minute: Time, tap: &Arc<str>) -> Coverage {
    Coverage {
        minute,
        tap: tap.clone(),
        vlan: 0,
        direction: Side::Src,
        packets_per_s: 10.0,
        drop_ppm: 0,
        one_way_ppm: 0,
        clock_offset_us: 0,
        bytes_scanned: 0,
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    each_case(|detection, case| {
        let expected = judged(detection, case, &case.rows);
        let shuffled =
            case.rows.iter().map(|rows| Just(rows.clone()).prop_shuffle()).collect::<Vec<_>>();
        let mut runner =
            TestRunner::new(Config { cases: 8, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&shuffled, |rows| {
            prop_assert_eq!(&judged(detection, case, &rows), &expected);
            Ok(())
        });
        assert!(outcome.is_ok(), "{}: {}: {outcome:?}", detection.about().id, case.name);
    });
}

#[test]
fn rows_that_arrive_in_two_parts_end_as_the_same_evidence() {
    each_case(|detection, case| {
        let part: Vec<Vec<Value>> = case
            .rows
            .iter()
            .map(|rows| {
                rows.iter()
                    .enumerate()
                    .filter(|(at, _)| at % 3 != 0)
                    .map(|(_, row)| row.clone())
                    .collect()
            })
            .collect();
        let whole = judged(detection, case, &case.rows);
        let in_parts = if detection.about().monotone {
            judged(detection, case, &part)
        } else {
            Judged::default()
        };
        let once = newest(detection, case, &[(&whole, Pass::Closed)]);
        let twice = newest(detection, case, &[(&in_parts, Pass::Early), (&whole, Pass::Closed)]);
        let early_only: BTreeSet<_> = twice.keys().filter(|id| !once.contains_key(*id)).collect();
        let moved = early_only
            .iter()
            .all(|id| in_parts.findings.iter().any(|one| id.contains(&one.subject)));
        assert!(moved, "{}: {}: evidence from nowhere", detection.about().id, case.name);
        for (id, form) in &once {
            assert_eq!(twice.get(id), Some(form), "{}: {}", detection.about().id, case.name);
        }
    });
}

/// The newest form of each piece of evidence after these judgements of one step.
fn newest(
    detection: &dyn Detection,
    case: &Case,
    passes: &[(&Judged, Pass)],
) -> BTreeMap<String, String> {
    let about = detection.about();
    let precedence =
        DETECTIONS.iter().position(|one| one.about().id == about.id).expect("it is in the list");
    let (mut book, policy, mut written) = (Book::default(), policy_of(case), Written::default());
    for (judged, pass) in passes {
        for finding in &judged.findings {
            let (seen, coverage) = (case.step.to, "{}".to_owned());
            let rung = Rung { about, precedence, seen, finding: finding.clone(), coverage };
            book.take(&rung, *pass, &policy, &mut written);
        }
    }
    let key =
        |row: &model::Evidence| format!("{} {} {}", row.subject, row.object, row.episode_start);
    let form =
        |row: &model::Evidence| format!("{:?}", model::Evidence { revision: 0, ..row.clone() });
    written.evidence.iter().map(|row| (key(row), form(row))).collect()
}

#[test]
fn a_finding_can_be_stored_and_read_by_a_person() {
    each_case(|detection, case| {
        for finding in judged(detection, case, &case.rows).findings {
            let told = format!("{}: {}: {}", detection.about().id, case.name, finding.sentence);
            assert!(finding.sentence.ends_with('.') && finding.sentence.len() < 1_000, "{told}");
            assert!(
                !finding.subject.is_empty()
                    && !finding.object.is_empty()
                    && !finding.zone.is_empty(),
                "{told}"
            );
            assert!(!finding.contributions.is_empty() && !finding.numbers.is_empty(), "{told}");
            assert!(finding.flow_ids.is_sorted() && finding.flow_ids.len() <= 1_000, "{told}");
            assert_eq!(
                finding.episode_start,
                finding.episode_start.floor(detection.about().step_us),
                "{told}"
            );
            assert!(finding.episode_start < case.step.to, "{told}");
        }
    });
}

#[test]
fn every_question_binds_what_its_text_names() {
    for detection in DETECTIONS {
        let from = Time(20_000 * Time::DAY + 11 * Time::HOUR);
        let about = detection.about();
        let to = from.plus(about.step_us);
        let step =
            Step { from, to, window_from: to.plus(-about.window_us), without: vec!["d".into()] };
        for question in detection.questions(&step) {
            let named: BTreeSet<&str> = question
                .sql
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once(':').map(|(name, _)| name))
                .filter(|name| {
                    name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
                })
                .collect();
            let bound: BTreeSet<&str> =
                question.params.iter().map(|(name, _)| name.as_str()).collect();
            assert!(named.is_subset(&bound), "{}: {named:?} but only {bound:?}", question.name);
            assert!(
                named.contains("without"),
                "{}: the taps left out are read all the same",
                question.name
            );
        }
    }
}

#[test]
fn the_list_is_in_order_of_precedence() {
    let ids: Vec<_> = DETECTIONS.iter().map(|detection| detection.about().id).collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    for (at, detection) in DETECTIONS.iter().enumerate() {
        for other in detection.about().gives_way_to {
            let before = ids.iter().position(|id| id == other);
            assert!(
                before.is_some_and(|before| before < at),
                "{} gives way to {other}, which comes later",
                ids[at]
            );
        }
    }
}

#[test]
fn who_rings_passes_every_gate_and_a_silent_case_has_one_that_stops_it() {
    for detection in DETECTIONS {
        let id = detection.about().id;
        for case in detection.cases() {
            let policy = policy_of(&case);
            let memory_from = case.step.from.plus(-60 * Time::DAY);
            let context = Context { step: &case.step, policy: &policy, coverage: &[], memory_from };
            for (subject, _) in &case.rings {
                let gates = detection.gates(subject, &case.rows, &context).expect("rows of a case");
                assert!(!gates.is_empty(), "{id}: {}: {subject} has no gates", case.name);
                let stops = gates.iter().find(|gate| !gate.passes);
                assert_eq!(stops, None, "{id}: {}: {subject}", case.name);
            }
            if case.rings.is_empty() {
                let judged = judged(*detection, &case, &case.rows);
                for finding in &judged.findings {
                    let gates = detection
                        .gates(&finding.subject, &case.rows, &context)
                        .expect("rows of a case");
                    assert!(
                        gates.is_empty() || gates.iter().any(|gate| !gate.passes),
                        "{id}: {}: {} is silent and nothing stops it: {gates:#?}",
                        case.name,
                        finding.subject
                    );
                }
            }
        }
    }
}

#[test]
fn what_would_have_rung_is_tried_on_rows_that_can_be_judged() {
    each_case(|detection, case| {
        let policy = policy_of(case);
        let memory_from = case.step.from.plus(-60 * Time::DAY);
        let context = Context { step: &case.step, policy: &policy, coverage: &[], memory_from };
        for finding in judged(detection, case, &case.rows).findings {
            for tried in detection.what_if(&finding.subject, &case.rows, &context) {
                let told = format!("{}: {}: {}", detection.about().id, case.name, tried.said);
                assert_eq!(tried.rows.len(), case.rows.len(), "{told}");
                detection.judge(&tried.rows, &context).unwrap_or_else(|error| {
                    panic!("{told}: {error:#}");
                });
            }
        }
    });
}
