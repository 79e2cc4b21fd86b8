//! Rehearsals of the whole system against the pretend vendors, over real HTTP on loopback, in manual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a rehearsal that meets something unexpected has failed"
)]

mod adoption;
mod audit_mirror;
mod call_budget;
mod call_budget_returns;
mod cancellations;
mod change_feed;
mod configuration;
mod doctor;
mod doctor_amazon;
mod doctor_stage;
mod documents_retried;
mod external_refunds;
mod f01_lost_reply;
mod f02_borders;
mod f02_kill_at_every_border;
mod f02_stock_borders;
mod f02_stock_kill;
mod f03_double_refund;
mod f04_echo_loop;
mod f05_lost_webhook;
mod f06_order_of_events;
mod f06_returns_out_of_order;
mod f07_poison_orders;
mod f08_partial_completion;
mod f09_tracking_numbers;
mod f10_cancel_too_late;
mod f10_partial_cancel;
mod f11_missing_is_not_zero;
mod f12_stock_counted_once;
mod f13_kit_half_shipped;
mod f14_missing_cent;
mod f15_mixed_currencies;
mod f16_wrong_day_closed_month;
mod f17_same_sku_on_two_lines;
mod f17_stock_same_sku_on_two_lines;
mod f18_fulfilled_by_two_roads;
mod f19_bucket_of_stock;
mod f19_limit_that_looks_like_a_bad_password;
mod f20_audit_trail;
mod f20_stock_audit_trail;
mod f21_sync_that_quietly_stopped;
mod f22_invented_data;
mod flows;
mod goods;
mod histories;
mod live_settings;
mod log;
mod money;
mod mortal;
mod notices;
mod notifications;
mod order_changes;
mod orders;
mod own_echoes;
mod panics;
mod pauses;
mod reconciliation;
mod refunds;
mod resilience;
mod returns;
mod returns_of_staff;
mod stage;
mod stock_call_budget;
mod stock_failures;
mod stock_histories;
mod stock_schedule;
mod stock_stage;
mod stock_writing;
mod terrible_days;
mod wire;
