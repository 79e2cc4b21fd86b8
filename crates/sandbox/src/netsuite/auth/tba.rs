//! Token-based authentication: OAuth 1.0a with HMAC-SHA256 (RFC 5849).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use super::{LoginFailure, Logins};
use crate::netsuite::answer::Call;
use crate::netsuite::settings::NetSuiteSettings;

/// RFC 3986 unreserved characters stay, everything else is encoded.
const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Largest distance between the caller's clock and ours, in seconds.
const CLOCK_TOLERANCE_S: i64 = 300;

/// Remembered nonces below which old ones are not looked for.
const SWEEP_AT: usize = 4096;

const REQUIRED: [&str; 6] = [
    "oauth_consumer_key",
    "oauth_token",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_signature_method",
    "oauth_signature",
];

/// Checks an `Authorization: OAuth …` header against the request it came with.
pub(super) fn check(
    logins: &mut Logins,
    settings: &NetSuiteSettings,
    call: &Call,
    presented: &str,
) -> Result<(), LoginFailure> {
    let parameters = parse(presented).ok_or(LoginFailure::anonymous("parameter_rejected"))?;
    let get =
        |name: &str| parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if get("oauth_consumer_key") != settings.consumer_key && !get("oauth_consumer_key").is_empty() {
        return Err(LoginFailure::anonymous("consumer_key_unknown"));
    }
    if get("oauth_token") != settings.token_id && !get("oauth_token").is_empty() {
        return Err(LoginFailure::anonymous("token_rejected"));
    }
    // From here on the caller named our user's token, so a failure counts against that user.
    let fails = LoginFailure::of_user;
    if REQUIRED.iter().any(|name| get(name).is_empty()) {
        return Err(LoginFailure {
            counts: !get("oauth_token").is_empty(),
            ..fails("MissingTokenPassportRequiredFields")
        });
    }
    if get("oauth_signature_method") != "HMAC-SHA256" {
        return Err(fails("UnknownAlgorithm"));
    }
    if !matches!(get("oauth_version"), "" | "1.0") {
        return Err(fails("VersionRejected"));
    }
    if get("realm") != settings.account || logins.tba_token_revoked {
        return Err(fails("token_rejected"));
    }
    let timestamp = get("oauth_timestamp").parse::<i64>().map_err(|_| fails("InvalidTimestamp"))?;
    if (call.now.timestamp() - timestamp).abs() > CLOCK_TOLERANCE_S {
        return Err(fails("InvalidTimestamp"));
    }
    let nonce = get("oauth_nonce");
    if !(6..=64).contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(fails("nonce_rejected"));
    }
    let base =
        signature_base(call.method.as_str(), &call.url_without_query(), &call.parameters(), &parameters);
    let key = format!("{}&{}", encode(&settings.consumer_secret), encode(&settings.token_secret));
    if !signed(&base, &key, get("oauth_signature")) {
        return Err(fails("InvalidSignature"));
    }
    let oldest = call.now.timestamp() - CLOCK_TOLERANCE_S;
    if logins.used_nonces.len() > logins.nonces_to_sweep {
        logins.used_nonces.retain(|(_, used_at)| *used_at >= oldest);
        // Sweeping again before the number has doubled would cost more than the memory it frees.
        logins.nonces_to_sweep = SWEEP_AT.max(logins.used_nonces.len() * 2);
    }
    match logins.used_nonces.insert((nonce.to_owned(), timestamp)) {
        true => Ok(()),
        false => Err(fails("NonceUsed")),
    }
}

/// Names and decoded values of the header; `None` when a part is malformed or given twice.
fn parse(presented: &str) -> Option<Vec<(String, String)>> {
    let (_, rest) = presented.trim().split_once(' ')?;
    let mut parameters: Vec<(String, String)> = Vec::new();
    for part in rest.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        let name = name.trim();
        let decoded = percent_decode_str(value).decode_utf8().ok()?.into_owned();
        // A value that decodes to itself but holds reserved characters was not encoded.
        if name != "realm" && encode(&decoded) != value {
            return None;
        }
        if parameters.iter().any(|(known, _)| known == name) {
            return None;
        }
        parameters.push((name.to_owned(), decoded));
    }
    Some(parameters)
}

/// The text that is signed: method, address and all parameters but `realm` and the signature itself.
fn signature_base(
    method: &str,
    url: &str,
    query: &[(String, String)],
    header: &[(String, String)],
) -> String {
    let signed = header.iter().filter(|(name, _)| name != "realm" && name != "oauth_signature");
    let mut pairs: Vec<(String, String)> =
        query.iter().chain(signed).map(|(name, value)| (encode(name), encode(value))).collect();
    pairs.sort_unstable();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", method.to_ascii_uppercase(), encode(url), encode(&joined.join("&")))
}

fn signed(base: &str, key: &str, signature: &str) -> bool {
    let (Ok(given), Ok(mut mac)) =
        (STANDARD.decode(signature), Hmac::<Sha256>::new_from_slice(key.as_bytes()))
    else {
        return false;
    };
    mac.update(base.as_bytes());
    mac.verify_slice(&given).is_ok()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RFC_3986).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with an independent program for one RESTlet address.
    #[test]
    fn the_signature_agrees_with_an_independent_calculation() {
        let header = concat!(
            r#"OAuth realm="1234567_SB1",oauth_consumer_key="ck",oauth_nonce="nonce12345","#,
            r#"oauth_signature_method="HMAC-SHA256",oauth_timestamp="1700000000",oauth_token="tk","#,
            r#"oauth_version="1.0",oauth_signature="9LqUsKL18DdXlHp6a%2BApzPsMc4yxEkAltpxC3%2BPLTr4%3D""#
        );
        let url = "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl";
        let query = [("script", "customscript_amz_rt_event_entry"), ("deploy", "customdeploy1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let parameters = parse(header).unwrap();
        let base = signature_base("post", url, &query, &parameters);
        let signature = &parameters.iter().find(|(name, _)| name == "oauth_signature").unwrap().1;
        assert!(signed(&base, "cs&ts", signature), "{base}");
        assert!(!signed(&base, "cs&other", signature));
    }

    #[test]
    fn names_are_encoded_before_they_are_sorted() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = [pair("q a", "1"), pair("q!", "x y"), pair("q", "")];
        let base = signature_base("GET", "http://h/p", &query, &[]);
        assert_eq!(base, "GET&http%3A%2F%2Fh%2Fp&q%3D%26q%2520a%3D1%26q%2521%3Dx%2520y");
    }

    #[test]
    fn a_value_that_is_not_encoded_is_refused() {
        assert!(parse(r#"OAuth realm="A",oauth_signature="a+b=""#).is_none());
        assert!(parse(r#"OAuth realm="A",oauth_token="1",oauth_token="1""#).is_none());
    }
}
