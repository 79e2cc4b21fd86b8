//! What more processes bring: one, two and four `amz-sync` on one PostgreSQL with full durability, against a NetSuite that
//! takes 50 ms to answer and has slots for everybody.
//!
//! ```sh
//! cargo build --release --bin amz-sync && cargo bench -p amz-app --bench scale_out -- [--quick]
//! ```
//!
//! The processes are those of the release binary, each with as many lanes at work. They find all notices waiting, as after an
//! outage. Counted is what the pretend NetSuite answers a second while all processes are at work.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first fault"
)]

mod notices;
mod table;
mod vendor;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use amz_store::Store;
use amz_store::postgres::StoreOptions;
use amz_temporary_postgres::{Durability, TemporaryPostgres};
use table::{Arguments, Row};
use tokio::runtime::Runtime;
use vendor::{Asked, Vendor};

const PROCESSES: [usize; 3] = [1, 2, 4];
const LATENCY: Duration = Duration::from_millis(50);

/// Lanes that each process works on at once. With few of them processes mostly wait, and what is shown is whether they
/// hinder each other; with many the cores are what they share.
const LANES: [usize; 3] = [4, 8, 16];

/// Lanes for which two cores have time for four processes, PostgreSQL and the pretend NetSuite.
const LANES_OF_GOAL: usize = LANES[0];

/// Calls that all processes together may have in flight: never what they wait for.
const SLOTS: usize = 256;

/// How much faster four processes must be than one.
const GOAL: f64 = 3.6;

/// Longer than any run takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let Some(arguments) = Arguments::of_process() else { return };
    let rows = match (beside_benches("amz-sync"), TemporaryPostgres::start(Durability::Full)) {
        (None, _) => vec![Row::missing("scale-out", "build first: cargo build --release --bin amz-sync")],
        (_, Err(error)) => vec![Row::missing("scale-out", error.to_string())],
        (Some(program), Ok(server)) => measure(&program, &server, &arguments),
    };
    table::print("Scale-out", &arguments, &rows);
}

/// A program of the same profile as this bench.
fn beside_benches(name: &str) -> Option<PathBuf> {
    let bench = std::env::current_exe().ok()?;
    let program = bench.parent()?.parent()?.join(name);
    program.exists().then_some(program)
}

fn measure(program: &Path, server: &TemporaryPostgres, arguments: &Arguments) -> Vec<Row> {
    let vendor = Vendor::start();
    let mut rows = Vec::new();
    for lanes in LANES {
        let mut one = None;
        for processes in PROCESSES {
            let events = processes * lanes * arguments.either(200, 60);
            vendor.take_so_long(LATENCY);
            let url = server.new_database(&format!("scale_{processes}_{lanes}")).unwrap();
            let asked = run(program, &url, &vendor, (processes, lanes), events);
            let rate = steady_rate(&asked);
            let one = *one.get_or_insert(rate);
            let of_lanes = rate / ((processes * lanes) as f64 / LATENCY.as_secs_f64());
            let row = Row::new(
                format!("{processes} processes of {lanes} lanes, {events} events"),
                format!("{rate:.1} looks/s, {:.0} % of lanes / latency", of_lanes * 100.0),
            )
            .against(format!("one process {one:.1} looks/s"));
            rows.push(match (processes, lanes) {
                (4, LANES_OF_GOAL) => row.at_least(rate / one, GOAL),
                _ => row.ratio(rate / one),
            });
        }
    }
    rows
}

/// Looks a second between the first and the last tenth: before, processes start; after, some have nothing left.
fn steady_rate(asked: &[Asked]) -> f64 {
    let (first, last) = (asked.len() / 10, asked.len() * 9 / 10);
    let between = asked[last].answered - asked[first].answered;
    (last - first) as f64 / between.as_secs_f64()
}

/// Lets processes work until every event was looked at.
fn run(
    program: &Path,
    url: &str,
    vendor: &Vendor,
    (processes, lanes): (usize, usize),
    events: usize,
) -> Vec<Asked> {
    let folder = tempfile::tempdir().unwrap();
    Runtime::new().unwrap().block_on(async {
        let store = Store::of(&StoreOptions::new(url.into())).unwrap();
        // the tables are there before the processes start
        store.state().await.unwrap().close().await;
        let inbox = Store::of(&StoreOptions::new(url.into())).unwrap().inbox().await.unwrap();
        notices::store(inbox.as_ref(), 1, events).await;
        inbox.close().await;
    });
    let config = folder.path().join("bench.toml");
    std::fs::write(&config, notices::configuration(url, vendor.address, SLOTS, lanes)).unwrap();
    let _running: Vec<Process> = (0..processes).map(|_| Process::start(program, &config)).collect();
    let begun = Instant::now();
    while vendor.answered() < events {
        assert!(begun.elapsed() < PATIENCE, "{} of {events} events came through", vendor.answered());
        std::thread::sleep(Duration::from_millis(20));
    }
    vendor.asked()
}

/// A process at work; ended when dropped.
struct Process(Child);

impl Process {
    fn start(program: &Path, config: &Path) -> Self {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AMZ_") {
                command.env_remove(name);
            }
        }
        command.arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            // it was killed: how it ended is known
            let _ = self.0.wait();
        }
    }
}
