//! What the webhook role counts.

use metrics::counter;

/// Label of a connection that is not configured: what a stranger writes into an address must not grow the
/// number of series.
pub(super) const UNKNOWN: &str = "unknown";

/// One more notice of `source` ended as `outcome`: `stored`, `duplicate` or the code of its refusal.
pub(super) fn notice(connection: &str, source: &'static str, outcome: &'static str) {
    counter!("amz_notices_received_total",
        "connection" => connection.to_owned(), "source" => source, "outcome" => outcome)
    .increment(1);
}

/// One more token request ended as `outcome`: `granted` or an error code.
pub(super) fn token(connection: &str, outcome: &'static str) {
    counter!("amz_token_requests_total", "connection" => connection.to_owned(), "outcome" => outcome)
        .increment(1);
}
