//! Access tokens on requests.

use super::{LoginFailure, Logins};
use crate::netsuite::answer::Call;

/// Checks an `Authorization: Bearer …` header.
pub(super) fn check(logins: &Logins, call: &Call, presented: &str, scope: &str) -> Result<(), LoginFailure> {
    let known = token_of(presented).and_then(|token| logins.tokens.get(token));
    let token = known.ok_or(LoginFailure::anonymous("token_rejected"))?;
    if token.expires <= call.now {
        return Err(LoginFailure::anonymous("token_expired"));
    }
    if !token.scopes.iter().any(|covered| covered == scope) {
        return Err(LoginFailure::anonymous("permission_denied"));
    }
    Ok(())
}

/// The token of a Bearer header.
pub(super) fn token_of(presented: &str) -> Option<&str> {
    let (scheme, token) = presented.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
