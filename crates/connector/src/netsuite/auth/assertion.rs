//! The signed assertion (JWT) that is exchanged for an access token.
//!
//! Source: NetSuite help, section 162686838198 (The Request Token Structure).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::AuthSetupError;

/// How the assertion is signed; must fit the certificate that is mapped in NetSuite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA with curve P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA-PSS with SHA-256; NetSuite wants 3,072 or 4,096 bits.
    #[serde(rename = "PS256")]
    Ps256,
}

impl SigningAlgorithm {
    /// Its name in the assertion's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
        }
    }
}

/// How long an assertion holds; NetSuite allows less than 60 minutes.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// A private key, ready to sign.
pub(super) enum SigningKey {
    Es256(EcdsaKeyPair),
    Ps256(RsaKeyPair),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.algorithm().as_str())
    }
}

impl SigningKey {
    /// Reads a private key in PKCS#8 PEM.
    pub(super) fn from_pem(pem: &str, algorithm: SigningAlgorithm) -> Result<Self, AuthSetupError> {
        let key = pkcs8(pem)?;
        let rejected = |error: ring::error::KeyRejected| AuthSetupError::KeyRejected {
            algorithm: algorithm.as_str(),
            reason: error.to_string(),
        };
        Ok(match algorithm {
            SigningAlgorithm::Es256 => Self::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &SystemRandom::new())
                    .map_err(rejected)?,
            ),
            SigningAlgorithm::Ps256 => Self::Ps256(RsaKeyPair::from_pkcs8(&key).map_err(rejected)?),
        })
    }

    fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Self::Es256(_) => SigningAlgorithm::Es256,
            Self::Ps256(_) => SigningAlgorithm::Ps256,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
            Self::Ps256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

/// What an assertion says besides the time.
pub(super) struct Claims<'a> {
    pub(super) client_id: &'a str,
    pub(super) certificate_id: &'a str,
    pub(super) scope: &'a [String],
    /// The very address that the assertion is sent to.
    pub(super) audience: &'a Url,
}

/// A fresh signed assertion.
pub(super) fn assertion(
    key: &SigningKey,
    claims: &Claims<'_>,
    now: DateTime<Utc>,
) -> Result<String, ring::error::Unspecified> {
    let header = json!({"typ": "JWT", "alg": key.algorithm().as_str(), "kid": claims.certificate_id});
    let payload = json!({
        "iss": claims.client_id,
        "scope": claims.scope,
        "aud": claims.audience.as_str(),
        "iat": now.timestamp(),
        "exp": (now + LIFETIME).timestamp(),
        "jti": Uuid::new_v4().to_string(),
    });
    let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(&header), encode(&payload));
    let signature = key.sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn pkcs8(pem: &str) -> Result<Vec<u8>, AuthSetupError> {
    const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
    const END: &str = "-----END PRIVATE KEY-----";
    let Some((_, rest)) = pem.split_once(BEGIN) else {
        let hint = if pem.contains("BEGIN EC PRIVATE KEY") || pem.contains("BEGIN RSA PRIVATE KEY") {
            "convert it with `openssl pkcs8 -topk8 -nocrypt`"
        } else if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            "it is protected by a password"
        } else {
            "no such block in it"
        };
        return Err(AuthSetupError::PrivateKey(hint));
    };
    let (body, _) = rest.split_once(END).ok_or(AuthSetupError::PrivateKey("its end is missing"))?;
    let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
    STANDARD.decode(body).map_err(|_| AuthSetupError::PrivateKey("its text is not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    const EC: &str = include_str!("../../../fixtures/netsuite/machine_to_machine_es256.pem");
    const RSA: &str = include_str!("../../../fixtures/netsuite/machine_to_machine_ps256.pem");

    fn signed(key: &SigningKey) -> (serde_json::Value, serde_json::Value, String, Vec<u8>) {
        let audience = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token";
        let claims = Claims {
            client_id: "client",
            certificate_id: "certificate",
            scope: &["rest_webservices".to_owned()],
            audience: &audience.parse().unwrap(),
        };
        let token = assertion(key, &claims, "2026-03-01T00:00:00Z".parse().unwrap()).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = message.split_once('.').unwrap();
        let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        (part(header), part(payload), message.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap())
    }

    #[test]
    fn the_assertion_says_what_netsuite_documents() {
        let key = SigningKey::from_pem(EC, SigningAlgorithm::Es256).unwrap();
        let (header, payload, ..) = signed(&key);
        assert_eq!(header, json!({"typ": "JWT", "alg": "ES256", "kid": "certificate"}));
        assert_eq!(payload["iss"], "client");
        assert_eq!(payload["scope"], json!(["rest_webservices"]));
        assert!(payload["aud"].as_str().unwrap().ends_with("/services/rest/auth/oauth2/v1/token"));
        let life = payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap();
        assert!(life > 0 && life < 3600, "{life}");
        assert_ne!(payload["jti"], signed(&key).1["jti"]);
    }

    #[test]
    fn both_algorithms_make_signatures_that_verify() {
        let key = SigningKey::from_pem(EC, SigningAlgorithm::Es256).unwrap();
        let (_, _, message, signature) = signed(&key);
        let SigningKey::Es256(pair) = &key else { panic!() };
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
        public.verify(message.as_bytes(), &signature).unwrap();

        let key = SigningKey::from_pem(RSA, SigningAlgorithm::Ps256).unwrap();
        let (header, _, message, signature) = signed(&key);
        assert_eq!(header["alg"], "PS256");
        let SigningKey::Ps256(pair) = &key else { panic!() };
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key());
        public.verify(message.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_that_does_not_fit_is_refused_with_a_reason() {
        assert!(SigningKey::from_pem(EC, SigningAlgorithm::Ps256).is_err());
        assert!(SigningKey::from_pem(RSA, SigningAlgorithm::Es256).is_err());
        let error =
            SigningKey::from_pem("-----BEGIN EC PRIVATE KEY-----", SigningAlgorithm::Es256).unwrap_err();
        assert!(error.to_string().contains("openssl pkcs8"), "{error}");
    }
}
