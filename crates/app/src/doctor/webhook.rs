//! Our own webhook role as Amazon and the bundle meet it: through its public address.
//!
//! Nothing that is posted can be stored: what needs credentials comes without them, and what is signed is empty.

use std::time::Duration;

use amz_connector::amazon::BuyWithPrime;
use amz_event_handler::netsuite::SigningSecret;
use amz_services::connection::Clock;
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use serde_json::Value;
use url::{Host, Url};

use super::finding::{Area, Finding};
use super::subscriptions;
use crate::settings::{ConnectionSettings, OauthClientSettings};
use crate::subscriptions::under;

const ADDRESS: &str = "webhook_address";
const REACHABLE: &str = "webhook_reachable";
const TOKEN: &str = "webhook_token";
const EVENTS: &str = "webhook_events";
const NETSUITE: &str = "webhook_netsuite";

/// How long one request may take; Amazon does not say how long it waits.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An event that says nothing.
const NOTHING: &str = "{}";

/// How to start what did not answer.
const START: &str =
    "start `amz serve` (or `amz-webhook`), and see that the proxy passes `/v1/` on to `webhook.listen`";

/// What came back: a status and, when it is a problem document of ours, its code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    status: u16,
    code: Option<String>,
    has_token: bool,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Silence(String);

pub(super) async fn examine(
    connection: &ConnectionSettings,
    public_url: Option<&str>,
    amazon: &BuyWithPrime,
    clock: &Clock,
) -> Vec<Finding> {
    let Some(public_url) = public_url.and_then(|url| Url::parse(url).ok()) else {
        let why =
            "not looked at: set `webhook.public_url` to the address under which Amazon reaches this software";
        return vec![Finding::skipped(Area::Webhook, ADDRESS, why)];
    };
    let mut findings = vec![judge_address(&public_url)];
    match client() {
        Ok(client) => findings.extend(own_role(connection, &public_url, &client, clock).await),
        Err(Silence(why)) => findings.push(Finding::skipped(Area::Webhook, REACHABLE, why)),
    }
    findings.extend(subscriptions::examine(connection, &public_url, amazon).await);
    findings
}

async fn own_role(
    connection: &ConnectionSettings,
    public_url: &Url,
    client: &reqwest::Client,
    clock: &Clock,
) -> Vec<Finding> {
    let address = |segments: &[&str]| under(public_url, &connection.name, segments);
    let events = reply(client, client.post(address(&["amazon", "events"])).body(NOTHING)).await;
    let events = match events {
        Ok(events) => events,
        Err(silence) => return vec![judge_silence(public_url, &silence)],
    };
    let mut findings = vec![judge_reach(&address(&["amazon", "events"]), &events)];
    if findings.iter().any(|finding| finding.outcome != super::Outcome::Ok) {
        return findings;
    }
    findings.push(judge_events(connection.webhook_auth.allow_unauthenticated, &events));
    if let Some(oauth) = &connection.webhook_auth.oauth {
        let token = reply(client, token_request(client, address(&["oauth2", "token"]), oauth)).await;
        findings.push(judge_token(token));
    }
    findings.push(match connection.netsuite.signing_secrets.first() {
        None => {
            let why = "not used: `netsuite.events.signing_secret` is not set, so the change feed alone finds changes";
            Finding::skipped(Area::Webhook, NETSUITE, why)
        }
        Some(secret) => match SigningSecret::parse(secret) {
            Ok(secret) => {
                let signed = signed(client, address(&["netsuite", "events"]), &secret, clock);
                judge_netsuite(reply(client, signed).await)
            }
            Err(error) => {
                let fix = "set `netsuite.events.signing_secret` to `whsec_` and base64 of at least 24 bytes";
                Finding::failed(Area::Webhook, NETSUITE, error.to_string(), fix)
            }
        },
    });
    findings
}

fn client() -> Result<reqwest::Client, Silence> {
    // a second installation fails and changes nothing
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        // Amazon may not follow one either
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Silence(causes(&error)))
}

fn token_request(client: &reqwest::Client, url: Url, oauth: &OauthClientSettings) -> reqwest::RequestBuilder {
    client.post(url).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", oauth.client_id.as_str()),
        ("client_secret", oauth.client_secret.expose_secret()),
    ])
}

fn signed(
    client: &reqwest::Client,
    url: Url,
    secret: &SigningSecret,
    clock: &Clock,
) -> reqwest::RequestBuilder {
    let (id, now) = (format!("doctor-{}", uuid::Uuid::now_v7()), clock());
    let signature = secret.sign(&id, now, NOTHING.as_bytes());
    client
        .post(url)
        .header("webhook-id", id)
        .header("webhook-timestamp", now.timestamp())
        .header("webhook-signature", signature)
        .body(NOTHING)
}

async fn reply(client: &reqwest::Client, request: reqwest::RequestBuilder) -> Result<Reply, Silence> {
    let request = match request.build() {
        Ok(mut request) => {
            let json = reqwest::header::HeaderValue::from_static("application/json");
            request.headers_mut().entry(CONTENT_TYPE).or_insert(json);
            request
        }
        Err(error) => return Err(Silence(causes(&error))),
    };
    let answer = client.execute(request).await.map_err(|error| Silence(causes(&error.without_url())))?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(|error| Silence(causes(&error.without_url())))?;
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = document["code"].as_str().or_else(|| document["error"].as_str()).map(str::to_owned);
    Ok(Reply { status, code, has_token: document["access_token"].is_string() })
}

fn judge_address(public_url: &Url) -> Finding {
    if public_url.scheme() == "https" {
        return Finding::ok(Area::Webhook, ADDRESS, format!("{public_url}"));
    }
    let is_loopback = match public_url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let found = format!("{public_url} is plain HTTP, and Amazon calls HTTPS alone");
    let fix = "put a TLS proxy before `webhook.listen`, and set `webhook.public_url` to its https address";
    match is_loopback {
        // as in rehearsals against pretend vendors
        true => {
            Finding::warning(Area::Webhook, ADDRESS, format!("{found}; only a rehearsal can reach it"), fix)
        }
        false => Finding::failed(Area::Webhook, ADDRESS, found, fix),
    }
}

fn judge_silence(public_url: &Url, Silence(why): &Silence) -> Finding {
    let is_tls = ["certificate", "tls", "handshake"].iter().any(|word| why.to_lowercase().contains(word));
    if is_tls {
        let fix = "give the proxy a certificate for this name from a public authority, with its whole chain";
        return Finding::failed(Area::Webhook, REACHABLE, format!("{public_url}: {why}"), fix);
    }
    let fix = format!("{START}; the name must resolve and the port be open from the internet");
    Finding::failed(Area::Webhook, REACHABLE, format!("{public_url} does not answer: {why}"), fix)
}

fn judge_reach(address: &Url, reply: &Reply) -> Finding {
    match (reply.status, reply.code.as_deref()) {
        (404, Some("unknown_connection")) => Finding::failed(
            Area::Webhook,
            REACHABLE,
            format!("the process behind {address} does not know this connection"),
            "restart it with this configuration",
        ),
        (_, Some("not_ready" | "store_unavailable")) => Finding::failed(
            Area::Webhook,
            REACHABLE,
            format!("the process behind {address} takes no work now (HTTP {})", reply.status),
            "see its log; `amz doctor --only store` looks at its store",
        ),
        (_, Some(_)) => {
            Finding::ok(Area::Webhook, REACHABLE, format!("{address} is answered by this software"))
        }
        (status, None) => Finding::failed(
            Area::Webhook,
            REACHABLE,
            format!("{address} is answered by something else (HTTP {status})"),
            START,
        ),
    }
}

fn judge_events(allow_unauthenticated: bool, reply: &Reply) -> Finding {
    match (allow_unauthenticated, reply.status) {
        (false, 401) => Finding::ok(Area::Webhook, EVENTS, "an event without credentials is refused (401)"),
        (true, _) => Finding::warning(
            Area::Webhook,
            EVENTS,
            "events are taken from anybody",
            "set `amazon.webhook_auth.oauth` or `basic`, and run `amz subscribe ensure`",
        ),
        (false, status) => Finding::failed(
            Area::Webhook,
            EVENTS,
            format!("an event without credentials was answered with {status}, and not refused with 401"),
            "restart the webhook role with this configuration; see that the proxy adds no credentials of its own",
        ),
    }
}

fn judge_token(reply: Result<Reply, Silence>) -> Finding {
    match reply {
        Ok(Reply { status: 200, has_token: true, .. }) => {
            Finding::ok(Area::Webhook, TOKEN, "Amazon's client gets a token")
        }
        Ok(Reply { status, code, .. }) => Finding::failed(
            Area::Webhook,
            TOKEN,
            format!("Amazon's client gets no token: HTTP {status} {}", code.unwrap_or_default()),
            "restart the webhook role with this configuration; see that the proxy passes forms on unchanged",
        ),
        Err(silence) => Finding::failed(Area::Webhook, TOKEN, format!("no answer: {}", silence.0), START),
    }
}

fn judge_netsuite(reply: Result<Reply, Silence>) -> Finding {
    let reply = match reply {
        Ok(reply) => reply,
        Err(silence) => {
            return Finding::failed(Area::Webhook, NETSUITE, format!("no answer: {}", silence.0), START);
        }
    };
    let code = reply.code.as_deref().unwrap_or_default();
    match (reply.status, code) {
        // the signature fits, and an empty notice is none
        (422, _) => {
            Finding::ok(Area::Webhook, NETSUITE, format!("a signed empty notice is refused ({code})"))
        }
        (401, "timestamp_too_old" | "timestamp_in_future") => Finding::failed(
            Area::Webhook,
            NETSUITE,
            format!("the webhook role's clock is another one ({code})"),
            "let the clocks of both machines be set by a time server",
        ),
        (401, _) => Finding::failed(
            Area::Webhook,
            NETSUITE,
            format!("the webhook role has another signing secret ({code})"),
            "restart it with this configuration, and see that the bundle's secret `custsecret_amz_signing` is the same",
        ),
        (404, "netsuite_events_not_configured") => Finding::failed(
            Area::Webhook,
            NETSUITE,
            "the webhook role runs without a signing secret",
            "restart it with this configuration",
        ),
        (status, _) => Finding::failed(
            Area::Webhook,
            NETSUITE,
            format!("a signed empty notice was answered with {status} {code}, and not refused with 422"),
            START,
        ),
    }
}

/// An error with everything beneath it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        text = format!("{text}: {cause}");
        beneath = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    fn reply_of(status: u16, code: &str) -> Reply {
        Reply { status, code: Some(code.to_owned()).filter(|code| !code.is_empty()), has_token: false }
    }

    #[test]
    fn only_our_own_answers_count_as_ours() {
        let address: Url = "https://amz.example/v1/main/amazon/events".parse().unwrap();
        let outcome = |status, code: &str| judge_reach(&address, &reply_of(status, code)).outcome;
        assert_eq!(outcome(401, "credentials_missing"), Outcome::Ok);
        assert_eq!(outcome(422, "event_type_missing"), Outcome::Ok);
        for (status, code) in
            [(404, "unknown_connection"), (503, "not_ready"), (502, ""), (200, ""), (404, "")]
        {
            assert_eq!(outcome(status, code), Outcome::Failed, "{status} {code}");
        }
    }

    #[test]
    fn an_event_without_credentials_must_be_refused() {
        assert_eq!(judge_events(false, &reply_of(401, "credentials_missing")).outcome, Outcome::Ok);
        assert_eq!(judge_events(false, &reply_of(422, "event_type_missing")).outcome, Outcome::Failed);
        assert_eq!(judge_events(true, &reply_of(422, "event_type_missing")).outcome, Outcome::Warning);
    }

    #[test]
    fn a_token_must_be_one() {
        assert_eq!(judge_token(Ok(Reply { has_token: true, ..reply_of(200, "") })).outcome, Outcome::Ok);
        for reply in [reply_of(200, ""), reply_of(401, "invalid_client")] {
            assert_eq!(judge_token(Ok(reply)).outcome, Outcome::Failed);
        }
        assert_eq!(judge_token(Err(Silence("gone".into()))).outcome, Outcome::Failed);
    }

    #[test]
    fn a_signed_empty_notice_must_be_refused_for_being_empty() {
        assert_eq!(judge_netsuite(Ok(reply_of(422, "event_type_missing"))).outcome, Outcome::Ok);
        for (status, code) in [
            (200, ""),
            (401, "signature_refused"),
            (401, "timestamp_too_old"),
            (404, "netsuite_events_not_configured"),
            (502, ""),
        ] {
            assert_eq!(
                judge_netsuite(Ok(reply_of(status, code))).outcome,
                Outcome::Failed,
                "{status} {code}"
            );
        }
    }

    #[test]
    fn amazon_calls_https_alone() {
        let outcome = |url: &str| judge_address(&url.parse().unwrap()).outcome;
        assert_eq!(outcome("https://amz.example/"), Outcome::Ok);
        assert_eq!(outcome("http://127.0.0.1:8080/"), Outcome::Warning);
        assert_eq!(outcome("http://amz.example/"), Outcome::Failed);
    }

    #[test]
    fn a_bad_certificate_is_told_from_silence() {
        let fix = |why: &str| {
            judge_silence(&"https://amz.example/".parse().unwrap(), &Silence(why.into())).fix.unwrap()
        };
        assert!(fix("invalid peer certificate: Expired").contains("certificate"));
        assert!(fix("connection refused").contains("amz serve"));
    }
}
