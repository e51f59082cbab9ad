//! Shows what was seen and warned about: console and command line.

pub mod cli;

pub mod app;
pub mod draw;
pub mod event;
pub mod headless;
pub mod picture;
pub mod state;
pub mod update;

pub mod views;
pub mod widgets;

pub mod keymap;
pub mod term;
pub mod theme;

pub mod decode;
pub mod effects;
pub mod flows;
pub mod forecast;
pub mod requests;
pub mod triage;

pub mod failure;
pub mod narrow;
pub mod range;
