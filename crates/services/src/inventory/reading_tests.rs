//! Readings of all stock: what is kept, what is asked for again, and what follows from a reading that broke off.

use super::super::world::{Stage, completed, request, sku};
use super::super::{Road, RunPhase};
use crate::failure::Failure;
use crate::lane::LaneEnd;
use crate::settings::{RoadChoice, WhenAbsent};
use crate::work::{Ask, Lane};

fn stocked(count: usize) -> Stage {
    Stage::new(&vec![(5, 5); count])
}

#[tokio::test]
async fn a_complete_crawl_hands_its_run_to_the_lane_that_compares() {
    let stage = stocked(120);
    let end = stage.look(Lane::StockReading, &[Ask::ReadStock(request("r1"))]).await.unwrap();
    let asked = completed(end);
    assert_eq!(asked.len(), 1);
    assert_eq!((&asked[0].key.lane, &asked[0].ask), (&Lane::StockLevels, &Ask::CompareStock("r1".into())));
    let run = stage.run("r1");
    assert_eq!(
        (run.phase, run.road, run.pages, run.read_skus),
        (RunPhase::Comparing, Some(Road::Crawl), 3, 120)
    );
    assert_eq!(stage.world().known.len(), 120);
    assert!(stage.world().named.is_empty(), "nothing was missing");
}

#[tokio::test]
async fn f11_a_crawl_that_breaks_off_changes_nothing() {
    let stage = Stage::new(&vec![(5, 50); 120]);
    for page in 0..3 {
        stage.world().breaks = Some((page, Failure::Unavailable));
        let id = format!("r{page}");
        let later = stage.synchronize(request(&id)).await;
        assert!(later.is_empty());
        let run = stage.run(&id);
        assert_eq!(run.phase, RunPhase::Incomplete);
        assert!(run.message.unwrap().starts_with("InternalFailure: "));
        assert_eq!(run.pages, page as u64);
    }
    assert_eq!(stage.see(|world| world.sends), 0);
    assert_eq!(stage.see(|world| world.page_reads), 0, "NetSuite is not even read");
    assert!(stage.world().known.values().all(|known| known.absence.is_none()));
    assert_eq!(stage.parked(), [("stock-run".to_owned(), "stock_reading_incomplete".to_owned())]);

    stage.synchronize(request("well")).await;
    assert_eq!(stage.run("well").phase, RunPhase::Done);
    assert!(stage.parked().is_empty(), "the next complete run says that all is well");
    assert_eq!(stage.on_hand(0), 5);
}

#[tokio::test]
async fn f11_a_sku_that_a_crawl_leaves_out_is_asked_for_by_name_and_stays_when_it_is_there() {
    let stage = stocked(60);
    stage.world().settings.absent = WhenAbsent::Zero;
    stage.synchronize(request("r1")).await;
    stage.world().hidden = vec![sku(9)];
    stage.synchronize(request("r2")).await;
    assert_eq!(stage.world().named, [vec![sku(9)]]);
    assert!(stage.world().known[&sku(9)].absence.is_none());
    assert_eq!((stage.run("r2").phase, stage.on_hand(9)), (RunPhase::Done, 5));
}

#[tokio::test]
async fn f11_a_sku_that_is_absent_twice_is_set_to_zero_only_by_policy() {
    for (policy, left) in [(WhenAbsent::Keep, 5), (WhenAbsent::Zero, 0)] {
        let stage = stocked(60);
        stage.world().settings.absent = policy;
        stage.synchronize(request("r1")).await;
        stage.world().amazon.remove(&sku(9));
        stage.synchronize(request("r2")).await;
        assert_eq!(stage.world().known[&sku(9)].absence.unwrap().times, 2, "{policy:?}");
        assert_eq!(stage.on_hand(9), left, "{policy:?}");
        assert_eq!(stage.on_hand(8), 5);
    }
}

#[tokio::test]
async fn f11_stock_of_a_sku_that_amazon_never_showed_is_asked_for_by_name_before_it_goes() {
    let stage = stocked(30);
    stage.world().settings.absent = WhenAbsent::Zero;
    stage.world().amazon.remove(&sku(3));
    stage.synchronize(request("r1")).await;
    assert!(stage.world().named.contains(&vec![sku(3)]));
    assert_eq!(stage.on_hand(3), 0);
}

#[tokio::test]
async fn a_killed_run_by_name_goes_on_where_it_was() {
    let stage = stocked(120);
    let skus: Vec<_> = (0..120).map(sku).collect();
    let wanted = crate::inventory::StockRunRequest { skus, ..request("r1") };
    // the second answer is never kept: the process dies
    stage.world().breaks = Some((1, Failure::Throttled { wait: None }));
    let end = stage.look(Lane::StockReading, &[Ask::ReadStock(wanted.clone())]).await.unwrap();
    assert!(matches!(end, LaneEnd::Postpone { failed: true, .. }), "{end:?}");
    assert_eq!(stage.run("r1").phase, RunPhase::Reading);
    stage.synchronize(wanted).await;
    let named: Vec<usize> = stage.world().named.iter().map(Vec::len).collect();
    assert_eq!(named, [120, 70], "what was read is not asked for again");
    assert_eq!((stage.run("r1").phase, stage.run("r1").read_skus), (RunPhase::Done, 120));
}

#[tokio::test]
async fn an_incomplete_run_by_name_goes_on_where_it_was_when_it_is_asked_for_again() {
    let stage = stocked(120);
    let wanted = crate::inventory::StockRunRequest { skus: (0..120).map(sku).collect(), ..request("r1") };
    stage.world().breaks = Some((1, Failure::Unavailable));
    assert!(stage.synchronize(wanted.clone()).await.is_empty());
    assert_eq!(stage.run("r1").phase, RunPhase::Incomplete);
    assert!(stage.world().kept.parked["stock-run"].reason.hint.contains("amz inventory sync --resume"));

    stage.synchronize(wanted).await;
    let named: Vec<usize> = stage.world().named.iter().map(Vec::len).collect();
    assert_eq!(named, [120, 70], "what was read is not asked for again");
    let run = stage.run("r1");
    assert_eq!((run.phase, run.read_skus, run.message), (RunPhase::Done, 120, None));
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn an_incomplete_crawl_starts_over_when_it_is_asked_for_again() {
    let stage = Stage::new(&[(7, 5); 120]);
    stage.world().breaks = Some((2, Failure::Unavailable));
    stage.synchronize(request("r1")).await;
    let ended = stage.run("r1");
    assert!(ended.ended_at.is_some() && ended.message.is_some());

    stage.look(Lane::StockReading, &[Ask::ReadStock(request("r1"))]).await.unwrap();
    let run = stage.run("r1");
    assert_eq!((run.phase, run.pages, run.read_skus), (RunPhase::Comparing, 3, 120));
    assert_eq!((run.started_at, run.ended_at, run.message), (ended.started_at, None, None));
    assert_eq!(stage.see(|world| (world.crawls, world.named.len())), (2, 0));
}

#[tokio::test]
async fn a_run_that_has_ended_serves_no_second_request() {
    let stage = stocked(10);
    stage.synchronize(request("r1")).await;
    let twice = [Ask::ReadStock(request("r1")), Ask::ReadStock(request("r2"))];
    let asked = completed(stage.look(Lane::StockReading, &twice).await.unwrap());
    assert_eq!(stage.see(|world| world.crawls), 2);
    assert_eq!(asked.len(), 1, "only the other run is compared");
    assert!(stage.levels(&[Ask::CompareStock("r1".into())]).await.is_empty());
    assert_eq!(stage.see(|world| world.page_reads), 1, "it was compared once");
}

#[tokio::test]
async fn a_crawl_that_begins_anew_counts_no_sku_twice() {
    let stage = stocked(120);
    stage.world().restarts = true;
    stage.synchronize(request("r1")).await;
    assert_eq!(stage.run("r1").read_skus, 120);
}

#[tokio::test]
async fn a_reading_that_is_older_than_what_is_known_loses() {
    let stage = stocked(3);
    let later = stage.world().now + chrono::Duration::hours(1);
    let newer = super::super::world::reading_of(&sku(1), Some(9), later);
    let known = super::super::KnownStock { sku: sku(1), reading: Some(newer), absence: None };
    stage.world().known.insert(sku(1), known);
    stage.synchronize(request("r1")).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 9));
}

#[tokio::test]
async fn refused_credentials_of_stock_let_its_lane_wait_and_never_the_connection() {
    let stage = stocked(10);
    stage.world().breaks = Some((0, Failure::Credentials));
    let asks = [Ask::ReadStock(request("r1"))];
    let end = stage.look(Lane::StockReading, &asks).await.unwrap();
    assert!(matches!(end, LaneEnd::Postpone { failed: true, .. }), "{end:?}");
    assert_eq!(stage.parked(), [("stock-credentials".to_owned(), "stock_credentials_refused".to_owned())]);
    assert!(stage.run("r1").message.is_some());

    stage.look(Lane::StockReading, &asks).await.unwrap();
    assert!(stage.parked().is_empty());
    assert_eq!(stage.run("r1").message, None);

    stage.world().breaks = Some((0, Failure::Credentials));
    let end = stage.look(Lane::StockLevels, &[Ask::StockOf(sku(0))]).await.unwrap();
    assert!(matches!(end, LaneEnd::Postpone { failed: true, .. }), "{end:?}");
}

#[tokio::test]
async fn a_catalogue_that_may_not_be_read_lets_stock_wait_and_never_the_connection() {
    for asks in [
        vec![Ask::StockChanged("inv-1".into())],
        (0..7).map(|n| Ask::StockChanged(format!("inv-{n}").into())).collect(),
    ] {
        let stage = stocked(10);
        stage.world().catalog_fails = Some(Failure::Credentials);
        let end = stage.look(Lane::StockLevels, &asks).await.unwrap();
        assert!(matches!(end, LaneEnd::Postpone { failed: true, .. }), "{end:?}");
        assert_eq!(
            stage.parked(),
            [("stock-credentials".to_owned(), "stock_credentials_refused".to_owned())]
        );
        let hint = stage.world().kept.parked["stock-credentials"].reason.hint.clone();
        assert!(hint.contains("View inventory data") && hint.contains("View & Edit Catalog Data"), "{hint}");
    }
}

#[tokio::test]
async fn lanes_of_stock_whose_tries_are_used_up_keep_what_was_asked_and_try_on() {
    for failure in [Failure::Unavailable, Failure::BadRecord] {
        let stage = stocked(10);
        stage.world().items_fail = Some(failure);
        stage.world().attempts = 1_000;
        let now = stage.see(|world| world.now);
        let end = stage.look(Lane::StockLevels, &[Ask::StockOf(sku(0))]).await.unwrap();
        let LaneEnd::Postpone { at, failed: true, .. } = end else { panic!("{end:?}") };
        let wait = (at - now).num_seconds();
        assert!((450..=902).contains(&wait), "{wait}");
        assert_eq!(stage.parked().len(), 1, "{:?}", stage.parked());
        stage.world().items_fail = None;
        stage.levels(&[Ask::StockOf(sku(0))]).await;
        assert!(stage.parked().is_empty());
    }
}

#[tokio::test]
async fn a_slower_pace_that_amazon_asks_for_holds_up_stock_alone_for_as_long_as_it_says() {
    let stage = stocked(10);
    let wait = Some(std::time::Duration::from_secs(77));
    stage.world().breaks = Some((0, Failure::Throttled { wait }));
    let end = stage.look(Lane::StockLevels, &[Ask::StockOf(sku(0))]).await.unwrap();
    let LaneEnd::Postpone { at, .. } = end else { panic!("{end:?}") };
    assert_eq!(at, stage.world().now + chrono::Duration::seconds(77));
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn progress_is_kept_once_a_second_at_most() {
    // 100 answers, half a second each
    let stage = stocked(100);
    stage.world().page_size = 1;
    stage.look(Lane::StockReading, &[Ask::ReadStock(request("r1"))]).await.unwrap();
    let writes = stage.see(|world| world.run_writes);
    assert!((50..=54).contains(&writes), "{writes}");
}

#[tokio::test]
async fn the_road_by_name_asks_for_every_sku_that_is_known() {
    let stage = stocked(70);
    stage.synchronize(request("r1")).await;
    stage.world().settings.road = RoadChoice::Named;
    stage.world().amazon.insert(sku(4), Some(1));
    stage.synchronize(request("r2")).await;
    assert_eq!(stage.world().named[0].len(), 70);
    assert_eq!((stage.see(|world| world.crawls), stage.on_hand(4)), (1, 1));
}
