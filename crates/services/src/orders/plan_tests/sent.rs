//! Orders that Amazon has, and what staff change in them.

use super::*;

#[test]
fn a_sent_order_is_marked_once_and_then_settled() {
    let mut order = two_lines();
    let (_, sent) = created(&order, &settings());
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) else {
        panic!("the order is marked")
    };
    assert_eq!(patch.amazon_lines.len(), 2);
    apply(&mut order, &patch);
    assert_eq!(decide(&order, Some(&sent), &settings()), OrderPlan::Settled);
}

#[test]
fn a_changed_price_goes_to_amazon_and_other_edits_park() {
    let settings = settings();
    let order = two_lines();
    let (_, sent) = created(&order, &settings);

    let mut cheaper = order.clone();
    cheaper.lines[0].rate = Some(dollars(900));
    cheaper.lines[0].amount = dollars(1800);
    cheaper.total = dollars(2300);
    let OrderPlan::Change { change, after: _ } = decide(&cheaper, Some(&sent), &settings) else {
        panic!("the price is changed")
    };
    assert_eq!(change.total.unwrap().amount, dollars(2300));

    let edit = |edit: fn(&mut SalesOrder)| {
        let mut edited = order.clone();
        edit(&mut edited);
        edited.total = edited.lines.iter().map(|line| line.amount).sum();
        parked(decide(&edited, Some(&sent), &settings))
    };
    assert_eq!(edit(|order| order.lines[0].quantity = Decimal::from(5)), "quantity_changed_after_sending");
    assert_eq!(
        edit(|order| order.ship_to.line_one = Some("2 Other Road".into())),
        "address_changed_after_sending"
    );
    assert_eq!(edit(|order| order.lines[0].item = "B".into()), "item_changed_after_sending");
    assert_eq!(edit(|order| drop(order.lines.remove(0))), "line_removed_after_sending");
    assert_eq!(edit(|order| order.lines.push(line(5, "A", 1, dollars(100)))), "line_added_after_sending");
    assert_eq!(edit(|order| order.ship_method = Some("3".into())), "delivery_changed_after_sending");
}

#[test]
fn shipped_and_billed_orders_are_left_alone() {
    let order = two_lines();
    let (_, sent) = created(&order, &settings());
    let mut billed = order.clone();
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) else {
        panic!("the order is marked")
    };
    apply(&mut billed, &patch);
    billed.status = SalesOrderStatus::Billed;
    billed.lines[0].quantity = Decimal::from(9);
    assert_eq!(decide(&billed, Some(&sent), &settings()), OrderPlan::Settled);
}

#[test]
fn stopping_an_order_that_amazon_works_on_parks_it() {
    let settings = settings();
    let order = two_lines();
    let (_, sent) = created(&order, &settings);
    let stop = |edit: fn(&mut SalesOrder)| {
        let mut stopped = order.clone();
        edit(&mut stopped);
        parked(decide(&stopped, Some(&sent), &settings))
    };
    assert_eq!(
        stop(|order| order.status = SalesOrderStatus::PendingApproval),
        "approval_withdrawn_after_sending"
    );
    assert_eq!(stop(|order| order.marks.hold = true), "hold_after_sending");

    let mut shipped = order.clone();
    shipped.status = SalesOrderStatus::Closed;
    shipped.lines.iter_mut().for_each(|line| line.quantity_fulfilled = line.quantity);
    assert!(matches!(decide(&shipped, Some(&sent), &settings), OrderPlan::Mark(_)), "all of it shipped");
}
