//! A whole store is moved to another database, checked and archived.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets something unexpected has failed"
)]

mod archiving;
mod catalog;
mod checking;
mod copying;
mod filled;
