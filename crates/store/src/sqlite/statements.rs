//! Statements that this database writes differently. A list is given as JSON.

/// The code of a pause. Nobody else writes the file.
pub(super) const CODE_OF_PAUSE: &str = "select code from pauses where connection = $1";

/// What is known of listed SKUs.
pub(super) const KNOWN: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 and sku in (select value from json_each($2)) order by sku";

/// What is known of the SKUs of listed fulfillment SKUs. The `+` keeps the planner from walking
/// all SKUs to save itself the sorting.
pub(super) const SHARING: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 and fulfillment_sku in (select value from json_each($2))
    and fulfillment_sku is not null order by +sku";

/// The SKUs of listed inventory items.
pub(super) const SKUS_OF: &str = "
    select item, sku from stock_item_skus
    where connection = $1 and item in (select value from json_each($2)) order by item";

/// Writes a message with a name of its own.
pub(super) const TELL: &str = "
    insert into notifications (message, kind, happened_at, connection, lane, subject, code, cause, hint,
    who, parked_since, due_at)
    values ('msg_' || lower(hex(randomblob(16))), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $2)";

/// Writes down a call.
pub(super) const RECORD: &str = "
    insert into calls (connection, lane, vendor, operation, method, path, attempt, started_at, duration_ms,
    status, outcome, code, request, response, job, intent)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// Deletes up to `$2` rows of a log; `old` says which, in the order in which they go.
pub(super) fn delete(log: &str, key: &[&str], old: &str) -> String {
    let of_old: Vec<String> = key.iter().map(|column| format!("old.{column}")).collect();
    let (key, of_old) = (key.join(", "), of_old.join(", "));
    format!("delete from {log} where ({key}) in (select {of_old} from {log} as old {old} limit $2)")
}
