//! What reconciliation, adoption and the bundle need of an account, against the sandbox.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod adoption;
mod custom_records;
#[path = "../netsuite_support/mod.rs"]
mod netsuite_support;
mod orders;
mod restlet;
