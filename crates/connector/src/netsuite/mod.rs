//! NetSuite: record service and query service of one account, behind the ports of the services.
//!
//! | file | what |
//! | --- | --- |
//! | [`auth`] | signed requests or bearer tokens |
//! | [`record_service`] | the verbs, once for all record types |
//! | [`suiteql`] | queries |
//! | `sales_order`, `item_fulfillment` | a record type each: mapping and port |
//! | `documents` | all that follows from a sales order: seven record types with one mapping |
//! | `items`, `accounting_periods`, `changed_sales_orders`, `changed_documents` | ports that are queries |
//! | `stock_items`, `unsent_lines`, `stock_documents` | stock: what stands there, what is promised, how it is changed |
//! | `errors` | what a refusal means |
//!
//! Nothing waits and tries again here. The one repeat is a fresh proof after refused credentials.

mod accounting_periods;
#[cfg(test)]
mod any_json;
pub mod auth;
mod change_feed;
mod changed_documents;
mod changed_sales_orders;
mod concurrency;
mod currency;
mod documents;
mod errors;
mod item_fulfillment;
mod items;
mod reading;
pub mod record_service;
mod rest;
mod sales_order;
mod settings;
mod standing;
mod stock_documents;
mod stock_items;
mod stock_query;
mod stock_settings;
pub mod suiteql;
mod unsent_lines;

use std::sync::Arc;

use amz_domain::Sku;
use amz_services::failure::PortError;
use amz_services::ports::netsuite::KitMember;
use chrono::{DateTime, Utc};

pub use item_fulfillment::ItemFulfillmentRecord;
pub use sales_order::SalesOrderRecord;
pub use settings::{FieldNames, NetSuiteSettings, NetSuiteSetupError};
pub use stock_settings::{AmazonLineRules, StockQuerySettings};

use crate::http::HttpClient;
use auth::NetSuiteAuth;
use concurrency::Slots;
use items::Remembered;
use record_service::RecordService;
use rest::Rest;
use standing::Standing;
use stock_query::MissingColumns;
use suiteql::{Query, Rows};

/// One NetSuite account. Clones share its slots, its token and what it remembers.
#[derive(Debug, Clone)]
pub struct NetSuite(Arc<Account>);

#[derive(Debug)]
struct Account {
    rest: Rest,
    settings: NetSuiteSettings,
    known_skus: Remembered<Sku>,
    known_kits: Remembered<Vec<KitMember>>,
    missing_columns: MissingColumns,
}

impl NetSuite {
    /// A client of the account that the settings describe; nothing is sent yet.
    ///
    /// # Errors
    /// [`NetSuiteSetupError`] when the settings cannot work.
    pub fn new(http: HttpClient, settings: NetSuiteSettings) -> Result<Self, NetSuiteSetupError> {
        settings.check()?;
        http.check(&settings.endpoint)?;
        let auth = NetSuiteAuth::new(settings.auth.clone(), &settings.account, &settings.endpoint, &http)?;
        let rest = Rest {
            http,
            endpoint: settings.endpoint.clone(),
            auth,
            slots: Slots::new(settings.concurrency),
            standing: Standing::new(),
        };
        let (known_skus, known_kits) = (Remembered::default(), Remembered::default());
        let missing_columns = MissingColumns::default();
        Ok(Self(Arc::new(Account { rest, settings, known_skus, known_kits, missing_columns })))
    }

    /// The record service, for record types that have no port.
    pub fn records(&self) -> RecordService<'_> {
        RecordService::new(&self.0.rest)
    }

    /// The first page of a query's rows.
    ///
    /// # Errors
    /// Read failures.
    pub async fn query(&self, query: Query) -> Result<Rows, PortError> {
        self.0.rest.query(query).await
    }

    fn rest(&self) -> &Rest {
        &self.0.rest
    }

    fn settings(&self) -> &NetSuiteSettings {
        &self.0.settings
    }

    fn known_skus(&self) -> &Remembered<Sku> {
        &self.0.known_skus
    }

    fn known_kits(&self) -> &Remembered<Vec<KitMember>> {
        &self.0.known_kits
    }

    fn missing_columns(&self) -> &MissingColumns {
        &self.0.missing_columns
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.rest.http.now()
    }
}
