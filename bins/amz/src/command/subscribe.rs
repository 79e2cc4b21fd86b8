//! `amz subscribe`: Amazon's event subscriptions and our auth profile.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use amz_app::settings::Settings;
use amz_app::subscriptions::{Destination, Ended, Ensured, Made, Profile, Subscription, Subscriptions};
use amz_app::subscriptions::{WantedEvent, ensure, remove};
use amz_services::failure::PortError;
use chrono::Utc;
use serde::Serialize;
use url::Url;

use super::{WrongUse, settings};
use crate::arguments::{SubscribeAction, SubscribeOptions};
use crate::output::{Output, table};

pub(crate) async fn run(
    config: Option<&Path>,
    action: SubscribeAction,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    match action {
        SubscribeAction::List(options) => list(&of(&settings, &options)?, output).await,
        SubscribeAction::Ensure { options, dry_run } => {
            let subscriptions = of(&settings, &options)?;
            report(&ensure(&subscriptions, dry_run).await?, &subscriptions, output)
        }
        SubscribeAction::Remove { options, id, yes } => end(&of(&settings, &options)?, id, yes, output).await,
    }
}

fn of(settings: &Settings, options: &SubscribeOptions) -> anyhow::Result<Subscriptions> {
    let connection = super::connection(settings, options.connection.as_deref())?;
    let public_url = settings.webhook.public_url.as_deref().ok_or_else(|| {
        WrongUse("set `webhook.public_url`: the address under which Amazon reaches this software".to_owned())
    })?;
    Ok(Subscriptions::of(connection, &Url::parse(public_url)?, Arc::new(Utc::now))?)
}

/// A subscription for people and for scripts.
#[derive(Serialize)]
struct Row {
    id: String,
    event_type: Option<String>,
    destination: String,
    /// Nothing where Amazon does not show where it sends to.
    ours: Option<bool>,
}

impl Row {
    fn of(subscription: &Subscription, subscriptions: &Subscriptions) -> Self {
        Self {
            id: subscription.id.clone(),
            event_type: subscription.event_type.clone(),
            destination: destination(&subscription.destination),
            ours: subscriptions.place.is_ours(subscription),
        }
    }

    fn cells(&self) -> Vec<String> {
        let ours = match self.ours {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        let event_type = self.event_type.clone().unwrap_or_else(|| "?".to_owned());
        vec![self.id.clone(), event_type, ours.to_owned(), self.destination.clone()]
    }
}

fn destination(destination: &Destination) -> String {
    match destination {
        Destination::EventBridge { arn } => {
            format!("EventBridge {}", arn.as_deref().unwrap_or("(not shown)"))
        }
        Destination::Webhook { url, .. } => {
            url.clone().unwrap_or_else(|| "a webhook (address not shown)".to_owned())
        }
        Destination::Unknown => "(not shown)".to_owned(),
    }
}

fn rows_as_table(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    table(&["subscription", "event type", "ours", "destination"], &cells)
}

async fn list(subscriptions: &Subscriptions, output: &Output) -> anyhow::Result<ExitCode> {
    let shown = subscriptions.list().await?;
    let rows: Vec<Row> = shown.iter().map(|known| Row::of(known, subscriptions)).collect();
    output.write(&rows, || match rows.is_empty() {
        true => "no subscriptions; `amz subscribe ensure` makes them\n".to_owned(),
        false => rows_as_table(&rows),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What became of one event.
#[derive(Serialize)]
struct EventOutcome {
    event_type: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize)]
struct EnsureReport {
    complete: bool,
    destination: String,
    profile: Option<String>,
    profile_outcome: &'static str,
    events: Vec<EventOutcome>,
}

fn report(ensured: &Ensured, subscriptions: &Subscriptions, output: &Output) -> anyhow::Result<ExitCode> {
    let (profile, profile_outcome) = match &ensured.profile {
        Profile::None => (None, "none: anybody may send events"),
        Profile::Created(id) => (Some(id.clone()), "created"),
        Profile::Updated(id) => (Some(id.clone()), "updated"),
        Profile::Planned(id) => (Some(id.clone()), "would be created or updated"),
    };
    let events = ensured.events.iter().map(|(event, made)| outcome(event, made)).collect();
    let complete = ensured.is_complete();
    let destination = subscriptions.place.events.to_string();
    let document = EnsureReport { complete, destination, profile, profile_outcome, events };
    output.write(&document, || ensure_text(&document))?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn outcome(event: &WantedEvent, made: &Made) -> EventOutcome {
    let told = |error: &PortError| format!("{} [{}]", error.message, error.code);
    let (outcome, subscription, note) = match made {
        Made::Kept { id, other_profile } => {
            let note =
                other_profile.as_ref().map(|profile| format!("uses the auth profile {profile}, not ours"));
            ("kept", Some(id.clone()), note)
        }
        Made::Created { id } => ("created", Some(id.clone()), None),
        Made::Exists => ("exists", None, Some("Amazon does not show where it sends to".to_owned())),
        Made::NotOffered if event.is_optional => {
            ("not offered", None, Some("nothing is lost without it".to_owned()))
        }
        Made::NotOffered => {
            let note = "Amazon does not offer it, or the API credentials lack full permission on event subscriptions \
                        or the read permission of what it is about";
            ("not offered", None, Some(note.to_owned()))
        }
        Made::Failed(error) => ("failed", None, Some(told(error))),
        Made::Planned => ("would be created", None, None),
    };
    EventOutcome { event_type: event.event_type, outcome, subscription, note }
}

fn ensure_text(report: &EnsureReport) -> String {
    let EnsureReport { destination, profile, profile_outcome, events, .. } = report;
    let mut text = match profile {
        Some(profile) => format!("events go to {destination}, auth profile {profile}: {profile_outcome}\n"),
        None => format!("events go to {destination}, auth profile {profile_outcome}\n"),
    };
    let cells: Vec<Vec<String>> = events
        .iter()
        .map(|event| {
            let more = [event.subscription.clone(), event.note.clone()];
            let more = more.into_iter().flatten().collect::<Vec<_>>().join("; ");
            vec![event.event_type.to_owned(), event.outcome.to_owned(), more]
        })
        .collect();
    text.push_str(&table(&["event type", "", ""], &cells));
    text
}

#[derive(Serialize)]
struct EndedRow {
    id: String,
    event_type: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

async fn end(
    subscriptions: &Subscriptions,
    ids: Vec<String>,
    yes: bool,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let shown = subscriptions.list().await?;
    let chosen: Vec<Subscription> = match ids.is_empty() {
        true => shown.into_iter().filter(|known| subscriptions.place.is_ours(known) == Some(true)).collect(),
        false => {
            let unknown = ids.iter().find(|id| shown.iter().all(|known| known.id != **id));
            if let Some(id) = unknown {
                return Err(WrongUse(format!("Amazon shows no subscription {id}")).into());
            }
            let foreign = shown
                .iter()
                .find(|known| ids.contains(&known.id) && subscriptions.place.is_ours(known) == Some(false));
            if let Some(foreign) = foreign {
                let why = format!("subscription {} sends elsewhere: it is not ours to end", foreign.id);
                return Err(WrongUse(why).into());
            }
            shown.into_iter().filter(|known| ids.contains(&known.id)).collect()
        }
    };
    if !yes {
        let rows: Vec<Row> = chosen.iter().map(|known| Row::of(known, subscriptions)).collect();
        output.write(&rows, || format!("{}to end these, add --yes\n", rows_as_table(&rows)))?;
        return Ok(ExitCode::FAILURE);
    }
    let ended = remove(subscriptions, chosen).await;
    let rows: Vec<EndedRow> = ended.iter().map(ended_row).collect();
    output.write(&rows, || {
        let cells: Vec<Vec<String>> = rows.iter().map(EndedRow::cells).collect();
        table(&["subscription", "event type", "", ""], &cells)
    })?;
    let all = ended.iter().all(|(_, result)| result.is_ok());
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ended_row((subscription, result): &Ended) -> EndedRow {
    let (outcome, note) = match result {
        Ok(()) => ("ended", None),
        Err(error) => ("failed", Some(format!("{} [{}]", error.message, error.code))),
    };
    EndedRow { id: subscription.id.clone(), event_type: subscription.event_type.clone(), outcome, note }
}

impl EndedRow {
    fn cells(&self) -> Vec<String> {
        let EndedRow { id, event_type, outcome, note } = self;
        let event_type = event_type.clone().unwrap_or_else(|| "?".to_owned());
        vec![id.clone(), event_type, (*outcome).to_owned(), note.clone().unwrap_or_default()]
    }
}
