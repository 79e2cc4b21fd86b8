//! Signatures of the Standard Webhooks specification.
//!
//! Signed is `<webhook-id>.<webhook-timestamp>.<body>` with HMAC-SHA256; `webhook-signature` is a list of
//! `v1,<base64>` separated by spaces. While a secret rotates, both ends may use several.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::digest::hmac_sha256;
use crate::rejection::{Rejection, Rule};

/// How far the sender's clock may be from ours, in seconds.
const WINDOW_SECONDS: i64 = 300;
/// Shortest secret, in bytes, as the specification has it.
const MIN_SECRET_BYTES: usize = 24;
/// How many signatures of one request are looked at: enough for any rotation.
const MAX_SIGNATURES: usize = 16;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret that notices are signed with.
#[derive(Debug, Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// Text that is not a signing secret. Does not say what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningSecretError {
    /// Not base64.
    #[error("a signing secret must be whsec_ and base64")]
    NotBase64,
    /// Too few bytes.
    #[error("a signing secret must be at least 24 bytes long before base64")]
    TooShort,
}

impl SigningSecret {
    /// Reads `whsec_<base64>`; the prefix may be left out.
    ///
    /// # Errors
    /// When it is not base64, or of fewer than 24 bytes.
    pub fn parse(text: &SecretString) -> Result<Self, SigningSecretError> {
        let text = text.expose_secret().trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = BASE64.decode(encoded).map_err(|_| SigningSecretError::NotBase64)?;
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(SigningSecretError::TooShort);
        }
        Ok(Self(bytes.into()))
    }

    /// The `v1,<base64>` signature of a request, as a sender makes it.
    pub fn sign(&self, id: &str, timestamp: DateTime<Utc>, body: &[u8]) -> String {
        let timestamp = timestamp.timestamp().to_string();
        format!("v1,{}", BASE64.encode(self.mac(id.as_bytes(), timestamp.as_bytes(), body)))
    }

    fn mac(&self, id: &[u8], timestamp: &[u8], body: &[u8]) -> [u8; 32] {
        hmac_sha256(self.0.expose_secret(), &[id, b".", timestamp, b".", body])
    }
}

/// The three headers of a signed request, as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignatureHeaders<'a> {
    /// `webhook-id`.
    pub id: Option<&'a [u8]>,
    /// `webhook-timestamp`, in seconds since 1970.
    pub timestamp: Option<&'a [u8]>,
    /// `webhook-signature`.
    pub signature: Option<&'a [u8]>,
}

impl<'a> SignatureHeaders<'a> {
    /// Checks the signature against any of the secrets, then its age. Returns the `webhook-id`.
    ///
    /// The age comes second, so that only the holder of a secret learns about our clock.
    ///
    /// # Errors
    /// `signature_missing`, `timestamp_missing`, `timestamp_unreadable`, `signature_refused`,
    /// `timestamp_too_old`, `timestamp_in_future`.
    pub fn verify(
        &self,
        secrets: &[SigningSecret],
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<&'a str, Rejection> {
        let id = present(self.id).ok_or_else(|| Rule::SignatureMissing.broken("webhook-id is missing"))?;
        let signatures = present(self.signature)
            .ok_or_else(|| Rule::SignatureMissing.broken("webhook-signature is missing"))?;
        let timestamp = present(self.timestamp)
            .ok_or_else(|| Rule::TimestampMissing.broken("webhook-timestamp is missing"))?;
        let signed_at: i64 =
            str::from_utf8(timestamp).ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
                Rule::TimestampUnreadable.broken("webhook-timestamp must be whole seconds since 1970")
            })?;
        let refused = || Rule::SignatureRefused.broken("no signature fits this request");
        if !bool::from(fits(secrets, id, timestamp, body, signatures)) {
            return Err(refused());
        }
        let age = now.timestamp().saturating_sub(signed_at);
        if age > WINDOW_SECONDS {
            return Err(Rule::TimestampTooOld.broken("signed more than five minutes ago: sign it again"));
        }
        if age < -WINDOW_SECONDS {
            return Err(Rule::TimestampInFuture.broken("signed more than five minutes ahead of our clock"));
        }
        str::from_utf8(id).map_err(|_| refused())
    }
}

fn present(header: Option<&[u8]>) -> Option<&[u8]> {
    header.map(<[u8]>::trim_ascii).filter(|value| !value.is_empty())
}

/// Whether any `v1` signature was made with any of the secrets. Other versions are passed over.
fn fits(secrets: &[SigningSecret], id: &[u8], timestamp: &[u8], body: &[u8], signatures: &[u8]) -> Choice {
    let presented: Vec<Vec<u8>> = signatures
        .split(u8::is_ascii_whitespace)
        .filter_map(|entry| entry.strip_prefix(b"v1,"))
        .take(MAX_SIGNATURES)
        .filter_map(|encoded| BASE64.decode(encoded).ok())
        .collect();
    secrets.iter().fold(Choice::from(0), |found, secret| {
        let expected = secret.mac(id, timestamp, body);
        presented.iter().fold(found, |found, signature| found | signature.as_slice().ct_eq(&expected))
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(&text.to_owned().into()).unwrap()
    }

    fn example() -> SigningSecret {
        secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Verifies a request signed at 1000 with `signature`, at `now`.
    fn outcome(
        secrets: &[SigningSecret],
        signature: &str,
        body: &[u8],
        now: i64,
    ) -> Result<(), &'static str> {
        let headers = SignatureHeaders {
            id: Some(b"msg_1"),
            timestamp: Some(b"1000"),
            signature: Some(signature.as_bytes()),
        };
        headers.verify(secrets, body, at(now)).map(|_| ()).map_err(|rejection| rejection.code)
    }

    #[test]
    fn signature_agrees_with_the_example_of_the_specification() {
        let signature =
            example().sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at(1_614_265_330), br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn any_secret_and_any_listed_signature_will_do_while_rotating() {
        let new = secret(&format!("whsec_{}", BASE64.encode([7_u8; 32])));
        let (by_old, by_new) = (example().sign("msg_1", at(1000), b"x"), new.sign("msg_1", at(1000), b"x"));
        let both = [new, example()];
        assert_eq!(outcome(&both, &by_old, b"x", 1000), Ok(()));
        assert_eq!(outcome(&both, &by_new, b"x", 1000), Ok(()));
        assert_eq!(outcome(&[example()], &format!("v1a,zz v1,!! {by_new} {by_old}"), b"x", 1000), Ok(()));
        assert_eq!(outcome(&[example()], &by_new, b"x", 1000), Err("signature_refused"));
        assert_eq!(outcome(&[], &by_old, b"x", 1000), Err("signature_refused"));
    }

    #[test]
    fn changed_body_id_or_time_is_refused() {
        let secrets = [example()];
        let signature = example().sign("msg_1", at(1000), b"x");
        assert_eq!(outcome(&secrets, &signature, b"y", 1000), Err("signature_refused"));
        assert_eq!(
            outcome(&secrets, &example().sign("msg_2", at(1000), b"x"), b"x", 1000),
            Err("signature_refused")
        );
        assert_eq!(
            outcome(&secrets, &example().sign("msg_1", at(1001), b"x"), b"x", 1000),
            Err("signature_refused")
        );
        for cut in ["v1,", "v1", ",", &signature[..20]] {
            assert_eq!(outcome(&secrets, cut, b"x", 1000), Err("signature_refused"), "{cut}");
        }
    }

    #[test]
    fn window_is_five_minutes_to_both_sides() {
        let secrets = [example()];
        let signature = example().sign("msg_1", at(1000), b"x");
        assert_eq!(outcome(&secrets, &signature, b"x", 1300), Ok(()));
        assert_eq!(outcome(&secrets, &signature, b"x", 1301), Err("timestamp_too_old"));
        assert_eq!(outcome(&secrets, &signature, b"x", 700), Ok(()));
        assert_eq!(outcome(&secrets, &signature, b"x", 699), Err("timestamp_in_future"));
        assert_eq!(outcome(&secrets, "v1,AAAA", b"x", 9999), Err("signature_refused"));
    }

    #[test]
    fn each_missing_header_has_its_code() {
        let signature = example().sign("msg_1", at(1000), b"x");
        let all = SignatureHeaders {
            id: Some(b"msg_1"),
            timestamp: Some(b"1000"),
            signature: Some(signature.as_bytes()),
        };
        let code = |headers: SignatureHeaders<'_>| {
            headers.verify(&[example()], b"x", at(1000)).map(str::to_owned).map_err(|refused| refused.code)
        };
        assert_eq!(code(all), Ok("msg_1".to_owned()));
        assert_eq!(code(SignatureHeaders { id: None, ..all }), Err("signature_missing"));
        assert_eq!(code(SignatureHeaders { signature: Some(b" "), ..all }), Err("signature_missing"));
        assert_eq!(code(SignatureHeaders { timestamp: None, ..all }), Err("timestamp_missing"));
        let written = (at(1000) + TimeDelta::zero()).to_rfc3339();
        let dated = SignatureHeaders { timestamp: Some(written.as_bytes()), ..all };
        assert_eq!(code(dated), Err("timestamp_unreadable"));
    }

    #[test]
    fn secrets_are_checked_when_read_and_never_shown() {
        let parse = |text: &str| SigningSecret::parse(&text.to_owned().into()).err();
        assert_eq!(parse("whsec_???"), Some(SigningSecretError::NotBase64));
        assert_eq!(parse("whsec_AAAA"), Some(SigningSecretError::TooShort));
        assert_eq!(parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), None);
        assert!(!format!("{:?}", example()).contains("MfKQ"));
    }
}
