//! Named and full readings when nothing goes wrong.

use amz_domain::{Quantity, Sku};
use amz_sandbox::amazon::{Pace, SpApiHabits};
use amz_services::audit::{CallContext, current_context, in_context};
use amz_services::ports::AmazonStock;
use amz_services::ports::stock::StockPriority::{Change, Run};
use amz_services::ports::stock::StockStep;
use amz_services::work::Lane;

use crate::setup::{OPERATION, Rehearsal, read, read_with, seeded};

#[tokio::test]
async fn named_skus_come_fifty_at_a_time_and_the_unknown_are_missing() {
    let rehearsal = Rehearsal::start(120, 50).await;
    let mut skus = seeded(1..=120);
    skus.extend(["GONE".into(), "seed-00000001".into()]);
    let read = read(rehearsal.client.named(skus, Run)).await;
    assert_eq!((read.pages, read.readings.len()), (3, 120));
    let missing: Vec<Sku> = vec!["GONE".into(), "seed-00000001".into()];
    assert_eq!(read.end.unwrap(), (120, missing), "SKUs are compared byte for byte");
    let seventeenth = read.readings.iter().find(|reading| reading.sku.as_str() == "SEED-00000017").unwrap();
    assert_eq!(seventeenth.figures.as_ref().unwrap().fulfillable, Some(Quantity(17)));
    assert_eq!(seventeenth.read_at, rehearsal.clock.now());
}

#[tokio::test]
async fn a_sku_is_asked_for_once_and_nothing_at_all_for_no_sku() {
    let rehearsal = Rehearsal::start(3, 50).await;
    let skus = [seeded(1..=3), seeded(1..=3)].concat();
    let read_twice = read(rehearsal.client.named(skus, Change)).await;
    assert_eq!((read_twice.pages, read_twice.readings.len()), (1, 3));
    let empty = read(rehearsal.client.named(Vec::new(), Change)).await;
    assert_eq!((empty.pages, empty.end.unwrap()), (0, (0, Vec::new())));
    let nameless = read(rehearsal.client.named(vec!["".into()], Change)).await;
    assert_eq!(nameless.end.unwrap(), (0, vec![Sku::from("")]), "an empty name must not list everything");
    assert_eq!(rehearsal.count(OPERATION), 1);
}

#[tokio::test]
async fn skus_with_every_kind_of_character_are_found() {
    let rehearsal = Rehearsal::start(0, 50).await;
    let skus = ["MUG BLUE", "A,B", "100%+/=&?#", "thé-é€", " edge ", "a'(!)*~"];
    for sku in skus {
        rehearsal.amazon().set_stock(sku, 4).unwrap();
    }
    let read = read(rehearsal.client.named(skus.map(Sku::from).to_vec(), Change)).await;
    let mut sorted = skus;
    sorted.sort_unstable();
    assert_eq!(read.skus(), sorted);
    assert_eq!((read.pages, read.end.unwrap().1), (2, Vec::new()), "the one with a comma came alone");
}

#[tokio::test]
async fn a_full_reading_turns_every_page() {
    let rehearsal = Rehearsal::start(23, 5).await;
    let read = read(rehearsal.client.crawl()).await;
    assert_eq!((read.pages, read.end.as_ref().unwrap().0), (5, 23));
    assert_eq!(read.skus(), seeded(1..=23).iter().map(Sku::as_str).collect::<Vec<_>>());
    let records = rehearsal.records();
    let paths = records.iter().map(|record| record.path.as_str()).filter(|path| path.contains("summaries"));
    assert!(paths.clone().skip(1).all(|path| path.contains("details=true") && path.contains("nextToken=")));
    assert_eq!(paths.count(), 5);
}

#[tokio::test]
async fn what_the_published_model_does_not_know_does_no_harm() {
    let habits = SpApiHabits {
        unknown_fields: true,
        empty_update_times: true,
        without_details: ["SEED-00000002".to_owned()].into(),
        rate_per_s: 900,
        ..SpApiHabits::default()
    };
    let rehearsal = Rehearsal::start_at(2, habits).await;
    let read = read(rehearsal.client.crawl()).await;
    assert_eq!(read.end.unwrap().0, 2);
    assert_eq!(read.readings[0].changed_at, None);
    assert!(read.readings[0].figures.is_some());
    assert_eq!(read.readings[1].figures, None, "unknown, not zero");
}

#[tokio::test]
async fn an_answer_that_came_late_is_dated_to_when_it_was_asked_for() {
    let rehearsal = Rehearsal::start(10, 5).await;
    let begun = rehearsal.clock.now();
    let clock = rehearsal.clock.clone();
    let read =
        read_with(rehearsal.client.crawl(), |_| clock.advance(std::time::Duration::from_secs(3))).await;
    let at: Vec<_> = read.readings.iter().map(|reading| (reading.read_at - begun).num_seconds()).collect();
    assert_eq!(at, [0, 0, 0, 0, 0, 3, 3, 3, 3, 3]);
}

#[tokio::test]
async fn a_stream_sends_nothing_before_it_is_asked_and_nothing_after_its_end() {
    let rehearsal = Rehearsal::start(1, 5).await;
    drop(rehearsal.client.crawl());
    drop(rehearsal.client.named(seeded(1..=1), Run));
    assert_eq!(rehearsal.count(OPERATION), 0);
    let mut stream = rehearsal.client.crawl();
    while !matches!(stream.next().await, StockStep::Complete { .. }) {}
    assert!(matches!(stream.next().await, StockStep::Incomplete { .. }));
    assert_eq!(rehearsal.count(OPERATION), 1);
}

#[tokio::test]
async fn calls_carry_the_lane_that_reads() {
    let rehearsal = Rehearsal::start(60, 50).await;
    in_context(CallContext { lane: Lane::StockReading, job: 7 }, async {
        assert!(current_context().is_some());
        read(rehearsal.client.named(seeded(1..=60), Run)).await
    })
    .await;
    let records = rehearsal.records();
    let mut lanes = records.iter().filter(|record| record.operation == OPERATION).map(|record| &record.lane);
    assert!(lanes.clone().count() == 2 && lanes.all(|lane| *lane == Some(Lane::StockReading)));
}

#[tokio::test]
async fn amazons_own_pace_is_never_exceeded() {
    let habits = SpApiHabits { page_size: 1, pace: Pace::RealTime, rate_per_s: 20, ..SpApiHabits::default() };
    let rehearsal = Rehearsal::start_at(12, habits).await;
    let read = read(rehearsal.client.crawl()).await;
    assert_eq!(read.end.unwrap().0, 12);
    assert!(rehearsal.count(OPERATION) < 15, "a throttle now and then is all there may be");
}
