//! The operators' API.
//!
//! | method, path | does | role |
//! | --- | --- | --- |
//! | `GET /api/v1/openapi.json` | describes the API | viewer |
//! | `GET /api/v1/connections/{connection}/settings` | what is in effect, where from, and the version | viewer |
//! | `PUT /api/v1/connections/{connection}/settings` | changes settings while the software runs | admin |
//! | `GET /api/v1/connections/{connection}/settings/history` | who changed what, and when | viewer |
//!
//! Callers present a bearer token of `[[api.token]]`. Without any configured token there is no API, and every path of
//! it is answered with 404.

mod openapi;
mod problem;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use amz_event_handler::bearer;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

use super::inbound;
use crate::live_settings::SettingsDesk;
use crate::settings::{ApiRole, ApiSettings, ApiToken};
use problem::ApiProblem;

/// Largest body of a request, in bytes: a change names a few keys.
const MAX_BODY_BYTES: usize = 65_536;

/// What the operators' API works with.
pub struct ApiState {
    tokens: Vec<ApiToken>,
    desk: SettingsDesk,
}

impl ApiState {
    /// `None` when no token is configured: then there is no API.
    pub fn new(settings: &ApiSettings, desk: SettingsDesk) -> Option<Self> {
        let tokens = settings.tokens.clone();
        (!tokens.is_empty()).then_some(Self { tokens, desk })
    }

    /// Who asks, if they may do what takes `role`.
    fn admit(&self, headers: &HeaderMap, role: ApiRole) -> Result<&ApiToken, ApiProblem> {
        let tokens: Vec<_> = self.tokens.iter().map(|token| &token.token).collect();
        let position = bearer::holder(&tokens, inbound::authorization(headers)).inspect_err(|rejection| {
            tracing::warn!(code = rejection.code, "a caller of the API was turned away");
        })?;
        let token = self.tokens.get(position).ok_or(ApiProblem::RoleInsufficient { needed: role })?;
        if token.role < role {
            tracing::warn!(by = token.name, "a caller of the API may not do what they asked for");
            return Err(ApiProblem::RoleInsufficient { needed: role });
        }
        Ok(token)
    }
}

/// The paths of the API.
pub(super) fn routes(state: ApiState) -> Router {
    Router::new()
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/v1/connections/{connection}/settings", get(settings::show).put(settings::change))
        .route("/api/v1/connections/{connection}/settings/history", get(settings::history))
        .with_state(Arc::new(state))
}
