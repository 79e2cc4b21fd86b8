//! What staff want cancelled.

use super::*;

#[tokio::test]
async fn a_whole_order_is_cancelled_once_whichever_way_staff_say_so_and_wherever_the_process_dies() {
    let ways: [fn(&World); 2] = [request, |world| close(world, &[0, 1])];
    for way in ways {
        for write in 0.. {
            let world = sent().await;
            way(&world);
            world.die_at(write);
            world.look(&settings(), &[Ask::SalesOrder]).await;
            world.decide(&[(0, "CANCELLED"), (1, "CANCELLED")], Some("SUCCESS"));
            world.look(&settings(), &[Ask::AmazonOrder, Ask::SalesOrder]).await;
            world.look(&settings(), &[Ask::AmazonOrder]).await;
            let outlived = world.outlived();
            assert_eq!(says(&world), (Some(CancelState::Accepted), String::new()), "write {write}");
            assert!(world.parked().is_empty(), "write {write}: {:?}", world.parked());
            let state = world.state();
            assert_eq!(state.requests.len(), 1, "write {write}");
            assert_eq!(state.amazon.len(), 1);
            assert_eq!(state.order.status, SalesOrderStatus::Closed);
            if outlived {
                assert!(write > 10);
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_lost_answer_to_cancel_order_is_looked_up_and_sent_again_only_when_it_never_arrived() {
    for is_taken_up in [true, false] {
        let world = sent().await;
        request(&world);
        world.state().answer = Some((is_taken_up, Failure::Unclear));
        assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, Some(MINUTE));
        assert_eq!(world.state().requests.len(), 1);
        assert_eq!(says(&world).0, Some(CancelState::Requested));
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_although_the_package_left_or_staff_took_their_wish_back() {
    let then: [fn(&World); 2] = [
        |world| world.decide(&[(0, "IN_TRANSIT"), (1, "IN_TRANSIT")], Some("REJECTED")),
        |world| {
            world.edit(|order| order.marks.cancel_state = None);
            world.decide(&[], Some("REJECTED"));
        },
    ];
    for then in then {
        let world = sent().await;
        request(&world);
        let key = IntentKey("cancelOrder/order 1234567:42".into());
        world.look(&settings(), &[Ask::SalesOrder]).await;
        {
            // as if the process had died right after the call
            let mut state = world.state();
            state.kept.intents.get_mut(&key).unwrap().state = IntentState::Sent;
            state.kept.links.retain(|link| !matches!(link, Link::Cancellation(_)));
        }
        then(&world);
        world.look(&settings(), &[Ask::AmazonOrder]).await;
        assert_eq!(says(&world).0, Some(CancelState::Rejected));
        assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_rejected".to_owned())]);
        assert_eq!(world.state().kept.intents[&key].state, IntentState::Done);
        assert_eq!(world.state().requests.len(), 1);
    }
}

#[tokio::test]
async fn what_amazon_refuses_is_told_and_asked_again_only_when_staff_say_so() {
    let world = sent().await;
    request(&world);
    world.state().answer = Some((false, Failure::Refused));
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, None);
    let (state, message) = says(&world);
    assert_eq!(state, Some(CancelState::Rejected));
    assert!(message.starts_with("rejected: ") && message.ends_with("a package is under way"), "{message}");
    assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_rejected".to_owned())]);
    world.look(&settings(), &[Ask::SalesOrder, Ask::AmazonOrder]).await;
    assert!(world.state().requests.is_empty());
    request(&world);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert_eq!(world.state().requests.len(), 1);
    assert!(world.parked().is_empty());
}

#[tokio::test]
async fn an_order_under_way_is_refused_without_asking_and_the_refusal_ends_with_the_order() {
    let world = sent().await;
    world.decide(&[(0, "IN_TRANSIT")], None);
    request(&world);
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, None);
    let (state, message) = says(&world);
    assert_eq!(state, Some(CancelState::Refused));
    assert_eq!(message, "refused: Amazon's package P-A-1/42:901 is IN_TRANSIT");
    assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_too_late".to_owned())]);
    world.decide(&[(1, "IN_TRANSIT")], None);
    world.look(&settings(), &[Ask::AmazonOrder]).await;
    assert_eq!(world.state().fulfillments.len(), 2);
    world.look(&settings(), &[Ask::AmazonOrder]).await;
    assert!(world.parked().is_empty(), "the order is through");
    assert!(world.state().requests.is_empty());
}

#[tokio::test]
async fn an_order_that_staff_closed_and_amazon_ships_is_to_be_reopened() {
    let world = sent().await;
    close(&world, &[0, 1]);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    world.decide(&[], Some("REJECTED"));
    world.look(&settings(), &[Ask::AmazonOrder]).await;
    let (state, message) = says(&world);
    assert_eq!(state, Some(CancelState::Rejected));
    assert_eq!(message, "rejected: Amazon goes on with the order, nothing of it has shipped yet");
    assert!(
        world.state().kept.parked["cancellation"].reason.hint.starts_with("reopen lines 1, 2 in NetSuite")
    );
    world.edit(|order| order.marks.cancel_state = None);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_rejected".to_owned())]);
    world.edit(|order| order.lines.iter_mut().for_each(|line| line.is_closed = false));
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert!(world.parked().is_empty());
    assert_eq!(world.state().requests.len(), 1);
}

#[tokio::test]
async fn amazon_is_not_asked_while_another_step_of_the_order_is_open() {
    let world = sent().await;
    request(&world);
    let key = IntentKey("createRefundDocument/refund R".into());
    let open = Intent {
        key: key.clone(),
        operation: Operation::CreateRefundDocument,
        subject: "refund R".into(),
        state: IntentState::Unclear,
        sends: 1,
        lookups: 0,
        planned_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        sent_at: None,
        result: None,
    };
    world.state().kept.intents.insert(key.clone(), open);
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, Some(MINUTE));
    assert!(world.parked().is_empty());
    for (minutes, wait) in [(10, 10), (90, 60)] {
        world.state().kept.intents.get_mut(&key).unwrap().planned_at =
            "2026-03-01T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
                - chrono::Duration::minutes(minutes);
        assert_eq!(
            world.look(&settings(), &[Ask::SalesOrder]).await,
            Some(MINUTE * wait),
            "it is asked less often"
        );
    }
    assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_waiting".to_owned())]);
    assert!(world.state().requests.is_empty());
    world.state().kept.intents.remove(&key);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert_eq!(world.state().requests.len(), 1);
    assert!(world.parked().is_empty());
}

#[tokio::test]
async fn some_lines_only_are_parked_until_staff_reopen_them_or_cancel_the_whole() {
    let world = sent().await;
    close(&world, &[0]);
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, None);
    assert_eq!(says(&world).0, Some(CancelState::Refused));
    assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_partial_unsupported".to_owned())]);
    world.edit(|order| {
        order.lines[0].is_closed = false;
        order.marks.cancel_state = None;
    });
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert!(world.parked().is_empty());
    assert_eq!(says(&world), (None, String::new()));
    assert!(world.state().requests.is_empty());
}

#[tokio::test]
async fn a_line_that_staff_closed_after_amazon_had_cancelled_it_is_no_wish() {
    let world = sent().await;
    world.decide(&[(0, "CANCELLED")], None);
    close(&world, &[0]);
    world.look(&settings(), &[Ask::SalesOrder]).await;
    assert!(world.parked().is_empty());
    assert_eq!(says(&world).0, None);
    assert_eq!(world.sent()[0].lines[0].closed, Quantity(1));
}
