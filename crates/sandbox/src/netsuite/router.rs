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
use super::service::operation;
use crate::Vendor;
use crate::exchange::{Manners, exchange, read, requested_path};

/// Routes of the pretend NetSuite, to be mounted at `/netsuite`.
pub(crate) fn router(netsuite: NetSuite) -> Router {
    Router::new().fallback(serve).with_state(netsuite)
}

async fn serve(State(netsuite): State<NetSuite>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    // The slot is held for the whole exchange, so a slow answer occupies it as it does at NetSuite.
    let slot = netsuite.take_slot();
    let call = call(&netsuite, &parts, body.to_vec());
    let operation = operation(&call);
    let core = netsuite.core();
    exchange(core, &netsuite, Vendor::NetSuite, &operation, parts, body, async |_, _| {
        if slot.is_none() {
            return no_free_slot().into_response();
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
