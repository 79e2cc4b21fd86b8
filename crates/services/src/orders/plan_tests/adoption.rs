//! Orders that name an order of Amazon's.

use super::*;

#[test]
fn an_order_that_names_an_amazon_order_is_taken_over_and_never_created_again() {
    let mut order = two_lines();
    order.marks.amazon_order = Some("A-9".into());
    for status in
        [SalesOrderStatus::PendingFulfillment, SalesOrderStatus::PartiallyFulfilled, SalesOrderStatus::Billed]
    {
        order.status = status;
        assert_eq!(decide(&order, None, &settings()), OrderPlan::Adopt);
    }
}

/// The order as Amazon would show it.
fn shown(order: &SalesOrder, creation: &Creation) -> AmazonOrder {
    let lines = creation.order.lines.iter().zip(1..).map(|(line, number)| AmazonLine {
        id: format!("amazon-{number}").into(),
        alias: Some(line.alias.clone()),
        sku: None,
        quantity: line.quantity,
        names: Vec::new(),
    });
    AmazonOrder {
        id: "A-1".into(),
        alias: Some(OrderAlias::of("1234567", &order.id, Generation::default())),
        execution: Some(ExecutionState::Started),
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
fn an_order_that_was_taken_over_tells_amazon_its_amounts_again() {
    let settings = settings();
    let mut order = two_lines();
    let (creation, _) = created(&order, &settings);
    let adopted = adopt(&order, &shown(&order, &creation), Generation::default(), &kits()).unwrap();
    order.lines[0].rate = Some(dollars(900));
    order.lines[0].amount = dollars(1800);
    order.total = dollars(2300);
    let OrderPlan::Change { change, after } = decide(&order, Some(&adopted), &settings) else {
        panic!("the amounts are sent")
    };
    assert_eq!(change.total.unwrap().amount, dollars(2300));
    assert!(matches!(decide(&order, Some(&after), &settings), OrderPlan::Mark(_)), "once");
    order.ship_method = Some("3".into());
    assert_eq!(parked(decide(&order, Some(&after), &settings)), "delivery_changed_after_sending");
}

#[test]
fn an_edit_before_the_take_over_parks_like_one_after_it() {
    let settings = settings();
    let order = two_lines();
    let (creation, _) = created(&order, &settings);
    let held = shown(&order, &creation);
    let after = |edit: fn(&mut SalesOrder)| {
        let mut edited = order.clone();
        edit(&mut edited);
        edited.total = edited.lines.iter().map(|line| line.amount).sum();
        let adopted = adopt(&edited, &held, Generation::default(), &kits()).unwrap();
        parked(decide(&edited, Some(&adopted), &settings))
    };
    assert_eq!(after(|order| order.lines[0].quantity = Decimal::from(5)), "quantity_changed_after_sending");
    assert_eq!(
        after(|order| order.ship_to.line_one = Some("2 Other Road".into())),
        "address_changed_after_sending"
    );
}

#[test]
fn an_amazon_order_with_a_line_that_is_not_ours_is_not_taken_over() {
    let order = two_lines();
    let (creation, _) = created(&order, &settings());
    let mut foreign = shown(&order, &creation);
    foreign.lines[0].alias = Some("77:1".into());
    assert_eq!(
        adopt(&order, &foreign, Generation::default(), &kits()).unwrap_err().code,
        "alias_taken_by_different_order"
    );
    foreign.lines.clear();
    assert_eq!(
        adopt(&order, &foreign, Generation::default(), &kits()).unwrap_err().code,
        "alias_taken_by_different_order"
    );
}

#[test]
fn an_order_of_another_road_is_marked_and_never_changed_at_amazon() {
    let foreign = |order: &SalesOrder| SentOrder {
        is_foreign: true,
        total: None,
        tax: None,
        recipient_digest: Some("as the shop wrote it".to_owned()),
        ..created(order, &settings()).1
    };
    let mut order = two_lines();
    let sent = foreign(&order);
    while let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) {
        apply(&mut order, &patch);
    }
    assert_eq!(
        decide(&order, Some(&sent), &settings()),
        OrderPlan::Settled,
        "amounts and address are its own"
    );

    let mut more = order.clone();
    more.lines[0].quantity += Decimal::ONE;
    assert_eq!(parked(decide(&more, Some(&sent), &settings())), "foreign_order_changed");
    let mut less = order.clone();
    less.lines.pop();
    assert_eq!(parked(decide(&less, Some(&sent), &settings())), "foreign_order_changed");
    let mut added = order;
    added.lines.push(line(9, "A", 1, dollars(100)));
    assert_eq!(parked(decide(&added, Some(&sent), &settings())), "foreign_order_changed");
}
