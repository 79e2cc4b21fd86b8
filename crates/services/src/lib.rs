//! Integration services: what must happen, decided by pure functions and applied with intent first.
//!
//! Each module is a folder with a `plan` (a pure function from snapshots and settings to steps) and the
//! run that applies it. The modules own the [`ports`] they need; adapters live in other crates. Nothing
//! here knows HTTP, SQL or a clock.

pub mod audit;
pub mod cancellation;
pub mod connection;
mod desk;
pub mod failure;
pub mod fulfillment;
pub mod intent;
pub mod inventory;
pub mod lane;
pub mod link;
pub mod look;
pub mod notification;
mod order_view;
pub mod orders;
pub mod parking;
pub mod ports;
mod posting_day;
#[cfg(test)]
mod pretend;
pub mod reconciliation;
pub mod refunds;
pub mod retry;
pub mod returns;
pub mod settings;
mod shares;
pub mod slot_sharing;
pub mod timeline;
pub mod urgency;
pub mod work;
