//! Shows what was seen and warned about: console and command line.

pub mod cli;

pub mod app;
pub mod event;
pub mod state;
pub mod update;
pub mod draw;
pub mod headless;

pub mod views;
pub mod widgets;

pub mod keymap;
pub mod theme;
pub mod term;

pub mod requests;
pub mod effects;
pub mod decode;
pub mod triage;

pub mod narrow;
pub mod range;
pub mod failure;
