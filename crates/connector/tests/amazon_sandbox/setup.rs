//! A pretend Amazon, a client of it, and an order to send.

use std::sync::{Arc, Mutex};

use amz_connector::amazon::{BuyWithPrime, BwpSettings};
use amz_connector::http::HttpSettings;
use amz_domain::{ConnectionName, Currency, DeliveryAddress, ExecutionState, Money, Quantity};
use amz_sandbox::amazon::AmazonSettings;
use amz_sandbox::{CallSelector, Clock, Fault, FaultRule, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use amz_services::audit::CallRecord;
use amz_services::failure::StoreError;
use amz_services::ports::CallLog;
use amz_services::ports::amazon::{Contact, Delivery, NewAmazonLine, NewAmazonOrder};
use async_trait::async_trait;
use secrecy::SecretString;

/// Keeps call records in memory.
#[derive(Default)]
pub(crate) struct Trail(Mutex<Vec<CallRecord>>);

impl Trail {
    pub(crate) fn records(&self) -> Vec<CallRecord> {
        self.0.lock().unwrap().clone()
    }
}

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
    pub(crate) client: BuyWithPrime,
}

impl Rehearsal {
    pub(crate) async fn start() -> Self {
        Self::start_with(AmazonSettings::default()).await
    }

    pub(crate) async fn start_with(amazon: AmazonSettings) -> Self {
        let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        let settings = SandboxSettings { clock: clock.clone(), amazon, ..SandboxSettings::default() };
        let running = Sandbox::start(settings).await.unwrap();
        let trail = Arc::new(Trail::default());
        let secret = AmazonSettings::default().client_secret;
        let client = client(&running, &clock, &trail, &secret);
        Self { running, clock, trail, client }
    }

    /// The same pretend Amazon, called with another client secret.
    pub(crate) fn client_with_secret(&self, secret: &str) -> BuyWithPrime {
        client(&self.running, &self.clock, &self.trail, secret)
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    pub(crate) fn fault(&self, operation: &str, calls: CallSelector, fault: Fault) {
        let operation = Some(operation.to_owned());
        self.sandbox().faults.add(FaultRule { vendor: Vendor::Amazon, operation, calls, fault });
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.sandbox().calls.count(Vendor::Amazon, operation)
    }
}

fn client(running: &RunningSandbox, clock: &Clock, trail: &Arc<Trail>, secret: &str) -> BuyWithPrime {
    let credentials = AmazonSettings::default();
    let clock = clock.clone();
    BuyWithPrime::new(
        ConnectionName::from("main"),
        trail.clone(),
        Arc::new(move || clock.now()),
        BwpSettings {
            endpoint: running.amazon_url().parse().unwrap(),
            client_id: credentials.client_id,
            client_secret: SecretString::from(secret.to_owned()),
            target_id: credentials.target_id,
            api_version: "2024-11-01".to_owned(),
            http: HttpSettings::default(),
        },
    )
    .unwrap()
}

pub(crate) fn dollars(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::USD)
}

pub(crate) fn line(key: &str, quantity: u32) -> NewAmazonLine {
    NewAmazonLine {
        alias: format!("42:{key}").into(),
        sku: "MUG-BLUE".into(),
        title: "Blue mug".into(),
        quantity: Quantity(quantity),
        unit_price: dollars("19.90"),
        discount: dollars("0.10"),
        tax: dollars("1.58"),
        delivery_charge: dollars("0.00"),
        delivery: Delivery::MultiChannel { speed: "STANDARD".into() },
    }
}

pub(crate) fn order() -> NewAmazonOrder {
    NewAmazonOrder {
        alias: "1234567_SB1:42".into(),
        contact: Contact { name: "Ada Lovelace".into(), email: "ada.lovelace@example.com".into() },
        recipient: DeliveryAddress {
            name: "Ada Lovelace".into(),
            street: "12 Engine Street".into(),
            extended: Some("Floor 3 left".into()),
            locality: "Snoqualmie".into(),
            region: "WA".into(),
            postal_code: "98065".into(),
            country: "US".into(),
            phone: Some("+1 206 555 0100".into()),
        },
        execution: ExecutionState::Started,
        lines: vec![line("1001", 1), line("1002", 3)],
        total: dollars("82.56"),
        page: "https://1234567-sb1.app.netsuite.com/app/accounting/transactions/salesord.nl?id=42".into(),
        shopper_identity: None,
    }
}
