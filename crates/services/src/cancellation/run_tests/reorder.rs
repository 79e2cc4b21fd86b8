//! What stays of an order that was cancelled for some of its lines.

use super::*;

#[tokio::test]
async fn what_stays_is_sent_anew_exactly_once_wherever_the_process_dies() {
    for write in 0.. {
        let world = sent().await;
        close(&world, &[0]);
        world.die_at(write);
        world.look(&reordering(), &[Ask::SalesOrder]).await;
        assert_eq!(links(&world)[0].reorder, [LineNumber(2)]);
        assert_eq!(world.state().amazon.len(), 1, "not before Amazon has cancelled the whole");
        world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
        world.look(&reordering(), &[Ask::AmazonOrder]).await;
        world.look(&reordering(), &[Ask::SalesOrder, Ask::AmazonOrder]).await;
        let outlived = world.outlived();
        assert!(world.parked().is_empty(), "write {write}: {:?}", world.parked());
        assert_eq!(says(&world).0, Some(CancelState::Accepted));
        let sent = world.sent();
        assert_eq!(sent.len(), 2, "write {write}");
        let state = world.state();
        assert_eq!((state.requests.len(), state.amazon.len()), (1, 2), "write {write}");
        let (old, new) = (&state.amazon[0], &state.amazon[1]);
        assert_eq!(new.alias.as_ref().unwrap().as_str(), "1234567:42:1");
        assert_eq!(new.lines.len(), 1);
        assert_eq!(state.order.marks.amazon_order.as_ref(), Some(&new.id));
        assert_eq!(state.order.lines[1].amazon_line.as_ref(), Some(&new.lines[0].id));
        assert_eq!(state.order.lines[0].amazon_line.as_ref(), Some(&old.lines[0].id));
        assert!(state.order.lines[0].is_closed && !state.order.lines[1].is_closed, "write {write}");
        if outlived {
            assert!(write > 20);
            break;
        }
    }
}

#[tokio::test]
async fn what_somebody_else_cancelled_is_never_sent_anew() {
    for is_asked_first in [true, false] {
        let world = sent().await;
        let shoppers = Cancellation {
            id: "C-shopper".into(),
            alias: None,
            state: CancellationState::Pending,
            reason: None,
            requested_by: Some("CUSTOMER".into()),
            refunds: Vec::new(),
            created_at: None,
        };
        close(&world, &[0]);
        if is_asked_first {
            world.look(&reordering(), &[Ask::SalesOrder]).await;
        }
        world.state().amazon[0].cancellations.push(shoppers);
        world.look(&reordering(), &[Ask::SalesOrder]).await;
        assert_eq!(world.state().requests.len(), usize::from(is_asked_first));
        world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
        for _ in 0..3 {
            world.look(&reordering(), &[Ask::SalesOrder, Ask::AmazonOrder]).await;
        }
        assert_eq!(says(&world).0, Some(CancelState::Accepted));
        let state = world.state();
        assert_eq!(state.amazon.len(), 1, "nothing is sent again");
        assert!(state.order.lines.iter().all(|line| line.is_closed));
    }
}

#[tokio::test]
async fn of_an_order_that_was_sent_anew_the_newest_is_taken_over_when_the_links_are_gone() {
    let world = sent().await;
    close(&world, &[0]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
    world.look(&reordering(), &[Ask::AmazonOrder]).await;
    world.state().kept.links.clear();
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    let sent = world.sent();
    assert_eq!((sent.len(), sent[0].generation.0), (1, 1));
    assert_eq!(world.state().amazon.len(), 2);
}

#[tokio::test]
async fn the_new_order_can_be_cancelled_like_the_first() {
    let world = sent().await;
    close(&world, &[0]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
    world.look(&reordering(), &[Ask::AmazonOrder]).await;
    close(&world, &[1]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    let aliases: Vec<String> = world.state().requests.iter().map(|new| new.alias.to_string()).collect();
    assert_eq!(aliases, ["1234567:42", "1234567:42:1"]);
    world.decide(&[(0, "CANCELLED")], Some("SUCCESS"));
    world.look(&reordering(), &[Ask::AmazonOrder]).await;
    assert_eq!(says(&world).0, Some(CancelState::Accepted));
    assert_eq!(world.state().amazon.len(), 2, "nothing stays");
}

#[tokio::test]
async fn a_line_that_was_to_go_again_is_given_back_when_amazon_ships_the_rest() {
    let world = sent().await;
    close(&world, &[0]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    world.decide(&[(0, "IN_TRANSIT"), (1, "CANCELLED")], Some("REJECTED"));
    world.look(&reordering(), &[Ask::AmazonOrder]).await;
    let (state, message) = says(&world);
    assert_eq!(state, Some(CancelState::PartlyAccepted));
    assert!(message.ends_with("line 2 is not sent to Amazon again"), "{message}");
    assert!(world.sent()[0].lines[1].released);
    assert!(!world.state().order.lines[1].is_closed);
    assert_eq!(world.state().amazon.len(), 1);
    assert!(world.parked().contains(&("cancellation".to_owned(), "cancel_partly_accepted".to_owned())));
}

#[tokio::test]
async fn an_unclear_new_order_is_found_although_staff_closed_the_rest_meanwhile() {
    let world = sent().await;
    close(&world, &[0]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
    world.look(&reordering(), &[Ask::AmazonOrder]).await;
    {
        // as if the process had died right after the second createOrder
        let mut state = world.state();
        let key = IntentKey("createOrder/order 1234567:42:1".into());
        state.kept.intents.get_mut(&key).unwrap().state = IntentState::Sent;
        state.kept.links.retain(|link| !matches!(link, Link::Order(sent) if sent.generation.0 == 1));
    }
    close(&world, &[1]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    assert_eq!(world.sent().len(), 2, "the new order is known");
    assert_eq!(world.state().requests.len(), 2, "and cancelled as well");
}
