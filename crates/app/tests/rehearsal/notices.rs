//! Notices as the bundle inside NetSuite and Amazon's webhook sender post them.

use amz_event_handler::netsuite::SigningSecret;
use serde_json::{Value, json};

use crate::stage::{SIGNING_SECRET, Stage, WEBHOOK_SECRET};

impl Stage {
    /// Posts a signed notice that a sales order changed; returns the HTTP status.
    pub(crate) async fn notify(&self, key: &str, order: u64) -> u16 {
        self.notify_of(key, ("salesorder", order), "edit").await
    }

    /// Posts a signed notice of what happened to a record; returns the HTTP status.
    pub(crate) async fn notify_of(&self, key: &str, record: (&str, u64), event: &str) -> u16 {
        let now = self.now();
        let body = json!({
            "type": format!("{}.{event}", record.0),
            "timestamp": now,
            "data": {"recordType": record.0, "id": record.1.to_string(), "event": event},
        })
        .to_string();
        let secret = SigningSecret::parse(&SIGNING_SECRET.into()).unwrap();
        let request = self
            .http
            .post(format!("{}/netsuite/events", self.webhook_url()))
            .header("webhook-id", key)
            .header("webhook-timestamp", now.timestamp().to_string())
            .header("webhook-signature", secret.sign(key, now, body.as_bytes()))
            .header("content-type", "application/json");
        request.body(body).send().await.unwrap().status().as_u16()
    }
}

impl Stage {
    /// Posts an event with Amazon's credentials, as its webhook sender would; returns the HTTP status.
    pub(crate) async fn post_event(&self, body: &Value) -> u16 {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "pretend-amazon"),
            ("client_secret", WEBHOOK_SECRET),
        ];
        let token = self.http.post(format!("{}/oauth2/token", self.webhook_url())).form(&form);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        let request = self
            .http
            .post(format!("{}/amazon/events", self.webhook_url()))
            .bearer_auth(token["access_token"].as_str().unwrap());
        request.json(body).send().await.unwrap().status().as_u16()
    }

    /// Posts an event that the pretend Amazon did not make, about a resource of the business product.
    pub(crate) async fn send_event(&self, event_type: &str, resource: &str, key: &str) {
        let product = &self.amazon().settings().target_id;
        let body = json!({
            "eventDescriptor": event_type,
            "eventId": key,
            "idempotencyKey": key,
            "resources": [format!("businessProduct/{product}/{resource}")],
            "eventTime": self.now(),
            "data": {},
        });
        assert_eq!(self.post_event(&body).await, 200);
    }

    /// Sends the last event of a type again, under an id of its own.
    pub(crate) async fn repeat_event(&self, event_type: &str, key: &str) {
        let events = self.amazon().events();
        let last = events.iter().rfind(|event| event.event_type == event_type).unwrap();
        let mut body = last.body.clone();
        body["eventId"] = key.into();
        body["idempotencyKey"] = key.into();
        assert_eq!(self.post_event(&body).await, 200);
    }
}
