//! The card rail from captures to warnings: S3 in time, minute by minute as in one pass, blind without a tap, and no canary.

use analyzer::judge::Judge;
use analyzer::warnings::Pass;
use analyzer::window::Span;
use bartizan_tests::{RunningStore, fresh_folder, program};
use policy::Policy;
use serde::Deserialize;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use store::{Question, Role, Session, Store};
use stories::{Story, canaries};

/// Play ends here: the first card has drawn its six times, the second has begun.
const LAST_MINUTE: i64 = 22;

/// S3 after three days instead of thirty, as files.
struct Written {
    folder: PathBuf,
    story: Story,
    policy: Policy,
}

static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let story = Story { days_before: 3, ..*Story::named("s3").expect("S3") };
    let folder = fresh_folder("cards");
    std::fs::create_dir_all(&folder).expect("the build folder is writable");
    stories::write(&story, 1, &folder, Some(LAST_MINUTE)).expect("a story is written");
    let key = folder.join("token.key");
    std::fs::write(&key, [7; 32]).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key, mode).expect("it is ours");
    let text = std::fs::read_to_string(folder.join("policy.toml")).expect("a policy");
    Written { folder, story, policy: Policy::read(&text).expect("the bank's policy") }
});

impl Written {
    fn range(&self) -> Span {
        let minute = |minute: i64| self.story.t0().plus(minute * model::Time::MINUTE);
        Span::new(minute(self.story.first_minute), minute(LAST_MINUTE))
    }

    /// Database `name` with the rows of the days before and what the sensor makes of the captures; what it said.
    async fn opened(&self, name: &str) -> (Session, String) {
        let _owner = RunningStore::shared().open(name, Role::Owner).await;
        let session = RunningStore::shared().open(name, Role::Analyzer).await;
        analyzer::publish(&session, &self.policy).await.expect("the policy is published");
        let settings = self.settings(name);
        let history = self.folder.join("history");
        let mut said = run("bartizan-store", &[Path::new("load"), &history], &settings);
        let captures = ["tap-a.pcap", "tap-b.pcap"].map(|name| self.folder.join(name));
        said +=
            &run("bartizan-sensor", &[Path::new("replay"), &captures[0], &captures[1]], &settings);
        (session, said)
    }

    fn settings(&self, name: &str) -> PathBuf {
        let store = RunningStore::shared().settings(name);
        let links = std::fs::read_to_string(self.folder.join("sensor.toml")).expect("the links");
        let text = format!(
            "[store]\nfolder = '{}'\ndatabase = '{}'\n\n[sensor]\ntoken_key_file = '{}'\n\n{links}",
            store.folder.display(),
            store.database,
            self.folder.join("token.key").display()
        );
        let path = self.folder.join(format!("{name}.toml"));
        std::fs::write(&path, text).expect("a file");
        path
    }
}

fn run(name: &str, arguments: &[&Path], settings: &Path) -> String {
    let output = Command::new(program(name))
        .args(arguments)
        .arg("--config")
        .arg(settings)
        .output()
        .expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{name}: {said}");
    said
}

async fn bytes(store: &Store, sql: &str, format: &str) -> Vec<u8> {
    store.ask_raw(&Question::new("test.rows", sql), format).await.expect(sql).0.to_vec()
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Rang {
    detection: String,
    subject: String,
    severity: String,
    minute: i64,
}

async fn rang(store: &Store) -> Vec<Rang> {
    let sql = "SELECT detection, subject, toString(severity) AS severity,
            dateDiff('minute', {t0:DateTime64(6)}, time) AS minute
        FROM warning_now WHERE detection LIKE 'FIN%' OR severity >= 'P2' ORDER BY time, detection, subject";
    let question = Question::new("test.rang", sql).with("t0", WRITTEN.story.t0());
    store.ask::<Rang>(&question).await.expect("the view is there").rows
}

fn warning(detection: &str, subject: &str, severity: &str, minute: i64) -> Rang {
    Rang { detection: detection.into(), subject: subject.into(), severity: severity.into(), minute }
}

/// stories.md S3: FIN-09 by minute 12, FIN-12 by minute 20, FIN-11 stands, and nothing else; the first theft is in minute 10.
#[tokio::test(flavor = "multi_thread")]
async fn legs_that_disagree_ring_in_time_and_judging_again_adds_nothing() {
    let (store, said) = WRITTEN.opened("cards_whole").await;
    let judge = || analyzer::once(&store, &WRITTEN.policy, WRITTEN.range(), &[]);
    judge().await.expect("the range is judged");
    let rang = rang(&store).await;
    let stands = [warning("FIN-11", "auth-1", "P1", -9), warning("FIN-11", "sw-1", "P1", -9)];
    assert_eq!(rang[..2], stands);
    let [legs, cash] = &rang[2..] else { panic!("{rang:#?}") };
    assert_eq!(*legs, warning("FIN-09", "sw-1", "P4", 11));
    assert_eq!(*cash, warning("FIN-12", "sw-1", "P4", cash.minute));
    assert!((15..=20).contains(&cash.minute), "{cash:?}");
    assert_eq!(judge().await.expect("the range is judged again").written(), 0);
    no_canary_in(&store, &said).await;
}

#[derive(Deserialize)]
struct Table {
    name: String,
}

/// Every table in two forms, and what the programs said.
async fn no_canary_in(store: &Store, said: &str) {
    let canaries = Canaries::all();
    canaries.are_not_in("output", said.as_bytes());
    let tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'";
    let tables =
        store.ask::<Table>(&Question::new("test.tables", tables)).await.expect("tables").rows;
    assert!(tables.iter().any(|table| table.name == "iso8583"));
    for Table { name } in tables {
        for format in ["JSONEachRow", "RowBinary"] {
            let rows = bytes(store, &format!("SELECT * FROM `{name}`"), format).await;
            canaries.are_not_in(&name, &rows);
        }
    }
}

/// Bytes that may not be anywhere: account numbers in ASCII and BCD, PIN blocks in bytes and in hexadecimal.
struct Canaries {
    eight: HashSet<[u8; 8]>,
    sixteen: HashSet<[u8; 16]>,
}

impl Canaries {
    fn all() -> Self {
        let (mut eight, mut sixteen) = (HashSet::new(), HashSet::new());
        for canary in canaries() {
            let digits = canary.pan.as_bytes();
            let packed: Vec<u8> =
                digits.chunks(2).map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')).collect();
            eight.insert(packed.try_into().expect("sixteen digits"));
            eight.insert(canary.pin_block);
            let hex = canary.pin_block.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a string takes what is written");
                text
            });
            for text in [canary.pan.clone(), hex.to_uppercase(), hex] {
                sixteen.insert(text.into_bytes().try_into().expect("sixteen letters"));
            }
        }
        Self { eight, sixteen }
    }

    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        for window in bytes.windows(8) {
            let window: [u8; 8] = window.try_into().expect("eight bytes");
            assert!(!self.eight.contains(&window), "a canary in {place}: {window:02x?}");
        }
        for window in bytes.windows(16) {
            let window: [u8; 16] = window.try_into().expect("sixteen bytes");
            assert!(!self.sixteen.contains(&window), "a canary in {place}: {window:02x?}");
        }
    }
}

/// The search above finds what the captures hold.
#[test]
fn the_canaries_are_in_the_captures() {
    for tap in ["tap-a.pcap", "tap-b.pcap"] {
        let capture = std::fs::read(WRITTEN.folder.join(tap)).expect("a capture");
        let found = std::panic::catch_unwind(|| Canaries::all().are_not_in(tap, &capture));
        assert!(found.is_err(), "{tap} holds no canary");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_judged_minute_by_minute_end_as_one_pass_over_the_whole() {
    const SEEN: [&str; 3] = [
        "SELECT * EXCEPT (revision) FROM evidence_now WHERE detection LIKE 'FIN%' ORDER BY id",
        "SELECT * EXCEPT (revision) FROM warning_now WHERE detection LIKE 'FIN%' ORDER BY id",
        "SELECT * EXCEPT (written_at) FROM judged FINAL
            WHERE (subjects, rung, unknown) != (0, 0, 0) AND detection LIKE 'FIN%' ORDER BY ALL",
    ];
    let (whole, _) = WRITTEN.opened("cards_pass").await;
    analyzer::once(&whole, &WRITTEN.policy, WRITTEN.range(), &[]).await.expect("it is judged");
    let (live, _) = WRITTEN.opened("cards_live").await;
    let range = WRITTEN.range();
    let mut at_work = Judge::open(&live, &WRITTEN.policy, range.from, &[]).await.expect("a judge");
    for span in range.steps(model::Time::MINUTE) {
        at_work.span(span, Pass::Closed).await.expect("the minute is judged");
    }
    for sql in SEEN {
        let [live, whole] =
            [bytes(&live, sql, "JSONEachRow").await, bytes(&whole, sql, "JSONEachRow").await];
        let (live, whole) = (String::from_utf8_lossy(&live), String::from_utf8_lossy(&whole));
        assert!(live.lines().count() > 1, "{sql}");
        for (live, whole) in live.lines().zip(whole.lines()) {
            assert_eq!(live, whole);
        }
        assert_eq!(live.lines().count(), whole.lines().count());
    }
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Unknown {
    tap: String,
    reason: String,
}

/// stories.md, blind run: without tap b no leg of the issuer is seen, so that nothing is said about legs, and that is said.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_issuers_tap_legs_are_unknown_by_name_and_cash_out_still_rings() {
    let (store, _) = WRITTEN.opened("cards_blind").await;
    let blind = ["b".to_owned()];
    analyzer::once(&store, &WRITTEN.policy, WRITTEN.range(), &blind).await.expect("it is judged");
    let rang: Vec<_> = rang(&store).await.into_iter().map(|one| one.detection).collect();
    assert_eq!(rang, ["FIN-11", "FIN-12"]);
    let sql = "SELECT DISTINCT tap, reason FROM judged FINAL WHERE detection = 'FIN-09' AND unknown > 0 ORDER BY tap";
    let unknown =
        store.ask::<Unknown>(&Question::new("test.unknown", sql)).await.expect("rows").rows;
    let row = |tap: &str, reason: &str| Unknown { tap: tap.into(), reason: reason.into() };
    assert_eq!(unknown, [row("", "only one leg was seen"), row("b", "tap left out")]);
    let calm = "SELECT sum(subjects) AS n FROM judged FINAL WHERE detection = 'FIN-09'";
    let calm = bytes(&store, calm, "TSV").await;
    assert_eq!(String::from_utf8_lossy(&calm).trim(), "0", "calm would be a lie");
}
