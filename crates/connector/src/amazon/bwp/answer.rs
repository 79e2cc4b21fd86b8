//! Reads GraphQL answers: data, refusals inside HTTP 200, and everything in between.
//!
//! Source: Amazon pages `troubleshoot-order-errors`, `troubleshoot-events` and the errors in its reference
//! examples: `errors[].extensions.classification { type, code, errorType, errorCode, details }`.

use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{Answer, Verdict};

use super::problem::{Class, Problem};

/// A part without which an answer means nothing to us, missing or of the wrong kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing in Amazon's answer, or is not what it should be")]
pub(super) struct Unreadable(pub(super) &'static str);

/// Turns the data of an answer into what the port promises; `None` when Amazon knows no such thing.
pub(super) type Mapping<Data, Out> = fn(Data) -> Result<Option<Out>, Unreadable>;

/// What is known about the call whose answer is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation {
    /// The call meant to change something.
    pub(super) writes: bool,
    /// Complete data counts as success although errors stand beside it.
    pub(super) accepts_partial: bool,
}

/// Reads an answer, whatever its status.
pub(super) fn read<Data: DeserializeOwned, Out>(
    answer: &Answer,
    expected: Expectation,
    mapping: Mapping<Data, Out>,
) -> Result<Option<Out>, Problem> {
    let document: Option<Value> = answer.json().ok();
    let problem = document.as_ref().and_then(worst);
    let wait = answer.retry_after();
    let status = answer.status;
    match (status, problem) {
        (200..300, problem) => {
            let document = document.ok_or_else(|| Problem::unreadable("the answer is not JSON"))?;
            read_success(document, problem.map(|problem| problem.waiting(wait)), expected, mapping)
        }
        (429, problem) => {
            let problem = problem.unwrap_or_else(|| Problem::of_status(Class::Throttled, status));
            Err(Problem { class: Class::Throttled, ..problem.waiting(wait) })
        }
        // whoever stands before the API may fail after the API acted, so only a clear throttle is believed
        (408 | 500.., Some(problem)) if problem.class == Class::Throttled => Err(problem.waiting(wait)),
        (408 | 500.., problem) => {
            let problem = problem.unwrap_or_else(|| Problem::of_status(Class::Broken, status));
            Err(Problem { class: Class::Broken, ..problem })
        }
        (401 | 403, problem) => {
            let problem = problem.unwrap_or_else(|| Problem::of_status(Class::AccessDenied, status));
            Err(Problem { class: Class::AccessDenied, ..problem })
        }
        (_, Some(problem)) if problem.class != Class::Unclassified => Err(problem.waiting(wait)),
        (_, problem) => {
            let problem = problem.unwrap_or_else(|| Problem::of_status(Class::Refused, status));
            Err(Problem { class: Class::Refused, ..problem })
        }
    }
}

fn read_success<Data: DeserializeOwned, Out>(
    mut document: Value,
    problem: Option<Problem>,
    expected: Expectation,
    mapping: Mapping<Data, Out>,
) -> Result<Option<Out>, Problem> {
    let data = document.get_mut("data").map(Value::take);
    let Some(problem) = problem else {
        let data = data.filter(Value::is_object);
        return decode(data.ok_or_else(|| Problem::unreadable("the answer has no data"))?, mapping);
    };
    // GraphQL: a request that never reached an operation has no data, and its errors have no path
    let reached = data.as_ref().is_some_and(Value::is_object) || names_a_path(&document);
    let data = data.unwrap_or_default();
    // an answer with something in it proves that the write was carried out, whatever failed afterwards
    if expected.writes && has_substance(&data) {
        if expected.accepts_partial
            && let Ok(Some(out)) = decode(data, mapping)
        {
            tracing::warn!(code = problem.code, "a write was confirmed with errors beside it");
            return Ok(Some(out));
        }
        return Err(Problem { class: Class::Unreadable, ..problem });
    }
    match problem.class {
        Class::Unclassified if reached => Err(Problem { class: Class::Broken, ..problem }),
        Class::Unclassified => Err(Problem { class: Class::Refused, ..problem }),
        Class::NotFound if !expected.writes => Ok(None),
        _ => Err(problem),
    }
}

fn decode<Data: DeserializeOwned, Out>(
    data: Value,
    mapping: Mapping<Data, Out>,
) -> Result<Option<Out>, Problem> {
    // serde's message may quote a value, so only its place is kept
    let data = serde_json::from_value(data)
        .map_err(|_| Problem::unreadable("a part of Amazon's answer has an unexpected form"))?;
    mapping(data).map_err(|error| Problem::unreadable(error.to_string()))
}

/// The error that decides: the one that leaves most in doubt.
fn worst(document: &Value) -> Option<Problem> {
    let errors = document.get("errors")?.as_array()?;
    errors.iter().map(Problem::of_error).max_by_key(|problem| problem.class)
}

fn names_a_path(document: &Value) -> bool {
    let errors = document["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().any(|error| error["path"].as_array().is_some_and(|path| !path.is_empty()))
}

/// True when there is any value in it besides nulls and empty shells.
fn has_substance(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(fields) => fields.values().any(has_substance),
        Value::Array(items) => items.iter().any(has_substance),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// How the audit trail shows what was read.
pub(super) fn verdict<Out>(read: &Result<Option<Out>, Problem>) -> Verdict {
    let problem = match read {
        Ok(Some(_)) => return Verdict::success(),
        Ok(None) => return Verdict { outcome: CallOutcome::Absent, code: None },
        Err(problem) => problem,
    };
    let outcome = match problem.class {
        Class::Throttled => CallOutcome::Throttled,
        Class::AccessDenied => CallOutcome::Credentials,
        Class::Unreadable => CallOutcome::Unreadable,
        Class::Broken | Class::Unclassified => CallOutcome::ServerError,
        Class::Conflict | Class::Refused | Class::NotFound => CallOutcome::Refused,
    };
    Verdict::of(outcome, problem.code.as_str())
}

/// What a problem means to the caller of a port.
pub(super) fn failure(problem: &Problem, writes: bool) -> Failure {
    match problem.class {
        Class::Throttled => Failure::Throttled { wait: problem.wait },
        Class::Conflict => Failure::Conflict,
        Class::NotFound | Class::Refused => Failure::Refused,
        Class::AccessDenied => Failure::Credentials,
        Class::Unreadable => Failure::Unreadable,
        Class::Broken | Class::Unclassified if writes => Failure::Unclear,
        Class::Broken | Class::Unclassified => Failure::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;

    /// Counts as complete when `createOrder` or `order` gave an id.
    fn id(data: Value) -> Result<Option<String>, Unreadable> {
        let orders = [&data["createOrder"]["order"], &data["order"]];
        if data["order"].is_null() && data.get("order").is_some() {
            return Ok(None);
        }
        let id = orders.iter().find_map(|order| order["id"].as_str());
        id.map(|id| Some(id.to_owned())).ok_or(Unreadable("id"))
    }

    fn outcome(status: u16, body: &str, writes: bool) -> Result<Option<String>, (Failure, String)> {
        outcome_with(status, body, writes, HeaderMap::new())
    }

    fn outcome_with(
        status: u16,
        body: &str,
        writes: bool,
        headers: HeaderMap,
    ) -> Result<Option<String>, (Failure, String)> {
        let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
        let expected = Expectation { writes, accepts_partial: writes };
        read(&answer, expected, id).map_err(|problem| (failure(&problem, writes), problem.code))
    }

    fn refused(status: u16, body: &str, writes: bool) -> (Failure, String) {
        outcome(status, body, writes).unwrap_err()
    }

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../../fixtures/amazon/", $name, ".json"))
        };
    }

    #[test]
    fn documented_refusals_inside_http_200_are_told_apart() {
        let cases = [
            (fixture!("error_throttling"), Failure::Throttled { wait: None }, "ThrottlingError"),
            (fixture!("error_alias_conflict"), Failure::Conflict, "AliasValueAlreadyExists"),
            (fixture!("error_alias_validation"), Failure::Conflict, "AliasValueAlreadyExists"),
            (fixture!("error_validation"), Failure::Refused, "AddressMismatch"),
            (fixture!("error_access_denied"), Failure::Credentials, "AccessDeniedError"),
            (fixture!("error_internal"), Failure::Unclear, "InternalServerError"),
            (fixture!("error_not_found"), Failure::Refused, "ResourceNotFoundError"),
            (fixture!("error_bad_query"), Failure::Refused, "unclassified"),
        ];
        for (body, failure, code) in cases {
            assert_eq!(refused(200, body, true), (failure, code.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_taken_alias_of_a_refund_is_a_conflict_and_a_forbidden_step_a_refusal() {
        let body = |code: &str| {
            format!(
                r#"{{"data":{{"updateOrder":null}},"errors":[{{"message":"x","path":["updateOrder"],"extensions":
                {{"classification":{{"type":"ValidationError","code":"{code}","errorCode":400}}}}}}]}}"#
            )
        };
        for (code, failure) in [
            ("DuplicateAliasId", Failure::Conflict),
            ("AliasValueAlreadyExists", Failure::Conflict),
            ("InvalidRefundStateTransition", Failure::Refused),
            ("DuplicateRefundId", Failure::Refused),
            ("AliasLimitExceeded", Failure::Refused),
        ] {
            assert_eq!(refused(200, &body(code), true), (failure, code.to_owned()));
        }
    }

    #[test]
    fn a_read_of_something_unknown_is_an_answer_not_a_failure() {
        assert_eq!(outcome(200, fixture!("error_not_found"), false), Ok(None));
        assert_eq!(outcome(200, r#"{"data":{"order":null}}"#, false), Ok(None));
    }

    #[test]
    fn a_server_error_during_a_read_is_harmless_and_during_a_write_unclear() {
        for (status, body) in [(200, fixture!("error_internal")), (500, ""), (502, "<html>"), (408, "")] {
            assert_eq!(refused(status, body, false).0, Failure::Unavailable, "{status}");
            assert_eq!(refused(status, body, true).0, Failure::Unclear, "{status}");
        }
    }

    #[test]
    fn a_validation_error_behind_a_server_error_is_not_believed_but_a_throttle_is() {
        assert_eq!(refused(500, fixture!("error_validation"), true).0, Failure::Unclear);
        assert_eq!(refused(503, fixture!("error_throttling"), true).0, Failure::Throttled { wait: None });
    }

    #[test]
    fn a_throttle_keeps_the_wait_that_amazon_asks_for() {
        let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, "7".parse().unwrap())]);
        let failed = outcome_with(429, "slow down", true, headers).unwrap_err();
        let wait = Some(Duration::from_secs(7));
        assert_eq!(failed, (Failure::Throttled { wait }, "http_429".to_owned()));
        assert_eq!(refused(429, "", true).0, Failure::Throttled { wait: None });
    }

    #[test]
    fn refused_credentials_are_recognised_with_and_without_an_explanation() {
        assert_eq!(refused(401, "", false), (Failure::Credentials, "http_401".to_owned()));
        assert_eq!(refused(403, "<html>", true).0, Failure::Credentials);
        assert_eq!(refused(401, fixture!("error_access_denied"), false).1, "AccessDeniedError");
    }

    #[test]
    fn an_address_that_does_not_exist_is_not_taken_for_an_unknown_order() {
        assert_eq!(refused(404, "<html>", false), (Failure::Refused, "http_404".to_owned()));
        assert_eq!(refused(302, "", true), (Failure::Refused, "http_302".to_owned()));
    }

    #[test]
    fn answers_that_are_no_graphql_answers_are_unreadable() {
        for body in ["", "{\"data\":{\"order\":", "[]", "null", "{}", r#"{"data":null}"#, r#"{"data":{}}"#] {
            assert_eq!(refused(200, body, true).0, Failure::Unreadable, "{body}");
        }
    }

    #[test]
    fn a_complete_write_counts_although_errors_stand_beside_it() {
        let id = Some("322-ABC1-AAAAAA".to_owned());
        assert_eq!(outcome(200, fixture!("create_order_partial_complete"), true), Ok(id));
    }

    #[test]
    fn a_throttle_inside_a_write_that_was_carried_out_is_not_taken_for_a_refusal() {
        let (failure, code) = refused(200, fixture!("create_order_partial_throttled"), true);
        assert_eq!((failure, code.as_str()), (Failure::Unreadable, "ThrottlingError"));
    }

    #[test]
    fn a_partial_read_is_never_taken_for_the_whole_order() {
        let body = r#"{"data":{"order":{"id":"322-1","packageInformation":null}},
            "errors":[{"message":"x","path":["order","packageInformation"],
            "extensions":{"classification":{"type":"InternalServerError"}}}]}"#;
        assert_eq!(refused(200, body, false).0, Failure::Unavailable);
    }

    #[test]
    fn of_several_errors_the_one_that_leaves_most_in_doubt_decides() {
        let error = |class: &str| format!(r#"{{"extensions":{{"classification":{{"type":"{class}"}}}}}}"#);
        let body = |one, other| format!(r#"{{"data":null,"errors":[{},{}]}}"#, error(one), error(other));
        assert_eq!(refused(200, &body("ValidationError", "ConflictError"), true).0, Failure::Conflict);
        assert_eq!(refused(200, &body("InternalServerError", "ThrottlingError"), true).0, Failure::Unclear);
    }

    #[test]
    fn an_error_of_an_unknown_class_is_judged_by_its_number_and_else_left_in_doubt() {
        let body = |classification: &str| {
            format!(
                r#"{{"data":{{"createOrder":null}},"errors":[{{"extensions":{{"classification":{classification}}}}}]}}"#
            )
        };
        let of = |classification: &str| refused(200, &body(classification), true);
        assert_eq!(of(r#"{"type":"Novel","errorCode":422}"#), (Failure::Refused, "Novel".to_owned()));
        assert_eq!(of(r#"{"type":"Novel","errorCode":"503"}"#).0, Failure::Unclear);
        assert_eq!(of(r#"{"type":"Novel"}"#), (Failure::Unclear, "Novel".to_owned()));
        assert_eq!(of(r#""ThrottlingException""#).0, Failure::Throttled { wait: None });
    }
}
