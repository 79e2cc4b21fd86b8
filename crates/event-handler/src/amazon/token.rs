//! Access tokens that we issue to Amazon's event sender.
//!
//! A token is `amz1.<expiry>.<mac>`: the instant it ends in seconds since 1970, and the HMAC of version,
//! connection, client id and expiry under a key derived from the client secret. Nothing is stored, so every
//! process with the same configuration accepts the tokens of every other; a changed client secret ends
//! them all.

use amz_domain::ConnectionName;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::digest::hmac_sha256;

/// How long a token is valid, in seconds: fifteen minutes.
pub const TOKEN_LIFETIME_SECONDS: u32 = 900;

/// Version of the form and of the key derivation.
const VERSION: &str = "amz1";

/// A token and how long it lasts, for the answer of the token endpoint (RFC 6749, section 5.1).
#[derive(Debug, Clone)]
pub struct TokenGrant {
    /// The bearer token.
    pub access_token: SecretString,
    /// Seconds until it ends.
    pub expires_in_seconds: u32,
}

/// What a presented token turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    Expired,
    NotOurs,
}

/// Issues and recognises the tokens of one client of one connection.
pub(crate) struct TokenSigner<'a> {
    pub(crate) connection: &'a ConnectionName,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a SecretString,
}

impl TokenSigner<'_> {
    pub(crate) fn issue(&self, now: DateTime<Utc>) -> TokenGrant {
        let expiry = now.timestamp().saturating_add(i64::from(TOKEN_LIFETIME_SECONDS)).to_string();
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&expiry));
        TokenGrant {
            access_token: format!("{VERSION}.{expiry}.{mac}").into(),
            expires_in_seconds: TOKEN_LIFETIME_SECONDS,
        }
    }

    /// The expiry is looked at only once the MAC has proved it ours.
    pub(crate) fn verify(&self, token: &[u8], now: DateTime<Utc>) -> Verdict {
        let Some((expiry, mac)) = str::from_utf8(token).ok().and_then(split) else {
            return Verdict::NotOurs;
        };
        if !bool::from(mac.as_slice().ct_eq(&self.mac(expiry))) {
            return Verdict::NotOurs;
        }
        match expiry.parse::<i64>() {
            Ok(end) if now.timestamp() < end => Verdict::Valid,
            Ok(_) => Verdict::Expired,
            Err(_) => Verdict::NotOurs,
        }
    }

    fn mac(&self, expiry: &str) -> [u8; 32] {
        let key = hmac_sha256(self.client_secret.expose_secret().as_bytes(), &[b"amz access token key 1"]);
        let connection = self.connection.as_str();
        // Lengths first, so that no two sets of parts are the same bytes.
        let lengths = format!("{VERSION}:{}:{}:", connection.len(), self.client_id.len());
        let parts = [lengths.as_str(), connection, self.client_id, expiry];
        hmac_sha256(&key, &parts.map(str::as_bytes))
    }
}

fn split(token: &str) -> Option<(&str, Vec<u8>)> {
    let (expiry, mac) = token.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
    Some((expiry, URL_SAFE_NO_PAD.decode(mac).ok()?))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn verify(connection: &str, client_id: &str, secret: &str, token: &str, after: i64) -> Verdict {
        let signer = TokenSigner {
            connection: &connection.into(),
            client_id,
            client_secret: &secret.to_owned().into(),
        };
        signer.verify(token.as_bytes(), DateTime::UNIX_EPOCH + TimeDelta::seconds(after))
    }

    fn issued() -> String {
        let signer = TokenSigner {
            connection: &"main".into(),
            client_id: "client",
            client_secret: &"secret".to_owned().into(),
        };
        signer.issue(DateTime::UNIX_EPOCH).access_token.expose_secret().to_owned()
    }

    #[test]
    fn token_is_valid_for_its_lifetime_and_expired_from_then_on() {
        let token = issued();
        assert_eq!(verify("main", "client", "secret", &token, 0), Verdict::Valid);
        assert_eq!(verify("main", "client", "secret", &token, 899), Verdict::Valid);
        assert_eq!(verify("main", "client", "secret", &token, 900), Verdict::Expired);
    }

    #[test]
    fn token_belongs_to_its_connection_client_and_secret() {
        let token = issued();
        assert_eq!(verify("other", "client", "secret", &token, 0), Verdict::NotOurs);
        assert_eq!(verify("main", "clienT", "secret", &token, 0), Verdict::NotOurs);
        assert_eq!(verify("main", "client", "changed", &token, 0), Verdict::NotOurs);
        // The same bytes, cut differently.
        assert_eq!(verify("mainc", "lient", "secret", &token, 0), Verdict::NotOurs);
    }

    #[test]
    fn later_expiry_under_the_old_mac_is_not_ours() {
        let token = issued();
        let longer = token.replace(".900.", ".901.");
        assert_ne!(token, longer);
        assert_eq!(verify("main", "client", "secret", &longer, 0), Verdict::NotOurs);
        for broken in ["", "amz1", "amz1.", "amz1.900", "amz1.900.", "amz2.900.AAAA", "amz1.900.!!"] {
            assert_eq!(verify("main", "client", "secret", broken, 0), Verdict::NotOurs);
        }
    }
}
