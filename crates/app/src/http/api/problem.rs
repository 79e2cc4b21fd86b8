//! Problem documents (RFC 9457) of the API.
//!
//! | code | status | refused because |
//! | --- | --- | --- |
//! | `credentials_missing`, `credentials_refused` | 401 | no token was presented, or none of ours |
//! | `role_insufficient` | 403 | the token's role does not allow it |
//! | `unknown_connection` | 404 | the path names no configured connection |
//! | `unknown_version` | 404 | there is no such version |
//! | `query_unreadable`, `version_unreadable` | 400 | a parameter or `If-Match` cannot be read |
//! | `key_fixed_by_environment` | 409 | an environment variable sets every key that was refused |
//! | `settings_changed_meanwhile` | 412 | the version that the caller saw is not the latest |
//! | `key_not_changeable` | 422 | no key that was refused can be set at run time |
//! | `settings_refused` | 422 | the settings would be faulty; `faults` names everything that is wrong |
//! | `settings_faulty` | 409 | what was set earlier does not fit the configuration any more |
//! | `changes_missing`, `changes_unreadable` | 422 | no change is named, or the body is not a change |
//! | `words_too_long` | 422 | the note is too long |
//! | `body_too_large`, `body_unreadable`, `body_not_json` | 413, 400 | as for events |
//! | `store_unavailable` | 503 | nothing was stored; send it again later |

use amz_event_handler::{Rejection, Rule};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::problem;
use crate::live_settings::SettingsError;
use crate::settings::{ApiRole, Fault, FaultCode};

/// Why a request of the API is refused.
#[derive(Debug)]
pub(super) enum ApiProblem {
    /// For a reason that other paths know too.
    Rejected(Rejection),
    /// The token's role does not allow it.
    RoleInsufficient { needed: ApiRole },
    /// A parameter cannot be read.
    Query(&'static str),
    /// `If-Match` cannot be read, or contradicts the body.
    Version,
    /// The body is not a change.
    Changes(String),
    /// The settings would be faulty.
    Settings(SettingsError),
    /// The settings in effect cannot be shown.
    InEffect(SettingsError),
}

impl From<Rejection> for ApiProblem {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// What a problem document says.
struct Parts {
    code: &'static str,
    status: u16,
    title: &'static str,
    detail: String,
    /// Members of its own.
    more: Vec<(&'static str, Value)>,
}

impl Parts {
    fn new(code: &'static str, status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { code, status, title, detail: detail.into(), more: Vec::new() }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let parts = match self {
            Self::Rejected(rejection) => return rejected(&rejection),
            Self::RoleInsufficient { needed } => {
                let needed = match needed {
                    ApiRole::Viewer => "viewer",
                    ApiRole::Operator => "operator",
                    ApiRole::Admin => "admin",
                };
                Parts::new("role_insufficient", 403, "Not allowed", format!("this takes the role {needed}"))
            }
            Self::Query(detail) => Parts::new("query_unreadable", 400, "Query unreadable", detail),
            Self::Version => {
                let detail = "the version is the ETag of the settings, in If-Match or as `version` in the body; both \
                              must say the same";
                Parts::new("version_unreadable", 400, "Version unreadable", detail)
            }
            Self::Changes(detail) => Parts::new("changes_unreadable", 422, "Not a change", detail),
            Self::InEffect(SettingsError::Faults(faults)) => {
                let detail = "what was set at run time does not fit the configuration any more";
                let mut parts = Parts::new("settings_faulty", 409, "Settings faulty", detail);
                parts.more.push(("faults", json!(faults.faults())));
                parts
            }
            Self::InEffect(error) | Self::Settings(error) => match of_settings(error) {
                Ok(parts) => parts,
                Err(rejection) => return rejected(&rejection),
            },
        };
        response(parts)
    }
}

fn of_settings(error: SettingsError) -> Result<Parts, Rejection> {
    let detail = error.to_string();
    Ok(match error {
        SettingsError::UnknownConnection => return Err(Rule::UnknownConnection.broken(detail)),
        SettingsError::UnknownVersion(_) => Parts::new("unknown_version", 404, "Unknown version", detail),
        SettingsError::NoChanges => Parts::new("changes_missing", 422, "No changes", detail),
        SettingsError::WordsTooLong => Parts::new("words_too_long", 422, "Too many words", detail),
        SettingsError::ChangedMeanwhile { latest } => {
            let mut parts =
                Parts::new("settings_changed_meanwhile", 412, "Settings changed meanwhile", detail);
            parts.more.push(("version", json!(latest)));
            parts
        }
        SettingsError::Faults(faults) => {
            let all = |code| faults.faults().iter().all(|fault: &Fault| fault.code == code);
            let mut parts = if all(FaultCode::KeyFixedByEnvironment) {
                let detail = "environment variables set these keys; nothing was changed";
                Parts::new("key_fixed_by_environment", 409, "Fixed by the environment", detail)
            } else if all(FaultCode::KeyNotChangeable) {
                let detail = "these keys take a new configuration and a restart; nothing was changed";
                Parts::new("key_not_changeable", 422, "Not changeable at run time", detail)
            } else {
                let detail = "the settings would be faulty; nothing was changed";
                Parts::new("settings_refused", 422, "Settings refused", detail)
            };
            parts.more.push(("faults", json!(faults.faults())));
            parts
        }
        SettingsError::Store(error) => {
            tracing::error!(%error, "settings could not be read or stored");
            return Err(Rule::StoreUnavailable.broken("nothing was stored: send it again later"));
        }
    })
}

fn rejected(rejection: &Rejection) -> Response {
    let mut response = problem::response(rejection, problem::document(rejection));
    if rejection.status == 401 {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
    }
    response
}

fn response(parts: Parts) -> Response {
    let Parts { code, status, title, detail, more } = parts;
    let mut document = json!({
        "type": format!("urn:amz-accelerator:problem:{code}"),
        "title": title, "status": status, "detail": detail, "code": code,
    });
    if let Value::Object(members) = &mut document {
        members.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, document.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
