//! F-20: the log that always says success.

use std::collections::BTreeMap;

use amz_sandbox::amazon::MilestoneCode;
use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault, Faults, Vendor};
use amz_services::audit::{AuditEntry, AuditEvent, AuditQuery, CallOutcome, CallRecord};
use amz_services::work::Lane;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use crate::log::Log;
use crate::money::{DOCUMENTS, billed, staff, taxed};
use crate::orders::{EMAIL, STREET, order, pending};
use crate::stage::{SIGNING_SECRET, Stage, WEBHOOK_SECRET};
use crate::wire::WireCall;

/// What both sides can say about one call: vendor, operation, method, path, status, outcome.
type Line = (String, String, String, String, Option<u16>, &'static str);

/// How a call ended, told from what the vendor did.
fn outcome(call: &WireCall) -> CallOutcome {
    let answered = matches!(call.fault, None | Some(Fault::Slow { .. }));
    match &call.fault {
        Some(Fault::LostAnswer | Fault::DropBefore) => return CallOutcome::NoAnswer,
        Some(Fault::TooManyRequests { .. } | Fault::GraphQlThrottle) => return CallOutcome::Throttled,
        // of NetSuite's answer to a write only status and `Location` matter, so its body may be anything
        Some(Fault::MalformedJson) if call.answered_in_body() => return CallOutcome::Unreadable,
        _ => {}
    }
    match call.status {
        None => CallOutcome::NoAnswer,
        Some(401) => CallOutcome::Credentials,
        // the Selling Partner API says so of an access token that it does not take
        Some(403) if call.path.starts_with("/sp-api/") => CallOutcome::Credentials,
        Some(404) => CallOutcome::Absent,
        Some(429) => CallOutcome::Throttled,
        Some(500..) => CallOutcome::ServerError,
        Some(400..) => CallOutcome::Refused,
        Some(_) if call.fault == Some(Fault::RevokedToken) && call.operation != "token" => {
            CallOutcome::Credentials
        }
        Some(_) if call.vendor == Vendor::Amazon && call.response.contains("\"errors\"") && answered => {
            amazon_refusal(&call.response)
        }
        Some(_) => CallOutcome::Success,
    }
}

/// Amazon says no inside HTTP 200.
fn amazon_refusal(response: &str) -> CallOutcome {
    match response {
        text if text.contains("ResourceNotFoundError") => CallOutcome::Absent,
        text if text.contains("AccessDenied") || text.contains("Unauthorized") => CallOutcome::Credentials,
        text if text.contains("Throttling") => CallOutcome::Throttled,
        text if text.contains("InternalError") => CallOutcome::ServerError,
        _ => CallOutcome::Refused,
    }
}

fn seen(call: &WireCall) -> Line {
    let vendor = match call.vendor {
        Vendor::Amazon => "amazon",
        Vendor::NetSuite => "netsuite",
    };
    let (operation, method, path) = (call.operation.clone(), call.method.clone(), call.path.clone());
    (vendor.to_owned(), operation, method, path, call.status, outcome(call).as_str())
}

fn told(record: &CallRecord) -> Line {
    let (operation, method, path) = (record.operation.clone(), record.method.clone(), record.path.clone());
    // the vendors name a mutation only
    let operation = operation.strip_suffix(".refunds").map_or(operation.clone(), str::to_owned);
    (record.vendor.as_str().to_owned(), operation, method, path, record.status, record.outcome.as_str())
}

fn counted(lines: impl Iterator<Item = Line>) -> BTreeMap<Line, usize> {
    let mut counted = BTreeMap::new();
    lines.for_each(|line| *counted.entry(line).or_default() += 1);
    counted
}

/// Everything that must never show: credentials, and whom and where an order goes to.
fn confidential(stage: &Stage) -> Vec<String> {
    let netsuite = stage.netsuite().settings();
    let mut words = vec![
        stage.amazon().settings().client_secret.clone(),
        stage.amazon().settings().sp_api.client_secret.clone(),
        stage.amazon().settings().sp_api.refresh_token.clone(),
        // how access and refresh tokens of Login with Amazon begin
        "Atza|".to_owned(),
        "Atzr|".to_owned(),
        netsuite.consumer_secret,
        netsuite.token_secret,
        WEBHOOK_SECRET.to_owned(),
        SIGNING_SECRET.trim_start_matches("whsec_").to_owned(),
        EMAIL.to_owned(),
        STREET.to_owned(),
        "555-0100".to_owned(),
        "Ada Example".to_owned(),
        "oauth_signature".to_owned(),
        "Bearer ".to_owned(),
    ];
    words.extend(stage.settings.connections[0].bwp.client_secret.expose_secret().lines().map(str::to_owned));
    words
}

/// Orders that go to Amazon, ship and arrive on a terrible day.
async fn terrible_day(stage: &Stage) -> Vec<u64> {
    stage.vendors.sandbox.faults.add_all(Faults::heavy(7));
    let ids = stage.enter((0..15).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle_under_faults().await;
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &format!("1Z-{id}")).unwrap();
    }
    stage.settle_under_faults().await;
    for id in &ids {
        stage.amazon().milestone(&format!("1Z-{id}"), MilestoneCode::OutForDelivery, None, None).unwrap();
    }
    stage.settle_under_faults().await;
    ids
}

/// True for a call that changes something at a vendor.
fn is_write(record: &CallRecord) -> bool {
    let named = |words: &[&str]| words.iter().any(|word| record.operation.contains(word));
    match record.vendor {
        amz_services::audit::Vendor::Amazon => named(&["createOrder", "updateOrder", "cancelOrder"]),
        amz_services::audit::Vendor::NetSuite => named(&[".create", ".patch", ".transform", ".upsert"]),
    }
}

/// The trail of a connection as operators read it, page by page.
async fn entries(stage: &Stage, lane: Option<Lane>) -> Vec<AuditEntry> {
    let connection = stage.settings.connections[0].name.clone();
    let mut query = AuditQuery {
        connection,
        lane,
        since: None,
        until: None,
        only_failures: false,
        after: None,
        limit: 97,
    };
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let page = stage.sync().state.audit(&query).await.unwrap();
        let Some(last) = page.last() else { return entries };
        query.after = Some(last.position);
        entries.extend(page);
    }
}

/// Every call of the trail has one entry, which says for what it was made: each look its job, each write its intent.
async fn assert_correlated(stage: &Stage, trail: &[CallRecord]) {
    let entries = entries(stage, None).await;
    let calls = entries.iter().filter_map(|entry| match &entry.event {
        AuditEvent::Call(call) => Some(call.as_ref()),
        AuditEvent::Echo { .. } => None,
    });
    assert!(calls.eq(trail), "one entry per call");
    for record in trail {
        assert_eq!(record.job.is_some(), record.lane.is_some(), "a look has a job: {record:?}");
        assert!(record.intent.is_some() || !is_write(record), "a write has an intent: {record:?}");
        let copies = record.operation == "customrecord_amz_audit_log.upsert";
        assert!(record.intent.is_none() || record.job.is_some() || copies, "lanes write: {record:?}");
    }
    // all calls of a look were asked for by the same notices
    let mut asked: BTreeMap<(String, i64), &[String]> = BTreeMap::new();
    for entry in &entries {
        let (lane, job) = match &entry.event {
            AuditEvent::Call(call) => (call.lane.as_ref(), call.job),
            AuditEvent::Echo { lane, job, .. } => (Some(lane), *job),
        };
        match lane.zip(job) {
            Some((lane, job)) => {
                let notices = asked.entry((lane.to_string(), job)).or_insert(&entry.notices);
                assert_eq!(*notices, entry.notices, "{entry:?}");
            }
            None => assert!(entry.notices.is_empty(), "{entry:?}"),
        }
    }
}

/// The audit trail, which says of every call what the vendors saw of it.
pub(crate) async fn matching_trail(stage: &Stage) -> Vec<CallRecord> {
    let wire = stage.wire();
    let trail = stage.sync().state.calls(DateTime::<Utc>::UNIX_EPOCH, 100_000).await.unwrap();
    // a connection that the vendor had closed may be noticed before anything is sent
    let sent = trail.iter().filter(|record| record.outcome != CallOutcome::NotSent);
    let (seen, told) = (counted(wire.iter().map(seen)), counted(sent.map(told)));
    let missing: Vec<_> = seen.iter().filter(|(line, count)| told.get(*line) != Some(*count)).collect();
    let invented: Vec<_> = told.iter().filter(|(line, count)| seen.get(*line) != Some(*count)).collect();
    assert!(missing.is_empty() && invented.is_empty(), "wire {missing:#?}\ntrail {invented:#?}");
    assert_correlated(stage, &trail).await;
    trail
}

/// The notices that came, as the trail names them.
async fn notices(stage: &Stage) -> Vec<String> {
    let mut names = Vec::new();
    for feed in &stage.sync().intake.feeds {
        let stored = feed.after(0, 100_000).await.unwrap();
        names.extend(stored.iter().map(|notice| format!("{}/{}", feed.name(), notice.id)));
    }
    names
}

/// Nothing confidential shows in trail, log and timelines.
pub(crate) async fn assert_discreet(stage: &Stage, log: &Log, trail: &[CallRecord], ids: &[u64]) {
    let mut public = format!("{trail:?}\n{}", log.text());
    for id in ids {
        for entry in stage.timeline(*id).await {
            public.push_str(&entry.text);
            public.push('\n');
        }
    }
    for word in confidential(stage) {
        let found = public.find(&word).map(|at| public[at.saturating_sub(300)..].chars().take(600).collect());
        assert_eq!(found, None::<String>, "{word:?} shows");
    }
}

#[tokio::test]
async fn f20_audit_trail_matches_the_wire() {
    let log = Log::listen();
    let stage = Stage::new().await;
    let ids = terrible_day(&stage).await;
    assert_eq!(stage.netsuite().fulfillments().len(), ids.len());

    let trail = matching_trail(&stage).await;

    // the day was terrible enough for the comparison to mean something
    let outcomes: std::collections::HashSet<_> = trail.iter().map(|record| record.outcome).collect();
    for outcome in [
        CallOutcome::Success,
        CallOutcome::Throttled,
        CallOutcome::ServerError,
        CallOutcome::Credentials,
        CallOutcome::Unreadable,
        CallOutcome::NoAnswer,
    ] {
        assert!(outcomes.contains(&outcome), "no call ended with {outcome:?}");
    }
    for record in &trail {
        assert!(record.attempt >= 1);
        let failed = !matches!(record.outcome, CallOutcome::Success | CallOutcome::Absent);
        assert!(record.code.is_some() || !failed, "a failure without a code: {record:?}");
        assert!(record.code.is_none() || record.outcome != CallOutcome::Success, "{record:?}");
        let of_an_order = !matches!(record.operation.as_str(), "token" | "salesOrder.changed");
        assert_eq!(record.lane.is_some(), of_an_order, "{record:?}");
    }
    assert!(trail.iter().any(|record| record.attempt == 2), "a refused token is tried once more");

    // what Amazon told of shipping and arrival is named by the calls that it led to, order by order
    let known: std::collections::HashSet<_> = notices(&stage).await.into_iter().collect();
    for id in &ids {
        let entries = entries(&stage, Some(Stage::lane(*id).lane)).await;
        let asked: std::collections::BTreeSet<_> = entries.iter().flat_map(|entry| &entry.notices).collect();
        assert!(asked.len() >= 2, "order {id} was asked for by {asked:?}");
        assert!(asked.iter().all(|notice| known.contains(*notice)), "{asked:?} of {known:?}");
        let fulfilled = entries.iter().find(|entry| match &entry.event {
            AuditEvent::Call(call) => call.operation == "itemFulfillment.transform",
            AuditEvent::Echo { .. } => false,
        });
        assert!(!fulfilled.unwrap().notices.is_empty(), "order {id} was fulfilled because a notice came");
    }

    assert!(log.count("createOrder") > 0, "the log was heard");
    assert_discreet(&stage, &log, &trail, &ids).await;
}

#[tokio::test]
async fn f20_audit_trail_of_refunds_matches_the_wire() {
    let log = Log::listen();
    let payout = [("POLICY__REFUND_PAYMENT", "customer_refund"), ("MAPPING__REFUND_ACCOUNT", "121")];
    let stage = Stage::with(&[&[DOCUMENTS], &payout[..]].concat()).await;
    let (sold, invoice) = billed(&stage, taxed("SO-1", 3, "10.00", "3.00"), BillKind::Invoice).await;
    stage.netsuite().pay_invoice(invoice).unwrap();
    stage.netsuite().close_period(2026, 3).unwrap();
    for operation in ["updateOrder", "order"] {
        stage.fault(Vendor::Amazon, operation, CallSelector::Nth(2), Fault::LostAnswer);
    }
    for operation in ["invoice.transform.creditMemo", "customerRefund.create", "creditMemo.get"] {
        stage.fault(Vendor::NetSuite, operation, CallSelector::Nth(1), Fault::ServerError);
    }
    sold.request(&stage, 1, None);
    stage.settle_under_faults().await;
    stage.advance_to("2026-04-02T17:00:00Z".parse().unwrap());
    stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(1)]).unwrap();
    stage.settle_under_faults().await;
    assert_eq!(sold.refunds(&stage).len(), 2);

    let trail = matching_trail(&stage).await;
    let named: std::collections::HashSet<_> = trail.iter().map(|record| record.operation.as_str()).collect();
    for operation in [
        "documents.changed",
        "documents.orderOf",
        "documents.ofOrder",
        "invoice.get",
        "creditMemo.transform",
        "creditMemo.get",
        "creditMemo.patch",
        "customerRefund.create",
        "accountingPeriod.firstOpenDay",
        "updateOrder.refunds",
    ] {
        assert!(named.contains(operation), "{operation} did not happen: {named:?}");
    }
    assert_discreet(&stage, &log, &trail, &[sold.id]).await;
}
