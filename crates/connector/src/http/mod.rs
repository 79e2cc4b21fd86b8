//! The one place that sends HTTP.
//!
//! TLS 1.2 or later, no redirects, time limits, a cap on answers, one audit record and one log event per
//! request. What an answer means is for the vendor's client to say; it tells through a [`Verdict`].

mod client;
mod exchange;
mod fields;
mod redact;

pub use client::{Clock, HttpClient, HttpSettings, HttpSetupError, MAX_ANSWER_BYTES, TOKEN_OPERATION};
pub use exchange::{Answer, Body, Outgoing, SendError, Verdict};
pub use redact::{MAX_RECORDED_BYTES, Redactor};
