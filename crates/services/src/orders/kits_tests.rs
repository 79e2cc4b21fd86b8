//! Kits that go as their parts: creation, taking over, edits.

use amz_domain::{AmazonLine, AmazonOrderId, LineNumber, SalesOrderStatus};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::cancellation::wish;
use crate::orders::adopt::adopt;
use crate::orders::fixtures::{line, sales_order, settings};
use crate::orders::plan::{Creation, OrderFacts, OrderPlan, kits_needed, plan};
use crate::orders::reflect;
use crate::ports::amazon::{CreatedLine, NewAmazonLine};
use crate::settings::ServiceSettings;

fn cents(value: i64) -> Decimal {
    Decimal::new(value, 2)
}

fn as_parts() -> ServiceSettings {
    ServiceSettings { kits: Kits::AsParts, ..settings() }
}

fn skus() -> HashMap<ItemId, Sku> {
    ["A", "K", "P", "Q"].map(|item| (ItemId::from(item), Sku::new(format!("SKU-{item}")))).into()
}

fn members(of: &[(&str, u32)]) -> HashMap<ItemId, Vec<KitMember>> {
    let members =
        of.iter().map(|(item, units)| KitMember { item: (*item).into(), quantity: Quantity(*units) });
    HashMap::from([("K".into(), members.collect())])
}

/// K = 2 × P + 1 × Q.
fn kit_k() -> HashMap<ItemId, Vec<KitMember>> {
    members(&[("P", 2), ("Q", 1)])
}

/// Two K at 10.00 on line 1, one A at 5.00 on line 3.
fn order() -> SalesOrder {
    let mut order = sales_order(vec![line(1, "K", 2, cents(1000)), line(3, "A", 1, cents(500))]);
    order.lines[0].kind = ItemKind::Kit;
    order
}

fn decide(
    order: &SalesOrder,
    sent: Option<&SentOrder>,
    kits: &HashMap<ItemId, Vec<KitMember>>,
    settings: &ServiceSettings,
) -> OrderPlan {
    let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
    plan(OrderFacts { order, skus: &skus(), kits, sent, cancellation: None, settings, now })
}

fn created(order: &SalesOrder, settings: &ServiceSettings) -> (Creation, SentOrder) {
    let OrderPlan::Create(creation) = decide(order, None, &kit_k(), settings) else {
        panic!("the order is created")
    };
    let lines = creation
        .order
        .lines
        .iter()
        .zip(1..)
        .map(|(line, number)| CreatedLine { alias: line.alias.clone(), id: format!("L{number}").into() });
    let sent = creation.sent("A-1".into(), &lines.collect::<Vec<_>>()).unwrap();
    (*creation, sent)
}

fn parked(plan: OrderPlan) -> Reason {
    match plan {
        OrderPlan::Park(reason) => reason,
        other => panic!("expected a parked order, got {other:?}"),
    }
}

fn cost(line: &NewAmazonLine) -> Decimal {
    line.unit_price.amount * line.quantity.to_decimal() - line.discount.amount
}

#[test]
fn a_kit_goes_as_one_line_by_default() {
    let (creation, sent) = created(&order(), &settings());
    assert_eq!(creation.lines, [LineNumber(1), LineNumber(3)]);
    assert_eq!(creation.order.lines[0].sku, "SKU-K".into());
    assert!(sent.lines.iter().all(|line| line.part.is_none()));
    assert!(kits_needed(&order(), None, &settings()).is_empty(), "its members are not even read");
}

#[test]
fn a_kit_goes_as_one_line_per_part_that_share_the_order_line() {
    let (creation, sent) = created(&order(), &as_parts());
    assert_eq!(creation.lines, [LineNumber(1), LineNumber(1), LineNumber(3)]);
    let sold: Vec<_> = creation.order.lines.iter().map(|line| (line.sku.as_str(), line.quantity.0)).collect();
    assert_eq!(sold, [("SKU-P", 4), ("SKU-Q", 2), ("SKU-A", 1)]);
    let aliases: Vec<_> = creation.order.lines.iter().map(|line| line.alias.as_str()).collect();
    assert_eq!(aliases, ["42:901/P", "42:901/Q", "42:903"]);
    assert_eq!(creation.order.lines[0].title, "Item K (SKU-P)");
    assert_eq!(creation.order.total.amount, cents(2500));
    // 20.00 over 4 + 2 units: 13.33 and 6.67, at 3.34 and 3.34 each
    assert_eq!(creation.order.lines[0].unit_price.amount, cents(334));
    assert_eq!(cost(&creation.order.lines[0]), cents(1333));
    assert_eq!(cost(&creation.order.lines[1]), cents(667));
    assert_eq!(sent.lines[0].part, Some(KitPart { item: "P".into(), per_kit: Quantity(2) }));
    assert_eq!(sent.lines[0].ordered(), Decimal::TWO);
}

#[test]
fn a_member_that_is_listed_twice_is_one_part_and_one_without_units_is_none() {
    let kits = members(&[("P", 1), ("Q", 1), ("P", 1), ("A", 0)]);
    let OrderPlan::Create(creation) = decide(&order(), None, &kits, &as_parts()) else {
        panic!("the order is created")
    };
    let units: Vec<_> = creation.order.lines.iter().map(|line| line.quantity.0).collect();
    assert_eq!(units, [4, 2, 1]);
}

#[test]
fn a_kit_that_cannot_be_taken_apart_is_parked() {
    for kits in [HashMap::new(), members(&[]), members(&[("P", 0)])] {
        let reason = parked(decide(&order(), None, &kits, &as_parts()));
        assert_eq!(reason.code, "kit_without_parts");
        assert!(reason.cause.contains("line 1 is the kit K"), "{}", reason.cause);
    }
    let unmapped = parked(decide(&order(), None, &members(&[("Z", 1)]), &as_parts()));
    assert_eq!(unmapped.code, "sku_unmapped");
    assert!(unmapped.cause.contains("the part Z on line 1"), "{}", unmapped.cause);
    let endless = parked(decide(&order(), None, &members(&[("P", u32::MAX)]), &as_parts()));
    assert_eq!(endless.code, "amount_too_large");
}

#[test]
fn parts_count_towards_amazons_limit_of_lines() {
    let mut order = sales_order((1..=11).map(|number| line(number, "K", 1, cents(100))).collect());
    order.lines.iter_mut().for_each(|line| line.kind = ItemKind::Kit);
    assert!(matches!(decide(&order, None, &kit_k(), &settings()), OrderPlan::Create(_)));
    let reason = parked(decide(&order, None, &kit_k(), &as_parts()));
    assert_eq!(reason.code, "too_many_lines");
    assert!(reason.cause.contains("22 others"), "{}", reason.cause);
}

#[test]
fn what_a_plan_needs_is_the_parts_not_the_kit() {
    let (order, settings) = (order(), as_parts());
    assert_eq!(kits_needed(&order, None, &settings), ["K".into()]);
    let lines: Vec<&SalesOrderLine> = order.lines.iter().collect();
    let needed = |kits| items_needed(&lines, None, kits, &kit_k());
    assert_eq!(needed(Kits::AsParts), ["A".into(), "P".into(), "Q".into()]);
    assert_eq!(needed(Kits::AsSold), ["A".into(), "K".into()]);
}

#[test]
fn a_sent_kit_settles_with_the_first_parts_id_on_its_line() {
    let (mut order, settings) = (order(), as_parts());
    let (_, sent) = created(&order, &settings);
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &kit_k(), &settings) else {
        panic!("the order is marked")
    };
    assert_eq!(patch.amazon_lines, [(LineNumber(1), "L1".into()), (LineNumber(3), "L3".into())]);
    reflect(&mut order, &patch);
    assert_eq!(decide(&order, Some(&sent), &kit_k(), &settings), OrderPlan::Settled);
}

#[test]
fn a_change_of_the_setting_does_not_touch_what_was_sent() {
    for (before, after) in [(as_parts(), settings()), (settings(), as_parts())] {
        let mut order = order();
        let (_, sent) = created(&order, &before);
        let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &kit_k(), &after) else {
            panic!("nothing is sent again")
        };
        reflect(&mut order, &patch);
        assert_eq!(decide(&order, Some(&sent), &kit_k(), &after), OrderPlan::Settled);
    }
}

#[test]
fn edits_of_a_kit_line_are_counted_in_kits() {
    let settings = as_parts();
    let (_, sent) = created(&order(), &settings);
    let edited = |edit: fn(&mut SalesOrder)| {
        let mut edited = order();
        edit(&mut edited);
        edited.total = edited.lines.iter().map(|line| line.amount).sum();
        decide(&edited, Some(&sent), &kit_k(), &settings)
    };
    let more = parked(edited(|order| order.lines[0].quantity = Decimal::from(3)));
    assert_eq!(more.code, "quantity_changed_after_sending");
    assert!(more.cause.contains("from 2 to 3"), "{}", more.cause);

    let part_only = parked(edited(|order| order.lines[0].kind = ItemKind::Inventory));
    assert_eq!(part_only.code, "item_changed_after_sending");

    let OrderPlan::Change { change, after } = edited(|order| {
        order.lines[0].rate = Some(cents(900));
        order.lines[0].amount = cents(1800);
    }) else {
        panic!("the price is changed")
    };
    assert_eq!(change.total.unwrap().amount, cents(2300));
    assert_eq!(after.lines, sent.lines);
}

#[test]
fn staff_may_close_a_kit_line_once_amazon_cancelled_a_part_of_it() {
    let settings = as_parts();
    let (_, mut sent) = created(&order(), &settings);
    let mut closed = order();
    closed.lines[0].is_closed = true;
    assert!(wish(&closed, &sent).is_some(), "closing a line that Amazon works on asks for its cancellation");
    sent.lines[1].closed = Quantity(1);
    assert_eq!(wish(&closed, &sent), None);
}

#[test]
fn another_kit_on_the_line_is_another_item_and_members_not_read_are_not_judged() {
    let settings = as_parts();
    let (_, sent) = created(&order(), &settings);
    for other in [members(&[("P", 2)]), members(&[("P", 1), ("Q", 1)]), members(&[])] {
        let reason = parked(decide(&order(), Some(&sent), &other, &settings));
        assert_eq!(reason.code, "item_changed_after_sending");
    }
    assert!(matches!(decide(&order(), Some(&sent), &HashMap::new(), &settings), OrderPlan::Mark(_)));
}

/// The order as Amazon would show it.
fn shown(creation: &Creation) -> AmazonOrder {
    let lines = creation.order.lines.iter().zip(1..).map(|(line, number)| AmazonLine {
        id: format!("L{number}").into(),
        alias: Some(line.alias.clone()),
        sku: None,
        quantity: line.quantity,
        names: Vec::new(),
    });
    AmazonOrder {
        id: AmazonOrderId::from("A-1"),
        alias: Some(creation.order.alias.clone()),
        execution: None,
        recipient: Some(creation.order.recipient.clone()),
        lines: lines.collect(),
        packages: Vec::new(),
        cancellations: Vec::new(),
        returns: Vec::new(),
        refunds: Vec::new(),
        links: Vec::new(),
    }
}

#[test]
fn parts_are_taken_over_by_their_aliases() {
    let (order, settings, first) = (order(), as_parts(), Generation::default());
    let (creation, sent) = created(&order, &settings);
    let found = shown(&creation);
    assert_eq!(kits_held_as_parts(&order, &found, first), ["K".into()]);
    let adopted = adopt(&order, &found, first, &kit_k()).unwrap();
    let parts = |sent: &SentOrder| -> Vec<_> {
        sent.lines.iter().map(|line| (line.line, line.part.clone(), line.amazon_line.clone())).collect()
    };
    assert_eq!(parts(&adopted), parts(&sent));

    let OrderPlan::Change { after, .. } = decide(&order, Some(&adopted), &kit_k(), &settings) else {
        panic!("the amounts are sent")
    };
    let skus: Vec<_> = after.lines.iter().map(|line| line.sku.clone().unwrap().to_string()).collect();
    assert_eq!(skus, ["SKU-P", "SKU-Q", "SKU-A"], "each part has its own SKU");

    let reason = adopt(&order, &found, first, &members(&[("Q", 1)])).unwrap_err();
    assert_eq!(reason.code, "alias_taken_by_different_order");
}

#[test]
fn a_kit_that_was_sent_as_sold_is_taken_over_without_its_members() {
    let (creation, _) = created(&order(), &settings());
    let found = shown(&creation);
    assert!(kits_held_as_parts(&order(), &found, Generation::default()).is_empty());
    assert!(adopt(&order(), &found, Generation::default(), &HashMap::new()).is_ok());
}

#[test]
fn members_are_not_asked_for_once_the_order_is_done() {
    let (_, sent) = created(&order(), &as_parts());
    let mut billed = order();
    billed.status = SalesOrderStatus::Billed;
    assert!(kits_needed(&billed, Some(&sent), &as_parts()).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn amounts_of_parts_add_up_to_the_kit_to_the_cent(
        kits in 1u32..9, rate in 0i64..50_000, off_per_mille in 0i64..=1_000,
        tax in -100i64..5_000, delivery in 0i64..3_000,
        per_kit in prop::collection::vec(1u32..7, 1..9),
    ) {
        let gross = rate * i64::from(kits);
        let whole = LineAmounts {
            line: LineNumber(1),
            quantity: Quantity(kits),
            unit_price: cents(rate),
            discount: cents(gross * off_per_mille / 1_000),
            tax: cents(tax),
            delivery_charge: cents(delivery),
        };
        let parts = per_kit.iter().zip(1..).map(|(units, number)| KitPart {
            item: format!("P{number}").into(),
            per_kit: Quantity(*units),
        });
        let pieces = shared(&whole, parts.collect(), 2).unwrap();
        prop_assert_eq!(pieces.len(), per_kit.len());
        let total = |of: fn(&LineAmounts) -> Decimal| -> Decimal {
            pieces.iter().map(|piece| of(&piece.amounts)).sum()
        };
        prop_assert_eq!(total(LineAmounts::total), whole.total());
        prop_assert_eq!(total(|amounts| amounts.tax), whole.tax);
        prop_assert_eq!(total(|amounts| amounts.delivery_charge), whole.delivery_charge);
        for (piece, units) in pieces.iter().zip(&per_kit) {
            let amounts = &piece.amounts;
            prop_assert_eq!(amounts.quantity, Quantity(kits * units));
            let net = amounts.unit_price * amounts.quantity.to_decimal() - amounts.discount;
            prop_assert!(amounts.unit_price.scale() <= 2 && net >= Decimal::ZERO, "{:?}", amounts);
            prop_assert!(amounts.discount >= Decimal::ZERO && amounts.delivery_charge >= Decimal::ZERO);
        }
    }
}
