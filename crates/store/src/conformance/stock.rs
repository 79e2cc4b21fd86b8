//! What is remembered of stock.

use amz_domain::{FulfillmentSku, InventoryItemId, Quantity, Sku, StockFigures, StockReading, StockRunId};
use amz_services::intent::{IntentChange, IntentKey, NewIntent, Operation};
use amz_services::inventory::{Absence, KnownStock};
use amz_services::look::{Look, LookOutcome};
use amz_services::work::{Ask, Claim, Lane, LaneKey, Lease};

use super::Stores;
use super::samples::{at, claim_all, claim_one, is_lost, look, mark, order, request, shop};
use super::stock_runs::{drift, run};

fn lane_of(connection: &str, lane: Lane) -> LaneKey {
    LaneKey { connection: connection.into(), lane }
}

async fn held(stores: &Stores, connection: &str, lane: Lane, ask: Ask) -> Claim {
    let key = lane_of(connection, lane);
    mark(stores, [request(key.clone(), ask, 0)]).await;
    let claim = claim_one(stores, 0).await;
    assert_eq!(claim.lease.key, key);
    claim
}

/// Holds the lane of stock levels.
pub async fn levels(stores: &Stores) -> Lease {
    held(stores, "shop", Lane::StockLevels, Ask::StockOf("MUG".into())).await.lease
}

pub fn skus(names: &[&str]) -> Vec<Sku> {
    names.iter().map(|name| Sku::from(*name)).collect()
}

pub fn reading(sku: &str, fulfillable: u32, read_s: i64) -> StockReading {
    StockReading {
        sku: sku.into(),
        fulfillment_sku: Some("X00AB".into()),
        condition: Some("NewItem".to_owned()),
        figures: Some(StockFigures {
            fulfillable: Some(Quantity(fulfillable)),
            unfulfillable: Some(Quantity(0)),
            ..StockFigures::default()
        }),
        changed_at: Some(at(-1_000)),
        read_at: at(read_s),
    }
}

fn shown(reading: &StockReading) -> KnownStock {
    KnownStock { sku: reading.sku.clone(), reading: Some(reading.clone()), absence: None }
}

fn absent(since_s: i64, last_s: i64, times: u32) -> Option<Absence> {
    Some(Absence { since: at(since_s), last: at(last_s), times })
}

async fn known_one(stores: &Stores, sku: &str) -> Option<KnownStock> {
    let mut known = stores.stock.known(&shop(), &skus(&[sku])).await.unwrap();
    assert!(known.len() <= 1, "{known:?}");
    known.pop()
}

pub async fn readings_come_back_as_they_were_kept(stores: &Stores) {
    let lease = levels(stores).await;
    let mut readings = vec![reading("MUG", 7, 1), reading("ä \"q\" / 'é'", 0, 2), reading("TEE", 3, 3)];
    readings[2].figures = None;
    readings[2].fulfillment_sku = None;
    readings[2].changed_at = None;
    assert_eq!(stores.stock.keep_readings(&lease, &readings).await.unwrap(), 3);
    let asked = skus(&["ä \"q\" / 'é'", "TEE", "NOBODY", "MUG", "TEE"]);
    let known = stores.stock.known(&shop(), &asked).await.unwrap();
    let expected = [&readings[0], &readings[2], &readings[1]].map(shown);
    assert_eq!(known, expected, "by SKU, each once, and nothing of what was never heard of");
    assert_eq!(stores.stock.known(&"other".into(), &asked).await.unwrap(), []);
    assert_eq!(stores.stock.known(&shop(), &[]).await.unwrap(), []);
}

pub async fn only_a_later_reading_replaces_what_is_kept(stores: &Stores) {
    let lease = levels(stores).await;
    let keep = async |readings: &[StockReading]| stores.stock.keep_readings(&lease, readings).await.unwrap();
    assert_eq!(keep(&[reading("MUG", 7, 10)]).await, 1);
    assert_eq!(keep(&[reading("MUG", 6, 9), reading("MUG", 5, 10)]).await, 0);
    assert_eq!(known_one(stores, "MUG").await, Some(shown(&reading("MUG", 7, 10))));
    assert_eq!(keep(&[reading("MUG", 4, 11), reading("TEE", 1, 1), reading("TEE", 2, 1)]).await, 2);
    assert_eq!(known_one(stores, "MUG").await, Some(shown(&reading("MUG", 4, 11))));
    assert_eq!(known_one(stores, "TEE").await, Some(shown(&reading("TEE", 1, 1))));
}

pub async fn an_absence_counts_once_per_instant(stores: &Stores) {
    let lease = levels(stores).await;
    stores.stock.keep_readings(&lease, &[reading("MUG", 7, 5)]).await.unwrap();
    for (second, times) in [(10, 1), (10, 1), (20, 2), (15, 2), (30, 3)] {
        stores.stock.note_absent(&lease, &skus(&["MUG", "NEW"]), at(second)).await.unwrap();
        let last_s = if second == 15 { 20 } else { second };
        let absence = absent(10, last_s, times);
        let mug = KnownStock { absence, ..shown(&reading("MUG", 7, 5)) };
        assert_eq!(known_one(stores, "MUG").await, Some(mug), "the reading stays");
        let never_shown = KnownStock { sku: "NEW".into(), reading: None, absence };
        assert_eq!(known_one(stores, "NEW").await, Some(never_shown));
    }
}

pub async fn an_absence_never_overrules_a_later_reading(stores: &Stores) {
    let lease = levels(stores).await;
    stores.stock.keep_readings(&lease, &[reading("MUG", 7, 10)]).await.unwrap();
    stores.stock.note_absent(&lease, &skus(&["MUG"]), at(9)).await.unwrap();
    assert_eq!(known_one(stores, "MUG").await, Some(shown(&reading("MUG", 7, 10))));
}

pub async fn a_kept_reading_ends_an_absence_and_one_from_before_it_does_not(stores: &Stores) {
    let lease = levels(stores).await;
    let keep = async |read_s| {
        let kept = stores.stock.keep_readings(&lease, &[reading("MUG", 7, read_s)]).await.unwrap();
        (kept, known_one(stores, "MUG").await.unwrap().absence)
    };
    for second in [10, 20] {
        stores.stock.note_absent(&lease, &skus(&["MUG"]), at(second)).await.unwrap();
    }
    assert_eq!(keep(19).await, (0, absent(10, 20, 2)), "sent before Amazon did not show it");
    assert_eq!(keep(20).await, (1, None));
    stores.stock.note_absent(&lease, &skus(&["MUG"]), at(30)).await.unwrap();
    assert_eq!(keep(25).await, (0, absent(30, 30, 1)), "an absence that ended does not count any more");
    assert_eq!(keep(31).await, (1, None));
}

pub async fn known_stock_is_paged_and_counted_by_connection(stores: &Stores) {
    let other = held(stores, "other", Lane::StockLevels, Ask::StockOf("B".into())).await.lease;
    stores.stock.keep_readings(&other, &[reading("B", 1, 1), reading("Z", 1, 1)]).await.unwrap();
    let lease = levels(stores).await;
    assert_eq!(stores.stock.known_count(&shop()).await.unwrap(), 0);
    let readings = ["b", "10", "A", "9", "a"].map(|sku| reading(sku, 1, 1));
    stores.stock.keep_readings(&lease, &readings).await.unwrap();
    stores.stock.keep_readings(&lease, &[reading("A", 2, 2)]).await.unwrap();
    stores.stock.note_absent(&lease, &skus(&["C", "a"]), at(3)).await.unwrap();
    assert_eq!(stores.stock.known_count(&shop()).await.unwrap(), 6);
    assert_eq!(stores.stock.known_count(&"other".into()).await.unwrap(), 2);
    let page = async |after: Option<&str>, limit| {
        let page = stores.stock.known_page(&shop(), after.map(Sku::from), limit).await.unwrap();
        page.into_iter().map(|known| known.sku.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 4).await, ["10", "9", "A", "C"]);
    assert_eq!(page(Some("C"), 4).await, ["a", "b"]);
    assert_eq!(page(Some("B"), 1).await, ["C"], "the place need not be known itself");
    assert!(page(Some("b"), 4).await.is_empty());
    assert!(page(None, 0).await.is_empty());
}

pub async fn the_skus_of_thousands_are_known_in_one_call(stores: &Stores) {
    let lease = levels(stores).await;
    let readings: Vec<_> = (0..3_000).map(|number| reading(&format!("S{number:05}"), number, 1)).collect();
    for some in readings.chunks(500) {
        stores.stock.keep_readings(&lease, some).await.unwrap();
    }
    let asked: Vec<Sku> = readings.iter().rev().map(|reading| reading.sku.clone()).collect();
    let known = stores.stock.known(&shop(), &asked).await.unwrap();
    assert_eq!(known, readings.iter().map(shown).collect::<Vec<_>>());
}

pub async fn skus_that_share_their_units_find_each_other(stores: &Stores) {
    let other = held(stores, "other", Lane::StockLevels, Ask::StockOf("B".into())).await.lease;
    stores.stock.keep_readings(&other, &[reading("ELSEWHERE", 1, 1)]).await.unwrap();
    let lease = levels(stores).await;
    let of = |sku: &str, fulfillment_sku: Option<&str>, read_s| StockReading {
        fulfillment_sku: fulfillment_sku.map(Into::into),
        ..reading(sku, 1, read_s)
    };
    let mug = of("MUG", Some("X1"), 1);
    let readings = [mug.clone(), of("CUP", Some("X1"), 1), of("TEE", Some("X2"), 1), of("PAN", None, 1)];
    stores.stock.keep_readings(&lease, &readings).await.unwrap();
    stores.stock.note_absent(&lease, &skus(&["CUP", "NEW"]), at(2)).await.unwrap();
    let sharing = async |asked: &[&str]| {
        let asked: Vec<FulfillmentSku> = asked.iter().map(|asked| FulfillmentSku::from(*asked)).collect();
        stores.stock.sharing(&shop(), &asked).await.unwrap()
    };
    let cup = KnownStock { absence: absent(2, 2, 1), ..shown(&readings[1]) };
    assert_eq!(sharing(&["X1", "NOBODY", "X1"]).await, [cup.clone(), shown(&mug)]);
    assert_eq!(sharing(&[]).await, []);
    // the reading that is kept tells, and no other
    let later = [of("MUG", Some("X2"), 5), of("TEE", Some("X1"), 0)];
    stores.stock.keep_readings(&lease, &later).await.unwrap();
    assert_eq!(sharing(&["X1"]).await, [cup]);
    assert_eq!(sharing(&["X2"]).await, [shown(&later[0]), shown(&readings[2])]);
}

pub async fn skus_are_looked_at_again_when_they_are_due(stores: &Stores) {
    let lease = levels(stores).await;
    let again = [("MUG", Some(at(60))), ("LAMP", Some(at(30))), ("CUP", Some(at(90))), ("PAN", Some(at(10)))];
    let again = again.map(|(sku, again_at)| (Sku::from(sku), again_at));
    stores.stock.look_again(&lease, &again).await.unwrap();
    // replaced, and taken back
    stores.stock.look_again(&lease, &[("MUG".into(), Some(at(20))), ("PAN".into(), None)]).await.unwrap();
    let due = async |now_s, limit| stores.stock.due_again(&shop(), at(now_s), limit).await.unwrap();
    assert_eq!(due(19, 10).await, (vec![], Some(at(20))));
    assert_eq!(due(30, 10).await, (skus(&["MUG", "LAMP"]), Some(at(90))));
    assert_eq!(due(30, 1).await, (skus(&["MUG"]), Some(at(30))), "the rest is due already");
    assert_eq!(due(90, 10).await, (skus(&["MUG", "LAMP", "CUP"]), None));
    assert_eq!(stores.stock.due_again(&"other".into(), at(90), 10).await.unwrap(), (vec![], None));
}

pub async fn the_skus_of_inventory_items_are_remembered(stores: &Stores) {
    let lease = levels(stores).await;
    let pair = |item: &str, sku: &str| (InventoryItemId::from(item), Sku::from(sku));
    stores.stock.keep_skus(&lease, &[pair("i2", "MUG"), pair("i1", "TEE")]).await.unwrap();
    stores.stock.keep_skus(&lease, &[pair("i2", "CUP")]).await.unwrap();
    let asked = ["i2", "i3", "i1"].map(InventoryItemId::from);
    let known = stores.stock.skus_of(&shop(), &asked).await.unwrap();
    assert_eq!(known, [pair("i1", "TEE"), pair("i2", "CUP")]);
    assert_eq!(stores.stock.skus_of(&"other".into(), &asked).await.unwrap(), []);
}

pub async fn what_an_old_holder_remembers_of_stock_is_refused(stores: &Stores) {
    let old = levels(stores).await;
    let new = claim_one(stores, 15).await.lease;
    let id = StockRunId::from("r1");
    assert!(is_lost(stores.stock.keep_readings(&old, &[reading("MUG", 1, 1)]).await));
    assert!(is_lost(stores.stock.note_absent(&old, &skus(&["MUG"]), at(1)).await));
    assert!(is_lost(stores.stock.write_run(&old, &run("r1", 1)).await));
    assert!(is_lost(stores.stock.write_report(&old, &id, &[drift("9", "1")], true).await));
    assert!(is_lost(stores.stock.keep_skus(&old, &[("i1".into(), "MUG".into())]).await));
    assert!(is_lost(stores.stock.look_again(&old, &[("MUG".into(), Some(at(1)))]).await));
    assert_eq!(stores.stock.due_again(&shop(), at(1), 1).await.unwrap(), (vec![], None));
    assert_eq!(stores.stock.known_count(&shop()).await.unwrap(), 0);
    assert_eq!(stores.stock.runs(&shop(), 10).await.unwrap(), []);
    assert_eq!(stores.stock.report(&shop(), &id, 0, 10).await.unwrap(), []);
    assert_eq!(stores.stock.skus_of(&shop(), &["i1".into()]).await.unwrap(), []);
    assert_eq!(stores.stock.keep_readings(&new, &[reading("MUG", 1, 1)]).await.unwrap(), 1);
}

pub async fn both_lanes_of_stock_are_claimed_with_their_asks_and_tell_what_happened(stores: &Stores) {
    let run_request = run("r1", 0).request;
    let asked = [
        (Lane::StockReading, vec![Ask::ReadStock(run_request)]),
        (
            Lane::StockLevels,
            vec![
                Ask::StockChanged("i1".into()),
                Ask::StockOf("M U G".into()),
                Ask::CompareStock("r1".into()),
            ],
        ),
    ];
    for (lane, asks) in &asked {
        let key = lane_of("shop", lane.clone());
        mark(stores, asks.iter().map(|ask| request(key.clone(), ask.clone(), 0))).await;
    }
    for claim in claim_all(stores, 0).await {
        let lane = &claim.lease.key.lane;
        let (_, asks) = asked.iter().find(|(of, _)| of == lane).unwrap();
        assert_eq!(claim.asks, *asks);
        let line = format!("{lane} was looked at");
        let told = Look { lines: vec![line.clone()], outcome: LookOutcome::Settled, ..look(&claim) };
        stores.lanes.complete(&claim, &told, vec![]).await.unwrap();
        let timeline = stores.operations.timeline(&claim.lease.key).await.unwrap();
        assert_eq!(timeline.len(), 1, "{timeline:?}");
        assert!(format!("{timeline:?}").contains(&line), "{timeline:?}");
    }
    assert_eq!(claim_all(stores, 1_000).await, []);
    assert_eq!(stores.operations.timeline(&order("1")).await.unwrap(), []);
}

pub async fn every_operation_comes_back_by_its_word(stores: &Stores) {
    let lease = levels(stores).await;
    for operation in Operation::ALL {
        let key = IntentKey(operation.as_str().to_owned());
        let subject = "amz-ia-r1-1".to_owned();
        stores.ledger.plan(&lease, &NewIntent { key: key.clone(), operation, subject }, at(1)).await.unwrap();
        stores.ledger.change(&lease, &key, &IntentChange::Sent, at(2)).await.unwrap();
        let known = stores.ledger.unsettled(&lease.key).await.unwrap();
        assert!(known.iter().any(|intent| intent.key == key && intent.operation == operation), "{known:?}");
    }
}
