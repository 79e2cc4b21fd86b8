//! The Buy with Prime client against the pretend Amazon, over HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

mod after_sales;
mod audit;
mod catalog;
mod failures;
mod orders;
mod setup;
mod subscriptions;
mod tokens;
