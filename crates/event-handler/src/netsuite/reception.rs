//! From a signed request to notices worth keeping.

use amz_domain::ConnectionName;
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{RecordChange, SignatureHeaders, SigningSecret};
use crate::amazon::envelope::object;
use crate::digest;
use crate::rejection::{Rejection, Rule};
use crate::text;

/// Longest `webhook-id` that is stored as it came, in bytes; longer ones are stored as their digest.
const MAX_ID_BYTES: usize = 180;

/// Most digits of an internal id.
const MAX_ROW_ID_DIGITS: usize = 18;

/// What a request held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// One event.
    Single(NewNotice),
    /// A list of events, each judged by itself, in the order of the request.
    Batch(Vec<Result<NewNotice, Rejection>>),
}

/// Makes notices of a signed request of the bundle.
///
/// The body is one event, or `{"events": [ … ]}`. The key of a single event is the `webhook-id`, that of an
/// event in a list `<webhook-id>/<its member id>`, which is what the bundle sends: rows of a list may be deleted
/// before it is repeated. Without such a member it is `<webhook-id>/<position>`, counted from 0, and the list must
/// be repeated unchanged or not at all.
///
/// # Errors
/// The rule that the request breaks as a whole: the signature's ([`SignatureHeaders::verify`]),
/// `body_not_json`, `body_not_object`, `events_missing`, and for a single event those of
/// [`RecordChange::parse`].
pub fn receive(
    connection: &ConnectionName,
    secrets: &[SigningSecret],
    headers: SignatureHeaders<'_>,
    body: &[u8],
    received_at: DateTime<Utc>,
) -> Result<Received, Rejection> {
    if secrets.is_empty() {
        return Err(Rule::NetsuiteEventsNotConfigured.broken("the connection has no signing secret"));
    }
    let id = headers.verify(secrets, body, received_at)?;
    let id =
        if text::is_plain(id, MAX_ID_BYTES) { id.to_owned() } else { digest::fingerprint(id.as_bytes()) };
    let document = object(body)?;
    let notice = |event: &Value, key: String, body: String| {
        RecordChange::parse(event).map(|change| NewNotice {
            connection: connection.clone(),
            source: NoticeSource::NetSuite,
            key,
            kind: change.kind(),
            body,
            received_at,
        })
    };
    let Some(events) = document.get("events") else {
        let verbatim =
            str::from_utf8(body).map_err(|_| Rule::BodyNotJson.broken("the body must be UTF-8"))?;
        return notice(&document, id, verbatim.to_owned()).map(Received::Single);
    };
    let events = events
        .as_array()
        .filter(|events| !events.is_empty())
        .ok_or_else(|| Rule::EventsMissing.broken("events must be a list with at least one event"))?;
    Ok(Received::Batch(
        events
            .iter()
            .enumerate()
            .map(|(position, event)| {
                let place = match text::member(event, "id").filter(|own| is_row_id(own)) {
                    Some(own) => format!("{id}/row-{own}"),
                    None => format!("{id}/{position}"),
                };
                notice(event, place, event.to_string())
            })
            .collect(),
    ))
}

/// True for an internal id of NetSuite.
fn is_row_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ROW_ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn received(body: &str) -> Result<Received, Rejection> {
        let secret =
            SigningSecret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into()).unwrap();
        let signature = secret.sign("msg_1", DateTime::UNIX_EPOCH, body.as_bytes());
        let headers = SignatureHeaders {
            id: Some(b"msg_1"),
            timestamp: Some(b"0"),
            signature: Some(signature.as_bytes()),
        };
        receive(&"main".into(), &[secret], headers, body.as_bytes(), DateTime::UNIX_EPOCH)
    }

    fn event(id: &str) -> Value {
        json!({"type": "salesOrder.edit", "data": {"recordType": "salesOrder", "id": id, "event": "edit"}})
    }

    #[test]
    fn single_event_is_kept_verbatim_under_the_webhook_id() {
        let body = format!(" {}", event("42"));
        let Ok(Received::Single(notice)) = received(&body) else { panic!("expected one notice") };
        assert_eq!((notice.key.as_str(), notice.kind.as_str()), ("msg_1", "salesOrder.edit"));
        assert_eq!((notice.source, notice.body), (NoticeSource::NetSuite, body));
    }

    #[test]
    fn events_of_a_list_are_judged_one_by_one_and_keyed_by_position() {
        let body = json!({"events": [event("42"), event("x"), event("43")]});
        let Ok(Received::Batch(events)) = received(&body.to_string()) else { panic!("expected a batch") };
        assert_eq!(events[0].as_ref().unwrap().key, "msg_1/0");
        assert_eq!(events[1].as_ref().unwrap_err().code, "record_id_unreadable");
        let last = events[2].as_ref().unwrap();
        assert_eq!(last.key, "msg_1/2");
        assert_eq!(serde_json::from_str::<Value>(&last.body).unwrap(), event("43"));
    }

    #[test]
    fn an_event_that_names_its_row_keeps_its_key_when_others_of_the_list_are_gone() {
        let row = |id: &str, own: &str| {
            let mut event = event(id);
            event["id"] = json!(own);
            event
        };
        let keys = |events: Vec<Value>| {
            let Ok(Received::Batch(events)) = received(&json!({"events": events}).to_string()) else {
                panic!("expected a batch")
            };
            events.into_iter().map(|event| event.unwrap().key).collect::<Vec<_>>()
        };
        let whole = keys(vec![row("42", "901"), row("43", "902"), row("44", "../3")]);
        assert_eq!(whole, ["msg_1/row-901", "msg_1/row-902", "msg_1/2"]);
        assert_eq!(keys(vec![row("43", "902")]), ["msg_1/row-902"]);
    }

    #[test]
    fn requests_without_events_are_refused() {
        let code = |body: &str| received(body).unwrap_err().code;
        assert_eq!(code("nonsense"), "body_not_json");
        assert_eq!(code("[]"), "body_not_object");
        assert_eq!(code("{}"), "event_not_object");
        assert_eq!(code(r#"{"events": []}"#), "events_missing");
        assert_eq!(code(r#"{"events": {}}"#), "events_missing");
    }

    #[test]
    fn signature_is_judged_before_the_body() {
        let secret =
            SigningSecret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into()).unwrap();
        let judged = |secrets: &[SigningSecret]| {
            receive(&"main".into(), secrets, SignatureHeaders::default(), b"{", DateTime::UNIX_EPOCH)
                .unwrap_err()
                .code
        };
        assert_eq!(judged(&[secret]), "signature_missing");
        assert_eq!(judged(&[]), "netsuite_events_not_configured");
    }
}
