//! Statements that this database writes differently. A list is given as JSON.
//!
//! Lists become arrays first: then an index is stepped into once for each of them, whatever the planner thinks of how
//! many there are.

/// The code of a pause, whose row is locked.
pub(super) const CODE_OF_PAUSE: &str = "select code from pauses where connection = $1 for update";

/// What is known of listed SKUs.
pub(super) const KNOWN: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 and sku = any (array(select jsonb_array_elements_text(cast($2 as jsonb)))) order by sku";

/// What is known of the SKUs of listed fulfillment SKUs.
pub(super) const SHARING: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 and fulfillment_sku = any (array(select jsonb_array_elements_text(cast($2 as jsonb))))
    and fulfillment_sku is not null order by sku";

/// The SKUs of listed inventory items.
pub(super) const SKUS_OF: &str = "
    select item, sku from stock_item_skus
    where connection = $1 and item = any (array(select jsonb_array_elements_text(cast($2 as jsonb)))) order by item";

/// Writes a message with a name of its own.
pub(super) const TELL: &str = "
    insert into notifications (message, kind, happened_at, connection, lane, subject, code, cause, hint,
    who, parked_since, due_at)
    values ('msg_' || replace(cast(gen_random_uuid() as text), '-', ''), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $2)";

/// Writes down a call; for the lock see [`super::numbering`].
pub(super) const RECORD: &str = "
    with numbering as materialized (select pg_advisory_xact_lock_shared(hashtextextended($1, 0)))
    insert into calls (connection, lane, vendor, operation, method, path, attempt, started_at, duration_ms,
    status, outcome, code, request, response, job, intent)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
    from numbering";

/// Deletes up to `$2` rows of a log; `old` says which, in the order in which they go. They are found again by their
/// place: by key, the planner may well read the whole log to find a few rows in it.
pub(super) fn delete(log: &str, _key: &[&str], old: &str) -> String {
    format!("delete from {log} where ctid = any (array(select old.ctid from {log} as old {old} limit $2))")
}
