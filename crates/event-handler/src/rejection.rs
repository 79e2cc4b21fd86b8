//! Why something that came in was refused.
//!
//! Codes are stable: callers and alarms may rely on them. Wording and detail are not.
//!
//! | code | status | refused because |
//! | --- | --- | --- |
//! | `unknown_connection` | 404 | the path names no configured connection |
//! | `netsuite_events_not_configured` | 404 | the connection has no signing secret for NetSuite's notices |
//! | `route_not_found` | 404 | there is nothing at this path |
//! | `method_not_allowed` | 405 | the path takes another method |
//! | `body_too_large` | 413 | the body exceeds `max_body_bytes` |
//! | `body_unreadable` | 400 | the body broke off |
//! | `body_not_json` | 400 | the body is not JSON |
//! | `body_not_object` | 400 | the body is JSON, but not an object |
//! | `credentials_missing` | 401 | no credentials were presented |
//! | `credentials_refused` | 401 | the credentials are not the expected ones |
//! | `token_expired` | 401 | the token was ours and its time is over |
//! | `signature_missing` | 401 | `webhook-id` or `webhook-signature` is missing |
//! | `signature_refused` | 401 | no signature fits body, id, time and secret |
//! | `timestamp_missing` | 401 | `webhook-timestamp` is missing |
//! | `timestamp_unreadable` | 401 | `webhook-timestamp` is not in seconds since 1970 |
//! | `timestamp_too_old` | 401 | the notice was signed too long ago |
//! | `timestamp_in_future` | 401 | the notice was signed too far ahead of our clock |
//! | `event_type_missing` | 422 | the event does not say what it is about |
//! | `event_type_unreadable` | 422 | the event type is not short plain text |
//! | `resources_missing` | 422 | an event that is about an order or a tracker names none |
//! | `resource_unreadable` | 422 | none of the resource paths names what the event is about |
//! | `foreign_business_product` | 403 | the event belongs to another business product |
//! | `events_missing` | 422 | `events` is not a list with members |
//! | `event_not_object` | 422 | an event is not an object, or has no object `data` |
//! | `record_type_missing` | 422 | the notice names no record type |
//! | `record_type_unreadable` | 422 | the record type is not short plain text |
//! | `record_id_missing` | 422 | the notice names no record |
//! | `record_id_unreadable` | 422 | the record id is not a NetSuite internal id |
//! | `events_refused` | 422 | not one event of a batch could be accepted |
//! | `command_unreadable` | 422 | an operator's command is not one |
//! | `key_reused` | 409 | the idempotency key is known with another body |
//! | `store_unavailable` | 503 | nothing could be stored; send it again later |
//! | `not_ready` | 503 | the service does not take work at the moment |

/// A rule that input must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each rule is described in the table of this module, by its code")]
pub enum Rule {
    UnknownConnection,
    NetsuiteEventsNotConfigured,
    RouteNotFound,
    MethodNotAllowed,
    BodyTooLarge,
    BodyUnreadable,
    BodyNotJson,
    BodyNotObject,
    CredentialsMissing,
    CredentialsRefused,
    TokenExpired,
    SignatureMissing,
    SignatureRefused,
    TimestampMissing,
    TimestampUnreadable,
    TimestampTooOld,
    TimestampInFuture,
    EventTypeMissing,
    EventTypeUnreadable,
    ResourcesMissing,
    ResourceUnreadable,
    ForeignBusinessProduct,
    EventsMissing,
    EventNotObject,
    RecordTypeMissing,
    RecordTypeUnreadable,
    RecordIdMissing,
    RecordIdUnreadable,
    EventsRefused,
    CommandUnreadable,
    KeyReused,
    StoreUnavailable,
    NotReady,
}

impl Rule {
    /// Every rule, in the order of the table.
    pub const ALL: [Self; 33] = [
        Self::UnknownConnection,
        Self::NetsuiteEventsNotConfigured,
        Self::RouteNotFound,
        Self::MethodNotAllowed,
        Self::BodyTooLarge,
        Self::BodyUnreadable,
        Self::BodyNotJson,
        Self::BodyNotObject,
        Self::CredentialsMissing,
        Self::CredentialsRefused,
        Self::TokenExpired,
        Self::SignatureMissing,
        Self::SignatureRefused,
        Self::TimestampMissing,
        Self::TimestampUnreadable,
        Self::TimestampTooOld,
        Self::TimestampInFuture,
        Self::EventTypeMissing,
        Self::EventTypeUnreadable,
        Self::ResourcesMissing,
        Self::ResourceUnreadable,
        Self::ForeignBusinessProduct,
        Self::EventsMissing,
        Self::EventNotObject,
        Self::RecordTypeMissing,
        Self::RecordTypeUnreadable,
        Self::RecordIdMissing,
        Self::RecordIdUnreadable,
        Self::EventsRefused,
        Self::CommandUnreadable,
        Self::KeyReused,
        Self::StoreUnavailable,
        Self::NotReady,
    ];

    /// Stable code, HTTP status and title of the rule.
    fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::UnknownConnection => ("unknown_connection", 404, "Unknown connection"),
            Self::NetsuiteEventsNotConfigured => {
                ("netsuite_events_not_configured", 404, "NetSuite events are not configured")
            }
            Self::RouteNotFound => ("route_not_found", 404, "Nothing here"),
            Self::MethodNotAllowed => ("method_not_allowed", 405, "Method not allowed"),
            Self::BodyTooLarge => ("body_too_large", 413, "Body too large"),
            Self::BodyUnreadable => ("body_unreadable", 400, "Body unreadable"),
            Self::BodyNotJson => ("body_not_json", 400, "Body is not JSON"),
            Self::BodyNotObject => ("body_not_object", 400, "Body is not a JSON object"),
            Self::CredentialsMissing => ("credentials_missing", 401, "Credentials missing"),
            Self::CredentialsRefused => ("credentials_refused", 401, "Credentials refused"),
            Self::TokenExpired => ("token_expired", 401, "Token expired"),
            Self::SignatureMissing => ("signature_missing", 401, "Signature missing"),
            Self::SignatureRefused => ("signature_refused", 401, "Signature refused"),
            Self::TimestampMissing => ("timestamp_missing", 401, "Timestamp missing"),
            Self::TimestampUnreadable => ("timestamp_unreadable", 401, "Timestamp unreadable"),
            Self::TimestampTooOld => ("timestamp_too_old", 401, "Timestamp too old"),
            Self::TimestampInFuture => ("timestamp_in_future", 401, "Timestamp in the future"),
            Self::EventTypeMissing => ("event_type_missing", 422, "Event type missing"),
            Self::EventTypeUnreadable => ("event_type_unreadable", 422, "Event type unreadable"),
            Self::ResourcesMissing => ("resources_missing", 422, "Resources missing"),
            Self::ResourceUnreadable => ("resource_unreadable", 422, "Resource unreadable"),
            Self::ForeignBusinessProduct => {
                ("foreign_business_product", 403, "Event of another business product")
            }
            Self::EventsMissing => ("events_missing", 422, "Events missing"),
            Self::EventNotObject => ("event_not_object", 422, "Event is not an object"),
            Self::RecordTypeMissing => ("record_type_missing", 422, "Record type missing"),
            Self::RecordTypeUnreadable => ("record_type_unreadable", 422, "Record type unreadable"),
            Self::RecordIdMissing => ("record_id_missing", 422, "Record id missing"),
            Self::RecordIdUnreadable => ("record_id_unreadable", 422, "Record id unreadable"),
            Self::EventsRefused => ("events_refused", 422, "All events refused"),
            Self::CommandUnreadable => ("command_unreadable", 422, "Command unreadable"),
            Self::KeyReused => ("key_reused", 409, "Idempotency key reused"),
            Self::StoreUnavailable => ("store_unavailable", 503, "Store unavailable"),
            Self::NotReady => ("not_ready", 503, "Not ready"),
        }
    }

    /// Stable code in snake case.
    pub fn code(self) -> &'static str {
        self.parts().0
    }

    /// HTTP status to answer with.
    pub fn status(self) -> u16 {
        self.parts().1
    }

    /// A refusal by this rule. The detail is for the sender's developers: it names what was expected and
    /// never repeats a secret or what was presented as one.
    pub fn broken(self, detail: impl Into<String>) -> Rejection {
        let (code, status, title) = self.parts();
        Rejection { rule: self, code, status, title, detail: detail.into() }
    }
}

/// A refusal, as it goes into a problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{title}: {detail} [{code}]")]
pub struct Rejection {
    /// The rule that was not met.
    pub rule: Rule,
    /// Stable code, in snake case.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What went wrong, the same for every refusal of this code.
    pub title: &'static str,
    /// What went wrong this time; free of secrets.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_described_with_its_status() {
        let table: Vec<&str> =
            include_str!("rejection.rs").lines().filter(|line| line.starts_with("//! | `")).collect();
        assert_eq!(table.len(), Rule::ALL.len());
        for (rule, row) in Rule::ALL.into_iter().zip(table) {
            let expected = format!("//! | `{}` | {} | ", rule.code(), rule.status());
            assert!(row.starts_with(&expected), "{row} should start with {expected}");
        }
        let mut codes: Vec<_> = Rule::ALL.into_iter().map(Rule::code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Rule::ALL.len());
    }
}
