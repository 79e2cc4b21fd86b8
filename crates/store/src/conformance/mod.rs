//! What every implementation of the store's ports must do, as one suite.
//!
//! Write an async function that opens an empty store, and call [`conformance_tests!`](crate::conformance_tests)
//! in a test file:
//!
//! ```
//! use std::sync::Arc;
//! use amz_store::{conformance::Stores, memory::MemoryStore};
//!
//! async fn open() -> (Stores, ()) {
//!     let store = Arc::new(MemoryStore::new());
//!     (Stores::of(store.clone(), store), ())
//! }
//! amz_store::conformance_tests!(open);
//! # fn main() {}
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "this module is a test suite; the names of its cases say what they hold"
)]

use std::sync::Arc;

use amz_services::ports::{
    CallLog, Inbox, Intake, Lanes, Ledger, NoticeFeed, Notifications, Operations, OwnWrites, Paces,
    Reconciliations, SlotShares, StockRecords, StockReports,
};

pub mod correlation;
pub mod fairness;
pub mod intake;
pub mod intents;
pub mod lanes;
pub mod leases;
pub mod ledger;
pub mod notices;
pub mod notifications;
pub mod operations;
pub mod pauses;
pub mod reconciliations;
pub mod samples;
pub mod settings;
pub mod sharing;
pub mod stock;
pub mod stock_runs;
pub mod taken;
pub mod trail;
pub mod urgency;

/// An empty store, port by port.
pub struct Stores {
    pub inbox: Arc<dyn Inbox>,
    pub feed: Arc<dyn NoticeFeed>,
    pub intake: Arc<dyn Intake>,
    pub lanes: Arc<dyn Lanes>,
    pub ledger: Arc<dyn Ledger>,
    pub notifications: Arc<dyn Notifications>,
    pub calls: Arc<dyn CallLog>,
    pub operations: Arc<dyn Operations>,
    pub stock: Arc<dyn StockRecords>,
    pub stock_reports: Arc<dyn StockReports>,
    pub own_writes: Arc<dyn OwnWrites>,
    pub reconciliations: Arc<dyn Reconciliations>,
    pub shares: Arc<dyn SlotShares>,
    pub paces: Arc<dyn Paces>,
}

impl Stores {
    /// All ports of two values: one for notices, one for all else.
    pub fn of<Notices, State>(notices: Arc<Notices>, state: Arc<State>) -> Self
    where
        Notices: Inbox + NoticeFeed + 'static,
        State: Intake
            + Lanes
            + Ledger
            + Notifications
            + CallLog
            + Operations
            + StockRecords
            + StockReports
            + OwnWrites
            + Reconciliations
            + SlotShares
            + Paces
            + 'static,
    {
        Self {
            inbox: notices.clone(),
            feed: notices,
            intake: state.clone(),
            lanes: state.clone(),
            ledger: state.clone(),
            notifications: state.clone(),
            calls: state.clone(),
            operations: state.clone(),
            stock: state.clone(),
            stock_reports: state.clone(),
            own_writes: state.clone(),
            reconciliations: state.clone(),
            shares: state.clone(),
            paces: state,
        }
    }
}

/// Makes a test of every case. Takes the path of an async function that returns [`Stores`] of an empty
/// store, and something that is dropped after the test.
#[macro_export]
macro_rules! conformance_tests {
    ($open:path) => {
        $crate::conformance_tests! { $open;
            notices: repeated_notices_are_stored_once,
            notices: a_key_with_another_body_is_reported,
            notices: keys_are_apart_by_connection_and_source,
            notices: a_feed_gives_notices_verbatim_in_the_order_of_arrival,
            notices: a_feed_gives_no_notice_again_that_was_taken,
            intake: an_early_look_does_not_serve_a_changed_row,
            intake: the_cursor_starts_at_zero_and_moves_with_the_lanes,
            intake: the_cursor_never_moves_back,
            intake: feeds_have_their_own_cursors,
            intake: a_changed_row_makes_work_once_per_version,
            intake: the_watermark_is_the_furthest_row_and_never_moves_back,
            intake: forgotten_versions_make_work_again,
            intake: feeds_of_two_connections_are_apart,
            intake: a_notice_makes_work_once_however_often_it_is_taken,
            intake: notices_of_one_lane_are_one_claim_that_names_them_in_their_order,
            lanes: five_asks_of_one_lane_make_one_claim,
            lanes: different_asks_of_one_lane_come_in_one_claim,
            lanes: the_longest_due_lane_comes_first,
            lanes: a_lane_is_not_claimed_before_it_is_due,
            lanes: an_earlier_request_makes_a_lane_due_earlier_and_a_later_one_does_not_delay_it,
            lanes: a_claim_takes_no_more_than_its_limit,
            lanes: completed_work_is_gone,
            lanes: a_request_that_arrives_during_the_lease_survives_completion,
            lanes: a_later_request_is_honoured_at_its_own_time_after_completion,
            lanes: completion_marks_the_lanes_it_redirects_to,
            lanes: a_lane_may_redirect_to_itself,
            lanes: postponed_work_keeps_its_asks_and_counts_failed_tries,
            lanes: waiting_without_failure_starts_the_count_again,
            lanes: a_request_during_the_lease_is_not_delayed_by_postponement,
            lanes: postponement_adds_an_ask_that_the_claim_carries,
            lanes: a_released_lane_is_due_at_once_as_it_was,
            lanes: the_next_due_instant_is_the_earliest,
            leases: a_leased_lane_is_not_claimed_again,
            leases: one_lane_is_never_held_twice_under_concurrency,
            leases: a_lapsed_lease_counts_as_due,
            leases: a_renewed_lease_lasts,
            leases: everything_that_the_old_holder_writes_is_refused,
            leases: nothing_is_left_of_a_refused_write,
            leases: a_released_lease_holds_no_longer,
            leases: a_completed_lease_holds_no_longer,
            leases: fences_never_repeat,
            leases: releasing_a_lost_lease_changes_nothing,
            fairness: a_backlog_of_one_does_not_delay_a_lane_of_another,
            fairness: a_claim_is_shared_by_those_with_due_lanes,
            fairness: lanes_are_shared_by_weight,
            fairness: idling_collects_no_credit,
            fairness: the_share_of_a_paused_connection_goes_to_others,
            pauses: a_paused_connection_is_not_claimed_and_hides_nobody,
            pauses: a_pause_ends_by_itself_and_the_alarm_is_not_raised_again,
            pauses: a_pause_is_news_once_per_code,
            pauses: a_shorter_pause_does_not_cut_a_longer_one,
            pauses: the_end_of_one_cause_leaves_a_pause_for_another,
            pauses: resuming_names_the_code_once,
            pauses: the_next_due_instant_respects_a_pause,
            intents: an_intent_is_planned_once_and_found_as_it_stands,
            intents: sends_and_look_ups_are_counted,
            intents: a_send_that_never_left_is_planned_again,
            intents: a_done_intent_brings_its_links_in_the_same_commit,
            intents: a_refused_intent_keeps_its_code,
            intents: an_intent_that_was_never_planned_cannot_change,
            intents: an_intent_of_another_lane_is_not_handed_out,
            intents: a_look_that_went_through_settles_repeatable_writes_and_no_others,
            intents: writes_whose_outcome_is_not_known_are_listed_by_lane,
            intents: intents_of_two_connections_are_apart,
            ledger: links_are_replaced_by_their_key,
            ledger: links_come_back_to_the_digit,
            ledger: a_link_tells_its_lane,
            ledger: a_link_can_move_to_another_lane,
            ledger: parking_is_news_once_per_code,
            ledger: a_renewed_reason_keeps_its_date_and_a_new_one_does_not,
            ledger: unparking_is_news_once,
            ledger: parked_items_are_listed_by_connection_and_age,
            notifications: parking_and_its_end_are_told_once_each,
            notifications: another_code_is_told_and_other_words_are_not,
            notifications: a_message_that_waits_holds_back_those_of_its_item_alone,
            notifications: a_settled_message_stays_settled,
            notifications: nothing_is_told_of_a_refused_write,
            operations: calls_come_back_as_they_were_recorded,
            operations: calls_are_listed_from_an_instant_up_to_a_limit,
            operations: a_timeline_tells_everything_in_order_and_ends_with_what_comes_next,
            operations: a_timeline_includes_what_happened_before_the_sales_order_was_known,
            operations: a_timeline_includes_what_happened_before_the_order_of_a_document_was_known,
            operations: a_lane_at_work_or_paused_says_so,
            operations: the_backlog_is_counted,
            stock: readings_come_back_as_they_were_kept,
            stock: only_a_later_reading_replaces_what_is_kept,
            stock: an_absence_counts_once_per_instant,
            stock: an_absence_never_overrules_a_later_reading,
            stock: a_kept_reading_ends_an_absence_and_one_from_before_it_does_not,
            stock: known_stock_is_paged_and_counted_by_connection,
            stock: the_skus_of_thousands_are_known_in_one_call,
            stock: skus_that_share_their_units_find_each_other,
            stock: the_skus_of_inventory_items_are_remembered,
            stock: skus_are_looked_at_again_when_they_are_due,
            stock_runs: runs_are_replaced_by_their_id_and_listed_newest_first,
            stock_runs: report_rows_are_read_in_the_order_in_which_they_were_written,
            taken: orders_that_amazon_took_lately_are_known_with_their_units,
            taken: of_an_order_that_was_sent_anew_the_newest_counts,
            taken: orders_that_amazon_may_have_taken_are_known_whatever_their_age,
            stock: what_an_old_holder_remembers_of_stock_is_refused,
            stock: both_lanes_of_stock_are_claimed_with_their_asks_and_tell_what_happened,
            stock: every_operation_comes_back_by_its_word,
            trail: calls_keep_their_look_and_their_write,
            trail: the_trail_tells_calls_and_echoes_with_the_notices_that_led_to_them,
            trail: the_trail_is_told_from_an_instant_until_another_and_of_failures_alone,
            trail: the_trail_is_read_page_by_page_without_gap_or_repeat,
            trail: the_trail_of_an_order_includes_what_happened_before_it_was_known,
            trail: calls_are_read_in_the_order_in_which_they_were_recorded,
            urgency: more_urgent_lanes_are_taken_first,
            urgency: nothing_waits_for_ever_behind_urgent_work,
            urgency: a_lane_is_as_urgent_as_the_most_urgent_of_its_requests,
            urgency: a_lane_calms_down_when_its_urgent_requests_are_served,
            urgency: postponed_work_keeps_its_urgency_and_takes_that_of_what_came_meanwhile,
            urgency: an_ask_that_a_claim_carries_into_postponement_counts,
            urgency: urgency_is_weighed_within_a_connection_and_hides_nobody,
            urgency: the_next_due_instant_is_that_of_any_class_without_its_head_start,
            correlation: a_claim_names_the_notices_that_asked_each_once,
            correlation: postponed_work_keeps_its_notices_and_gets_those_that_came_meanwhile,
            correlation: what_a_look_asks_of_other_lanes_names_the_notices_of_the_look,
            correlation: a_changed_row_that_is_an_echo_marks_no_lane_and_its_version_is_known,
            correlation: our_writes_are_known_from_when_they_were_sent_to_when_they_were_settled,
            correlation: a_look_that_went_through_tells_when_a_write_was_settled,
            reconciliations: open_orders_are_paged_by_connection,
            reconciliations: only_sales_orders_are_open,
            reconciliations: a_reconciliation_begins_once_and_goes_on_as_it_stands,
            reconciliations: findings_are_counted_and_what_is_outstanding_is_named,
            reconciliations: every_outcome_of_a_finding_comes_back,
            reconciliations: the_last_completed_reconciliation_is_the_last_that_leaves_no_gap,
            reconciliations: what_an_old_holder_says_of_a_reconciliation_is_refused,
            sharing: slots_are_divided_fairly_and_given_back_before_they_are_handed_out,
            sharing: a_share_lapses_and_a_share_given_back_is_free_at_once,
            sharing: accounts_are_shared_apart,
            sharing: processes_that_ask_at_once_never_have_more_than_there_is,
            sharing: a_pace_spaces_calls_evenly_after_a_burst,
            sharing: a_pace_that_is_held_back_goes_on_without_a_burst,
            sharing: turns_that_are_taken_at_once_are_apart,
        }
    };
    ($open:path; $($module:ident: $case:ident),+ $(,)?) => { $(
        #[::tokio::test]
        async fn $case() {
            let (stores, _guard) = $open().await;
            $crate::conformance::$module::$case(&stores).await;
        }
    )+ };
}
