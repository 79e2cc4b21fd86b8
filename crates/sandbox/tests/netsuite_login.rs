//! Token-based authentication, OAuth 2.0 machine to machine, locks and concurrency slots.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::time::Duration;

use amz_sandbox::netsuite::{Certificate, NetSuiteSettings, PublicKey};
use amz_sandbox::{CallSelector, Fault, FaultRule, Vendor};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use netsuite_client::{Client, Reply, authorization, order, reply};
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

const TIME: &str = "/system/v1/serverTime";

fn last_detail(client: &Client) -> String {
    client.netsuite().login_audit_trail().last().unwrap().detail.clone()
}

async fn with_header(client: &Client, path: &str, header: &str) -> Reply {
    client.deliver(Method::GET, &client.url(path), None, header, &[]).await
}

#[tokio::test]
async fn a_signed_request_comes_in_and_its_query_is_part_of_the_signature() {
    let client = Client::start().await;
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
    client.netsuite().load_sales_orders(vec![order(1001)]).unwrap();
    let odd = "/record/v1/salesOrder?q=externalId%20IS%20%22shop-1001%22&limit=10&offset=0&z=a%2Bb*!";
    assert_eq!(client.get(odd).await.json()["count"], 1);
    let signed = client.sign("GET", &client.url("/record/v1/salesOrder?limit=10"));
    let url = client.url("/record/v1/salesOrder?limit=11");
    let refused = client.deliver(Method::GET, &url, None, &signed, &[]).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (StatusCode::UNAUTHORIZED, "INVALID_LOGIN"));
    assert_eq!(last_detail(&client), "InvalidSignature");
}

#[tokio::test]
async fn every_bad_login_looks_the_same_and_only_the_trail_tells_why() {
    let client = Client::with(NetSuiteSettings { lock_out: false, ..NetSuiteSettings::default() }).await;
    let now = client.clock().now().timestamp();
    let url = client.url(TIME);
    let good = |nonce: &str, timestamp| authorization(&client.settings, "GET", &url, nonce, timestamp);
    let other = |change: fn(&mut NetSuiteSettings)| {
        let mut settings = client.settings.clone();
        change(&mut settings);
        authorization(&settings, "GET", &url, "nonce123", now)
    };
    let cases = [
        (other(|s| s.consumer_key.push('x')), "consumer_key_unknown"),
        (other(|s| s.token_id.push('x')), "token_rejected"),
        (other(|s| s.account = "1234567".to_owned()), "token_rejected"),
        (other(|s| s.consumer_secret.push('x')), "InvalidSignature"),
        (other(|s| s.token_secret.push('x')), "InvalidSignature"),
        (good("nonce123", now - 301), "InvalidTimestamp"),
        (good("nonce123", now + 301), "InvalidTimestamp"),
        (good("short", now), "nonce_rejected"),
        (good("not-alnum-1", now), "nonce_rejected"),
        (good("nonce123", now).replace("HMAC-SHA256", "HMAC-SHA1"), "UnknownAlgorithm"),
        (good("nonce123", now).replace("oauth_version=\"1.0\"", "oauth_version=\"2.0\""), "VersionRejected"),
        (good("nonce123", now).replace("oauth_nonce", "oauth_other"), "MissingTokenPassportRequiredFields"),
        (good("nonce123", now) + ", oauth_token=\"again\"", "parameter_rejected"),
        ("Basic YTpi".to_owned(), "MissingTokenPassportRequiredFields"),
        ("Bearer nothing".to_owned(), "token_rejected"),
    ];
    let mut texts = Vec::new();
    for (header, detail) in cases {
        let reply = with_header(&client, TIME, &header).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{detail}");
        assert_eq!(last_detail(&client), detail, "{header}");
        texts.push(reply.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(with_header(&client, TIME, &good("nonce124", now)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_nonce_works_once_with_its_timestamp() {
    let client = Client::start().await;
    let now = client.clock().now().timestamp();
    let header = authorization(&client.settings, "GET", &client.url(TIME), "nonce123", now);
    assert_eq!(with_header(&client, TIME, &header).await.status, StatusCode::OK);
    assert_eq!(with_header(&client, TIME, &header).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_detail(&client), "NonceUsed");
    let later = authorization(&client.settings, "GET", &client.url(TIME), "nonce123", now + 1);
    assert_eq!(with_header(&client, TIME, &later).await.status, StatusCode::OK);
}

#[tokio::test]
async fn five_failures_in_a_row_lock_the_user_for_half_an_hour() {
    let client = Client::start().await;
    let bad = |nonce: usize| {
        let settings = NetSuiteSettings { token_secret: "wrong".to_owned(), ..client.settings.clone() };
        let now = client.clock().now().timestamp();
        authorization(&settings, "GET", &client.url(TIME), &format!("nonce{nonce}xx"), now)
    };
    for attempt in 0..4 {
        with_header(&client, TIME, &bad(attempt)).await;
    }
    assert_eq!(
        client.get(TIME).await.status,
        StatusCode::OK,
        "four are not enough, and a success starts anew"
    );
    for attempt in 4..9 {
        with_header(&client, TIME, &bad(attempt)).await;
    }
    assert_eq!(client.get(TIME).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_detail(&client), "temporary_locked");
    client.clock().advance(Duration::from_secs(30 * 60));
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_tba_token_stays_outside() {
    let client = Client::start().await;
    client.netsuite().revoke_tba_token(true);
    assert_eq!(client.get(TIME).await.status, StatusCode::UNAUTHORIZED);
    client.netsuite().revoke_tba_token(false);
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
}

struct Signer {
    algorithm: &'static str,
    key: Key,
}

enum Key {
    Elliptic(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    fn elliptic() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { algorithm: "ES256", key: Key::Elliptic(key) }
    }

    /// RSA keys cannot be made at run time here; this one protects nothing.
    fn rsa() -> Self {
        let pem = include_str!("data/netsuite_rsa_test_key.pem");
        let der =
            STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
        Self { algorithm: "PS256", key: Key::Rsa(RsaKeyPair::from_pkcs8(&der).unwrap()) }
    }

    fn public(&self) -> PublicKey {
        match &self.key {
            Key::Elliptic(key) => PublicKey::EllipticCurve(key.public_key().as_ref().to_vec()),
            Key::Rsa(key) => PublicKey::Rsa(key.public_key().as_ref().to_vec()),
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Elliptic(key) => key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn with_certificate(signer: &Signer) -> Client {
    let certificates = vec![Certificate { id: "cert-1".to_owned(), key: signer.public() }];
    Client::with(NetSuiteSettings { certificates, lock_out: false, ..NetSuiteSettings::default() }).await
}

fn assertion(client: &Client, signer: &Signer, change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let now = client.clock().now().timestamp();
    let mut header = json!({"typ": "JWT", "alg": signer.algorithm, "kid": "cert-1"});
    let mut claims = json!({
        "iss": client.settings.client_id, "aud": client.url("/auth/oauth2/v1/token"),
        "scope": ["rest_webservices"], "iat": now, "exp": now + 3600,
    });
    change(&mut header, &mut claims);
    signer.sign(&header, &claims)
}

async fn exchange(client: &Client, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    let url = client.url("/auth/oauth2/v1/token");
    reply(client.http.post(url).form(&form).send().await.unwrap()).await
}

async fn token(client: &Client, signer: &Signer) -> String {
    let answer = exchange(client, &assertion(client, signer, |_, _| {})).await.json();
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3600), &json!("Bearer")));
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn assertions_of_both_kinds_of_keys_buy_a_token() {
    for signer in [Signer::elliptic(), Signer::rsa()] {
        let client = with_certificate(&signer).await;
        let token = token(&client, &signer).await;
        assert_eq!(with_header(&client, TIME, &format!("Bearer {token}")).await.status, StatusCode::OK);
        let as_text =
            assertion(&client, &signer, |_, claims| claims["scope"] = json!("restlets,rest_webservices"));
        assert_eq!(exchange(&client, &as_text).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn bad_assertions_are_refused() {
    let signer = Signer::elliptic();
    let client = with_certificate(&signer).await;
    let now = client.clock().now().timestamp();
    type Change = Box<dyn FnOnce(&mut Value, &mut Value)>;
    let cases: Vec<(&str, Change)> = vec![
        ("token_rejected", Box::new(|header, _| header["kid"] = json!("cert-2"))),
        ("UnknownAlgorithm", Box::new(|header, _| header["alg"] = json!("RS256"))),
        ("InvalidSignature", Box::new(|header, _| header["alg"] = json!("PS256"))),
        ("consumer_key_unknown", Box::new(|_, claims| claims["iss"] = json!("other"))),
        ("parameter_rejected", Box::new(|_, claims| claims["aud"] = json!("https://example.com/token"))),
        ("InvalidTimestamp", Box::new(move |_, claims| claims["exp"] = json!(now + 3601))),
        ("InvalidTimestamp", Box::new(move |_, claims| claims["iat"] = json!(now - 7200))),
        ("InvalidTimestamp", Box::new(move |_, claims| claims["exp"] = json!(now))),
        ("permission_denied", Box::new(|_, claims| claims["scope"] = json!([]))),
    ];
    for (detail, change) in cases {
        let answer = exchange(&client, &assertion(&client, &signer, change)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, json!({"error": "invalid_grant"}))
        );
        assert_eq!(last_detail(&client), detail);
    }
    let forged = assertion(&client, &Signer::elliptic(), |_, _| {});
    assert_eq!(exchange(&client, &forged).await.json()["error"], "invalid_grant");
    assert_eq!(exchange(&client, "").await.json()["error"], "invalid_request");
}

#[tokio::test]
async fn tokens_expire_can_be_revoked_and_are_bound_to_their_scope() {
    let signer = Signer::elliptic();
    let client = with_certificate(&signer).await;
    let first = format!("Bearer {}", token(&client, &signer).await);
    client.clock().advance(Duration::from_secs(3599));
    assert_eq!(with_header(&client, TIME, &first).await.status, StatusCode::OK);
    client.clock().advance(Duration::from_secs(1));
    assert_eq!(with_header(&client, TIME, &first).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_detail(&client), "token_expired");
    let second = format!("Bearer {}", token(&client, &signer).await);
    client.netsuite().revoke_tokens();
    assert_eq!(with_header(&client, TIME, &second).await.status, StatusCode::UNAUTHORIZED);
    let narrow = assertion(&client, &signer, |_, claims| claims["scope"] = json!(["restlets"]));
    let narrow = exchange(&client, &narrow).await.json();
    let narrow = format!("Bearer {}", narrow["access_token"].as_str().unwrap());
    assert_eq!(with_header(&client, TIME, &narrow).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_detail(&client), "permission_denied");
    let restlet = "/app/site/hosting/restlet.nl?script=customscript_amz_rt_event_entry&deploy=1";
    let url = format!("{}{restlet}", client.running.restlet_url());
    let ping = json!({"action": "ping"});
    let inside = client.deliver(Method::POST, &url, Some(&ping), &narrow, &[]).await;
    assert_eq!(inside.status, StatusCode::OK, "{}", inside.text);
}

#[test]
fn public_keys_and_certificates_read_from_pem_give_the_same_key() {
    let pem = |text| PublicKey::from_pem(text).unwrap();
    let rsa = pem(include_str!("data/netsuite_rsa_test_certificate.pem"));
    assert_eq!(rsa, pem(include_str!("data/netsuite_rsa_test_public.pem")));
    assert_eq!(rsa, Signer::rsa().public());
    let elliptic = pem(include_str!("data/netsuite_ec_test_certificate.pem"));
    assert_eq!(elliptic, pem(include_str!("data/netsuite_ec_test_public.pem")));
    assert!(matches!(elliptic, PublicKey::EllipticCurve(point) if point.len() == 65 && point[0] == 4));
    assert!(PublicKey::from_pem("nothing").is_err());
    assert!(PublicKey::from_pem("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----").is_err());
}

#[tokio::test]
async fn a_request_without_a_slot_meets_a_refusal_that_is_not_json() {
    let client = Client::start().await;
    client.netsuite().set_slots(0);
    let refused = client.get(TIME).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("CONCURRENCY_LIMIT_EXCEEDED"));
    assert!(serde_json::from_str::<Value>(&refused.text).is_err());
    assert!(client.netsuite().login_audit_trail().is_empty(), "nothing was done");
    client.netsuite().set_slots(1);
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
    assert_eq!(client.get(TIME).await.status, StatusCode::OK, "the slot is free again");
}

#[tokio::test]
async fn scripted_faults_speak_netsuites_words() {
    let client = Client::start().await;
    let add = |nth, fault| {
        client.running.sandbox.faults.add(FaultRule {
            vendor: Vendor::NetSuite,
            operation: Some("customer.create".to_owned()),
            calls: CallSelector::Nth(nth),
            fault,
        });
    };
    add(1, Fault::ServerError);
    add(2, Fault::TooManyRequests { retry_after_s: Some(2) });
    add(3, Fault::RevokedToken);
    add(4, Fault::ServerErrorAfterCommit);
    let create = async |external_id: &str| {
        client.post("/record/v1/customer", &json!({"companyName": "A", "externalId": external_id})).await
    };
    assert_eq!(create("a").await.error().0, "UNEXPECTED_ERROR");
    assert_eq!(create("b").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(create("c").await.error().0, "INVALID_LOGIN");
    assert_eq!(create("d").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    for (external_id, status) in [("a", 404), ("b", 404), ("c", 404), ("d", 200)] {
        let found = client.get(&format!("/record/v1/customer/eid:{external_id}")).await;
        assert_eq!(found.status.as_u16(), status, "{external_id}");
    }
}
