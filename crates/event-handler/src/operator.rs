//! What a person asks for through the `amz` command, kept as a notice like any other.

use amz_domain::{ConnectionName, RefundRejection};
use amz_services::inventory::StockRunRequest;
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use amz_services::reconciliation::ReconciliationRequest;
use amz_services::work::Lane;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::rejection::{Rejection, Rule};
use crate::text;

/// A command of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `operator.retry`: look at a lane again, parked or not.
    Retry {
        /// The lane.
        lane: Lane,
    },
    /// `operator.approve`: what waits for a person's approval may go on.
    Approve {
        /// The lane.
        lane: Lane,
        /// The parked subject, for example `refund/<id>`.
        subject: String,
    },
    /// `operator.stock`: read stock and have it compared.
    Stock {
        /// The run that is wanted.
        request: StockRunRequest,
    },
    /// `operator.reconcile`: look at orders again, or adopt those that another connector sent.
    Reconcile {
        /// The reconciliation that is wanted.
        request: ReconciliationRequest,
    },
    /// `operator.reject`: a refund that Amazon asks for will not be paid.
    Reject {
        /// The lane.
        lane: Lane,
        /// The refund: `refund/<id>`.
        subject: String,
        /// Why.
        reason: RefundRejection,
    },
}

/// Longest subject that is taken, in bytes.
const MAX_SUBJECT_BYTES: usize = 512;
/// Longest name of a stock run that is taken, in bytes.
const MAX_RUN_BYTES: usize = 128;

impl Command {
    /// Name of the command.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "operator.retry",
            Self::Approve { .. } => "operator.approve",
            Self::Stock { .. } => "operator.stock",
            Self::Reconcile { .. } => "operator.reconcile",
            Self::Reject { .. } => "operator.reject",
        }
    }

    /// The command as a notice. `key` makes it one command however often it is stored.
    pub fn notice(&self, connection: &ConnectionName, key: String, received_at: DateTime<Utc>) -> NewNotice {
        let body = match self {
            Self::Retry { lane } => json!({"type": self.kind(), "lane": lane.to_string()}),
            Self::Approve { lane, subject } => {
                json!({"type": self.kind(), "lane": lane.to_string(), "subject": subject})
            }
            Self::Stock { request } => json!({"type": self.kind(), "run": request}),
            Self::Reconcile { request } => json!({"type": self.kind(), "run": request}),
            Self::Reject { lane, subject, reason } => json!({
                "type": self.kind(), "lane": lane.to_string(), "subject": subject, "reason": reason.as_str(),
            }),
        };
        NewNotice {
            connection: connection.clone(),
            source: NoticeSource::Operator,
            key,
            kind: self.kind().to_owned(),
            body: body.to_string(),
            received_at,
        }
    }

    /// Reads the body of such a notice.
    ///
    /// # Errors
    /// `command_unreadable`.
    pub fn parse(body: &[u8]) -> Result<Self, Rejection> {
        let unreadable = |detail: &str| Rule::CommandUnreadable.broken(detail);
        let document: Value = serde_json::from_slice(body).map_err(|_| unreadable("a command is JSON"))?;
        let lane = || {
            let lane = text::member(&document, "lane").and_then(|lane| lane.parse().ok());
            let expected = "lane must be order/<id>, amazon-order/<id>, document/<kind>-<id>, stock/levels, \
                            stock/reading or reconciliation";
            lane.ok_or_else(|| unreadable(expected))
        };
        let subject = || {
            text::member(&document, "subject")
                .filter(|subject| text::is_plain(subject, MAX_SUBJECT_BYTES))
                .ok_or_else(|| unreadable("subject must be what is parked, for example refund/<id>"))
        };
        match document.get("type").and_then(Value::as_str) {
            Some("operator.retry") => Ok(Self::Retry { lane: lane()? }),
            Some("operator.approve") => Ok(Self::Approve { lane: lane()?, subject: subject()? }),
            Some("operator.reject") => {
                let reason = text::member(&document, "reason").and_then(|word| RefundRejection::parse(&word));
                let reason = reason.ok_or_else(|| unreadable("reason must be one of Amazon's words"))?;
                Ok(Self::Reject { lane: lane()?, subject: subject()?, reason })
            }
            Some("operator.stock") => {
                let run = document.get("run").cloned().unwrap_or_default();
                let request: StockRunRequest =
                    serde_json::from_value(run).map_err(|_| unreadable("run must be a run of stock"))?;
                if !text::is_plain(request.id.as_str(), MAX_RUN_BYTES) || request.id.as_str().is_empty() {
                    return Err(unreadable("a run must have a short plain id"));
                }
                Ok(Self::Stock { request })
            }
            Some("operator.reconcile") => {
                let run = document.get("run").cloned().unwrap_or_default();
                let request: ReconciliationRequest =
                    serde_json::from_value(run).map_err(|_| unreadable("run must be a reconciliation"))?;
                if !text::is_plain(request.id.as_str(), MAX_RUN_BYTES) || request.id.as_str().is_empty() {
                    return Err(unreadable("a reconciliation must have a short plain id"));
                }
                Ok(Self::Reconcile { request })
            }
            _ => Err(unreadable(
                "type must be operator.retry, operator.approve, operator.stock, operator.reconcile or operator.reject",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use amz_services::inventory::RunBeginner;

    use super::*;

    #[test]
    fn commands_survive_the_inbox() {
        let lane = Lane::SalesOrder("42".into());
        let subject = "refund/R-1".to_owned();
        for (command, kind) in [
            (Command::Retry { lane: lane.clone() }, "operator.retry"),
            (Command::Approve { lane: lane.clone(), subject: subject.clone() }, "operator.approve"),
            (
                Command::Reject { lane, subject, reason: RefundRejection::NonReturnableItems },
                "operator.reject",
            ),
        ] {
            let notice = command.notice(&"main".into(), "command-1".to_owned(), DateTime::UNIX_EPOCH);
            assert_eq!((notice.source, notice.kind.as_str()), (NoticeSource::Operator, kind));
            assert_eq!(Command::parse(notice.body.as_bytes()), Ok(command));
        }
    }

    #[test]
    fn a_wanted_run_of_stock_survives_the_inbox() {
        let request = StockRunRequest {
            id: "o20260302T170000000".into(),
            by: RunBeginner::Operator,
            plan_only: true,
            skus: vec!["SKU 1".into(), "SKU,2".into()],
        };
        let command = Command::Stock { request };
        let notice = command.notice(&"main".into(), "command-1".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(notice.kind, "operator.stock");
        assert_eq!(Command::parse(notice.body.as_bytes()), Ok(command));
    }

    #[test]
    fn other_texts_are_not_commands() {
        for body in [
            "",
            "5",
            "{}",
            r#"{"type":"operator.retry"}"#,
            r#"{"type":"operator.retry","lane":"x"}"#,
            r#"{"type":"operator.approve","lane":"order/42"}"#,
            r#"{"type":"operator.approve","lane":"order/42","subject":""}"#,
            r#"{"type":"operator.approve","subject":"refund/R-1"}"#,
            r#"{"type":"operator.reject","lane":"order/42","subject":"refund/R-1"}"#,
            r#"{"type":"operator.stock"}"#,
            r#"{"type":"operator.stock","run":{"id":"","by":"operator","plan_only":true,"skus":[]}}"#,
            r#"{"type":"operator.stock","run":{"id":"a","by":"nobody","plan_only":true,"skus":[]}}"#,
            r#"{"type":"operator.reject","lane":"order/42","subject":"refund/R-1","reason":"NO"}"#,
        ] {
            assert_eq!(Command::parse(body.as_bytes()).unwrap_err().code, "command_unreadable");
        }
    }
}
