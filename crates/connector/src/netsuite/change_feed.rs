//! What the change feeds of all record types have in common.
//!
//! Date-times in queries are texts in the zone of the integration user. Such texts go back by an hour when
//! summer time ends; the caller's overlap has to cover that hour.

use amz_services::failure::PortError;
use amz_services::ports::netsuite::FeedPosition;

use super::NetSuiteSettings;
use super::suiteql::{Query, Row, column};

/// A date-time in NetSuite's own fixed text form.
pub(super) fn instant_text(column: &str) -> String {
    format!("TO_CHAR({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS')")
}

/// The condition that a transaction was made on the first day or later, with its parameter.
pub(super) fn since_go_live(settings: &NetSuiteSettings) -> Option<(&'static str, String)> {
    let day = settings.go_live?.with_timezone(&settings.timezone).format("%Y-%m-%d %H:%M:%S");
    Some(("t.createddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')", day.to_string()))
}

/// A page by key: what changed at or after a position, oldest first. `text` is a query of `transaction t` up to its
/// last condition.
pub(super) fn page(
    settings: &NetSuiteSettings,
    operation: &'static str,
    mut text: String,
    mut parameters: Vec<String>,
    after: Option<&FeedPosition>,
) -> Query {
    after_position(&mut text, &mut parameters, after);
    text.push_str(" ORDER BY t.lastmodifieddate, t.id");
    Query { operation, text, parameters, limit: settings.page_size }
}

/// Goes on after a position, whatever stands in the query so far.
pub(super) fn after_position(text: &mut String, parameters: &mut Vec<String>, after: Option<&FeedPosition>) {
    if let Some(FeedPosition { modified, id }) = after {
        text.push_str(
            " AND (t.lastmodifieddate > TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') \
             OR (t.lastmodifieddate = TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') AND t.id > ?))",
        );
        let modified = modified.replacen('T', " ", 1);
        parameters.extend([modified.clone(), modified, id.clone()]);
    }
}

/// The place of a row with the columns `modified` and `id`.
pub(super) fn position(row: &Row, operation: &'static str) -> Result<FeedPosition, PortError> {
    Ok(FeedPosition {
        modified: column(row, "modified", operation)?.to_owned(),
        id: column(row, "id", operation)?.to_owned(),
    })
}
