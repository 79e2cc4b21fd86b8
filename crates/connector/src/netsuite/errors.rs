//! What NetSuite's refusals mean.
//!
//! Codes are judged before statuses, because the documented sample of a 429 body is not valid JSON, is titled
//! "Bad Request", and is seen under other statuses too. Sources: NetSuite help, sections 156570709583 (error
//! document), 4634920277 (retrying).

use amz_services::audit::CallOutcome;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::documents::CLOSED_PERIOD;
use serde_json::Value;

use crate::http::{Answer, Verdict};

/// Longest vendor text that goes into a message, in characters.
const LONGEST_DETAIL: usize = 300;

const SLOW_DOWN: [&str; 2] = ["CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED"];
const LOGIN: [&str; 2] = ["INVALID_LOGIN", "INVALID_LOGIN_ATTEMPT"];
const ABSENT: [&str; 2] = ["NONEXISTENT_ID", "RCRD_DSNT_EXIST"];

/// A refusal as NetSuite worded it and as we understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What it means for the caller.
    pub(super) failure: Failure,
    /// NetSuite's code, or `http_<status>` when it gave none.
    pub(super) code: String,
    /// NetSuite's text with the place it names.
    pub(super) message: String,
}

impl Refusal {
    /// Reads an answer that is no success. `writes` is true when the call meant to change something.
    pub(super) fn of(answer: &Answer, writes: bool) -> Self {
        let document = ErrorDocument::read(&answer.body).or_slow_down(&answer.body);
        let failure = match failure_of(answer.status, &document, writes) {
            Failure::Throttled { .. } => Failure::Throttled { wait: answer.retry_after() },
            other => other,
        };
        let code = match document.code() {
            _ if writes && failure == Failure::Refused && document.speaks_of_a_closed_period() => {
                CLOSED_PERIOD
            }
            Some(code) => code,
            None => "",
        };
        let code = if code.is_empty() { format!("http_{}", answer.status) } else { code.to_owned() };
        Self { failure, code, message: document.message(answer.status) }
    }

    /// How the audit trail shows it.
    pub(super) fn verdict(&self) -> Verdict {
        let outcome = match self.failure {
            Failure::Throttled { .. } => CallOutcome::Throttled,
            Failure::Unavailable | Failure::Unclear => CallOutcome::ServerError,
            Failure::Credentials => CallOutcome::Credentials,
            Failure::Unreadable | Failure::BadRecord => CallOutcome::Unreadable,
            Failure::Refused if ABSENT.contains(&self.code.as_str()) => CallOutcome::Absent,
            Failure::NotSent | Failure::Conflict | Failure::Refused => CallOutcome::Refused,
        };
        Verdict::of(outcome, self.code.clone())
    }
}

/// True when the failure of a read says that there is no such record, or none that the role may see.
pub(super) fn says_absent(error: &PortError) -> bool {
    error.failure == Failure::Refused && ABSENT.contains(&error.code.as_str())
}

fn failure_of(status: u16, document: &ErrorDocument, writes: bool) -> Failure {
    let has = |codes: &[&str]| document.details.iter().any(|detail| codes.contains(&detail.code.as_str()));
    if status == 429 || has(&SLOW_DOWN) {
        return Failure::Throttled { wait: None };
    }
    if status == 401 || has(&LOGIN) {
        return Failure::Credentials;
    }
    if has(&["RCRD_HAS_BEEN_CHANGED"]) {
        // Somebody saved in between, so our change was not made. A later try reads the record again.
        return Failure::NotSent;
    }
    if writes && (has(&["DUP_RCRD"]) || document.mentions("already exists")) {
        return Failure::Conflict;
    }
    if status >= 500 || status == 408 || has(&["UNEXPECTED_ERROR"]) {
        return if writes { Failure::Unclear } else { Failure::Unavailable };
    }
    match status {
        // without NetSuite's own words the answer may be a proxy's, which knows of no records
        404 if !writes && document.details.is_empty() => Failure::Unreadable,
        // what broke off may have held the code that says what it is about
        _ if document.broken && document.code().is_none() => Failure::Unreadable,
        300..=499 => Failure::Refused,
        _ => Failure::Unreadable,
    }
}

/// The error document, as far as it could be read.
#[derive(Debug, Default)]
struct ErrorDocument {
    details: Vec<Detail>,
    /// True when it began as NetSuite's and is not valid JSON.
    broken: bool,
}

#[derive(Debug, Default)]
struct Detail {
    code: String,
    text: String,
    place: Option<String>,
}

impl ErrorDocument {
    fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(document) => Self::of(&document),
            Err(_) => Self::salvaged(&String::from_utf8_lossy(body)),
        }
    }

    fn of(document: &Value) -> Self {
        let listed = document.get("o:errorDetails").and_then(Value::as_array).map(Vec::as_slice);
        let mut details: Vec<Detail> = listed.unwrap_or_default().iter().filter_map(Detail::of).collect();
        if details.is_empty() {
            details.extend(Detail::of(document));
        }
        Self { details, broken: false }
    }

    /// Finds code and text in a document that is not valid JSON.
    fn salvaged(text: &str) -> Self {
        let code = text_after(text, "\"o:errorCode\"").unwrap_or_default();
        let detail = text_after(text, "\"detail\"").unwrap_or_default();
        let broken = text.trim_start().starts_with('{');
        if code.is_empty() && detail.is_empty() {
            return Self { details: Vec::new(), broken };
        }
        let place = text_after(text, "\"o:errorPath\"");
        Self { details: vec![Detail { code, text: detail, place }], broken }
    }

    /// The same with the code for "too many requests", when the body holds no code where one belongs and that one
    /// anywhere: scripts and gateways refuse in forms of their own.
    fn or_slow_down(mut self, body: &[u8]) -> Self {
        if self.code().is_none() {
            let text = String::from_utf8_lossy(body);
            let code = SLOW_DOWN.into_iter().find(|code| text.contains(code));
            self.details.extend(code.map(|code| Detail { code: code.to_owned(), ..Detail::default() }));
        }
        self
    }

    fn code(&self) -> Option<&str> {
        self.details.iter().map(|detail| detail.code.as_str()).find(|code| !code.is_empty())
    }

    fn mentions(&self, words: &str) -> bool {
        self.details.iter().any(|detail| detail.text.to_ascii_lowercase().contains(words))
    }

    /// NetSuite has no code of its own for it, and words it differently from place to place.
    fn speaks_of_a_closed_period(&self) -> bool {
        let said = |words: &str| self.mentions(words);
        said("not within the date range of your accounting period")
            || said("period") && (said("closed") || said("locked"))
    }

    fn message(&self, status: u16) -> String {
        let texts = self.details.iter().map(|detail| match &detail.place {
            Some(place) if detail.text.is_empty() => format!("at {place}"),
            Some(place) => format!("{} (at {place})", detail.text),
            None => detail.text.clone(),
        });
        let text = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        if text.is_empty() {
            return format!("NetSuite answered HTTP {status} without an explanation");
        }
        match text.char_indices().nth(LONGEST_DETAIL) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

impl Detail {
    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let places = ["o:errorPath", "o:urlPath", "o:errorQueryParam", "o:errorHeader"];
        let detail = Self {
            code: text("o:errorCode").unwrap_or_default(),
            text: text("detail").or_else(|| text("title")).unwrap_or_default(),
            place: places.into_iter().find_map(text),
        };
        (!detail.code.is_empty() || !detail.text.is_empty()).then_some(detail)
    }
}

/// The quoted text after a quoted name and a colon.
fn text_after(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(name)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use std::time::Duration;

    fn refusal(status: u16, body: &str, writes: bool) -> Refusal {
        Refusal::of(&Answer { status, headers: HeaderMap::new(), body: body.into() }, writes)
    }

    fn document(code: &str, detail: &str) -> String {
        serde_json::json!({"title": "x", "o:errorDetails": [{"detail": detail, "o:errorCode": code}]})
            .to_string()
    }

    #[test]
    fn the_published_sample_of_a_429_is_a_throttle_although_it_is_no_json() {
        let body = include_str!("../../fixtures/netsuite/error_concurrency_invalid.txt");
        assert!(serde_json::from_str::<Value>(body).is_err());
        for status in [429, 400, 500, 401] {
            let refusal = refusal(status, body, true);
            assert_eq!(refusal.failure, Failure::Throttled { wait: None }, "{status}");
            assert_eq!(refusal.code, "CONCURRENCY_LIMIT_EXCEEDED");
        }
        assert_eq!(refusal(429, "<html>", false).failure, Failure::Throttled { wait: None });
        assert_eq!(
            refusal(400, &document("SSS_REQUEST_LIMIT_EXCEEDED", ""), true).failure,
            Failure::Throttled { wait: None }
        );
    }

    #[test]
    fn too_many_requests_is_a_throttle_in_whatever_form_it_is_said() {
        for code in SLOW_DOWN {
            for body in [
                document(code, "Try again later."),
                format!(r#"{{"error": {{"code": "{code}", "message": "Request limit exceeded"}}}}"#),
                format!("error code: {code}\nerror message: Request limit exceeded"),
                format!(r#"{{"title": "Bad Request" "o:errorDetails": [{{"o:errorCode": "{code}"#),
            ] {
                for status in [400, 401, 403, 429, 500, 503] {
                    let refused = refusal(status, &body, true);
                    assert_eq!(refused.failure, Failure::Throttled { wait: None }, "{status} {body}");
                    assert_eq!(refused.code, code);
                }
            }
        }
        let scripts = document("USER_ERROR", "Our own call met SSS_REQUEST_LIMIT_EXCEEDED.");
        assert_eq!(refusal(400, &scripts, true).failure, Failure::Refused, "the account's code counts");
    }

    #[test]
    fn the_wait_that_an_answer_asks_for_is_kept() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("7"));
        let answer = Answer { status: 429, headers, body: Vec::new() };
        let wait = Some(Duration::from_secs(7));
        assert_eq!(Refusal::of(&answer, true).failure, Failure::Throttled { wait });
    }

    #[test]
    fn each_documented_refusal_has_its_class() {
        let cases = [
            (401, "INVALID_LOGIN", "", Failure::Credentials, Failure::Credentials),
            (403, "INSUFFICIENT_PERMISSION", "", Failure::Refused, Failure::Refused),
            (404, "NONEXISTENT_ID", "", Failure::Refused, Failure::Refused),
            (400, "DUP_RCRD", "", Failure::Conflict, Failure::Refused),
            (400, "USER_ERROR", "This record already exists.", Failure::Conflict, Failure::Refused),
            (500, "DUP_RCRD", "", Failure::Conflict, Failure::Unavailable),
            (400, "RCRD_HAS_BEEN_CHANGED", "", Failure::NotSent, Failure::NotSent),
            (400, "VALID_LINE_ITEM_REQD", "", Failure::Refused, Failure::Refused),
            (400, "USER_ERROR", "A script says no.", Failure::Refused, Failure::Refused),
            (400, "INVALID_CONTENT", "", Failure::Refused, Failure::Refused),
            (500, "UNEXPECTED_ERROR", "", Failure::Unclear, Failure::Unavailable),
            (400, "UNEXPECTED_ERROR", "", Failure::Unclear, Failure::Unavailable),
        ];
        for (status, code, detail, write, read) in cases {
            let body = document(code, detail);
            assert_eq!(refusal(status, &body, true).failure, write, "{status} {code} on a write");
            assert_eq!(refusal(status, &body, false).failure, read, "{status} {code} on a read");
            assert_eq!(refusal(status, &body, true).code, code);
        }
        for status in [500, 502, 503, 504, 408] {
            assert_eq!(refusal(status, "<html>busy</html>", true).failure, Failure::Unclear);
            assert_eq!(refusal(status, "", false).failure, Failure::Unavailable);
        }
        assert_eq!(refusal(302, "", true).failure, Failure::Refused);
        assert_eq!(refusal(302, "", true).code, "http_302");
    }

    #[test]
    fn a_404_without_netsuites_words_does_not_say_that_a_record_is_absent() {
        assert_eq!(refusal(404, "<html>no route</html>", false).failure, Failure::Unreadable);
        let error = |refusal: Refusal| PortError::new("x", refusal.failure, refusal.code, refusal.message);
        assert!(!says_absent(&error(refusal(404, "", false))));
        assert!(says_absent(&error(refusal(404, &document("NONEXISTENT_ID", "gone"), false))));
        assert!(says_absent(&error(refusal(400, &document("RCRD_DSNT_EXIST", "gone"), false))));
    }

    #[test]
    fn a_document_that_broke_off_before_its_code_says_nothing() {
        let whole = document("NONEXISTENT_ID", "The record instance does not exist.");
        for cut in 1..whole.len() {
            for writes in [true, false] {
                let refusal = refusal(404, &whole[..cut], writes);
                let told = refusal.code == "NONEXISTENT_ID";
                let expected = if told { Failure::Refused } else { Failure::Unreadable };
                assert_eq!(refusal.failure, expected, "{}", &whole[..cut]);
            }
        }
    }

    #[test]
    fn a_refusal_that_speaks_of_a_closed_period_says_so_whatever_its_code() {
        for text in [
            "This transaction cannot be saved because its date falls in a closed accounting period (Jan 2026).",
            "The posting period you selected is Closed.",
            "You cannot make changes, because the accounting period is locked for A/R transactions.",
            "The transaction date you specified is not within the date range of your accounting period.",
        ] {
            let refused = refusal(400, &document("USER_ERROR", text), true);
            assert_eq!((refused.failure, refused.code.as_str()), (Failure::Refused, CLOSED_PERIOD), "{text}");
        }
        for (status, text, writes) in [
            (400, "The line is closed.", true),
            (400, "Please enter a value for: Posting Period", true),
            (400, "The period is closed.", false),
            (500, "The period is closed.", true),
        ] {
            let refused = refusal(status, &document("USER_ERROR", text), writes);
            assert_eq!(refused.code, "USER_ERROR", "{text}");
        }
    }

    #[test]
    fn the_message_names_text_and_place_and_stays_short() {
        let body = include_str!("../../fixtures/netsuite/error_invalid_content.json");
        let refused = refusal(400, body, true);
        assert_eq!(refused.code, "INVALID_CONTENT");
        assert!(refused.message.ends_with("(at item.items[0].quantity)"), "{}", refused.message);
        let long = refusal(400, &document("USER_ERROR", &"ä".repeat(1000)), true);
        assert_eq!(long.message.chars().count(), LONGEST_DETAIL + 1);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_whatever_is_in_it_is_taken_for_a_success_or_panics(
            status in 300u16..600, body in ".{0,600}", code in "[A-Z_]{0,20}", detail in ".{0,400}", cut in 0usize..600
        ) {
            let whole = document(&code, &detail);
            let broken = String::from_utf8_lossy(&whole.as_bytes()[..cut.min(whole.len())]).into_owned();
            for body in [body, whole, broken] {
                for writes in [true, false] {
                    let refusal = refusal(status, &body, writes);
                    proptest::prop_assert!(!refusal.code.is_empty() && !refusal.message.is_empty());
                    proptest::prop_assert!(refusal.message.chars().count() <= LONGEST_DETAIL + 1);
                    proptest::prop_assert_ne!(refusal.verdict().outcome, CallOutcome::Success);
                }
            }
        }
    }
}
