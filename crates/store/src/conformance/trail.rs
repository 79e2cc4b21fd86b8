//! The audit trail.

use amz_services::audit::{AuditEntry, AuditEvent, AuditKind, AuditQuery, CallOutcome, CallRecord};
use amz_services::intent::IntentKey;
use amz_services::look::Look;
use amz_services::ports::lanes::ChangedRow;
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::{Ask, Lane, LaneKey};

use super::Stores;
use super::operations::call;
use super::samples::{
    at, claim_one, claimed, look, mark, money, order, order_link, order_of, request, shop, told,
};

fn all() -> AuditQuery {
    AuditQuery {
        connection: shop(),
        lane: None,
        since: None,
        until: None,
        only_failures: false,
        after: None,
        limit: 100,
    }
}

async fn trail(stores: &Stores, query: &AuditQuery) -> Vec<AuditEntry> {
    stores.operations.audit(query).await.unwrap()
}

/// Seconds and kinds.
fn places(entries: &[AuditEntry]) -> Vec<(i64, &'static str)> {
    let place =
        |entry: &AuditEntry| ((entry.position.at - at(0)).num_seconds(), entry.position.kind.as_str());
    entries.iter().map(place).collect()
}

async fn echo(stores: &Stores, lane: LaneKey, at_s: i64) {
    let row = ChangedRow {
        position: FeedPosition { modified: at_s.to_string(), id: lane.lane.to_string() },
        request: request(lane, Ask::SalesOrder, at_s),
        echo: Some(format!("row at {at_s}")),
    };
    stores
        .intake
        .accept_changes(&row.request.key.connection.clone(), "orders", vec![row], None)
        .await
        .unwrap();
}

async fn record(stores: &Stores, lane: Option<&str>, at_s: i64, outcome: CallOutcome) -> CallRecord {
    let lane = lane.map(|id| Lane::SalesOrder(id.into()));
    let record = CallRecord { outcome, ..call(lane, at_s) };
    stores.calls.record(&record).await.unwrap();
    record
}

pub async fn calls_keep_their_look_and_their_write(stores: &Stores) {
    let of_a_write = CallRecord {
        job: Some(7),
        intent: Some(IntentKey("createOrder/order 1".to_owned())),
        ..call(Some(Lane::SalesOrder("1".into())), 0)
    };
    stores.calls.record(&of_a_write).await.unwrap();
    assert_eq!(stores.operations.calls(at(0), 9).await.unwrap(), [of_a_write]);
}

pub async fn the_trail_tells_calls_and_echoes_with_the_notices_that_led_to_them(stores: &Stores) {
    mark(stores, [told(request(order("1"), Ask::SalesOrder, 0), "inbox/1", "K")]).await;
    mark(stores, [told(request(order("1"), Ask::AmazonOrder, 0), "inbox/2", "K")]).await;
    let claim = claim_one(stores, 1).await;
    let job = Some(claim.lease.fence);
    let made = CallRecord { job, ..call(Some(claim.lease.key.lane.clone()), 2) };
    stores.calls.record(&made).await.unwrap();
    let another = CallRecord { job: job.map(|job| job + 9), ..made.clone() };
    stores.calls.record(&another).await.unwrap();
    let token = CallRecord { job: None, ..call(None, 1) };
    stores.calls.record(&token).await.unwrap();
    let entries = trail(stores, &all()).await;
    assert!(entries.iter().all(|entry| entry.notices.is_empty()), "the look has not ended");

    let what = "new creditMemo-9: own echo, ignored".to_owned();
    let looked = Look { echoes: vec![what.clone()], ..look(&claim) };
    stores.lanes.complete(&claim, &looked, vec![]).await.unwrap();
    echo(stores, order("1"), 30).await;
    let entries = trail(stores, &all()).await;
    let lane = order("1").lane;
    let events: Vec<_> = entries.iter().map(|entry| entry.event.clone()).collect();
    let expected = [
        AuditEvent::Call(Box::new(token)),
        AuditEvent::Call(Box::new(made)),
        AuditEvent::Call(Box::new(another)),
        AuditEvent::Echo { lane: lane.clone(), job, what },
        AuditEvent::Echo { lane, job: None, what: "row at 30".to_owned() },
    ];
    assert_eq!(events, expected);
    let both = vec!["inbox/1".to_owned(), "inbox/2".to_owned()];
    let notices: Vec<_> = entries.into_iter().map(|entry| entry.notices).collect();
    assert_eq!(notices, [vec![], both.clone(), vec![], both, vec![]]);
}

pub async fn the_trail_is_told_from_an_instant_until_another_and_of_failures_alone(stores: &Stores) {
    use CallOutcome::{Absent, NoAnswer, Refused, Success};
    for (at_s, outcome) in [(5, NoAnswer), (1, Success), (3, Absent), (2, Refused), (4, Success)] {
        record(stores, Some("1"), at_s, outcome).await;
    }
    echo(stores, order("1"), 3).await;
    let [c, e] = [AuditKind::Call, AuditKind::Echo].map(AuditKind::as_str);
    let all = all();
    let told = trail(stores, &all).await;
    assert_eq!(places(&told), [(1, c), (2, c), (3, c), (3, e), (4, c), (5, c)]);
    let between = AuditQuery { since: Some(at(2)), until: Some(at(4)), ..all.clone() };
    assert_eq!(places(&trail(stores, &between).await), [(2, c), (3, c), (3, e)]);
    let failures = AuditQuery { only_failures: true, ..all.clone() };
    assert_eq!(places(&trail(stores, &failures).await), [(2, c), (5, c)]);
    let other = AuditQuery { connection: "other".into(), ..all };
    assert_eq!(trail(stores, &other).await, []);
}

pub async fn the_trail_is_read_page_by_page_without_gap_or_repeat(stores: &Stores) {
    for at_s in [2, 1, 2, 1, 3] {
        record(stores, None, at_s, CallOutcome::Success).await;
        echo(stores, order_of("shop", &at_s.to_string()), at_s).await;
    }
    let whole = trail(stores, &all()).await;
    assert_eq!(whole.len(), 8, "a version is an echo once");
    for limit in 1..4 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = trail(stores, &AuditQuery { after, limit, ..all() }).await;
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit as usize);
            after = Some(last.position);
            read.extend(page);
        }
        assert_eq!(read, whole, "{limit} at a time");
    }
    let after = whole.first().map(|entry| entry.position);
    let from = AuditQuery { after, since: Some(at(2)), ..all() };
    assert_eq!(trail(stores, &from).await.first().map(|entry| entry.position.at), Some(at(2)));
}

pub async fn the_trail_of_an_order_includes_what_happened_before_it_was_known(stores: &Stores) {
    let unknown = LaneKey { connection: shop(), lane: Lane::AmazonOrder("322-A".into()) };
    let early = CallRecord { lane: Some(unknown.lane.clone()), ..call(None, 1) };
    stores.calls.record(&early).await.unwrap();
    echo(stores, unknown, 2).await;
    record(stores, Some("1"), 3, CallOutcome::Success).await;
    record(stores, Some("2"), 3, CallOutcome::Success).await;
    record(stores, None, 3, CallOutcome::Success).await;
    let of_order = AuditQuery { lane: Some(order("1").lane), ..all() };
    assert_eq!(places(&trail(stores, &of_order).await), [(3, "call")]);
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.write_links(&lease, &[order_link("322-A", money("1.00"))]).await.unwrap();
    assert_eq!(places(&trail(stores, &of_order).await), [(1, "call"), (2, "echo"), (3, "call")]);
    let two = AuditQuery { limit: 2, ..of_order };
    assert_eq!(places(&trail(stores, &two).await), [(1, "call"), (2, "echo")]);
}

pub async fn calls_are_read_in_the_order_in_which_they_were_recorded(stores: &Stores) {
    assert_eq!(stores.operations.last_recorded(&shop()).await.unwrap(), 0);
    let mut recorded = Vec::new();
    for at_s in [9, 3, 6] {
        recorded.push(record(stores, None, at_s, CallOutcome::Success).await);
        let other = CallRecord { connection: "other".into(), ..call(None, at_s) };
        stores.calls.record(&other).await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), 0);
    while let Some(entry) = stores.operations.recorded(&shop(), after, 1).await.unwrap().pop() {
        assert!(entry.position.id > after);
        after = entry.position.id;
        let AuditEvent::Call(call) = entry.event else { panic!("{entry:?}") };
        read.push(*call);
    }
    assert_eq!(read, recorded);
    assert_eq!(stores.operations.last_recorded(&shop()).await.unwrap(), after);
    assert_eq!(stores.operations.recorded(&shop(), 0, 99).await.unwrap().len(), 3);
}
