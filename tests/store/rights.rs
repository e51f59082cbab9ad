//! Who may do what, with the codes that the engine refuses by.

use bartizan_tests::{PEOPLE, RunningStore, password_of};
use store::{Address, Error, Place, Role, Session, Store};

fn code(result: Result<(), Error>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(
            Error::Denied { code, .. } | Error::Refused { code, .. } | Error::Broken { code, .. },
        ) => code,
        Err(other) => panic!("{other}"),
    }
}

const DENIED: u32 = 497;
const CONSTRAINT: u32 = 469;

async fn as_role(role: Role) -> Session {
    RunningStore::shared().product(role).await
}

/// Somebody at the same place with a password of their own.
async fn somebody(user: &str, password: &str) -> Store {
    let owner = as_role(Role::Owner).await;
    let place = owner.place().clone();
    Store::connect(Address {
        place,
        user: user.into(),
        password: password.into(),
        database: "bartizan".into(),
    })
}

async fn check(store: &Store, statement: &str, expected: u32) {
    let found = code(store.execute(statement).await);
    assert_eq!(found, expected, "{} may not be told {statement}", store.user());
}

#[tokio::test]
async fn each_role_may_write_its_own_tables_and_no_others() {
    let flow = "INSERT INTO flow (tap, first_seen) VALUES ('rights', '2026-03-01 00:00:00')";
    let warning = "INSERT INTO warning (sentence) VALUES ('rights')";
    let triage = "INSERT INTO triage (subject, subject_id) VALUES ('warning', 'rights')";
    let zones = "INSERT INTO zone_of (cidr) VALUES ('192.0.2.0/32')";
    let rollup = "INSERT INTO flow_hour (flows) VALUES (1)";
    let may = [
        (Role::Sensor, [0, DENIED, DENIED, DENIED, DENIED]),
        (Role::Analyzer, [DENIED, 0, DENIED, 0, DENIED]),
        (Role::Reader, [DENIED; 5]),
        (Role::Person, [DENIED, DENIED, 0, DENIED, DENIED]),
    ];
    for (role, expected) in may {
        let store = as_role(role).await;
        for (statement, code) in [flow, warning, triage, zones, rollup].into_iter().zip(expected) {
            check(&store, statement, code).await;
        }
    }
}

#[tokio::test]
async fn a_sensor_reads_nothing_it_wrote() {
    let store = as_role(Role::Sensor).await;
    for table in ["flow", "ledger", "warning", "triage", "zone_of"] {
        check(&store, &format!("SELECT * FROM {table}"), DENIED).await;
    }
    assert_eq!(store.check_schema().await, Ok(()));
}

#[tokio::test]
async fn nobody_reaches_files_networks_or_other_users() {
    let beyond = [
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1:1', 'system.one')",
        "SYSTEM STOP LISTEN HTTP",
        "SYSTEM SHUTDOWN",
    ];
    for role in [Role::Owner, Role::Sensor, Role::Analyzer, Role::Reader, Role::Person] {
        let store = as_role(role).await;
        for statement in beyond {
            let refused = code(store.execute(statement).await);
            assert!(
                [DENIED, 164, 48].contains(&refused),
                "{} told {statement}: {refused}",
                store.user()
            );
        }
        if role != Role::Owner {
            check(&store, "SELECT * FROM system.users", DENIED).await;
            check(&store, "CREATE TABLE mine (a UInt8) ENGINE = Memory", DENIED).await;
            check(&store, "ALTER TABLE triage DELETE WHERE 1", DENIED).await;
        }
    }
}

#[tokio::test]
async fn nobody_writes_triage_in_another_s_name() {
    for (person, other) in [(PEOPLE[0], PEOPLE[1]), (PEOPLE[1], PEOPLE[0])] {
        let store = somebody(person, &password_of(person)).await;
        let insert = |actor: &str| {
            format!(
                "INSERT INTO triage (subject, subject_id, actor) VALUES ('warning', 'names', '{actor}')"
            )
        };
        check(&store, &insert(person), 0).await;
        check(&store, &insert(other), CONSTRAINT).await;
    }
}

#[tokio::test]
async fn a_stranger_cannot_make_the_store_deaf() {
    let anonymous = somebody("default", "").await;
    for _ in 0..4 {
        let refused = anonymous.execute("SYSTEM STOP LISTEN HTTP").await;
        assert!(matches!(refused, Err(Error::Denied { code: 164 | 201, .. })), "{refused:?}");
        let refused = anonymous.execute("SET readonly = 0").await;
        assert!(matches!(refused, Err(Error::Denied { code: 164 | 201, .. })), "{refused:?}");
    }
    let owner = as_role(Role::Owner).await;
    owner.probe().await.expect("it still listens");
    for wrong in ["", "wrong"] {
        let refused = somebody("owner", wrong).await.probe().await;
        assert!(matches!(refused, Err(Error::Denied { code: 516, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn no_password_is_in_a_log_or_a_definition() {
    let owner = as_role(Role::Owner).await;
    let Place::Folder(folder) = owner.place().clone() else {
        panic!("the tests run the embedded engine")
    };
    let (bytes, _) = owner
        .ask_raw(&store::Question::new("definition", "SHOW CREATE DICTIONARY zone_dict"), "TSVRaw")
        .await
        .expect("its definition");
    let log = std::fs::read_to_string(folder.path().join("store.log")).expect("a log");
    for user in ["owner", "sensor", "relay", "zones", "analyzer", "reader", "analyst"] {
        let password = folder.secret(user).expect("a password");
        assert!(!String::from_utf8_lossy(&bytes).contains(&password), "{user}");
        assert!(!log.contains(&password), "{user}");
    }
}
