//! What the addresses for events have in common: finding the connection, storing, counting and logging.

use amz_domain::ConnectionName;
use amz_event_handler::{Rejection, Rule};
use amz_services::ports::inbox::{NewNotice, NoticeSource, Receipt};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};

use super::{ConnectionAccess, WebhookState, counters};

/// The connection segment of an address.
pub(super) type ConnectionPath = Result<Path<String>, PathRejection>;

/// The configured connection of an address.
///
/// # Errors
/// `unknown_connection`.
pub(super) fn connection(
    state: &WebhookState,
    path: ConnectionPath,
) -> Result<(&ConnectionName, &ConnectionAccess), Rejection> {
    path.ok()
        .and_then(|Path(name)| state.connections.get_key_value(&ConnectionName::from(name)))
        .ok_or_else(|| Rule::UnknownConnection.broken("no connection of this name is configured"))
}

/// The one value of a header. A header that is given twice has none: which of them to believe would be a
/// guess.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// The `Authorization` header. One that is given twice must not count as one that is not there.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&[u8]> {
    headers.contains_key(AUTHORIZATION).then(|| only(headers, &AUTHORIZATION).unwrap_or(b"ambiguous"))
}

/// Makes one notice durable, counts and logs it. Answers how it ended.
///
/// # Errors
/// `store_unavailable`, `key_reused`.
pub(super) async fn store_one(
    state: &WebhookState,
    connection: &ConnectionName,
    notice: NewNotice,
) -> Result<&'static str, Rejection> {
    let source = notice.source;
    let traced = Traced::of(&notice);
    let ending = store(state, vec![notice])
        .await
        .and_then(|receipts| outcome(receipts.first().copied().unwrap_or(Receipt::Stored)));
    traced.ended(connection, source, &ending);
    ending
}

/// Makes notices durable, and wakes whoever works on new ones. The receipts are in the notices' order.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn store(state: &WebhookState, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, Rejection> {
    let wanted = notices.len();
    let receipts = state.inbox.receive(notices).await.map_err(|error| {
        tracing::error!(error = %error, "notices could not be stored");
        Rule::StoreUnavailable.broken("nothing was stored: send it again later")
    })?;
    if receipts.contains(&Receipt::Stored) {
        state.stored.notify_one();
    }
    if receipts.len() != wanted {
        tracing::error!(wanted, got = receipts.len(), "the inbox did not answer for every notice");
        return Err(Rule::StoreUnavailable.broken("not everything was stored: send it again later"));
    }
    Ok(receipts)
}

/// The outcome of a receipt, in words for answer, counter and log.
///
/// # Errors
/// `key_reused`: a second body under a known key is neither a repeat nor storable. It is refused, so that the
/// sender's alarms ring too; the order itself is looked at on the next sweep.
pub(super) fn outcome(receipt: Receipt) -> Result<&'static str, Rejection> {
    match receipt {
        Receipt::Stored => Ok("stored"),
        Receipt::Duplicate => Ok("duplicate"),
        Receipt::KeyReused => Err(Rule::KeyReused.broken("the key is known with another body")),
    }
}

/// A notice on its way through the house: what to log of it.
pub(super) struct Traced {
    kind: String,
    key: String,
}

impl Traced {
    pub(super) fn of(notice: &NewNotice) -> Self {
        Self { kind: notice.kind.clone(), key: notice.key.clone() }
    }

    /// Counts and logs how the notice ended.
    pub(super) fn ended(
        &self,
        connection: &ConnectionName,
        source: NoticeSource,
        result: &Result<&'static str, Rejection>,
    ) {
        let Self { kind, key } = self;
        match result {
            Ok(outcome) => {
                counters::notice(connection.as_str(), source.as_str(), outcome);
                tracing::info!(%connection, source = source.as_str(), kind, key, outcome, "notice received");
            }
            Err(rejection) => {
                counters::notice(connection.as_str(), source.as_str(), rejection.code);
                tracing::error!(%connection, source = source.as_str(), kind, key,
                    code = rejection.code, "notice not kept");
            }
        }
    }
}

/// Counts and logs something that did not become a notice.
pub(super) fn refused(connection: &str, source: NoticeSource, rejection: &Rejection) {
    counters::notice(connection, source.as_str(), rejection.code);
    tracing::warn!(
        connection,
        source = source.as_str(),
        code = rejection.code,
        detail = rejection.detail,
        "event refused"
    );
}
