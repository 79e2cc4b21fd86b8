//! Rehearsals of the whole system against the pretend vendors, over real HTTP on loopback, in manual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a rehearsal that meets something unexpected has failed"
)]

mod call_budget;
mod change_feed;
mod configuration;
mod f01_lost_reply;
mod f02_borders;
mod f02_kill_at_every_border;
mod f06_order_of_events;
mod f07_poison_orders;
mod f08_partial_completion;
mod f09_tracking_numbers;
mod f20_audit_trail;
mod f22_invented_data;
mod log;
mod notices;
mod order_changes;
mod orders;
mod panics;
mod pauses;
mod resilience;
mod stage;
mod terrible_days;
mod wire;
