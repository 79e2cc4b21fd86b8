//! A configuration for the pretend NetSuite, and notices of its bundle that ask for one look each.

use std::net::SocketAddr;

use amz_services::ports::Inbox;
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use chrono::Utc;
use serde_json::json;

/// The connection of the configuration.
pub(crate) const CONNECTION: &str = "bench";

/// Notices stored in one commit.
const BATCH: usize = 1_000;

/// A configuration with one connection that may have `slots` calls in flight, and `workers` lanes at work per process.
pub(crate) fn configuration(store: &str, vendor: SocketAddr, slots: usize, workers: usize) -> String {
    format!(
        r#"[store]
url = {store:?}
[worker]
concurrency = {workers}
[log]
filter = "error"
[[connection]]
name = "{CONNECTION}"
[connection.amazon.bwp]
endpoint = "http://{vendor}"
client_id = "bench"
client_secret = "bench-only"
target_id = "bp-bench"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.netsuite]
account = "1234567"
endpoint = "http://{vendor}"
timezone = "UTC"
concurrency = {slots}
[connection.netsuite.auth.tba]
consumer_key = "bench"
consumer_secret = "bench-only"
token_id = "bench"
token_secret = "bench-only"
[connection.mapping]
amazon_location = "7"
default_ship_speed = "STANDARD"
[connection.policy]
settle = "0s"
[connection.sync]
documents = false
"#
    )
}

/// Stores notices that the sales orders `first..first + count` changed.
pub(crate) async fn store(inbox: &dyn Inbox, first: usize, count: usize) {
    let orders: Vec<usize> = (first..first + count).collect();
    for orders in orders.chunks(BATCH) {
        inbox.receive(orders.iter().map(|order| changed(*order)).collect()).await.unwrap();
    }
}

fn changed(order: usize) -> NewNotice {
    let now = Utc::now();
    NewNotice {
        connection: CONNECTION.into(),
        source: NoticeSource::NetSuite,
        key: format!("bench-{order}/0"),
        kind: "salesOrder.edit".to_owned(),
        body: json!({
            "type": "salesorder.edit",
            "timestamp": now,
            "data": {"recordType": "salesorder", "id": order.to_string(), "event": "edit"},
        })
        .to_string(),
        received_at: now,
    }
}
