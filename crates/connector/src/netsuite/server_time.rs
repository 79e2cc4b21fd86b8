//! NetSuite's clock. Signatures hold within five minutes of it.
//!
//! Source: NetSuite help, section 1534941295 (header of signed requests), `GET /services/rest/system/v1/serverTime`.

use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, Utc};
use http::Method;
use serde_json::Value;

use super::NetSuite;
use super::reading::Node;
use super::rest::{Expects, Reply, Request, address};

const OPERATION: &str = "serverTime";

impl NetSuite {
    /// What NetSuite's clock says. Any role may ask.
    ///
    /// # Errors
    /// Read failures.
    pub async fn server_time(&self) -> Result<DateTime<Utc>, PortError> {
        let request = Request {
            operation: OPERATION,
            method: Method::GET,
            url: address(&self.rest().endpoint, &["system", "v1", "serverTime"]),
            headers: Vec::new(),
            document: None,
            expects: Expects::Document,
        };
        match self.rest().call(request).await? {
            Reply::Document(document) => told(&document),
            Reply::Id(_) | Reply::Done => Err(unreadable("the answer has another form".to_owned())),
        }
    }
}

fn told(document: &Value) -> Result<DateTime<Utc>, PortError> {
    let time = Node::document(document).field("serverTime");
    let read = time.instant().and_then(|told| time.require(told, "NetSuite's time"));
    read.map_err(|problem| unreadable(problem.to_string()))
}

fn unreadable(message: String) -> PortError {
    PortError::new(OPERATION, Failure::Unreadable, "netsuite_answer_unreadable", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_is_read_with_its_offset_and_nothing_is_made_up() {
        let told_as = |text: Value| told(&json!({"serverTime": text}));
        let expected: DateTime<Utc> = "2026-03-02T09:00:00.123Z".parse().unwrap();
        assert_eq!(told_as(json!("2026-03-02T09:00:00.123Z")).unwrap(), expected);
        assert_eq!(told_as(json!("2026-03-02T01:00:00.123-08:00")).unwrap(), expected);
        for odd in [json!(null), json!(""), json!("soon"), json!(7)] {
            assert_eq!(told_as(odd).unwrap_err().failure, Failure::Unreadable);
        }
    }
}
