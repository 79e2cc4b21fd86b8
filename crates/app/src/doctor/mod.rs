//! `amz doctor`: finds out whether everything that a configuration names is there, open and as it should be.
//!
//! It writes nothing at a vendor and takes nothing away from a process at work: the store is only read, and calls to
//! NetSuite stay within the configured number. What a probe answered is judged by pure functions, one file per group of
//! checks; each check gives one [`Finding`] or more, with a stable code and, where something is to be done, what.

mod amazon;
mod finding;
mod netsuite;
mod parallel;
mod stock;
mod store;
mod subscriptions;
mod vendors;
mod webhook;

use std::collections::BTreeSet;
use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_services::connection::Clock;

pub use finding::{Area, Finding, Outcome};

use crate::settings::{ConfigurationFaults, ConnectionSettings, Settings};
use vendors::Vendors;

pub(crate) use vendors::amazon_client;

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only this connection.
    pub connection: Option<ConnectionName>,
    /// Only these areas; all when empty. The configuration is always looked at.
    pub areas: BTreeSet<Area>,
}

impl Scope {
    fn covers(&self, area: Area) -> bool {
        self.areas.is_empty() || self.areas.contains(&area)
    }
}

/// Looks at everything in scope. Findings come in the order of their areas, connection by connection.
pub async fn examine(settings: &Settings, scope: &Scope, clock: Clock) -> Vec<Finding> {
    let mut findings = vec![readable(settings)];
    if scope.covers(Area::Store) {
        findings.extend(store::examine(&settings.store).await);
    }
    let wanted = |connection: &&ConnectionSettings| {
        scope.connection.as_ref().is_none_or(|name| *name == connection.name)
    };
    for connection in settings.connections.iter().filter(wanted) {
        let found = examine_connection(settings, connection, scope, &clock).await;
        findings.extend(found.into_iter().map(|finding| finding.of(&connection.name)));
    }
    findings
}

/// What is to be said when there is no configuration to examine anything by.
pub fn unusable(faults: &ConfigurationFaults) -> Vec<Finding> {
    let finding = |fault: &crate::settings::Fault| {
        Finding::failed(
            Area::Configuration,
            CONFIGURATION,
            fault.to_string(),
            "correct the key that is named",
        )
    };
    faults.faults().iter().map(finding).collect()
}

/// The finding when what is set at run time cannot be read.
pub fn unknown_versions(error: &dyn std::error::Error) -> Finding {
    let found = format!("what is set at run time cannot be read: {error}");
    Finding::failed(
        Area::Configuration,
        CONFIGURATION,
        found,
        "let this user read the store's folder; until then the configuration is examined without it",
    )
}

/// Whether nothing failed.
pub fn is_healthy(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.outcome != Outcome::Failed)
}

const CONFIGURATION: &str = "configuration";

fn readable(settings: &Settings) -> Finding {
    let names: Vec<&str> = settings.connections.iter().map(|connection| connection.name.as_str()).collect();
    Finding::ok(Area::Configuration, CONFIGURATION, format!("sound; connections: {}", names.join(", ")))
}

async fn examine_connection(
    settings: &Settings,
    connection: &ConnectionSettings,
    scope: &Scope,
    clock: &Clock,
) -> Vec<Finding> {
    let vendors = match Vendors::of(connection, clock) {
        Ok(vendors) => Arc::new(vendors),
        Err(error) => {
            let fix = "correct the setting that is named";
            return vec![Finding::failed(Area::Configuration, CONFIGURATION, error.to_string(), fix)];
        }
    };
    let public_url = settings.webhook.public_url.as_deref();
    let netsuite = async {
        match scope.covers(Area::NetSuite) {
            true => netsuite::examine(connection, &vendors.netsuite, clock).await,
            false => Vec::new(),
        }
    };
    let amazon = async {
        match scope.covers(Area::Amazon) {
            true => amazon::examine(connection, &vendors).await,
            false => Vec::new(),
        }
    };
    let webhook = async {
        match scope.covers(Area::Webhook) {
            true => webhook::examine(connection, public_url, &vendors.amazon, clock).await,
            false => Vec::new(),
        }
    };
    let (netsuite, amazon, webhook) = tokio::join!(netsuite, amazon, webhook);
    [netsuite, amazon, webhook].concat()
}
