//! The task that posts batches until they are answered for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{BundleDelivery, Installation, rows};
use crate::locked;
use crate::netsuite::handle::NetSuite;

/// Most rows of one batch.
const ROWS_PER_BATCH: usize = 100;
/// How often the clock is looked at while rows wait for their time.
const TICK: Duration = Duration::from_millis(50);
/// Wait before the second attempt; it doubles from attempt to attempt.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Attempts after which a batch waits for the schedule.
const ATTEMPTS: u32 = 12;

/// Rows that are sent together, always as the same list.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    id: String,
    rows: Vec<u64>,
}

impl NetSuite {
    /// Sends batches one after the other until the task is dropped.
    pub(crate) async fn send_batches(self) {
        let http = match reqwest::Client::builder().no_proxy().build() {
            Ok(http) => http,
            Err(error) => {
                tracing::warn!(%error, "the bundle cannot send");
                return;
            }
        };
        loop {
            if let Some(batch) = self.next_batch() {
                let given_up = !self.deliver(&http, &batch).await;
                let shared = &self.bundle().0;
                let mut desk = locked(&shared.desk);
                desk.under_way -= 1;
                desk.given_up.extend(given_up.then_some(batch));
            } else {
                let is_waiting = !locked(&self.bundle().0.desk).waiting.is_empty();
                tokio::select! {
                    () = tokio::time::sleep(TICK), if is_waiting => {}
                    () = self.bundle().0.work.notified() => {}
                }
            }
            if locked(&self.bundle().0.desk).is_settled(self.core().clock.now()) {
                self.bundle().0.settled.notify_waiters();
            }
        }
    }

    /// The next batch to send: an older one, or a new one of the rows that are due.
    fn next_batch(&self) -> Option<Batch> {
        let now = self.core().clock.now();
        let mut desk = locked(&self.bundle().0.desk);
        desk.installation.as_ref()?;
        if let Some(batch) = desk.ready.pop_front() {
            desk.under_way += 1;
            return Some(batch);
        }
        let due = desk.waiting.iter().take_while(|(due, _)| *due <= now).count().min(ROWS_PER_BATCH);
        let rows: Vec<u64> = desk.waiting.drain(..due).map(|(_, row)| row).collect();
        let first = rows.first()?;
        desk.count += 1;
        let id = format!("amz_{first}_{:06x}", desk.count);
        desk.under_way += 1;
        let is_lost = desk.script.lose > 0;
        desk.script.lose = desk.script.lose.saturating_sub(1);
        drop(desk);
        self.edit_books(|books| {
            rows::claim(books, &rows, &id);
            if is_lost {
                rows.iter().for_each(|row| rows::mark(books, *row, &json!({"outcome": "stored"}), now));
            }
        });
        if is_lost {
            locked(&self.bundle().0.desk).under_way -= 1;
            return None;
        }
        Some(Batch { id, rows })
    }

    /// Sends a batch until it is answered for; false when it is given up for now.
    async fn deliver(&self, http: &reqwest::Client, batch: &Batch) -> bool {
        let events = self.with_books_read(|books| rows::events(books, &batch.rows));
        if events.is_empty() {
            return true;
        }
        let list: Vec<&Value> = events.iter().map(|(_, event)| event).collect();
        let body = json!({"events": list}).to_string();
        let mut wait = FIRST_WAIT;
        for attempt in 1..=ATTEMPTS {
            let Some(installation) = locked(&self.bundle().0.desk).installation.clone() else { return false };
            let at = self.core().clock.now();
            let request = http
                .post(&installation.url)
                .timeout(Duration::from_secs(45))
                .header("content-type", "application/json")
                .header("webhook-id", &batch.id)
                .header("webhook-timestamp", at.timestamp().to_string())
                .header("webhook-signature", sign(&installation, &batch.id, at.timestamp(), &body));
            let answer = request.body(body.clone()).send().await.ok();
            let status = answer.as_ref().map(|answer| answer.status().as_u16());
            let text = match answer {
                Some(answer) => answer.text().await.unwrap_or_default(),
                None => String::new(),
            };
            let delivery =
                BundleDelivery { batch: batch.id.clone(), events: events.len(), attempt, status, at };
            locked(&self.bundle().0.desk).deliveries.push(delivery);
            if let Some(results) = results(status, &text, events.len()) {
                let now = self.core().clock.now();
                self.edit_books(|books| {
                    for ((row, _), result) in events.iter().zip(&results) {
                        rows::mark(books, *row, result, now);
                    }
                });
                return true;
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
        false
    }
}

/// What became of each event; `None` when the answer does not say.
fn results(status: Option<u16>, body: &str, count: usize) -> Option<Vec<Value>> {
    status.filter(|status| *status < 500)?;
    let document: Value = serde_json::from_str(body).ok()?;
    document.get("results")?.as_array().filter(|results| results.len() == count).cloned()
}

/// Value of `webhook-signature`.
fn sign(installation: &Installation, id: &str, timestamp: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&installation.key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Example of the Standard Webhooks specification's reference implementations.
    #[test]
    fn signatures_follow_the_specification() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let installation = Installation { url: String::new(), key };
        let body = r#"{"test": 2432232314}"#;
        let signature = sign(&installation, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_an_answer_with_a_result_for_each_event_is_a_receipt() {
        let good = r#"{"results": [{"outcome": "stored"}]}"#;
        assert!(results(Some(200), good, 1).is_some());
        assert!(results(Some(422), good, 1).is_some());
        for (status, body, count) in
            [(Some(500), good, 1), (None, good, 1), (Some(200), good, 2), (Some(200), "", 1)]
        {
            assert!(results(status, body, count).is_none(), "{status:?} {body}");
        }
    }
}
