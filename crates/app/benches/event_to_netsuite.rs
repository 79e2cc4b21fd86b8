//! From a notice in the inbox to the call it makes: how many a second, and how busy that keeps the slots of a NetSuite
//! account.
//!
//! ```sh
//! cargo bench -p amz-app --bench event_to_netsuite -- [--quick] [--sqlite | --postgres]
//! ```
//!
//! Every notice is of another order and costs one call. Intake and worker are those of `amz-sync`, with full durability.
//! The ceiling is slots by the time that the pretend NetSuite held its answers, as that measured it itself; at 0 ms what
//! is left is our own work. The first and the last tenth of the events do not count: there work is not yet, or no longer,
//! enough for all slots.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first fault"
)]

mod notices;
mod table;
mod vendor;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_app::SyncParts;
use amz_app::settings::Settings;
use amz_store::Store;
use amz_temporary_postgres::{Durability, TemporaryPostgres};
use chrono::Utc;
use table::{Arguments, Row, per_second};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use vendor::{Asked, Vendor};

const SLOTS: [usize; 3] = [4, 15, 55];
const LATENCIES_MS: [u64; 3] = [0, 50, 300];

/// How much of its slots a worker must use.
const GOAL: f64 = 0.95;

/// Lanes at work for each slot: while one waits for its answer another is taken or given back.
const WORKERS_PER_SLOT: usize = 2;

/// As `amz-sync` looks for notices of another process.
const INTAKE_POLL: Duration = Duration::from_millis(100);

/// Longer than any run takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let Some(arguments) = Arguments::of_process() else { return };
    let vendor = Vendor::start();
    let mut rows = Vec::new();
    for (name, flag) in [("SQLite", "--sqlite"), ("PostgreSQL", "--postgres")] {
        let others =
            ["--sqlite", "--postgres"].into_iter().any(|other| other != flag && arguments.has(other));
        if others && !arguments.has(flag) {
            continue;
        }
        match Databases::of(name) {
            Ok(databases) => rows.extend(on(name, databases, &vendor, &arguments)),
            Err(error) => rows.push(Row::missing(name, error.to_string())),
        }
    }
    table::print("Event to NetSuite", &arguments, &rows);
}

/// Where new stores are made.
enum Databases {
    Folder(tempfile::TempDir),
    Server(TemporaryPostgres),
}

impl Databases {
    fn of(name: &str) -> std::io::Result<Self> {
        match name {
            "SQLite" => Ok(Self::Folder(tempfile::tempdir()?)),
            _ => Ok(Self::Server(TemporaryPostgres::start(Durability::Full)?)),
        }
    }

    fn new_store(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => {
                format!("sqlite://{}", folder.path().join(name).join("bench.db").display())
            }
            Self::Server(server) => server.new_database(name).unwrap(),
        }
    }
}

fn on(name: &str, databases: Databases, vendor: &Vendor, arguments: &Arguments) -> Vec<Row> {
    let mut rows = Vec::new();
    for latency_ms in LATENCIES_MS {
        for slots in SLOTS {
            let latency = Duration::from_millis(latency_ms);
            let events = match latency_ms {
                0 => arguments.either(5_000, 1_500),
                _ => most(slots, latency, arguments.either(4.0, 1.5)),
            };
            let store = databases.new_store(&format!("s{slots}_{latency_ms}"));
            vendor.take_so_long(latency);
            // a runtime each: nothing of one run is left in the next
            let took = Runtime::new().unwrap().block_on(run(&store, vendor, slots, events));
            let work = format!("{name}, {slots} slots, {latency_ms} ms, {events} events");
            rows.push(row(work, slots, latency, took, &vendor.asked()));
        }
    }
    rows
}

/// Events that keep so many slots busy for some seconds.
fn most(slots: usize, latency: Duration, seconds: f64) -> usize {
    let each = seconds / latency.as_secs_f64();
    slots * (each.ceil() as usize).max(5)
}

fn row(work: String, slots: usize, latency: Duration, took: Duration, asked: &[Asked]) -> Row {
    let all = asked.len() as f64 / took.as_secs_f64();
    if latency.is_zero() {
        return Row::new(
            work,
            format!("{} events/s", table::thousands(per_second(asked.len() as u64, took))),
        );
    }
    let (first, last) = (asked.len() / 10, asked.len() * 9 / 10);
    let between = asked[last].answered - asked[first].answered;
    let rate = (last - first) as f64 / between.as_secs_f64();
    let held: Duration = asked.iter().map(|asked| asked.answered - asked.at).sum();
    let ceiling = slots as f64 / (held.as_secs_f64() / asked.len() as f64);
    Row::new(work, format!("{rate:.1} events/s, {all:.1} from first to last"))
        .against(format!("slots / answer {ceiling:.1}/s"))
        .at_least(rate / ceiling, GOAL)
}

/// Stores the notices, then works until none is left. Returns what the work took.
async fn run(store: &str, vendor: &Vendor, slots: usize, events: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    if let Some(path) = store.strip_prefix("sqlite://") {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
    }
    let text = notices::configuration(store, vendor.address, slots, slots * WORKERS_PER_SLOT);
    let settings = Settings::from_toml(&text, &BTreeMap::new(), folder.path()).unwrap();
    let store = Store::of(&settings.store.options()).unwrap();
    let inbox = store.inbox().await.unwrap();
    notices::store(inbox.as_ref(), 1, events).await;

    let parts = SyncParts::assemble(&settings, &store, Arc::new(Utc::now), Arc::new(|| 0)).await.unwrap();
    let (stop, begun) = (CancellationToken::new(), Instant::now());
    let (intake, worker) = (parts.intake.clone(), parts.worker.clone());
    let (intake_stop, worker_stop) = (stop.clone(), stop.clone());
    let taking =
        tokio::spawn(async move { intake.run(Arc::new(Notify::new()), INTAKE_POLL, intake_stop).await });
    let working = tokio::spawn(async move { worker.run(worker_stop).await });
    while vendor.answered() < events || parts.state.backlog().await.unwrap().lanes > 0 {
        assert!(begun.elapsed() < PATIENCE, "{} of {events} events came through", vendor.answered());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = begun.elapsed();
    stop.cancel();
    taking.await.unwrap();
    working.await.unwrap();
    assert_eq!(vendor.answered(), events, "one call for each event");
    inbox.close().await;
    parts.state.close().await;
    took
}
