//! A defect of ours: work that panics is a failed try and makes no noise beyond that.

use std::sync::Arc;
use std::time::Duration;

use amz_app::worker::{Worker, WorkerSettings};
use amz_domain::{SalesOrder, SalesOrderId};
use amz_services::connection::Connection;
use amz_services::failure::PortError;
use amz_services::ports::SalesOrders;
use amz_services::ports::netsuite::SalesOrderPatch;
use amz_services::timeline::TimelineKind;
use async_trait::async_trait;
use chrono::TimeDelta;

use crate::orders::order;
use crate::stage::Stage;

/// Longest wait for what happens at once.
const AT_ONCE: Duration = Duration::from_secs(20);

/// A port with a defect.
struct Defective;

#[async_trait]
impl SalesOrders for Defective {
    async fn read(&self, _: &SalesOrderId) -> Result<Option<SalesOrder>, PortError> {
        panic!("a rehearsed defect")
    }

    async fn patch(&self, _: &SalesOrderId, _: &SalesOrderPatch) -> Result<(), PortError> {
        panic!("a rehearsed defect")
    }
}

fn defective_worker(stage: &Stage) -> Worker {
    let sync = stage.sync();
    let connection = Connection { sales_orders: Arc::new(Defective), ..sync.connections()[0].clone() };
    let settings = WorkerSettings {
        owner: "defective".to_owned(),
        concurrency: 4,
        lease: Duration::from_secs(30),
        poll: Duration::from_millis(500),
        grace: Duration::ZERO,
    };
    let (clock, wake) = (sync.intake.clock.clone(), sync.intake.wake.clone());
    Worker::new(settings, sync.state.clone(), vec![connection], clock, Arc::new(|| 0), wake)
}

/// The traces of looks that panicked, once there are `count` of them.
async fn panicked(stage: &Stage, id: u64, count: usize) -> usize {
    let wait = async {
        loop {
            let timeline = stage.timeline(id).await;
            let looks = timeline.iter().filter(|entry| entry.kind == TimelineKind::Look);
            let found = looks.filter(|entry| entry.text.contains("the work panicked; see the log")).count();
            if found >= count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(AT_ONCE, wait).await.expect("a panic leaves a trace")
}

#[tokio::test]
async fn work_that_panics_is_tried_again_with_growing_waits() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.feed().await;
    let worker = defective_worker(&stage);
    for (tries, wait_s) in (1..).zip([1, 2, 4]) {
        let looks = tokio::time::timeout(AT_ONCE, worker.work_due()).await.expect("it does not spin");
        assert_eq!(looks.unwrap(), 1);
        assert_eq!(panicked(&stage, id, tries).await, tries);
        let due = stage.next_due().await.unwrap();
        assert_eq!(due - stage.now(), TimeDelta::seconds(wait_s), "after try {tries}");
        stage.advance_to(due);
    }
    // mended, it goes on
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 1);
}
