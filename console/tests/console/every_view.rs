//! Walks the list of views: whoever adds one is tested before writing a test.

use crate::fixture::{Console, Says};
use bartizan::cli::Cli;
use bartizan::keymap::holding;
use bartizan::views::VIEWS;
use clap::CommandFactory;
use insta::assert_snapshot;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];
const STATES: [(Says, &str); 4] = [
    (Says::Data, "data"),
    (Says::Nothing, "empty"),
    (Says::Away, "error"),
    (Says::Silence, "loading"),
];

/// Every line as wide as the terminal, and as many lines as it has.
pub fn is_filled(screen: &str, size: (u16, u16)) {
    let widths: Vec<_> = screen.lines().map(present::width).collect();
    assert_eq!(widths, vec![usize::from(size.0); usize::from(size.1)], "\n{screen}");
}

#[test]
fn every_view_fills_every_size_in_every_state() {
    for view in VIEWS {
        let name = view.about().name;
        for size in
            [(60, 16), (79, 23), (80, 24), (99, 30), (100, 30), (120, 40), (160, 50), (200, 60)]
        {
            for (says, _) in STATES {
                for pane in 0..view.about().panes.len() {
                    let mut console = Console::open(name, size, says);
                    console.keys(&"<Tab>".repeat(pane));
                    is_filled(&console.screen(), size);
                }
            }
        }
    }
}

#[test]
fn every_view_looks_as_it_did() {
    for view in VIEWS {
        for size in SIZES {
            for (says, word) in STATES.iter().take(3) {
                let console = Console::open(view.about().name, size, *says);
                let name = format!("{}-{}x{}-{word}", view.about().name, size.0, size.1);
                assert_snapshot!(name, console.screen());
            }
        }
    }
}

#[test]
fn every_view_is_opened_by_its_number_and_by_its_name() {
    for view in VIEWS {
        let (name, number) = (view.about().name, view.about().number);
        let title = format!("[{number}:{}]", view.about().title);
        let mut console = Console::open("situation", (120, 40), Says::Data);
        assert!(console.keys(&number.to_string()).screen().contains(&title));
        let mut console = Console::open("situation", (120, 40), Says::Data);
        assert!(
            console.keys(&format!(":{name}<Enter>")).screen().contains(&title),
            "{}",
            console.screen()
        );
    }
}

#[test]
fn every_view_has_a_twin_on_the_command_line() {
    let command = Cli::command();
    for view in VIEWS {
        assert!(command.find_subcommand(view.about().name).is_some(), "{}", view.about().name);
    }
}

#[test]
fn help_of_every_view_names_every_key_of_its_keymap() {
    for view in VIEWS {
        let mut console = Console::open(view.about().name, (200, 60), Says::Data);
        let screen = console.keys("?").screen();
        for binding in holding(view.about().keys) {
            assert!(screen.contains(binding.words), "{}: {}", view.about().name, binding.words);
        }
    }
}

#[test]
fn every_view_says_why_it_shows_nothing_and_what_to_press() {
    for view in VIEWS {
        let screen = Console::open(view.about().name, (120, 40), Says::Nothing).screen();
        assert!(screen.contains("No ") && screen.contains("range"), "\n{screen}");
        let screen = Console::open(view.about().name, (120, 40), Says::Away).screen();
        assert!(
            screen.contains("E-STORE-001") && screen.contains("bartizan explain"),
            "\n{screen}"
        );
    }
}
