//! The whole thing: a capture in at one end, a warning out at the other.

mod cards;
mod corpora;
mod judging;
mod layers;
mod memory;
mod pipeline;
mod reference;
mod rules;
mod store;
mod supply;
mod tidy;
mod triage;
