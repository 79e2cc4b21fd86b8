//! F-2: crash between "done there" and "noted here".

use std::sync::Arc;

use amz_sandbox::amazon::{MilestoneCode, Place};
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::ports::records::Backlog;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::f02_borders::Borders;
use crate::mortal::Mortal;
use crate::orders::{fulfilled, order_of, package_lines, pending, text, units};
use crate::stage::Stage;

/// Kills that are played at once, each on a stage of its own.
pub(crate) const RUNS_AT_ONCE: usize = 8;

/// When the carrier saw the parcels: fixed, so that every run tells the same.
const ON_THE_WAY_AT: &str = "2026-03-02T16:10:00Z";
const DELIVERED_AT: &str = "2026-03-02T16:50:00Z";

/// A stage and, until it is killed, the sync role on it.
pub(crate) struct Run {
    pub(crate) stage: Stage,
    pub(crate) mortal: Option<Mortal>,
}

impl Run {
    /// Comes to rest. When the process dies on the way, another one goes on where it left off.
    pub(crate) async fn settle(&mut self) {
        if let Some(mortal) = &self.mortal {
            tokio::select! {
                () = mortal.borders.died() => {}
                () = mortal.come_to_rest(&self.stage) => return,
            }
            self.mortal = None;
            self.stage.restart().await;
        }
        self.stage.settle().await;
    }
}

/// An order goes to Amazon, leaves in two parcels, and both arrive. Returns how it ended on both sides.
async fn story(borders: &Arc<Borders>, lost: Option<(Vendor, &str)>) -> Value {
    let stage = Stage::new().await;
    if let Some((vendor, operation)) = lost {
        stage.fault(vendor, operation, CallSelector::Nth(1), Fault::LostAnswer);
    }
    let mortal = Mortal::on(&stage, borders.clone());
    let mut run = Run { stage, mortal: Some(mortal) };
    let id = run.stage.enter_one(order_of("SO-1", &[(101, 3, "19.90"), (102, 1, "5.25")]));
    run.settle().await;

    let amazon = run.stage.amazon().clone();
    let order = run.stage.amazon_order(id);
    let parts = vec![vec![units(&order, 0, 1), units(&order, 1, 1)], vec![units(&order, 0, 2)]];
    let packages = amazon.split(&order.id, &pending(&order).id, parts).unwrap();
    let numbers = ["1ZFIRST", "1ZSECOND"];
    let place = || Some(Place::new("Louisville", "KY"));
    for (package, number) in packages.iter().zip(numbers) {
        amazon.ship(&order.id, package, "ups", number).unwrap();
        let at = Some(ON_THE_WAY_AT.parse().unwrap());
        amazon.milestone(number, MilestoneCode::InTransit, place(), at).unwrap();
    }
    run.settle().await;

    for number in numbers {
        let at = Some(DELIVERED_AT.parse().unwrap());
        amazon.milestone(number, MilestoneCode::Delivered, place(), at).unwrap();
    }
    run.settle().await;
    outcome(&run.stage, id).await
}

/// What both sides say at the end, without what every run chooses anew.
async fn outcome(stage: &Stage, id: u64) -> Value {
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.backlog().await, Backlog::default());
    assert_eq!(stage.amazon().orders().len(), 1, "one Amazon order");
    let amazon = stage.amazon_order(id);
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_order_id"), amazon.id);
    let lines: Vec<Value> = order["item"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&amazon.lines)
        .map(|(line, held)| {
            assert_eq!(text(line, "custcol_amz_line_id"), held.id);
            json!([line["quantity"], line["quantityFulfilled"], line["isClosed"]])
        })
        .collect();
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), amazon.packages.len(), "one fulfilment per package");
    let of_package = |package: &amz_sandbox::amazon::Package| {
        let wanted = format!("amz-if-{}", package.id);
        let found = fulfillments.iter().find(|found| text(found, "externalId") == wanted).unwrap();
        assert_eq!(text(found, "custbody_amz_order_id"), amazon.id);
        assert_eq!(text(found, "custbody_amz_package_id"), package.id);
        let fields: Vec<(&String, &Value)> = found
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.starts_with("custbody_amz_"))
            .filter(|(name, _)| {
                !["custbody_amz_order_id", "custbody_amz_package_id"].contains(&name.as_str())
            })
            .collect();
        let numbers: Vec<String> = package_lines(found).into_iter().map(|(number, _)| number).collect();
        json!({"fields": fields, "lines": format!("{:?}", fulfilled(found)), "numbers": numbers,
               "date": found["tranDate"], "status": text(found, "shipStatus")})
    };
    json!({
        "status": text(&order, "status"),
        "state": text(&order, "custbody_amz_sync_state"),
        "channel": text(&order, "custbody_amz_channel"),
        "message": text(&order, "custbody_amz_sync_message"),
        "lines": lines,
        "fulfillments": amazon.packages.iter().map(of_package).collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_kill_at_every_border_ends_like_an_undisturbed_run() {
    let borders = Borders::new(None);
    let undisturbed = story(&borders, None).await;
    assert_eq!(undisturbed["lines"], json!([[3, 3, false], [1, 1, false]]));
    let said = undisturbed["fulfillments"].to_string();
    assert_eq!(said.matches("DELIVERED\"").count(), 4, "state and milestone of both parcels: {said}");
    let all = borders.passed();
    for call in
        ["AmazonOrders::create", "SalesOrders::patch", "ItemFulfillments::create", "ItemFulfillments::patch"]
    {
        assert!(all.contains(&format!("after {call}")), "{call} in {all:#?}");
    }

    let mut runs = JoinSet::new();
    for number in 0..all.len() {
        if runs.len() >= RUNS_AT_ONCE {
            runs.join_next().await.unwrap().unwrap();
        }
        let undisturbed = undisturbed.clone();
        runs.spawn(async move {
            let borders = Borders::new(Some(number));
            let ended = story(&borders, None).await;
            assert_eq!(ended, undisturbed, "killed after {:?}", borders.passed().last());
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn f02_a_kill_while_an_answer_is_lost_ends_like_an_undisturbed_run() {
    let undisturbed = story(&Borders::new(None), None).await;
    let writes = [
        (Vendor::Amazon, "createOrder", "AmazonOrders::create"),
        (Vendor::NetSuite, "salesOrder.patch", "SalesOrders::patch"),
        (Vendor::NetSuite, "itemFulfillment.transform", "ItemFulfillments::create"),
        (Vendor::NetSuite, "itemFulfillment.patch", "ItemFulfillments::patch"),
    ];
    for (vendor, operation, call) in writes {
        let borders = Borders::new(None);
        let ended = story(&borders, Some((vendor, operation))).await;
        assert_eq!(ended, undisturbed, "the answer of {operation} was lost");
        let lost = borders.passed().iter().position(|border| *border == format!("after {call}")).unwrap();
        for number in lost..lost + 8 {
            let borders = Borders::new(Some(number));
            let ended = story(&borders, Some((vendor, operation))).await;
            let last = borders.passed().pop();
            assert_eq!(ended, undisturbed, "the answer of {operation} was lost, killed after {last:?}");
        }
    }
}
