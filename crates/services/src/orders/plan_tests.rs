//! Plans of use case 1, on plain data.

use std::time::Duration;

use amz_domain::{
    AmazonLine, AmazonOrder, Channel, Generation, ItemKind, LineNumber, OrderAlias, SalesOrderStatus,
};
use rust_decimal::Decimal;

use super::*;
use crate::orders::adopt::adopt;
use crate::orders::fixtures::{line, sales_order, settings};
use crate::ports::amazon::{CreatedLine, Delivery};

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn skus() -> HashMap<ItemId, Sku> {
    HashMap::from([("A".into(), "SKU-A".into()), ("B".into(), "SKU-B".into())])
}

fn decide(order: &SalesOrder, sent: Option<&SentOrder>, settings: &ServiceSettings) -> OrderPlan {
    let kits = kits();
    plan(OrderFacts { order, skus: &skus(), kits: &kits, sent, cancellation: None, settings, now: now() })
}

fn kits() -> HashMap<ItemId, Vec<KitMember>> {
    HashMap::new()
}

fn dollars(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

fn two_lines() -> SalesOrder {
    sales_order(vec![line(1, "A", 2, dollars(1000)), line(3, "B", 1, dollars(500))])
}

fn created(order: &SalesOrder, settings: &ServiceSettings) -> (Creation, SentOrder) {
    let OrderPlan::Create(creation) = decide(order, None, settings) else { panic!("the order is created") };
    let lines: Vec<CreatedLine> = (creation.order.lines.iter().zip(1..))
        .map(|(line, number)| CreatedLine {
            alias: line.alias.clone(),
            id: format!("amazon-{number}").into(),
        })
        .collect();
    let sent = creation.sent("A-1".into(), &lines).unwrap();
    (*creation, sent)
}

fn parked(plan: OrderPlan) -> String {
    match plan {
        OrderPlan::Park(reason) => reason.code,
        other => panic!("expected a parked order, got {other:?}"),
    }
}

#[test]
fn an_eligible_order_is_created_with_aliases_and_its_total() {
    let order = two_lines();
    let (creation, _) = created(&order, &settings());
    assert_eq!(creation.order.alias.as_str(), "1234567:42");
    assert_eq!(creation.order.lines[0].alias.as_str(), "42:901");
    assert_eq!(creation.order.total.amount, dollars(2500));
    assert_eq!(creation.channel, Channel::MultiChannel);
    assert_eq!(creation.lines, [LineNumber(1), LineNumber(3)]);
    assert_eq!(creation.order.lines[0].delivery, Delivery::MultiChannel { speed: "STANDARD".into() });
}

#[test]
fn lines_of_another_warehouse_stay_out_with_their_share_of_the_amounts() {
    let mut order = two_lines();
    order.lines[1].location = Some("9".into());
    order.tax_total = dollars(250);
    order.total += dollars(250);
    let (creation, _) = created(&order, &settings());
    assert_eq!(creation.lines, [LineNumber(1)]);
    assert_eq!(creation.order.total.amount, dollars(2200));
}

#[test]
fn what_is_not_eligible_needs_nobody() {
    let settings = ServiceSettings { go_live: Some("2026-02-01T00:00:00Z".parse().unwrap()), ..settings() };
    let mut unapproved = two_lines();
    unapproved.status = SalesOrderStatus::PendingApproval;
    let mut old = two_lines();
    old.created_at = "2026-01-31T23:59:59Z".parse().unwrap();
    let mut elsewhere = two_lines();
    elsewhere.lines.iter_mut().for_each(|line| line.location = None);
    let mut service = two_lines();
    service.lines.iter_mut().for_each(|line| line.kind = ItemKind::Service);
    let mut held = two_lines();
    held.marks.hold = true;
    for order in [unapproved, old, elsewhere, service, held] {
        assert!(matches!(decide(&order, None, &settings), OrderPlan::OutOfScope(_)), "{order:?}");
    }
}

#[test]
fn f22_an_address_without_a_city_is_parked_and_never_completed() {
    let mut order = two_lines();
    order.ship_to.city = Some("  ".into());
    let OrderPlan::Park(reason) = decide(&order, None, &settings()) else { panic!("the order is parked") };
    assert_eq!(
        (reason.code.as_str(), reason.cause.as_str()),
        ("address_incomplete", "the shipping address has no city")
    );
}

#[test]
fn every_reason_to_park_a_new_order_has_its_code() {
    let mut no_email = two_lines();
    no_email.email = None;
    assert_eq!(parked(decide(&no_email, None, &settings())), "contact_incomplete");

    let mut unknown_item = two_lines();
    unknown_item.lines[0].item = "Z".into();
    assert_eq!(parked(decide(&unknown_item, None, &settings())), "sku_unmapped");

    let mut unmapped = two_lines();
    unmapped.ship_method = Some("99".into());
    assert_eq!(parked(decide(&unmapped, None, &settings())), "ship_method_unmapped");
    let no_default = ServiceSettings { default_ship_speed: None, ..settings() };
    assert_eq!(parked(decide(&two_lines(), None, &no_default)), "ship_method_missing");

    let many = sales_order((1..=21).map(|number| line(number, "A", 1, dollars(100))).collect());
    assert_eq!(parked(decide(&many, None, &settings())), "too_many_lines");

    let mut strange = two_lines();
    strange.lines[0].kind = ItemKind::Unknown("Hologram".into());
    strange.lines[0].amazon_flag = true;
    assert_eq!(parked(decide(&strange, None, &settings())), "item_kind_unknown");
}

#[test]
fn a_prime_line_needs_preview_offer_and_shopper() {
    let mut order = two_lines();
    order.lines[0].preview = Some("preview".into());
    order.lines[0].offer = Some("offer".into());
    assert_eq!(created(&order, &settings()).0.channel, Channel::MultiChannel);
    order.marks.shopper_identity = Some("token".into());
    assert_eq!(created(&order, &settings()).0.channel, Channel::Mixed);
}

#[test]
fn a_hold_window_waits_or_reserves_by_policy() {
    let waiting = ServiceSettings { hold: Duration::from_secs(3 * 3600), ..settings() };
    let until = "2026-03-01T13:00:00Z".parse().unwrap();
    assert_eq!(decide(&two_lines(), None, &waiting), OrderPlan::Wait(until));

    let reserving = ServiceSettings { on_hold: OnHold::Reserve, ..waiting.clone() };
    let mut order = two_lines();
    let (creation, sent) = created(&order, &reserving);
    assert_eq!(creation.order.execution, ExecutionState::NotStarted);
    let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &reserving) else {
        panic!("the order is marked")
    };
    assert_eq!(patch.sync_state, Some(SyncState::Reserved));
    apply(&mut order, &patch);
    assert_eq!(decide(&order, Some(&sent), &reserving), OrderPlan::Wait(until));

    let OrderPlan::Change { change, after: _ } = decide(&order, Some(&sent), &settings()) else {
        panic!("the order is released")
    };
    assert_eq!(change.execution, Some(ExecutionState::Started));
}

fn apply(order: &mut SalesOrder, patch: &SalesOrderPatch) {
    order.apply_for_test(patch);
}

trait ApplyForTest {
    fn apply_for_test(&mut self, patch: &SalesOrderPatch);
}

impl ApplyForTest for SalesOrder {
    fn apply_for_test(&mut self, patch: &SalesOrderPatch) {
        crate::orders::run::reflect(self, patch);
    }
}

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

/// The order as Amazon would show it.
fn shown(order: &SalesOrder, creation: &Creation) -> AmazonOrder {
    let lines = creation.order.lines.iter().zip(1..).map(|(line, number)| AmazonLine {
        id: format!("amazon-{number}").into(),
        alias: Some(line.alias.clone()),
        sku: None,
        quantity: line.quantity,
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

/// A sent order that says so, after an edit.
fn marked(edit: fn(&mut SalesOrder)) -> (SalesOrder, SentOrder) {
    let mut order = two_lines();
    let (_, sent) = created(&order, &settings());
    while let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) {
        apply(&mut order, &patch);
    }
    edit(&mut order);
    (order, sent)
}

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

#[test]
fn lines_of_amazon_still_go_when_another_warehouse_shipped_first() {
    let mut order = two_lines();
    order.lines[1].location = Some("9".into());
    order.lines[1].quantity_fulfilled = Decimal::ONE;
    order.status = SalesOrderStatus::PendingBillingPartiallyFulfilled;
    assert_eq!(created(&order, &settings()).0.lines, [LineNumber(1)]);
    order.lines[0].quantity_fulfilled = Decimal::ONE;
    assert!(
        matches!(decide(&order, None, &settings()), OrderPlan::OutOfScope(_)),
        "somebody ships them already"
    );
}
