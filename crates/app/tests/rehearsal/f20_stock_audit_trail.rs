//! F-20 for stock: the trail says of the Selling Partner API what it saw.

use std::collections::HashSet;

use amz_sandbox::amazon::PageFault;
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::audit::CallOutcome;

use crate::f20_audit_trail::{assert_discreet, matching_trail};
use crate::log::Log;
use crate::orders::order;
use crate::stage::Stage;
use crate::stock_stage::sku;

#[tokio::test]
async fn f20_audit_trail_of_stock_matches_the_wire() {
    let log = Log::listen();
    let stage = Stage::with_stock_at(&[("INVENTORY__ROAD", "crawl")], |vendors| {
        vendors.amazon.sp_api.habits.page_size = 2;
    })
    .await;
    for item in 101..=105 {
        stage.stock(item, 10, 7);
    }
    stage.full_run("first").await;
    // all that can go wrong with a call for stock, one after the other
    let faults = [
        Fault::ServerError,
        Fault::TooManyRequests { retry_after_s: Some(0) },
        Fault::LostAnswer,
        Fault::MalformedJson,
        Fault::RevokedToken,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let nth = CallSelector::Nth(2);
        stage.fault(Vendor::Amazon, "getInventorySummaries", nth, fault);
        stage.full_run(&format!("fault-{number}")).await;
        stage.clear_faults();
    }
    stage.fault(Vendor::Amazon, "lwaToken", CallSelector::Nth(1), Fault::ServerError);
    stage.amazon().expire_sp_api_tokens();
    stage.full_run("token").await;
    stage.clear_faults();
    stage.amazon().fail_page(PageFault { page: 2, status: 503, times: 1 });
    stage.amazon().receive(&sku(103), 1).unwrap();
    let id = stage.enter_one(order("SO-1"));
    stage.full_run("last").await;

    let trail = matching_trail(&stage).await;
    let of_stock = trail.iter().filter(|record| record.operation == "getInventorySummaries");
    let outcomes: HashSet<CallOutcome> = of_stock.clone().map(|record| record.outcome).collect();
    for outcome in [
        CallOutcome::Success,
        CallOutcome::ServerError,
        CallOutcome::Throttled,
        CallOutcome::NoAnswer,
        CallOutcome::Unreadable,
        CallOutcome::Credentials,
    ] {
        assert!(outcomes.contains(&outcome), "no call for stock ended with {outcome:?}");
    }
    for record in of_stock {
        let lane = record.lane.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(lane.contains("stock/"), "{record:?}");
        assert!(record.code.is_some() || record.outcome == CallOutcome::Success, "{record:?}");
    }
    let named: HashSet<_> = trail.iter().map(|record| record.operation.as_str()).collect();
    for operation in [
        "inventoryItem",
        "stockItems.page",
        "stockItems.find",
        "salesOrder.unsent",
        "inventoryAdjustment.create",
    ] {
        assert!(named.contains(operation), "{operation} did not happen: {named:?}");
    }
    assert_discreet(&stage, &log, &trail, &[id]).await;
}
