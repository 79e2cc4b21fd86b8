//! Readings when something goes wrong.

use std::time::Duration;

use amz_sandbox::amazon::PageFault;
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AmazonStock;
use amz_services::ports::stock::StockPriority::{Change, Run};

use crate::setup::{OPERATION, Read, Rehearsal, read, read_with, seeded};

fn broke_off(read: &Read) -> (Failure, &str) {
    (read.error().failure, read.error().code.as_str())
}

#[tokio::test]
async fn a_full_reading_whose_token_ended_is_begun_anew() {
    let rehearsal = Rehearsal::start(15, 5).await;
    let clock = rehearsal.clock.clone();
    let read = read_with(rehearsal.client.crawl(), |steps| {
        if steps == 2 {
            clock.advance(Duration::from_secs(31));
        }
    })
    .await;
    assert_eq!((read.pages, read.end.as_ref().unwrap().0), (3, 15), "the broken pass does not count");
    assert_eq!(read.readings.len(), 10 + 15);
}

#[tokio::test]
async fn a_full_reading_is_begun_anew_twice_at_most() {
    let rehearsal = Rehearsal::start(15, 5).await;
    let clock = rehearsal.clock.clone();
    let read = read_with(rehearsal.client.crawl(), |_| clock.advance(Duration::from_secs(31))).await;
    assert_eq!(broke_off(&read), (Failure::Unavailable, "next_token_expired"));
    assert_eq!(read.readings.len(), 3 * 5);
}

#[tokio::test]
async fn a_page_that_fails_for_a_while_is_asked_for_again() {
    let rehearsal = Rehearsal::start(15, 5).await;
    for (page, status) in [(1, 500), (2, 503)] {
        rehearsal.amazon().fail_page(PageFault { page, status, times: 1 });
    }
    let read = read(rehearsal.client.crawl()).await;
    assert_eq!((read.pages, read.end.as_ref().unwrap().0), (3, 15));
    assert_eq!(rehearsal.count(OPERATION), 5);
    let mut attempts: Vec<_> = rehearsal.records().iter().map(|record| record.attempt).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 1, 1, 1, 2, 2], "the token's record included");
}

#[tokio::test]
async fn a_page_that_keeps_failing_ends_the_reading_incomplete() {
    let rehearsal = Rehearsal::start(15, 5).await;
    rehearsal.amazon().fail_page(PageFault { page: 2, status: 500, times: 99 });
    let read = read(rehearsal.client.crawl()).await;
    assert_eq!(broke_off(&read), (Failure::Unavailable, "InternalFailure"));
    assert_eq!((read.pages, read.readings.len()), (1, 5));
    assert_eq!(rehearsal.count(OPERATION), 1 + 4);
    assert!(read.error().message.contains("00000000-0000-4000-8000-"), "{}", read.error());
}

#[tokio::test]
async fn a_denied_access_is_not_tried_again_and_says_what_to_look_at() {
    let rehearsal = Rehearsal::start(100, 50).await;
    rehearsal.amazon().deny_sp_api_access(true);
    for read in
        [read(rehearsal.client.crawl()).await, read(rehearsal.client.named(seeded(1..=1), Change)).await]
    {
        assert_eq!(broke_off(&read), (Failure::Refused, "access_denied"));
        assert!(read.error().message.contains("role"), "{}", read.error());
    }
    assert_eq!(rehearsal.count(OPERATION), 2);
}

#[tokio::test]
async fn throttles_lost_answers_and_broken_ones_do_not_end_a_reading() {
    let faults = [Fault::TooManyRequests { retry_after_s: None }, Fault::LostAnswer, Fault::MalformedJson];
    let rehearsal = Rehearsal::start(300, 50).await;
    for (number, fault) in (2_u64..).step_by(2).zip(faults) {
        rehearsal.fault(OPERATION, CallSelector::Nth(number), fault);
    }
    let read = read(rehearsal.client.named(seeded(1..=300), Run)).await;
    assert_eq!(read.end.as_ref().unwrap(), &(300, Vec::new()));
    assert_eq!((read.pages, rehearsal.count(OPERATION)), (6, 9));
}

#[tokio::test]
async fn the_end_of_named_skus_is_incomplete_when_one_of_their_requests_stays_refused() {
    let rehearsal = Rehearsal::start(100, 50).await;
    rehearsal.fault(OPERATION, CallSelector::Always, Fault::RevokedToken);
    let read = read(rehearsal.client.named(seeded(1..=100), Run)).await;
    assert_eq!(broke_off(&read).0, Failure::Credentials);
    assert!(read.readings.is_empty());
}
