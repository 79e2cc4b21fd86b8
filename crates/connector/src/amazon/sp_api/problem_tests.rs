//! What failed answers are taken for.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect::<HeaderMap>();
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

fn of(status: u16, body: &str) -> (Failure, String) {
    let problem = Problem::of(&answer(status, &[], body));
    (problem.failure, problem.code)
}

fn error(code: &str, message: &str, details: &str) -> String {
    serde_json::json!({ "errors": [{ "code": code, "message": message, "details": details }] }).to_string()
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/amazon/sp_api/", $name))
    };
}

#[test]
fn a_throttle_is_one_with_and_without_a_word_from_amazon() {
    let throttled = Failure::Throttled { wait: None };
    assert_eq!(of(429, fixture!("throttled_429.json")), (throttled, "QuotaExceeded".to_owned()));
    assert_eq!(of(429, ""), (throttled, "http_429".to_owned()));
    let headers = [("x-amzn-errortype", "TooManyRequestsException:http://x"), ("retry-after", "3")];
    let problem = Problem::of(&answer(429, &headers, ""));
    let wait = Some(std::time::Duration::from_secs(3));
    assert_eq!(problem.failure, Failure::Throttled { wait });
    assert_eq!(problem.code, "TooManyRequestsException");
}

#[test]
fn a_page_for_people_does_not_decide_anything() {
    assert_eq!(of(503, fixture!("unavailable_503.html")), (Failure::Unavailable, "http_503".to_owned()));
    let problem = Problem::of(&answer(503, &[], fixture!("unavailable_503.html")));
    assert!(!problem.message.contains("Quota"), "{}", problem.message);
    for status in [408, 500, 502, 504] {
        assert_eq!(of(status, "").0, Failure::Unavailable, "{status}");
    }
}

#[test]
fn the_forbidden_are_told_apart_by_their_texts_wherever_these_stand() {
    let expired = (Failure::Credentials, ACCESS_TOKEN_EXPIRED.to_owned());
    assert_eq!(of(403, fixture!("expired_token_403.json")), expired);
    assert_eq!(of(403, &error("Unauthorized", "This token has expired", "")), expired);
    let refused = (Failure::Credentials, ACCESS_TOKEN_REFUSED.to_owned());
    assert_eq!(of(403, &error("Unauthorized", "no", "the token is revoked or malformed")), refused);
    let denied = (Failure::Refused, ACCESS_DENIED.to_owned());
    assert_eq!(of(403, &error("Unauthorized", "Access is denied", "")), denied);
    assert_eq!(of(403, "<html>"), denied);
    assert_eq!(of(403, &error("X", "a token is missing in the header", "")).0, Failure::Refused);
    assert_eq!(of(403, &error("X", "the security token is expired", "")).0, Failure::Unavailable);
    assert_eq!(of(401, "").0, Failure::Credentials);
}

#[test]
fn a_denied_access_says_what_to_look_at() {
    let problem = Problem::of(&answer(403, &[], &error("Unauthorized", "Access is denied", "")));
    assert!(problem.message.contains("role") && problem.message.contains("region"), "{}", problem.message);
}

#[test]
fn an_ended_page_token_is_told_from_other_bad_requests() {
    let ended = (Failure::Unavailable, NEXT_TOKEN_EXPIRED.to_owned());
    assert_eq!(of(400, &error("InvalidInput", "the next token is invalid", "")), ended);
    assert_eq!(of(400, &error("InvalidInput", "no", "bad nextToken")), ended);
    assert_eq!(of(400, &error("InvalidInput", "there is no active fnSku map", "")), ended);
    let bare = Problem::of(&answer(400, &[], &error("InvalidInput", "", "")));
    assert_eq!((bare.failure, bare.code.as_str()), (Failure::Refused, "InvalidInput"));
    assert!(bare.message.contains(ENROLMENT_HINT));
    assert_eq!(of(404, "").0, Failure::Refused);
    assert_eq!(of(302, "").0, Failure::Refused);
}

#[test]
fn the_request_id_stands_in_the_message() {
    for name in ["x-amzn-requestid", "x-amz-rid"] {
        let problem = Problem::of(&answer(500, &[(name, "id-77")], ""));
        assert!(problem.message.contains("id-77"), "{}", problem.message);
    }
}
