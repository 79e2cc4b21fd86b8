//! A stage with everything in order, and a doctor who looks at it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use amz_app::doctor::{Area, Finding, Outcome, Scope, examine};
use amz_app::settings::Settings;
use amz_app::subscriptions::{Ensured, Subscriptions, ensure};
use chrono::TimeDelta;
use serde_json::json;

use crate::configuration::with_stock;
use crate::orders;
use crate::stage::Stage;

/// A stage whose NetSuite, Amazon and webhook role are as they should be.
pub(crate) async fn healthy(changes: &[(&str, &str)]) -> Stage {
    let stage = unsubscribed(changes).await;
    subscribe(&stage).await;
    stage
}

/// The same without subscriptions that Amazon would show.
pub(crate) async fn unsubscribed(changes: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::configured(changes, |_| {}, with_stock, Duration::ZERO).await;
    stage.settings.webhook.public_url = Some(public_url(&stage));
    let netsuite = stage.netsuite();
    netsuite.put_record("location", &json!({"id": 7, "name": "Amazon"})).unwrap();
    netsuite.put_record("account", &json!({"id": 1, "acctName": "Stock at Amazon"})).unwrap();
    stage.enter_one(orders::order("SO-1"));
    stage.amazon().set_stock("MUG-BLUE", 5).unwrap();
    stage
}

/// Base of the stage's webhook role.
pub(crate) fn public_url(stage: &Stage) -> String {
    let url = stage.webhook_url();
    url.strip_suffix("/v1/stage").unwrap().to_owned()
}

/// Makes the subscriptions that the stage's connection wants.
pub(crate) async fn subscribe(stage: &Stage) -> Ensured {
    ensure(&subscriptions(stage, &stage.settings), false).await.unwrap()
}

/// The subscriptions of some settings of the stage's connection.
pub(crate) fn subscriptions(stage: &Stage, settings: &Settings) -> Subscriptions {
    let public_url = settings.webhook.public_url.as_ref().unwrap().parse().unwrap();
    let clock = stage.vendors.sandbox.clock.clone();
    Subscriptions::of(&settings.connections[0], &public_url, Arc::new(move || clock.now())).unwrap()
}

/// What the doctor finds in one area.
pub(crate) async fn findings(stage: &Stage, area: Area) -> Vec<Finding> {
    findings_at(stage, area, TimeDelta::zero()).await
}

/// The same, with the doctor's clock ahead of everybody's.
pub(crate) async fn findings_at(stage: &Stage, area: Area, ahead: TimeDelta) -> Vec<Finding> {
    let scope = Scope { connection: None, areas: BTreeSet::from([area]) };
    let clock = stage.vendors.sandbox.clock.clone();
    examine(&stage.settings, &scope, Arc::new(move || clock.now() + ahead)).await
}

/// Findings that are neither ok nor skipped, as check and outcome.
pub(crate) fn bad(findings: &[Finding]) -> Vec<(&'static str, Outcome)> {
    let bad = findings.iter().filter(|finding| !matches!(finding.outcome, Outcome::Ok | Outcome::Skipped));
    bad.map(|finding| (finding.check, finding.outcome)).collect()
}

/// The only failure: its check and its fix.
pub(crate) fn only_failure(findings: &[Finding]) -> (&'static str, String) {
    let failed: Vec<&Finding> =
        findings.iter().filter(|finding| finding.outcome == Outcome::Failed).collect();
    let [failure] = failed.as_slice() else { panic!("one failure: {findings:#?}") };
    (failure.check, failure.fix.clone().unwrap())
}
