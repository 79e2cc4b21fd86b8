//! The doctor finds nothing where nothing is wrong, writes nothing, and names what somebody took away in NetSuite.

use std::collections::BTreeMap;

use amz_app::doctor::{Area, Finding, Outcome, is_healthy};
use amz_sandbox::Vendor;
use amz_sandbox::netsuite::{CustomField, CustomFieldKind};
use chrono::TimeDelta;
use serde_json::json;

use crate::doctor_stage::{bad, findings, findings_at, healthy, only_failure};
use crate::stage::Stage;

async fn of_netsuite(stage: &Stage) -> Vec<Finding> {
    findings(stage, Area::NetSuite).await
}

#[tokio::test]
async fn where_nothing_is_wrong_nothing_is_found_and_nothing_is_written() {
    let stage = healthy(&[]).await;
    let before = stage.mark();
    let mut all = Vec::new();
    for area in [Area::Store, Area::NetSuite, Area::Amazon, Area::Webhook] {
        all.extend(findings(&stage, area).await);
    }
    assert!(is_healthy(&all), "{all:#?}");
    // the stage is reached by plain HTTP, as rehearsals are
    assert_eq!(bad(&all), [("webhook_address", Outcome::Warning)], "{all:#?}");
    for call in stage.vendors.sandbox.calls.all().iter().filter(|call| call.number > before) {
        let writes = ["create", "patch", "upsert", "delete", "Mutation", "update"];
        assert!(!writes.iter().any(|word| call.operation.ends_with(word)), "{}", call.operation);
    }
    assert_eq!(stage.intake().await, 0, "what the doctor posts is no notice");
}

#[tokio::test]
async fn each_missing_permission_is_named() {
    let stage = healthy(&[]).await;
    for (permission, check) in [
        ("TRAN_SALESORD", "netsuite_permission"),
        ("TRAN_SALESORDFULFILL", "netsuite_permission"),
        ("TRAN_CUSTCRED", "netsuite_permission"),
        ("TRAN_INVADJST", "netsuite_permission"),
        ("TRAN_FIND", "netsuite_permission"),
        ("LIST_LOCATION", "netsuite_location"),
        ("LIST_ACCOUNT", "netsuite_account"),
        ("ADMI_RESTWEBSERVICES", "netsuite_permission"),
        ("REPO_ANALYTICS", "netsuite_suiteql"),
    ] {
        stage.netsuite().take_permission(permission);
        let found = of_netsuite(&stage).await;
        let named = found.iter().any(|finding| {
            finding.outcome == Outcome::Failed
                && finding.check == check
                && finding.fix.as_ref().is_some_and(|fix| fix.contains(permission))
        });
        assert!(named, "{permission}: {found:#?}");
        stage.netsuite().give_permission(permission);
    }
    assert!(is_healthy(&of_netsuite(&stage).await));
}

#[tokio::test]
async fn a_missing_field_is_named_and_a_renamed_one_is_found() {
    let stage = healthy(&[("NETSUITE__FIELDS__CUSTBODY_AMZ_CHANNEL", "custbody_shop_channel")]).await;
    let (check, fix) = only_failure(&of_netsuite(&stage).await);
    assert_eq!(check, "netsuite_field");
    assert!(fix.contains("netsuite.fields.custbody_amz_channel"), "{fix}");
    stage.netsuite().declare_field(CustomField::new("custbody_shop_channel", CustomFieldKind::Text));
    assert!(is_healthy(&of_netsuite(&stage).await), "under its other name it is found");
    stage.netsuite().drop_field("custcol_amz_line_id");
    let (check, fix) = only_failure(&of_netsuite(&stage).await);
    assert_eq!(check, "netsuite_field");
    assert!(fix.contains("custcol_amz_line_id"), "{fix}");
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_is_named() {
    let stage = healthy(&[]).await;
    stage.netsuite().declare_field(CustomField::new("custbody_amz_delivered_at", CustomFieldKind::Text));
    let (check, fix) = only_failure(&of_netsuite(&stage).await);
    assert_eq!(check, "netsuite_field_kind");
    assert!(fix.contains("Date/Time") && fix.contains("custbody_amz_delivered_at"), "{fix}");
}

#[tokio::test]
async fn a_closed_period_fails_where_documents_would_park() {
    for (policy, outcome) in [("park", Outcome::Failed), ("first_open_day", Outcome::Warning)] {
        let stage = healthy(&[("POLICY__CLOSED_PERIOD", policy)]).await;
        stage.netsuite().close_period(2026, 3).unwrap();
        assert_eq!(bad(&of_netsuite(&stage).await), [("netsuite_period", outcome)]);
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_named_before_log_ins_are_refused_for_it() {
    let stage = healthy(&[]).await;
    for (ahead, outcome) in [(90, Outcome::Warning), (-90, Outcome::Warning), (270, Outcome::Failed)] {
        let found = findings_at(&stage, Area::NetSuite, TimeDelta::seconds(ahead)).await;
        assert_eq!(bad(&found), [("netsuite_clock", outcome)], "{ahead}");
    }
    let found = findings_at(&stage, Area::NetSuite, TimeDelta::seconds(400)).await;
    assert!(bad(&found).contains(&("netsuite_credentials", Outcome::Failed)), "{found:#?}");
}

#[tokio::test]
async fn a_wrong_time_zone_is_named_with_the_offset_that_was_seen() {
    let stage = healthy(&[("NETSUITE__TIMEZONE", "America/New_York")]).await;
    let found = of_netsuite(&stage).await;
    assert_eq!(only_failure(&found).0, "netsuite_timezone");
    assert!(found.iter().any(|finding| finding.found.contains("UTC-08:00")), "{found:#?}");
}

#[tokio::test]
async fn refused_credentials_are_tried_once_and_nothing_else_is_asked() {
    let stage = healthy(&[]).await;
    stage.netsuite().revoke_tba_token(true);
    let before = stage.netsuite().login_audit_trail().len();
    let calls =
        stage.vendors.sandbox.calls.all().iter().filter(|call| call.vendor == Vendor::NetSuite).count();
    let found = of_netsuite(&stage).await;
    let (check, fix) = only_failure_but_clock(&found);
    assert_eq!(check, "netsuite_credentials");
    assert!(fix.contains("Login Audit Trail"), "{fix}");
    assert!(found.iter().any(|finding| finding.outcome == Outcome::Skipped), "{found:#?}");
    assert_eq!(stage.netsuite().login_audit_trail().len() - before, 1, "five refusals lock the user");
    let after =
        stage.vendors.sandbox.calls.all().iter().filter(|call| call.vendor == Vendor::NetSuite).count();
    assert_eq!(after - calls, 1);
}

/// The pretend host's own clock is the machine's, and shows in a header that refusals have too.
fn only_failure_but_clock(found: &[Finding]) -> (&'static str, String) {
    let without: Vec<Finding> =
        found.iter().filter(|finding| finding.check != "netsuite_clock").cloned().collect();
    only_failure(&without)
}

#[tokio::test]
async fn what_the_mapping_names_must_be_there_and_active() {
    let stage = healthy(&[("MAPPING__RETURN_LOCATION", "77")]).await;
    let found = of_netsuite(&stage).await;
    assert_eq!(only_failure(&found).0, "netsuite_location");
    assert!(found.iter().any(|finding| finding.found.contains("mapping.return_location")), "{found:#?}");
    let stage = healthy(&[]).await;
    let closed = json!({"id": 1, "acctName": "Stock at Amazon", "isInactive": true});
    stage.netsuite().put_record("account", &closed).unwrap();
    let (check, fix) = only_failure(&of_netsuite(&stage).await);
    assert_eq!(check, "netsuite_account");
    assert!(fix.contains("active"), "{fix}");
}

#[tokio::test]
async fn a_restlet_that_is_used_must_answer() {
    let stage = healthy(&[("NETSUITE__RESTLET__USES", "receipts")]).await;
    let restlets = stage.vendors.restlet_url();
    let mut stage = stage;
    stage.settings.connections[0].netsuite.restlet_endpoint = restlets;
    assert!(is_healthy(&of_netsuite(&stage).await), "{:#?}", of_netsuite(&stage).await);
    stage.netsuite().deploy_restlet(false);
    let (check, fix) = only_failure(&of_netsuite(&stage).await);
    assert_eq!(check, "netsuite_restlet");
    assert!(fix.contains("amz netsuite bundle"), "{fix}");
}

#[tokio::test]
async fn an_account_that_is_not_reached_is_not_asked_again() {
    let mut stage = healthy(&[]).await;
    stage.settings.connections[0].netsuite.endpoint = "http://127.0.0.1:9".to_owned();
    assert_eq!(only_failure(&of_netsuite(&stage).await).0, "netsuite_reachable");
}

#[tokio::test]
async fn a_store_that_nobody_made_yet_is_no_failure_and_is_not_made() {
    let mut stage = healthy(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    stage.settings.store.url = url.into();
    let found = findings(&stage, Area::Store).await;
    let outcomes: BTreeMap<&str, Outcome> =
        found.iter().map(|finding| (finding.check, finding.outcome)).collect();
    assert_eq!(outcomes["store_state"], Outcome::Warning);
    assert_eq!(outcomes["store_inbox"], Outcome::Warning);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
