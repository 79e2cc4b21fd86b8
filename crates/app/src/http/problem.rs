//! Problem documents (RFC 9457).

use amz_event_handler::{Rejection, Rule};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// When to come again after we could not store, in seconds.
const RETRY_AFTER_SECONDS: &str = "5";

/// A refusal as an answer.
pub(super) struct Problem(pub(super) Rejection);

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        response(&self.0, document(&self.0))
    }
}

/// The document of a refusal.
pub(super) fn document(rejection: &Rejection) -> Value {
    let Rejection { rule: _, code, status, title, detail } = rejection;
    json!({
        "type": format!("urn:amz-accelerator:problem:{code}"),
        "title": title, "status": status, "detail": detail, "code": code,
    })
}

/// The answer of a refusal whose document may have been added to.
pub(super) fn response(rejection: &Rejection, document: Value) -> Response {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, document.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if matches!(rejection.rule, Rule::StoreUnavailable | Rule::NotReady) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    response
}
