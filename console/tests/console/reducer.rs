//! The reducer: keys and answers in, places and effects out.

use crate::fixture::{Console, IDS, NOW, Says, away, rows, setup};
use bartizan::event::{Answer, Effect, Event, Lost, Receipt};
use bartizan::keymap::typed;
use bartizan::state::Overlay;
use bartizan::update::{reconcile, update};
use model::Time;
use model::triage::{Action, Triage};
use proptest::prelude::*;

fn warnings() -> Console {
    Console::open("warnings", (120, 40), Says::Data)
}

fn selected(console: &Console) -> String {
    console.model.screen().selected().unwrap_or_default()
}

/// Keys on the warnings, and the row that is selected after them.
#[test]
fn motions_lead_to_rows() {
    for (keys, row) in [
        ("", 0),
        ("j", 1),
        ("jjk", 1),
        ("G", 4),
        ("Ggg", 0),
        ("<End><Home>", 0),
        ("<Down><Down>", 2),
        ("kkk", 0),
        ("<Ctrl-f>", 4),
        ("<PgDn><PgUp>", 0),
        ("jjjjjjjj", 4),
    ] {
        let mut console = warnings();
        console.keys(keys);
        assert_eq!(selected(&console), IDS[row], "{keys}");
    }
}

#[test]
fn acknowledging_is_one_row_with_the_state_that_follows() {
    let mut console = warnings();
    console.keys("a");
    let [Effect::Write(acts)] = console.done.as_slice() else { panic!("{:?}", console.done) };
    let act = &acts[0];
    assert_eq!(
        (act.subject_id.as_str(), act.state_from.as_str(), act.state_to.as_str(), act.seq, act.at),
        (IDS[0], "NEW", "ACK", 1, NOW)
    );
    assert!(console.screen().contains("ACK…"));
}

#[test]
fn marked_rows_are_acknowledged_together_and_the_answer_has_count_and_ids() {
    let mut console = warnings();
    console.keys("<Space>j<Space>a");
    let [Effect::Write(acts)] = console.done.as_slice() else { panic!("{:?}", console.done) };
    assert_eq!(
        acts.iter().map(|act| act.subject_id.as_str()).collect::<Vec<_>>(),
        [IDS[0], IDS[2]]
    );
    assert!(acts.iter().all(|act| act.group_size == 2));
    let receipt =
        Receipt { action: Action::Ack, done: vec![IDS[0].into(), IDS[2].into()], lost: Vec::new() };
    console.event(Event::Written(Ok(receipt)));
    assert!(
        console.screen().contains("acknowledged 2 (W-1f00aa21, W-30b2d1c4)"),
        "\n{}",
        console.screen()
    );
}

#[test]
fn an_act_under_way_is_not_begun_again() {
    let mut console = warnings();
    console.keys("aa");
    assert_eq!(console.done.len(), 1);
    assert!(console.screen().contains("under way"), "\n{}", console.screen());
}

#[test]
fn an_act_that_failed_is_told_and_taken_back() {
    let mut console = warnings();
    console.keys("a");
    console.event(Event::Written(Err(away())));
    let screen = console.screen();
    assert!(screen.contains("not written: E-STORE-001") && !screen.contains("ACK…"), "\n{screen}");
}

#[test]
fn a_large_group_must_be_typed_as_a_number() {
    let mut console = Console::open("warnings", (120, 40), Says::Silence);
    console.keys("r");
    let effects = {
        console.model.requests.expire();
        reconcile(&mut console.model)
    };
    assert!(effects.is_empty(), "the list is still being asked for");
    let mut many = Vec::new();
    for number in 0..60 {
        let mut row = rows("warnings.list")[0].clone();
        row["id"] = format!("{number:032x}").into();
        many.push(row);
    }
    let request = bartizan::event::RequestId { slot: "warnings.list", generation: 1 };
    console.event(Event::Answered {
        request,
        outcome: Ok(Answer { rows: many, ..Answer::default() }),
    });
    console.keys("*a");
    assert!(console.done.is_empty());
    console.keys("59<Enter>");
    assert!(
        console.done.is_empty() && console.screen().contains("type 60"),
        "\n{}",
        console.screen()
    );
    console.keys("<Ctrl-u>60<Enter>");
    assert!(matches!(console.done.as_slice(), [Effect::Write(acts)] if acts.len() == 60));
}

#[test]
fn a_note_is_written_on_what_is_selected() {
    let mut console = warnings();
    console.keys("jm checking? /:q<Enter>");
    let [Effect::Write(acts)] = console.done.as_slice() else { panic!("{:?}", console.done) };
    assert_eq!((acts[0].action.as_str(), acts[0].note.as_str()), ("note", "checking? /:q"));
    assert_eq!((acts[0].state_from.as_str(), acts[0].state_to.as_str()), ("ACK", "ACK"));
}

/// The acts of the only write that was asked for.
fn written(console: &Console) -> &[Triage] {
    let writes: Vec<_> = console
        .done
        .iter()
        .filter_map(|effect| match effect {
            Effect::Write(acts) => Some(acts.as_slice()),
            _ => None,
        })
        .collect();
    writes.last().copied().unwrap_or_else(|| panic!("nothing was written: {:?}", console.done))
}

#[test]
fn closing_asks_for_a_disposition_and_takes_a_reason() {
    let mut console = warnings();
    console.keys("d");
    assert!(
        console.done.is_empty() && console.screen().contains("[confirmed]"),
        "\n{}",
        console.screen()
    );
    console.keys("b<Tab>CHG-8812<Enter>");
    let act = &written(&console)[0];
    assert_eq!(
        (act.action.as_str(), act.state_from.as_str(), act.state_to.as_str()),
        ("close", "NEW", "CLOSE")
    );
    assert_eq!((act.disposition.as_str(), act.reason.as_str()), ("benign", "CHG-8812"));
    assert!(console.screen().contains("CLOSE…"), "\n{}", console.screen());
    for (keys, word) in [
        ("l", "false-positive"),
        ("h", "test"),
        ("ll", "benign"),
        ("t", "test"),
        ("dc", "confirmed"),
    ] {
        let mut console = warnings();
        console.keys("d").keys(keys).keys("<Enter>");
        assert_eq!(written(&console)[0].disposition, word, "{keys}");
    }
}

#[test]
fn escalating_needs_a_receiver_and_a_reason() {
    let mut console = warnings();
    console.keys("!<Enter>");
    assert!(
        console.done.is_empty() && console.screen().contains("say who receives it"),
        "\n{}",
        console.screen()
    );
    console.keys("chen<Enter>");
    assert!(
        console.done.is_empty() && console.screen().contains("say why it goes up"),
        "\n{}",
        console.screen()
    );
    console.keys("reaches swift<Enter>");
    let act = &written(&console)[0];
    assert_eq!(
        (act.owner.as_str(), act.reason.as_str(), act.state_to.as_str()),
        ("chen", "reaches swift", "ESC")
    );
}

#[test]
fn shelving_needs_an_end_and_a_reason_and_remembers_the_level() {
    let mut console = warnings();
    console.keys("~soon<Enter>");
    assert!(
        console.done.is_empty() && console.screen().contains("length of time"),
        "\n{}",
        console.screen()
    );
    console.keys("<Ctrl-u>4h<Tab>patch night<Enter>");
    let act = &written(&console)[0];
    assert_eq!((act.until, act.level.as_str()), (Some(NOW.plus(4 * Time::HOUR)), "II"));
    assert_eq!((act.state_to.as_str(), act.reason.as_str()), ("SHV", "patch night"));
}

#[test]
fn assigning_changes_the_owner_and_not_the_state() {
    let mut console = warnings();
    console.keys("jAwang<Enter>");
    let act = &written(&console)[0];
    assert_eq!(
        (act.owner.as_str(), act.state_from.as_str(), act.state_to.as_str()),
        ("wang", "ACK", "ACK")
    );
}

#[test]
fn one_s_own_last_act_is_undone_within_half_a_minute_by_a_row_that_leads_back() {
    let mut console = warnings();
    console.keys("d<Enter>");
    let receipt = Receipt { action: Action::Close, done: vec![IDS[0].into()], lost: Vec::new() };
    console.event(Event::Written(Ok(receipt)));
    console.event(Event::Tick(NOW.plus(29 * Time::SECOND)));
    console.keys("u");
    let act = &written(&console)[0];
    assert_eq!((act.action.as_str(), act.seq), ("undo", 2));
    assert_eq!(
        (act.state_from.as_str(), act.state_to.as_str(), act.owner.as_str()),
        ("CLOSE", "NEW", "")
    );
    console.done.clear();
    console.keys("u");
    assert!(
        console.done.is_empty() && console.screen().contains("an undo is not undone"),
        "\n{}",
        console.screen()
    );

    let mut late = warnings();
    late.keys("a");
    late.done.clear();
    late.event(Event::Tick(NOW.plus(31 * Time::SECOND)));
    late.keys("u");
    assert!(late.done.is_empty() && late.screen().contains("too late"), "\n{}", late.screen());
}

#[test]
fn who_was_first_is_told_and_what_was_lost_is_not_undone() {
    let mut console = warnings();
    console.keys("a");
    let lost =
        Lost { id: IDS[0].into(), seq: 1, actor: "lin".into(), action: "close".into(), ago_s: 4 };
    console.event(Event::Written(Ok(Receipt {
        action: Action::Ack,
        done: Vec::new(),
        lost: vec![lost],
    })));
    assert!(
        console.screen().contains("W-1f00aa21 not: lin closed it 4 s ago"),
        "\n{}",
        console.screen()
    );
    console.done.clear();
    console.keys("u");
    assert!(
        console.done.is_empty() && console.screen().contains("nothing of yours"),
        "\n{}",
        console.screen()
    );
}

#[test]
fn an_index_and_a_forecast_are_explained_by_their_parts() {
    let mut console = Console::open("situation", (120, 40), Says::Data);
    let screen = console.keys("<Tab><Enter>").screen();
    for words in ["Why bank is at 63-64", "INT-01", "+5.2", "warnings W-1f00aa21", "coverage 70 %"]
    {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    let screen = console.keys("<Esc><Tab>i").screen();
    for words in [
        "What may come to swift",
        "240 min",
        "WHY I WITHIN 60 MIN",
        "new admin edge",
        "-0.78  the sum",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    let screen = console.keys("<Esc>jji").screen();
    assert!(screen.contains("no skill: not shown") && !screen.contains("22 %"), "\n{screen}");
    console.keys("<Esc>");
    assert!(console.model.overlay.is_none());
}

#[test]
fn the_graph_of_a_warning_begins_at_its_subject_or_where_its_incident_began() {
    // The incident leads from pc-117 over op-1 to saa-1; the last subject is not on it.
    for (keys, focus) in [("gt", "pc-117"), ("jgt", "op-1"), ("Ggt", "pc-117")] {
        let mut console = warnings();
        console.keys(keys);
        let second = console.screen().lines().nth(1).unwrap().to_owned();
        assert!(second.contains(&format!("Graph > {focus}")), "{keys} {second}");
    }
}

#[test]
fn names_and_ids_are_copied() {
    let mut console = warnings();
    console.keys("ycyi");
    assert_eq!(console.done, [Effect::Copy("pc-117".into()), Effect::Copy(IDS[0].into())]);
}

#[test]
fn enter_on_a_zone_opens_its_warnings_and_esc_goes_back() {
    let mut console = Console::open("situation", (120, 40), Says::Data);
    console.keys("<Enter>");
    assert_eq!(console.model.places.len(), 2);
    assert_eq!(console.model.place().narrow.text(), "zone = swift");
    console.keys("<Esc>");
    assert_eq!((console.model.places.len(), console.model.place().view), (1, 0));
}

#[test]
fn enter_on_a_warning_of_the_situation_selects_it_in_the_queue() {
    let mut console = Console::open("situation", (120, 40), Says::Data);
    console.keys("<Tab><Tab><Tab>jj<Enter>");
    assert_eq!(selected(&console), IDS[2]);
}

#[test]
fn quitting_asks_once_at_the_root_and_escape_never_quits() {
    let mut console = warnings();
    console.keys("<Esc><Esc>q");
    assert_eq!(console.model.overlay, Some(Overlay::Leave));
    console.keys("<Esc>");
    assert!(console.model.overlay.is_none() && console.done.is_empty());
    console.keys("qq");
    assert_eq!(console.done, [Effect::Quit]);
}

#[test]
fn while_a_line_is_typed_every_printable_key_is_text() {
    let mut console = warnings();
    console.keys("/?:qaj1/");
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("no line is typed") };
    assert_eq!(prompt.line.text, "?:qaj1/");
    console.event(Event::Paste("x\ny\u{1b}".into()));
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("no line is typed") };
    assert_eq!(prompt.line.text, "?:qaj1/xy");
}

#[test]
fn commands_are_completed_recalled_and_corrected() {
    let mut console = warnings();
    console.keys(":sit<Tab>swift<Enter>");
    assert_eq!(
        (console.model.place().view, console.model.place().narrow.text()),
        (0, "zone = swift")
    );
    console.keys(":<Up>");
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("no line is typed") };
    assert_eq!(prompt.line.text, "situation swift");
    console.keys("<Ctrl-u>warnngs<Enter>");
    assert!(console.screen().contains("did you mean warnings?"), "\n{}", console.screen());
    console.keys("<Esc>:q<Enter>");
    assert_eq!(console.done, [Effect::Quit]);
}

#[test]
fn a_live_console_asks_again_each_five_seconds_and_a_pinned_or_paused_one_does_not() {
    for (pinned, keys, again) in [(false, "", true), (true, "", false), (false, "p", false)] {
        let mut console = Console::start(setup("warnings", pinned), (120, 40), Says::Data);
        console.keys(keys);
        console.asked.clear();
        for second in 1..=12 {
            console.event(Event::Tick(NOW.plus(second * Time::SECOND)));
        }
        let lists = console.asked.iter().filter(|slot| **slot == "warnings.list").count();
        assert_eq!(lists, if again { 2 } else { 0 }, "pinned {pinned}, keys {keys}");
    }
}

#[test]
fn a_paused_console_draws_nothing_for_ten_seconds_of_ticks() {
    let mut console = Console::start(setup("warnings", false), (120, 40), Says::Data);
    console.keys("p");
    console.model.dirty = false;
    for second in 1..=10 {
        console.event(Event::Tick(NOW.plus(second * Time::SECOND)));
    }
    assert!(!console.model.dirty);
}

#[test]
fn new_rows_wait_and_the_cursor_stays_on_its_row() {
    let mut console = Console::start(setup("warnings", false), (120, 40), Says::Data);
    console.keys("jj");
    console.says = Says::Silence;
    let effects = update(&mut console.model, Event::Tick(NOW.plus(6 * Time::SECOND)));
    let list = effects.iter().find_map(|effect| match effect {
        Effect::Ask { request, .. } if request.slot == "warnings.list" => Some(*request),
        _ => None,
    });
    let mut newer = rows("warnings.list");
    let mut first = newer[0].clone();
    first["id"] = "00000000000000000000000000000099".into();
    newer.insert(0, first);
    let outcome = Ok(Answer { rows: newer, ..Answer::default() });
    console.event(Event::Answered { request: list.unwrap(), outcome });
    assert!(console.screen().contains("new 1 (press . to show)"), "\n{}", console.screen());
    assert_eq!(selected(&console), IDS[2]);
    console.keys(".");
    assert_eq!(selected(&console), IDS[2]);
    assert!(console.screen().contains("4/6"), "\n{}", console.screen());
}

#[test]
fn late_answers_are_dropped_and_counted() {
    let mut console = Console::open("warnings", (120, 40), Says::Silence);
    let old = bartizan::event::RequestId { slot: "warnings.list", generation: 1 };
    console.keys("/zone = swift<Enter>");
    let outcome = Ok(Answer { rows: rows("warnings.list"), ..Answer::default() });
    console.event(Event::Answered { request: old, outcome });
    assert_eq!(console.model.requests.late, 1);
    assert_eq!(selected(&console), "");
    assert!(console.done.contains(&Effect::Cancel(old)));
}

#[test]
fn cancelling_stops_what_runs_and_twice_quits() {
    let mut console = Console::open("warnings", (120, 40), Says::Silence);
    console.keys("<Ctrl-c>");
    assert!(matches!(console.done.as_slice(), [Effect::Cancel(_)]));
    console.keys("<Ctrl-c>");
    assert_eq!(console.done.last(), Some(&Effect::Quit));
}

#[test]
fn a_signal_ends_it_whatever_is_open() {
    let mut console = warnings();
    console.keys("/abc");
    console.event(Event::Stop);
    assert_eq!(console.done, [Effect::Quit]);
}

#[test]
fn a_zoom_halves_and_doubles_the_range_and_a_typed_one_sets_it() {
    let mut console = warnings();
    console.keys("z");
    assert_eq!(console.model.place().span_us, 12 * Time::HOUR);
    console.keys("ZZ");
    assert_eq!(console.model.place().span_us, 48 * Time::HOUR);
    console.keys("tlast 15m<Enter>");
    assert_eq!(console.model.place().span_us, 15 * Time::MINUTE);
}

/// Keys that are not letters, and letters that mean something.
const KEYS: [&str; 48] = [
    "j",
    "k",
    "h",
    "l",
    "g",
    "G",
    "w",
    "1",
    "2",
    "/",
    ":",
    "?",
    "a",
    "A",
    "m",
    "!",
    "d",
    "~",
    "u",
    "i",
    "y",
    "t",
    "*",
    "x",
    "z",
    "Z",
    "t",
    "p",
    "r",
    ".",
    "q",
    "zone = swift",
    "%",
    "<Enter>",
    "<Esc>",
    "<Tab>",
    "<S-Tab>",
    "<Space>",
    "<Ctrl-d>",
    "<Ctrl-u>",
    "<Ctrl-l>",
    "<F1>",
    "<F3>",
    "<F9>",
    "<Backspace>",
    "<Up>",
    "<Left>",
    "<End>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_never_break_it_and_escape_leads_to_the_root(
        picks in proptest::collection::vec(0usize..KEYS.len(), 0..80),
        says in prop_oneof![Just(Says::Data), Just(Says::Nothing), Just(Says::Away), Just(Says::Silence)],
        size in prop_oneof![Just((80u16, 24u16)), Just((120, 40)), Just((61, 17))],
    ) {
        let mut console = Console::open("situation", size, says);
        for pick in picks {
            console.keys(KEYS[pick]);
            let screen = console.screen();
            prop_assert!(screen.lines().all(|line| present::width(line) == usize::from(size.0)), "{}", screen);
        }
        console.done.clear();
        for _ in 0..20 {
            for key in typed("<Esc>").unwrap() {
                console.event(Event::Key(key));
            }
        }
        prop_assert_eq!(console.model.places.len(), 1);
        prop_assert!(console.model.overlay.is_none() && console.model.prefix.is_none());
        prop_assert!(!console.done.contains(&Effect::Quit));
    }
}
