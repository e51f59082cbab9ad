//! Cases of FIN-09: what must ring, what must not, and what an evader changes.

use crate::detections::{Case, CaseKind, Step};
use model::id::flow_id;
use model::{Endpoints, Severity, Time, mapped};
use serde_json::{Value, json};

const POLICY: &str = r#"
zone = [
  { id = "pay-switch", cidrs = ["10.40.3.0/26"], criticality = 10 },
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
]
host = [
  { ip = "10.40.3.10", name = "sw-1", zone = "pay-switch" },
  { ip = "10.40.2.51", name = "auth-1", zone = "core" },
]
link = [{ id = "sw-auth", to = "host:auth-1", codes = { "68" = "91" } }]
[meta]
institution = "Example Bank"
version = 1
"#;

/// The minute that is judged: 02:10 of a day.
const FROM: Time = Time(20_000 * Time::DAY + 130 * Time::MINUTE);

const SWITCH: &str = "::ffff:10.40.3.10";

/// Two legs: what the issuer said, and what the switch passed on.
#[derive(Clone, Copy)]
struct Legs {
    upstream: &'static str,
    downstream: &'static str,
    other_amount: bool,
    other_balance: bool,
    stand_in: bool,
}

const fn legs(upstream: &'static str, downstream: &'static str) -> Legs {
    Legs { upstream, downstream, other_amount: false, other_balance: false, stand_in: false }
}

impl Legs {
    fn row(self, at: i64) -> Value {
        let time = FROM.plus(7 * Time::SECOND + at);
        let ip = |text: &str| mapped(text.parse().expect("an address"));
        let ends = |src: &str, dst: &str, dst_port| Endpoints {
            src_ip: ip(src),
            dst_ip: ip(dst),
            src_port: 50_000,
            dst_port,
            ip_protocol: 6,
        };
        let down = flow_id("a", Time(0), &ends("10.40.3.30", "10.40.3.10", 8_583));
        let up = flow_id("b", Time(0), &ends("10.40.3.10", "10.40.2.51", 8_600));
        json!({
            "at": FROM.0, "time": time.0, "switch": SWITCH, "asker": "::ffff:10.40.3.30",
            "issuer": "::ffff:10.40.2.51", "zone": "pay-switch", "upstream": self.upstream, "downstream": self.downstream,
            "other_amount": u8::from(self.other_amount), "other_balance": u8::from(self.other_balance),
            "failed_cardholder": 0, "stand_in": u8::from(self.stand_in), "de22": "901", "de41": "ATM00407",
            "card": format!("3fa9c2d1{at:024x}"), "down_link": "atm-sw", "up_link": "sw-auth", "flow_ids": [down, up],
        })
    }
}

fn habit(upstream: &str, downstream: &str, pairs: u64, days: u64) -> Value {
    json!({
        "switch": SWITCH, "upstream": upstream, "downstream": downstream, "other_amount": 0, "other_balance": 0,
        "failed_cardholder": 0, "pairs": pairs, "days": days,
    })
}

fn minute(joined: u64, without_key: u64, alone: u64) -> Value {
    json!({
        "at": FROM.0, "answerer": SWITCH, "zone": "pay-switch", "joined": joined, "without_key": without_key,
        "alone": alone,
    })
}

fn case(
    name: &'static str,
    kind: CaseKind,
    all: &[Legs],
    habits: Vec<Value>,
    rings: Option<Severity>,
) -> Case {
    let mut habits = habits;
    habits.push(habit("00", "00", 40_000, 30));
    let pairs = all.iter().zip(0..).map(|(legs, at)| legs.row(at)).collect();
    Case {
        name,
        kind,
        policy: POLICY,
        step: Step {
            from: FROM,
            to: FROM.plus(Time::MINUTE),
            window_from: FROM.plus(-2 * Time::MINUTE),
            without: Vec::new(),
        },
        rows: vec![pairs, vec![minute(20, 0, 0)], habits],
        rings: rings.map(|severity| ("sw-1", severity)).into_iter().collect(),
    }
}

pub(super) fn all() -> Vec<Case> {
    use CaseKind::{Evasion, Negative, Positive};
    let theft = Legs { other_balance: true, ..legs("51", "00") };
    let mut cases = vec![
        case(
            "the issuer says 51, the switch says 00",
            Positive,
            &[theft],
            vec![],
            Some(Severity::P4),
        ),
        case("a mapping that the policy's link names", Negative, &[legs("68", "91")], vec![], None),
        case(
            "a mapping that the switch has made for weeks",
            Negative,
            &[legs("54", "14")],
            vec![habit("54", "14", 20, 3)],
            None,
        ),
        case(
            "a mapping seen on two days only",
            Positive,
            &[legs("54", "14")],
            vec![habit("54", "14", 500, 2)],
            Some(Severity::P1),
        ),
        case(
            "another stands in for an issuer that cannot be reached",
            Negative,
            &[Legs { stand_in: true, ..legs("91", "00") }],
            vec![],
            None,
        ),
        case(
            "marked as stood in for, although the issuer declined",
            Evasion,
            &[Legs { stand_in: true, ..theft }],
            vec![],
            Some(Severity::P4),
        ),
        case(
            "both approve, for another amount",
            Evasion,
            &[Legs { other_amount: true, ..legs("00", "00") }],
            vec![],
            Some(Severity::P3),
        ),
        case(
            "taught for a week before",
            Evasion,
            &[theft, legs("61", "00")],
            vec![habit("51", "00", 700, 7)],
            Some(Severity::P4),
        ),
        case(
            "with the code of a partial approval",
            Evasion,
            &[legs("05", "10")],
            vec![],
            Some(Severity::P4),
        ),
    ];
    let mut dropped =
        case("the switch answers by itself and asks nobody: a gap", Evasion, &[], vec![], None);
    dropped.rows[1] = vec![minute(0, 0, 3)];
    cases.push(dropped);
    cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detections::{Context, Detection, Judged, leg_divergence::LegDivergence};
    use policy::Policy;

    fn judged(case: &Case) -> Judged {
        let policy = Policy::read(case.policy).expect("the policy above is right");
        let context =
            Context { step: &case.step, policy: &policy, coverage: &[], memory_from: Time(0) };
        LegDivergence.judge(&case.rows, &context).expect("rows of this form")
    }

    #[test]
    fn what_has_one_leg_or_no_key_or_no_answer_is_unknown_and_not_calm() {
        let mut case = case("", CaseKind::Negative, &[legs("", "00")], vec![], None);
        case.rows[1] = vec![minute(5, 2, 3)];
        let judged = judged(&case);
        let reason = |text: &str, count| (text.to_owned(), count);
        assert_eq!(judged.findings, []);
        assert_eq!(judged.population, 5);
        assert_eq!(
            judged.unknown,
            [
                reason("no token key: legs cannot be put together", 2),
                reason("only one leg was seen", 3),
                reason("the issuer's answer was not seen", 1),
            ]
        );
    }

    #[test]
    fn the_sentence_says_who_approved_what_and_where() {
        let theft = Legs { other_balance: true, ..legs("51", "00") };
        let finding = &judged(&case("", CaseKind::Positive, &[theft], vec![], None)).findings[0];
        assert_eq!(
            finding.sentence,
            "sw-1 (10.40.3.10) approved a withdrawal that auth-1 (10.40.2.51) had declined (51 became 00), with another \
             balance than the issuer's: terminal ATM00407, card token 3fa9c2d1. Stop approvals at sw-1 and compare its \
             programs with the vendor's; block the cards at the issuer."
        );
        let names: Vec<_> = finding.contributions.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "declined by the issuer and approved by the switch",
                "never seen before",
                "another balance than the issuer's",
                "by magnetic stripe"
            ]
        );
    }
}
