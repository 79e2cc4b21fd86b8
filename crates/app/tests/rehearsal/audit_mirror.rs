//! The copy of the audit trail inside NetSuite.

use std::time::Duration;

use crate::f20_audit_trail::matching_trail;
use crate::orders::order;
use crate::stage::Stage;

#[tokio::test]
async fn writes_are_copied_to_netsuite_once_and_the_trail_still_matches_the_wire() {
    let stage = Stage::with(&[("AUDIT__MIRROR", "true")]).await;
    stage.enter_one(order("SO-1"));
    stage.settle().await;
    let [mirror] = &stage.sync().mirrors[..] else { panic!("one connection is copied") };
    stage.advance(Duration::from_secs(60));
    let copied = mirror.turn().await.unwrap();
    stage.advance(Duration::from_secs(60));
    assert_eq!(mirror.turn().await.unwrap(), 0, "copying is not copied");

    let trail = matching_trail(&stage).await;
    let mut writes: Vec<_> = trail
        .iter()
        .filter(|record| record.intent.is_some() && record.job.is_some())
        .map(|record| record.operation.clone())
        .collect();
    writes.sort();
    assert!(writes.contains(&"createOrder".to_owned()), "{writes:?}");
    let rows = stage.netsuite().records("customrecord_amz_audit_log");
    let mut shown: Vec<_> =
        rows.iter().map(|row| row["custrecord_amz_audit_operation"].as_str().unwrap().to_owned()).collect();
    shown.sort();
    assert_eq!(shown, writes);
    assert_eq!((copied, stage.count("customrecord_amz_audit_log.upsert")), (writes.len(), writes.len()));
}

#[tokio::test]
async fn nothing_is_copied_unless_it_is_wanted() {
    let stage = Stage::new().await;
    assert!(stage.sync().mirrors.is_empty());
}
