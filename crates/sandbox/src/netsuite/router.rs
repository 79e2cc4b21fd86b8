//! The HTTP side of the record, query, system and token services.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use super::answer::{Answer, Call};
use super::cues::Side;
use super::errors::{Refusal, no_free_slot};
use super::handle::NetSuite;
use super::restlet;
use super::service::operation;
use crate::exchange::{Manners, exchange, read, requested_path};
use crate::{LookAlike, Vendor};

/// Routes of the pretend NetSuite, to be mounted at `/netsuite`.
pub(crate) fn router(netsuite: NetSuite) -> Router {
    Router::new().fallback(serve).with_state(netsuite)
}

async fn serve(State(netsuite): State<NetSuite>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    // Both are held for the whole exchange, so a slow answer occupies its slot as it does at NetSuite.
    let in_flight = netsuite.pool().enter();
    let slot = netsuite.pool().take_slot();
    let call = call(&netsuite, &parts, body.to_vec());
    let operation = operation(&call);
    let core = netsuite.core();
    let to_restlet = restlet::is_restlet(&call);
    let of_restlet = restlet::RestletManners(&netsuite);
    let manners: &dyn Manners = if to_restlet { &of_restlet } else { &netsuite };
    exchange(core, manners, Vendor::NetSuite, &operation, parts, body, async |_, _| {
        if netsuite.pool().refuses_login_of(&in_flight) {
            return manners.login_refused();
        }
        if slot.is_none() {
            let refusal = if to_restlet { restlet::no_free_slot() } else { no_free_slot() };
            return refusal.into_response();
        }
        netsuite.cue(Side::Before, &operation, &call.body);
        let answer = netsuite.answer(&call);
        netsuite.cue(Side::After, &operation, &call.body);
        answer.into_response()
    })
    .await
}

fn call(netsuite: &NetSuite, parts: &Parts, body: Vec<u8>) -> Call {
    let requested: Uri = requested_path(parts).parse().unwrap_or_default();
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    Call {
        method: parts.method.clone(),
        path: requested.path().to_owned(),
        query: requested.query().unwrap_or_default().to_owned(),
        host: host.map_or_else(|| netsuite.core().address.to_string(), str::to_owned),
        headers: parts.headers.clone(),
        body,
        now: netsuite.core().clock.now(),
    }
}

impl Manners for NetSuite {
    fn too_many_requests(&self, retry_after_s: Option<u64>) -> Response {
        let answer = no_free_slot();
        match retry_after_s {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        }
        .into_response()
    }

    fn server_error(&self) -> Response {
        let detail = "An unexpected error occurred. Error ID: sandbox00000000000001";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNEXPECTED_ERROR", detail).answer().into_response()
    }

    fn login_refused(&self) -> Response {
        Refusal::login().answer().into_response()
    }

    fn throttle_look_alike(&self, look_alike: LookAlike) -> Response {
        let (code, detail) = match look_alike {
            LookAlike::ConcurrencyWithBadRequest => {
                ("CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded. Request blocked.")
            }
            LookAlike::RequestLimitWithBadRequest => {
                ("SSS_REQUEST_LIMIT_EXCEEDED", "SuiteScript request limit exceeded. Try again later.")
            }
            LookAlike::UnreadableBody => return no_free_slot().into_response(),
        };
        Refusal::new(StatusCode::BAD_REQUEST, code, detail).answer().into_response()
    }

    fn empty_answer(&self, operation: &str) -> Option<Response> {
        let empty = json!({
            "links": [], "count": 0, "hasMore": false, "offset": 0, "totalResults": 0, "items": [],
        });
        (operation == "suiteql").then(|| Answer::json(StatusCode::OK, &empty).into_response())
    }

    fn revoke_presented_token(&self, parts: &Parts) -> Option<Response> {
        let presented = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
        // A TBA token cannot be fetched anew, so it is not revoked: the caller meets one refused login, as
        // some do under load, and the next one works.
        let refused = presented.starts_with("OAuth ") || self.revoke_token(presented);
        refused.then(|| Answer::into_response(Refusal::login().answer()))
    }
}
