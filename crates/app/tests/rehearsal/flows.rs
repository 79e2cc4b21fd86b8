//! The use cases, each played once as it usually goes, and the calls that each step may cost. Tokens do not count.
//!
//! `call_budget` holds the budget; the bench `vendor_calls` prints the table.

use std::time::Duration;

use amz_sandbox::amazon::{CancellationReason, ItemCondition, MilestoneCode, ReturnPackageState};
use amz_sandbox::netsuite::BillKind;

use crate::goods::{self, LOCATIONS, grade, new_return, packages};
use crate::money::{billed, staff};
use crate::orders::{order, order_of, pending, units};
use crate::stage::Stage;
use crate::stock_stage::sku;

const LINES: [(u64, u32, &str); 1] = [(101, 2, "9.99")];
const UNSENT: &str = "salesOrder.unsent";

/// What one step of a use case cost.
pub(crate) struct Step {
    /// The use case, 1 to 9.
    pub(crate) use_case: u8,
    /// What happened.
    pub(crate) what: &'static str,
    /// What it may cost, sorted.
    pub(crate) budget: Vec<&'static str>,
    /// What the vendors were asked for, sorted.
    pub(crate) calls: Vec<String>,
}

/// A use case as it is played.
struct Play {
    stage: Stage,
    use_case: u8,
    steps: Vec<Step>,
}

impl Play {
    /// One step: what happens, and all that our side does about it. The change feed does not run.
    async fn step(&mut self, what: &'static str, budget: &[&'static str], happens: impl AsyncFnOnce(&Stage)) {
        let mark = self.stage.mark();
        happens(&self.stage).await;
        self.stage.settle_notices().await;
        let (mut budget, mut calls) = (budget.to_vec(), self.stage.calls_since(mark));
        budget.sort_unstable();
        calls.sort_unstable();
        self.steps.push(Step { use_case: self.use_case, what, budget, calls });
    }
}

/// Plays every use case.
pub(crate) async fn play() -> Vec<Step> {
    let mut steps = orders_and_packages().await;
    steps.extend(cancelled_at_amazon().await);
    steps.extend(cancelled_in_netsuite().await);
    steps.extend(returned_through_amazon().await);
    steps.extend(returned_outside_amazon().await);
    steps.extend(refunds().await);
    steps.extend(stock().await);
    steps
}

/// A stage on which the items are known and the change feed has caught up.
async fn warm(stage: Stage) -> Stage {
    stage.enter_one(order_of("WARM-UP", &[(101, 1, "5.00")]));
    stage.settle().await;
    stage
}

async fn orders_and_packages() -> Vec<Step> {
    let stage = warm(Stage::new().await).await;
    let id = stage.enter_one(order("SO-1"));
    let mut play = Play { stage, use_case: 1, steps: Vec::new() };
    let created = ["salesOrder.get", "createOrder", "salesOrder.patch"];
    play.step("a new order", &created, async |stage| {
        assert_eq!(stage.notify("new", id).await, 200);
    })
    .await;
    play.use_case = 2;
    let shipped = ["order", "packageTracker", "salesOrder.get", "itemFulfillment.transform"];
    let amazon = play.stage.amazon_order(id);
    play.step("a package leaves", &shipped, async |stage| {
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-BUDGET").unwrap();
    })
    .await;
    play.step("a milestone", &["packageTracker", "itemFulfillment.patch"], async |stage| {
        stage.amazon().milestone("1Z-BUDGET", MilestoneCode::OutForDelivery, None, None).unwrap();
    })
    .await;
    play.step("the same event again", &["packageTracker"], async |stage| {
        stage.repeat_event("PACKAGE_TRACKER_MILESTONE_CHANGED", "again").await;
    })
    .await;
    play.steps
}

async fn cancelled_at_amazon() -> Vec<Step> {
    let stage = warm(goods::stage(&[]).await).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let mut play = Play { stage, use_case: 3, steps: Vec::new() };
    let closed = ["order", "salesOrder.get", "salesOrder.patch"];
    play.step("Amazon cannot ship an order", &closed, async |stage| {
        let (package, reason) = (&pending(&amazon).id, CancellationReason::Unfulfillable);
        stage.amazon().cancel_units(&amazon.id, package, vec![units(&amazon, 0, 2)], reason).unwrap();
    })
    .await;
    play.steps
}

async fn cancelled_in_netsuite() -> Vec<Step> {
    let stage = goods::stage(&[]).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    let mut play = Play { stage, use_case: 4, steps: Vec::new() };
    // the wish, and Amazon's answer a minute later
    let asked = ["salesOrder.get", "order", "cancelOrder", "salesOrder.patch"];
    let answered = ["salesOrder.get", "order", "salesOrder.patch", "salesOrder.patch"];
    play.step("staff cancel, Amazon agrees", &[asked, answered].concat(), async |stage| {
        stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
        assert_eq!(stage.notify("cancel", id).await, 200);
        goods::intake_and_work(stage).await;
        stage.advance(Duration::from_secs(55));
    })
    .await;
    play.steps
}

async fn returned_through_amazon() -> Vec<Step> {
    let stage = goods::stage(&LOCATIONS).await;
    let (_, amazon) = goods::delivered(&stage, "SO-1", &LINES).await;
    let mut play = Play { stage, use_case: 5, steps: Vec::new() };
    let begun = ["order", "salesOrder.get", "returnAuthorization.transform", "returnAuthorization.get"];
    let mut back = String::new();
    play.step("a return begins", &begun, async |stage| {
        let new = new_return(&[units(&amazon, 0, 2)], Vec::new());
        back = stage.amazon().start_return(&amazon.id, new).unwrap();
    })
    .await;
    let package = packages(&play.stage, &amazon.id, &back)[0].clone();
    play.step("its package moves", &["order", "returnAuthorization.patch"], async |stage| {
        let moved = ReturnPackageState::InTransit;
        stage.amazon().move_return_package(&amazon.id, &back, &package, moved).unwrap();
    })
    .await;
    play.step("it arrives", &["order", "returnAuthorization.patch"], async |stage| {
        let arrived = ReturnPackageState::Delivered;
        stage.amazon().move_return_package(&amazon.id, &back, &package, arrived).unwrap();
    })
    .await;
    let received = ["order", "returnAuthorization.get", "itemReceipt.transform"];
    play.step("it is graded", &received, async |stage| {
        grade(stage, &amazon.id, &back, &units(&amazon, 0, 2), ItemCondition::Sellable);
    })
    .await;
    play.step("the return ends", &["order"], async |stage| {
        stage.amazon().complete_return(&amazon.id, &back).unwrap();
    })
    .await;
    play.steps
}

async fn returned_outside_amazon() -> Vec<Step> {
    let stage = goods::stage(&LOCATIONS).await;
    let (id, _) = goods::delivered(&stage, "SO-1", &LINES).await;
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[goods::staff(1, 1)], true).unwrap();
    let mut play = Play { stage, use_case: 6, steps: Vec::new() };
    let told = [
        "documents.orderOf",
        "order",
        "returnAuthorization.get",
        "updateOrder",
        "order",
        "returnAuthorization.patch",
    ];
    let notice = async |stage: &Stage, key: &str, event: &str| {
        assert_eq!(stage.notify_of(key, ("returnauthorization", made), event).await, 200);
    };
    play.step("staff authorize a return", &told, async |stage| notice(stage, "made", "create").await).await;
    let ended = ["order", "returnAuthorization.get", "updateOrder"];
    play.step("staff receive it", &ended, async |stage| {
        stage.netsuite().receive(made, &[]).unwrap();
        notice(stage, "received", "edit").await;
    })
    .await;
    play.steps
}

async fn refunds() -> Vec<Step> {
    let stage = warm(Stage::new().await).await;
    let (sold, _) = billed(&stage, order("SO-1"), BillKind::Invoice).await;
    let mut play = Play { stage, use_case: 7, steps: Vec::new() };
    let paid = [
        "order",
        "salesOrder.get",
        "documents.ofOrder",
        "documents.ofOrder",
        "documents.ofOrder",
        "invoice.get",
        "creditMemo.transform",
        "creditMemo.get",
        "updateOrder",
    ];
    play.step("Amazon asks for a refund", &paid, async |stage| {
        sold.request(stage, 1, None);
    })
    .await;
    play.step("the same event again", &["order"], async |stage| {
        stage.repeat_event("REFUND_REQUESTED", "again").await;
    })
    .await;
    let steps = play.steps;

    let stage = warm(Stage::new().await).await;
    let (_, bill) = billed(&stage, order("SO-2"), BillKind::Invoice).await;
    let memo = stage.netsuite().issue_credit_memo(("invoice", bill), &[staff(1)]).unwrap();
    let mut play = Play { stage, use_case: 8, steps };
    let told = [
        "documents.orderOf",
        "documents.orderOf",
        "order",
        "documents.ofOrder",
        "documents.ofOrder",
        "documents.ofOrder",
        "creditMemo.get",
        "invoice.get",
        "updateOrder",
        "order",
        "creditMemo.patch",
    ];
    play.step("staff issue a refund", &told, async |stage| {
        assert_eq!(stage.notify_of("memo", ("creditmemo", memo), "create").await, 200);
    })
    .await;
    play.steps
}

async fn stock() -> Vec<Step> {
    let stage = Stage::with_stock(&[("INVENTORY__ROAD", "crawl")]).await;
    for item in 1..=3 {
        stage.stock(item, 10, 10);
    }
    stage.amazon().set_stock(&sku(1), 9).unwrap();
    stage.settle().await;
    stage.full_run("warm-up").await;
    let mut play = Play { stage, use_case: 9, steps: Vec::new() };
    let compared = ["getInventorySummaries", "stockItems.find", UNSENT, UNSENT];
    let written = ["inventoryAdjustment.create", "stockItems.find", UNSENT, UNSENT];
    play.step("stock of an item changes", &[compared, written].concat(), async |stage| {
        stage.amazon().set_stock(&sku(1), 15).unwrap();
    })
    .await;
    play.step("the same event again", &compared, async |stage| {
        stage.repeat_event("INVENTORY_CHANGED", "again").await;
    })
    .await;
    let page = "getInventorySummaries";
    let run = [page, UNSENT, UNSENT, "stockItems.page", UNSENT, UNSENT];
    play.step("a full run of one page, none off", &run, async |stage| {
        stage.advance(Duration::from_secs(60));
        stage.ask_for_run("run", false, &[]).await;
    })
    .await;
    play.steps
}
