//! The crates without our binaries: one sales order goes to Amazon, decided and sent by your own service.
//!
//! ```sh
//! cargo run -p amz-services --example embed
//! ```
//!
//! The pretend vendors stand in for the real ones; with other addresses and credentials the code is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use amz_connector::amazon::bwp::{BuyWithPrime, BwpSettings};
use amz_connector::http::{HttpClient, HttpSettings};
use amz_connector::netsuite::auth::{NetSuiteAuthSettings, TokenBasedSettings};
use amz_connector::netsuite::{Governor, NetSuite, NetSuiteSettings};
use amz_sandbox::{Sandbox, SandboxSettings};
use amz_services::audit::Vendor;
use amz_services::connection::{Clock, Connection};
use amz_services::lane::{LaneEnd, work};
use amz_services::ports::{EveryVendorWorks, Intake, Lanes};
use amz_services::settings::{
    CancellationSettings, EligibleRule, Kits, OnHold, RefundSettings, ReturnSettings, ServiceSettings,
};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest};
use amz_store::memory::MemoryStore;
use chrono::Utc;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // the vendors, and an order that Amazon shall ship
    let sandbox_settings = SandboxSettings::default();
    let vendors = Sandbox::start(sandbox_settings.clone()).await?;
    let ids = vendors.sandbox.netsuite.load_sales_orders(vec![json!({
        "entity": {"id": "501", "refName": "Sam Shopper"}, "email": "sam@example.com",
        "shippingAddress": {"addressee": "Sam Shopper", "addr1": "1 Example Street", "city": "Springfield",
                            "state": "OR", "zip": "97477", "country": {"id": "US"}},
        "item": {"items": [{"item": {"id": "101", "refName": "MUG-BLUE"}, "quantity": 2, "rate": 12,
                            "location": {"id": "7"}}]},
    })])?;

    // the parts: a store, the two clients, and how this merchant wants things done
    let store = Arc::new(MemoryStore::default());
    let clock: Clock = Arc::new(Utc::now);
    let amazon = Arc::new(BuyWithPrime::new(
        "main".into(),
        store.clone(),
        clock.clone(),
        BwpSettings {
            endpoint: vendors.amazon_url().parse()?,
            client_id: sandbox_settings.amazon.client_id,
            client_secret: sandbox_settings.amazon.client_secret.into(),
            target_id: sandbox_settings.amazon.target_id,
            api_version: "2024-11-01".into(),
            http: HttpSettings::default(),
        },
    )?);
    let account = sandbox_settings.netsuite.account;
    let auth = NetSuiteAuthSettings::TokenBased(TokenBasedSettings {
        consumer_key: sandbox_settings.netsuite.consumer_key,
        consumer_secret: sandbox_settings.netsuite.consumer_secret.into(),
        token_id: sandbox_settings.netsuite.token_id,
        token_secret: sandbox_settings.netsuite.token_secret.into(),
    });
    let http = HttpClient::new(
        "main".into(),
        Vendor::NetSuite,
        store.clone(),
        clock.clone(),
        HttpSettings::default(),
    )?;
    let netsuite = NetSuiteSettings::new(vendors.netsuite_url().parse()?, &account, auth);
    let netsuite = Arc::new(NetSuite::new(http, netsuite, Governor::new(4))?);
    let connection = Connection {
        name: "main".into(),
        settings: Arc::new(ServiceSettings {
            account,
            timezone: chrono_tz::America::Los_Angeles,
            pages: "https://example.app.netsuite.com".into(),
            amazon_location: Some("7".into()),
            sales_channels: BTreeSet::new(),
            eligible: vec![EligibleRule::Location],
            ship_speed: BTreeMap::new(),
            default_ship_speed: Some("STANDARD".into()),
            go_live: None,
            hold: Duration::ZERO,
            on_hold: OnHold::Wait,
            retry_base: Duration::from_secs(2),
            retry_limit: 12,
            unclear_wait: Duration::from_secs(60),
            kits: Kits::AsSold,
            cancellation: CancellationSettings::default(),
            returns: ReturnSettings::default(),
            refunds: RefundSettings::default(),
        }),
        amazon_orders: amazon.clone(),
        amazon_cancellations: amazon.clone(),
        amazon_returns: amazon.clone(),
        amazon_refunds: amazon.clone(),
        package_trackers: amazon,
        sales_orders: netsuite.clone(),
        items: netsuite.clone(),
        item_fulfillments: netsuite.clone(),
        documents: netsuite.clone(),
        accounting_periods: netsuite,
        stock: None,
        checkout: None,
        reconciliation: None,
        ledger: store.clone(),
        vendors: Arc::new(EveryVendorWorks),
        clock,
    };

    // somebody says that the order changed; a worker takes its lane and looks
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder(ids[0].to_string().into()) };
    let request = LaneRequest { key, ask: Ask::SalesOrder, due_at: connection.now(), notice: None };
    store.accept("my-queue", 1, vec![request]).await?;
    for claim in store.claim("my-worker", connection.now(), Duration::from_secs(30), 10).await? {
        match work(&connection, &claim, 0).await? {
            LaneEnd::Complete { look, redirect } => {
                show(&look.lines);
                store.complete(&claim, &look, redirect).await?;
            }
            LaneEnd::Postpone { look, at, failed } => store.postpone(&claim, &look, at, failed).await?,
            LaneEnd::SlowDown { look, .. } | LaneEnd::Pause { look, .. } => {
                let later = connection.now() + chrono::Duration::seconds(30);
                store.postpone(&claim, &look, later, false).await?;
            }
        }
    }
    assert_eq!(vendors.sandbox.amazon.orders().len(), 1, "Amazon has the order");
    vendors.shutdown().await;
    Ok(())
}

#[allow(clippy::print_stdout, reason = "an example shows what it does")]
fn show(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}
