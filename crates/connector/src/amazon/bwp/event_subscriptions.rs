//! Event subscriptions: which events Amazon sends, and where to.
//!
//! Source: Amazon pages `create-and-delete-event-subscriptions`, `query-event-subscriptions`,
//! `events-queries-eventsubscription`, `events-mutations-createeventsubscription`. Amazon publishes what a destination
//! on EventBridge shows and not what a webhook shows: see [`super::webhook_destination`].

use amz_services::failure::{Failure, PortError};
use cynic::{MutationBuilder, QueryBuilder};
use serde::Deserialize;
use url::Url;

use super::answer::Unreadable;
use super::call::Request;
use super::webhook_destination::{self, Shown};
use super::{BuyWithPrime, schema, unreadable};

const LIST: &str = "eventSubscriptions";
const READ: &str = "eventSubscription";
const CREATE: &str = "createEventSubscription";
const DELETE: &str = "deleteEventSubscription";

/// Subscriptions on a page.
const PAGE: i32 = 20;

/// More pages than any merchant has: a list that leads in a circle must end.
const MOST_PAGES: usize = 100;

/// Amazon's code when the same event type goes to the same destination already.
pub const SUBSCRIPTION_ALREADY_EXISTS: &str = "SubscriptionAlreadyExists";

/// A subscription as Amazon shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSubscription {
    /// Amazon's id.
    pub id: String,
    /// The business product whose events it sends, when Amazon shows it.
    pub target_id: Option<String>,
    /// The event type, when Amazon shows it.
    pub event_type: Option<String>,
    /// Where the events go.
    pub destination: EventDestination,
}

/// Where events of a subscription go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventDestination {
    /// Amazon EventBridge.
    EventBridge {
        /// The event source, when Amazon shows it.
        arn: Option<String>,
    },
    /// A webhook.
    Webhook {
        /// Its address, when Amazon shows it.
        url: Option<String>,
        /// Its auth profile, when Amazon shows it.
        auth_profile: Option<String>,
    },
    /// Amazon does not show it.
    Unknown,
}

#[derive(cynic::QueryVariables, Debug)]
struct PageVariables {
    first: i32,
    #[cynic(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// All that Amazon documents of the list.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListQuery {
    event_subscriptions: Option<Connection>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "EventSubscriptionConnection", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Connection {
    edges: Option<Vec<Option<EventSubscriptionEdge>>>,
    total_count: Option<i32>,
}

/// The list page by page, as connections are read elsewhere in this API.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", variables = "PageVariables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageQuery {
    #[arguments(first: $first, after: $after)]
    event_subscriptions: Option<PagedConnection>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "EventSubscriptionConnection", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PagedConnection {
    page_info: Option<PageInfo>,
    edges: Option<Vec<Option<EventSubscriptionEdge>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageInfo {
    has_next_page: Option<bool>,
    end_cursor: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventSubscriptionEdge {
    node: Option<EventSubscriptionNode>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventSubscriptionNode {
    id: Option<cynic::Id>,
}

#[derive(cynic::QueryVariables, Debug)]
struct IdVariables {
    subscription_id: cynic::Id,
}

#[derive(cynic::QueryVariables, Debug)]
struct CreateVariables {
    input: CreateEventSubscriptionInput,
}

#[derive(cynic::InputObject, Debug)]
struct CreateEventSubscriptionInput {
    destination: DestinationInput,
    event_type: String,
}

#[derive(cynic::InputObject, Debug)]
struct DestinationInput {
    webhook: WebhookInput,
}

#[derive(cynic::InputObject, Debug)]
struct WebhookInput {
    url: String,
    method: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    auth_profile_id: Option<cynic::Id>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "CreateVariables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateMutation {
    #[arguments(input: $input)]
    create_event_subscription: Option<SubscriptionReference>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "IdVariables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeleteMutation {
    #[arguments(subscriptionId: $subscription_id)]
    delete_event_subscription: Option<SubscriptionReference>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SubscriptionReference {
    subscription_id: Option<cynic::Id>,
}

impl BuyWithPrime {
    /// Ids of all subscriptions of the business product.
    ///
    /// # Errors
    /// Read failures; `Unreadable` when Amazon shows only a part of them.
    pub async fn event_subscriptions(&self) -> Result<Vec<String>, PortError> {
        let list = Request::read(LIST, &ListQuery::build(()))?;
        let (ids, total) = self.0.run(&list, listed).await?.ok_or_else(|| unreadable(LIST))?;
        if total.is_none_or(|total| ids.len() >= total) {
            return Ok(ids);
        }
        let (mut ids, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = Request::read(LIST, &PageQuery::build(PageVariables { first: PAGE, after }))?;
            let (more, next) = self.0.run(&page, paged).await?.ok_or_else(|| unreadable(LIST))?;
            ids.extend(more);
            after = next;
            if after.is_none() {
                return Ok(ids);
            }
        }
        let message = "the list of subscriptions does not end";
        Err(PortError::new(LIST, Failure::Unreadable, "unreadable_answer", message))
    }

    /// One subscription; `None` when Amazon knows none of this id. Amazon may deny access to an id it does not know.
    ///
    /// # Errors
    /// Read failures.
    pub async fn event_subscription(&self, id: &str) -> Result<Option<EventSubscription>, PortError> {
        let documented = webhook_destination::request(READ, id, None)?;
        let Some(found) = self.0.run(&documented, webhook_destination::read).await? else { return Ok(None) };
        let Some(member) = found.unpublished_member() else { return Ok(Some(found.subscription(id))) };
        for fields in webhook_destination::GUESSES {
            let request = webhook_destination::request(READ, id, Some((&member, fields)))?;
            match self.0.run(&request, webhook_destination::read).await {
                Ok(Some(shown)) => return Ok(Some(shown.subscription(id))),
                Ok(None) => return Ok(None),
                // Amazon has no such field; everything else is a trouble of its own
                Err(error) if error.failure == Failure::Refused => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(found.subscription(id)))
    }

    /// Lets Amazon send events of a type to a webhook; `auth_profile` says how Amazon proves itself there. Returns the
    /// subscription's id.
    ///
    /// # Errors
    /// Any failure; `Refused` with the code [`SUBSCRIPTION_ALREADY_EXISTS`] when there is one already, `Credentials`
    /// when Amazon offers no such event type or the credentials lack a permission for it.
    pub async fn create_event_subscription(
        &self,
        event_type: &str,
        url: &Url,
        auth_profile: Option<&str>,
    ) -> Result<String, PortError> {
        let webhook = WebhookInput {
            url: url.as_str().to_owned(),
            method: "POST".to_owned(),
            auth_profile_id: auth_profile.map(cynic::Id::new),
        };
        let destination = DestinationInput { webhook };
        let input = CreateEventSubscriptionInput { destination, event_type: event_type.to_owned() };
        let request = Request::write(CREATE, &CreateMutation::build(CreateVariables { input }))?;
        let created = self.0.run(&request, |data: CreateMutation| id_of(data.create_event_subscription));
        created.await?.ok_or_else(|| unreadable(CREATE))
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// Any failure; `Credentials` also when Amazon does not know the id.
    pub async fn delete_event_subscription(&self, id: &str) -> Result<(), PortError> {
        let variables = IdVariables { subscription_id: cynic::Id::new(id) };
        let request = Request::write(DELETE, &DeleteMutation::build(variables))?;
        let deleted = self.0.run(&request, |data: DeleteMutation| id_of(data.delete_event_subscription));
        deleted.await?.map(drop).ok_or_else(|| unreadable(DELETE))
    }
}

fn ids_of(edges: Option<Vec<Option<EventSubscriptionEdge>>>) -> Result<Vec<String>, Unreadable> {
    let nodes = edges.unwrap_or_default().into_iter().flatten().filter_map(|edge| edge.node);
    nodes
        .map(|node| Ok(node.id.ok_or(Unreadable("eventSubscriptions.edges.node.id"))?.into_inner()))
        .collect()
}

/// Ids, and how many there are in all.
type Listed = (Vec<String>, Option<usize>);

/// Ids, and where the next page begins.
type Paged = (Vec<String>, Option<String>);

fn listed(data: ListQuery) -> Result<Option<Listed>, Unreadable> {
    let Connection { edges, total_count } =
        data.event_subscriptions.ok_or(Unreadable("eventSubscriptions"))?;
    Ok(Some((ids_of(edges)?, total_count.and_then(|count| usize::try_from(count).ok()))))
}

fn paged(data: PageQuery) -> Result<Option<Paged>, Unreadable> {
    let PagedConnection { page_info, edges } =
        data.event_subscriptions.ok_or(Unreadable("eventSubscriptions"))?;
    let PageInfo { has_next_page, end_cursor } =
        page_info.ok_or(Unreadable("eventSubscriptions.pageInfo"))?;
    let after = match has_next_page.ok_or(Unreadable("eventSubscriptions.pageInfo.hasNextPage"))? {
        true => Some(end_cursor.ok_or(Unreadable("eventSubscriptions.pageInfo.endCursor"))?),
        false => None,
    };
    Ok(Some((ids_of(edges)?, after)))
}

fn id_of(reference: Option<SubscriptionReference>) -> Result<Option<String>, Unreadable> {
    Ok(reference.and_then(|reference| reference.subscription_id).map(cynic::Id::into_inner))
}

impl Shown {
    /// The subscription under the id that was asked for.
    fn subscription(self, id: &str) -> EventSubscription {
        let Self { target_id, event_type, destination } = self;
        EventSubscription { id: id.to_owned(), target_id, event_type, destination: destination.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_list_is_asked_for_as_amazon_documents_it() {
        let request = Request::read(LIST, &ListQuery::build(())).unwrap();
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
        let variables = PageVariables { first: PAGE, after: Some("c".into()) };
        let request = Request::read(LIST, &PageQuery::build(variables)).unwrap();
        assert_eq!(request.body["variables"], json!({"first": 20, "after": "c"}));
    }

    #[test]
    fn a_subscription_is_made_for_one_event_type() {
        let webhook = WebhookInput {
            url: "https://amz.example/v1/main/amazon/events".into(),
            method: "POST".into(),
            auth_profile_id: Some(cynic::Id::new("amz-main")),
        };
        let destination = DestinationInput { webhook };
        let input = CreateEventSubscriptionInput { destination, event_type: "RETURN_STARTED".into() };
        let request = Request::write(CREATE, &CreateMutation::build(CreateVariables { input })).unwrap();
        assert_eq!(
            request.body["variables"]["input"],
            json!({"eventType": "RETURN_STARTED", "destination": {"webhook": {
                "url": "https://amz.example/v1/main/amazon/events", "method": "POST", "authProfileId": "amz-main",
            }}})
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn an_id_that_is_missing_is_not_taken_for_no_subscription() {
        let data = json!({"eventSubscriptions": {"edges": [{"node": {}}], "totalCount": 1}});
        assert!(listed(serde_json::from_value(data).unwrap()).is_err());
        let data = json!({"eventSubscriptions": {"edges": [{"node": {"id": "s-1"}}], "totalCount": 3}});
        assert_eq!(
            listed(serde_json::from_value(data).unwrap()).unwrap(),
            Some((vec!["s-1".into()], Some(3)))
        );
        assert!(listed(ListQuery::default()).is_err());
    }
}
