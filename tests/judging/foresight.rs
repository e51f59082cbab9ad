//! Forecasts on the real engine: from nothing later than their moment, and with what came of them.

use super::town::{self, NOON, Town};
use super::{judge, opened};
use analyzer::evaluate::forecast::bank::{Plan, Purpose};
use analyzer::evaluate::forecast::bins;
use analyzer::forecast::past::rank;
use analyzer::window::Span;
use bartizan_tests::{RunningStore, fresh_folder, program};
use config::Settings;
use model::{Level, Time};
use std::process::Command;
use store::{Question, Store};

/// Every forecast made up to minute 60, without what came of it.
const MADE: &str = "SELECT * EXCEPT (observed, written_at) FROM forecast FINAL WHERE time <= {until:DateTime64(6)} ORDER BY ALL";

async fn made(store: &Store, until: Time) -> String {
    let question = Question::new("made", MADE).with("until", until);
    let (bytes, _) = store.ask_raw(&question, "JSONEachRow").await.expect(MADE);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_the_same_whether_or_not_the_rest_of_the_day_is_there() {
    let until = NOON.plus(60 * Time::MINUTE);
    let whole = opened("foresight_whole", &Town::whole()).await;
    let first = judge(&whole, &[]).await;
    assert!(first.foreseen > 0, "{first:?}");
    assert_eq!(judge(&whole, &[]).await.foreseen, 0, "foreseen twice adds nothing");

    let early = opened("foresight_early", &Town::nothing()).await;
    let owner = RunningStore::shared().open("foresight_early", store::Role::Owner).await;
    let part = Span::new(NOON, until);
    Town::span(part, 0).arrive(&owner).await;
    Town::span(part, 1).arrive(&owner).await;
    analyzer::once(&early, &town::policy(), part, &[]).await.expect("an hour is judged");
    let (whole, early) = (made(&whole, until).await, made(&early, until).await);
    assert!(whole.lines().count() > 10, "{whole}");
    assert_eq!(whole, early);
}

/// One generated day, judged by the real detections: what the generator strikes rises, and the bins say what came.
#[tokio::test(flavor = "multi_thread")]
async fn a_generated_day_rises_where_the_generator_strikes() {
    let folder = fresh_folder("month");
    let plan = Plan {
        purpose: Purpose::Test,
        seed: 32,
        from: "2026-04-19T00:00:00Z".parse().expect("a time"),
        days: 1,
        folder: folder.clone(),
    };
    let written = Command::new(program("bartizan-stories"))
        .args([
            "month",
            "--quiet",
            "--seed",
            "32",
            "--days",
            "1",
            "--from",
            "2026-04-19T00:00:00Z",
            "--out",
        ])
        .arg(&folder)
        .status()
        .expect("the program starts");
    assert!(written.success());
    let settings =
        Settings { store: RunningStore::shared().settings("month"), ..Settings::default() };
    let bank = plan.bank(&settings, |_| ()).await.expect("the month is judged");
    let strikes: Vec<_> =
        bank.truth.strikes.iter().filter(|strike| strike.level == Level::II).collect();
    assert!(strikes.len() >= 2, "the day of this seed has attacks: {strikes:?}");
    for strike in strikes {
        let scope = bank.scopes.iter().map(|(scope, _)| scope).find(|scope| match scope {
            analyzer::forecast::Scope::Zone(zone) => *zone == strike.scope,
            analyzer::forecast::Scope::Institution(_) => strike.scope == "institution",
        });
        let scope = scope.expect("a scope of the policy");
        let up = bank.past.standing(scope, strike.at.plus(6 * Time::MINUTE));
        assert!(rank(up.level) >= rank(Level::II), "{strike:?}: {up:?}");
    }
    let bins = bins::bins(&bank, 0);
    let came = bins.iter().filter(|bin| bin.came.contains(&Some(true))).count();
    assert!(came > 0 && came < bins.len() / 2, "{came} of {}", bins.len());
}
