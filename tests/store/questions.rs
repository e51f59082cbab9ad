//! Questions: their parameters, their cost, their budgets and their end.

use bartizan_tests::RunningStore;
use model::Time;
use serde::Deserialize;
use store::{Budget, Question, Role, Value};

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Echo {
    text: String,
    texts: Vec<String>,
    number: i64,
    numbers: Vec<u64>,
    time: Time,
}

const ECHO: &str =
    "SELECT {text:String} AS text, {texts:Array(String)} AS texts, {number:Int64} AS number,
    {numbers:Array(UInt64)} AS numbers, {time:DateTime64(6)} AS time";

async fn check(text: &str) {
    let store = RunningStore::shared().open("questions", Role::Reader).await;
    let expected = Echo {
        text: text.into(),
        texts: vec![text.into(), String::new(), "b".into()],
        number: i64::MIN,
        numbers: vec![u64::MAX, 0],
        time: Time(1_772_323_200_123_456),
    };
    let question = Question::new("echo", ECHO)
        .with("text", text)
        .with("texts", expected.texts.clone())
        .with("number", expected.number)
        .with("numbers", expected.numbers.clone())
        .with("time", expected.time);
    let answer =
        store.ask::<Echo>(&question).await.unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(answer.rows, [expected]);
}

#[tokio::test]
async fn any_text_goes_through_a_parameter_unchanged() {
    let texts = [
        "",
        "plain",
        "it's",
        "\\",
        "\\'",
        "'; DROP TABLE flow; --",
        "a\tb\nc\rd",
        "back`tick",
        "{x:String}",
        "?",
        "[1,2]",
        "\\N",
        "NULL",
        "雪\u{202e}",
        "\u{1}\u{8}\u{c}",
        "\\t\\n\\0",
        "--\r\n\r\n",
        "\"quoted\"",
        " leading and trailing ",
    ];
    for text in texts {
        check(text).await;
    }
}

#[derive(Deserialize)]
struct Moment {
    time: Time,
}

#[tokio::test]
async fn every_moment_that_the_store_knows_is_told_apart() {
    let store = RunningStore::shared().open("moments", Role::Reader).await;
    for time in [Time(0), Time(-1), Time(1), Time::new(4_102_444_800, 1)] {
        let question = Question::new("time", "SELECT {time:DateTime64(6)} AS time")
            .with("time", Value::Time(time));
        assert_eq!(store.ask::<Moment>(&question).await.expect("an answer").rows[0].time, time);
    }
}

#[derive(Debug, Deserialize)]
struct Count {
    count: u64,
}

#[tokio::test]
async fn an_answer_says_what_it_cost() {
    let store = RunningStore::shared().open("cost", Role::Reader).await;
    let question =
        Question::new("cost", "SELECT count() AS count FROM numbers(1000) WHERE number % 2 = 0");
    let answer = store.ask::<Count>(&question).await.expect("an answer");
    assert_eq!(answer.rows[0].count, 500);
    assert_eq!((answer.cost.read_rows, answer.cost.read_bytes), (1000, 8000));
}

#[tokio::test]
async fn a_question_beyond_its_budget_says_which_bound_and_how_to_narrow_it() {
    let store = RunningStore::shared().open("budgets", Role::Reader).await;
    let sql = "SELECT count() AS count FROM numbers(10000000) WHERE NOT ignore(number)";
    let budgets = [
        (Budget { rows: 1000, ..Budget::default() }, "1000 rows"),
        (Budget { bytes: 1000, ..Budget::default() }, "1000 bytes"),
    ];
    for (budget, expected) in budgets {
        let error = store
            .ask::<Count>(&Question::new("too.much", sql).within(budget))
            .await
            .expect_err("too much");
        assert_eq!(error.code(), "E-STORE-007", "{error}");
        let text = error.to_string();
        assert!(
            text.contains(expected) && text.contains("too.much") && text.contains("narrower"),
            "{text}"
        );
    }
    let memory = Budget { memory: 2_000_000, ..Budget::default() };
    let sorted = "SELECT max(length(a)) AS count FROM (SELECT groupArray(number) AS a FROM numbers(3000000))";
    let error = store
        .ask::<Count>(&Question::new("memory", sorted).within(memory))
        .await
        .expect_err("too much");
    assert!(error.to_string().contains("2000000 bytes of memory"), "{error}");
    let seconds = Budget { seconds: 1, rows: u64::MAX, bytes: u64::MAX, ..Budget::default() };
    let endless = Question::new(
        "endless",
        "SELECT count() AS count FROM system.numbers WHERE NOT ignore(number)",
    );
    let store = RunningStore::shared().open("budgets", Role::Owner).await;
    let error = store.ask::<Count>(&endless.within(seconds)).await.expect_err("it never ends");
    assert!(error.to_string().contains("budget of 1 s"), "{error}");
}

#[tokio::test]
async fn a_question_may_not_change_anything() {
    let store = RunningStore::shared().open("no_change", Role::Owner).await;
    let question = Question::new("change", "DROP TABLE flow");
    let error = store.ask::<Count>(&question).await.expect_err("it is no question");
    assert_eq!(error.code(), "E-STORE-004", "{error}");
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_ends() {
    let store = RunningStore::shared().open("cancel", Role::Owner).await;
    let asker = store.store().clone();
    let name = "nobody.waits";
    let unbounded = Budget { rows: u64::MAX, bytes: u64::MAX, seconds: 600, ..Budget::default() };
    let task = tokio::spawn(async move {
        let sql = "SELECT count() AS count FROM system.numbers WHERE NOT ignore(number)";
        asker.ask::<Count>(&Question::new(name, sql).within(unbounded)).await
    });
    let running = "SELECT count() AS count FROM system.processes WHERE Settings['log_comment'] = {name:String}";
    let count = Question::new("running", running).with("name", name);
    while store.ask::<Count>(&count).await.expect("an answer").rows[0].count == 0 {
        assert!(!task.is_finished(), "it never ends by itself");
    }
    task.abort();
    while store.ask::<Count>(&count).await.expect("an answer").rows[0].count > 0 {
        tokio::task::yield_now().await;
    }
    assert!(task.await.expect_err("it was ended").is_cancelled());
}
