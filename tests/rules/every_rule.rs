//! Walks the shipped rules: each proves itself by its examples, through the question that judges it.

use bartizan_tests::RunningStore;
use sigma::rules::SHIPPED;
use sigma::{Rules, Sets, trial};
use std::collections::BTreeSet;
use store::Role;

#[test]
fn every_rule_file_is_read_and_none_is_refused() {
    let rules = Rules::shipped();
    assert!(rules.refused.is_empty(), "{:#?}", rules.refused);
    assert!(rules.known.len() >= 12, "only {} rules", rules.known.len());
    let files: BTreeSet<&str> = SHIPPED.iter().map(|(file, _)| *file).collect();
    let read: BTreeSet<&str> = rules.known.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, read);
}

#[test]
fn every_rule_says_what_it_is_and_lies_with_the_table_that_it_reads() {
    for (file, rule) in &Rules::shipped().known {
        assert!(!rule.techniques().is_empty(), "{file}: {} has no ATT&CK technique", rule.title);
        assert!(rule.description.len() > 40, "{file}: {} does not say why", rule.title);
        let rings = rule.rings_with() > model::Severity::P0;
        assert!(!rings || !rule.falsepositives.is_empty(), "{file}: {} is never wrong", rule.title);
        if let Some(rows) = rule.rows() {
            assert!(file.starts_with(&format!("rules/{}/", rows.table.name)), "{file}");
        }
    }
}

#[test]
fn no_two_rules_share_an_id() {
    let text = SHIPPED[0].1;
    let twice = Rules::read([("a.yml", text), ("b.yml", text)]);
    assert!(twice.known.iter().all(|(file, _)| file == "a.yml"));
    assert!(
        twice
            .refused
            .iter()
            .any(|(file, problem)| file == "b.yml" && problem.to_string().contains("a.yml"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_holds_and_fails_when_its_condition_is_turned_round() {
    let store = RunningStore::shared().open("every_rule", Role::Owner).await;
    let structures = trial::structures(&store).await.expect("the store has tables");
    let rules = Rules::shipped();
    let mut faults = Vec::new();
    let mut cases = 0;
    for (file, rule) in &rules.known {
        let base = rules.base(rule).expect("a shipped correlation rests on shipped rules");
        let outcome = trial::run(&store, &structures, rule, &base, &Sets::default())
            .await
            .unwrap_or_else(|error| panic!("{file}: {}: {error}", rule.title));
        cases += outcome.cases;
        faults.extend(outcome.faults.iter().map(|fault| format!("{file}:{fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(cases >= 3 * rules.known.len() - 3, "only {cases} cases");
}
