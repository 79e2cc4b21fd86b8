//! Makes what is missing, and ends what is ours.

use amz_connector::amazon::bwp::{AuthProfileWrite, EventSubscription, SUBSCRIPTION_ALREADY_EXISTS};
use amz_services::failure::{Failure, PortError};

use super::{Plan, Standing, Subscriptions, WantedEvent, plan};

/// What became of one wanted event.
#[derive(Debug)]
pub enum Made {
    /// It was there.
    Kept {
        /// Id of the subscription.
        id: String,
        /// The auth profile it uses instead of ours.
        other_profile: Option<String>,
    },
    /// It was made.
    Created {
        /// Id of the subscription.
        id: String,
    },
    /// Amazon says that there is one already, which it did not show to be ours.
    Exists,
    /// Amazon does not offer the event type, or not to these credentials: it answers both alike.
    NotOffered,
    /// It could not be made.
    Failed(PortError),
    /// It would be made.
    Planned,
}

/// What became of the auth profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// Anybody may send events, so there is none.
    None,
    /// It is new.
    Created(String),
    /// It was there, and has the configured credentials now.
    Updated(String),
    /// It would be made or updated.
    Planned(String),
}

/// What became of everything.
#[derive(Debug)]
pub struct Ensured {
    /// The auth profile.
    pub profile: Profile,
    /// Every wanted event.
    pub events: Vec<(WantedEvent, Made)>,
}

impl Ensured {
    /// Whether every event comes to us that something is lost without. Amazon answers alike when it does not offer an event
    /// and when the credentials lack a permission, so only an event that may be missing is no failure then. Without any
    /// subscription at all, it is a missing permission.
    pub fn is_complete(&self) -> bool {
        let stands = |made: &Made| {
            matches!(made, Made::Kept { .. } | Made::Created { .. } | Made::Exists | Made::Planned)
        };
        self.events.iter().any(|(_, made)| stands(made))
            && self
                .events
                .iter()
                .all(|(event, made)| stands(made) || (event.is_optional && matches!(made, Made::NotOffered)))
    }
}

/// Makes the auth profile and every subscription that is missing; with `dry_run` only says what would be made.
/// Subscriptions of others stay as they are.
///
/// # Errors
/// When the list cannot be read, or the profile cannot be made.
pub async fn ensure(subscriptions: &Subscriptions, dry_run: bool) -> Result<Ensured, PortError> {
    let shown = subscriptions.list().await?;
    let Plan { events, spare: _ } = plan(&shown, &subscriptions.wanted, &subscriptions.place);
    let profile = put_profile(subscriptions, dry_run).await?;
    let mut made = Vec::new();
    for (event, standing) in events {
        let outcome = match standing {
            Standing::Present { id, other_profile } => Made::Kept { id, other_profile },
            Standing::Missing | Standing::Unclear { .. } if dry_run => Made::Planned,
            Standing::Missing | Standing::Unclear { .. } => create(subscriptions, event).await,
        };
        made.push((event, outcome));
    }
    Ok(Ensured { profile, events: made })
}

async fn put_profile(subscriptions: &Subscriptions, dry_run: bool) -> Result<Profile, PortError> {
    let place = &subscriptions.place;
    let (Some(id), Some(credentials)) = (&place.profile, &place.credentials) else {
        return Ok(Profile::None);
    };
    if dry_run {
        return Ok(Profile::Planned(id.clone()));
    }
    Ok(match subscriptions.amazon.put_auth_profile(id, credentials).await? {
        AuthProfileWrite::Created => Profile::Created(id.clone()),
        AuthProfileWrite::Updated => Profile::Updated(id.clone()),
    })
}

async fn create(subscriptions: &Subscriptions, event: WantedEvent) -> Made {
    let Subscriptions { amazon, place, .. } = subscriptions;
    let created = amazon.create_event_subscription(event.event_type, &place.events, place.profile.as_deref());
    match created.await {
        Ok(id) => Made::Created { id },
        Err(error) if error.code == SUBSCRIPTION_ALREADY_EXISTS => exists(subscriptions, event).await,
        Err(error) if error.failure == Failure::Credentials => Made::NotOffered,
        Err(error) => Made::Failed(error),
    }
}

/// Somebody was quicker, or the list did not show it: a look tells.
async fn exists(subscriptions: &Subscriptions, event: WantedEvent) -> Made {
    let shown = match subscriptions.list().await {
        Ok(shown) => shown,
        Err(error) => return Made::Failed(error),
    };
    let looked = plan(&shown, &[event], &subscriptions.place).events.pop();
    match looked {
        Some((_, Standing::Present { id, other_profile })) => Made::Kept { id, other_profile },
        Some((_, Standing::Unclear { .. } | Standing::Missing)) | None => Made::Exists,
    }
}

/// A subscription that was ended, or could not be.
pub type Ended = (EventSubscription, Result<(), PortError>);

/// Ends subscriptions.
pub async fn remove(subscriptions: &Subscriptions, ours: Vec<EventSubscription>) -> Vec<Ended> {
    let mut ended = Vec::new();
    for subscription in ours {
        let result = subscriptions.amazon.delete_event_subscription(&subscription.id).await;
        ended.push((subscription, result));
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ensured(events: Vec<(bool, Made)>) -> Ensured {
        let event = |is_optional| WantedEvent { event_type: "RETURN_STARTED", is_optional };
        let events = events.into_iter().map(|(is_optional, made)| (event(is_optional), made)).collect();
        Ensured { profile: Profile::None, events }
    }

    #[test]
    fn only_an_optional_event_may_be_missing_and_not_every_one() {
        let kept = || (false, Made::Kept { id: "1".into(), other_profile: None });
        assert!(ensured(vec![kept(), (true, Made::NotOffered)]).is_complete());
        assert!(!ensured(vec![kept(), (false, Made::NotOffered)]).is_complete());
        assert!(ensured(vec![(false, Made::Exists)]).is_complete());
        assert!(!ensured(vec![(true, Made::NotOffered), (true, Made::NotOffered)]).is_complete());
        let error = PortError::new("createEventSubscription", Failure::Refused, "x", "y");
        assert!(!ensured(vec![kept(), (true, Made::Failed(error))]).is_complete());
    }
}
