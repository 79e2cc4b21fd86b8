//! Sales orders against the sandbox: reading, writing, and what refusals mean.

mod netsuite_support;

use amz_domain::{Channel, Currency, LineNumber, SalesOrderStatus, SyncState};
use amz_sandbox::{CallSelector, Fault};
use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use amz_services::ports::SalesOrders;
use amz_services::ports::netsuite::SalesOrderPatch;
use netsuite_support::{World, order, token_based, world};
use serde_json::json;

#[tokio::test]
async fn amounts_pass_through_with_every_digit() {
    let world = world().await;
    let mut given = order();
    let text = r#"[{"line": 1, "item": {"refName": "SHIP"}, "itemType": "InvtPart", "quantity": 1,
        "rate": 12345678901234567.89, "amount": 12345678901234567.89},
        {"line": 2, "item": {"refName": "CENT"}, "itemType": "InvtPart", "quantity": 1, "rate": 0.10, "amount": 0.10},
        {"line": 3, "item": {"refName": "MUG"}, "itemType": "InvtPart", "quantity": 1, "rate": 19.90, "amount": 19.90}]"#;
    given["item"]["items"] = serde_json::from_str(text).unwrap();
    let [id] = world.load(vec![given])[..] else { panic!() };
    let read = world.netsuite.read(&id.to_string().into()).await.unwrap().unwrap();
    let amounts: Vec<_> = read.lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["12345678901234567.89", "0.10", "19.90"]);
    let rates: Vec<_> = read.lines.iter().map(|line| line.rate.unwrap().to_string()).collect();
    assert_eq!(rates, amounts);
    assert_eq!(read.total.to_string(), "12345678901234587.89");
}

#[tokio::test]
async fn an_order_is_read_with_address_lines_and_kinds() {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let read = world.netsuite.read(&id.to_string().into()).await.unwrap().unwrap();
    assert_eq!(read.status, SalesOrderStatus::PendingFulfillment);
    assert_eq!(read.currency, Currency::USD);
    assert_eq!(read.created_at, "2026-03-01T17:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(read.ship_to.postal_code.as_deref(), Some("98101"));
    assert_eq!(read.ship_to.country.as_deref(), Some("US"));
    assert_eq!(read.lines.iter().map(|line| line.kind.is_goods()).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(read.lines.iter().map(|line| line.line.0).collect::<Vec<_>>(), [1, 2, 3]);
    let keys: std::collections::HashSet<_> = read.lines.iter().map(|line| &line.unique_key).collect();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn an_order_that_is_not_there_is_absent_and_no_failure() {
    let world = world().await;
    assert_eq!(world.netsuite.read(&"999999".into()).await.unwrap(), None);
    assert_eq!(world.recorded.all().len(), 1);
}

#[tokio::test]
async fn a_patch_reaches_body_and_lines_and_repeats_without_harm() {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let id = id.to_string().into();
    let patch = SalesOrderPatch {
        amazon_order: Some("322-1".into()),
        channel: Some(Channel::MultiChannel),
        sync_state: Some(SyncState::Sent),
        sync_message: Some("on its way".to_owned()),
        amazon_lines: vec![(LineNumber(1), "line-a".into()), (LineNumber(2), "line-b".into())],
        close: vec![LineNumber(2)],
        ..SalesOrderPatch::default()
    };
    for _ in 0..2 {
        world.netsuite.patch(&id, &patch).await.unwrap();
        let read = world.netsuite.read(&id).await.unwrap().unwrap();
        assert_eq!(read.marks.amazon_order, Some("322-1".into()));
        assert_eq!(read.marks.channel, Some(Channel::MultiChannel));
        assert_eq!(read.marks.sync_message.as_deref(), Some("on its way"));
        let lines: Vec<_> =
            read.lines.iter().map(|line| (line.amazon_line.clone(), line.is_closed)).collect();
        assert_eq!(lines, [(Some("line-a".into()), false), (Some("line-b".into()), true), (None, false)]);
        assert_eq!(read.lines[0].quantity, 3.into(), "what the patch does not name stays");
    }
    let emptied = SalesOrderPatch { sync_message: Some(String::new()), ..SalesOrderPatch::default() };
    world.netsuite.patch(&id, &emptied).await.unwrap();
    let read = world.netsuite.read(&id).await.unwrap().unwrap();
    assert_eq!((read.marks.sync_message, read.marks.sync_state), (None, Some(SyncState::Sent)));
}

#[tokio::test]
async fn an_empty_patch_sends_nothing() {
    let world = world().await;
    world.netsuite.patch(&"1".into(), &SalesOrderPatch::default()).await.unwrap();
    assert_eq!(world.recorded.all(), []);
}

#[tokio::test]
async fn a_field_that_the_account_does_not_have_is_refused_by_name() {
    let world = World::with(token_based(), |settings| {
        settings.fields.order_id = "custbody_amz_ordr_id".to_owned();
    });
    let world = world.await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let patch = SalesOrderPatch { amazon_order: Some("322-1".into()), ..SalesOrderPatch::default() };
    let error = world.netsuite.patch(&id.to_string().into(), &patch).await.unwrap_err();
    assert_eq!((error.failure, error.operation), (Failure::Refused, "salesOrder.patch"));
    assert!(error.message.contains("custbody_amz_ordr_id"), "{}", error.message);
}

#[tokio::test]
async fn a_busy_account_is_a_throttle_although_its_answer_is_no_json() {
    for (retry_after_s, wait) in [(None, None), (Some(3), Some(std::time::Duration::from_secs(3)))] {
        let world = world().await;
        let [id] = world.load(vec![order()])[..] else { panic!() };
        world.fault("salesOrder.get", CallSelector::Nth(1), Fault::TooManyRequests { retry_after_s });
        let error = world.netsuite.read(&id.to_string().into()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Throttled { wait });
        let recorded = world.recorded.all();
        assert_eq!((recorded.len(), recorded[0].outcome), (1, CallOutcome::Throttled));
    }
}

#[tokio::test]
async fn the_same_fault_means_less_for_a_read_than_for_a_write() {
    let cases = [
        (Fault::ServerError, Failure::Unavailable, Failure::Unclear),
        (Fault::ServerErrorAfterCommit, Failure::Unavailable, Failure::Unclear),
        (Fault::LostAnswer, Failure::Unavailable, Failure::Unclear),
        (Fault::DropBefore, Failure::Unavailable, Failure::Unclear),
    ];
    for (fault, read, write) in cases {
        let world = world().await;
        let [id] = world.load(vec![order()])[..] else { panic!() };
        let id = id.to_string().into();
        world.fault("salesOrder.get", CallSelector::Nth(1), fault.clone());
        world.fault("salesOrder.patch", CallSelector::Nth(1), fault.clone());
        assert_eq!(world.netsuite.read(&id).await.unwrap_err().failure, read, "{fault:?}");
        let patch = SalesOrderPatch { amazon_order: Some("322-1".into()), ..SalesOrderPatch::default() };
        assert_eq!(world.netsuite.patch(&id, &patch).await.unwrap_err().failure, write, "{fault:?}");
        assert_eq!(world.recorded.all().len(), 2, "nothing is sent twice");
    }
}

#[tokio::test]
async fn a_document_that_breaks_off_is_unreadable() {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.fault("salesOrder.get", CallSelector::Nth(1), Fault::MalformedJson);
    let error = world.netsuite.read(&id.to_string().into()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreadable);
    assert_eq!(world.recorded.all()[0].outcome, CallOutcome::Unreadable);
}

#[tokio::test]
async fn nothing_that_listens_is_not_sent() {
    let world = world().await;
    let netsuite = world.netsuite.clone();
    world.running.shutdown().await;
    let error = netsuite.read(&"1".into()).await.unwrap_err();
    assert_eq!(error.failure, Failure::NotSent);
    assert_eq!(error.to_string(), "salesOrder.get failed: the request did not leave [not_sent]");
}

#[tokio::test]
async fn what_the_shopper_is_called_is_not_recorded() {
    let world = world().await;
    let mut given = order();
    given["custbody_amz_shopper_identity"] = json!("identity-token-of-a-shopper");
    let [id] = world.load(vec![given])[..] else { panic!() };
    let read = world.netsuite.read(&id.to_string().into()).await.unwrap().unwrap();
    assert_eq!(read.marks.shopper_identity.as_deref(), Some("identity-token-of-a-shopper"));
    let recorded = format!("{:?}", world.recorded.all());
    for personal in ["Lovelace", "St James", "ada@example.com", "identity-token"] {
        assert!(!recorded.contains(personal), "{personal}");
    }
}
