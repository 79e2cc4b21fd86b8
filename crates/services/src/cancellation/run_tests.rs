//! Use cases 3 and 4 in whole looks, with lost answers and crashes.

use std::time::Duration;

use amz_domain::{CancelState, Cancellation, CancellationState, LineNumber, Quantity, SalesOrderStatus};
use rust_decimal::Decimal;

use crate::cancellation::fixtures::{World, reordering};
use crate::failure::Failure;
use crate::intent::{Intent, IntentKey, IntentState, Operation};
use crate::link::{CancellationLink, Link};
use crate::orders::fixtures::settings;
use crate::work::Ask;

const MINUTE: Duration = Duration::from_secs(60);

/// An order that Amazon has, both packages pending.
async fn sent() -> World {
    let world = World::new();
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, None);
    assert_eq!(world.sent().len(), 1);
    world
}

fn request(world: &World) {
    world.edit(|order| order.marks.cancel_state = Some(CancelState::Requested));
}

fn close(world: &World, lines: &[usize]) {
    world.edit(|order| lines.iter().for_each(|index| order.lines[*index].is_closed = true));
}

fn says(world: &World) -> (Option<CancelState>, String) {
    let state = world.state();
    (state.order.marks.cancel_state.clone(), state.order.marks.sync_message.clone().unwrap_or_default())
}

fn links(world: &World) -> Vec<CancellationLink> {
    let state = world.state();
    let links = state.links.iter().filter_map(|link| match link {
        Link::Cancellation(link) => Some(link.clone()),
        _ => None,
    });
    links.collect()
}

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
            state.intents.get_mut(&key).unwrap().state = IntentState::Sent;
            state.links.retain(|link| !matches!(link, Link::Cancellation(_)));
        }
        then(&world);
        world.look(&settings(), &[Ask::AmazonOrder]).await;
        assert_eq!(says(&world).0, Some(CancelState::Rejected));
        assert_eq!(world.parked(), [("cancellation".to_owned(), "cancel_rejected".to_owned())]);
        assert_eq!(world.state().intents[&key].state, IntentState::Done);
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
    assert!(world.state().parked[0].reason.hint.starts_with("reopen lines 1, 2 in NetSuite"));
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
    world.state().intents.insert(key.clone(), open);
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, Some(MINUTE));
    assert!(world.parked().is_empty());
    for (minutes, wait) in [(10, 10), (90, 60)] {
        world.state().intents.get_mut(&key).unwrap().planned_at =
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
    world.state().intents.remove(&key);
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
    world.state().links.clear();
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
        state.intents.get_mut(&key).unwrap().state = IntentState::Sent;
        state.links.retain(|link| !matches!(link, Link::Order(sent) if sent.generation.0 == 1));
    }
    close(&world, &[1]);
    world.look(&reordering(), &[Ask::SalesOrder]).await;
    assert_eq!(world.sent().len(), 2, "the new order is known");
    assert_eq!(world.state().requests.len(), 2, "and cancelled as well");
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
