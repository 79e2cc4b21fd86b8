//! The token endpoint: a signed assertion for an access token.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{AccessToken, LoginFailure, Logins};
use crate::netsuite::answer::{Answer, Call};
use crate::netsuite::settings::NetSuiteSettings;

/// Longest life an assertion may claim, in seconds.
const LONGEST_LIFE_S: i64 = 3600;

/// How far the caller's clock may be ahead of ours, in seconds.
const AHEAD_S: i64 = 300;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Answers a token request.
pub(crate) fn issue(logins: &mut Logins, settings: &NetSuiteSettings, call: &Call) -> Answer {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if get("grant_type") != "client_credentials" {
        return refuse("unsupported_grant_type");
    }
    if get("client_assertion_type") != ASSERTION_TYPE || get("client_assertion").is_empty() {
        return refuse("invalid_request");
    }
    let outcome = match check(settings, call, get("client_assertion")) {
        Ok(_) if logins.locked(call.now) => Err(LoginFailure::anonymous("temporary_locked")),
        other => other,
    };
    logins.note(settings, call.now, "assertion", outcome.as_ref().map(|_| ()).map_err(|failure| *failure));
    let Ok(scopes) = outcome else {
        return refuse("invalid_grant");
    };
    logins.issued += 1;
    let expires = call.now + TimeDelta::seconds(settings.access_token_seconds);
    let token = access_token(logins.issued, settings, expires.timestamp());
    logins.tokens.retain(|_, token| token.expires > call.now);
    logins.tokens.insert(token.clone(), AccessToken { expires, scopes });
    let document =
        json!({"access_token": token, "expires_in": settings.access_token_seconds, "token_type": "Bearer"});
    Answer::json(StatusCode::OK, &document)
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
}

fn refuse(error: &str) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, &json!({"error": error})).header("content-type", "application/json")
}

/// Looks like a JWT, as NetSuite's tokens do, but only the sandbox that made it can tell what it is worth.
fn access_token(number: u64, settings: &NetSuiteSettings, expires: i64) -> String {
    let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encode(json!({"alg": "RS256", "typ": "JWT", "kid": "sandbox"}));
    let claims = encode(json!({"iss": settings.account, "jti": number, "exp": expires}));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes()))
}

/// Checks an assertion and returns its scopes.
fn check(settings: &NetSuiteSettings, call: &Call, assertion: &str) -> Result<Vec<String>, LoginFailure> {
    let malformed = LoginFailure::anonymous("parameter_rejected");
    let (signed, signature) = assertion.rsplit_once('.').ok_or(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(malformed)?;
    let header = part(header).ok_or(malformed)?;
    let claims = part(claims).ok_or(malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed)?;
    let text =
        |object: &Value, name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(&claims, "iss") != settings.client_id {
        return Err(LoginFailure::anonymous("consumer_key_unknown"));
    }
    let certificate = settings.certificates.iter().find(|certificate| certificate.id == text(&header, "kid"));
    let certificate = certificate.ok_or(LoginFailure::anonymous("token_rejected"))?;
    let algorithm = text(&header, "alg");
    if text(&header, "typ") != "JWT" || !matches!(algorithm.as_bytes(), [b'P' | b'E', b'S', ..]) {
        return Err(LoginFailure::of_user("UnknownAlgorithm"));
    }
    if !certificate.key.verifies(&algorithm, signed.as_bytes(), &signature) {
        return Err(LoginFailure::of_user("InvalidSignature"));
    }
    let own = call.url_without_query();
    let audience = text(&claims, "aud");
    if audience != own && !settings.audiences.contains(&audience) {
        return Err(LoginFailure::of_user("parameter_rejected"));
    }
    let second = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(issued), Some(expires)) = (second("iat"), second("exp")) else {
        return Err(LoginFailure::of_user("InvalidTimestamp"));
    };
    let now = call.now.timestamp();
    if expires <= now || issued > now + AHEAD_S || expires <= issued || expires - issued > LONGEST_LIFE_S {
        return Err(LoginFailure::of_user("InvalidTimestamp"));
    }
    scopes(claims.get("scope")).ok_or(LoginFailure::of_user("permission_denied"))
}

fn part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Scopes, given as an array or as text with commas or spaces; `None` when empty or not known.
fn scopes(given: Option<&Value>) -> Option<Vec<String>> {
    let scopes: Vec<String> = match given? {
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Value::String(text) => {
            text.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
        }
        _ => return None,
    };
    let known =
        |scope: &String| matches!(scope.as_str(), "restlets" | "rest_webservices" | "suite_analytics");
    (!scopes.is_empty() && scopes.iter().all(known)).then_some(scopes)
}
