//! The control interface to the pretend Selling Partner API.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::{PageFault, SpApiHabits};
use crate::amazon::Amazon;

/// Routes below `/control/amazon`.
pub(crate) fn router() -> Router<Amazon> {
    let habits = async |State(amazon): State<Amazon>| Json(amazon.sp_api_habits());
    let routes = Router::new()
        .route("/habits", get(habits).put(set_habits))
        .route("/tokens/expire", post(expire_tokens))
        .route("/tokens/revoke", post(revoke_tokens))
        .route("/refresh-token", post(set_refresh_token).delete(revoke_refresh_token))
        .route("/secret", post(set_secret))
        .route("/access", post(set_access))
        .route("/page-faults", post(fail_page).delete(clear_page_faults));
    Router::new().nest("/sp-api", routes)
}

async fn set_habits(State(amazon): State<Amazon>, Json(habits): Json<SpApiHabits>) -> StatusCode {
    amazon.set_sp_api_habits(habits);
    StatusCode::NO_CONTENT
}

async fn expire_tokens(State(amazon): State<Amazon>) -> StatusCode {
    amazon.expire_sp_api_tokens();
    StatusCode::NO_CONTENT
}

async fn revoke_tokens(State(amazon): State<Amazon>) -> StatusCode {
    amazon.revoke_sp_api_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct RefreshToken {
    refresh_token: String,
}

async fn set_refresh_token(
    State(amazon): State<Amazon>,
    Json(RefreshToken { refresh_token }): Json<RefreshToken>,
) -> StatusCode {
    amazon.set_sp_api_refresh_token(&refresh_token);
    StatusCode::NO_CONTENT
}

async fn revoke_refresh_token(State(amazon): State<Amazon>) -> StatusCode {
    amazon.revoke_sp_api_refresh_token();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Secret {
    client_secret: String,
}

async fn set_secret(
    State(amazon): State<Amazon>,
    Json(Secret { client_secret }): Json<Secret>,
) -> StatusCode {
    amazon.set_sp_api_secret(&client_secret);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Access {
    denied: bool,
}

async fn set_access(State(amazon): State<Amazon>, Json(Access { denied }): Json<Access>) -> StatusCode {
    amazon.deny_sp_api_access(denied);
    StatusCode::NO_CONTENT
}

async fn fail_page(State(amazon): State<Amazon>, Json(fault): Json<PageFault>) -> StatusCode {
    amazon.fail_page(fault);
    StatusCode::NO_CONTENT
}

async fn clear_page_faults(State(amazon): State<Amazon>) -> StatusCode {
    amazon.clear_page_faults();
    StatusCode::NO_CONTENT
}
