//! Keys in, screens out: the console and the command line from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "console/fixture.rs"]
mod fixture;

#[path = "console/every_view.rs"]
mod every_view;
#[path = "console/reducer.rs"]
mod reducer;
#[path = "console/screens.rs"]
mod screens;

#[path = "console/contract.rs"]
mod contract;
#[path = "console/terminal.rs"]
mod terminal;
