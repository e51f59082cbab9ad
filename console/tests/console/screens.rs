//! Single screens: overlays, themes, hostile text, small terminals.

use crate::every_view::is_filled;
use crate::fixture::{Console, NOW, Says, setup};
use bartizan::event::Event;
use bartizan::headless;
use insta::assert_snapshot;
use ratatui::style::Modifier;

#[test]
fn help_is_generated_from_the_keymap() {
    let mut console = Console::open("warnings", (120, 40), Says::Data);
    assert_snapshot!("help-120x40", console.keys("?").screen());
}

#[test]
fn a_filter_with_a_mistake_is_underlined_with_what_was_meant() {
    let mut console = Console::open("warnings", (80, 24), Says::Data);
    let screen = console.keys("/zoen = swift<Enter>").screen();
    assert!(screen.contains("^^^^") && screen.contains("did you mean zone?"), "\n{screen}");
    assert_snapshot!("filter-80x24", screen);
}

#[test]
fn the_filter_in_force_is_always_in_the_second_row() {
    let mut console = Console::open("warnings", (120, 40), Says::Data);
    let screen = console.keys("/zone=swift and level<=III<Enter>").screen();
    let second = screen.lines().nth(1).unwrap();
    assert!(second.contains("filter: zone = swift and level <= III"), "{second}");
}

#[test]
fn nothing_outside_ascii_is_ours_in_the_ascii_theme() {
    let mut console = Console::open("situation", (120, 40), Says::Data);
    let screen = console.keys("<F9><F9>").screen();
    is_filled(&screen, (120, 40));
    let ours = screen.replace("名前-服务器", "");
    assert!(ours.is_ascii(), "\n{screen}");
    assert_snapshot!("situation-ascii", screen);
}

#[test]
fn hostile_text_is_shown_and_never_obeyed() {
    for size in [(80, 24), (120, 40)] {
        let screen = Console::open("warnings", size, Says::Data).screen();
        assert!(!screen.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "\n{screen}");
        assert!(screen.contains("\\x1b["), "\n{screen}");
    }
}

#[test]
fn the_parts_of_a_score_add_up_on_the_screen() {
    let screen = Console::open("warnings", (120, 40), Says::Data).screen();
    assert!(screen.contains("+2.75 the sum, in log-odds: score 0.94"), "\n{screen}");
    assert!(!screen.contains("not all of it"));
    let mut console = Console::open("warnings", (120, 40), Says::Data);
    let screen = console.keys("j").screen();
    assert!(screen.contains("the row says 0.91: these parts are not all of it"), "\n{screen}");
}

#[test]
fn the_selected_row_is_reversed_in_every_theme_and_marked_by_a_sign() {
    let mut console = Console::open("warnings", (80, 24), Says::Data);
    for _ in 0..3 {
        let buffer = headless::drawn(&console.model);
        let reversed =
            (0..80).filter(|x| buffer[(*x, 4)].modifier.contains(Modifier::REVERSED)).count();
        assert_eq!(reversed, 78);
        assert!(console.screen().lines().nth(4).unwrap().contains('>'));
        console.keys("<F9>");
    }
}

#[test]
fn level_and_state_are_words_whatever_the_colours() {
    let mut console = Console::open("warnings", (80, 24), Says::Data);
    let screen = console.keys("<F9>").screen();
    for words in ["II   NEW", "II   ACK", "III  NEW", "IV   NEW"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
}

#[test]
fn a_tap_that_lost_much_is_blind_and_one_that_stopped_is_silent() {
    let mut console = Console::open("situation", (80, 24), Says::Data);
    let screen = console.keys("<Tab><Tab><Tab><Tab>").screen();
    assert!(
        screen.contains("blind") && screen.contains("silent") && screen.contains("1 ok  2 not"),
        "\n{screen}"
    );
}

#[test]
fn a_ledger_that_does_not_balance_says_so() {
    let screen = Console::open("situation", (120, 40), Says::Data).screen();
    assert!(
        screen.contains("! does not balance") && screen.contains("1 not accounted for"),
        "\n{screen}"
    );
}

#[test]
fn a_pinned_console_says_so_with_its_moment() {
    let header = Console::open("situation", (80, 24), Says::Data).screen();
    assert!(header.lines().next().unwrap().contains("PINNED 2026-03-12 17:45"));
    let mut live = Console::start(setup("situation", false), (80, 24), Says::Data);
    assert!(live.screen().lines().next().unwrap().contains("LIVE 2026-03-12 17:45"));
    assert!(live.keys("p").screen().lines().next().unwrap().contains("PAUSED 2026-03-12 17:45"));
}

#[test]
fn when_the_store_goes_away_the_rows_stay_and_the_header_says_their_age() {
    let mut console = Console::start(setup("warnings", false), (120, 40), Says::Data);
    console.says = Says::Away;
    console.event(Event::Tick(NOW.plus(6_000_000)));
    let screen = console.screen();
    assert!(screen.contains("STALE since") && screen.contains("pc-117"), "\n{screen}");
    assert!(screen.contains("E-STORE-001"), "\n{screen}");
}

#[test]
fn a_terminal_that_is_too_small_names_what_works() {
    let mut console = Console::open("warnings", (120, 40), Says::Data);
    for size in [(40, 10), (59, 16), (60, 15), (5, 2), (1, 1)] {
        console.event(Event::Resize { columns: size.0, rows: size.1 });
        let screen = console.screen();
        is_filled(&screen, size);
        if size.0 >= 40 {
            assert!(screen.contains("bartizan warnings"), "\n{screen}");
        }
    }
    console.event(Event::Resize { columns: 120, rows: 40 });
    is_filled(&console.screen(), (120, 40));
}

#[test]
fn a_graph_begins_at_the_worst_warning_and_walks_to_what_hangs_on_it() {
    let mut console = Console::open("graph", (120, 40), Says::Data);
    assert!(console.screen().contains("Graph > pc-117 > 2 hops"), "\n{}", console.screen());
    // Down to the child that the worst warning is about, then focus it.
    let screen = console.keys("jj<Enter>").screen();
    assert!(screen.contains("Graph > op-1 > 2 hops"), "\n{screen}");
    let screen = console.keys("<Esc>").screen();
    assert!(screen.contains("Graph > pc-117 > 2 hops"), "\n{screen}");
}

#[test]
fn a_path_is_told_and_its_entities_are_marked() {
    let mut console = Console::open("graph", (120, 40), Says::Data);
    let screen = console.keys("jjlP").screen();
    assert!(screen.contains("pc-117 > op-1 > saa-1  1.31 nats"), "\n{screen}");
}

#[test]
fn what_is_beyond_the_limit_is_folded_counted_and_opened() {
    let mut console = Console::open("graph", (200, 60), Says::Data);
    let folded = console.keys("G").screen();
    assert!(folded.contains("(+) 25 hosts") && folded.contains("1 fold of 25"), "\n{folded}");
    let screen = console.keys("x").screen();
    assert!(!screen.contains("hosts ") && screen.contains("85 nodes"), "\n{screen}");
}

#[test]
fn the_graph_of_a_warning_begins_at_whom_it_accuses() {
    let mut console = Console::open("warnings", (120, 40), Says::Data);
    let screen = console.keys("jgt").screen();
    assert!(screen.contains("Graph > op-1 > 2 hops"), "\n{screen}");
    let screen = console.keys("<Esc>").screen();
    assert!(screen.contains("[2:Warnings]"), "\n{screen}");
}

#[test]
fn a_command_begins_a_graph_at_a_host_by_name_or_address() {
    for command in
        [":graph op-1<Enter>", ":graph show 10.40.8.65<Enter>", ":graph path op-1 saa-1<Enter>"]
    {
        let mut console = Console::open("situation", (120, 40), Says::Data);
        let screen = console.keys(command).screen();
        assert!(screen.contains("Graph > op-1 > 2 hops"), "{command}\n{screen}");
    }
    let mut console = Console::open("situation", (120, 40), Says::Data);
    let screen = console.keys(":graph path op-1<Enter>").screen();
    assert!(screen.contains(":graph HOST"), "\n{screen}");
}
