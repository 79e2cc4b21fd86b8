//! The webhook body and the EventBridge envelope.

use amz_domain::{AmazonOrderId, InventoryItemId, OrderAlias, RefundId, ReturnId, TrackerKey};
use serde_json::Value;

use super::excerpt::{self, Members, Part};
use super::{EventType, Resource};
use crate::rejection::{Rejection, Rule};
use crate::{digest, text};

/// Longest idempotency key that is stored as it came, in bytes; longer ones are stored as their digest.
const MAX_KEY_BYTES: usize = 200;
/// Longest id or alias that is taken from `data`, in bytes.
const MAX_ID_BYTES: usize = 256;
/// What is read of an event: of a webhook body, of an EventBridge envelope and of its detail.
const DOCUMENT: Members = &[
    ("idempotencyKey", None),
    ("eventId", None),
    ("id", None),
    ("eventDescriptor", None),
    ("detail-type", None),
    ("resources", None),
    ("data", Some(DATA)),
    ("detail", Some(DETAIL)),
];
const DETAIL: Part = Part(&[
    ("idempotencyKey", None),
    ("eventId", None),
    ("eventDescriptor", None),
    ("resources", None),
    ("data", Some(DATA)),
]);
const DATA: Part = Part(&[
    ("order", Some(Part(&[("id", None), ("aliases", None)]))),
    ("inventoryItemId", None),
    ("inventoryItem", None),
    ("itemQuantity", None),
]);
/// Type of our alias of an order.
const ORDER_ALIAS_TYPE: &str = "OMS_ORDER_ID";

/// An event as Amazon sent it, thin or filled, by webhook or through EventBridge.
///
/// Through EventBridge `detail` is the whole webhook body; in older versions it is `{}`, and then id, type
/// and resources are the envelope's (event pages, `subscribe-to-events`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonEvent {
    /// What makes it the same event when it comes again: `idempotencyKey`, else `eventId`, else the
    /// EventBridge id, else `sha256:` and the digest of the body.
    pub key: String,
    /// What it is about.
    pub event_type: EventType,
    /// What it names.
    pub resources: Vec<Resource>,
    /// The order that filled `data` shows, as a hint.
    pub order: Option<OrderHint>,
    /// The stocked item that filled `data` shows, as a hint.
    pub inventory_item: Option<InventoryItemId>,
}

/// The order in an event's `data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderHint {
    /// Amazon's id.
    pub id: Option<AmazonOrderId>,
    /// Our alias, when it was shown.
    pub alias: Option<OrderAlias>,
}

impl AmazonEvent {
    /// Reads a webhook body or an EventBridge envelope.
    ///
    /// # Errors
    /// `body_not_json`, `body_not_object`, `event_type_missing`, `event_type_unreadable`.
    pub fn parse(body: &[u8]) -> Result<Self, Rejection> {
        let document = match excerpt::read(body, DOCUMENT) {
            Some(document) if document.is_object() => document,
            // what cannot be read in part is read whole, which says what is wrong with it
            _ => object(body)?,
        };
        let detail = document.get("detail").filter(|detail| detail.is_object());
        // A webhook body has no `detail`; it then stands for itself.
        let event = detail.unwrap_or(&document);
        let event_type = event_type(event, &document)?;
        let key = text::member(event, "idempotencyKey")
            .or_else(|| text::member(event, "eventId"))
            .or_else(|| text::member(&document, "id"));
        let key = match key {
            Some(key) if text::is_plain(&key, MAX_KEY_BYTES) => key,
            Some(key) => digest::fingerprint(key.as_bytes()),
            None => digest::fingerprint(body),
        };
        let mut resources = text::list(event.get("resources"));
        if resources.is_empty() {
            resources = text::list(document.get("resources"));
        }
        let resources =
            resources.iter().map(|path| Resource::parse(path.as_str().unwrap_or_default())).collect();
        let data = event.get("data");
        let order = data.and_then(order_hint);
        Ok(Self { key, event_type, resources, order, inventory_item: data.and_then(item_hint) })
    }

    /// The order that the event is about: from its resources, else from its data.
    pub fn order_id(&self) -> Option<&AmazonOrderId> {
        self.resources
            .iter()
            .find_map(Resource::order)
            .or_else(|| self.order.as_ref().and_then(|order| order.id.as_ref()))
    }

    /// Our alias of that order, when the event's data shows it and does not speak of another order.
    pub fn order_alias(&self) -> Option<&OrderAlias> {
        let hint = self.order.as_ref()?;
        let same_order = hint.id.is_none() || hint.id.as_ref() == self.order_id();
        hint.alias.as_ref().filter(|_| same_order)
    }

    /// The tracker that the event is about.
    pub fn tracker(&self) -> Option<&TrackerKey> {
        self.resources.iter().find_map(Resource::tracker)
    }

    /// The return that the event is about, when a resource names it.
    pub fn return_id(&self) -> Option<&ReturnId> {
        self.resources.iter().find_map(Resource::return_id)
    }

    /// The refund that the event is about, when a resource names it.
    pub fn refund(&self) -> Option<&RefundId> {
        self.resources.iter().find_map(Resource::refund)
    }

    /// The stocked items that the event is about, each once: those of its resources, else the one of its data.
    pub fn inventory_items(&self) -> Vec<InventoryItemId> {
        let mut items: Vec<InventoryItemId> = Vec::new();
        let named = self.resources.iter().filter_map(Resource::inventory_item);
        for item in named {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        if items.is_empty() {
            items.extend(self.inventory_item.clone());
        }
        items
    }

    /// Checks that no resource belongs to another business product than the connection's.
    ///
    /// # Errors
    /// `foreign_business_product`.
    pub fn check_owner(&self, business_product: &str) -> Result<(), Rejection> {
        let is_foreign = |resource: &Resource| {
            resource.business_product.as_deref().is_some_and(|id| id != business_product)
        };
        if self.resources.iter().any(is_foreign) {
            return Err(Rule::ForeignBusinessProduct
                .broken("a resource belongs to another business product than this connection's target_id"));
        }
        Ok(())
    }
}

/// The body as a JSON object.
///
/// # Errors
/// `body_not_json`, `body_not_object`.
pub(crate) fn object(body: &[u8]) -> Result<Value, Rejection> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        // The position only: the parser's own words may repeat parts of the body.
        let place = format!("line {}, column {}", error.line(), error.column());
        Rule::BodyNotJson.broken(format!("the body stops being JSON at {place}"))
    })?;
    if !value.is_object() {
        return Err(Rule::BodyNotObject.broken("the body must be a JSON object"));
    }
    Ok(value)
}

fn event_type(event: &Value, document: &Value) -> Result<EventType, Rejection> {
    let given = [event.get("eventDescriptor"), document.get("detail-type")]
        .into_iter()
        .flatten()
        .find(|value| !value.is_null() && value.as_str().is_none_or(|name| !name.trim().is_empty()))
        .ok_or_else(|| {
            Rule::EventTypeMissing.broken("expected eventDescriptor, or detail-type in an envelope")
        })?;
    given.as_str().and_then(EventType::parse).ok_or_else(|| {
        Rule::EventTypeUnreadable.broken("the event type must be text of at most 128 printable bytes")
    })
}

/// The order in `data`. `aliases` is shown as a list and, elsewhere, as one object; both are read.
fn order_hint(data: &Value) -> Option<OrderHint> {
    let order = text::list(data.get("order")).first()?;
    let plain = |value: &String| text::is_plain(value, MAX_ID_BYTES);
    let id = text::member(order, "id").filter(plain).map(AmazonOrderId::from);
    let alias = text::list(order.get("aliases"))
        .iter()
        .find(|alias| text::member(alias, "aliasType").as_deref() == Some(ORDER_ALIAS_TYPE))
        .and_then(|alias| text::member(alias, "aliasId"))
        .filter(plain)
        .map(OrderAlias::from);
    (id.is_some() || alias.is_some()).then_some(OrderHint { id, alias })
}

/// The stocked item in `data`: by its name, or as an object with an id.
fn item_hint(data: &Value) -> Option<InventoryItemId> {
    let inside = |name: &str, id: &str| data.get(name).and_then(|object| text::member(object, id));
    text::member(data, "inventoryItemId")
        .or_else(|| inside("inventoryItem", "id"))
        .or_else(|| inside("inventoryItem", "inventoryItemId"))
        .or_else(|| inside("itemQuantity", "inventoryItemId"))
        .filter(|id| text::is_plain(id, MAX_ID_BYTES))
        .map(InventoryItemId::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> AmazonEvent {
        AmazonEvent::parse(body.to_string().as_bytes()).unwrap()
    }

    fn code(body: &[u8]) -> &'static str {
        AmazonEvent::parse(body).unwrap_err().code
    }

    fn thin() -> Value {
        json!({
            "idempotencyKey": "idem-1", "eventDescriptor": "PACKAGE_DELIVERED",
            "resources": ["businessProduct/bp-1/order/322-A/delivery/D-1"], "eventId": "event-1",
            "apiVersion": "2024-11-01", "subscriptionId": "s-1", "eventTime": "2024-12-24T08:52:08.592403284Z",
            "data": {}
        })
    }

    #[test]
    fn thin_webhook_body_is_read() {
        let event = parse(&thin());
        assert_eq!(event.key, "idem-1");
        assert_eq!(event.event_type, EventType::PackageDelivered);
        assert_eq!(event.order_id(), Some(&"322-A".into()));
        assert_eq!(event.order_alias(), None);
    }

    #[test]
    fn filled_data_shows_order_and_alias_whether_aliases_are_a_list_or_one_object() {
        let alias = json!({"aliasType": "OMS_ORDER_ID", "aliasId": "1234567:42"});
        for aliases in [json!([{"aliasType": "EXTERNAL_ID", "aliasId": "x"}, alias]), alias.clone()] {
            let mut body = thin();
            body["data"] = json!({"order": {"id": "322-A", "aliases": aliases}});
            assert_eq!(parse(&body).order_alias(), Some(&"1234567:42".into()));
            body["resources"] = json!([]);
            assert_eq!(parse(&body).order_id(), Some(&"322-A".into()));
        }
    }

    #[test]
    fn alias_of_another_order_is_not_taken() {
        let mut body = thin();
        body["data"] = json!({
            "order": {"id": "322-B", "aliases": [{"aliasType": "OMS_ORDER_ID", "aliasId": "1234567:43"}]}
        });
        let event = parse(&body);
        assert_eq!(event.order_id(), Some(&"322-A".into()));
        assert_eq!(event.order_alias(), None);
    }

    #[test]
    fn event_bridge_detail_is_the_webhook_body() {
        let body = json!({
            "version": "0", "id": "bridge-1", "detail-type": "PACKAGE_DELIVERED",
            "source": "aws.partner/buywithprime/x", "resources": [], "detail": thin()
        });
        assert_eq!(parse(&body), parse(&thin()));
    }

    #[test]
    fn event_bridge_with_empty_detail_speaks_through_its_envelope() {
        let event = parse(&json!({
            "version": "0", "id": "bridge-1", "detail-type": "DELIVERY_IN_TRANSIT",
            "resources": ["businessProduct/bp-1/order/322-A/delivery/D-1"], "detail": {}
        }));
        assert_eq!(event.key, "bridge-1");
        assert_eq!(event.event_type, EventType::PackageDeliveryInTransit);
        assert_eq!(event.order_id(), Some(&"322-A".into()));
    }

    #[test]
    fn key_falls_back_to_event_id_and_then_to_the_digest_of_the_body() {
        let mut body = thin();
        body["idempotencyKey"] = json!(null);
        assert_eq!(parse(&body).key, "event-1");
        body["eventId"] = json!(17);
        assert_eq!(parse(&body).key, "17");
        body["eventId"] = json!("");
        let key = parse(&body).key;
        assert!(key.starts_with("sha256:") && key.len() == 71, "{key}");
        body["apiVersion"] = json!("other");
        assert_ne!(parse(&body).key, key);
    }

    #[test]
    fn keys_that_no_store_can_take_become_their_digest() {
        for key in ["k".repeat(201), "k\u{0}".to_owned()] {
            let mut body = thin();
            body["idempotencyKey"] = json!(key);
            assert_eq!(parse(&body).key, digest::fingerprint(key.as_bytes()));
        }
    }

    #[test]
    fn events_of_another_business_product_are_foreign() {
        let event = parse(&thin());
        assert_eq!(event.check_owner("bp-1"), Ok(()));
        let refused = event.check_owner("bp-2").unwrap_err();
        assert_eq!((refused.code, refused.status), ("foreign_business_product", 403));
        let mut body = thin();
        body["resources"] = json!(["order/322-A"]);
        assert_eq!(parse(&body).check_owner("bp-2"), Ok(()));
    }

    #[test]
    fn stocked_items_are_named_by_resources_each_once_and_by_data_where_no_resource_does() {
        let event = |resources: Value, data: Value| {
            parse(&json!({"eventDescriptor": "INVENTORY_CHANGED", "resources": resources, "data": data}))
                .inventory_items()
        };
        let paths = json!([
            "businessProduct/bp-1/item-quantities/i-1",
            "businessProduct/bp-1/inventory-item/i-2",
            "businessProduct/bp-1/item-quantities/i-1"
        ]);
        assert_eq!(event(paths, json!({"inventoryItemId": "i-9"})), ["i-1".into(), "i-2".into()]);
        for data in [
            json!({"inventoryItemId": "i-9"}),
            json!({"inventoryItem": {"id": "i-9"}}),
            json!({"itemQuantity": {"inventoryItemId": "i-9"}}),
        ] {
            assert_eq!(event(json!(["teleport/7"]), data), ["i-9".into()]);
        }
        assert!(event(json!([]), json!({"inventoryItemId": "i\u{0}"})).is_empty());
    }

    #[test]
    fn malformed_bodies_are_refused_by_rule() {
        assert_eq!(code(b""), "body_not_json");
        assert_eq!(code(b"{\"eventDescriptor\": \"\xff\"}"), "body_not_json");
        assert_eq!(code(b"[1]"), "body_not_object");
        assert_eq!(code(b"{}"), "event_type_missing");
        assert_eq!(code(br#"{"eventDescriptor": " ", "detail-type": null}"#), "event_type_missing");
        assert_eq!(code(br#"{"eventDescriptor": 5}"#), "event_type_unreadable");
        assert_eq!(code(br#"{"eventDescriptor": {"a": 1}}"#), "event_type_unreadable");
        assert_eq!(code(format!("{}1", "[".repeat(100_000)).as_bytes()), "body_not_json");
    }

    #[test]
    fn refusal_does_not_repeat_the_body() {
        let refused = AmazonEvent::parse(br#"{"password": hunter2}"#).unwrap_err();
        assert!(!refused.to_string().contains("hunter2"));
    }
}
