//! Three synchronising processes on one PostgreSQL, each killed again and again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use amz_app::settings::Settings;
use amz_services::ports::records::Backlog;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::kill::{GLANCE, PATIENCE, arrive, free_port, share_fulfilled, ship, until_within};
use crate::process::{Process, neighbour, program};
use crate::standing::{differences, is_eligible};
use crate::vendors::{Vendors, list};

const ORDERS: usize = 200;
const SYNCS: usize = 3;
/// How long it may take until all orders are at Amazon and everybody was killed often enough.
const LONG: Duration = Duration::from_secs(480);
/// How often each synchronising process is killed.
const KILLS: usize = 10;

/// A process that is started again whenever it was killed.
struct Mortal {
    name: &'static str,
    config: String,
    running: Process,
    kills: usize,
}

impl Mortal {
    fn start(name: &'static str, config: &str) -> Self {
        let running = Self::run(name, config);
        Self { name, config: config.to_owned(), running, kills: 0 }
    }

    fn run(name: &str, config: &str) -> Process {
        Process::start(program(&neighbour(name)).args(["--config", config]))
    }

    fn kill_and_restart(&mut self) {
        self.running.kill_nine();
        self.running = Self::run(self.name, &self.config);
        self.kills += 1;
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn two_hundred_orders_survive_thirty_kills_of_three_processes_on_one_database() {
    let count = ORDERS.to_string();
    let vendors = Vendors::start(&["--orders-count", &count, "--faults", "heavy", "--seed", "23"]);
    let folder = tempfile::tempdir().unwrap();
    let database = amz_temporary_postgres::new_database().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let config = vendors.configure_on(
        &database,
        folder.path(),
        &[
            ("listen = \"127.0.0.1:8080\"", &format!("listen = {listen:?}\n\n[worker]\nlease = \"2s\"")),
            ("filter = \"warn\"", "filter = \"off\""),
        ],
    );
    vendors.subscribe(&format!("http://{listen}")).await;
    let eligible = vendors.sales_orders().await.iter().filter(|order| is_eligible(order)).count();

    let mut webhook = Mortal::start("amz-webhook", &config);
    let mut syncs: Vec<Mortal> = (0..SYNCS).map(|_| Mortal::start("amz-sync", &config)).collect();
    let mut dice = Dice(23);
    let mut next_kill = Instant::now() + Duration::from_millis(1_500);
    let mut arrived = false;
    let goal = "every process was killed ten times, and every parcel has left";
    until_within(LONG, &config, goal, async || {
        if Instant::now() >= next_kill {
            let alive: Vec<usize> = (0..SYNCS).filter(|sync| syncs[*sync].kills < KILLS).collect();
            if let Some(victim) = alive.get(usize::try_from(dice.below(3)).unwrap() % alive.len().max(1)) {
                syncs[*victim].kill_and_restart();
            }
            if dice.below(10) == 0 {
                webhook.kill_and_restart();
            }
            next_kill = Instant::now() + Duration::from_millis(300 + dice.below(1_200));
        }
        let at_amazon = vendors.amazon_orders().await;
        for (position, order) in at_amazon.iter().enumerate() {
            ship(&vendors, position, order).await;
        }
        if !arrived && at_amazon.len() == eligible && share_fulfilled(&vendors).await > 50 {
            for (position, order) in at_amazon.iter().enumerate() {
                arrive(&vendors, position, order).await;
            }
            arrived = true;
        }
        (arrived && syncs.iter().all(|sync| sync.kills >= KILLS)).then_some(())
    })
    .await;
    vendors.clear_faults().await;
    converge(&vendors, &config, eligible).await;
    assert_eq!(worked_on_by_two(&list(vendors.get("calls").await)), Vec::<String>::new());
}

/// Waits until nothing is left to do and both sides agree.
async fn converge(vendors: &Vendors, config: &str, eligible: usize) {
    let store = Settings::load(Some(config.as_ref()), &Default::default()).unwrap().store;
    let operations = amz_app::operator::operations(&store).unwrap();
    let began = Instant::now();
    loop {
        let backlog = operations.backlog().await.unwrap();
        let Backlog { lanes, leased, parked, unsettled } = backlog;
        let quiet = (lanes, leased, parked, unsettled) == (0, 0, (ORDERS - eligible) as u64, 0);
        let differing = if quiet { differences(vendors).await } else { vec!["work is left".to_owned()] };
        if differing.is_empty() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{backlog:?}; {differing:#?}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// The process that called, when, when it was answered, and the call.
type CallOfOrder<'log> = (&'log str, DateTime<Utc>, DateTime<Utc>, &'log Value);

/// Pairs of calls about one sales order that two processes had in flight at the same time, by the vendors' own log.
///
/// A call whose answer was withheld says nothing about when it ended.
fn worked_on_by_two(calls: &[Value]) -> Vec<String> {
    let mut by_order: BTreeMap<&str, Vec<CallOfOrder>> = BTreeMap::new();
    for call in calls {
        let (Some(order), Some(process)) = (order_of(call), call["user_agent"].as_str()) else { continue };
        let instant = |field: &str| call[field].as_str().map(|at| at.parse::<DateTime<Utc>>().unwrap());
        if let (Some(at), Some(answered_at)) = (instant("at"), instant("answered_at")) {
            by_order.entry(order).or_default().push((process, at, answered_at, call));
        }
    }
    assert!(by_order.len() > ORDERS / 2, "the log names orders: {}", by_order.len());
    let processes: std::collections::BTreeSet<&str> =
        by_order.values().flatten().map(|call| call.0).collect();
    assert!(processes.len() >= SYNCS, "the log tells processes apart: {processes:?}");
    let mut pairs = Vec::new();
    for (order, calls) in by_order {
        for (position, (process, at, _, call)) in calls.iter().enumerate() {
            let before = calls[..position].iter().rev().take(20);
            for (other, _, answered_at, earlier) in before {
                if other != process && answered_at > at {
                    pairs.push(format!(
                        "{order}: {} {} beside {}",
                        call["number"], call["operation"], earlier["number"]
                    ));
                }
            }
        }
    }
    pairs
}

/// The sales order that a call to NetSuite names in its path.
fn order_of(call: &Value) -> Option<&str> {
    let (_, rest) = call["path"].as_str()?.split_once("/salesOrder/")?;
    let order = rest.split(['/', '?', '!']).next()?;
    (!order.is_empty()).then_some(order)
}

#[test]
fn calls_of_two_processes_at_once_are_found() {
    let call = |number: usize, process: &str, order: usize, at: &str, answered_at: &str| {
        serde_json::json!({
            "number": number, "operation": "salesOrder.get", "user_agent": process,
            "path": format!("/services/rest/record/v1/salesOrder/{order}?fields=x"),
            "at": format!("2026-01-01T10:00:{at}Z"), "answered_at": format!("2026-01-01T10:00:{answered_at}Z"),
        })
    };
    let mut calls: Vec<Value> =
        (0..ORDERS).map(|order| call(order, ["a", "b", "c"][order % 3], order, "00", "01")).collect();
    assert_eq!(worked_on_by_two(&calls), Vec::<String>::new());
    calls.push(call(900, "b", 0, "01.5", "02"));
    calls.push(call(901, "b", 3, "00.5", "02"));
    let found = worked_on_by_two(&calls);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("3: 901"), "{found:?}");
    assert_eq!(order_of(&call(1, "a", 77, "00", "01")), Some("77"));
}
