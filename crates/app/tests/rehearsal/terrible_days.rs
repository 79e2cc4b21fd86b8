//! Days on which about one call in five fails and events come late, doubled and shuffled: both sides agree in
//! the end, and nothing is there twice.

use amz_sandbox::Faults;
use amz_sandbox::amazon::{CancellationReason, MilestoneCode, PackageState};
use rust_decimal::Decimal;
use serde_json::json;

use crate::orders::{decimal, fulfilled, line, order_of, package_lines, pending, text, units};
use crate::stage::Stage;

/// Each order has a first line of three units and a second of one. By its number it ships whole, ships in two
/// parcels, ships in part with the rest cancelled, or is cancelled.
async fn play(stage: &mut Stage, count: u32) -> Vec<u64> {
    let one = |number: u32| order_of(&format!("SO-{number}"), &[(101, 3, "9.99"), (102, 1, "20.00")]);
    let ids = stage.enter((0..count).map(one).collect());
    stage.settle_under_faults().await;
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        let whole = pending(&amazon).id.clone();
        let halves = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 0, 2), units(&amazon, 1, 1)]];
        let vendor = stage.amazon();
        match id % 4 {
            0 => vendor.ship(&amazon.id, &whole, "ups", &format!("1Z-{id}")).unwrap(),
            1 => {
                let parts = vendor.split(&amazon.id, &whole, halves).unwrap();
                vendor.ship(&amazon.id, &parts[0], "ups", &format!("1Z-{id}-A")).unwrap();
                vendor.ship_without_tracking(&amazon.id, &parts[1]).unwrap();
                vendor.change_tracking_number(&amazon.id, &parts[1], "usps", &format!("94-{id}-B")).unwrap();
            }
            2 => {
                let parts = vendor.split(&amazon.id, &whole, halves).unwrap();
                vendor.cancel_package(&amazon.id, &parts[1], CancellationReason::Unfulfillable).unwrap();
                vendor.ship(&amazon.id, &parts[0], "ups", &format!("1Z-{id}")).unwrap();
            }
            _ => vendor.cancel_package(&amazon.id, &whole, CancellationReason::CustomerRequested).unwrap(),
        }
    }
    // our side ends and starts again while news wait
    stage.amazon().events_settled().await;
    stage.intake().await;
    stage.restart().await;
    stage.settle_under_faults().await;
    for amazon in stage.amazon().orders() {
        for package in amazon.packages.iter().filter(|package| package.state == PackageState::InTransit) {
            let tracker = package.tracker.as_ref().expect("every parcel has its number by now");
            let number = &tracker.tracking_number;
            stage.amazon().milestone(number, MilestoneCode::OutForDelivery, None, None).unwrap();
            stage.amazon().deliver(&amazon.id, &package.id).unwrap();
        }
    }
    stage.settle_under_faults().await;
    ids
}

fn assert_both_sides_agree(stage: &Stage, id: u64, seed: u64) {
    let case = format!("seed {seed}, order {id}");
    let amazon = stage.amazon_order(id);
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_order_id"), amazon.id, "{case}");
    assert_eq!(text(&order, "custbody_amz_sync_state"), "sent", "{case}");
    let fulfillments = stage.fulfillments(id);
    let shipped: Vec<_> =
        amazon.packages.iter().filter(|package| package.state == PackageState::Delivered).collect();
    assert_eq!(fulfillments.len(), shipped.len(), "{case}");
    for package in shipped {
        let external_id = format!("amz-if-{}", package.id);
        let ours = fulfillments.iter().find(|one| text(one, "externalId") == external_id).expect(&case);
        let contents: Vec<(u64, Decimal)> = package
            .contents
            .iter()
            .map(|part| {
                let position = amazon.lines.iter().position(|line| line.id == part.line_id).unwrap();
                (u64::try_from(position).unwrap() + 1, part.quantity)
            })
            .collect();
        assert_eq!(fulfilled(ours), contents, "{case}");
        assert_eq!(text(ours, "custbody_amz_delivery_state"), "DELIVERED", "{case}");
        assert_eq!(text(ours, "custbody_amz_milestone"), "DELIVERED", "{case}");
        let number = &package.tracker.as_ref().unwrap().tracking_number;
        let numbers: Vec<_> = package_lines(ours).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, std::slice::from_ref(number), "{case}");
    }
    for (index, amazon_line) in amazon.lines.iter().enumerate() {
        let units = |state: PackageState| -> Decimal {
            let packages = amazon.packages.iter().filter(|package| package.state == state);
            let parts = packages.flat_map(|package| &package.contents);
            parts.filter(|part| part.line_id == amazon_line.id).map(|part| part.quantity).sum()
        };
        let line = line(&order, index);
        assert_eq!(decimal(line, "quantityFulfilled"), units(PackageState::Delivered), "{case}");
        let closed = !units(PackageState::Cancelled).is_zero();
        assert_eq!(line["isClosed"], json!(closed), "{case}");
    }
}

async fn rehearse(seed: u64) {
    let mut stage = Stage::built(&[("POLICY__UNCLEAR_WAIT", "5s")], |vendors| {
        vendors.seed = seed;
        vendors.amazon.webhooks.duplicate_permille = 250;
        vendors.amazon.webhooks.reorder_window = 16;
    })
    .await;
    stage.vendors.sandbox.faults.add_all(Faults::heavy(seed));
    let ids = play(&mut stage, 12).await;
    stage.clear_faults();
    stage.settle().await;
    assert_eq!(stage.parked().await, [], "seed {seed}");
    assert_eq!(stage.amazon().orders().len(), ids.len(), "seed {seed}");
    for id in ids {
        assert_both_sides_agree(&stage, id, seed);
    }
}

#[tokio::test]
async fn terrible_days_end_with_both_sides_in_agreement() {
    for seed in seeds() {
        rehearse(seed).await;
    }
}

/// A few days for every run; more with `AMZ_TERRIBLE_DAYS=100`.
fn seeds() -> std::ops::Range<u64> {
    let days = std::env::var("AMZ_TERRIBLE_DAYS").ok().and_then(|days| days.parse().ok());
    1..1 + days.unwrap_or(2)
}
