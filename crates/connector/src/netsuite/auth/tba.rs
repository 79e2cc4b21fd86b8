//! Token-based authentication: OAuth 1.0a with HMAC-SHA256.
//!
//! Built on `oauth1-request`, which knows neither `realm` nor HMAC-SHA256 and encodes parameter values but not
//! their names. Sources: RFC 5849; NetSuite help, sections 1534941088 (signature), 1534941295 (header).

use std::fmt::{self, Display, Write};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use amz_services::failure::{Failure, PortError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method};
use oauth1_request::serializer::{Serializer, SerializerExt};
use oauth1_request::signature_method::{Sign, SignatureMethod};
use oauth1_request::{Builder, Credentials, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use super::AuthSetupError;

/// What a signature is made with.
#[derive(Debug, Clone)]
pub struct TokenBasedSettings {
    /// Consumer key of the integration record.
    pub consumer_key: String,
    /// Consumer secret of the integration record.
    pub consumer_secret: SecretString,
    /// Id of the access token.
    pub token_id: String,
    /// Secret of the access token.
    pub token_secret: SecretString,
}

/// Signs requests.
#[derive(Debug)]
pub(super) struct TokenBased {
    settings: TokenBasedSettings,
    realm: String,
    /// NetSuite wants no timestamp to be lower than the one before it.
    latest: AtomicU64,
}

impl TokenBased {
    pub(super) fn new(settings: TokenBasedSettings, account: &str) -> Result<Self, AuthSetupError> {
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
        if account.is_empty() || !account.bytes().all(plain) {
            return Err(AuthSetupError::Account(account.to_owned()));
        }
        Ok(Self { settings, realm: account.to_owned(), latest: AtomicU64::new(1) })
    }

    /// Value of the `Authorization` header of one attempt, with a new nonce.
    pub(super) fn authorization(
        &self,
        operation: &'static str,
        method: &Method,
        url: &Url,
        now: DateTime<Utc>,
    ) -> Result<HeaderValue, PortError> {
        let cannot = |message: String| PortError::new(operation, Failure::Refused, "not_signable", message);
        if let Some((name, _)) = url.query_pairs().find(|(name, _)| name.starts_with("oauth_")) {
            return Err(cannot(format!("the query name {name} belongs to the signature")));
        }
        let seconds = u64::try_from(now.timestamp()).unwrap_or(1).max(1);
        let seconds = self.latest.fetch_max(seconds, Ordering::AcqRel).max(seconds);
        let nonce = Uuid::new_v4().simple().to_string();
        let header = self.header(method.as_str(), url, &nonce, NonZeroU64::new(seconds));
        let mut header = HeaderValue::try_from(header).map_err(|error| cannot(error.to_string()))?;
        header.set_sensitive(true);
        Ok(header)
    }

    fn header(&self, method: &str, url: &Url, nonce: &str, timestamp: Option<NonZeroU64>) -> String {
        let mut base = url.clone();
        base.set_query(None);
        base.set_fragment(None);
        let TokenBasedSettings { consumer_key, consumer_secret, token_id, token_secret } = &self.settings;
        let consumer = Credentials::new(consumer_key.as_str(), consumer_secret.expose_secret());
        let token = Credentials::new(token_id.as_str(), token_secret.expose_secret());
        let mut builder = Builder::new(consumer, HmacSha256);
        builder.token(token).version(true).nonce(nonce).timestamp(timestamp);
        let header = builder.authorize(method, base.as_str(), &Query::of(url));
        // `realm` takes no part in the signature, so it can be put in front of the finished header
        let rest = header.strip_prefix("OAuth ").unwrap_or(&header);
        format!("OAuth realm=\"{}\",{rest}", self.realm)
    }
}

/// RFC 3986 unreserved characters stay, everything else is encoded (RFC 5849, 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// The signature method that `oauth1-request` does not bring.
#[derive(Clone)]
struct HmacSha256;

struct HmacSha256Sign(hmac::Context);

impl SignatureMethod for HmacSha256 {
    type Sign = HmacSha256Sign;

    fn sign_with(self, client_secret: &str, token_secret: Option<&str>) -> HmacSha256Sign {
        let key = format!("{}&{}", encoded(client_secret), encoded(token_secret.unwrap_or("")));
        HmacSha256Sign(hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes())))
    }
}

/// Feeds text into the signature piece by piece.
struct Feed<'a>(&'a mut hmac::Context);

impl Write for Feed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl Sign for HmacSha256Sign {
    type Signature = String;

    fn get_signature_method_name(&self) -> &'static str {
        "HMAC-SHA256"
    }

    fn request_method(&mut self, method: &str) {
        self.0.update(method.as_bytes());
        self.0.update(b"&");
    }

    fn uri<T: Display>(&mut self, uri: T) {
        // `Feed` never fails
        let _ = write!(Feed(&mut self.0), "{uri}&");
    }

    fn parameter<V: Display>(&mut self, key: &str, value: V) {
        // Keys come encoded once (see `Query`) and stand in the base string encoded twice. The `oauth_` keys
        // have nothing to encode.
        let _ = write!(Feed(&mut self.0), "{}%3D{value}", encoded(key));
    }

    fn delimiter(&mut self) {
        self.0.update(b"%26");
    }

    fn end(self) -> String {
        encoded(&STANDARD.encode(self.0.sign())).to_string()
    }
}

/// Query parameters, encoded and then sorted by encoded name and value (RFC 5849, 3.4.1.3.2).
struct Query(Vec<(String, String)>);

impl Query {
    fn of(url: &Url) -> Self {
        let pairs = url.query_pairs();
        let mut pairs: Vec<_> =
            pairs.map(|(name, value)| (encoded(&name).to_string(), encoded(&value).to_string())).collect();
        pairs.sort_unstable();
        Self(pairs)
    }
}

impl Request for Query {
    fn serialize<S: Serializer>(&self, mut serializer: S) -> S::Output {
        // no query name starts with `oauth_`, so the signature's own parameters stand together
        let (before, after) = self.0.split_at(self.0.partition_point(|(name, _)| name.as_str() < "oauth_"));
        for (name, value) in before {
            serializer.serialize_parameter_encoded(name, value);
        }
        serializer.serialize_oauth_parameters();
        for (name, value) in after {
            serializer.serialize_parameter_encoded(name, value);
        }
        serializer.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> TokenBased {
        let settings = TokenBasedSettings {
            consumer_key: "ck".into(),
            consumer_secret: "cs".into(),
            token_id: "tk".into(),
            token_secret: "ts".into(),
        };
        TokenBased::new(settings, "1234567_SB1").unwrap()
    }

    #[test]
    fn the_header_is_the_one_that_an_independent_program_computed() {
        let url = "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl\
                   ?script=customscript_amz_rt_event_entry&deploy=customdeploy1";
        let header =
            signer().header("POST", &url.parse().unwrap(), "nonce12345", NonZeroU64::new(1_700_000_000));
        assert_eq!(
            header,
            "OAuth realm=\"1234567_SB1\",oauth_consumer_key=\"ck\",oauth_nonce=\"nonce12345\",\
             oauth_signature_method=\"HMAC-SHA256\",oauth_timestamp=\"1700000000\",oauth_token=\"tk\",\
             oauth_version=\"1.0\",oauth_signature=\"9LqUsKL18DdXlHp6a%2BApzPsMc4yxEkAltpxC3%2BPLTr4%3D\""
        );
    }

    #[test]
    fn every_attempt_has_its_own_nonce_and_the_clock_of_the_caller() {
        let url = "https://example.com/services/rest/record/v1/salesOrder/1".parse().unwrap();
        let signer = signer();
        let sign = |seconds| {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let header = signer.authorization("x", &Method::GET, &url, now).unwrap();
            header.to_str().unwrap().to_owned()
        };
        let (first, second, earlier) = (sign(1_700_000_000), sign(1_700_000_000), sign(1_600_000_000));
        assert_ne!(first, second);
        assert!(first.contains("oauth_timestamp=\"1700000000\""));
        assert!(earlier.contains("oauth_timestamp=\"1700000000\""), "timestamps never go back");
    }

    #[test]
    fn a_query_name_of_the_signature_is_refused() {
        let url = "https://example.com/?oauth_token=x".parse().unwrap();
        assert!(signer().authorization("x", &Method::GET, &url, Utc::now()).is_err());
    }

    #[test]
    fn an_account_id_that_would_break_the_header_is_refused() {
        for bad in ["", "1234\"567", "a b", "1234567-sb1"] {
            assert!(TokenBased::new(signer().settings, bad).is_err(), "{bad:?}");
        }
    }
}
