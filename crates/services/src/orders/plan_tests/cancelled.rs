//! Orders that are cancelled, whole or in part.

use super::*;

#[test]
fn what_staff_close_or_want_cancelled_is_a_matter_of_the_cancellation_and_nothing_is_changed_at_amazon() {
    let edits: [fn(&mut SalesOrder); 4] = [
        |order| order.status = SalesOrderStatus::Closed,
        |order| order.status = SalesOrderStatus::Cancelled,
        |order| order.lines[0].is_closed = true,
        |order| order.marks.cancel_state = Some(CancelState::Requested),
    ];
    for edit in edits {
        let (mut order, sent) = marked(edit);
        order.total += dollars(100);
        order.shipping_cost += dollars(100);
        assert_eq!(decide(&order, Some(&sent), &settings()), OrderPlan::Cancel);
    }
    let (order, sent) = marked(|_| {});
    let link = CancellationLink {
        amazon_order: sent.amazon_order.clone(),
        state: CancelState::Requested,
        reorder: Vec::new(),
        looks: 0,
    };
    let kits = kits();
    let asked = OrderFacts {
        kits: &kits,
        order: &order,
        skus: &skus(),
        sent: Some(&sent),
        cancellation: Some(&link),
        settings: &settings(),
        now: now(),
    };
    assert_eq!(plan(asked), OrderPlan::Cancel, "asked for, whatever the order says by now");
}

#[test]
fn a_closed_order_gets_amazons_ids_before_it_is_cancelled() {
    let mut order = two_lines();
    let (_, sent) = created(&order, &settings());
    order.status = SalesOrderStatus::Closed;
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) else {
        panic!("the ids are written")
    };
    assert_eq!(patch.amazon_order, Some(sent.amazon_order));
    assert_eq!(patch.sync_state, None);
}

#[test]
fn what_we_did_about_cancelled_units_is_no_edit_of_staff() {
    let (mut order, mut sent) = marked(|_| {});
    order.lines[0].quantity = Decimal::ONE;
    order.lines[0].amount = dollars(1000);
    order.total = dollars(1500);
    assert_eq!(parked(decide(&order, Some(&sent), &settings())), "quantity_changed_after_sending");
    sent.lines[0].reduced = amz_domain::Quantity(1);
    sent.lines[0].closed = amz_domain::Quantity(1);
    let OrderPlan::Change { change, after: _ } = decide(&order, Some(&sent), &settings()) else {
        panic!("the amounts follow")
    };
    assert_eq!(change.total.unwrap().amount, dollars(1500));

    let (mut order, mut sent) = marked(|order| order.lines[0].is_closed = true);
    sent.lines[0].closed = amz_domain::Quantity(2);
    assert_eq!(decide(&order, Some(&sent), &settings()), OrderPlan::Settled, "closed by us");
    sent.lines[0].released = true;
    order.lines[0].is_closed = false;
    order.lines[0].location = Some("9".into());
    order.lines[0].quantity = Decimal::from(2);
    assert_eq!(decide(&order, Some(&sent), &settings()), OrderPlan::Settled, "given to another warehouse");
}

#[test]
fn the_answer_to_a_cancellation_stays_on_the_order_until_staff_empty_its_state() {
    let (mut order, sent) = marked(|order| {
        order.marks.cancel_state = Some(CancelState::Rejected);
        order.marks.sync_message = Some("rejected: already shipping".into());
    });
    assert_eq!(decide(&order, Some(&sent), &settings()), OrderPlan::Settled);
    order.marks.cancel_state = None;
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) else { panic!("it is cleared") };
    assert_eq!(patch.sync_message.as_deref(), Some(""));
}

#[test]
fn an_order_that_staff_cancel_before_amazon_has_it_is_not_sent() {
    let mut order = two_lines();
    order.marks.cancel_state = Some(CancelState::Requested);
    assert!(matches!(decide(&order, None, &settings()), OrderPlan::OutOfScope(_)));
}

#[test]
fn what_stays_is_created_anew_under_the_next_generation_once_amazon_cancelled_the_whole() {
    let (order, sent) = marked(|order| {
        order.lines[0].is_closed = true;
        order.marks.cancel_state = Some(CancelState::Accepted);
    });
    let link = |state| CancellationLink {
        amazon_order: sent.amazon_order.clone(),
        state,
        reorder: vec![LineNumber(3)],
        looks: 0,
    };
    let next = |link: &CancellationLink| {
        plan(OrderFacts {
            kits: &kits(),
            order: &order,
            skus: &skus(),
            sent: Some(&sent),
            cancellation: Some(link),
            settings: &settings(),
            now: now(),
        })
    };
    let OrderPlan::Create(creation) = next(&link(CancelState::Accepted)) else { panic!("it is created") };
    assert_eq!(creation.lines, [LineNumber(3)]);
    assert_eq!(creation.order.alias.as_str(), "1234567:42:1");
    assert_eq!(creation.order.lines[0].alias.as_str(), "42:903:1");
    for state in [CancelState::Requested, CancelState::PartlyAccepted, CancelState::Rejected] {
        assert_eq!(next(&link(state)), OrderPlan::Cancel, "the old order may still ship");
    }
}
