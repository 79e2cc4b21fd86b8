//! The bundle's own record types, and NetSuite's clock.

use std::time::Duration;

use amz_connector::netsuite::{AUDIT_LOG_UPSERT, AuditLogRow, ConfigSetting};
use amz_domain::ExternalId;
use amz_sandbox::{CallSelector, Fault};
use amz_services::audit::CallRecord;
use amz_services::failure::Failure;
use amz_services::ports::SalesOrders;

use crate::netsuite_support::{World, order, token_based, world};

/// Calls of a look at two orders, as they were recorded.
async fn calls(world: &World) -> Vec<CallRecord> {
    for id in world.load(vec![order(), order()]) {
        world.netsuite.read(&id.to_string().into()).await.unwrap();
    }
    world.recorded.all()
}

fn rows<'call>(calls: &'call [CallRecord], notices: &'call [String]) -> Vec<AuditLogRow<'call>> {
    let row = |(call, number): (&'call CallRecord, usize)| AuditLogRow {
        external_id: ExternalId::of_subject(&format!("amz-al-main-{number}")).unwrap(),
        notices,
        call,
    };
    calls.iter().zip(1..).map(row).collect()
}

#[tokio::test]
async fn the_copy_of_the_audit_trail_has_one_row_per_call_however_often_it_is_written() {
    let world = world().await;
    let (calls, notices) = (calls(&world).await, vec!["amazon/e-1".to_owned()]);
    for _ in 0..2 {
        world.netsuite.write_audit_log(&rows(&calls, &notices)).await.unwrap();
    }
    let held = world.sandbox().netsuite.records("customrecord_amz_audit_log");
    assert_eq!(held.len(), 2);
    assert_eq!(held[0]["externalId"], "amz-al-main-1");
    assert_eq!(held[0]["custrecord_amz_audit_operation"], "salesOrder.get");
    assert_eq!(held[0]["custrecord_amz_audit_status"], 200);
    assert_eq!(held[0]["custrecord_amz_audit_notices"], "amazon/e-1");
    let copying = world.recorded.all().split_off(2);
    assert!(
        copying.iter().all(|call| call.operation == AUDIT_LOG_UPSERT),
        "known by its name: no copy of a copy"
    );
}

#[tokio::test]
async fn rows_before_one_that_fails_are_there() {
    let world = world().await;
    let calls = calls(&world).await;
    world.fault(AUDIT_LOG_UPSERT, CallSelector::Nth(2), Fault::ServerError);
    let error = world.netsuite.write_audit_log(&rows(&calls, &[])).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unclear);
    assert!(!world.sandbox().netsuite.records("customrecord_amz_audit_log").is_empty());
}

#[tokio::test]
async fn a_renamed_record_type_is_written_under_its_name() {
    let world = World::with(token_based(), |settings| {
        settings.records.config = "customrecord_shop_config".to_owned();
    });
    let world = world.await;
    let error = world.netsuite.config_rows().await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "the account has no such type");
    assert_eq!(world.count("customrecord_amz_config.get"), 0);
}

fn setting(key: &str, value: &str, version: u64) -> ConfigSetting {
    ConfigSetting {
        key: key.to_owned(),
        value: value.to_owned(),
        version: Some(version),
        changed_by: Some("ops".to_owned()),
        changed_at: Some("2026-03-02T09:00:00Z".parse().unwrap()),
    }
}

#[tokio::test]
async fn settings_inside_netsuite_are_written_once_each_and_read_back() {
    let world = World::with(token_based(), |settings| settings.page_size = 1).await;
    assert_eq!(world.netsuite.config_rows().await.unwrap(), []);
    let id = |key: &str| ExternalId::of_setting(&"main".into(), key);
    let hold =
        world.netsuite.write_config_row(&id("policy.hold"), &setting("policy.hold", "5m", 1)).await.unwrap();
    let again =
        world.netsuite.write_config_row(&id("policy.hold"), &setting("policy.hold", "6m", 2)).await.unwrap();
    assert_eq!(hold, again);
    world.netsuite.write_config_row(&id("policy.settle"), &setting("policy.settle", "", 2)).await.unwrap();
    let read = world.netsuite.config_rows().await.unwrap();
    assert_eq!(
        read.iter().map(|row| row.setting.clone()).collect::<Vec<_>>(),
        [setting("policy.hold", "6m", 2), setting("policy.settle", "", 2),]
    );
    assert_eq!((&read[0].id, read[0].external_id.as_deref()), (&hold, Some(id("policy.hold").as_str())));
}

#[tokio::test]
async fn settings_that_a_timed_out_query_hides_are_not_taken_for_none() {
    let world = world().await;
    let id = ExternalId::of_setting(&"main".into(), "policy.hold");
    world.netsuite.write_config_row(&id, &setting("policy.hold", "5m", 1)).await.unwrap();
    world.fault("suiteql", CallSelector::First(1), Fault::EmptyAnswer);
    let error = world.netsuite.config_rows().await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
}

#[tokio::test]
async fn netsuites_clock_is_read() {
    let world = world().await;
    world.sandbox().clock.advance(Duration::from_secs(90));
    assert_eq!(world.netsuite.server_time().await.unwrap(), world.sandbox().clock.now());
    assert_eq!(world.recorded.all()[0].operation, "serverTime");
}
