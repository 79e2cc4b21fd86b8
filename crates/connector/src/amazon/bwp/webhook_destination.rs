//! `eventSubscription`: what one subscription shows, also what Amazon does not publish of webhooks.
//!
//! Amazon's page shows one member of the union of destinations, `EventBridgeData { arn }`. The member for webhooks has
//! no published name. So the type's own name is asked for first, which GraphQL always tells, and with it the fields that
//! a webhook is made with: `url`, `authProfileId`. Where Amazon has no such fields the address stays unknown.

use amz_services::failure::PortError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Unreadable;
use super::call::Request;
use super::event_subscriptions::EventDestination;

/// The published member.
const EVENT_BRIDGE: &str = "EventBridgeData";

/// Fields that a webhook may show, the most telling first.
pub(super) const GUESSES: [&str; 2] = ["url authProfileId", "url"];

/// What comes back.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Data {
    event_subscription: Option<Subscription>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Subscription {
    target_id: Option<String>,
    event_subscription_details: Option<Details>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    event_type: Option<String>,
    destination: Option<Destination>,
}

#[derive(Deserialize, Debug, Default, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Destination {
    #[serde(rename = "__typename")]
    type_name: Option<String>,
    arn: Option<String>,
    url: Option<String>,
    auth_profile_id: Option<String>,
}

/// What one subscription shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) target_id: Option<String>,
    pub(super) event_type: Option<String>,
    pub(super) destination: Destination,
}

impl Shown {
    /// Name of the destination's type when it is not the published one, and may stand in a query.
    pub(super) fn unpublished_member(&self) -> Option<String> {
        let name = self.destination.type_name.as_ref().filter(|name| *name != EVENT_BRIDGE)?;
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
        let is_name = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
        (is_name && name.bytes().all(plain)).then(|| name.clone())
    }
}

impl From<Destination> for EventDestination {
    fn from(destination: Destination) -> Self {
        let Destination { type_name, arn, url, auth_profile_id } = destination;
        match type_name.as_deref() {
            Some(EVENT_BRIDGE) => Self::EventBridge { arn },
            // Amazon documents two kinds of destinations
            Some(_) => Self::Webhook { url, auth_profile: auth_profile_id },
            None => Self::Unknown,
        }
    }
}

/// The request for one subscription; `webhook` names the type of webhooks and the fields wanted of it.
pub(super) fn request(
    operation: &'static str,
    id: &str,
    webhook: Option<(&str, &str)>,
) -> Result<Request, PortError> {
    let webhook = webhook.map(|(name, fields)| format!(" ... on {name} {{ {fields} }}")).unwrap_or_default();
    let query = format!(
        "query EventSubscription($subscriptionId: ID!) {{ eventSubscription(subscriptionId: $subscriptionId) {{ \
         subscriptionId targetId eventSubscriptionDetails {{ eventType destination {{ __typename \
         ... on {EVENT_BRIDGE} {{ arn }}{webhook} }} }} }} }}"
    );
    Ok(Request::read_text(operation, query, json!({ "subscriptionId": id })))
}

/// The subscription that was read; `None` when Amazon knows none.
pub(super) fn read(data: Value) -> Result<Option<Shown>, Unreadable> {
    let data: Data = serde_json::from_value(data).map_err(|_| Unreadable("eventSubscription"))?;
    let Some(Subscription { target_id, event_subscription_details }) = data.event_subscription else {
        return Ok(None);
    };
    let Details { event_type, destination } = event_subscription_details.unwrap_or_default();
    Ok(Some(Shown { target_id, event_type, destination: destination.unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(destination: Value) -> Shown {
        let data = json!({"eventSubscription": {"subscriptionId": "s-1", "targetId": "bp-1",
            "eventSubscriptionDetails": {"eventType": "RETURN_STARTED", "destination": destination}}});
        read(data).unwrap().unwrap()
    }

    #[test]
    fn only_what_amazon_documents_is_asked_for_first() {
        let request = request("eventSubscription", "s-1", None).unwrap();
        assert_eq!(request.body["variables"], json!({"subscriptionId": "s-1"}));
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn the_name_that_amazon_tells_leads_to_the_address() {
        let first = shown(json!({"__typename": "WebhookData"}));
        let member = first.unpublished_member().unwrap();
        let second = request("eventSubscription", "s-1", Some((&member, GUESSES[0]))).unwrap();
        assert!(second.body["query"].as_str().unwrap().contains("... on WebhookData { url authProfileId }"));
        let second =
            shown(json!({"__typename": "WebhookData", "url": "https://a.example/", "authProfileId": "p"}));
        let expected = EventDestination::Webhook {
            url: Some("https://a.example/".into()),
            auth_profile: Some("p".into()),
        };
        assert_eq!(EventDestination::from(second.destination), expected);
    }

    #[test]
    fn what_is_published_or_no_name_is_not_asked_for_again() {
        for destination in [
            json!({"__typename": "EventBridgeData", "arn": "arn:aws:events:x"}),
            json!({"__typename": "Webhook { url } }"}),
            json!({"__typename": "1x"}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(shown(destination.clone()).unpublished_member(), None, "{destination}");
        }
        assert_eq!(EventDestination::from(shown(json!(null)).destination), EventDestination::Unknown);
        assert_eq!(read(json!({"eventSubscription": null})), Ok(None));
    }
}
