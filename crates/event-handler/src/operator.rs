//! What a person asks for through the `amz` command, kept as a notice like any other.

use amz_domain::ConnectionName;
use amz_services::ports::inbox::{NewNotice, NoticeSource};
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
}

impl Command {
    /// Name of the command.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "operator.retry",
        }
    }

    /// The command as a notice. `key` makes it one command however often it is stored.
    pub fn notice(&self, connection: &ConnectionName, key: String, received_at: DateTime<Utc>) -> NewNotice {
        let body = match self {
            Self::Retry { lane } => json!({"type": self.kind(), "lane": lane.to_string()}),
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
        match document.get("type").and_then(Value::as_str) {
            Some("operator.retry") => {
                let lane = text::member(&document, "lane").and_then(|lane| lane.parse().ok());
                let lane = lane.ok_or_else(|| unreadable("lane must be order/<id> or amazon-order/<id>"))?;
                Ok(Self::Retry { lane })
            }
            _ => Err(unreadable("type must be operator.retry")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_survives_the_inbox() {
        let command = Command::Retry { lane: Lane::SalesOrder("42".into()) };
        let notice = command.notice(&"main".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!((notice.source, notice.kind.as_str()), (NoticeSource::Operator, "operator.retry"));
        assert_eq!(Command::parse(notice.body.as_bytes()), Ok(command));
    }

    #[test]
    fn other_texts_are_not_commands() {
        for body in ["", "5", "{}", r#"{"type":"operator.retry"}"#, r#"{"type":"operator.retry","lane":"x"}"#]
        {
            assert_eq!(Command::parse(body.as_bytes()).unwrap_err().code, "command_unreadable");
        }
    }
}
