//! Who may come in: token-based authentication and OAuth 2.0 machine to machine.
//!
//! A caller who fails learns nothing but 401 `INVALID_LOGIN`; the reason is on the login audit trail.

mod bearer;
mod jwt;
mod key;
mod tba;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::answer::Call;
use super::errors::Refusal;
use super::permissions;
use super::settings::NetSuiteSettings;

pub use key::{KeyError, PublicKey};

/// Failed logins in a row that lock the user.
const FAILURES_TO_LOCK: u32 = 5;

/// How long a locked user stays locked.
const LOCK: TimeDelta = TimeDelta::minutes(30);

/// One line of the login audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginAttempt {
    /// When, by the sandbox clock.
    pub at: DateTime<Utc>,
    /// How the caller tried to log in: `tba`, `bearer`, `assertion` or `none`.
    pub method: String,
    /// Whether it worked.
    pub success: bool,
    /// Detail value in NetSuite's words, for example `InvalidSignature`; empty on success.
    pub detail: String,
}

/// Why a login failed, in the words of the login audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoginFailure {
    detail: &'static str,
    /// Whether the user is known, so that the failure counts towards the lock.
    counts: bool,
}

impl LoginFailure {
    const fn anonymous(detail: &'static str) -> Self {
        Self { detail, counts: false }
    }

    const fn of_user(detail: &'static str) -> Self {
        Self { detail, counts: true }
    }
}

/// A token handed out for an assertion.
#[derive(Debug, Clone)]
struct AccessToken {
    expires: DateTime<Utc>,
    scopes: Vec<String>,
}

/// Logins so far and what follows from them.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    trail: Vec<LoginAttempt>,
    used_nonces: HashSet<(String, i64)>,
    nonces_to_sweep: usize,
    tokens: HashMap<String, AccessToken>,
    issued: u64,
    tba_token_revoked: bool,
    failures: u32,
    locked_until: Option<DateTime<Utc>>,
}

impl Logins {
    /// Lets the caller in or not, whichever way it presents itself. `scope`: what a bearer token must cover.
    ///
    /// # Errors
    /// 401 `INVALID_LOGIN`, for every reason alike.
    pub(crate) fn check(
        &mut self,
        settings: &NetSuiteSettings,
        call: &Call,
        scope: &str,
    ) -> Result<(), Refusal> {
        let presented = call.header("authorization").unwrap_or_default();
        let scheme = presented.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let (method, outcome) = match scheme.as_str() {
            "oauth" => ("tba", tba::check(self, settings, call, presented)),
            "bearer" => ("bearer", bearer::check(self, call, presented, scope)),
            _ => ("none", Err(LoginFailure::anonymous("MissingTokenPassportRequiredFields"))),
        };
        let (needed, _) = if method == "tba" { permissions::ACCESS_TOKENS } else { permissions::OAUTH_2 };
        let outcome = match outcome {
            Ok(()) if self.locked(call.now) => Err(LoginFailure::anonymous("temporary_locked")),
            Ok(()) if settings.missing_permissions.contains(needed) => {
                Err(LoginFailure::of_user("permission_denied"))
            }
            other => other,
        };
        self.note(settings, call.now, method, outcome);
        outcome.map_err(|_| Refusal::login())
    }

    /// Attempts so far, oldest first. Successful requests are listed as well.
    pub(crate) fn trail(&self) -> &[LoginAttempt] {
        &self.trail
    }

    /// Revokes every access token handed out so far.
    pub(crate) fn revoke_access_tokens(&mut self) {
        self.tokens.clear();
    }

    /// Revokes the access token of this `Authorization` value; false when it is none of ours.
    pub(crate) fn revoke(&mut self, presented: &str) -> bool {
        bearer::token_of(presented).is_some_and(|token| self.tokens.remove(token).is_some())
    }

    /// Revokes or restores the token of token-based authentication.
    pub(crate) fn revoke_tba_token(&mut self, revoked: bool) {
        self.tba_token_revoked = revoked;
    }

    /// Ends a lock at once.
    pub(crate) fn unlock(&mut self) {
        self.locked_until = None;
        self.failures = 0;
    }

    fn locked(&self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    fn note(
        &mut self,
        settings: &NetSuiteSettings,
        now: DateTime<Utc>,
        method: &str,
        outcome: Result<(), LoginFailure>,
    ) {
        match outcome {
            Ok(()) => self.failures = 0,
            Err(failure) if failure.counts && !self.locked(now) => {
                self.failures += 1;
                if settings.lock_out && self.failures >= FAILURES_TO_LOCK {
                    self.locked_until = Some(now + LOCK);
                    self.failures = 0;
                }
            }
            Err(_) => {}
        }
        self.trail.push(LoginAttempt {
            at: now,
            method: method.to_owned(),
            success: outcome.is_ok(),
            detail: outcome.err().map(|failure| failure.detail.to_owned()).unwrap_or_default(),
        });
    }
}

pub(crate) use jwt::issue;
