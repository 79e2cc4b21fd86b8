//! The one way in: every request to either vendor is recorded here and meets the fault script here.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::connection::ConnectionSwitch;
use crate::{Call, Calls, Clock, Fault, Faults, LookAlike, Vendor};

/// Largest request body read, in bytes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// What both vendors share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    /// Chooses ids and everything else that looks random.
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    /// Where the sandbox listens.
    pub(crate) address: SocketAddr,
}

impl Core {
    /// For example `http://127.0.0.1:4017/netsuite`, for absolute links in answers.
    pub(crate) fn vendor_url(&self, vendor: Vendor) -> String {
        match vendor {
            Vendor::Amazon => format!("http://{}/amazon", self.address),
            Vendor::NetSuite => format!("http://{}/netsuite", self.address),
        }
    }
}

/// How a vendor words the failures that the fault script asks for.
pub(crate) trait Manners: Sync {
    /// The answer to a call that came too soon after others.
    fn too_many_requests(&self, retry_after_s: Option<u64>) -> Response;

    /// The answer to a call that ran into a fault of the vendor's own.
    fn server_error(&self) -> Response;

    /// A throttle that hides behind HTTP 200.
    fn graphql_throttle(&self) -> Response {
        self.too_many_requests(None)
    }

    /// The answer to a call whose login is refused although nothing is wrong with it.
    fn login_refused(&self) -> Response {
        self.too_many_requests(None)
    }

    /// The answer that stands in for "too many requests".
    fn throttle_look_alike(&self, _look_alike: LookAlike) -> Response {
        self.too_many_requests(None)
    }

    /// Success with an empty list; `None` of a call that gives no list.
    fn empty_answer(&self, _operation: &str) -> Option<Response> {
        None
    }

    /// Forgets the access token that this request presents and answers as for any unknown token.
    /// `None` if the request presents none, in which case the call is carried out as usual.
    fn revoke_presented_token(&self, parts: &Parts) -> Option<Response>;
}

/// Takes a request apart; the error is the answer to a body that is too large or broken off.
pub(crate) async fn read(request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => Ok((parts, body)),
        Err(_) => Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
    }
}

/// The address as the client wrote it: nested routers take their prefix away from the request's own.
#[derive(Debug, Clone)]
struct RequestedUri(Uri);

/// Notes the address before any router takes a prefix away.
pub(crate) async fn note_requested_uri(mut request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    request.extensions_mut().insert(RequestedUri(uri));
    next.run(request).await
}

/// Path and query as the client wrote them, for example `/netsuite/services/rest/...`.
pub(crate) fn requested_path(parts: &Parts) -> String {
    let uri = parts.extensions.get::<RequestedUri>().map_or(&parts.uri, |requested| &requested.0);
    uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string)
}

/// Runs one request: records it, asks the fault script, lets `act` do the work, records the answer.
///
/// A handler reads its request with [`read`], works out the operation's name (`createOrder`,
/// `salesOrder.get`, `token`) and returns what this function returns:
///
/// ```ignore
/// async fn get_record(State(netsuite): State<NetSuite>, request: Request) -> Response {
///     let (parts, body) = match exchange::read(request).await {
///         Ok(read) => read,
///         Err(refusal) => return refusal,
///     };
///     let manners = &netsuite;
///     exchange(&netsuite.core, manners, Vendor::NetSuite, "salesOrder.get", parts, body, async |parts, body| {
///         netsuite.get(&parts, &body)
///     })
///     .await
/// }
/// ```
///
/// `act` owns the request's head and body. It runs at most once, and not at all when the script stops
/// the call before it takes effect. Authentication belongs into `act`.
pub(crate) async fn exchange<Act, Answer>(
    core: &Core,
    manners: &dyn Manners,
    vendor: Vendor,
    operation: &str,
    parts: Parts,
    body: Bytes,
    act: Act,
) -> Response
where
    Act: FnOnce(Parts, Bytes) -> Answer,
    Answer: Future<Output = Response>,
{
    let fault = core.faults.next(vendor, operation);
    let confidential = operation == "token" || operation == crate::amazon::SP_API_TOKEN;
    let number = core.calls.arrived(Call {
        number: 0,
        vendor,
        operation: operation.to_owned(),
        method: parts.method.to_string(),
        path: requested_path(&parts),
        authorization_scheme: authorization_scheme(&parts),
        user_agent: user_agent(&parts),
        request_body: if confidential { String::new() } else { String::from_utf8_lossy(&body).into_owned() },
        status: None,
        response_body: String::new(),
        fault: fault.clone(),
        at: core.clock.now(),
        answered_at: None,
    });
    let switch = parts.extensions.get::<ConnectInfo<ConnectionSwitch>>().map(|info| info.0.clone());
    let answer = match fault {
        None => act(parts, body).await,
        Some(Fault::DropBefore) => return without_answer(switch),
        Some(Fault::LostAnswer) => {
            let _withheld = act(parts, body).await;
            return without_answer(switch);
        }
        Some(Fault::TooManyRequests { retry_after_s }) => manners.too_many_requests(retry_after_s),
        Some(Fault::ServerError) => manners.server_error(),
        Some(Fault::ServerErrorAfterCommit) => {
            let _withheld = act(parts, body).await;
            manners.server_error()
        }
        Some(Fault::GraphQlThrottle) => manners.graphql_throttle(),
        Some(Fault::ThrottleLookAlike(look_alike)) => manners.throttle_look_alike(look_alike),
        Some(Fault::LoginRefused) => manners.login_refused(),
        Some(Fault::MalformedJson) => cut_short(act(parts, body).await).await,
        Some(Fault::Slow { millis }) => {
            let answer = act(parts, body).await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            answer
        }
        Some(Fault::EmptyAnswer) => match manners.empty_answer(operation) {
            Some(empty) => empty,
            None => act(parts, body).await,
        },
        Some(Fault::RevokedToken) => match manners.revoke_presented_token(&parts) {
            Some(refusal) => refusal,
            None => act(parts, body).await,
        },
    };
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = if confidential { String::new() } else { String::from_utf8_lossy(&body).into_owned() };
    core.calls.answered(number, head.status.as_u16(), text, core.clock.now());
    Response::from_parts(head, Body::from(body))
}

fn user_agent(parts: &Parts) -> Option<String> {
    Some(parts.headers.get(header::USER_AGENT)?.to_str().ok()?.to_owned())
}

fn authorization_scheme(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.split_ascii_whitespace().next().map(str::to_owned)
}

/// Cuts the connection. The answer returned here is never written: the stream refuses it.
fn without_answer(switch: Option<ConnectionSwitch>) -> Response {
    if let Some(switch) = switch {
        switch.cut();
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The same answer with half of its body, as a proxy that gives up in the middle would pass it on.
async fn cut_short(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.remove(header::CONTENT_LENGTH);
    if head.status == StatusCode::NO_CONTENT {
        head.status = StatusCode::OK;
    }
    let half = body.slice(..body.len() / 2);
    let half = if half.is_empty() { Bytes::from_static(b"{\"") } else { half };
    Response::from_parts(head, Body::from(half))
}
