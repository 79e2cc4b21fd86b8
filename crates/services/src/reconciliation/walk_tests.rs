use std::sync::{Arc, Mutex};

use super::*;
use crate::connection::{Connection, mocked};
use crate::lane::{LaneEnd, work};
use crate::orders::fixtures::settings;
use crate::ports::ledger::MockLedger;
use crate::reconciliation::fixtures::{Books, request};
use crate::work::{Claim, Lease};

const RUN: &str = "o1";

/// A lane of reconciliation over pretend books, and the requests that its looks left behind.
struct Scene {
    books: Books,
    at_once: u32,
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl Scene {
    fn new(at_once: u32) -> Self {
        let now = "2026-03-02T12:00:00Z".parse().unwrap();
        Self { books: Books::default(), at_once, now: Arc::new(Mutex::new(now)) }
    }

    fn connection(&self) -> Connection {
        let mut ledger = MockLedger::new();
        ledger.expect_parked().returning(|_| Ok(Vec::new()));
        let now = self.now.clone();
        Connection {
            ledger: Arc::new(ledger),
            reconciliation: Some(self.books.part(self.at_once)),
            ..mocked(settings(), Arc::new(move || *now.lock().unwrap()))
        }
    }

    /// One look. Returns what it asked; `None` when the store was gone before its end.
    async fn look(&self, asks: &[Ask]) -> Option<Vec<LaneRequest>> {
        let key = LaneKey { connection: "main".into(), lane: Lane::Reconciliation };
        let lease = Lease { key, owner: "test".into(), fence: 1 };
        let claim = Claim { lease, asks: asks.to_vec(), notices: Vec::new(), through: 1, attempts: 0 };
        match work(&self.connection(), &claim, 0).await {
            Ok(LaneEnd::Complete { redirect, .. }) => Some(redirect),
            Ok(other) => panic!("unexpected end {other:?}"),
            Err(_) => None,
        }
    }

    /// Looks until the lane is asked nothing more; every order answers between two looks. Returns all that were asked.
    async fn walk(&self, asks: &[Ask]) -> Vec<SalesOrderId> {
        let mut asks = asks.to_vec();
        let mut asked = Vec::new();
        while !asks.is_empty() {
            let requests = self.look(&asks).await.unwrap();
            let orders = orders(&requests);
            assert!(orders.len() <= self.at_once as usize, "{orders:?}");
            orders.iter().for_each(|order| self.books.answer(RUN, order));
            asked.extend(orders);
            asks = own(&requests).into_iter().map(|request| request.ask.clone()).collect();
        }
        asked
    }

    fn run(&self) -> Reconciliation {
        self.books.state().runs[&RUN.into()].clone()
    }
}

fn orders(requests: &[LaneRequest]) -> Vec<SalesOrderId> {
    let orders = requests.iter().filter_map(|request| match &request.key.lane {
        Lane::SalesOrder(order) => {
            assert!(matches!(request.ask, Ask::Reconcile(_)));
            Some(order.clone())
        }
        _ => None,
    });
    orders.collect()
}

fn own(requests: &[LaneRequest]) -> Vec<&LaneRequest> {
    requests.iter().filter(|request| request.key.lane == Lane::Reconciliation).collect()
}

fn ids(ids: impl IntoIterator<Item = u32>) -> Vec<SalesOrderId> {
    ids.into_iter().map(|id| id.to_string().as_str().into()).collect()
}

fn open() -> Ask {
    Ask::WalkOrders(request(RUN, ReconciliationScope::Open { since: None }, false))
}

fn scheduled(id: &str) -> Ask {
    let request = request(id, ReconciliationScope::Open { since: None }, false);
    Ask::WalkOrders(ReconciliationRequest { by: ReconciliationBeginner::Schedule, ..request })
}

#[tokio::test]
async fn open_orders_come_first_then_those_touched_and_each_is_asked_once() {
    let scene = Scene::new(4);
    scene.books.state().open = ids(10..=16).into_iter().collect();
    scene.books.state().touched = ids([30, 12, 31, 32, 30, 33]);
    let asked = scene.walk(&[open()]).await;
    assert_eq!(asked, ids([10, 11, 12, 13, 14, 15, 16, 30, 31, 32, 33]));
    let run = scene.run();
    assert_eq!((run.phase, run.asked), (ReconciliationPhase::Done, 11));
    assert!(run.ended_at.is_some());
    assert_eq!(scene.look(&[open()]).await.unwrap(), [], "it is ended");
}

#[tokio::test]
async fn it_never_asks_more_than_it_may_and_waits_for_those_that_have_not_answered() {
    let scene = Scene::new(4);
    scene.books.state().open = ids(10..=16).into_iter().collect();
    let first = scene.look(&[open()]).await.unwrap();
    assert_eq!(orders(&first), ids(10..=13));
    let again = scene.look(&[open()]).await.unwrap();
    assert_eq!(orders(&again), ids(10..=13), "asked again: equal asks collapse, and none may be lost");
    scene.books.answer(RUN, &"11".into());
    assert_eq!(orders(&scene.look(&[open()]).await.unwrap()), ids([10, 12, 13]), "no room worth a page");
    scene.books.answer(RUN, &"10".into());
    assert_eq!(orders(&scene.look(&[open()]).await.unwrap()), ids([12, 13, 14, 15]));
    let due = own(&again)[0].due_at;
    assert_eq!(due, *scene.now.lock().unwrap() + TimeDelta::milliseconds(250));
    *scene.now.lock().unwrap() += TimeDelta::hours(1);
    let late = scene.look(&[open()]).await.unwrap();
    assert_eq!(own(&late)[0].due_at, *scene.now.lock().unwrap() + TimeDelta::seconds(5));
}

#[tokio::test]
async fn f05_its_window_begins_at_the_last_completed_one_less_the_overlap() {
    for (last, since) in
        [(Some("2026-03-01T09:00:00Z"), "2026-03-01T08:45:00Z"), (None, "2026-03-01T12:00:00Z")]
    {
        let scene = Scene::new(4);
        scene.books.state().last_completed = last.map(|last| last.parse().unwrap());
        scene.walk(&[open()]).await;
        assert_eq!(scene.books.state().since, [since.parse::<DateTime<Utc>>().unwrap()]);
    }
    let scene = Scene::new(4);
    let since: DateTime<Utc> = "2026-02-01T00:00:00Z".parse().unwrap();
    let scope = ReconciliationScope::Open { since: Some(since) };
    scene.walk(&[Ask::WalkOrders(request(RUN, scope, false))]).await;
    assert_eq!(scene.books.state().since, [since], "as a person says, without overlap");
}

#[tokio::test]
async fn wherever_the_process_dies_every_order_is_asked_and_the_window_stays() {
    for write in 0.. {
        let scene = Scene::new(2);
        scene.books.state().open = ids(10..=12).into_iter().collect();
        scene.books.state().touched = ids([11, 20, 21]);
        scene.books.state().writes_left = Some(write);
        let mut asks = vec![open()];
        let (mut asked, mut died) = (std::collections::BTreeSet::new(), false);
        while !asks.is_empty() {
            match scene.look(&asks).await {
                Some(requests) => {
                    // what a look asks is lost with a process that dies before it is committed
                    let orders = orders(&requests);
                    orders.iter().for_each(|order| scene.books.answer(RUN, order));
                    asked.extend(orders);
                    asks = own(&requests).into_iter().map(|request| request.ask.clone()).collect();
                }
                None => {
                    died = true;
                    scene.books.state().writes_left = None;
                    *scene.now.lock().unwrap() += TimeDelta::hours(3);
                }
            }
        }
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), ids([10, 11, 12, 20, 21]), "write {write}");
        assert_eq!(scene.run().asked, 5, "write {write}");
        if died && write > 0 {
            let begin: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
            assert!(scene.books.state().since.iter().all(|since| *since == begin), "write {write}");
        }
        if !died {
            assert!(write > 4);
            break;
        }
    }
}

#[tokio::test]
async fn named_created_and_foreign_orders_are_walked_page_by_page() {
    let scene = Scene::new(2);
    let named = ReconciliationScope::Orders(ids([7, 5, 9]));
    assert_eq!(scene.walk(&[Ask::WalkOrders(request(RUN, named, false))]).await, ids([7, 5, 9]));

    let scene = Scene::new(2);
    scene.books.state().created = ids(10..=17);
    let scope = ReconciliationScope::Created {
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        until: "2026-02-01T00:00:00Z".parse().unwrap(),
    };
    assert_eq!(scene.walk(&[Ask::WalkOrders(request(RUN, scope, false))]).await, ids(10..=17));

    let scene = Scene::new(2);
    scene.books.state().others = ids(10..=14).into_iter().map(|id| (id, vec!["A".to_owned()])).collect();
    let scope = ReconciliationScope::SentByOthers;
    assert_eq!(scene.walk(&[Ask::WalkOrders(request(RUN, scope, true))]).await, ids(10..=14));
    assert_eq!(scene.run().since, None);
}

#[tokio::test]
async fn of_missed_turns_the_newest_stands_for_all_and_one_under_way_comes_first() {
    let scene = Scene::new(2);
    scene.books.state().open = ids(10..=13).into_iter().collect();
    let three = [scheduled("s1"), scheduled("s2"), scheduled("s3")];
    let requests = scene.look(&three).await.unwrap();
    let waits: Vec<_> = own(&requests).into_iter().map(|request| request.ask.clone()).collect();
    assert_eq!(waits, [scheduled("s3")]);
    assert_eq!(scene.books.state().runs.len(), 1);
    let requests = scene.look(&[scheduled("s3"), scheduled("s4")]).await.unwrap();
    assert_eq!(own(&requests).len(), 2);
    assert_eq!(scene.books.state().runs.len(), 1, "s4 begins when s3 is ended");
}

#[tokio::test]
async fn a_person_is_served_beside_the_schedule() {
    let scene = Scene::new(2);
    scene.books.state().open = ids(10..=13).into_iter().collect();
    let named = request(RUN, ReconciliationScope::Orders(ids([99])), false);
    scene.look(&[scheduled("s1")]).await.unwrap();
    let requests = scene.look(&[scheduled("s1"), Ask::WalkOrders(named)]).await.unwrap();
    assert!(orders(&requests).contains(&"99".into()));
}
