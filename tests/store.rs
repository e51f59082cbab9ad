//! The store with the real engine: tables, rights, questions, and rows that arrive once whatever dies.

mod crash;
mod ids;
mod process;
mod questions;
mod rights;
mod sending;
mod tables;
