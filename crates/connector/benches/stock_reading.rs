//! How close readings of stock come to the fastest that Amazon's pace allows, and what they cost in memory.
//!
//! Time is scaled: rates are so many times Amazon's, and waits so many times shorter. `STOCK_READING_SCALE` sets how
//! many (100 by default). The pretend Amazon runs in a process of its own, so that its memory does not count.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints its result and ends when something is wrong"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use amz_connector::amazon::{SpApi, SpApiSettings};
use amz_connector::http::TOKEN_OPERATION;
use amz_domain::{ConnectionName, Sku};
use amz_sandbox::amazon::{AmazonSettings, Pace, SpApiHabits};
use amz_sandbox::{Sandbox, SandboxSettings};
use amz_services::audit::CallRecord;
use amz_services::failure::StoreError;
use amz_services::ports::stock::{StockPriority, StockStep};
use amz_services::ports::{AmazonStock, CallLog, StockStream};
use async_trait::async_trait;
use secrecy::SecretString;
use tokio::runtime::Runtime;

/// Amazon's documented pace.
const RATE_PER_S: u32 = 2;
const BURST: u32 = 2;
const SANDBOX: &str = "--sandbox";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == SANDBOX) {
        let numbers: Vec<u64> = arguments[place + 1..].iter().map(|number| number.parse().unwrap()).collect();
        sandbox(numbers[0], numbers[1], numbers[2]);
    } else if arguments.iter().any(|argument| argument == "--bench") {
        // without the argument the binary runs as one of the tests, where nobody wants to wait
        measure();
    }
}

/// Runs a pretend Amazon until its standard input ends.
fn sandbox(skus: u64, rate_per_s: u64, latency_ms: u64) {
    Runtime::new().unwrap().block_on(async {
        let running = Sandbox::start(SandboxSettings::default()).await.unwrap();
        let amazon = &running.sandbox.amazon;
        amazon.seed_stock(usize::try_from(skus).unwrap());
        amazon.set_sp_api_habits(SpApiHabits {
            pace: Pace::RealTime,
            rate_per_s: u32::try_from(rate_per_s).unwrap(),
            latency_ms,
            ..SpApiHabits::default()
        });
        println!("{} {}", running.sp_api_url(), running.lwa_token_url());
        let wait = || std::io::stdin().read_to_end(&mut Vec::new());
        tokio::task::spawn_blocking(wait).await.unwrap().unwrap();
    });
}

fn measure() {
    let scale = std::env::var("STOCK_READING_SCALE").map_or(100, |scale| scale.parse().unwrap());
    println!("time is scaled: {scale} times Amazon's rate, waits {scale} times shorter");
    let runtime = Runtime::new().unwrap();

    let idle = memory_kib("VmRSS");
    let amazon = Amazon::start(100_000, scale, Duration::from_secs(1));
    let skus = (1..=100_000).map(|number| Sku::new(format!("SEED-{number:08}"))).collect();
    let stream = amazon.client.named(skus, StockPriority::Run);
    let took = runtime.block_on(read(stream, 100_000));
    amazon.report("100,000 SKUs by name, answers after 1 s", took, 2_000);
    let peak = memory_kib("VmHWM");
    println!("  peak memory over idle: {} KiB (target: below 65536)", peak.saturating_sub(idle));

    let amazon = Amazon::start(50_000, scale, Duration::from_millis(50));
    let took = runtime.block_on(read(amazon.client.crawl(), 50_000));
    amazon.report("1,000 pages of everything, answers after 50 ms", took, 1_000);

    let amazon = Amazon::start(1, scale, Duration::ZERO);
    runtime.block_on(async {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let stream = amazon.client.named(vec!["SEED-00000001".into()], StockPriority::Change);
                tokio::spawn(read(stream, 1))
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    });
    let tokens = amazon.calls.tokens.load(Ordering::Relaxed);
    println!("100 callers without a token: {tokens} token request (target: 1)");
}

/// Reads to the end, keeping nothing, and says how long it took.
async fn read(mut stream: Box<dyn StockStream>, expected: u64) -> Duration {
    let begun = Instant::now();
    loop {
        match stream.next().await {
            StockStep::Readings(_) => {}
            StockStep::Complete { skus, missing, .. } => {
                assert_eq!((skus, missing.len()), (expected, 0));
                return begun.elapsed();
            }
            StockStep::Incomplete { error, .. } => panic!("{error}"),
        }
    }
}

/// Counts calls.
#[derive(Default)]
struct Calls {
    tokens: AtomicUsize,
    throttled: AtomicUsize,
}

#[async_trait]
impl CallLog for Calls {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        if call.operation == TOKEN_OPERATION {
            self.tokens.fetch_add(1, Ordering::Relaxed);
        }
        if call.status == Some(429) {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A pretend Amazon in another process, and a client of it.
struct Amazon {
    process: Child,
    client: SpApi,
    calls: Arc<Calls>,
    rate_per_s: u32,
    latency: Duration,
}

impl Amazon {
    fn start(skus: u32, scale: u32, latency: Duration) -> Self {
        let rate_per_s = RATE_PER_S * scale;
        // the pretend Amazon knows whole milliseconds only
        let latency_ms = u64::try_from((latency / scale).as_micros().div_ceil(1_000)).unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([SANDBOX, &skus.to_string(), &rate_per_s.to_string(), &latency_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut addresses = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut addresses).unwrap();
        let (endpoint, token_endpoint) = addresses.trim().split_once(' ').unwrap();
        let seller = AmazonSettings::default().sp_api;
        let settings = SpApiSettings {
            calls_per_second: rate_per_s.into(),
            ..SpApiSettings::new(
                endpoint.parse().unwrap(),
                token_endpoint.parse().unwrap(),
                seller.client_id,
                SecretString::from(seller.client_secret),
                SecretString::from(seller.refresh_token),
                seller.marketplace_id,
            )
        };
        let calls = Arc::new(Calls::default());
        let connection = ConnectionName::from("benchmark");
        let client = SpApi::new(connection, calls.clone(), Arc::new(chrono::Utc::now), settings).unwrap();
        Self { process, client, calls, rate_per_s, latency: Duration::from_millis(latency_ms) }
    }

    fn report(&self, what: &str, took: Duration, calls: u32) {
        let floor = Duration::from_secs(1) * (calls - BURST) / self.rate_per_s + self.latency;
        let ratio = took.as_secs_f64() / floor.as_secs_f64();
        let throttled = self.calls.throttled.load(Ordering::Relaxed);
        println!("{what}: {took:.2?}, {ratio:.4} times the floor of {floor:.2?} (target: at most 1.02)");
        println!("  throttled by Amazon: {throttled} of {calls}");
    }
}

impl Drop for Amazon {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // it may have ended by itself
        let _ = self.process.wait();
    }
}

/// A figure of this process's memory, in KiB.
fn memory_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
