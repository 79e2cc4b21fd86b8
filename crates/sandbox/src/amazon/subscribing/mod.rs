//! Event subscriptions and auth profiles that are made over the API.
//!
//! A subscription to a webhook becomes a receiver of events like those of [`Amazon::subscribe`], with the credentials of
//! its profile. Those to EventBridge are kept and get nothing.
//!
//! Source: Buy with Prime, `create-and-delete-event-subscriptions`, `query-event-subscriptions`, `events-mutations-*`,
//! `troubleshoot-events`. Error codes that Amazon does not publish are ours.

mod access;
mod destination;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use self::access::{Access, Profile};
use self::destination::Destination;
use super::Amazon;
use super::errors::{Class, Refusal};
use super::json::text;
use super::settings::Subscription;
use crate::locked;

/// Longest id of a subscription and of an auth profile, in characters.
const LONGEST_ID: usize = 50;
/// Subscriptions on one page.
const LARGEST_PAGE: u64 = 20;

/// Every event there is, deprecated names behind.
const EVENT_TYPES: [&str; 30] = [
    "ORDER_CONFIRMED",
    "PACKAGE_DELIVERY_IN_TRANSIT",
    "PACKAGE_DELIVERED",
    "PACKAGE_DELIVERY_CANCELLED",
    "PACKAGE_TRACKER_MILESTONE_CHANGED",
    "REFUND_REQUESTED",
    "REFUND_COMPLETED",
    "RETURN_STARTED",
    "RETURN_PACKAGE_IN_TRANSIT",
    "RETURN_PACKAGE_DELIVERED",
    "RETURN_PACKAGE_DELIVERY_FAILED",
    "RETURN_ITEM_GRADED",
    "RETURN_COMPLETED",
    "INVENTORY_CHANGED",
    "BUYABILITY_CHANGED",
    "PERSONAL_DATA_RETRIEVAL_TASK_COMPLETED",
    "PERSONAL_DATA_RETRIEVAL_TASK_FAILED",
    "PERSONAL_DATA_DELETION_TASK_COMPLETED",
    "PERSONAL_DATA_DELETION_TASK_FAILED",
    "DELIVERY_IN_TRANSIT",
    "DELIVERY_COMPLETED",
    "DELIVERY_CANCELLED",
    "ITEM_IN_TRANSIT",
    "ITEM_DELIVERED",
    "ITEM_CANCELLED",
    "RETURN_DELIVERY_IN_TRANSIT",
    "RETURN_DELIVERY_COMPLETED",
    "RETURN_DELIVERY_FAILED",
    "PRODUCT_INVENTORY_CHANGED",
    "INVENTORY_AVAILABILITY_CHANGED",
];

/// One subscription that was made over the API.
#[derive(Debug, Clone)]
struct Made {
    event_type: String,
    destination: Destination,
}

/// What was made over the API.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    count: u64,
    subscriptions: BTreeMap<String, Made>,
    profiles: BTreeMap<String, Profile>,
}

impl Registry {
    fn new_id(&mut self, what: &str, seed: u64) -> String {
        self.count += 1;
        let word = crate::random::Random::new(seed ^ self.count.rotate_left(24)).next();
        format!("{what}-{:06}-{word:016x}", self.count)
    }

    /// Further headers of the token requests for a receiver.
    pub(crate) fn token_headers(&self, subscription_id: &str) -> Vec<(String, String)> {
        let made = self.subscriptions.get(subscription_id);
        let access = made.and_then(|made| made.destination.access(&self.profiles));
        access.map(|access| access.header_parameters.clone()).unwrap_or_default()
    }

    /// The receiver that a subscription to a webhook makes.
    fn receiver(&self, id: &str) -> Option<Subscription> {
        let Made { event_type, destination } = self.subscriptions.get(id)?;
        let Destination::Webhook { url, .. } = destination else { return None };
        let access = destination.access(&self.profiles);
        Some(Subscription {
            id: id.to_owned(),
            url: url.clone(),
            event_types: vec![event_type.clone()],
            authentication: access.map(|access| access.authentication.clone()).unwrap_or_default(),
        })
    }

    fn document(&self, id: &str, target_id: &str) -> Option<Json> {
        let Made { event_type, destination } = self.subscriptions.get(id)?;
        Some(json!({
            "__typename": "EventSubscription",
            "id": id,
            "subscriptionId": id,
            "targetId": target_id,
            "eventSubscriptionDetails": { "eventType": event_type, "destination": destination.document() },
        }))
    }
}

impl Amazon {
    /// Ids of the auth profiles that were made over the API.
    pub fn auth_profiles(&self) -> Vec<String> {
        locked(&self.registry).profiles.keys().cloned().collect()
    }

    /// Carries out a root field about subscriptions; `None` for any other.
    pub(super) fn subscribing(&self, field: &str, arguments: &Json) -> Option<Result<Json, Refusal>> {
        Some(match field {
            "createEventSubscription" => self.create_subscription(&arguments["input"]),
            "deleteEventSubscription" => self.delete_subscription(arguments),
            "eventSubscription" => identified(arguments, "subscriptionId").and_then(|id| {
                let shown = locked(&self.registry).document(&id, &self.settings.target_id);
                shown.ok_or_else(denied)
            }),
            "eventSubscriptions" => self.list_subscriptions(arguments),
            "createAuthProfile" => self.create_profile(&arguments["input"]),
            "updateAuthProfile" => self.update_profile(&arguments["input"]),
            "deleteAuthProfile" => self.delete_profile(arguments),
            _ => return None,
        })
    }

    fn create_subscription(&self, input: &Json) -> Result<Json, Refusal> {
        let event_type = input["eventType"].as_str().unwrap_or_default();
        if !EVENT_TYPES.contains(&event_type) {
            return Err(denied());
        }
        let mut registry = locked(&self.registry);
        let destination = Destination::read(&input["destination"], &registry.profiles)?;
        for known in registry.subscriptions.values() {
            if known.destination.shares_name_with(&destination) {
                let message = "A destination with this name exists.";
                return Err(Refusal::invalid("DestinationNameAlreadyExists", message));
            }
            if known.event_type == event_type && known.destination.is_same_place_as(&destination) {
                let message = "A subscription of this event type to this destination exists.";
                return Err(Refusal::invalid("SubscriptionAlreadyExists", message));
            }
        }
        let id = registry.new_id("subscription", self.core.seed);
        registry.subscriptions.insert(id.clone(), Made { event_type: event_type.to_owned(), destination });
        let receiver = registry.receiver(&id);
        drop(registry);
        receiver.into_iter().for_each(|receiver| self.subscribe(receiver));
        Ok(json!({ "subscriptionId": id }))
    }

    fn delete_subscription(&self, arguments: &Json) -> Result<Json, Refusal> {
        let id = identified(arguments, "subscriptionId")?;
        locked(&self.registry).subscriptions.remove(&id).ok_or_else(denied)?;
        self.unsubscribe(&id);
        Ok(json!({ "subscriptionId": id }))
    }

    fn list_subscriptions(&self, arguments: &Json) -> Result<Json, Refusal> {
        let first = match &arguments["first"] {
            Json::Null => LARGEST_PAGE,
            wanted => wanted.as_u64().filter(|wanted| *wanted <= LARGEST_PAGE).ok_or_else(|| {
                Refusal::invalid("InvalidPageSize", format!("first is between 0 and {LARGEST_PAGE}."))
            })?,
        };
        let registry = locked(&self.registry);
        let after = text(arguments, "after");
        let known = |cursor: &str| registry.subscriptions.contains_key(cursor);
        if after.is_some_and(|cursor| !known(cursor)) {
            return Err(Refusal::invalid("InvalidCursor", "The cursor is not one of this list."));
        }
        let mut ids =
            registry.subscriptions.keys().filter(|id| after.is_none_or(|after| id.as_str() > after));
        let page: Vec<&String> = ids.by_ref().take(usize::try_from(first).unwrap_or_default()).collect();
        let has_next = ids.next().is_some();
        let edges: Vec<Json> = page
            .iter()
            .map(|id| json!({ "cursor": id, "node": registry.document(id, &self.settings.target_id) }))
            .collect();
        Ok(json!({
            "pageInfo": {
                "hasNextPage": has_next,
                "hasPreviousPage": after.is_some(),
                "startCursor": page.first(),
                "endCursor": page.last(),
            },
            "edges": edges,
            "totalCount": registry.subscriptions.len(),
        }))
    }

    fn create_profile(&self, input: &Json) -> Result<Json, Refusal> {
        let access = Access::read(&input["authConfig"])?;
        let mut registry = locked(&self.registry);
        let id = match text(input, "authProfileAliasId") {
            Some(alias) if alias.chars().count() > LONGEST_ID => return Err(too_long("authProfileAliasId")),
            Some(alias) => alias.to_owned(),
            None => registry.new_id("auth-profile", self.core.seed),
        };
        if registry.profiles.contains_key(&id) {
            return Err(Refusal::invalid(
                "AuthProfileAlreadyExists",
                "An auth profile with this alias exists.",
            ));
        }
        registry.profiles.insert(id.clone(), access);
        Ok(json!({ "authProfileId": id }))
    }

    fn update_profile(&self, input: &Json) -> Result<Json, Refusal> {
        let id = identified(input, "authProfileId")?;
        let access = Access::read(&input["authConfig"])?;
        let mut registry = locked(&self.registry);
        *registry.profiles.get_mut(&id).ok_or_else(denied)? = access;
        let users: Vec<Subscription> = registry
            .subscriptions
            .iter()
            .filter(|(_, made)| made.destination.profile() == Some(id.as_str()))
            .filter_map(|(user, _)| registry.receiver(user))
            .collect();
        drop(registry);
        users.into_iter().for_each(|receiver| self.subscribe(receiver));
        Ok(json!({ "authProfileId": id }))
    }

    fn delete_profile(&self, arguments: &Json) -> Result<Json, Refusal> {
        let id = identified(arguments, "authProfileId")?;
        let mut registry = locked(&self.registry);
        if registry.subscriptions.values().any(|made| made.destination.profile() == Some(id.as_str())) {
            return Err(Refusal::invalid("AuthProfileInUse", "A subscription uses the auth profile."));
        }
        registry.profiles.remove(&id).ok_or_else(denied)?;
        Ok(json!({ "authProfileId": id }))
    }
}

/// An id that somebody names; unknown ones are refused like foreign ones.
fn identified(input: &Json, field: &'static str) -> Result<String, Refusal> {
    let id = super::create::identifier(&input[field]).unwrap_or_default();
    match id.chars().count() {
        1..=LONGEST_ID => Ok(id),
        _ => Err(too_long(field)),
    }
}

fn too_long(field: &'static str) -> Refusal {
    Refusal::new(Class::Validation, format!("{field} has 1 to {LONGEST_ID} characters."))
}

fn denied() -> Refusal {
    Refusal::new(Class::AccessDenied, "Access denied.")
}
