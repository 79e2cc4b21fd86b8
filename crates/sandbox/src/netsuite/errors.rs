//! The error document of the record service and the query service.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;

/// Where in the request the fault sits; decides which member of the error detail names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// JSON path into the request body, for example `item.items[0].item`.
    Body(String),
    /// Segment of the URL.
    Url(String),
    /// Name of a request header.
    Header(&'static str),
    /// Name of a query parameter.
    Query(String),
}

/// A request that NetSuite refuses, with what it tells the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status of the answer.
    pub(crate) status: StatusCode,
    /// `o:errorCode`.
    pub(crate) code: String,
    /// Text for people.
    pub(crate) detail: String,
    /// Where the fault sits, when one place can be named.
    pub(crate) place: Option<Place>,
}

impl Refusal {
    /// A refusal that names no place in the request.
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), place: None }
    }

    /// Adds the place in the request.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// A bad value or name in the body.
    pub(crate) fn content(detail: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_CONTENT", detail).at(Place::Body(path.into()))
    }

    /// A request that is malformed as a whole.
    pub(crate) fn request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
    }

    /// A bad query parameter.
    pub(crate) fn parameter(detail: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail).at(Place::Query(name.into()))
    }

    /// A business rule says no.
    pub(crate) fn rule(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "USER_ERROR", detail)
    }

    /// No such record, or not of this type.
    pub(crate) fn absent(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NONEXISTENT_ID", detail)
    }

    /// A login that failed. The caller never learns why.
    pub(crate) fn login() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_LOGIN", "Invalid login attempt.")
    }

    /// The method does not exist for this address.
    pub(crate) fn method() -> Self {
        let detail = "This operation is not allowed for this resource.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
    }

    /// The answer that carries this refusal.
    pub(crate) fn answer(&self) -> Answer {
        let mut detail = json!({"detail": self.detail, "o:errorCode": self.code});
        let named = match &self.place {
            None => None,
            Some(Place::Body(path)) => Some(("o:errorPath", path.clone())),
            Some(Place::Url(path)) => Some(("o:urlPath", path.clone())),
            Some(Place::Header(name)) => Some(("o:errorHeader", (*name).to_owned())),
            Some(Place::Query(name)) => Some(("o:errorQueryParam", name.clone())),
        };
        if let (Some((member, value)), Some(members)) = (named, detail.as_object_mut()) {
            members.insert(member.to_owned(), Value::String(value));
        }
        let document = json!({
            "type": reason_page(self.status),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "o:errorDetails": [detail],
        });
        let answer = Answer::json(self.status, &document)
            .header("content-type", "application/vnd.oracle.resource+json; type=error");
        if self.status == StatusCode::UNAUTHORIZED {
            return answer.header(
                "www-authenticate",
                r#"Bearer realm="netsuite", error="invalid_token", error_description="Invalid login attempt.""#,
            );
        }
        answer
    }
}

/// The refusal of a request for which no slot is free.
///
/// NetSuite's own sample of this body lacks a comma and is titled "Bad Request"; a client that parses it
/// before looking at the status fails, so this one lacks the comma too.
pub(crate) fn no_free_slot() -> Answer {
    let body = concat!(
        "{\"type\": \"https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html\",\n",
        "\"title\": \"Bad Request\",\n\"status\": 429\n",
        "\"o:errorDetails\": [{\"detail\": \"Concurrent request limit exceeded. Request blocked.\",\n",
        "\"o:errorCode\": \"CONCURRENCY_LIMIT_EXCEEDED\"}]}"
    );
    Answer::new(StatusCode::TOO_MANY_REQUESTS)
        .header("content-type", "application/vnd.oracle.resource+json; type=error")
        .body(body.as_bytes().to_vec())
}

fn reason_page(status: StatusCode) -> String {
    let section = match status.as_u16() {
        code @ 400..=417 => format!("10.4.{}", code - 399),
        code @ 500..=505 => format!("10.5.{}", code - 499),
        _ => "10".to_owned(),
    };
    format!("https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec{section}")
}
