//! `POST /v1/{connection}/oauth2/token`: client credentials (RFC 6749, sections 4.4, 5.1 and 5.2).

use std::sync::Arc;

use amz_event_handler::amazon::{TokenError, TokenGrant, TokenRefusal};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use super::inbound::{self, ConnectionPath};
use super::problem::Problem;
use super::{WebhookState, body, counters};

const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"token\"");

pub(super) async fn issue(
    State(state): State<Arc<WebhookState>>,
    path: ConnectionPath,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (name, access) = match inbound::connection(&state, path) {
        Ok(found) => found,
        Err(rejection) => {
            counters::token(counters::UNKNOWN, rejection.code);
            return Problem(rejection).into_response();
        }
    };
    let body = match body::read(body, state.max_body_bytes).await {
        Ok(body) => body,
        Err(rejection) => {
            counters::token(name.as_str(), rejection.code);
            return Problem(rejection).into_response();
        }
    };
    let mut response = match access.amazon.grant(inbound::authorization(&headers), &body, (state.clock)()) {
        Ok(grant) => {
            counters::token(name.as_str(), "granted");
            tracing::info!(connection = %name, "token issued");
            granted(&grant)
        }
        Err(refusal) => {
            counters::token(name.as_str(), refusal.error.as_str());
            tracing::warn!(connection = %name, error = refusal.error.as_str(), "token refused");
            refused(&refusal)
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn granted(grant: &TokenGrant) -> Response {
    Json(json!({
        "access_token": grant.access_token.expose_secret(),
        "token_type": "Bearer",
        "expires_in": grant.expires_in_seconds,
    }))
    .into_response()
}

fn refused(refusal: &TokenRefusal) -> Response {
    let status = StatusCode::from_u16(refusal.error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, Json(refusal.body())).into_response();
    if refusal.error == TokenError::InvalidClient {
        response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
    }
    response
}
