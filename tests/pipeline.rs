//! The whole product on the stories: from captures to warnings, once, whatever dies on the way.

use bartizan_tests::{fresh_folder, program};
use config::settings::Store as Settings;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use store::{Folder, Question, Role, Session, Store};

/// Every table that judging writes to, and those it reads.
const TABLES: &[&str] = &[
    "flow",
    "dns",
    "tls",
    "http",
    "iso8583",
    "iso8583_bin",
    "coverage",
    "ledger",
    "zone_of",
    "verdict",
    "verdict_hour",
    "judged",
    "evidence",
    "warning",
    "triage",
    "entity",
    "admin_edge",
    "baseline",
    "incident",
    "situation",
    "forecast",
];

fn run(name: &str, arguments: &[&str], home: &Path) -> Output {
    Command::new(program(name))
        .args(arguments)
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .env("XDG_CACHE_HOME", cache())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// Where the verified engine is, whatever HOME a test sets.
fn cache() -> std::path::PathBuf {
    std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || Path::new(&std::env::var_os("HOME").expect("a home")).join(".cache"),
        std::path::PathBuf::from,
    )
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

async fn number(store: &Store, sql: &str) -> u64 {
    #[derive(serde::Deserialize)]
    struct Row {
        n: u64,
    }
    store.ask::<Row>(&Question::new("test.number", sql)).await.expect("an answer").rows[0].n
}

async fn counts(store: &Store) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for table in TABLES {
        counts.insert(*table, number(store, &format!("SELECT count() AS n FROM {table}")).await);
    }
    counts
}

async fn open(folder: &Path, database: &str) -> Session {
    let settings =
        Settings { folder: folder.to_path_buf(), database: database.into(), ..Settings::default() };
    Store::open(&settings, Role::Owner).await.expect("the store opens")
}

/// What each line of the demo's table says of a detection: outcome and minute.
fn outcomes(printed: &str) -> Vec<(String, String, Option<i64>)> {
    const OUTCOMES: &[&str] = &["found", "missed", "late", "false", "not yet judged", "tolerated"];
    printed
        .lines()
        .filter_map(|line| {
            let outcome = OUTCOMES.iter().find(|outcome| line.starts_with(**outcome))?;
            let mut words = line[outcome.len()..].split_whitespace();
            let (detection, _, _) = (words.next()?, words.next()?, words.next()?);
            Some(((*outcome).to_owned(), detection.to_owned(), words.next()?.parse().ok()))
        })
        .collect()
}

#[tokio::test]
async fn the_demo_rings_what_it_must_in_time_and_nothing_else_and_judging_again_adds_nothing() {
    let folder = fresh_folder("demo");
    let home = folder.join("home");
    std::fs::create_dir_all(&home).expect("a folder");
    let demo = folder.join("demo");
    let output = run("bartizan", &["demo", "--batch", "--folder", &demo.to_string_lossy()], &home);
    let printed = text(&output);
    assert!(output.status.success(), "{printed}");
    let found = outcomes(&printed);
    let minute = |id: &str| {
        found
            .iter()
            .find(|(outcome, detection, _)| outcome == "found" && detection == id)
            .and_then(|line| line.2)
    };
    assert!(minute("INT-01").is_some_and(|minute| minute <= 260), "{printed}");
    assert!(minute("INT-09").is_some_and(|minute| (300..=315).contains(&minute)), "{printed}");
    assert!(minute("FIN-09").is_some_and(|minute| (10..=12).contains(&minute)), "{printed}");
    assert!(minute("FIN-12").is_some_and(|minute| (10..=20).contains(&minute)), "{printed}");
    assert!(minute("FIN-01").is_some_and(|minute| (330..=332).contains(&minute)), "{printed}");
    assert!(
        found
            .iter()
            .all(|(outcome, id, _)| outcome != "false" && (outcome != "tolerated" || id == "POL"))
    );
    for line in [
        "situation swift II at",
        "situation pay-switch II at",
        "in the order INT-01 > INT-09 > FIN-01",
        "in the order FIN-09 > FIN-12",
        "no situation level was reached",
        "money leaves minute 515 · lead",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }

    for (story, from, to) in [
        ("s01", "2026-03-12T12:00:00Z", "2026-03-12T17:45:00Z"),
        ("s03", "2026-03-15T01:50:00Z", "2026-03-15T04:00:00Z"),
        ("s13", "2026-03-11T00:00:00Z", "2026-03-11T12:00:00Z"),
    ] {
        let session = open(&demo.join("store"), &format!("bartizan_{story}")).await;
        let before = counts(session.store()).await;
        assert!(before["flow"] > 100_000 && before["judged"] > 100, "{story}: {before:?}");
        let worst =
            "SELECT count() AS n FROM warning_now WHERE severity >= 'P2' AND detection != 'POL'";
        assert_eq!(
            number(session.store(), worst).await,
            match story {
                "s01" => 3,
                "s03" => 2,
                _ => 0,
            },
            "{story}"
        );
        let settings = demo.join(story).join("bartizan.toml");
        let again = ["once", "--from", from, "--to", to, "--config", &settings.to_string_lossy()];
        let output = run("bartizan-analyzer", &again, &home);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(counts(session.store()).await, before, "{story}: judged again");
    }
    let again = run("bartizan", &["demo", "--batch", "--folder", &demo.to_string_lossy()], &home);
    assert!(
        again.status.success() && text(&again).contains("as an earlier run left it"),
        "{}",
        text(&again)
    );
    let clean = run("bartizan", &["demo", "--clean", "--folder", &demo.to_string_lossy()], &home);
    assert!(clean.status.success() && !demo.exists(), "{}", text(&clean));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_killed_while_the_sensor_writes_holds_what_the_ledger_says() {
    let folder = fresh_folder("killed");
    std::fs::create_dir_all(&folder).expect("a folder");
    let story = folder.join("s13");
    let written =
        run("bartizan-stories", &["write", "s13", "--out", &story.to_string_lossy()], &folder);
    assert!(written.status.success(), "{}", text(&written));
    let session = open(&folder.join("store"), "bartizan_killed").await;
    let settings = folder.join("bartizan.toml");
    let small = format!(
        "[store]\nfolder = {:?}\ndatabase = \"bartizan_killed\"\n[sensor]\nbatch_rows = 400\n",
        folder.join("store")
    );
    std::fs::write(&settings, small).expect("a file");
    let mut captures = Vec::new();
    for tap in ["a", "c", "d", "e"] {
        captures.push(story.join(format!("tap-{tap}.pcap")).to_string_lossy().into_owned());
    }
    let mut sensor = Command::new(program("bartizan-sensor"))
        .arg("replay")
        .args(&captures)
        .arg("--config")
        .arg(&settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the sensor starts");
    let store_folder = Folder::new(&folder.join("store")).expect("a path");
    let mut kills = 0;
    for _ in 0..3 {
        let rows = number_when_up(&session, "SELECT count() AS n FROM flow").await;
        let more = wait_for_rows(&session, &mut sensor, rows + 1_000).await;
        if !more {
            break;
        }
        let process =
            std::fs::read_to_string(store_folder.lock_file()).expect("the engine's process");
        kills += u32::from(
            Command::new("kill")
                .args(["-9", process.trim()])
                .status()
                .expect("kill runs")
                .success(),
        );
    }
    let ended = sensor.wait_with_output().expect("the sensor ends");
    assert!(ended.status.success(), "{}", text(&ended));
    assert!(kills > 0, "the sensor was done before the store could be killed");
    let kept = "SELECT sum(records) AS n FROM ledger WHERE stage = 'export' AND reason = 'kept'";
    let mut stored = 0;
    for table in ["flow", "dns", "tls", "http", "iso8583", "iso8583_bin"] {
        stored += number(session.store(), &format!("SELECT count() AS n FROM {table}")).await;
    }
    let books = number(session.store(), kept).await;
    let other = "SELECT count() AS n FROM coverage";
    let coverage = number(session.store(), other).await;
    let ledger = "SELECT count() AS n FROM ledger WHERE stage != 'export'";
    let ledger_rows = number(session.store(), ledger).await;
    assert_eq!(books, stored + coverage + ledger_rows, "after {kills} kills");
    let packets = "SELECT sum(packets) AS n FROM ledger WHERE stage = 'flow' AND reason = 'kept'";
    let counted = "SELECT sum(src_packets + dst_packets) AS n FROM flow";
    assert_eq!(number(session.store(), packets).await, number(session.store(), counted).await);
    let twice = "SELECT count() - uniqExact(tap, flow_id, part) AS n FROM flow";
    assert_eq!(number(session.store(), twice).await, 0, "a slice stands twice");
}

/// Asks until the store answers: it may just have been killed.
async fn number_when_up(session: &Session, sql: &str) -> u64 {
    #[derive(serde::Deserialize)]
    struct Row {
        n: u64,
    }
    loop {
        if let Ok(answer) = session.ask::<Row>(&Question::new("test.number", sql)).await {
            return answer.rows[0].n;
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until table `flow` has `rows` rows; false if the sensor ended before.
async fn wait_for_rows(session: &Session, sensor: &mut std::process::Child, rows: u64) -> bool {
    loop {
        if number_when_up(session, "SELECT count() AS n FROM flow").await >= rows {
            return true;
        }
        if sensor.try_wait().expect("it is ours").is_some() {
            return false;
        }
    }
}
