//! What people do to warnings, on the real engine: one appended row for each act, first come first served, undone by a row.

use bartizan_tests::{PEOPLE, RunningStore, password_of};
use console::effects::{Opener, triage};
use console::event::Receipt;
use console::forecast;
use console::narrow::Narrow;
use console::triage::{Acted, Order, acts};
use console::views::warnings::{Part, Row, list};
use console::views::{Asked, Subject, VIEWS};
use model::batch::Block;
use model::id::HashId;
use model::triage::{Action, Disposition};
use model::{Level, Record, Severity, Time, warning::Warning};
use query::Scope;
use store::{Address, Prepared, Role, Session, Store, Token};

/// `date -u -d 2026-03-12T17:45 +%s`.
const NOW: Time = Time::new(1_773_337_500, 0);

/// A database with one warning of level II, and somebody who looks at it.
struct Desk {
    owner: Session,
}

impl Desk {
    async fn open(database: &str) -> Self {
        let owner = RunningStore::shared().open(database, Role::Owner).await;
        let desk = Self { owner };
        desk.rings(0, Level::II).await;
        desk
    }

    /// The warning as its `revision` has it.
    async fn rings(&self, revision: u32, level: Level) {
        let warning = Warning {
            id: HashId::of(&[b"a warning"]),
            revision,
            alias_of: HashId([0; 16]),
            time: NOW.plus(-Time::HOUR),
            episode_start: NOW.plus(-2 * Time::HOUR),
            detection: "INT-01".into(),
            subject: "pc-117".into(),
            object: "203.0.113.40:443".into(),
            zone: "office".into(),
            business: Vec::new(),
            severity: Severity::P3,
            level,
            score: 9_400,
            contributions: "[]".into(),
            sentence: "pc-117 calls".into(),
            attack: Vec::new(),
            evidence_ids: Vec::new(),
            incident: HashId([0; 16]),
        };
        let mut block = Block::new(Warning::TABLE);
        warning.encode(&mut block);
        let token = Token::of_content("warning", &block.to_native());
        let sent = self.owner.store().insert(&Prepared::from_block(&block, token)).await;
        sent.expect("the row is taken");
    }

    /// The store as `person` sees it.
    fn seen_by(&self, person: &str) -> Opener {
        let owner = self.owner.store();
        Opener::over(Store::connect(Address {
            place: owner.place().clone(),
            user: person.into(),
            password: password_of(person),
            database: owner.database().into(),
        }))
    }

    /// The warning as the queue has it at `now`; none if it is closed.
    async fn row(&self, opener: &Opener, now: Time) -> Option<Row> {
        let scope = Scope { from: NOW.plus(-Time::DAY), to: NOW, without: Vec::new() };
        let asked = Asked { scope, narrow: Narrow::default() };
        let part = Part { closed: false, id: "", limit: 10, now };
        let answer = opener.ask(&list(&asked, part)).await.expect("an answer");
        let mut rows: Vec<Row> = console::decode::rows("list", answer.rows).expect("rows");
        assert!(rows.len() <= 1);
        rows.pop()
    }

    async fn subject(&self, opener: &Opener) -> Subject {
        self.row(opener, NOW).await.expect("it is open").subject()
    }
}

async fn act(opener: &Opener, subject: &Subject, order: &Order) -> Receipt {
    let (rows, refused) = acts(std::slice::from_ref(subject), order, NOW, "test");
    assert_eq!(refused, Vec::<String>::new());
    triage::write(opener, rows).await.expect("it is written")
}

#[tokio::test]
async fn of_two_who_act_at_once_the_first_counts_and_the_other_is_told_who_it_was() {
    let desk = Desk::open("triage_first").await;
    let [alice, bob] = PEOPLE.map(|person| desk.seen_by(person));
    let before = desk.subject(&alice).await;
    let close = Order { disposition: Some(Disposition::Benign), ..Order::of(Action::Close) };
    let receipt = act(&alice, &before, &close).await;
    assert_eq!((receipt.done.len(), receipt.lost.len()), (1, 0));
    let receipt = act(&bob, &before, &Order::of(Action::Ack)).await;
    assert!(receipt.done.is_empty());
    let lost = &receipt.lost[0];
    assert_eq!((lost.actor.as_str(), lost.action.as_str(), lost.seq), ("alice", "close", 1));
    assert_eq!(desk.row(&bob, NOW).await, None, "it is closed");
}

#[tokio::test]
async fn only_who_did_it_undoes_it_and_state_and_owner_come_back() {
    let desk = Desk::open("triage_undo").await;
    let [alice, bob] = PEOPLE.map(|person| desk.seen_by(person));
    act(&alice, &desk.subject(&alice).await, &Order::of(Action::Ack)).await;
    let owned = desk.subject(&alice).await;
    assert_eq!((owned.state.as_str(), owned.owner.as_str(), owned.seq), ("ACK", "alice", 1));
    let up = Order { to: "bob".into(), reason: "swift".into(), ..Order::of(Action::Escalate) };
    act(&alice, &owned, &up).await;
    let escalated = desk.subject(&bob).await;
    assert_eq!((escalated.state.as_str(), escalated.owner.as_str()), ("ESC", "bob"));

    let of_bob = triage::last(&bob, &escalated).await.expect("an answer");
    assert_eq!(of_bob, Err("alice acted on it last".into()));
    let mine: Acted = triage::last(&alice, &escalated).await.expect("an answer").expect("hers");
    let (_, rows) = mine.undone(NOW, "test").expect("in time");
    triage::write(&alice, rows).await.expect("it is written");
    let back = desk.subject(&bob).await;
    assert_eq!((back.state.as_str(), back.owner.as_str(), back.seq), ("ACK", "alice", 3));
}

#[tokio::test]
async fn what_is_shelved_comes_back_at_its_end_or_when_it_gets_worse() {
    let desk = Desk::open("triage_shelve").await;
    let alice = desk.seen_by(PEOPLE[0]);
    act(&alice, &desk.subject(&alice).await, &Order::of(Action::Ack)).await;
    let end = NOW.plus(4 * Time::HOUR);
    let shelve =
        Order { until: Some(end), reason: "patch night".into(), ..Order::of(Action::Shelve) };
    act(&alice, &desk.subject(&alice).await, &shelve).await;
    let note = Order { note: "still waiting".into(), ..Order::of(Action::Note) };
    act(&alice, &desk.subject(&alice).await, &note).await;
    let state = |row: Option<Row>| row.map(|row| (row.state, row.until)).expect("it is open");
    assert_eq!(state(desk.row(&alice, end.plus(-1)).await), ("SHV".into(), Some(end)));
    assert_eq!(state(desk.row(&alice, end).await), ("ACK".into(), None));
    desk.rings(1, Level::III).await;
    assert_eq!(state(desk.row(&alice, NOW).await).0, "SHV", "milder is no reason");
    desk.rings(2, Level::I).await;
    assert_eq!(state(desk.row(&alice, NOW).await), ("ACK".into(), None));
}

#[tokio::test]
async fn every_question_of_every_view_is_understood_by_the_engine() {
    let desk = Desk::open("triage_questions").await;
    let alice = desk.seen_by(PEOPLE[0]);
    let scope = Scope { from: NOW.plus(-Time::DAY), to: NOW, without: vec!["tap".into()] };
    let asked = Asked { scope: scope.clone(), narrow: Narrow::default() };
    let mut questions = vec![forecast::newest(&scope, ""), forecast::newest(&scope, "swift")];
    for view in VIEWS {
        questions.extend(view.open().asks(&asked).into_iter().map(|ask| ask.question));
    }
    for question in questions {
        let answer = alice.ask(&question).await;
        assert!(answer.is_ok(), "{}: {answer:?}", question.name);
    }
}
