//! The Selling Partner API client against the pretend Amazon, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers included")]

mod readings;
mod setup;
mod tokens;
mod trouble;
