//! The task that posts events to their subscribers until they are accepted.
//!
//! Source: Buy with Prime, `create-and-delete-event-subscriptions`. Time-out, retries and order are not
//! published; what is done here is an assumption that a careful receiver must survive.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Amazon;
use super::events::{Delivery, Errand};
use super::settings::{SenderAuthentication, Subscription};

/// How long events gather before they are shuffled.
const GATHERING: Duration = Duration::from_millis(20);

/// How often the clock is looked at while a cancellation waits for its time.
const TICK: Duration = Duration::from_millis(100);

struct CachedToken {
    token: String,
    ends: Instant,
}

impl Amazon {
    /// Sends events one after the other until the task is dropped. An event that is refused waits for
    /// its next attempt beside the others and does not hold them up.
    pub(crate) async fn send_events(self) {
        let mut tokens: HashMap<String, CachedToken> = HashMap::new();
        let mut waiting: JoinSet<Errand> = JoinSet::new();
        let shuffles = self.outbox.settings().reorder_window > 1;
        loop {
            if shuffles && self.outbox.ready() > 0 {
                tokio::time::sleep(GATHERING).await;
            }
            let errand = match self.outbox.take() {
                Some(errand) => errand,
                None => tokio::select! {
                    () = tokio::time::sleep(TICK), if self.is_waiting() => continue,
                    Some(due) = waiting.join_next() => match due {
                        Ok(errand) => errand,
                        Err(_) => continue,
                    },
                    () = self.outbox.work.notified() => continue,
                },
            };
            if let Some((again, wait)) = self.send(errand, &mut tokens).await {
                waiting.spawn(async move {
                    tokio::time::sleep(wait).await;
                    again
                });
            }
        }
    }

    /// Makes one attempt. Returns the errand and the wait before its next one if it has to be repeated.
    async fn send(
        &self,
        mut errand: Errand,
        tokens: &mut HashMap<String, CachedToken>,
    ) -> Option<(Errand, Duration)> {
        let subscription = self.outbox.subscription(&errand.subscription_id);
        let status = match &subscription {
            Some(subscription) => self.post(&errand, subscription, tokens).await,
            None => None,
        };
        let settings = self.outbox.settings();
        let accepted = status.is_some_and(|status| (200..300).contains(&status));
        let done = accepted || subscription.is_none() || errand.attempt >= settings.attempts;
        if let (Some(401), Some(subscription)) = (status, &subscription) {
            tokens.remove(&token_key(subscription));
        }
        let delivery = Delivery {
            event_id: errand.event.event_id.clone(),
            event_type: errand.event.event_type.clone(),
            subscription_id: errand.subscription_id.clone(),
            attempt: errand.attempt,
            status,
            at: self.core.clock.now(),
        };
        self.outbox.attempted(delivery, done);
        if done {
            return None;
        }
        let doublings = (errand.attempt - 1).min(16);
        let wait = (settings.first_wait_ms << doublings).min(settings.longest_wait_ms);
        errand.attempt += 1;
        Some((errand, Duration::from_millis(wait)))
    }

    async fn post(
        &self,
        errand: &Errand,
        subscription: &Subscription,
        tokens: &mut HashMap<String, CachedToken>,
    ) -> Option<u16> {
        let timeout = Duration::from_millis(self.outbox.settings().timeout_ms);
        let request = self.http.post(&subscription.url).timeout(timeout).json(&errand.event.body);
        let request = match &subscription.authentication {
            SenderAuthentication::None => request,
            SenderAuthentication::Basic { username, password } => {
                request.basic_auth(username, Some(password))
            }
            SenderAuthentication::OAuth { .. } => {
                request.bearer_auth(self.receiver_token(subscription, tokens, timeout).await?)
            }
        };
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// A token from the receiver's own endpoint, kept until shortly before it ends.
    async fn receiver_token(
        &self,
        subscription: &Subscription,
        tokens: &mut HashMap<String, CachedToken>,
        timeout: Duration,
    ) -> Option<String> {
        let SenderAuthentication::OAuth { token_url, client_id, client_secret, body_parameters } =
            &subscription.authentication
        else {
            return None;
        };
        if let Some(cached) = tokens.get(&token_key(subscription))
            && cached.ends > Instant::now()
        {
            return Some(cached.token.clone());
        }
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", client_secret.as_str()),
        ];
        form.extend(body_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut request = self.http.post(token_url).timeout(timeout).form(&form);
        for (name, value) in crate::locked(&self.registry).token_headers(&subscription.id) {
            request = request.header(name, value);
        }
        let answer = request.send().await.ok()?;
        let answer: Json = answer.error_for_status().ok()?.json().await.ok()?;
        let token = answer["access_token"].as_str()?.to_owned();
        let life_s = answer["expires_in"].as_u64().unwrap_or(900);
        let ends = Instant::now() + Duration::from_secs(life_s.saturating_sub(15));
        tokens.insert(token_key(subscription), CachedToken { token: token.clone(), ends });
        Some(token)
    }
}

/// Tokens belong to a receiver and a client, so a subscription that moves gets a new one.
fn token_key(subscription: &Subscription) -> String {
    match &subscription.authentication {
        SenderAuthentication::OAuth { token_url, client_id, .. } => format!("{client_id} {token_url}"),
        SenderAuthentication::None | SenderAuthentication::Basic { .. } => String::new(),
    }
}
