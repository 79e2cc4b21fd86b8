//! Stock as it changes.

use amz_domain::InventoryItemId;
use rust_decimal::Decimal;

use super::super::world::{Stage, item_id, sku};
use super::super::{RunBeginner, RunPhase, StockItemKind, StockTracking};
use crate::failure::Failure;
use crate::lane::LaneEnd;
use crate::ports::stock::{CatalogProduct, UnsentLine};
use crate::settings::{Alias, Buffer, Counting, MatchBy, StockWriting};
use crate::work::{Ask, Lane};

fn event(number: usize) -> Ask {
    Ask::StockChanged(InventoryItemId::new(format!("inv-{number}")))
}

fn product(number: usize) -> CatalogProduct {
    CatalogProduct {
        inventory_item: Some(InventoryItemId::new(format!("inv-{number}"))),
        sku: Some(sku(number)),
        external_id: None,
    }
}

#[tokio::test]
async fn an_event_brings_its_item_in_step_and_touches_no_other() {
    let stage = Stage::new(&[(7, 5), (3, 9)]);
    stage.world().products = vec![product(0), product(1)];
    stage.levels(&[event(0)]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (7, 9));
    let world = stage.world();
    assert_eq!(world.named, [vec![sku(0)]]);
    assert_eq!((world.documents.len(), world.documents[0].lines.len()), (1, 1));
    assert_eq!(world.documents[0].external_id.as_str(), "amz-ia-main-c20260302T170001Z-1-1");
}

#[tokio::test]
async fn f12_the_arithmetic_is_on_the_line_and_orders_that_amazon_has_are_not_counted_twice() {
    let stage = Stage::new(&[(10, 5)]);
    {
        let mut world = stage.world();
        world.settings.buffer = Buffer { units: Decimal::ONE, share: Decimal::ZERO };
        world.items.get_mut(&item_id(0)).unwrap().levels.committed = Decimal::from(5);
        world.unsent = vec![UnsentLine {
            sales_order: "42".into(),
            item: item_id(0),
            kind: StockItemKind::Inventory,
            quantity: Decimal::TWO,
        }];
    }
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 12);
    assert_eq!(stage.world().items[&item_id(0)].levels.available(), Decimal::from(7));
    let memo = stage.world().documents[0].lines[0].memo.clone();
    assert!(memo.contains("10") && memo.contains("unsent 2") && memo.contains("buffer 1"), "{memo}");
}

#[tokio::test]
async fn what_a_change_came_to_is_told_with_its_arithmetic() {
    let stage = Stage::new(&[(7, 5), (3, 9)]);
    let asks = [Ask::StockOf(sku(0)), Ask::StockOf(sku(1))];
    let LaneEnd::Complete { look, .. } = stage.look(Lane::StockLevels, &asks).await.unwrap() else {
        panic!("the look is not complete")
    };
    let told = look.lines.join("\n");
    assert!(told.contains("2 units: Amazon 7 - unsent 0 - buffer 0 + ordered 0 = 7; was 5"), "{told}");
    assert!(told.contains("-6 units: Amazon 3 - unsent 0 - buffer 0 + ordered 0 = 3; was 9"), "{told}");
}

#[tokio::test]
async fn an_event_twice_or_late_costs_no_second_adjustment() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().products = vec![product(0)];
    stage.levels(&[event(0), Ask::StockOf(sku(0))]).await;
    stage.levels(&[event(0)]).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (7, 1));
    assert_eq!(stage.see(|world| world.product_calls), 1, "the catalogue is asked once");
}

#[tokio::test]
async fn more_than_five_unknown_items_are_looked_for_page_by_page() {
    let stage = Stage::new(&[(7, 5); 8]);
    stage.world().products = (0..8).map(product).collect();
    let asks: Vec<Ask> = (0..6).map(event).collect();
    stage.levels(&asks).await;
    {
        let world = stage.world();
        assert_eq!(
            (world.product_calls, world.catalog_pages),
            (0, 2),
            "no page beyond the last that is needed"
        );
        assert_eq!(world.named[0].len(), 6);
    }
    assert_eq!((stage.on_hand(5), stage.on_hand(6)), (7, 5));
}

#[tokio::test]
async fn an_item_without_a_usable_sku_is_parked_and_the_others_go_on() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.world().products = vec![product(0), CatalogProduct { sku: None, ..product(1) }];
    stage.levels(&[event(0), event(1), event(2)]).await;
    assert_eq!(stage.on_hand(0), 7);
    assert_eq!(
        stage.parked(),
        [
            ("stock-item/inv-1".to_owned(), "product_without_sku".to_owned()),
            ("stock-item/inv-2".to_owned(), "product_not_shown".to_owned())
        ]
    );
    stage.world().products[1] = product(1);
    stage.levels(&[event(1)]).await;
    assert_eq!(stage.parked().len(), 1);
    assert_eq!(stage.on_hand(1), 7);
}

#[tokio::test]
async fn a_sku_that_one_answer_does_not_show_stays_as_it_is() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.world().settings.absent = crate::settings::WhenAbsent::Zero;
    stage.world().amazon.remove(&sku(0));
    for _ in 0..3 {
        stage.levels(&[Ask::StockOf(sku(0)), Ask::StockOf(sku(1))]).await;
    }
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 7));
    let absence = stage.see(|world| world.known.get(&sku(0)).and_then(|known| known.absence));
    assert_eq!(absence, None, "only runs confirm that a SKU is not there any more");
}

#[tokio::test]
async fn an_item_that_is_asked_for_is_looked_at_under_the_skus_that_amazon_shows() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.levels(&[Ask::StockOfItem(item_id(1))]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 7));
    assert_eq!(stage.see(|world| world.named.clone()), [vec![sku(1)]]);
}

#[tokio::test]
async fn a_kit_whose_members_cannot_be_told_is_parked_and_stops_nobody_elses_stock() {
    for failure in [None, Some(Failure::BadRecord)] {
        let stage = Stage::new(&[(7, 5), (7, 5)]);
        let line = UnsentLine {
            sales_order: "42".into(),
            item: "900".into(),
            kind: StockItemKind::Kit,
            quantity: Decimal::ONE,
        };
        stage.world().unsent.push(line);
        stage.world().kit_members = failure.map_or(Ok(Vec::new()), Err);
        stage.levels(&[Ask::StockOf(sku(0))]).await;
        assert_eq!(stage.on_hand(0), 7);
        assert_eq!(stage.parked(), [("kit/900".to_owned(), "stock_kit_unreadable".to_owned())]);
        stage.synchronize(super::super::world::request("r1")).await;
        assert_eq!((stage.on_hand(1), stage.parked().len()), (7, 1));
        stage.world().unsent.clear();
        stage.levels(&[Ask::StockOf(sku(0))]).await;
        assert!(stage.parked().is_empty());
    }
}

#[tokio::test]
async fn sent_orders_are_read_back_for_hours_and_never_for_longer_than_a_day_and_these() {
    let stage = Stage::new(&[(7, 5)]);
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    let back = |stage: &Stage| stage.see(|world| world.now - world.taken_since.unwrap()).num_minutes();
    assert_eq!(back(&stage), 120);
    // an alias that Amazon has not shown for a month
    let month_ago = stage.see(|world| world.now) - chrono::Duration::days(30);
    let alias = |sku, item| Alias { sku, item, counting: Some(Counting::Sum), buffer: None };
    stage.world().settings.aliases = vec![alias("OLD".into(), Some(item_id(0))), alias(sku(0), None)];
    let old = super::super::world::reading_of(&"OLD".into(), Some(0), month_ago);
    let known = super::super::KnownStock { sku: "OLD".into(), reading: Some(old), absence: None };
    stage.world().known.insert("OLD".into(), known);
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(back(&stage), 26 * 60);
}

#[tokio::test]
async fn a_sale_that_amazon_surely_does_not_count_is_taken_off_and_looked_at_again() {
    let stage = Stage::new(&[(10, 13)]);
    {
        let mut world = stage.world();
        // Amazon took three units half an hour ago, and its figures have not moved since the day before
        let taken_at = Some(world.now - chrono::Duration::minutes(30));
        world.taken = vec![super::super::world::taken("42", taken_at, sku(0), 3)];
        world.changed_at = Some(world.now - chrono::Duration::days(1));
        world.items.get_mut(&item_id(0)).unwrap().levels.committed = Decimal::from(3);
    }
    let later = stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 10, "seven to sell, and three for the order");
    let [again] = later.as_slice() else { panic!("{later:?}") };
    assert!(again.due_at > stage.world().now + chrono::Duration::minutes(1));
    // its figures move: now it is counted
    stage.world().changed_at = Some(again.due_at);
    stage.world().amazon.insert(sku(0), Some(7));
    stage.world().now = again.due_at;
    assert_eq!(stage.levels(&[Ask::StockDue]).await, []);
    assert_eq!(stage.on_hand(0), 10);
}

#[tokio::test]
async fn a_sale_that_amazon_may_not_count_yet_costs_no_adjustment_and_is_looked_at_again() {
    let stage = Stage::new(&[(10, 10)]);
    {
        let mut world = stage.world();
        // Amazon took three units a minute ago, and its figure does not show it yet; NetSuite has them committed
        let taken_at = Some(world.now - chrono::Duration::minutes(1));
        world.taken = vec![super::super::world::taken("42", taken_at, sku(0), 3)];
        world.items.get_mut(&item_id(0)).unwrap().levels.committed = Decimal::from(3);
    }
    let later = stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.see(|world| world.sends), 0);
    assert_eq!(later.len(), 1);
    assert_eq!((&later[0].key.lane, &later[0].ask), (&Lane::StockLevels, &Ask::StockDue));
    let due_at = later[0].due_at;
    assert!(due_at > stage.world().now);
    // an earlier look at something else leaves it alone
    let later = stage.levels(&[Ask::StockDue]).await;
    assert_eq!((later.len(), later[0].due_at), (1, due_at));
    // when its time has come Amazon counts the order, and nothing is left to look at
    {
        let mut world = stage.world();
        world.now = due_at;
        world.amazon.insert(sku(0), Some(7));
    }
    assert_eq!(stage.levels(&[Ask::StockDue]).await, []);
    assert_eq!(stage.world().sends, 0);
}

#[tokio::test]
async fn changes_that_would_empty_too_much_wait_as_a_run_of_their_own() {
    let stage = Stage::new(&[(0, 5); 12]);
    let asks: Vec<Ask> = (0..12).map(|number| Ask::StockOf(sku(number))).collect();
    stage.levels(&asks).await;
    assert_eq!(stage.see(|world| world.sends), 0);
    let parked = stage.parked();
    assert_eq!((parked.len(), parked[0].1.as_str()), (1, "stock_brake"));
    let id = parked[0].0.strip_prefix("stock-run/").unwrap().to_owned();
    let run = stage.run(&id);
    assert_eq!((run.request.by, run.phase), (RunBeginner::Change, RunPhase::AwaitingApproval));

    stage.levels(&asks).await;
    assert_eq!(stage.parked().len(), 1, "the same changes again ask no second question");

    stage.levels(&[Ask::Approved { subject: format!("stock-run/{id}") }]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(11)), (0, 0));
    assert!(stage.parked().is_empty());
    assert_eq!(stage.run(&id).phase, RunPhase::Done);
}

#[tokio::test]
async fn a_lot_item_that_is_off_is_parked_until_somebody_adjusted_it() {
    let stage = Stage::new(&[(7, 5), (7, 7)]);
    for number in 0..2 {
        stage.world().items.get_mut(&item_id(number)).unwrap().tracking = StockTracking::Lot;
    }
    let asks = [Ask::StockOf(sku(0)), Ask::StockOf(sku(1))];
    stage.levels(&asks).await;
    assert_eq!(stage.see(|world| world.sends), 0);
    let subject = format!("item/{}", item_id(0));
    assert_eq!(stage.parked(), [(subject, "lot_numbered".to_owned())], "the other is in step");
    stage.world().items.get_mut(&item_id(0)).unwrap().levels.on_hand = Decimal::from(7);
    stage.levels(&asks).await;
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn with_fields_only_the_items_own_fields_are_written() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().settings.write = StockWriting::Fields;
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!((stage.see(|world| world.sends), stage.on_hand(0)), (0, 5));
    let shown: Vec<Decimal> = stage.world().shown.iter().map(|shown| shown.available).collect();
    assert_eq!(shown, [Decimal::from(7)]);
}

#[tokio::test]
async fn a_kit_that_waits_to_go_as_its_parts_keeps_their_units_back() {
    let stage = Stage::new(&[(10, 10)]);
    stage.world().unsent = vec![UnsentLine {
        sales_order: "42".into(),
        item: "500".into(),
        kind: StockItemKind::Kit,
        quantity: Decimal::from(3),
    }];
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 4);
}

#[tokio::test]
async fn items_that_draw_on_the_same_units_are_not_written_when_one_of_their_skus_changes() {
    let stage = Stage::new(&[(5, 5), (5, 5), (5, 5)]);
    stage.world().pools = [(sku(0), "X1".into()), (sku(1), "X1".into()), (sku(2), "X2".into())].into();
    stage.synchronize(super::super::world::request("r1")).await;
    let shared = |stage: &Stage| stage.run("r1").summary.mismatches;
    assert_eq!(shared(&stage), 1);
    stage.world().amazon.extend([(sku(0), Some(9)), (sku(1), Some(9)), (sku(2), Some(9))]);
    stage.levels(&[Ask::StockOf(sku(0)), Ask::StockOf(sku(2))]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1), stage.on_hand(2)), (5, 5, 9));
    assert_eq!(stage.world().named, [vec![sku(0), sku(2)]], "what shares its units is known");
}

#[tokio::test]
async fn a_second_item_with_a_key_of_the_first_is_seen_when_its_alias_changes() {
    let stage = Stage::new(&[(9, 5), (5, 5)]);
    {
        let mut world = stage.world();
        // the first item goes by an alias as well as by its key, which the second has too
        let alias = Alias { sku: "ALIAS".into(), item: Some(item_id(0)), counting: None, buffer: None };
        world.settings.aliases = vec![alias];
        world.amazon.insert("ALIAS".into(), Some(9));
        world.items.get_mut(&item_id(1)).unwrap().key = Some(sku(0).to_string());
        let known = super::super::world::reading_of(&sku(0), Some(9), world.now);
        let known = super::super::KnownStock { sku: sku(0), reading: Some(known), absence: None };
        world.known.insert(sku(0), known);
        world.settings.aliases[0].counting = Some(Counting::Sum);
        let sum = Alias { sku: sku(0), item: None, counting: Some(Counting::Sum), buffer: None };
        world.settings.aliases.push(sum);
    }
    stage.levels(&[Ask::StockOf("ALIAS".into())]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 5), "nobody knows whose units they are");
}

#[tokio::test]
async fn the_catalogue_is_read_to_its_end_and_once_for_many_looks() {
    let stage = Stage::new(&[(7, 5); 4]);
    {
        let mut world = stage.world();
        world.settings.match_by = MatchBy::Catalog;
        let of =
            |number: usize, id: &str| CatalogProduct { external_id: Some(id.to_owned()), ..product(number) };
        // the first and the last stand for one item
        world.products = vec![of(0, "p0"), of(1, "p1"), of(2, "p2"), of(3, "p0")];
        for (number, key) in [(0, "p0"), (1, "p1"), (2, "p2"), (3, "other")] {
            world.items.get_mut(&item_id(number)).unwrap().key = Some(key.to_owned());
        }
        let last = super::super::world::reading_of(&sku(3), Some(7), world.now);
        let last = super::super::KnownStock { sku: sku(3), reading: Some(last), absence: None };
        world.known.insert(sku(3), last);
    }
    stage.levels(&[Ask::StockOf(sku(0)), Ask::StockOf(sku(1))]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 7), "nobody said how several SKUs count");
    stage.levels(&[Ask::StockOf(sku(2))]).await;
    assert_eq!((stage.on_hand(2), stage.see(|world| world.catalog_pages)), (7, 2));

    // what was not there is looked for again, and no more often than now and then
    stage.world().amazon.insert("NEW".into(), Some(8));
    stage.levels(&[Ask::StockOf("NEW".into())]).await;
    assert_eq!(stage.see(|world| world.catalog_pages), 2);
    stage.advance(300);
    stage.world().products[3].sku = Some("NEW".into());
    stage.world().products[3].external_id = Some("other".to_owned());
    stage.levels(&[Ask::StockOf("NEW".into())]).await;
    assert_eq!((stage.on_hand(3), stage.see(|world| world.catalog_pages)), (8, 4));
    stage.advance(3_600);
    stage.levels(&[Ask::StockOf(sku(2))]).await;
    assert_eq!(stage.see(|world| world.catalog_pages), 6, "nothing is remembered for ever");
}

#[tokio::test]
async fn the_other_skus_of_an_item_are_read_before_the_first_of_them_counts_alone() {
    let stage = Stage::new(&[(7, 10)]);
    {
        let mut world = stage.world();
        let summed = |sku: amz_domain::Sku, item: Option<amz_domain::ItemId>| Alias {
            sku,
            item,
            counting: Some(Counting::Sum),
            buffer: None,
        };
        world.settings.aliases = vec![summed(sku(0), None), summed("OLD".into(), Some(item_id(0)))];
        world.amazon.insert("OLD".into(), Some(3));
    }
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 10, "7 and 3");
    assert_eq!(stage.world().sends, 0);
    assert_eq!(stage.world().named, [vec![sku(0)], vec!["OLD".into()]]);
}
