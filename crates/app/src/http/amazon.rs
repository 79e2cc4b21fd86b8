//! `POST /v1/{connection}/amazon/events`.

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_event_handler::{Rejection, amazon};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::inbound::{self, ConnectionPath};
use super::problem::Problem;
use super::{ConnectionAccess, WebhookState, body, counters};

const SOURCE: NoticeSource = NoticeSource::Amazon;

pub(super) async fn receive(
    State(state): State<Arc<WebhookState>>,
    path: ConnectionPath,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (name, access) = match inbound::connection(&state, path) {
        Ok(found) => found,
        Err(rejection) => {
            inbound::refused(counters::UNKNOWN, SOURCE, &rejection);
            return Problem(rejection).into_response();
        }
    };
    match keep(&state, name, access, &headers, body).await {
        Ok(outcome) => Json(json!({"outcome": outcome})).into_response(),
        Err(rejection) => {
            let is_unauthorized = rejection.status == 401;
            let mut response = Problem(rejection).into_response();
            if is_unauthorized {
                let challenge = HeaderValue::from_static(access.amazon.challenge());
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

async fn keep(
    state: &WebhookState,
    name: &ConnectionName,
    access: &ConnectionAccess,
    headers: &HeaderMap,
    body: Body,
) -> Result<&'static str, Rejection> {
    let notice = accept(state, name, access, headers, body)
        .await
        .inspect_err(|rejection| inbound::refused(name.as_str(), SOURCE, rejection))?;
    inbound::store_one(state, name, notice).await
}

/// Strangers are turned away before their body is read.
async fn accept(
    state: &WebhookState,
    name: &ConnectionName,
    access: &ConnectionAccess,
    headers: &HeaderMap,
    body: Body,
) -> Result<NewNotice, Rejection> {
    let now = (state.clock)();
    access.amazon.verify(inbound::authorization(headers), now)?;
    let body = body::read(body, state.max_body_bytes).await?;
    amazon::receive(name, &access.business_product, &body, now)
}
