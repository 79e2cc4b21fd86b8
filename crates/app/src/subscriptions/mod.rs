//! Amazon's event subscriptions: which we want, which there are, and how to get from one to the other.
//!
//! A subscription is ours when its address is the connection's. Amazon does not publish whether it shows addresses of
//! webhooks; where it does not, nobody's subscription is taken for ours or ended.

mod ensure;
mod events;
mod plan;

use amz_connector::amazon::BuyWithPrime;
use amz_connector::amazon::bwp::{EventDestination, EventSubscription, WebhookCredentials};
use amz_domain::ConnectionName;
use amz_services::connection::Clock;
use amz_services::failure::PortError;
use url::Url;

/// Where events of a subscription go.
pub use amz_connector::amazon::bwp::EventDestination as Destination;
/// A subscription as Amazon shows it.
pub use amz_connector::amazon::bwp::EventSubscription as Subscription;
pub use ensure::{Ended, Ensured, Made, Profile, ensure, remove};
pub use events::{WantedEvent, wanted};
pub use plan::{Plan, Standing, plan};

use crate::WiringError;
use crate::settings::ConnectionSettings;

/// Longest id of an auth profile, as Amazon documents it.
const LONGEST_PROFILE_ID: usize = 50;

/// A connection's subscriptions at Amazon.
pub struct Subscriptions {
    amazon: BuyWithPrime,
    /// Where its events go to.
    pub place: Place,
    /// Events that it wants.
    pub wanted: Vec<WantedEvent>,
}

/// Where a connection's events go to, and how Amazon proves itself there.
#[derive(Debug, Clone)]
pub struct Place {
    /// Address that takes the events.
    pub events: Url,
    /// Id of our auth profile; none where anybody may send events.
    pub profile: Option<String>,
    credentials: Option<WebhookCredentials>,
}

impl Subscriptions {
    /// Those of a connection that is reached under a public address. Nothing is sent.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn of(connection: &ConnectionSettings, public_url: &Url, clock: Clock) -> Result<Self, WiringError> {
        let amazon = crate::doctor::amazon_client(connection, clock)?;
        Ok(Self { amazon, place: Place::of(connection, public_url), wanted: wanted(connection) })
    }

    /// All subscriptions that Amazon shows.
    ///
    /// # Errors
    /// Read failures.
    pub async fn list(&self) -> Result<Vec<EventSubscription>, PortError> {
        shown(&self.amazon).await
    }
}

impl Place {
    /// Where a connection that is reached under a public address takes events.
    pub fn of(connection: &ConnectionSettings, public_url: &Url) -> Self {
        let credentials = credentials(connection, public_url);
        let profile = credentials.as_ref().map(|_| profile_id(&connection.name));
        Self { events: under(public_url, &connection.name, &["amazon", "events"]), profile, credentials }
    }

    /// Whether a subscription sends to us; `None` when Amazon does not show where it sends to.
    pub fn is_ours(&self, subscription: &EventSubscription) -> Option<bool> {
        match &subscription.destination {
            EventDestination::Webhook { url: Some(url), .. } => Some(is_same(url, &self.events)),
            EventDestination::EventBridge { .. } => Some(false),
            EventDestination::Webhook { url: None, .. } | EventDestination::Unknown => None,
        }
    }
}

/// An address of a connection's webhook.
pub(crate) fn under(public_url: &Url, connection: &ConnectionName, segments: &[&str]) -> Url {
    let mut url = public_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // settings refuse addresses that take no path
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["v1", connection.as_str()]).extend(segments);
    }
    url
}

/// OAuth where both are set: its secret travels to us only once an hour, and not with every event.
fn credentials(connection: &ConnectionSettings, public_url: &Url) -> Option<WebhookCredentials> {
    let auth = &connection.webhook_auth;
    if let Some(oauth) = &auth.oauth {
        return Some(WebhookCredentials::Oauth {
            token_url: under(public_url, &connection.name, &["oauth2", "token"]),
            client_id: oauth.client_id.clone(),
            client_secret: oauth.client_secret.clone(),
        });
    }
    let basic = auth.basic.as_ref()?;
    Some(WebhookCredentials::Basic { username: basic.username.clone(), password: basic.password.clone() })
}

/// The id of a connection's auth profile.
fn profile_id(connection: &ConnectionName) -> String {
    format!("amz-{connection}").chars().take(LONGEST_PROFILE_ID).collect()
}

fn is_same(url: &str, ours: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| url.as_str().trim_end_matches('/') == ours.as_str().trim_end_matches('/'))
}

/// All subscriptions with what Amazon shows of them. One that went away meanwhile is left out.
pub(crate) async fn shown(amazon: &BuyWithPrime) -> Result<Vec<EventSubscription>, PortError> {
    let mut shown = Vec::new();
    for id in amazon.event_subscriptions().await? {
        shown.extend(amazon.event_subscription(&id).await?);
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_under_the_public_one_with_or_without_a_slash() {
        for public in ["https://amz.example/netsuite", "https://amz.example/netsuite/"] {
            let url = under(&public.parse().unwrap(), &"main".into(), &["amazon", "events"]);
            assert_eq!(url.as_str(), "https://amz.example/netsuite/v1/main/amazon/events");
        }
    }

    #[test]
    fn a_subscription_is_ours_by_its_address_alone() {
        let place = Place {
            events: "https://amz.example/v1/main/amazon/events".parse().unwrap(),
            profile: None,
            credentials: None,
        };
        let to = |destination| {
            let subscription = EventSubscription {
                id: "s".into(),
                target_id: None,
                event_type: Some("RETURN_STARTED".into()),
                destination,
            };
            place.is_ours(&subscription)
        };
        let webhook = |url: Option<&str>| EventDestination::Webhook {
            url: url.map(str::to_owned),
            auth_profile: Some("amz-main".into()),
        };
        assert_eq!(to(webhook(Some("https://AMZ.example/v1/main/amazon/events/"))), Some(true));
        assert_eq!(to(webhook(Some("https://amz.example/v1/other/amazon/events"))), Some(false));
        assert_eq!(to(webhook(None)), None, "the profile's name may be anybody's");
        assert_eq!(to(EventDestination::EventBridge { arn: None }), Some(false));
        assert_eq!(to(EventDestination::Unknown), None);
    }

    #[test]
    fn ids_of_profiles_are_as_long_as_amazon_takes_them() {
        assert_eq!(profile_id(&"main".into()), "amz-main");
        assert_eq!(profile_id(&"x".repeat(80).as_str().into()).len(), LONGEST_PROFILE_ID);
    }
}
