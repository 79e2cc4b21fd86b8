//! `amz demo`.

use crate::process::{Ended, amz};

const BUILT_IN: &str = include_str!("../../../../fixtures/demo/sales-orders.json");

fn agreed(ended: &Ended) -> serde_json::Value {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report = ended.json();
    assert_eq!(report["agree"], true);
    report
}

#[test]
fn the_demo_prints_timelines_and_a_table_and_both_sides_agree() {
    let ended = amz(&["demo"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for expected in [
        "SO1001 (sales order ",
        "createOrder of order",
        "packages at Amazon",
        "address_incomplete",
        "delivered, delivered",
        "NOBODY-KNOWS-IT: unmapped",
        ": 1 repaired, ",
        "    markFulfillment package ",
        "Amazon's figure",
        "both sides agree",
    ] {
        assert!(ended.out.contains(expected), "{expected:?} in {}", ended.out);
    }
    for progress in
        ["✓ parcels arrive", "✓ a webhook is lost", "✓ staff miscount, and a full run puts stock right (5)"]
    {
        assert!(ended.err.contains(progress), "{progress:?} in {}", ended.err);
    }
}

#[test]
fn the_demo_plays_on_a_database_server_that_nobody_has_used_yet() {
    let database = amz_temporary_postgres::new_database().unwrap();
    let report = agreed(&amz(&["demo", "--json", "--store", &database]));
    assert_eq!(report["orders"].as_array().unwrap().len(), 10);
    let again = amz(&["demo", "--json", "--store", &database]);
    assert_ne!(again.code, Some(0));
    assert!(again.err.contains("holds a store already"), "{again:?}");
    assert!(!again.err.contains("user=postgres"), "an address may carry a password: {again:?}");
}

#[test]
fn with_json_the_demo_prints_one_document() {
    let report = agreed(&amz(&["demo", "--json"]));
    let orders = report["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 10);
    for order in orders {
        let id = order["sales_order"].as_str().unwrap();
        assert!(!report["timelines"][id].as_array().unwrap().is_empty(), "{order}");
        let is_sent = order["number"] != "SO1008";
        assert_eq!(order["sync_state"], if is_sent { "sent" } else { "parked" });
        assert_eq!(order["amazon_order"].as_str().unwrap().is_empty(), !is_sent);
    }
    let stock = report["stock"].as_array().unwrap();
    assert_eq!(stock.len(), 5);
    let strainers = stock.iter().find(|item| item["item"] == "STRAINER").unwrap();
    // the unit of the parked order is neither at Amazon nor for sale
    assert_eq!((&strainers["unsent"], &strainers["ordered"]), (&1.into(), &1.into()), "{strainers}");
    assert_eq!(report["full_run"]["run"]["phase"], "done");
    assert_eq!(report["reconciliation"]["summary"]["outcomes"]["repaired"], 1);
}

#[test]
fn on_a_bad_day_both_sides_agree() {
    agreed(&amz(&["demo", "--json", "--faults", "light"]));
}

#[test]
fn on_terrible_days_both_sides_agree() {
    for seed in ["7", "8"] {
        let arguments = ["demo", "--json", "--orders-count", "25", "--faults", "heavy", "--seed", seed];
        assert_eq!(agreed(&amz(&arguments))["orders"].as_array().unwrap().len(), 25);
    }
}

#[test]
fn a_merchants_orders_are_taken_as_json_lines_and_as_an_array() {
    let folder = tempfile::tempdir().unwrap();
    let orders: Vec<serde_json::Value> = serde_json::from_str(BUILT_IN).unwrap();
    let lines: Vec<String> = orders[..2].iter().map(ToString::to_string).collect();
    let array = serde_json::to_string(&orders[..2]).unwrap();
    for (name, text) in [("orders.jsonl", lines.join("\n")), ("orders.json", array)] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let report = agreed(&amz(&["demo", "--json", "--orders", file.to_str().unwrap()]));
        let numbers: Vec<_> =
            report["orders"].as_array().unwrap().iter().map(|order| &order["number"]).collect();
        assert_eq!(numbers, ["SO1001", "SO1002"]);
    }
}

#[test]
fn orders_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = amz(&["demo", "--orders", folder.path().join("absent.json").to_str().unwrap()]);
    assert_eq!(absent.code, Some(1), "{absent:?}");
    assert!(absent.err.contains("absent.json cannot be read"), "{}", absent.err);
    let file = folder.path().join("orders.jsonl");
    std::fs::write(&file, "{}\n{\"tranId\": ").unwrap();
    let broken = amz(&["demo", "--orders", file.to_str().unwrap()]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.err.contains("line 2"), "{}", broken.err);
}

#[test]
fn wrong_use_exits_with_2() {
    let wrong: [&[&str]; 5] = [
        &[],
        &["demo", "--fault", "light"],
        &["demo", "--faults", "mild"],
        &["demo", "--seed", "x"],
        &["play"],
    ];
    for arguments in wrong {
        let ended = amz(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        assert!(ended.out.is_empty());
    }
}

#[test]
fn a_folder_that_holds_something_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("accelerator.db"), "mine").unwrap();
    let ended = amz(&["demo", "--data", folder.path().to_str().unwrap()]);
    assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
    assert!(ended.err.contains("is not empty"), "{}", ended.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read(folder.path().join("accelerator.db")).unwrap(), b"mine");
}
