//! A pretend Amazon with stock, a client of it, and a reader of its streams.

use std::sync::{Arc, Mutex};

use amz_connector::amazon::{SpApi, SpApiSettings};
use amz_domain::{ConnectionName, Sku, StockReading};
use amz_sandbox::amazon::{Amazon, AmazonSettings, SpApiHabits};
use amz_sandbox::{CallSelector, Clock, Fault, FaultRule, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use amz_services::audit::CallRecord;
use amz_services::failure::{PortError, StoreError};
use amz_services::ports::stock::StockStep;
use amz_services::ports::{CallLog, StockStream};
use async_trait::async_trait;
use secrecy::SecretString;

pub(crate) const OPERATION: &str = "getInventorySummaries";
pub(crate) const TOKEN: &str = "lwaToken";

/// Keeps call records in memory.
#[derive(Default)]
pub(crate) struct Trail(Mutex<Vec<CallRecord>>);

#[async_trait]
impl CallLog for Trail {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(call.clone());
        Ok(())
    }
}

pub(crate) struct Rehearsal {
    pub(crate) running: RunningSandbox,
    pub(crate) clock: Clock,
    pub(crate) trail: Arc<Trail>,
    pub(crate) client: SpApi,
}

impl Rehearsal {
    /// So many SKUs in stock, pages of `page_size`, and a pace that nobody notices.
    pub(crate) async fn start(skus: usize, page_size: usize) -> Self {
        Self::start_at(skus, SpApiHabits { page_size, rate_per_s: 900, ..SpApiHabits::default() }).await
    }

    pub(crate) async fn start_at(skus: usize, habits: SpApiHabits) -> Self {
        let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        let settings = SandboxSettings { clock: clock.clone(), ..SandboxSettings::default() };
        let running = Sandbox::start(settings).await.unwrap();
        let trail = Arc::new(Trail::default());
        let client = client(&running, &clock, &trail, habits.rate_per_s);
        let rehearsal = Self { running, clock, trail, client };
        rehearsal.amazon().set_sp_api_habits(habits);
        rehearsal.amazon().seed_stock(skus);
        rehearsal
    }

    pub(crate) fn amazon(&self) -> &Amazon {
        &self.running.sandbox.amazon
    }

    pub(crate) fn fault(&self, operation: &str, calls: CallSelector, fault: Fault) {
        let operation = Some(operation.to_owned());
        self.running.sandbox.faults.add(FaultRule { vendor: Vendor::Amazon, operation, calls, fault });
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.running.sandbox.calls.count(Vendor::Amazon, operation)
    }

    pub(crate) fn records(&self) -> Vec<CallRecord> {
        self.trail.0.lock().unwrap().clone()
    }
}

fn client(running: &RunningSandbox, clock: &Clock, trail: &Arc<Trail>, rate_per_s: u32) -> SpApi {
    let seller = AmazonSettings::default().sp_api;
    let clock = clock.clone();
    let settings = SpApiSettings {
        calls_per_second: rate_per_s.into(),
        ..SpApiSettings::new(
            running.sp_api_url().parse().unwrap(),
            running.lwa_token_url().parse().unwrap(),
            seller.client_id,
            SecretString::from(seller.client_secret),
            SecretString::from(seller.refresh_token),
            seller.marketplace_id,
        )
    };
    SpApi::new(ConnectionName::from("main"), trail.clone(), Arc::new(move || clock.now()), settings).unwrap()
}

/// How a reading went.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) readings: Vec<StockReading>,
    pub(crate) pages: u64,
    /// SKUs and missing ones, or why it broke off.
    pub(crate) end: Result<(u64, Vec<Sku>), PortError>,
}

impl Read {
    pub(crate) fn skus(&self) -> Vec<&str> {
        let mut skus: Vec<_> = self.readings.iter().map(|reading| reading.sku.as_str()).collect();
        skus.sort_unstable();
        skus
    }

    pub(crate) fn error(&self) -> &PortError {
        self.end.as_ref().unwrap_err()
    }
}

/// Reads to the end; `between` is done after each answer, with how many came.
pub(crate) async fn read_with(mut stream: Box<dyn StockStream>, mut between: impl FnMut(usize)) -> Read {
    let (mut readings, mut steps) = (Vec::new(), 0);
    loop {
        match stream.next().await {
            StockStep::Readings(more) => {
                readings.extend(more);
                steps += 1;
                between(steps);
            }
            StockStep::Complete { pages, skus, missing } => {
                return Read { readings, pages, end: Ok((skus, missing)) };
            }
            StockStep::Incomplete { pages, error } => return Read { readings, pages, end: Err(error) },
        }
    }
}

pub(crate) async fn read(stream: Box<dyn StockStream>) -> Read {
    read_with(stream, |_| {}).await
}

pub(crate) fn seeded(numbers: std::ops::RangeInclusive<usize>) -> Vec<Sku> {
    numbers.map(|number| Sku::new(format!("SEED-{number:08}"))).collect()
}
