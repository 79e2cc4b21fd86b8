//! What the pretend Amazon has to tell, and what became of the telling.
//!
//! Source: Buy with Prime, event pages and `subscribe-to-events`.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use super::order::{Order, instant};
use super::settings::{Subscription, WebhookSettings};
use crate::locked;
use crate::random::Random;

/// Something worth an event: its type, the part of the resource path behind the business product, and
/// the order it is about, if it names one.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) event_type: &'static str,
    pub(crate) resource: String,
    pub(crate) order_id: Option<String>,
    /// Whether the event carries data; as the settings say when `None`.
    pub(crate) filled: Option<bool>,
}

impl Happening {
    pub(crate) fn order(event_type: &'static str, order_id: &str) -> Self {
        Self {
            event_type,
            resource: format!("order/{order_id}"),
            order_id: Some(order_id.to_owned()),
            filled: None,
        }
    }

    pub(crate) fn package(event_type: &'static str, order_id: &str, package_id: &str) -> Self {
        let resource = format!("order/{order_id}/delivery/{package_id}");
        Self { event_type, resource, order_id: Some(order_id.to_owned()), filled: None }
    }

    pub(crate) fn refund(event_type: &'static str, order_id: &str, refund_id: &str) -> Self {
        let resource = format!("order/{order_id}/refund/{refund_id}");
        Self { event_type, resource, order_id: Some(order_id.to_owned()), filled: None }
    }

    pub(crate) fn returned(event_type: &'static str, order_id: &str, return_id: &str) -> Self {
        let resource = format!("order/{order_id}/return/{return_id}");
        Self { event_type, resource, order_id: Some(order_id.to_owned()), filled: None }
    }

    pub(crate) fn stock(inventory_item_id: &str) -> Self {
        let resource = format!("item-quantities/{inventory_item_id}");
        Self { event_type: "INVENTORY_CHANGED", resource, order_id: None, filled: None }
    }

    pub(crate) fn tracker(carrier_code: &str, tracking_number: &str) -> Self {
        let resource = format!("carrier/{carrier_code}/tracker/{tracking_number}");
        Self { event_type: "PACKAGE_TRACKER_MILESTONE_CHANGED", resource, order_id: None, filled: None }
    }
}

/// One event in the form of Amazon's webhook body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WebhookEvent {
    /// For example `PACKAGE_DELIVERED`.
    pub event_type: String,
    /// Unique; the same when an event is sent again.
    pub event_id: String,
    /// The whole body.
    pub body: Json,
}

/// One attempt to hand over an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Which event.
    pub event_id: String,
    /// For example `PACKAGE_DELIVERED`.
    pub event_type: String,
    /// To whom.
    pub subscription_id: String,
    /// Counts from 1.
    pub attempt: u32,
    /// HTTP status answered; `None` if no answer came.
    pub status: Option<u16>,
    /// When, by the sandbox clock.
    pub at: DateTime<Utc>,
}

/// An event on its way to one subscription.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) event: WebhookEvent,
    /// Looked up at each attempt: the receiver may have moved in between.
    pub(crate) subscription_id: String,
    pub(crate) attempt: u32,
}

/// Events waiting to be sent, held back, and done.
#[derive(Debug)]
pub(crate) struct Outbox {
    settings: WebhookSettings,
    target_id: String,
    desk: Mutex<Desk>,
    /// Wakes the sender.
    pub(crate) work: Notify,
    /// Wakes those who wait for all events to be handed over.
    settled: Notify,
}

#[derive(Debug)]
struct Desk {
    random: Random,
    count: u64,
    subscriptions: Vec<Subscription>,
    holding: bool,
    held: Vec<WebhookEvent>,
    ready: VecDeque<Errand>,
    /// Errands that are being sent or wait for their next attempt.
    under_way: usize,
    all: Vec<WebhookEvent>,
    deliveries: Vec<Delivery>,
}

impl Outbox {
    pub(crate) fn new(seed: u64, settings: WebhookSettings, target_id: String) -> Self {
        let desk = Desk {
            random: Random::new(seed ^ 0x0045_5645_4E54_5331),
            count: 0,
            subscriptions: settings.subscriptions.clone(),
            holding: false,
            held: Vec::new(),
            ready: VecDeque::new(),
            under_way: 0,
            all: Vec::new(),
            deliveries: Vec::new(),
        };
        Self { settings, target_id, desk: Mutex::new(desk), work: Notify::new(), settled: Notify::new() }
    }

    pub(crate) fn settings(&self) -> &WebhookSettings {
        &self.settings
    }

    /// Writes the event and puts it on its way, or holds it.
    pub(crate) fn emit(&self, happening: &Happening, order: Option<&Order>, now: DateTime<Utc>) {
        let mut desk = locked(&self.desk);
        desk.count += 1;
        let count = desk.count;
        let event_id = format!("evt-{count:06}-{:016x}", desk.random.next());
        let data = match order {
            Some(order) if happening.filled.unwrap_or(self.settings.filled) => filled(happening, order),
            _ => json!({}),
        };
        let body = json!({
            "idempotencyKey": format!("key-{count:06}-{:016x}", desk.random.next()),
            "eventDescriptor": happening.event_type,
            "resources": [format!("businessProduct/{}/{}", self.target_id, happening.resource)],
            "eventId": event_id,
            "apiVersion": "2024-11-01",
            "subscriptionId": desk.subscriptions.first().map_or("none", |subscription| &subscription.id),
            "eventTime": instant(now),
            "data": data,
        });
        let event = WebhookEvent { event_type: happening.event_type.to_owned(), event_id, body };
        desk.all.push(event.clone());
        if desk.holding {
            desk.held.push(event)
        } else {
            self.enqueue(&mut desk, &event)
        }
        drop(desk);
        self.work.notify_one();
    }

    fn enqueue(&self, desk: &mut Desk, event: &WebhookEvent) {
        let copies = if desk.random.chance(self.settings.duplicate_permille) { 2 } else { 1 };
        let Desk { subscriptions, ready, .. } = desk;
        for subscription in subscriptions.iter() {
            let wanted = &subscription.event_types;
            if !wanted.is_empty() && !wanted.contains(&event.event_type) {
                continue;
            }
            let mut event = event.clone();
            event.body["subscriptionId"] = json!(subscription.id);
            let errand = Errand { event, subscription_id: subscription.id.clone(), attempt: 1 };
            ready.extend(std::iter::repeat_n(errand, copies));
        }
    }

    /// The next errand; one of the first few when events are to be shuffled.
    pub(crate) fn take(&self) -> Option<Errand> {
        let mut desk = locked(&self.desk);
        let window = self.settings.reorder_window.clamp(1, desk.ready.len().max(1));
        let position = desk.random.below(window);
        let errand = desk.ready.remove(position)?;
        desk.under_way += 1;
        Some(errand)
    }

    /// How many errands are ready to go.
    pub(crate) fn ready(&self) -> usize {
        locked(&self.desk).ready.len()
    }

    /// Notes one attempt; `done` when there will be no further one.
    pub(crate) fn attempted(&self, delivery: Delivery, done: bool) {
        let mut desk = locked(&self.desk);
        desk.deliveries.push(delivery);
        if done {
            desk.under_way -= 1;
        }
        let idle = desk.under_way == 0 && desk.ready.is_empty();
        drop(desk);
        if idle {
            self.settled.notify_waiters();
        }
    }

    /// Waits until every event that is not held was accepted or given up.
    pub(crate) async fn settled(&self) {
        loop {
            let notified = self.settled.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            {
                let desk = locked(&self.desk);
                if desk.under_way == 0 && desk.ready.is_empty() {
                    return;
                }
            }
            notified.await;
        }
    }

    pub(crate) fn subscribe(&self, subscription: Subscription) {
        let mut desk = locked(&self.desk);
        desk.subscriptions.retain(|known| known.id != subscription.id);
        desk.subscriptions.push(subscription);
    }

    pub(crate) fn subscription(&self, id: &str) -> Option<Subscription> {
        locked(&self.desk).subscriptions.iter().find(|subscription| subscription.id == id).cloned()
    }

    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        locked(&self.desk).subscriptions.clone()
    }

    pub(crate) fn unsubscribe(&self, id: &str) {
        locked(&self.desk).subscriptions.retain(|known| known.id != id);
    }

    pub(crate) fn hold(&self) {
        locked(&self.desk).holding = true;
    }

    pub(crate) fn held(&self) -> Vec<WebhookEvent> {
        locked(&self.desk).held.clone()
    }

    pub(crate) fn take_held(&self) -> Vec<WebhookEvent> {
        std::mem::take(&mut locked(&self.desk).held)
    }

    /// Sends the held events at these positions, in this order; the others stay held.
    pub(crate) fn release_in_order(&self, positions: &[usize]) {
        let mut desk = locked(&self.desk);
        let held = std::mem::take(&mut desk.held);
        for position in positions {
            if let Some(event) = held.get(*position) {
                self.enqueue(&mut desk, event);
            }
        }
        let rest = held.into_iter().enumerate().filter(|(position, _)| !positions.contains(position));
        desk.held = rest.map(|(_, event)| event).collect();
        drop(desk);
        self.work.notify_one();
    }

    /// Sends all held events in the order of their making and holds no more.
    pub(crate) fn release(&self) {
        let mut desk = locked(&self.desk);
        desk.holding = false;
        for event in std::mem::take(&mut desk.held) {
            self.enqueue(&mut desk, &event);
        }
        drop(desk);
        self.work.notify_one();
    }

    pub(crate) fn all(&self) -> Vec<WebhookEvent> {
        locked(&self.desk).all.clone()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        locked(&self.desk).deliveries.clone()
    }
}

/// `data` as the newest pages show it.
fn filled(happening: &Happening, order: &Order) -> Json {
    let document = order.document();
    let mut shown = json!({ "id": document["id"], "aliases": document["aliases"] });
    let id = happening.resource.rsplit('/').next().unwrap_or_default();
    let of_this = |list: &str| -> Vec<Json> {
        let details = document[list]["details"].as_array().into_iter().flatten();
        details.filter(|entry| entry["id"] == id).cloned().collect()
    };
    let event_type = happening.event_type;
    // Amazon's pages show these two with `{}` even where the others are filled.
    if ["RETURN_ITEM_GRADED", "RETURN_PACKAGE_DELIVERY_FAILED"].contains(&event_type) {
        return json!({});
    }
    if event_type == "REFUND_COMPLETED" {
        // The page shows a list here.
        shown["refunds"] = of_this("refunds").into_iter().map(|one| json!({ "details": one })).collect();
    } else if event_type.starts_with("REFUND_") {
        shown["refunds"] = json!({ "details": of_this("refunds") });
    } else if event_type.starts_with("RETURN_") {
        shown["returns"] = json!({ "details": of_this("returns") });
    } else if event_type == "ORDER_CONFIRMED" {
        confirmed(&document, &mut shown);
    } else {
        shown["packageInformation"] = json!({ "details": document["packageInformation"]["details"] });
    }
    json!({ "order": shown })
}

/// Adds what `ORDER_CONFIRMED` tells of an order. Its page shows `metadata` and `customer` as lists, a line's aliases as
/// one object, and amounts as text.
fn confirmed(document: &Json, shown: &mut Json) {
    let metadata = &document["metadata"];
    shown["metadata"] = json!([{
        "createdAt": metadata["createdAt"],
        "executionState": metadata["executionState"],
    }]);
    shown["orderLinks"] = document["orderLinks"].clone();
    let contact = &document["customer"]["contact"];
    let id = document["id"].as_str().unwrap_or_default();
    shown["customer"] = json!([{ "bwpCustomerId": format!("customer-{id}"), "contact": contact }]);
    let lines = document["lineItems"].as_array().into_iter().flatten();
    let lines = lines.map(|line| {
        let product = &line["product"];
        json!({
            "id": line["id"],
            "aliases": line["aliases"].get(0),
            "amount": {
                "unit": line["amount"]["unit"],
                "value": line["amount"]["value"].as_number().map(ToString::to_string),
            },
            "product": { "amazonSku": product["amazonSku"], "externalId": product["externalId"] },
        })
    });
    shown["lineItems"] = lines.collect();
}
