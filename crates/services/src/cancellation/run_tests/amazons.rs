//! What Amazon cancelled itself.

use super::*;

#[tokio::test]
async fn f10_a_cancelled_line_is_closed_the_shipped_one_stays_open_and_the_requester_is_told() {
    let world = sent().await;
    request(&world);
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, Some(MINUTE));
    assert_eq!(world.state().requests.len(), 1);
    for looks in 1..4 {
        let wait = world.look(&settings(), &[Ask::AmazonOrder]).await;
        assert_eq!(wait, Some(MINUTE * 2_u32.pow(looks)), "Amazon has not answered");
        assert_eq!(says(&world).0, Some(CancelState::Requested));
        assert_eq!(world.state().requests.len(), 1);
        assert!(world.parked().is_empty());
    }
    world.decide(&[(0, "CANCELLED"), (1, "IN_TRANSIT")], Some("REJECTED"));
    assert_eq!(world.look(&settings(), &[Ask::AmazonOrder]).await, None);
    let message = "line 1 was cancelled; rejected: already shipping: line 2";
    assert_eq!(says(&world), (Some(CancelState::PartlyAccepted), message.into()));
    let cancellation = ("cancellation".to_owned(), "cancel_partly_accepted".to_owned());
    assert_eq!(world.parked(), std::slice::from_ref(&cancellation));
    {
        let state = world.state();
        assert!(state.order.lines[0].is_closed && !state.order.lines[1].is_closed);
        assert_eq!(state.order.lines[1].quantity_fulfilled, Decimal::ONE);
    }
    for ask in [Ask::AmazonOrder, Ask::SalesOrder] {
        assert_eq!(world.look(&settings(), &[ask]).await, None);
        assert_eq!(says(&world).1, message, "nothing writes over it");
        assert_eq!(world.parked(), std::slice::from_ref(&cancellation));
    }
    world.edit(|order| order.marks.cancel_state = None);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert!(world.parked().is_empty(), "staff have seen it");
    assert_eq!(world.state().requests.len(), 1);
}

#[tokio::test]
async fn f08_what_amazon_cancelled_is_closed_and_what_it_shipped_is_fulfilled_wherever_the_process_dies() {
    for write in 0.. {
        let world = sent().await;
        world.decide(&[(0, "CANCELLED"), (1, "IN_TRANSIT")], None);
        world.die_at(write);
        for _ in 0..5 {
            assert_eq!(world.look(&settings(), &[Ask::AmazonOrder]).await, None);
        }
        let outlived = world.outlived();
        assert!(world.parked().is_empty(), "write {write}");
        assert_eq!(says(&world).0, None, "nobody asked");
        let state = world.state();
        assert_eq!(state.fulfillments.len(), 1, "write {write}");
        assert!(state.order.lines[0].is_closed && !state.order.lines[1].is_closed, "write {write}");
        if outlived {
            assert!(write > 5);
            break;
        }
    }
}

#[tokio::test]
async fn a_line_waits_for_its_parked_package_and_the_other_is_closed() {
    let world = sent().await;
    world.edit(|order| order.lines[0].quantity = Decimal::from(2));
    world.decide(&[(0, "IN_TRANSIT"), (1, "CANCELLED")], None);
    {
        // Amazon says that a second unit of line 1 is cancelled, and nothing of the order fits any more
        let mut state = world.state();
        let order = &mut state.amazon[0];
        let mut second = order.packages[0].clone();
        second.id = "P-2".into();
        second.state = "CANCELLED".into();
        order.packages.push(second);
        state.order.lines[0].quantity_fulfilled = Decimal::from(2);
    }
    world.look(&settings(), &[Ask::AmazonOrder]).await;
    assert_eq!(world.parked(), [("package/P-A-1/42:901".to_owned(), "shipment_does_not_fit".to_owned())]);
    let state = world.state();
    assert!(!state.order.lines[0].is_closed && state.order.lines[1].is_closed);
}

#[tokio::test]
async fn a_fulfilled_package_that_came_to_nothing_closes_no_line_whatever_the_reason() {
    for reason in [None, Some("LOST"), Some("UNDELIVERABLE"), Some("CUSTOMER_REQUESTED")] {
        let world = sent().await;
        world.decide(&[(0, "IN_TRANSIT")], None);
        world.look(&settings(), &[Ask::AmazonOrder]).await;
        world.decide(&[(0, "CANCELLED")], None);
        world.state().amazon[0].packages[0].reason = reason.map(Into::into);
        world.look(&settings(), &[Ask::AmazonOrder]).await;
        assert!(!world.state().order.lines[0].is_closed, "{reason:?}");
        assert_eq!(world.sent()[0].lines[0].closed, Quantity::ZERO, "{reason:?}");
        request(&world);
        world.decide(&[(1, "CANCELLED")], None);
        world.look(&settings(), &[Ask::SalesOrder]).await;
        let state = world.state();
        assert!(!state.order.lines[0].is_closed && state.order.lines[1].is_closed, "{reason:?}");
    }
}
