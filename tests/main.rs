//! The whole thing: a capture in at one end, a warning out at the other.

mod corpora;
mod layers;
mod store;
mod supply;
mod tidy;
