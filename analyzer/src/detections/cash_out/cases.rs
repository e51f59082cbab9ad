//! Cases of FIN-12: what must ring, what must not, and what an evader changes.

use crate::detections::{Case, CaseKind, Step};
use model::{Severity, Time};
use serde_json::{Value, json};

const POLICY: &str = r#"
zone = [
  { id = "pay-switch", cidrs = ["10.40.3.0/26"], criticality = 10 },
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
]
host = [
  { ip = "10.40.3.10", name = "sw-1", zone = "pay-switch" },
  { ip = "10.40.3.30", name = "atm-gw-1", zone = "pay-switch" },
  { ip = "10.40.2.51", name = "auth-1", zone = "core" },
]
[meta]
institution = "Example Bank"
version = 1
"#;

const GATEWAY: &str = "::ffff:10.40.3.30";
const SWITCH: &str = "::ffff:10.40.3.10";
const ISSUER: &str = "::ffff:10.40.2.51";

/// The minute that is judged: 20:50 of a day.
const FROM: Time = Time(20_000 * Time::DAY + (20 * 60 + 50) * Time::MINUTE);

/// Withdrawals of card `number` so many minutes before the judged one, in `country`.
fn draws(number: u32, minutes_before: i64, approvals: u64, country: &str) -> Value {
    let terminals: Vec<String> =
        (0..approvals).map(|at| format!("ATM{:05}", u64::from(number) * 10 + at)).collect();
    json!({
        "at": FROM.plus(-minutes_before * Time::MINUTE).0, "card": format!("{number:08x}{}", "0".repeat(24)),
        "asker": GATEWAY, "answerer": SWITCH, "zone": "pay-switch", "approvals": approvals, "by_stripe": 0,
        "countries": [country], "terminals": terminals, "flow_ids": [1_001, 1_002],
    })
}

fn population(cards: u64) -> Value {
    json!({
        "at": FROM.0, "answerer": SWITCH, "zone": "pay-switch", "cards": cards, "without_token": 0, "links": ["atm-sw"],
    })
}

/// Withdrawals abroad with cards of one issuer, in the judged minute and the nine before it, `each` a minute.
fn abroad(each: u64) -> Vec<Value> {
    let row = |minute: i64| {
        json!({
            "at": FROM.plus(-minute * Time::MINUTE).0, "link": "atm-sw", "bin": 555_555, "approvals": each,
            "answerer": SWITCH, "asker": GATEWAY, "zone": "pay-switch",
        })
    };
    (0..10).map(row).collect()
}

fn usual(hours: &[u64]) -> Value {
    json!({ "link": "atm-sw", "bin": 555_555, "hours": hours, "weeks": 4, "all": 80_000, "by_stripe": 2_400 })
}

fn case(
    name: &'static str,
    kind: CaseKind,
    cards: Vec<Value>,
    issuers: Vec<Value>,
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
        rows: vec![cards, vec![population(40)], issuers, vec![usual(&[8, 11, 9, 10])]],
        rings: rings.map(|severity| ("sw-1", severity)).into_iter().collect(),
    }
}

/// 9,000 cards with one or two withdrawals each in the hour, as on a payday.
fn payday() -> Vec<Value> {
    (0..9_000)
        .map(|card| draws(card, i64::from(card % 60), 1 + u64::from(card % 2), "CN"))
        .collect()
}

/// The same withdrawals on the issuer's leg.
fn upstream(rows: &[Value]) -> Vec<Value> {
    let forwarded = |row: &Value| {
        let mut row = row.clone();
        row["asker"] = SWITCH.into();
        row["answerer"] = ISSUER.into();
        row["zone"] = "core".into();
        row
    };
    rows.iter().map(forwarded).collect()
}

pub(super) fn all() -> Vec<Case> {
    use CaseKind::{Evasion, Negative, Positive};
    let seven = vec![draws(7, 8, 3, "CN"), draws(7, 3, 2, "CN"), draws(7, 0, 2, "MO")];
    let both_legs = [seven.clone(), upstream(&seven)].concat();
    let roaming = vec![draws(9, 50, 1, "CN"), draws(9, 10, 2, "MO"), draws(9, 0, 1, "TH")];
    let slow: Vec<Value> = (0..7).map(|at| draws(5, at * 8, 1, "CN")).collect();
    let five_each: Vec<Value> =
        (0..40).flat_map(|card| [draws(card, 7, 3, "MO"), draws(card, 0, 2, "MO")]).collect();
    vec![
        case(
            "one card, seven withdrawals in nine minutes, two countries",
            Positive,
            seven,
            vec![],
            Some(Severity::P4),
        ),
        case(
            "a withdrawal on both legs is one: the switch is named",
            Positive,
            both_legs,
            vec![],
            Some(Severity::P4),
        ),
        case("three countries within an hour", Positive, roaming, vec![], Some(Severity::P4)),
        case("9,000 cards once or twice each, as on a payday", Negative, payday(), vec![], None),
        case(
            "two countries are an ordinary day",
            Negative,
            vec![draws(9, 40, 2, "CN"), draws(9, 0, 1, "MO")],
            vec![],
            None,
        ),
        case("a few abroad, as in other weeks", Negative, vec![], abroad(1), None),
        case("seven in fifty minutes", Negative, slow, vec![], None),
        case(
            "what rang ten minutes ago and has ended",
            Negative,
            vec![draws(7, 4, 7, "CN")],
            vec![],
            None,
        ),
        case(
            "five in ten minutes on forty cards of one issuer abroad",
            Evasion,
            five_each,
            abroad(20),
            Some(Severity::P3),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detections::{Context, Detection, Judged, cash_out::CashOut};
    use policy::Policy;

    fn judged(case: &Case, memory_from: Time) -> Judged {
        let policy = Policy::read(case.policy).expect("the policy above is right");
        let context = Context { step: &case.step, policy: &policy, coverage: &[], memory_from };
        CashOut.judge(&case.rows, &context).expect("rows of this form")
    }

    #[test]
    fn without_a_token_key_withdrawals_are_unknown() {
        let mut case = case("", CaseKind::Negative, vec![], vec![], None);
        case.rows[1][0]["cards"] = 0.into();
        case.rows[1][0]["without_token"] = 12.into();
        let judged = judged(&case, Time(0));
        assert_eq!((judged.population, judged.unknown), (0, vec![("no token key".to_owned(), 12)]));
    }

    #[test]
    fn what_is_usual_abroad_is_learned_for_two_weeks_before_anything_rings() {
        let case = case("", CaseKind::Evasion, vec![], abroad(20), None);
        let day = FROM.floor(Time::DAY);
        let young = judged(&case, day.plus(-14 * Time::DAY + 1));
        assert_eq!(young.findings, []);
        assert_eq!(young.unknown, [("learning what is usual abroad".to_owned(), 1)]);
        assert_eq!(judged(&case, day.plus(-14 * Time::DAY)).findings.len(), 1);
    }

    #[test]
    fn a_share_by_stripe_three_times_the_usual_is_named() {
        let mut rows = vec![draws(7, 0, 6, "CN")];
        rows[0]["by_stripe"] = 6.into();
        let finding =
            &judged(&case("", CaseKind::Positive, rows, vec![], None), Time(0)).findings[0];
        let stripe = finding
            .contributions
            .iter()
            .find(|part| part.name.contains("stripe"))
            .expect("it is named");
        assert_eq!(stripe.value, "6 of 6, usually 2400 of 80000");
        assert_eq!(
            finding.sentence,
            "Card token 00000007 drew cash 6 times in ten minutes at 6 terminals by way of atm-gw-1 (10.40.3.30), approved \
             by sw-1 (10.40.3.10). Block these cards, and ask the issuer whether it approved them."
        );
    }
}
