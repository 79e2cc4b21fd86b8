//! What is there, what is missing.

use amz_connector::amazon::bwp::{EventDestination, EventSubscription};

use super::{Place, WantedEvent};

/// How one wanted event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A subscription sends it to us.
    Present {
        /// Its id.
        id: String,
        /// The auth profile it uses instead of ours, when Amazon shows one.
        other_profile: Option<String>,
    },
    /// There are subscriptions to it, and Amazon does not show where they send to.
    Unclear {
        /// Their ids.
        ids: Vec<String>,
    },
    /// Nothing sends it to us.
    Missing,
}

/// How everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Every wanted event.
    pub events: Vec<(WantedEvent, Standing)>,
    /// Subscriptions that send to us what we do not ask for.
    pub spare: Vec<EventSubscription>,
}

/// Compares what there is with what is wanted.
pub fn plan(shown: &[EventSubscription], wanted: &[WantedEvent], place: &Place) -> Plan {
    let is_of = |subscription: &EventSubscription, event: &WantedEvent| {
        subscription.event_type.as_deref() == Some(event.event_type)
    };
    let standing = |event: &WantedEvent| {
        let all: Vec<&EventSubscription> =
            shown.iter().filter(|subscription| is_of(subscription, event)).collect();
        let ours = all.iter().find(|subscription| place.is_ours(subscription) == Some(true));
        if let Some(ours) = ours {
            return Standing::Present { id: ours.id.clone(), other_profile: other_profile(ours, place) };
        }
        let unclear = all.iter().filter(|subscription| place.is_ours(subscription).is_none());
        let ids: Vec<String> = unclear.map(|subscription| subscription.id.clone()).collect();
        if ids.is_empty() { Standing::Missing } else { Standing::Unclear { ids } }
    };
    let spare = shown.iter().filter(|subscription| {
        place.is_ours(subscription) == Some(true) && !wanted.iter().any(|event| is_of(subscription, event))
    });
    Plan {
        events: wanted.iter().map(|event| (*event, standing(event))).collect(),
        spare: spare.cloned().collect(),
    }
}

fn other_profile(subscription: &EventSubscription, place: &Place) -> Option<String> {
    match &subscription.destination {
        EventDestination::Webhook { auth_profile: Some(profile), .. } => {
            Some(profile.clone()).filter(|profile| place.profile.as_ref() != Some(profile))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(id: &str, event_type: &str, url: Option<&str>, profile: &str) -> EventSubscription {
        EventSubscription {
            id: id.into(),
            target_id: None,
            event_type: Some(event_type.into()),
            destination: EventDestination::Webhook {
                url: url.map(str::to_owned),
                auth_profile: Some(profile.to_owned()),
            },
        }
    }

    #[test]
    fn what_is_there_what_is_unclear_and_what_is_missing() {
        const OURS: &str = "https://amz.example/v1/main/amazon/events";
        let place =
            Place { events: OURS.parse().unwrap(), profile: Some("amz-main".into()), credentials: None };
        let event = |event_type| WantedEvent { event_type, is_optional: false };
        let wanted = [event("A"), event("B"), event("C"), event("D")];
        let shown = [
            subscription("1", "A", Some("https://foreign.example/"), "x"),
            subscription("2", "A", Some(OURS), "amz-main"),
            subscription("3", "B", Some(OURS), "by-hand"),
            subscription("4", "C", None, "amz-main"),
            subscription("5", "D", Some("https://foreign.example/"), "x"),
            subscription("6", "E", Some(OURS), "amz-main"),
        ];
        let plan = plan(&shown, &wanted, &place);
        let standings: Vec<Standing> = plan.events.into_iter().map(|(_, standing)| standing).collect();
        assert_eq!(
            standings,
            [
                Standing::Present { id: "2".into(), other_profile: None },
                Standing::Present { id: "3".into(), other_profile: Some("by-hand".into()) },
                Standing::Unclear { ids: vec!["4".into()] },
                Standing::Missing,
            ]
        );
        assert_eq!(plan.spare.iter().map(|spare| spare.id.as_str()).collect::<Vec<_>>(), ["6"]);
    }
}
