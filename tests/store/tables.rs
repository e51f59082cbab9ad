//! What programs send is what the tables hold.

use bartizan_tests::RunningStore;
use model::{Coverage, Evidence, Flow, Ledger, Record, Table, warning::Warning};
use model::{
    judged::Judged, triage::Triage, verdict::VerdictHour, verdict::VerdictRow, zone::ZoneOf,
};
use serde::Deserialize;
use store::{Question, Role, Store};

/// A column as the engine describes it.
#[derive(Debug, Deserialize)]
struct Described {
    name: String,
    r#type: String,
    default_kind: String,
}

const SENT: &[&Table] = &[
    Flow::TABLE,
    Coverage::TABLE,
    Ledger::TABLE,
    ZoneOf::TABLE,
    VerdictRow::TABLE,
    VerdictHour::TABLE,
    Judged::TABLE,
    Evidence::TABLE,
    Warning::TABLE,
    Triage::TABLE,
    model::Entity::TABLE,
    model::AdminEdge::TABLE,
    model::Baseline::TABLE,
    model::Incident::TABLE,
    model::Situation::TABLE,
    model::Forecast::TABLE,
];

async fn columns(store: &Store, table: &str) -> Vec<Described> {
    let sql = "SELECT name, type, default_kind FROM system.columns
        WHERE database = currentDatabase() AND table = {table:String} ORDER BY position";
    store.ask(&Question::new("columns", sql).with("table", table)).await.expect("columns").rows
}

/// A type without what the engine converts by itself.
fn plain(kind: &str) -> String {
    let joined =
        kind.strip_prefix("SimpleAggregateFunction(").and_then(|kind| kind.split_once(", "));
    let kind = joined.map_or(kind, |(_, kind)| kind);
    kind.replace("LowCardinality", "").replace(['(', ')', ' '], "")
}

#[tokio::test]
async fn every_column_is_sent_or_filled_by_the_store() {
    let store = RunningStore::shared().open("tables", Role::Owner).await;
    let protocols = protocols::PROTOCOLS.iter().filter_map(|protocol| protocol.table);
    for table in SENT.iter().copied().chain(protocols) {
        let described = columns(&store, table.name).await;
        assert!(!described.is_empty(), "{} has no table file", table.name);
        for sent in table.columns {
            let held = described.iter().find(|column| column.name == sent.name);
            let held = held.unwrap_or_else(|| panic!("{}.{} has no column", table.name, sent.name));
            assert_eq!(plain(&held.r#type), plain(sent.kind), "{}.{}", table.name, sent.name);
            assert_eq!(
                held.default_kind, "",
                "{}.{} is sent and has a default",
                table.name, sent.name
            );
        }
        for held in described {
            let is_sent = table.columns.iter().any(|sent| sent.name == held.name);
            assert!(
                is_sent || !held.default_kind.is_empty(),
                "nobody fills {}.{}",
                table.name,
                held.name
            );
        }
    }
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[tokio::test]
async fn every_insert_is_known_long_enough_to_be_repeated() {
    let store = RunningStore::shared().open("windows", Role::Owner).await;
    let sql = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
        AND name != 'schema_version' AND engine_full NOT LIKE '%non_replicated_deduplication_window = 100000%'";
    let without = store.ask::<Named>(&Question::new("windows", sql)).await.expect("tables").rows;
    let names: Vec<_> = without.into_iter().map(|row| row.name).collect();
    assert!(names.is_empty(), "a repeated insert would count twice in {names:?}");
}

#[tokio::test]
async fn a_migration_may_run_any_number_of_times() {
    let store = RunningStore::shared().open("again", Role::Owner).await;
    for file in store::schema::in_order() {
        for statement in store::schema::statements(file.text) {
            let statement = statement.replace("{database}", store.database());
            store
                .execute(&statement)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", file.name));
        }
    }
    assert_eq!(
        store::migrate(&store, &store::schema::Layout::SingleNode).await.expect("again").files,
        [""; 0]
    );
    assert_eq!(store.check_schema().await, Ok(()));
}

#[tokio::test]
async fn an_empty_database_is_called_old() {
    let settings = RunningStore::shared().settings("nothing_in_it");
    let store = Store::find(&settings, Role::Owner).await.expect("the engine answers");
    let error = store.check_schema().await.expect_err("nothing was migrated");
    assert_eq!(error.code(), "E-STORE-005", "{error}");
    assert!(error.to_string().contains("bartizan-store migrate"), "{error}");
}
