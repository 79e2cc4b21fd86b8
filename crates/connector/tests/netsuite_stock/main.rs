//! Stock against the sandbox: what stands there, what is promised, and how it is changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod documents;
mod items;
#[path = "../netsuite_support/mod.rs"]
mod netsuite_support;
mod setup;
mod unsent_lines;
