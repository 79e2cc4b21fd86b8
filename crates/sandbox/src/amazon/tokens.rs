//! The token endpoint: client credentials in, a bearer token with a short life out.
//!
//! Source: Buy with Prime, `authenticate-to-the-buy-with-prime-api`.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::Amazon;
use crate::locked;
use crate::random::Random;

/// Tokens handed out and still valid, with the instant at which each ends.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<Issued>);

#[derive(Debug, Default)]
struct Issued {
    count: u64,
    ends: HashMap<String, DateTime<Utc>>,
}

impl Tokens {
    fn issue(&self, seed: u64, ends: DateTime<Utc>) -> String {
        let mut issued = locked(&self.0);
        issued.count += 1;
        let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let word = Random::new(seed ^ issued.count.rotate_left(32)).word(alphabet, 40);
        let token = format!("Atc|{}{word}", issued.count);
        issued.ends.insert(token.clone(), ends);
        token
    }

    pub(crate) fn is_valid(&self, token: &str, now: DateTime<Utc>) -> bool {
        locked(&self.0).ends.get(token).is_some_and(|ends| *ends > now)
    }

    pub(crate) fn revoke(&self, token: &str) {
        locked(&self.0).ends.remove(token);
    }

    pub(crate) fn revoke_all(&self) {
        locked(&self.0).ends.clear();
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Answers one token request: a form with `grant_type=client_credentials`, and the credentials in the
/// form or in a Basic header.
pub(crate) fn answer(amazon: &Amazon, parts: &Parts, body: &[u8]) -> Response {
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let in_form = || Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone()));
    let settings = amazon.settings();
    let expected = (settings.client_id.as_str(), settings.client_secret.as_str());
    match basic(parts).or_else(in_form) {
        Some((id, secret)) if (id.as_str(), secret.as_str()) == expected => {
            let ends = amazon.core.clock.now() + TimeDelta::seconds(i64::from(settings.token_life_s));
            let token = amazon.tokens.issue(amazon.core.seed, ends);
            let answer =
                json!({ "access_token": token, "token_type": "bearer", "expires_in": settings.token_life_s });
            ([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response()
        }
        _ => refuse(StatusCode::UNAUTHORIZED, "invalid_client"),
    }
}

fn basic(parts: &Parts) -> Option<(String, String)> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).ok()
    };
    Some((plain(id)?, plain(secret)?))
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, axum::Json(json!({ "error": error }))).into_response()
}
