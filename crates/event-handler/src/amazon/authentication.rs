//! What Amazon's event sender must present.
//!
//! Amazon can call a webhook with HTTP Basic, with a bearer token that it fetches from our token endpoint,
//! or with nothing (`events-mutations-*`, `authConfig`). Its `x-amzn-signature` header cannot be checked: the
//! algorithm is not published.

use amz_domain::ConnectionName;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use subtle::Choice;

use super::token::{TokenGrant, TokenSigner, Verdict};
use super::token_request::{TokenRefusal, TokenRequest, form_decoded};
use crate::digest::same;
use crate::rejection::{Rejection, Rule};

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct BasicCredentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
}

/// The one OAuth client of a connection: Amazon's event sender.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// Client id.
    pub client_id: String,
    /// Client secret; also what tokens are signed with.
    pub client_secret: SecretString,
}

/// What opens the Amazon events address of one connection.
///
/// With neither `basic` nor `oauth` and without `allow_unauthenticated` nothing does.
#[derive(Debug, Clone)]
pub struct WebhookAccess {
    /// Whose address it is. Tokens of another connection do not open it.
    pub connection: ConnectionName,
    /// HTTP Basic credentials, when these are accepted.
    pub basic: Option<BasicCredentials>,
    /// Client for which tokens are issued, when these are accepted.
    pub oauth: Option<OauthClient>,
    /// Whether a request without credentials is let in. Wrong credentials are refused all the same, unless
    /// there is nothing to compare them with.
    pub allow_unauthenticated: bool,
}

impl WebhookAccess {
    /// Checks the `Authorization` header of an event.
    ///
    /// # Errors
    /// `credentials_missing`, `credentials_refused`, `token_expired`.
    pub fn verify(&self, authorization: Option<&[u8]>, now: DateTime<Utc>) -> Result<(), Rejection> {
        let header = authorization.unwrap_or_default().trim_ascii();
        if header.is_empty() {
            return if self.allow_unauthenticated {
                Ok(())
            } else {
                Err(Rule::CredentialsMissing.broken("an Authorization header is needed"))
            };
        }
        if self.allow_unauthenticated && self.basic.is_none() && self.oauth.is_none() {
            return Ok(());
        }
        let (scheme, credentials) = split_scheme(header);
        let verdict = if scheme.eq_ignore_ascii_case(b"basic") {
            self.verify_basic(credentials)
        } else if scheme.eq_ignore_ascii_case(b"bearer") {
            self.verify_bearer(credentials, now)
        } else {
            Verdict::NotOurs
        };
        match verdict {
            Verdict::Valid => Ok(()),
            Verdict::Expired => Err(Rule::TokenExpired.broken("fetch a new token")),
            Verdict::NotOurs => Err(Rule::CredentialsRefused.broken("the credentials are not accepted")),
        }
    }

    /// Answers a token request: `authorization` is its header, `body` its form.
    ///
    /// # Errors
    /// A [`TokenRefusal`], with the error codes of RFC 6749.
    pub fn grant(
        &self,
        authorization: Option<&[u8]>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<TokenGrant, TokenRefusal> {
        let request = TokenRequest::parse(body)?;
        let client = self.oauth.as_ref().ok_or_else(TokenRefusal::invalid_client)?;
        if !bool::from(client.proved_by(authorization, &request)) {
            return Err(TokenRefusal::invalid_client());
        }
        request.check_grant_type()?;
        Ok(self.signer(client).issue(now))
    }

    /// The schemes to name in `WWW-Authenticate`.
    pub fn challenge(&self) -> &'static str {
        match (&self.basic, &self.oauth) {
            (Some(_), Some(_)) => "Bearer, Basic realm=\"events\"",
            (Some(_), None) => "Basic realm=\"events\"",
            (None, _) => "Bearer",
        }
    }

    fn verify_basic(&self, credentials: &[u8]) -> Verdict {
        let Some(expected) = &self.basic else { return Verdict::NotOurs };
        let Some((username, password)) = basic_pair(credentials) else { return Verdict::NotOurs };
        // `&` and not `&&`: both are always compared.
        let fits = same(&username, expected.username.as_bytes())
            & same(&password, expected.password.expose_secret().as_bytes());
        if bool::from(fits) { Verdict::Valid } else { Verdict::NotOurs }
    }

    fn verify_bearer(&self, token: &[u8], now: DateTime<Utc>) -> Verdict {
        self.oauth.as_ref().map_or(Verdict::NotOurs, |client| self.signer(client).verify(token, now))
    }

    fn signer<'a>(&'a self, client: &'a OauthClient) -> TokenSigner<'a> {
        TokenSigner {
            connection: &self.connection,
            client_id: &client.client_id,
            client_secret: &client.client_secret,
        }
    }
}

impl OauthClient {
    /// Whether the request proves to come from this client: by a Basic header, else by its body. Naming the
    /// id in the body beside the header is allowed; a second secret is not looked at.
    fn proved_by(&self, authorization: Option<&[u8]>, request: &TokenRequest) -> Choice {
        let header = authorization.unwrap_or_default().trim_ascii();
        if !header.is_empty() {
            let (scheme, credentials) = split_scheme(header);
            if !scheme.eq_ignore_ascii_case(b"basic") {
                return Choice::from(0);
            }
            let Some((id, secret)) = basic_pair(credentials) else { return Choice::from(0) };
            // RFC 6749 wants both form-encoded inside Basic; many senders leave that out.
            return self.is(&id, &secret) | self.is(&form_decoded(&id), &form_decoded(&secret));
        }
        match (&request.client_id, &request.client_secret) {
            (Some(id), Some(secret)) => self.is(id, secret),
            _ => Choice::from(0),
        }
    }

    fn is(&self, id: &[u8], secret: &[u8]) -> Choice {
        same(id, self.client_id.as_bytes()) & same(secret, self.client_secret.expose_secret().as_bytes())
    }
}

/// Scheme and credentials of an `Authorization` header.
fn split_scheme(header: &[u8]) -> (&[u8], &[u8]) {
    let end = header.iter().position(u8::is_ascii_whitespace).unwrap_or(header.len());
    (&header[..end], header[end..].trim_ascii())
}

/// User name and password of Basic credentials.
fn basic_pair(credentials: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let decoded = BASE64.decode(credentials).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::TokenError;
    use super::*;

    fn access() -> WebhookAccess {
        WebhookAccess {
            connection: "main".into(),
            basic: Some(BasicCredentials {
                username: "amazon".to_owned(),
                password: "pass:word".to_owned().into(),
            }),
            oauth: Some(OauthClient {
                client_id: "client".to_owned(),
                client_secret: "se+cret".to_owned().into(),
            }),
            allow_unauthenticated: false,
        }
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", BASE64.encode(pair))
    }

    fn code(access: &WebhookAccess, header: Option<&str>) -> Option<&'static str> {
        access.verify(header.map(str::as_bytes), DateTime::UNIX_EPOCH).err().map(|rejection| rejection.code)
    }

    #[test]
    fn basic_credentials_open_the_door_and_nothing_near_them_does() {
        let access = access();
        assert_eq!(code(&access, Some(&basic("amazon:pass:word"))), None);
        assert_eq!(code(&access, Some(&basic("amazon:pass:word").replace("Basic", "bASIC "))), None);
        for wrong in ["amazon:pass:wor", "amazon:", "Amazon:pass:word", ":", "amazon", ""] {
            assert_eq!(code(&access, Some(&basic(wrong))), Some("credentials_refused"), "{wrong}");
        }
        assert_eq!(code(&access, Some("Basic !!!")), Some("credentials_refused"));
        assert_eq!(code(&access, Some("Digest x")), Some("credentials_refused"));
        assert_eq!(code(&access, None), Some("credentials_missing"));
        assert_eq!(code(&access, Some(" ")), Some("credentials_missing"));
    }

    #[test]
    fn refusal_is_the_same_whichever_part_was_wrong() {
        let access = access();
        let refusal = |pair: &str| access.verify(Some(basic(pair).as_bytes()), DateTime::UNIX_EPOCH);
        assert_eq!(refusal("amazon:wrong"), refusal("wrong:pass:word"));
    }

    #[test]
    fn scheme_that_is_not_configured_opens_nothing() {
        let only_oauth = WebhookAccess { basic: None, ..access() };
        assert_eq!(code(&only_oauth, Some(&basic("amazon:pass:word"))), Some("credentials_refused"));
        let neither = WebhookAccess { oauth: None, ..only_oauth };
        assert_eq!(code(&neither, Some("Bearer ")), Some("credentials_refused"));
        assert_eq!(code(&neither, None), Some("credentials_missing"));
    }

    #[test]
    fn unauthenticated_is_let_in_only_where_allowed_and_never_with_wrong_credentials() {
        let open = WebhookAccess { allow_unauthenticated: true, ..access() };
        assert_eq!(code(&open, None), None);
        assert_eq!(code(&open, Some(&basic("amazon:wrong"))), Some("credentials_refused"));
        let bare = WebhookAccess { basic: None, oauth: None, ..open };
        assert_eq!(code(&bare, Some("Bearer anything")), None);
    }

    #[test]
    fn granted_token_opens_the_door_until_it_expires() {
        let access = access();
        let body = b"grant_type=client_credentials&client_id=client&client_secret=se%2Bcret";
        let grant = access.grant(None, body, DateTime::UNIX_EPOCH).unwrap();
        let header = format!("Bearer {}", grant.access_token.expose_secret());
        assert_eq!(code(&access, Some(&header)), None);
        let later = DateTime::UNIX_EPOCH + TimeDelta::seconds(grant.expires_in_seconds.into());
        assert_eq!(access.verify(Some(header.as_bytes()), later).unwrap_err().code, "token_expired");
        assert_eq!(code(&access, Some(&format!("{header}x"))), Some("credentials_refused"));
        assert!(!format!("{grant:?}{access:?}").contains("se+cret"));
    }

    #[test]
    fn client_may_authenticate_by_basic_encoded_or_not() {
        for pair in ["client:se+cret", "client:se%2Bcret"] {
            let granted = access().grant(
                Some(basic(pair).as_bytes()),
                b"grant_type=client_credentials",
                DateTime::UNIX_EPOCH,
            );
            assert!(granted.is_ok(), "{pair}");
        }
    }

    #[test]
    fn unknown_clients_all_get_the_same_answer() {
        let refused = |access: &WebhookAccess, header: Option<&str>, body: &str| {
            access.grant(header.map(str::as_bytes), body.as_bytes(), DateTime::UNIX_EPOCH).unwrap_err()
        };
        let grant = "grant_type=client_credentials";
        let answers = [
            refused(&access(), None, grant),
            refused(&access(), None, &format!("{grant}&client_id=client&client_secret=x")),
            refused(&access(), None, &format!("{grant}&client_id=x&client_secret=se%2Bcret")),
            refused(&access(), Some(&basic("client:x")), grant),
            refused(&access(), Some("Bearer x"), grant),
            refused(
                &WebhookAccess { oauth: None, ..access() },
                None,
                &format!("{grant}&client_id=client&client_secret=se%2Bcret"),
            ),
        ];
        for answer in answers {
            assert_eq!(answer, TokenRefusal::invalid_client());
            assert_eq!((answer.error, answer.error.status()), (TokenError::InvalidClient, 401));
        }
    }

    #[test]
    fn grant_type_is_judged_after_the_client() {
        let body = b"grant_type=password&client_id=client&client_secret=se%2Bcret";
        let refused = access().grant(None, body, DateTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused.body()["error"], "unsupported_grant_type");
        let unknown = access().grant(None, b"grant_type=password", DateTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(unknown.error, TokenError::InvalidClient);
    }
}
