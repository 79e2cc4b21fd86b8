//! Lets the `oauth2` crate send through our one HTTP client, so that token requests are audited too.

use std::pin::Pin;
use std::time::Duration;

use amz_services::audit::CallOutcome;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::http::{Answer, Body, HttpClient, Outgoing, SendError, TOKEN_OPERATION, Verdict};

/// The adapter.
#[derive(Debug)]
pub(super) struct TokenHttp(pub(super) HttpClient);

/// Why there is no token answer to parse. Told apart here because `oauth2` reports any other body than its
/// own as a parse error, body included.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenHttpError {
    /// No answer came.
    #[error("the token request failed: {0}")]
    Send(#[from] SendError),
    /// Too many token requests.
    #[error("the token endpoint asks for a slower pace")]
    Throttled {
        /// How long to wait, when it said so.
        wait: Option<Duration>,
    },
    /// A server error.
    #[error("the token endpoint answered HTTP {status}")]
    Down {
        /// HTTP status.
        status: u16,
    },
    /// The credentials, or the request, are not accepted.
    #[error("the token endpoint refused: {code}")]
    Refused {
        /// Its code (RFC 6749, section 5.2), or the HTTP status.
        code: String,
    },
    /// The request or the answer cannot be put together.
    #[error("the token exchange cannot be put together")]
    Build(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl<'client> AsyncHttpClient<'client> for TokenHttp {
    type Error = TokenHttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TokenHttpError>> + Send + 'client>>;

    fn call(&'client self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let url =
                Url::parse(&parts.uri.to_string()).map_err(|error| TokenHttpError::Build(error.into()))?;
            let outgoing = Outgoing {
                operation: TOKEN_OPERATION.to_owned(),
                method: parts.method,
                url,
                headers: parts.headers,
                body: Body::Form(form_urlencoded::parse(&body).into_owned().collect()),
                attempt: 1,
            };
            response(self.0.send(outgoing, judge).await?)
        })
    }
}

fn judge(answer: &Answer) -> Verdict {
    let http_status = format!("http_{}", answer.status);
    match answer.status {
        200..300 if token_document(answer).is_some() => Verdict::success(),
        200..300 => Verdict::of(CallOutcome::Unreadable, "token_unreadable"),
        429 => Verdict::of(CallOutcome::Throttled, http_status),
        408 | 500.. => Verdict::of(CallOutcome::ServerError, http_status),
        _ => Verdict::of(CallOutcome::Credentials, refusal_code(answer)),
    }
}

fn response(answer: Answer) -> Result<HttpResponse, TokenHttpError> {
    let body = match answer.status {
        // an unreadable body is left to `oauth2`, which refuses it
        200..300 => {
            token_document(&answer).map_or_else(Vec::new, |document| document.to_string().into_bytes())
        }
        429 => return Err(TokenHttpError::Throttled { wait: answer.retry_after() }),
        status @ (408 | 500..) => return Err(TokenHttpError::Down { status }),
        _ => return Err(TokenHttpError::Refused { code: refusal_code(&answer) }),
    };
    http::Response::builder()
        .status(answer.status)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| TokenHttpError::Build(error.into()))
}

fn refusal_code(answer: &Answer) -> String {
    let document: Option<Value> = answer.json().ok();
    let code = document.as_ref().and_then(|document| document["error"].as_str());
    code.map_or_else(|| format!("http_{}", answer.status), |code| code.chars().take(64).collect())
}

/// The answer as `oauth2` demands it. Amazon's literal answer is not published: a missing `token_type` and a
/// life given as text are common elsewhere and do no harm.
fn token_document(answer: &Answer) -> Option<Value> {
    let mut document: Value = answer.json().ok()?;
    let fields = document.as_object_mut()?;
    fields.get("access_token")?.as_str().filter(|token| !token.is_empty())?;
    if !fields.get("token_type").is_some_and(Value::is_string) {
        fields.insert("token_type".to_owned(), Value::from("bearer"));
    }
    let life_s = match fields.get("expires_in") {
        Some(Value::String(text)) => text.trim().parse::<u64>().ok(),
        Some(life) => life.as_u64(),
        None => None,
    };
    // `scope` may come in several forms and is of no use here
    fields.retain(|name, value| match name.as_str() {
        "access_token" | "token_type" => true,
        "refresh_token" => value.as_str().is_some_and(|token| !token.is_empty()),
        _ => false,
    });
    if let Some(life_s) = life_s {
        fields.insert("expires_in".to_owned(), Value::from(life_s));
    }
    Some(document)
}
