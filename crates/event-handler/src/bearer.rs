//! Bearer tokens of the operators' API (RFC 6750, section 2.1).

use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::digest::same;
use crate::{Rejection, Rule};

/// Who presents a token: the position of the one token among `tokens` that the `Authorization` header carries.
///
/// Takes a time that depends neither on which token fits nor on how much of one does.
///
/// # Errors
/// `credentials_missing` without the header, `credentials_refused` otherwise.
pub fn holder(tokens: &[&SecretString], authorization: Option<&[u8]>) -> Result<usize, Rejection> {
    let header = authorization.ok_or_else(|| {
        Rule::CredentialsMissing.broken("a bearer token is needed in the Authorization header")
    })?;
    let presented = bearer(header);
    let mut found = u64::MAX;
    for (index, token) in (0_u64..).zip(tokens) {
        let fits: Choice = same(presented.unwrap_or_default(), token.expose_secret().as_bytes());
        found = subtle::ConditionallySelectable::conditional_select(&found, &index, fits);
    }
    let unknown = found.ct_eq(&u64::MAX) | Choice::from(u8::from(presented.is_none()));
    if bool::from(unknown) {
        return Err(Rule::CredentialsRefused.broken("this is not a token that opens the API"));
    }
    usize::try_from(found)
        .map_err(|_| Rule::CredentialsRefused.broken("this is not a token that opens the API"))
}

/// The token of a header; the scheme's name is not case-sensitive.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(authorization: Option<&str>) -> Result<usize, &'static str> {
        let tokens = ["first-token-of-the-test", "second-token-of-the-test"].map(SecretString::from);
        holder(&tokens.each_ref(), authorization.map(str::as_bytes)).map_err(|rejection| rejection.code)
    }

    #[test]
    fn each_token_names_its_holder() {
        assert_eq!(of(Some("Bearer first-token-of-the-test")), Ok(0));
        assert_eq!(of(Some("bearer  second-token-of-the-test")), Ok(1));
    }

    #[test]
    fn everything_else_names_nobody() {
        assert_eq!(of(None), Err("credentials_missing"));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer first-token-of-the-tes",
            "Bearer first-token-of-the-test2",
            "Basic first-token-of-the-test",
            "first-token-of-the-test",
        ] {
            assert_eq!(of(Some(header)), Err("credentials_refused"), "{header:?}");
        }
        assert!(holder(&[], Some(b"Bearer anything")).is_err());
    }
}
