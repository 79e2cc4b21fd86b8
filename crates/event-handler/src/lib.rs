//! Bytes → authentic? → well formed? → ours? → which lane and which look.
//!
//! Amazon's webhook sender and the bundle inside NetSuite tell us that something changed; this crate
//! decides whether to believe them and what to look at. What an event says beyond that is a hint and
//! never trusted: the modules read both sides again.
//!
//! There is no IO, no clock (the time is an argument) and no HTTP framework here: header values and bodies
//! come in as bytes, and a refusal goes out as a [`Rejection`] with a stable code.
//!
//! - [`amazon::receive`] makes a notice of what Amazon sent, [`amazon::WebhookAccess`] says whether it was
//!   Amazon;
//! - [`netsuite::receive`] does both for the signed notices of the bundle;
//! - [`bearer::holder`] says who uses the operators' API;
//! - [`operator::Command`] is what a person asks for;
//! - [`route`] says what a stored notice asks to be looked at;
//! - [`suiteapp`] is the bundle that runs inside NetSuite and sends those notices.

pub mod amazon;
pub mod bearer;
mod digest;
pub mod netsuite;
pub mod operator;
pub mod rejection;
pub mod routing;
pub mod suiteapp;
mod text;

pub use rejection::{Rejection, Rule};
pub use routing::{Address, Route, route};
