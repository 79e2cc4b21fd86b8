//! The composition root: settings, wiring, HTTP in, intake, change feed, worker, telemetry.
//!
//! [`settings`] says what is wanted, [`start`] builds the parts and sets them to work, [`Running::stop`] ends it. The
//! parts stand alone too: [`worker::Worker`], [`intake::NoticeIntake`] and [`feed::ChangeFeed`] take ports and a
//! clock, so tests drive them step by step.

pub mod feed;
mod health;
pub mod http;
pub mod intake;
pub mod notifications;
pub mod operator;
pub mod process;
mod purge;
mod roles;
pub mod schedule;
pub mod settings;
pub mod telemetry;
mod wiring;
pub mod worker;

pub use roles::{Roles, Running, StartError, SyncParts, Webhook, start};
pub use wiring::WiringError;
