//! Orders that Amazon does not have yet.

use super::*;

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
