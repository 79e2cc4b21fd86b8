//! Our own writes on sales orders come back in the change feed: beside the bundle they cost no call.

use std::time::Duration;

use amz_services::audit::{AuditEvent, AuditQuery};
use serde_json::json;

use crate::orders::{order, text};
use crate::stage::{CONNECTION, SIGNING_SECRET, Stage};

async fn beside_the_bundle() -> Stage {
    let stage = Stage::with(&[("SYNC__OWN_ECHOES", "ignore")]).await;
    let address = stage.webhook_url();
    let url = address.split("/v1/").next().unwrap();
    stage.netsuite().install_bundle(url, SIGNING_SECRET, CONNECTION);
    stage
}

/// What the audit trail shows as our own echo.
async fn echoes(stage: &Stage) -> Vec<String> {
    let query = AuditQuery {
        connection: CONNECTION.into(),
        lane: None,
        since: None,
        until: None,
        only_failures: false,
        after: None,
        limit: 1_000,
    };
    let entries = stage.sync().state.audit(&query).await.unwrap();
    let told = entries.into_iter().filter_map(|entry| match entry.event {
        AuditEvent::Echo { what, .. } => Some(what),
        AuditEvent::Call(_) => None,
    });
    told.collect()
}

#[tokio::test]
async fn our_own_marks_come_back_without_a_call_and_stand_on_the_audit_trail() {
    let stage = beside_the_bundle().await;
    let id = stage.enter_one(order("SO-1"));
    stage.netsuite().bundle_settled().await;
    stage.settle_notices().await;
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_sync_state"), "sent");
    let mark = stage.mark();
    stage.feed().await;
    stage.work().await;
    let calls = stage.calls_since(mark);
    assert!(!calls.iter().any(|call| call == "salesOrder.get"), "{calls:?}");
    let told = echoes(&stage).await;
    assert!(told.iter().any(|echo| echo.contains("own echo, ignored")), "{told:?}");
}

#[tokio::test]
async fn what_staff_save_while_we_write_is_told_by_the_bundle() {
    let stage = beside_the_bundle().await;
    let id = stage.enter_one(order("SO-1"));
    stage.netsuite().bundle_settled().await;
    stage.settle_notices().await;
    // in the same second as our own mark
    stage.netsuite().edit_sales_order(id, &json!({"custbody_amz_cancel_state": "requested"})).unwrap();
    stage.netsuite().bundle_settled().await;
    stage.settle().await;
    let state = text(&stage.sales_order(id), "custbody_amz_cancel_state");
    assert_ne!(state, "", "the wish was seen");
    assert!(stage.count("cancelOrder") == 1, "{state}");
}

#[tokio::test]
async fn later_changes_of_staff_are_no_echo_without_a_notice_either() {
    let stage = beside_the_bundle().await;
    let id = stage.enter_one(order("SO-1"));
    stage.netsuite().bundle_settled().await;
    stage.settle().await;
    stage.netsuite().remove_bundle();
    stage.advance(Duration::from_secs(60));
    stage.netsuite().edit_sales_order(id, &json!({"custbody_amz_cancel_state": "requested"})).unwrap();
    stage.settle().await;
    assert_eq!(stage.count("cancelOrder"), 1);
}
