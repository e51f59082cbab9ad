//! The store with the real engine: tables, rights, questions, and rows that arrive once whatever dies.

mod abuse;
mod crash;
mod fetching;
mod filters;
mod ids;
mod loading;
mod process;
mod questions;
mod rights;
mod sending;
mod tables;
