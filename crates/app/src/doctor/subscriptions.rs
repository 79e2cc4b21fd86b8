//! Subscriptions of the events that a connection lives on: there, to us, for our business product.

use amz_connector::amazon::BuyWithPrime;
use amz_connector::amazon::bwp::EventSubscription;
use amz_services::failure::PortError;
use url::Url;

use super::finding::{Area, Finding};
use crate::settings::ConnectionSettings;
use crate::subscriptions::{Place, Standing, WantedEvent, plan, shown, wanted};

const SUBSCRIPTION: &str = "webhook_subscription";
const TARGET: &str = "amazon_target";

pub(super) async fn examine(
    connection: &ConnectionSettings,
    public_url: &Url,
    amazon: &BuyWithPrime,
) -> Vec<Finding> {
    let place = Place::of(connection, public_url);
    let listed = shown(amazon).await;
    judge(connection.name.as_str(), &connection.bwp.target_id, &wanted(connection), &place, listed)
}

fn judge(
    connection: &str,
    target_id: &str,
    wanted: &[WantedEvent],
    place: &Place,
    listed: Result<Vec<EventSubscription>, PortError>,
) -> Vec<Finding> {
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => {
            let why = format!("not known, since subscriptions cannot be read: {}", error.message);
            return vec![Finding::skipped(Area::Webhook, SUBSCRIPTION, why)];
        }
    };
    let ensure = format!("amz subscribe ensure --connection {connection}");
    let plan = plan(&listed, wanted, place);
    let mut findings: Vec<Finding> = plan
        .events
        .iter()
        .filter_map(|(event, standing)| of_event(event, standing, place, connection, &ensure))
        .collect();
    let (mut present, mut unclear) = (0, Vec::new());
    for (event, standing) in &plan.events {
        match standing {
            Standing::Present { .. } => present += 1,
            Standing::Unclear { .. } => unclear.push(event.event_type),
            Standing::Missing => {}
        }
    }
    if !unclear.is_empty() {
        findings.push(Finding::warning(
            Area::Webhook,
            SUBSCRIPTION,
            format!("Amazon does not show where it sends {}", unclear.join(", ")),
            format!("`{ensure}` makes sure that they come to {}", place.events),
        ));
    }
    if findings.is_empty() {
        let found = format!("{present} event types are subscribed to {}", place.events);
        findings.push(Finding::ok(Area::Webhook, SUBSCRIPTION, found));
    }
    if !plan.spare.is_empty() {
        let spare: Vec<&str> = plan.spare.iter().filter_map(|spare| spare.event_type.as_deref()).collect();
        findings.push(Finding::warning(
            Area::Webhook,
            SUBSCRIPTION,
            format!("also sent to us, and not used: {}", spare.join(", ")),
            "nothing; such events are acknowledged and left alone",
        ));
    }
    let foreign =
        listed.iter().find_map(|known| known.target_id.as_deref().filter(|shown| *shown != target_id));
    if let Some(foreign) = foreign {
        findings.push(Finding::failed(
            Area::Amazon,
            TARGET,
            format!("the credentials' subscriptions belong to {foreign}, and `amazon.bwp.target_id` is {target_id}"),
            "set `amazon.bwp.target_id` to the target id that came with the API credentials",
        ));
    }
    findings
}

fn of_event(
    event: &WantedEvent,
    standing: &Standing,
    place: &Place,
    connection: &str,
    ensure: &str,
) -> Option<Finding> {
    let WantedEvent { event_type, is_optional } = event;
    match standing {
        // Amazon may not offer it
        Standing::Missing if *is_optional => None,
        Standing::Missing => Some(Finding::failed(
            Area::Webhook,
            SUBSCRIPTION,
            format!("nothing sends {event_type} to {}", place.events),
            format!("`{ensure}`"),
        )),
        Standing::Present { id, other_profile: Some(profile) } => Some(Finding::warning(
            Area::Webhook,
            SUBSCRIPTION,
            format!("{event_type} comes with the auth profile {profile}, not with ours (subscription {id})"),
            format!(
                "`amz subscribe remove --id {id} --yes --connection {connection}`, then `{ensure}`; or keep that \
                 profile's credentials as they are configured here"
            ),
        )),
        Standing::Present { other_profile: None, .. } | Standing::Unclear { .. } => None,
    }
}
