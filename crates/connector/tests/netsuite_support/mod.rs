//! A connector that talks to the sandbox, and a list of what it recorded.
#![allow(dead_code, unreachable_pub, reason = "every test binary uses another part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::{Arc, Mutex};

use amz_connector::http::{HttpClient, HttpSettings};
use amz_connector::netsuite::auth::{
    MachineToMachineSettings, NetSuiteAuthSettings, SigningAlgorithm, TokenBasedSettings,
};
use amz_connector::netsuite::{Governor, NetSuite, NetSuiteSettings};
use amz_sandbox::netsuite::{Certificate, PublicKey};
use amz_sandbox::{CallSelector, Clock, Fault, FaultRule, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use amz_services::audit::CallRecord;
use amz_services::failure::StoreError;
use amz_services::ports::CallLog;
use async_trait::async_trait;
use serde_json::{Value, json};

/// Calls that the connector recorded, in order.
#[derive(Default)]
pub struct Recorded(Mutex<Vec<CallRecord>>);

#[async_trait]
impl CallLog for Recorded {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(call.clone());
        Ok(())
    }
}

impl Recorded {
    pub fn all(&self) -> Vec<CallRecord> {
        self.0.lock().unwrap().clone()
    }
}

/// The sandbox and a connector for its NetSuite.
pub struct World {
    pub running: RunningSandbox,
    pub netsuite: NetSuite,
    pub recorded: Arc<Recorded>,
}

/// Signed requests.
pub async fn world() -> World {
    World::with(token_based(), |_| {}).await
}

pub fn token_based() -> NetSuiteAuthSettings {
    let known = amz_sandbox::netsuite::NetSuiteSettings::default();
    NetSuiteAuthSettings::TokenBased(TokenBasedSettings {
        consumer_key: known.consumer_key,
        consumer_secret: known.consumer_secret.into(),
        token_id: known.token_id,
        token_secret: known.token_secret.into(),
    })
}

pub fn machine_to_machine(algorithm: SigningAlgorithm) -> NetSuiteAuthSettings {
    let (certificate_id, private_key) = match algorithm {
        SigningAlgorithm::Es256 => {
            ("es", include_str!("../../fixtures/netsuite/machine_to_machine_es256.pem"))
        }
        SigningAlgorithm::Ps256 => {
            ("ps", include_str!("../../fixtures/netsuite/machine_to_machine_ps256.pem"))
        }
    };
    NetSuiteAuthSettings::MachineToMachine(MachineToMachineSettings {
        client_id: amz_sandbox::netsuite::NetSuiteSettings::default().client_id,
        certificate_id: certificate_id.to_owned(),
        private_key: private_key.into(),
        algorithm,
        scope: vec!["rest_webservices".to_owned()],
        token_url: None,
    })
}

impl World {
    pub async fn with(auth: NetSuiteAuthSettings, adjust: impl FnOnce(&mut NetSuiteSettings)) -> Self {
        Self::of(SandboxSettings::default(), auth, adjust).await
    }

    pub async fn of(
        sandbox: SandboxSettings,
        auth: NetSuiteAuthSettings,
        adjust: impl FnOnce(&mut NetSuiteSettings),
    ) -> Self {
        Self::governed(sandbox, auth, adjust, Governor::new(4)).await
    }

    pub async fn governed(
        mut sandbox: SandboxSettings,
        auth: NetSuiteAuthSettings,
        adjust: impl FnOnce(&mut NetSuiteSettings),
        governor: Governor,
    ) -> Self {
        let certificate =
            |id: &str, pem| Certificate { id: id.to_owned(), key: PublicKey::from_pem(pem).unwrap() };
        sandbox.clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
        sandbox.netsuite.certificates = vec![
            certificate("es", include_str!("../../fixtures/netsuite/machine_to_machine_es256_public.pem")),
            certificate("ps", include_str!("../../fixtures/netsuite/machine_to_machine_ps256_public.pem")),
        ];
        let account = sandbox.netsuite.account.clone();
        let running = Sandbox::start(sandbox).await.unwrap();
        let recorded = Arc::new(Recorded::default());
        let clock = running.sandbox.clock.clone();
        let http = HttpClient::new(
            "shop".into(),
            amz_services::audit::Vendor::NetSuite,
            recorded.clone(),
            Arc::new(move || clock.now()),
            HttpSettings::default(),
        );
        let endpoint = running.netsuite_url().parse().unwrap();
        let mut settings = NetSuiteSettings::new(endpoint, account, auth);
        adjust(&mut settings);
        let netsuite = NetSuite::new(http.unwrap(), settings, governor).unwrap();
        Self { running, netsuite, recorded }
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.running.sandbox
    }

    pub fn load(&self, orders: Vec<Value>) -> Vec<u64> {
        self.sandbox().netsuite.load_sales_orders(orders).unwrap()
    }

    /// Calls of an operation meet a fault.
    pub fn fault(&self, operation: &str, calls: CallSelector, fault: Fault) {
        let operation = Some(operation.to_owned());
        self.sandbox().faults.add(FaultRule { vendor: Vendor::NetSuite, operation, calls, fault });
    }

    pub fn count(&self, operation: &str) -> usize {
        self.sandbox().calls.count(Vendor::NetSuite, operation)
    }
}

/// An order of two goods lines and a service line.
pub fn order() -> Value {
    json!({
        "currency": {"id": "1", "refName": "USD"},
        "status": {"id": "B"},
        "createdDate": "2026-03-01T17:00:00Z",
        "lastModifiedDate": "2026-03-01T17:00:00Z",
        "location": {"id": "7", "refName": "Amazon"},
        "email": "ada@example.com",
        "shippingAddress": {
            "addressee": "Ada Lovelace", "addr1": "12 St James's Square", "city": "Seattle",
            "state": "WA", "zip": "98101", "country": {"id": "US"},
        },
        "item": {"items": [
            {"line": 1, "item": {"refName": "MUG"}, "itemType": "InvtPart", "quantity": 3, "rate": "19.90"},
            {"line": 2, "item": {"refName": "PLATE"}, "itemType": "InvtPart", "quantity": 2, "rate": "0.10"},
            {"line": 3, "item": {"refName": "ENGRAVING"}, "itemType": "Service", "quantity": 1, "rate": 5},
        ]},
    })
}
