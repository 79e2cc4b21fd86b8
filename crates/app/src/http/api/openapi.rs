//! `GET /api/v1/openapi.json`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::ApiState;
use super::problem::ApiProblem;
use crate::settings::ApiRole;

/// Describes the paths of this module; a test holds it against the routes.
pub(super) const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn show(
    State(state): State<Arc<ApiState>>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    state.admit(&headers, ApiRole::Viewer)?;
    Ok(([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response())
}
