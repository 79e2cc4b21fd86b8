//! An access token: the answer it comes in, and where it is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amz_services::audit::CallOutcome;
use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::http::{Answer, Verdict};

/// Renewed this long before it expires, or at half its life if that is shorter.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

/// After a failed renewal the old token serves this long before the next try.
const RENEWAL_PAUSE: TimeDelta = TimeDelta::seconds(5);

/// Taken for a token whose answer names no life.
const SHORT_LIFE: TimeDelta = TimeDelta::minutes(5);

/// An access token and how long it can be used.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: Arc<str>,
    pub(super) renew_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Token(until {})", self.expires_at)
    }
}

impl Token {
    /// Reads a 2xx answer of the token endpoint; `None` when there is no token in it.
    pub(super) fn read(answer: &Answer, now: DateTime<Utc>) -> Option<Self> {
        let document: Value = answer.json().ok()?;
        let secret = document.get("access_token")?.as_str().filter(|secret| !secret.is_empty())?;
        // some endpoints give the number as text
        let seconds = document.get("expires_in").and_then(|life| match life {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        });
        let life = seconds.and_then(TimeDelta::try_seconds).filter(|life| *life > TimeDelta::zero());
        let life = life.unwrap_or(SHORT_LIFE).min(TimeDelta::days(1));
        let renew_at = now + (life - AHEAD).max(life / 2);
        Some(Self { secret: secret.into(), renew_at, expires_at: now + life })
    }
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub(super) struct TokenFailure {
    failure: Failure,
    code: String,
    message: String,
}

impl TokenFailure {
    pub(super) fn new(failure: Failure, code: &str, message: &str) -> Self {
        Self { failure, code: code.to_owned(), message: message.to_owned() }
    }

    /// A success without a token in it.
    pub(super) fn unreadable() -> Self {
        Self::new(Failure::NotSent, "token_unreadable", "the answer holds no access token")
    }

    /// Reads an answer of the token endpoint that is no success.
    pub(super) fn of(answer: &Answer) -> Self {
        let document: Value = answer.json().unwrap_or_default();
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let failure = match answer.status {
            429 => Failure::Throttled { wait: answer.retry_after() },
            400..=499 if answer.status != 408 => Failure::Credentials,
            _ => Failure::NotSent,
        };
        let code = text("error").map_or_else(|| format!("http_{}", answer.status), str::to_owned);
        let reason = text("error_description").unwrap_or("no reason given");
        let reason: String = reason.chars().take(300).collect();
        Self { failure, code, message: format!("HTTP {}: {reason}", answer.status) }
    }

    /// How the audit trail shows it.
    pub(super) fn verdict(&self) -> Verdict {
        let outcome = match self.failure {
            Failure::Throttled { .. } => CallOutcome::Throttled,
            Failure::Credentials => CallOutcome::Credentials,
            _ if self.code == "token_unreadable" => CallOutcome::Unreadable,
            _ => CallOutcome::ServerError,
        };
        Verdict::of(outcome, self.code.clone())
    }

    /// The failure of the operation that needed the token; nothing of the operation left.
    pub(super) fn into_port_error(self, operation: &'static str) -> PortError {
        PortError::new(operation, self.failure, self.code, format!("no access token: {}", self.message))
    }
}

/// Keeps the current token. Callers who come while one asks wait, and share what comes of it: the token, or
/// the failure, because a user is locked after a few failed logins.
#[derive(Debug, Default)]
pub(super) struct TokenCache {
    state: Mutex<State>,
    /// Requests that have ended; tells a caller who waited whether somebody asked meanwhile.
    ended: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    failure: Option<TokenFailure>,
}

impl TokenCache {
    /// The current token, or a new one shortly before it expires.
    pub(super) async fn get<Ask>(&self, now: DateTime<Utc>, ask: Ask) -> Result<Arc<str>, TokenFailure>
    where
        Ask: AsyncFnOnce() -> Result<Token, TokenFailure>,
    {
        let seen = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| now < token.renew_at) {
            return Ok(token.secret.clone());
        }
        if let Some(failure) = state.failure.as_ref().filter(|_| self.ended.load(Ordering::Acquire) != seen) {
            return Err(failure.clone());
        }
        let asked = ask().await;
        self.ended.fetch_add(1, Ordering::AcqRel);
        match asked {
            Ok(token) => {
                let secret = token.secret.clone();
                *state = State { token: Some(token), failure: None };
                Ok(secret)
            }
            Err(failure) => {
                state.failure = Some(failure.clone());
                let held = state.token.as_mut().filter(|token| now < token.expires_at).ok_or(failure)?;
                held.renew_at = now + RENEWAL_PAUSE;
                Ok(held.secret.clone())
            }
        }
    }

    /// Drops a token that was refused; a newer one stays.
    pub(super) async fn forget(&self, refused: &str) {
        self.state.lock().await.token.take_if(|token| &*token.secret == refused);
    }
}

/// The header that carries a token.
pub(super) fn bearer(operation: &'static str, token: &str) -> Result<HeaderValue, PortError> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
        let message = "the access token holds characters that no header may have";
        PortError::new(operation, Failure::NotSent, "token_unreadable", message)
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Token> {
        let answer = Answer { status: 200, headers: http::HeaderMap::new(), body: body.into() };
        Token::read(&answer, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_renewed_ahead_of_its_expiry() {
        let token = read(r#"{"access_token":"a","expires_in":3600,"token_type":"bearer"}"#).unwrap();
        assert_eq!(token.renew_at.timestamp(), 3480);
        assert_eq!(token.expires_at.timestamp(), 3600);
        assert_eq!(read(r#"{"access_token":"a","expires_in":"100"}"#).unwrap().renew_at.timestamp(), 50);
        assert_eq!(read(r#"{"access_token":"a"}"#).unwrap().expires_at.timestamp(), 300);
    }

    #[test]
    fn an_answer_without_a_token_is_no_token() {
        for body in ["", "{\"", "{}", r#"{"access_token":""}"#, r#"{"access_token":5}"#, "[]"] {
            assert!(read(body).is_none(), "{body}");
        }
    }
}
