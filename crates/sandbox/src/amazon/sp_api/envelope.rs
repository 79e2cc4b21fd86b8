//! Answers of the Selling Partner API: a status, headers by status, and `errors` in one shape.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use super::SpApiState;

const RATE: HeaderName = HeaderName::from_static("x-amzn-ratelimit-limit");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// A status with what is said about it.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    body: Body,
    error_type: Option<&'static str>,
}

#[derive(Debug)]
enum Body {
    Json(Json),
    Html(&'static str),
}

pub(super) fn success(document: Json) -> Answer {
    Answer { status: 200, body: Body::Json(document), error_type: None }
}

fn refusal(
    status: u16,
    code: &str,
    message: &str,
    details: &str,
    error_type: Option<&'static str>,
) -> Answer {
    let errors = json!({ "errors": [{ "code": code, "message": message, "details": details }] });
    Answer { status, body: Body::Json(errors), error_type }
}

pub(super) fn invalid_input(message: &str) -> Answer {
    refusal(400, "InvalidInput", message, "", Some("InvalidInputException"))
}

pub(super) fn throttled() -> Answer {
    let message = "You exceeded your quota for the requested resource.";
    refusal(429, "QuotaExceeded", message, "", Some("TooManyRequestsException"))
}

pub(super) fn unknown_path() -> Answer {
    refusal(404, "NotFound", "The requested resource does not exist.", "", Some("NotFoundException"))
}

/// The explanation of a 403 stands now in one field, now in the other.
fn denied(code: &str, text: &str, in_message: bool) -> Answer {
    let denied = "Access to requested resource is denied.";
    let (message, details) = if in_message { (text, "") } else { (denied, text) };
    refusal(403, code, message, details, Some("AccessDeniedException"))
}

pub(super) fn expired_token(in_message: bool) -> Answer {
    denied("Unauthorized", "The access token you provided has expired.", in_message)
}

pub(super) fn missing_token(in_message: bool) -> Answer {
    denied("MissingAuthenticationToken", "The access token is missing in the request header.", in_message)
}

pub(super) fn unknown_token(in_message: bool) -> Answer {
    denied("Unauthorized", "The access token you provided is revoked, malformed or invalid.", in_message)
}

pub(super) fn denied_resource() -> Answer {
    denied("Unauthorized", "", false)
}

/// A scripted failure, worded as usual for its status.
pub(super) fn of_status(status: u16) -> Answer {
    match status {
        400 => invalid_input("The request is invalid."),
        403 => denied_resource(),
        404 => unknown_path(),
        429 => throttled(),
        503 => Answer {
            status,
            body: Body::Html("<html><body><h1>503 Service Unavailable</h1></body></html>"),
            error_type: None,
        },
        504 => refusal(status, "GatewayTimeout", "The gateway timed out.", "", None),
        _ => refusal(status, "InternalFailure", "We encountered an internal error.", "", None),
    }
}

/// An answer on its way out.
#[derive(Debug)]
pub(super) struct Enveloped {
    answer: Answer,
    request_id: String,
    rate_per_s: u32,
}

impl SpApiState {
    /// Puts the headers to an answer: an id on all, the rate on those that show it.
    pub(super) fn envelope(&mut self, answer: Answer) -> Enveloped {
        self.answers += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.answers);
        Enveloped { answer, request_id, rate_per_s: self.habits.rate_per_s }
    }
}

impl IntoResponse for Enveloped {
    fn into_response(self) -> Response {
        let Self { answer: Answer { status, body, error_type }, request_id, rate_per_s } = self;
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match body {
            Body::Json(document) => (code, axum::Json(document)).into_response(),
            Body::Html(text) => (code, [(header::CONTENT_TYPE, "text/html")], text).into_response(),
        };
        let headers = response.headers_mut();
        let mut add = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        add(REQUEST_ID, &request_id);
        if let Some(error_type) = error_type {
            add(ERROR_TYPE, error_type);
        }
        if matches!(status, 200 | 400 | 404) {
            add(RATE, &format!("{rate_per_s}.0"));
        }
        response
    }
}
