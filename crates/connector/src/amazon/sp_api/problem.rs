//! What is wrong with an answer that is not what was asked for.
//!
//! Source: Selling Partner API pages `sp-api-errors-faq` and `authorization-errors`; which text stands in `message` and
//! which in `details` varies, so both are read.

use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use serde_json::Value;

use crate::http::{Answer, Verdict};

/// Code of a page's token that Amazon takes no more.
pub(super) const NEXT_TOKEN_EXPIRED: &str = "next_token_expired";
/// Code of an access token that has ended.
const ACCESS_TOKEN_EXPIRED: &str = "access_token_expired";
/// Code of an access token that Amazon does not accept.
const ACCESS_TOKEN_REFUSED: &str = "access_token_refused";
/// Code of a call that the seller or the application has no right to.
const ACCESS_DENIED: &str = "access_denied";

/// Longest text of Amazon's that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;

const ROLE_HINT: &str = "the application needs the role Amazon Fulfillment or Product Listing, the seller must have \
    authorised it since, and the address must be that of the seller's region";
const ENROLMENT_HINT: &str =
    "perhaps the account never took part in Fulfilment by Amazon in this marketplace";

/// Why a call did not give what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// What it means.
    pub(super) failure: Failure,
    /// Amazon's code, or ours where Amazon's says too little.
    pub(super) code: String,
    /// What Amazon said, our hint, and the request's id; may quote input.
    pub(super) message: String,
}

impl Problem {
    /// A success that cannot be understood, or not be believed.
    pub(super) fn unreadable(answer: &Answer, reason: &str) -> Self {
        Self::new(answer, Failure::Unreadable, "unreadable_answer", reason)
    }

    /// Reads an answer that is no success.
    pub(super) fn of(answer: &Answer) -> Self {
        let said = Said::of(answer);
        let message = said.message();
        let wait = answer.retry_after();
        let (failure, code, hint) = match answer.status {
            429 => (Failure::Throttled { wait }, None, None),
            408 | 500.. => (Failure::Unavailable, None, None),
            401 => (Failure::Credentials, Some(ACCESS_TOKEN_REFUSED), None),
            403 => refused_access(&said.text),
            400 if said.is_about_next_token() => (Failure::Unavailable, Some(NEXT_TOKEN_EXPIRED), None),
            400 if said.code.as_deref() == Some("InvalidInput") => {
                (Failure::Refused, None, Some(ENROLMENT_HINT))
            }
            _ => (Failure::Refused, None, None),
        };
        let code = code.map(str::to_owned).or(said.code);
        let code = code.unwrap_or_else(|| format!("http_{}", answer.status));
        let text = match hint {
            Some(hint) => format!("{message} ({hint})"),
            None => message,
        };
        Self::new(answer, failure, code, &text)
    }

    fn new(answer: &Answer, failure: Failure, code: impl Into<String>, text: &str) -> Self {
        let id = answer.header("x-amzn-requestid").or_else(|| answer.header("x-amz-rid"));
        let message = format!("HTTP {}: {text}, request {}", answer.status, id.unwrap_or("without an id"));
        Self { failure, code: code.into(), message }
    }

    /// How the audit trail shows it.
    pub(super) fn verdict(&self) -> Verdict {
        let outcome = match self.failure {
            Failure::Throttled { .. } => CallOutcome::Throttled,
            Failure::Credentials => CallOutcome::Credentials,
            Failure::Unreadable => CallOutcome::Unreadable,
            Failure::Unavailable if self.code != NEXT_TOKEN_EXPIRED => CallOutcome::ServerError,
            _ => CallOutcome::Refused,
        };
        Verdict::of(outcome, self.code.as_str())
    }
}

type Meaning = (Failure, Option<&'static str>, Option<&'static str>);

/// One status, many meanings.
fn refused_access(text: &str) -> Meaning {
    // an incident at Amazon that hits many sellers at once, and passes
    if text.contains("security token") && text.contains("expired") {
        return (Failure::Unavailable, None, None);
    }
    if text.contains("expired") {
        return (Failure::Credentials, Some(ACCESS_TOKEN_EXPIRED), None);
    }
    if text.contains("missing") {
        return (Failure::Refused, Some("access_token_missing"), None);
    }
    if ["revoked", "malformed", "invalid"].iter().any(|word| text.contains(word)) {
        return (Failure::Credentials, Some(ACCESS_TOKEN_REFUSED), None);
    }
    (Failure::Refused, Some(ACCESS_DENIED), Some(ROLE_HINT))
}

/// What Amazon said, as far as it can be read. Gateways answer with pages for people; those say nothing here.
#[derive(Debug, Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
    /// All texts, in lower case, to look for words in.
    text: String,
}

impl Said {
    fn of(answer: &Answer) -> Self {
        let document: Value = answer.json().unwrap_or_default();
        let error = document.get("errors").and_then(|errors| errors.get(0)).unwrap_or(&document);
        let word = |name: &str| error.get(name).and_then(Value::as_str).filter(|word| !word.is_empty());
        let kind = answer.header("x-amzn-errortype").and_then(|kind| kind.split([':', '#']).next());
        let said = [word("message").or_else(|| word("Message")), word("details")];
        let texts: Vec<_> = said.into_iter().flatten().collect();
        let shown: String = texts.join("; ").chars().take(LONGEST_MESSAGE).collect();
        Self {
            code: word("code")
                .or(kind)
                .filter(|code| !code.is_empty())
                .map(|code| code.chars().take(64).collect()),
            message: Some(shown).filter(|shown| !shown.is_empty()),
            text: texts.join("; ").to_lowercase(),
        }
    }

    fn message(&self) -> String {
        self.message.clone().unwrap_or_else(|| "Amazon gave no reason".to_owned())
    }

    fn is_about_next_token(&self) -> bool {
        let text = self.text.replace(' ', "");
        text.contains("nexttoken") || text.contains("fnskumap")
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
