//! What the program gets from its configuration: plain, checked values.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use amz_domain::{AccountId, ConnectionName, Currency};
use amz_services::settings::{CheckoutSettings, InventorySettings, ServiceSettings};
use amz_store::{Pooler, StoreOptions};
use rust_decimal::Decimal;
use secrecy::SecretString;

use crate::audit_mirror::MirroredCalls;
use crate::schedule::Schedule;

/// Where the state is kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Address of the store, for example `sqlite://accelerator.db`. A secret, because addresses of data base
    /// servers carry passwords.
    pub url: SecretString,
    /// Most connections of one process to a database server.
    pub max_connections: u32,
    /// How long a database server may take for one statement.
    pub statement_timeout: Duration,
    /// What stands between the processes and a database server.
    pub pooler: Pooler,
}

impl StoreSettings {
    /// A store at an address, used as usual.
    pub fn at(url: SecretString) -> Self {
        let StoreOptions { url, max_connections, statement_timeout, pooler, .. } = StoreOptions::new(url);
        Self { url, max_connections, statement_timeout, pooler }
    }

    /// How the store is opened.
    pub fn options(&self) -> StoreOptions {
        StoreOptions {
            max_connections: self.max_connections,
            statement_timeout: self.statement_timeout,
            pooler: self.pooler,
            ..StoreOptions::new(self.url.clone())
        }
    }
}

/// The webhook role.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Address under which it is reached from outside, without a trailing slash.
    pub public_url: Option<String>,
}

/// Who may use the operators' API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The tokens; without any there is no API.
    pub tokens: Vec<ApiToken>,
}

/// A bearer token of the operators' API.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Who has it.
    pub name: String,
    /// What it allows.
    pub role: ApiRole,
    /// The token, at least 24 characters.
    pub token: SecretString,
}

/// What a token of the operators' API allows; each allows what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiRole {
    /// Reading.
    Viewer,
    /// Reading, and whatever operators do.
    Operator,
    /// Changing settings too.
    Admin,
}

/// The sync role's worker loop.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Lanes worked at once.
    pub concurrency: usize,
    /// How long a lane stays with a worker that has fallen silent.
    pub lease: Duration,
    /// Where a process with the sync role alone answers for its health.
    pub listen: Option<SocketAddr>,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Logging.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// Form of the lines.
    pub format: LogFormat,
    /// Which events are logged, as `tracing_subscriber::EnvFilter` reads it.
    pub filter: String,
}

/// Who is told when work is parked.
#[derive(Debug, Clone)]
pub struct NotificationSettings {
    /// Whether the log is told.
    pub log: bool,
    /// Who else is told.
    pub webhook: Option<NotificationWebhook>,
}

/// Somebody who is told by a signed message.
#[derive(Debug, Clone)]
pub struct NotificationWebhook {
    /// Where messages are posted to.
    pub url: SecretString,
    /// What they are signed with, at least one; several while rotating.
    pub secrets: Vec<SecretString>,
}

/// One merchant's pair of an Amazon business product and a NetSuite account.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// Name of the connection: letters, digits, `-`, `_`.
    pub name: ConnectionName,
    /// How many lanes it gets in proportion to other connections.
    pub weight: u32,
    /// The Buy with Prime API.
    pub bwp: BwpSettings,
    /// What Amazon's webhook sender must present.
    pub webhook_auth: WebhookAuthSettings,
    /// The NetSuite account.
    pub netsuite: NetSuiteSettings,
    /// How the services work.
    pub services: ServiceSettings,
    /// How long events on one order are gathered into one look.
    pub settle: Duration,
    /// How often the change feed asks NetSuite.
    pub poll: Duration,
    /// Whether it asks for documents that follow from sales orders too.
    pub follow_documents: bool,
    /// How often open orders are compared on both sides; `None` when only people ask for it.
    pub reconcile: Option<Duration>,
    /// Orders that such a comparison asks for at the same time.
    pub reconcile_at_once: u32,
    /// What another connector left behind.
    pub adoption: AdoptionSettings,
    /// Orders that a shop's checkout may have placed at Amazon; `None` where there is none.
    pub checkout: Option<CheckoutOrders>,
    /// Whether changed sales orders that only show our own writes are ignored without a call.
    pub ignores_own_echoes: bool,
    /// How stock is kept in step; `None` when it is not.
    pub stock: Option<StockSettings>,
    /// How the audit trail is copied to NetSuite; `None` when it is not.
    pub audit_mirror: Option<AuditMirrorSettings>,
}

/// How the audit trail is copied to NetSuite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditMirrorSettings {
    /// How often.
    pub every: Duration,
    /// Which calls.
    pub only: MirroredCalls,
}

/// What another connector left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdoptionSettings {
    /// Body fields in which it wrote what Amazon knows a sales order by, the one that counts most first.
    pub order_id_fields: Vec<String>,
    /// Type of the alias that they hold; `None` when they hold Amazon's order ids.
    pub alias_type: Option<String>,
}

/// Orders that a shop's checkout may have placed at Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutOrders {
    /// Body fields that hold what the shop calls an order.
    pub order_fields: Vec<String>,
    /// Which orders these may be.
    pub settings: CheckoutSettings,
}

/// How stock is kept in step.
#[derive(Debug, Clone)]
pub struct StockSettings {
    /// Where Amazon's stock is read.
    pub sp_api: SpApiSettings,
    /// How the services work.
    pub inventory: InventorySettings,
    /// Account of inventory adjustments; always there where stock is written by them.
    pub adjustment_account: Option<AccountId>,
    /// How long stock events are gathered into one look.
    pub settle: Duration,
    /// When stock is compared in full, in the account's zone; `None` when only people ask for it.
    pub schedule: Option<Schedule>,
}

/// Access to the Selling Partner API. Addresses have no trailing slash.
#[derive(Debug, Clone)]
pub struct SpApiSettings {
    /// Address of the API.
    pub endpoint: String,
    /// Address that gives access tokens.
    pub token_endpoint: String,
    /// Client id of the application.
    pub client_id: String,
    /// Client secret of the application.
    pub client_secret: SecretString,
    /// The seller's refresh token.
    pub refresh_token: SecretString,
    /// The marketplace.
    pub marketplace_id: String,
    /// Calls per second that Amazon allows, above zero.
    pub calls_per_second: Decimal,
}

/// Access to the Buy with Prime API. Addresses have no trailing slash.
#[derive(Debug, Clone)]
pub struct BwpSettings {
    /// Address of the API.
    pub endpoint: String,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
    /// The business product's id.
    pub target_id: String,
    /// Version of the API, a date.
    pub api_version: String,
}

/// What Amazon's webhook sender must present: `basic`, `oauth`, either of both, or nothing.
#[derive(Debug, Clone)]
pub struct WebhookAuthSettings {
    /// User name and password.
    pub basic: Option<BasicSettings>,
    /// Client credentials for our token endpoint.
    pub oauth: Option<OauthClientSettings>,
    /// Takes events from anybody; only true when there is neither of the other two.
    pub allow_unauthenticated: bool,
}

/// HTTP Basic credentials.
#[derive(Debug, Clone)]
pub struct BasicSettings {
    /// User name, without a colon.
    pub username: String,
    /// Password.
    pub password: SecretString,
}

/// OAuth 2.0 client credentials.
#[derive(Debug, Clone)]
pub struct OauthClientSettings {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
}

/// Whether what is set at run time stands in NetSuite too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigRecord {
    /// It does not.
    Off,
    /// It is shown there.
    Show,
    /// It is shown there, and what people change there counts.
    Follow,
}

/// Access to a NetSuite account. Addresses have no trailing slash.
#[derive(Debug, Clone)]
pub struct NetSuiteSettings {
    /// Account id in realm spelling, for example `1234567_SB1`.
    pub account: String,
    /// Address of the record service and SuiteQL.
    pub endpoint: String,
    /// Address of the account's RESTlets.
    pub restlet_endpoint: String,
    /// The bundle's RESTlet.
    pub restlet: RestletSettings,
    /// Calls at the same time.
    pub concurrency: usize,
    /// True when somebody set that, and it is not the default.
    pub concurrency_is_set: bool,
    /// Whether the account is asked how many calls it takes at the same time.
    pub learn_concurrency: bool,
    /// How long one call may take.
    pub timeout: Duration,
    /// Whether what is set at run time stands in NetSuite too.
    pub config_record: ConfigRecord,
    /// Currency of orders that name none.
    pub base_currency: Currency,
    /// Currency by NetSuite internal id.
    pub currencies: BTreeMap<String, Currency>,
    /// How calls are signed.
    pub auth: NetSuiteAuth,
    /// What the bundle signs its notices with; none refuses such notices.
    pub signing_secrets: Vec<SecretString>,
    /// The account's name of every field and record type of ours, by standard name.
    pub fields: FieldNames,
    /// Item field that holds the SKU.
    pub item_sku_field: String,
}

/// The bundle's RESTlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestletSettings {
    /// Its script id.
    pub script: String,
    /// Id of its deployment.
    pub deploy: String,
    /// Marks and lines of a sales order are written through it.
    pub order_marks: bool,
    /// Item receipts are made through it.
    pub receipts: bool,
    /// Taxes of credits are written through it.
    pub line_tax: bool,
}

/// The account's names of our fields and record types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNames(pub(super) BTreeMap<&'static str, String>);

impl FieldNames {
    /// The account's name of a field given by its standard name; a name that is not ours stays as it is.
    pub fn name<'a>(&'a self, standard: &'a str) -> &'a str {
        self.0.get(standard).map_or(standard, String::as_str)
    }

    /// Standard names with the account's names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(standard, name)| (*standard, name.as_str()))
    }
}

/// How calls to NetSuite are signed.
#[derive(Debug, Clone)]
pub enum NetSuiteAuth {
    /// Token-based authentication (OAuth 1.0a).
    Tba {
        /// Consumer key of the integration record.
        consumer_key: SecretString,
        /// Consumer secret of the integration record.
        consumer_secret: SecretString,
        /// Id of the access token.
        token_id: SecretString,
        /// Secret of the access token.
        token_secret: SecretString,
    },
    /// OAuth 2.0 client credentials with a signed token, machine to machine.
    Oauth2 {
        /// Client id of the integration record.
        client_id: String,
        /// Id that NetSuite gave the certificate.
        certificate_id: String,
        /// Private key, PKCS #8 in PEM.
        private_key: SecretString,
        /// How the token is signed.
        algorithm: SigningAlgorithm,
    },
}

/// Signature of the token that asks NetSuite for access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// RSA-PSS with SHA-256.
    Ps256,
}
