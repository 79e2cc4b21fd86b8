//! Login with Amazon: a refresh token in, an access token of an hour out.
//!
//! Source: Selling Partner API, `connecting-to-the-selling-partner-api`; Login with Amazon, token reference.

use std::collections::HashMap;

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use crate::amazon::Amazon;
use crate::random::Random;

/// Access tokens given out, with the instant at which each ends. One more does not end those before.
#[derive(Debug)]
pub(super) struct AccessTokens {
    random: Random,
    ends: HashMap<String, DateTime<Utc>>,
}

/// What a presented token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presented {
    Valid,
    Expired,
    Unknown,
}

impl AccessTokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0x4c57_4131), ends: HashMap::new() }
    }

    fn issue(&mut self, ends: DateTime<Utc>) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let token = format!("Atza|{}", self.random.word(alphabet, 120));
        self.ends.insert(token.clone(), ends);
        token
    }

    pub(super) fn judge(&self, token: &str, now: DateTime<Utc>) -> Presented {
        match self.ends.get(token) {
            Some(ends) if *ends > now => Presented::Valid,
            Some(_) => Presented::Expired,
            None => Presented::Unknown,
        }
    }

    pub(super) fn end(&mut self, token: &str) {
        if let Some(ends) = self.ends.get_mut(token) {
            *ends = DateTime::UNIX_EPOCH;
        }
    }

    pub(super) fn end_all(&mut self) {
        self.ends.values_mut().for_each(|ends| *ends = DateTime::UNIX_EPOCH);
    }

    pub(super) fn forget_all(&mut self) {
        self.ends.clear();
    }
}

/// The access token of a request; not in `Authorization`.
pub(super) fn presented(parts: &Parts) -> Option<&str> {
    parts.headers.get("x-amz-access-token")?.to_str().ok().filter(|token| !token.is_empty())
}

/// Answers one token request.
pub(super) fn answer(amazon: &Amazon, parts: &Parts, body: &[u8]) -> Response {
    let Some(form) = fields(parts, body) else {
        return refuse(400, "invalid_request", "The request is malformed.");
    };
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let Some(grant) = field("grant_type") else {
        return refuse(400, "invalid_request", "The request is missing a required parameter : grant_type");
    };
    match grant {
        "refresh_token" => {}
        "client_credentials" | "authorization_code" => {
            return refuse(400, "unauthorized_client", "The client may not use this grant.");
        }
        _ => return refuse(400, "unsupported_grant_type", "The grant type is not supported."),
    }
    let (Some(id), Some(secret), Some(refresh)) =
        (field("client_id"), field("client_secret"), field("refresh_token"))
    else {
        return refuse(400, "invalid_request", "The request is missing a required parameter.");
    };
    if field("scope").is_some() {
        return refuse(400, "invalid_request", "A refresh token and a scope exclude each other.");
    }
    let now = amazon.core.clock.now();
    let mut state = amazon.sp_api();
    if (id, secret) != (amazon.settings().sp_api.client_id.as_str(), state.client_secret.as_str()) {
        return refuse(401, "invalid_client", "Client authentication failed");
    }
    if state.refresh_token.as_deref() != Some(refresh) {
        let text = "The request has an invalid grant parameter : refresh_token. User may have revoked or \
                    didn't grant the permission.";
        return refuse(400, "invalid_grant", text);
    }
    let life_s = state.habits.token_life_s;
    let token = state.tokens.issue(now + TimeDelta::seconds(life_s.into()));
    let answer = json!({
        "access_token": token,
        "refresh_token": refresh,
        "token_type": "bearer",
        "expires_in": life_s,
    });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response()
}

/// The fields of a form or of a JSON object of texts.
fn fields(parts: &Parts, body: &[u8]) -> Option<HashMap<String, String>> {
    let content_type = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return Some(url::form_urlencoded::parse(body).into_owned().collect());
    }
    if !content_type.starts_with("application/json") {
        return None;
    }
    let Ok(Json::Object(fields)) = serde_json::from_slice(body) else { return None };
    let text = |(name, value): (String, Json)| Some((name, value.as_str()?.to_owned()));
    Some(fields.into_iter().filter_map(text).collect())
}

/// A refusal in the shape of Login with Amazon.
pub(super) fn refuse(status: u16, error: &'static str, description: &str) -> Response {
    let body = json!({
        "error": error,
        "error_description": description,
        "request_id": "00000000-0000-4000-8000-000000000000",
        "error_index": "sandbox",
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response();
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error));
    response
}
