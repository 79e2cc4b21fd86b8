//! What a full synchronisation of stock costs: calls to both vendors, time of our own, memory.
//!
//! 100,000 SKUs, 2,500 of them off. The pretend vendors answer at once and without a pace, in a process of their own:
//! their memory does not count, and the time is that of our side and theirs together. How close reading comes to
//! Amazon's pace is measured in the connector's `stock_reading`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its result and ends when something is wrong"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_app::SyncParts;
use amz_app::settings::Settings;
use amz_domain::{ConnectionName, StockRunId};
use amz_sandbox::amazon::Pace;
use amz_sandbox::{Sandbox, SandboxSettings};
use amz_services::inventory::{RunBeginner, RunPhase, StockRun, StockRunRequest};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest};
use amz_store::Store;
use chrono::Utc;
use tokio::runtime::Runtime;

const CONNECTION: &str = "bench";
const LOCATION: u64 = 7;
const SANDBOX: &str = "--sandbox";

/// SKUs at Amazon, and items in NetSuite.
const SKUS: u64 = 100_000;

/// Of these, items that are off.
const OFF: u64 = 2_500;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == SANDBOX) {
        sandbox();
    } else if arguments.iter().any(|argument| argument == "--bench") {
        // without the argument the binary runs as one of the tests, where nobody wants to wait
        Runtime::new().unwrap().block_on(measure());
    }
}

/// Runs the pretend vendors until standard input ends; every line that comes is answered with the calls since the last.
fn sandbox() {
    Runtime::new().unwrap().block_on(async {
        let settings = SandboxSettings::default();
        let running = Sandbox::start(settings.clone()).await.unwrap();
        let (amazon, netsuite) = (&running.sandbox.amazon, &running.sandbox.netsuite);
        let mut habits = amazon.sp_api_habits();
        (habits.pace, habits.rate_per_s) = (Pace::Off, 1_000_000);
        amazon.set_sp_api_habits(habits);
        netsuite.seed_items(usize::try_from(SKUS).unwrap(), LOCATION, 10).unwrap();
        for number in 1..=SKUS {
            let units = if number <= OFF { 12 } else { 10 };
            amazon.set_stock(&format!("SKU-{number:06}"), units).unwrap();
        }
        println!("{}", one_line(&configuration(&running, &settings)));
        let mut told = running.sandbox.calls.all().len();
        let mut lines = BufReader::new(std::io::stdin()).lines();
        while let Some(Ok(_)) = lines.next() {
            let all = running.sandbox.calls.all();
            let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
            for call in &all[told..] {
                *counted.entry(call.operation.as_str()).or_default() += 1;
            }
            told = all.len();
            let counted = counted.iter().map(|(operation, calls)| format!("{operation} {calls}"));
            println!("{}", counted.collect::<Vec<_>>().join(", "));
        }
    });
}

fn configuration(running: &amz_sandbox::RunningSandbox, settings: &SandboxSettings) -> String {
    let (amazon, netsuite) = (&settings.amazon, &settings.netsuite);
    format!(
        r#"[[connection]]
name = "{CONNECTION}"
[connection.amazon.bwp]
endpoint = "{amazon_url}"
client_id = "{bwp_client_id}"
client_secret = "{bwp_client_secret}"
target_id = "{target_id}"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.amazon.sp_api]
endpoint = "{sp_api_url}"
token_endpoint = "{lwa_token_url}"
client_id = "{client_id}"
client_secret = "{client_secret}"
refresh_token = "{refresh_token}"
calls_per_second = "1000"
[connection.netsuite]
account = "{account}"
endpoint = "{netsuite_url}"
timezone = "{timezone}"
[connection.netsuite.auth.tba]
consumer_key = "{consumer_key}"
consumer_secret = "{consumer_secret}"
token_id = "{token_id}"
token_secret = "{token_secret}"
[connection.mapping]
amazon_location = "{LOCATION}"
adjustment_account = "155"
default_ship_speed = "STANDARD"
[connection.inventory]
schedule = "off"
road = "crawl"
"#,
        amazon_url = running.amazon_url(),
        bwp_client_id = amazon.client_id,
        bwp_client_secret = amazon.client_secret,
        target_id = amazon.target_id,
        sp_api_url = running.sp_api_url(),
        lwa_token_url = running.lwa_token_url(),
        client_id = amazon.sp_api.client_id,
        client_secret = amazon.sp_api.client_secret,
        refresh_token = amazon.sp_api.refresh_token,
        account = netsuite.account,
        netsuite_url = running.netsuite_url(),
        timezone = netsuite.timezone.name(),
        consumer_key = netsuite.consumer_key,
        consumer_secret = netsuite.consumer_secret,
        token_id = netsuite.token_id,
        token_secret = netsuite.token_secret,
    )
}

/// The configuration on one line of standard output.
fn one_line(text: &str) -> String {
    text.replace('\n', "\u{1f}")
}

async fn measure() {
    let mut vendors = Vendors::start();
    let folder = tempfile::tempdir().unwrap();
    let parts = vendors.parts(folder.path()).await;
    let idle = memory_kib("VmRSS");

    for (what, id) in [("2,500 of 100,000 items off", "first"), ("the same again, none off", "second")] {
        let begun = Instant::now();
        let run = full_run(&parts, id).await;
        let took = begun.elapsed();
        println!("{what}: {took:.2?}");
        println!(
            "  {} SKUs read, {} items off, {} written",
            run.read_skus, run.summary.off, run.summary.written
        );
        println!("  calls: {}", vendors.calls());
    }
    let peak = memory_kib("VmHWM");
    println!("peak memory over idle: {} KiB (target: below 65536)", peak.saturating_sub(idle));
    parts.state.close().await;
}

/// Asks for a full run as the schedule does, and works until it has ended.
async fn full_run(parts: &SyncParts, id: &str) -> StockRun {
    let connection = ConnectionName::from(CONNECTION);
    let id = StockRunId::from(id);
    let ask =
        StockRunRequest { id: id.clone(), by: RunBeginner::Schedule, plan_only: false, skus: Vec::new() };
    let key = LaneKey { connection: connection.clone(), lane: Lane::StockReading };
    let request = LaneRequest { key, ask: Ask::ReadStock(ask), due_at: Utc::now(), notice: None };
    parts.state.accept(&format!("bench/{id}"), 1, vec![request]).await.unwrap();
    loop {
        parts.worker.work_due().await.unwrap();
        let run = parts.state.stock_run(&connection, &id).await.unwrap();
        match run {
            Some(run) if run.phase == RunPhase::Done => return run,
            Some(run) if run.phase.is_ended() => unreachable!("the run broke off: {:?}", run.message),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// The pretend vendors in another process.
struct Vendors {
    process: Child,
    configuration: String,
}

impl Vendors {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg(SANDBOX)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let configuration = line(&mut process).replace('\u{1f}', "\n");
        Self { process, configuration }
    }

    async fn parts(&self, folder: &Path) -> SyncParts {
        let store = format!("[store]\nurl = \"sqlite://{}\"\n", folder.join("bench.db").display());
        let text = format!("{store}{}", self.configuration);
        let settings = Settings::from_toml(&text, &BTreeMap::new(), folder).expect("the configuration");
        let store = Store::of(&settings.store.options()).unwrap();
        SyncParts::assemble(&settings, &store, Arc::new(Utc::now), Arc::new(|| 0)).await.unwrap()
    }

    /// Calls that came since the last question.
    fn calls(&mut self) -> String {
        writeln!(self.process.stdin.as_mut().unwrap()).unwrap();
        line(&mut self.process)
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // it may have ended by itself
        let _ = self.process.wait();
    }
}

/// One line of a process's output. Read byte by byte: nothing behind it may be swallowed.
fn line(process: &mut Child) -> String {
    let output = process.stdout.as_mut().unwrap();
    let mut text = Vec::new();
    for byte in std::io::Read::bytes(output) {
        match byte.unwrap() {
            b'\n' => break,
            byte => text.push(byte),
        }
    }
    String::from_utf8(text).unwrap()
}

/// A figure of this process's memory, in KiB.
fn memory_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
