//! The programs as processes: what they print, how they exit, and that killing them loses and doubles nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets something unexpected has failed"
)]

mod commands;
mod config;
mod demo;
mod kill;
mod many_processes;
mod process;
mod standing;
mod store;
mod vendors;
