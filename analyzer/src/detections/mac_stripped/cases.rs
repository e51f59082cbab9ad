//! Cases of FIN-11: what must ring, what must not, and what an evader changes.

use crate::detections::{Case, CaseKind, Step};
use model::{Severity, Time};
use serde_json::{Value, json};

const POLICY: &str = r#"
zone = [{ id = "pay-switch", cidrs = ["10.40.3.0/26"], criticality = 10 }]
host = [
  { ip = "10.40.3.10", name = "sw-1", zone = "pay-switch" },
  { ip = "10.40.3.30", name = "atm-gw-1", zone = "pay-switch" },
]
link = [
  { id = "bare", mac = "none" },
  { id = "visa", mac = "required" },
]
[meta]
institution = "Example Bank"
version = 1
"#;

/// The minute that is judged: 02:10 of a day.
const FROM: Time = Time(20_000 * Time::DAY + 130 * Time::MINUTE);

/// Requests on `link`: in each of the last ten minutes so many, so many with a code, so many with one of their own.
fn requests(link: &str, messages: u64, coded: u64, fresh: u64) -> Vec<Value> {
    let row = |minute: i64| {
        json!({
            "at": FROM.plus(-minute * Time::MINUTE).0, "name": link, "answerer": "::ffff:10.40.3.10",
            "asker": "::ffff:10.40.3.30", "zone": "pay-switch", "kind": "0200 requests", "messages": messages,
            "coded": coded, "fresh": fresh, "flow_ids": [1_001], "told": 0,
        })
    };
    (0..10).map(row).collect()
}

fn usual(link: &str, messages: u64, coded: u64) -> Vec<Value> {
    vec![
        json!({ "name": link, "kind": "0200 requests", "messages": messages, "coded": coded, "fresh": coded }),
    ]
}

fn case(
    name: &'static str,
    kind: CaseKind,
    minutes: Vec<Value>,
    usual: Vec<Value>,
    rings: Option<Severity>,
) -> Case {
    Case {
        name,
        kind,
        policy: POLICY,
        step: Step {
            from: FROM,
            to: FROM.plus(Time::MINUTE),
            window_from: FROM.plus(-59 * Time::MINUTE),
            without: Vec::new(),
        },
        rows: vec![minutes, usual],
        rings: rings.map(|severity| ("sw-1", severity)).into_iter().collect(),
    }
}

fn told(mut rows: Vec<Value>) -> Vec<Value> {
    for row in &mut rows {
        row["told"] = 1.into();
    }
    rows
}

pub(super) fn all() -> Vec<Case> {
    use CaseKind::{Evasion, Negative, Positive};
    let always = || usual("atm", 50_000, 50_000);
    vec![
        case(
            "three in a hundred requests lose their code",
            Positive,
            requests("atm", 100, 97, 97),
            always(),
            Some(Severity::P3),
        ),
        case(
            "a code is required and one is missing",
            Positive,
            requests("visa", 100, 99, 99),
            vec![],
            Some(Severity::P3),
        ),
        case(
            "a link declared without codes stands",
            Positive,
            requests("bare", 20, 0, 0),
            vec![],
            Some(Severity::P1),
        ),
        case(
            "a link that never had codes stands",
            Positive,
            requests("atm", 20, 0, 0),
            usual("atm", 50_000, 0),
            Some(Severity::P1),
        ),
        case(
            "what stands was told on an earlier day",
            Negative,
            told(requests("bare", 20, 0, 0)),
            vec![],
            None,
        ),
        case("all codes are there", Negative, requests("atm", 100, 100, 100), always(), None),
        case(
            "one in a hundred as in the month before",
            Negative,
            requests("atm", 100, 99, 99),
            usual("atm", 50_000, 49_500),
            None,
        ),
        case("a link that is new", Negative, requests("atm", 20, 0, 0), usual("atm", 99, 99), None),
        case(
            "a code is there and always the same",
            Evasion,
            requests("atm", 100, 100, 3),
            always(),
            Some(Severity::P3),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detections::{Context, Detection, Judged, mac_stripped::MacStripped};
    use policy::Policy;

    fn judged(case: &Case, step: &Step) -> Judged {
        let policy = Policy::read(case.policy).expect("the policy above is right");
        let context = Context { step, policy: &policy, coverage: &[], memory_from: Time(0) };
        MacStripped.judge(&case.rows, &context).expect("rows of this form")
    }

    #[test]
    fn what_stands_is_the_same_evidence_in_every_minute_of_the_day() {
        let case = case("", CaseKind::Positive, requests("bare", 20, 0, 0), vec![], None);
        let earlier = Step {
            from: FROM.plus(-3 * Time::MINUTE),
            to: FROM.plus(-2 * Time::MINUTE),
            ..case.step.clone()
        };
        let (one, other) = (judged(&case, &case.step), judged(&case, &earlier));
        assert_eq!(one.findings, other.findings);
        assert_eq!(one.findings[0].episode_start, Time(20_000 * Time::DAY));
        assert_eq!(one.findings[0].object, "bare");
    }

    #[test]
    fn a_link_without_memory_is_unknown_and_not_calm() {
        let case = case("", CaseKind::Negative, requests("atm", 20, 0, 0), vec![], None);
        let judged = judged(&case, &case.step);
        assert_eq!(
            judged.unknown,
            [("learning whether the link has authentication codes".to_owned(), 20)]
        );
    }

    #[test]
    fn the_sentence_says_how_many_of_what_on_which_link() {
        let case = case(
            "",
            CaseKind::Positive,
            requests("atm", 100, 97, 97),
            usual("atm", 50_000, 50_000),
            None,
        );
        assert_eq!(
            judged(&case, &case.step).findings[0].sentence,
            "30 of 1000 0200 requests on link atm (atm-gw-1 (10.40.3.30) to sw-1 (10.40.3.10)) lost their authentication \
             code within an hour. Find out who changed keys or programs at either end, and compare the legs of what passed \
             meanwhile."
        );
    }
}
