//! The RESTlet of the accelerator's bundle: what the record service cannot do.
//!
//! It lies at `/app/site/hosting/restlet.nl`, with script and deployment as query parameters. Errors come in the format
//! that the request's content type asks for.

mod actions;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::errors::Refusal;
use super::handle::NetSuite;
use super::service::State;
use crate::LookAlike;
use crate::exchange::Manners;

/// Where all RESTlets lie.
pub(crate) const PATH: &str = "/app/site/hosting/restlet.nl";

/// Script and deployment, each by script id and by number.
const SCRIPT: [&str; 2] = ["customscript_amz_rt_event_entry", "1001"];
const DEPLOYMENT: [&str; 2] = ["customdeploy_amz_rt_event_entry", "1"];

/// An error of a RESTlet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    status: StatusCode,
    code: String,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// What the script throws.
    fn thrown(code: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: code.to_owned(), message: message.into() }
    }
}

impl From<Refusal> for Failure {
    /// Nothing catches what the record module throws, so that all of it is HTTP 400.
    fn from(refusal: Refusal) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: refusal.code, message: refusal.detail }
    }
}

/// Formats of bodies that a RESTlet takes; names are case sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Text,
}

fn format(call: &Call) -> Option<Format> {
    match call.header("content-type")?.split(';').next()?.trim() {
        "application/json" => Some(Format::Json),
        "text/plain" => Some(Format::Text),
        _ => None,
    }
}

/// Whether this request goes to a RESTlet.
pub(crate) fn is_restlet(call: &Call) -> bool {
    call.path.ends_with(PATH)
}

/// Name of the operation: `restlet.` and the action.
pub(crate) fn operation(call: &Call) -> String {
    let body: Option<Value> = serde_json::from_slice(&call.body).ok();
    let action = body.as_ref().and_then(|body| body.get("action")).and_then(Value::as_str);
    action.map_or_else(|| "restlet".to_owned(), |action| format!("restlet.{action}"))
}

/// Answers a request to a RESTlet.
pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match respond(state, call) {
        Ok(document) => Answer::json(StatusCode::OK, &document).header("content-type", "application/json"),
        Err(failure) => failed(&failure, format(call).unwrap_or(Format::Text)),
    }
}

fn failed(Failure { status, code, message }: &Failure, format: Format) -> Answer {
    match format {
        Format::Json => Answer::json(*status, &json!({"error": {"code": code, "message": message}}))
            .header("content-type", "application/json"),
        Format::Text => Answer::new(*status)
            .header("content-type", "text/plain")
            .body(format!("error code: {code}\nerror message: {message}").into_bytes()),
    }
}

fn respond(state: &mut State, call: &Call) -> Result<Value, Failure> {
    let State { books, logins } = state;
    logins.check(&books.settings, call, "restlets").map_err(|_| login_refused())?;
    let named = |parameter: &str, known: [&str; 2]| {
        call.parameter(parameter).is_some_and(|given| known.contains(&given.as_str()))
    };
    if !books.settings.restlet_deployed || !named("script", SCRIPT) || !named("deploy", DEPLOYMENT) {
        let message = "That Suitelet is invalid, disabled, or no longer exists.";
        return Err(Failure::new(StatusCode::NOT_FOUND, "SSS_INVALID_SCRIPTLET_ID", message));
    }
    if call.method != Method::POST {
        if !call.body.is_empty() {
            return Err(Failure::thrown("INVALID_REQUEST", "This method takes no body."));
        }
        let message = "The script has no function for this method.";
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "INVALID_METHOD", message));
    }
    let format = format(call).ok_or_else(|| {
        let message = "The content type is missing or not supported.";
        Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    })?;
    let request = match format {
        Format::Json => serde_json::from_slice(&call.body)
            .map_err(|_| Failure::thrown("SYNTAX_ERROR", "The request body is not valid JSON."))?,
        Format::Text => Value::String(String::from_utf8_lossy(&call.body).into_owned()),
    };
    actions::carry_out(books, &request, call.now)
}

fn login_refused() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.")
}

fn too_many() -> Answer {
    let message = "Request limit exceeded. Try again later.";
    failed(&Failure::thrown("SSS_REQUEST_LIMIT_EXCEEDED", message), Format::Json)
}

/// The answer to a request for which no slot is free.
pub(crate) fn no_free_slot() -> Answer {
    too_many()
}

/// How RESTlets word the failures that the fault script asks for.
pub(crate) struct RestletManners<'n>(pub(crate) &'n NetSuite);

impl Manners for RestletManners<'_> {
    fn too_many_requests(&self, _retry_after_s: Option<u64>) -> Response {
        too_many().into_response()
    }

    fn server_error(&self) -> Response {
        let message = "An unexpected error occurred. Error ID: sandbox00000000000001";
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "UNEXPECTED_ERROR", message);
        failed(&failure, Format::Json).into_response()
    }

    fn login_refused(&self) -> Response {
        failed(&login_refused(), Format::Json).into_response()
    }

    fn throttle_look_alike(&self, look_alike: LookAlike) -> Response {
        let code = match look_alike {
            LookAlike::ConcurrencyWithBadRequest => "CONCURRENCY_LIMIT_EXCEEDED",
            LookAlike::RequestLimitWithBadRequest => "SSS_REQUEST_LIMIT_EXCEEDED",
            LookAlike::UnreadableBody => return self.0.throttle_look_alike(look_alike),
        };
        failed(&Failure::thrown(code, "Request blocked."), Format::Json).into_response()
    }

    fn revoke_presented_token(&self, parts: &axum::http::request::Parts) -> Option<Response> {
        self.0.revoke_presented_token(parts)?;
        Some(self.login_refused())
    }
}

impl NetSuite {
    /// Deploys the RESTlet, or takes it away: it is not found then.
    pub fn deploy_restlet(&self, deployed: bool) {
        self.change_settings(|settings| settings.restlet_deployed = deployed);
    }
}
