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
//! | `account_orders`, `sent_by_others`, `made_fulfillments` | what reconciliation and adoption walk along |
//! | `stock_items`, `unsent_lines`, `stock_documents` | stock: what stands there, what is promised, how it is changed |
//! | `custom_records` | the copy of the audit trail, and settings inside NetSuite |
//! | `server_time` | NetSuite's clock |
//! | `restlet` | the bundle's RESTlet, for what the record service cannot do |
//! | `governor` | how many calls are in flight, and whose turn it is; shared by all connections of an account |
//! | `concurrency` | what the account tells of its limits |
//! | `probes` | calls that only find out, for diagnosis |
//! | `errors` | what a refusal means |
//!
//! Nothing waits and tries again here. The one repeat is a fresh proof after refused credentials.

mod account_orders;
mod accounting_periods;
#[cfg(test)]
mod any_json;
pub mod auth;
mod change_feed;
mod changed_documents;
mod changed_sales_orders;
mod concurrency;
mod currency;
mod custom_records;
mod documents;
mod empty_answer;
mod errors;
mod governor;
mod item_fulfillment;
mod items;
mod made_fulfillments;
mod probes;
mod reading;
pub mod record_service;
mod rest;
mod restlet;
mod sales_order;
mod sent_by_others;
mod server_time;
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

pub use concurrency::ConcurrencyLimits;
pub use custom_records::{AUDIT_LOG_UPSERT, AuditLogRow, ConfigRow, ConfigSetting, RecordNames};
pub use governor::{Governor, GovernorObserver, Slot};
pub use item_fulfillment::ItemFulfillmentRecord;
pub use probes::{LogIn, PropertyKind, RecordProperties};
pub use restlet::{RestletSettings, RestletUses};
pub use sales_order::SalesOrderRecord;
pub use settings::{FieldNames, NetSuiteSettings, NetSuiteSetupError};
pub use stock_settings::{AmazonLineRules, StockQuerySettings};

use crate::http::HttpClient;
use auth::NetSuiteAuth;
use items::Remembered;
use record_service::RecordService;
use rest::Rest;
use standing::Standing;
use stock_query::MissingColumns;
use suiteql::{Query, Rows};

/// One NetSuite account, as one connection calls it. Clones share its governor, its token and what it remembers.
#[derive(Debug, Clone)]
pub struct NetSuite(Arc<Account>);

#[derive(Debug)]
struct Account {
    rest: Arc<Rest>,
    settings: NetSuiteSettings,
    known_skus: Arc<Remembered<Sku>>,
    known_kits: Arc<Remembered<Vec<KitMember>>>,
    missing_columns: Arc<MissingColumns>,
}

impl NetSuite {
    /// A client of the account that the settings describe; nothing is sent yet.
    ///
    /// All clients of an account in a process share its `governor`.
    ///
    /// # Errors
    /// [`NetSuiteSetupError`] when the settings cannot work.
    pub fn new(
        http: HttpClient,
        settings: NetSuiteSettings,
        governor: Governor,
    ) -> Result<Self, NetSuiteSetupError> {
        settings.check()?;
        http.check(&settings.endpoint)?;
        if let Some(restlet) = &settings.restlet {
            http.check(&restlet.endpoint)?;
        }
        let auth = NetSuiteAuth::new(settings.auth.clone(), &settings.account, &settings.endpoint, &http)?;
        let rest =
            Rest { http, endpoint: settings.endpoint.clone(), auth, governor, standing: Standing::new() };
        Ok(Self(Arc::new(Account {
            rest: Arc::new(rest),
            settings,
            known_skus: Arc::default(),
            known_kits: Arc::default(),
            missing_columns: Arc::default(),
        })))
    }

    /// The same account with other settings. Slots, token and connections are shared, and so is what is remembered,
    /// unless SKUs stand in another field now. Whoever holds the old one goes on with the old settings.
    ///
    /// Address, credentials and concurrency stay: what `settings` say of these has no effect.
    ///
    /// # Errors
    /// [`NetSuiteSetupError`] when the settings cannot work.
    pub fn with_settings(&self, settings: NetSuiteSettings) -> Result<Self, NetSuiteSetupError> {
        settings.check()?;
        let Account { rest, settings: old, known_skus, known_kits, missing_columns } = self.0.as_ref();
        let still_true = old.item_sku_field == settings.item_sku_field;
        Ok(Self(Arc::new(Account {
            rest: rest.clone(),
            settings,
            known_skus: if still_true { known_skus.clone() } else { Arc::default() },
            known_kits: if still_true { known_kits.clone() } else { Arc::default() },
            missing_columns: missing_columns.clone(),
        })))
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

#[async_trait::async_trait]
impl amz_services::ports::ServerClock for NetSuite {
    async fn server_time(&self) -> Result<DateTime<Utc>, PortError> {
        Self::server_time(self).await
    }
}
