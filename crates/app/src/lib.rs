//! The composition root: settings, wiring, HTTP in, intake, change feed, worker, telemetry.
//!
//! [`settings`] says what is wanted, [`start`] builds the parts and sets them to work, [`Running::stop`] ends it. The
//! parts stand alone too: [`worker::Worker`], [`intake::NoticeIntake`] and [`feed::ChangeFeed`] take ports and a
//! clock, so tests drive them step by step.

pub mod audit_mirror;
pub mod concurrency;
pub mod doctor;
mod duty;
pub mod feed;
mod health;
pub mod http;
pub mod intake;
mod live;
pub mod live_settings;
mod live_settings_mirror;
mod live_settings_parts;
pub mod notifications;
mod opening;
pub mod operator;
mod outages;
pub mod process;
mod purge;
mod readiness;
pub mod reconciliation_schedule;
mod roles;
pub mod schedule;
pub mod settings;
mod slot_sharing;
pub mod store_operations;
mod store_outage;
pub mod subscriptions;
pub mod telemetry;
mod wiring;
pub mod worker;

/// The bundle inside NetSuite, for the command that renders it.
pub use amz_event_handler::suiteapp;
pub use live::Live;
pub use live_settings_mirror::{MirrorError, MirrorPass};
pub use live_settings_parts::LiveSettings;
pub use roles::{Roles, Running, StartError, SyncParts, Webhook, start};
pub use wiring::WiringError;
