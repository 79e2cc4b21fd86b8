//! From settings to the parts that work: vendor clients, access rules, service settings.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use amz_connector::amazon::bwp::{BuyWithPrime, BwpSettings};
use amz_connector::amazon::sp_api::{SpApi, SpApiSettings};
use amz_connector::http::{HttpClient, HttpSettings};
use amz_connector::netsuite::auth::{
    MachineToMachineSettings, NetSuiteAuthSettings, SigningAlgorithm as AssertionAlgorithm,
    TokenBasedSettings,
};
use amz_connector::netsuite::{
    AmazonLineRules, FieldNames, Governor, NetSuite, NetSuiteSettings, RecordNames, RestletSettings,
    RestletUses, StockQuerySettings,
};
use amz_domain::ConnectionName;
use amz_event_handler::amazon::{BasicCredentials, OauthClient, WebhookAccess};
use amz_event_handler::netsuite::SigningSecret;
use amz_services::audit::Vendor;
use amz_services::connection::{Checkout, Clock, Connection, OtherConnector, Reconciliation, Stock};
use amz_services::inventory::RememberedProducts;
use amz_services::ports::{CallLog, Ledger, Paces, Reconciliations, StockRecords};
use amz_services::settings::{EligibleRule, MatchBy, StockWriting};
use secrecy::ExposeSecret;
use url::Url;

use crate::concurrency::Governors;
use crate::http::ConnectionAccess;
use crate::outages::{Outages, Watched};
use crate::settings::{self, ConnectionSettings, NetSuiteAuth, SigningAlgorithm, StockSettings};

/// How long a connection to a vendor may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one call to Amazon may take.
const AMAZON_TIMEOUT: Duration = Duration::from_secs(30);

/// What a bearer token for NetSuite shall allow.
const NETSUITE_SCOPE: &str = "rest_webservices";

/// What it shall allow besides, where the bundle's RESTlet is used.
const RESTLET_SCOPE: &str = "restlets";

/// Why the parts of a connection could not be built from its settings.
#[derive(Debug, thiserror::Error)]
#[error("connection[{connection}].{part}: {source}")]
pub struct WiringError {
    /// Which connection.
    connection: ConnectionName,
    /// Which part of its settings.
    part: &'static str,
    /// What is wrong.
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// One connection's clients, ready for work.
pub(crate) struct Clients {
    pub(crate) connection: Connection,
    pub(crate) netsuite: NetSuite,
    kept: Kept,
}

/// What lives on when settings change.
#[derive(Clone)]
struct Kept {
    amazon: Arc<BuyWithPrime>,
    sp_api: Option<Arc<SpApi>>,
    products: Arc<RememberedProducts>,
    stores: Stores,
    shared: Shared,
}

/// Where a connection's work is kept.
#[derive(Clone)]
pub(crate) struct Stores {
    /// What is known and intended.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// What is remembered of stock.
    pub(crate) stock: Arc<dyn StockRecords>,
    /// What is remembered of reconciliations.
    pub(crate) reconciliations: Arc<dyn Reconciliations>,
    /// Where calls to vendors are recorded.
    pub(crate) calls: Arc<dyn CallLog>,
}

/// What the connections of a process share.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    /// How vendors are doing.
    pub(crate) outages: Arc<Outages>,
    /// Whose turn it is at each NetSuite account.
    pub(crate) governors: Governors,
    /// How fast requests for stock may follow one another, where other processes send some too.
    pub(crate) paces: Option<Arc<dyn Paces>>,
}

/// Builds one connection's clients. Nothing is sent yet.
pub(crate) fn clients(
    settings: &ConnectionSettings,
    stores: Stores,
    shared: &Shared,
    clock: Clock,
) -> Result<Clients, WiringError> {
    let calls = &stores.calls;
    // Amazon's stock has an interface of its own, whose outage must not stop orders
    let watched: Arc<dyn CallLog> = Arc::new(Watched::new(calls.clone(), shared.outages.clone()));
    let amazon = amazon_client(settings, watched.clone(), clock.clone())?;
    let sp_api = sp_api_client(settings, calls.clone(), clock.clone(), shared.paces.clone())?;
    let governor = shared.governors.of(&settings.netsuite);
    let netsuite = netsuite_client(settings, watched, governor, clock.clone())?;
    let kept = Kept {
        amazon: Arc::new(amazon),
        sp_api: sp_api.map(Arc::new),
        products: Arc::default(),
        stores,
        shared: shared.clone(),
    };
    Ok(joined(settings, netsuite, kept, clock))
}

impl Clients {
    /// The same clients with other settings than those of `before`. Connections, tokens, paces and what is remembered
    /// stay, unless a client's own setting is another one. Work that is under way goes on with the old settings.
    pub(crate) fn with_settings(
        &self,
        before: &ConnectionSettings,
        settings: &ConnectionSettings,
    ) -> Result<Self, WiringError> {
        let Self { connection, netsuite: account, kept } = self;
        let wrong = wrong(&settings.name, "netsuite");
        let limit = |of: &ConnectionSettings| (of.netsuite.concurrency, of.netsuite.concurrency_is_set);
        if limit(before) != limit(settings) {
            kept.shared.governors.set_limit(&settings.netsuite);
        }
        let netsuite = netsuite_settings(settings)
            .map_err(|error| wrong(error.into()))
            .and_then(|settings| account.with_settings(settings).map_err(|error| wrong(error.into())))?;
        Ok(joined(settings, netsuite, kept.clone(), connection.clock.clone()))
    }
}

/// Clients and settings together.
fn joined(settings: &ConnectionSettings, netsuite: NetSuite, kept: Kept, clock: Clock) -> Clients {
    let Kept { amazon, sp_api, products, stores, shared: process } = kept.clone();
    let shared = Arc::new(netsuite.clone());
    let stock = settings.stock.as_ref().zip(sp_api).map(|(stock, sp_api)| Stock {
        settings: Arc::new(stock.inventory.clone()),
        amazon: sp_api,
        catalog: amazon.clone(),
        products,
        items: shared.clone(),
        writes: shared.clone(),
        records: stores.stock,
    });
    let adoption = &settings.adoption;
    let others = (!adoption.order_id_fields.is_empty())
        .then(|| OtherConnector { orders: amazon.clone(), alias_type: adoption.alias_type.clone() });
    let reconciliation = Reconciliation {
        orders: shared.clone(),
        records: stores.reconciliations,
        at_once: settings.reconcile_at_once,
        others,
    };
    let checkout = settings
        .checkout
        .as_ref()
        .map(|checkout| Checkout { settings: Arc::new(checkout.settings.clone()), orders: amazon.clone() });
    let connection = Connection {
        name: settings.name.clone(),
        settings: Arc::new(settings.services.clone()),
        amazon_orders: amazon.clone(),
        amazon_cancellations: amazon.clone(),
        amazon_returns: amazon.clone(),
        amazon_refunds: amazon.clone(),
        package_trackers: amazon,
        sales_orders: shared.clone(),
        items: shared.clone(),
        item_fulfillments: shared.clone(),
        documents: shared.clone(),
        accounting_periods: shared,
        stock,
        checkout,
        reconciliation: Some(reconciliation),
        ledger: stores.ledger,
        vendors: process.outages,
        clock,
    };
    Clients { connection, netsuite, kept }
}

/// What is wrong with a part of a connection's settings.
fn wrong(
    connection: &ConnectionName,
    part: &'static str,
) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> WiringError {
    move |source| WiringError { connection: connection.clone(), part, source }
}

/// A client of the connection's Buy with Prime API.
pub(crate) fn amazon_client(
    settings: &ConnectionSettings,
    calls: Arc<dyn CallLog>,
    clock: Clock,
) -> Result<BuyWithPrime, WiringError> {
    let wrong = wrong(&settings.name, "amazon.bwp");
    let bwp = BwpSettings {
        endpoint: Url::parse(&settings.bwp.endpoint).map_err(|error| wrong(error.into()))?,
        client_id: settings.bwp.client_id.clone(),
        client_secret: settings.bwp.client_secret.clone(),
        target_id: settings.bwp.target_id.clone(),
        api_version: settings.bwp.api_version.clone(),
        http: http_settings(AMAZON_TIMEOUT, Vec::new()),
    };
    BuyWithPrime::new(settings.name.clone(), calls, clock, bwp).map_err(|error| wrong(error.into()))
}

/// A client of the connection's Selling Partner API, when it keeps stock in step.
pub(crate) fn sp_api_client(
    settings: &ConnectionSettings,
    calls: Arc<dyn CallLog>,
    clock: Clock,
    paces: Option<Arc<dyn Paces>>,
) -> Result<Option<SpApi>, WiringError> {
    let wrong = wrong(&settings.name, "amazon.sp_api");
    let Some(stock) = &settings.stock else { return Ok(None) };
    let sp_api = sp_api_settings(&stock.sp_api).map_err(|error| wrong(error.into()))?;
    let client = SpApi::sharing_pace(settings.name.clone(), calls, clock, sp_api, paces);
    client.map(Some).map_err(|error| wrong(error.into()))
}

/// A client of the connection's NetSuite account.
pub(crate) fn netsuite_client(
    settings: &ConnectionSettings,
    calls: Arc<dyn CallLog>,
    governor: Governor,
    clock: Clock,
) -> Result<NetSuite, WiringError> {
    let wrong = wrong(&settings.name, "netsuite");
    let http = http_settings(settings.netsuite.timeout, open_fields(&settings.netsuite.fields));
    let http = HttpClient::new(settings.name.clone(), Vendor::NetSuite, calls, clock, http)
        .map_err(|error| wrong(error.into()))?;
    let account = netsuite_settings(settings).map_err(|error| wrong(error.into()))?;
    NetSuite::new(http, account, governor).map_err(|error| wrong(error.into()))
}

/// Plain HTTP goes no further than loopback: settings and clients both see to that.
fn http_settings(timeout: Duration, open_fields: Vec<String>) -> HttpSettings {
    HttpSettings { timeout, connect_timeout: CONNECT_TIMEOUT, allow_plain_http: false, open_fields }
}

/// Our own fields, but for the shopper's token, the place a parcel was seen at, and what staff write about why they
/// cancel or take back.
fn open_fields(names: &settings::FieldNames) -> Vec<String> {
    let closed = [
        "custbody_amz_shopper_identity",
        "custbody_amz_milestone_place",
        "custbody_amz_cancel_reason",
        "custcol_amz_return_reason",
    ];
    names.iter().filter(|(standard, _)| !closed.contains(standard)).map(|(_, name)| name.to_owned()).collect()
}

fn netsuite_settings(settings: &ConnectionSettings) -> Result<NetSuiteSettings, url::ParseError> {
    let netsuite = &settings.netsuite;
    let auth = match &netsuite.auth {
        NetSuiteAuth::Tba { consumer_key, consumer_secret, token_id, token_secret } => {
            NetSuiteAuthSettings::TokenBased(TokenBasedSettings {
                consumer_key: consumer_key.expose_secret().to_owned(),
                consumer_secret: consumer_secret.clone(),
                token_id: token_id.expose_secret().to_owned(),
                token_secret: token_secret.clone(),
            })
        }
        NetSuiteAuth::Oauth2 { client_id, certificate_id, private_key, algorithm } => {
            NetSuiteAuthSettings::MachineToMachine(MachineToMachineSettings {
                client_id: client_id.clone(),
                certificate_id: certificate_id.clone(),
                private_key: private_key.clone(),
                algorithm: match algorithm {
                    SigningAlgorithm::Es256 => AssertionAlgorithm::Es256,
                    SigningAlgorithm::Ps256 => AssertionAlgorithm::Ps256,
                },
                scope: scopes(&netsuite.restlet),
                token_url: None,
            })
        }
    };
    let mut client = NetSuiteSettings::new(Url::parse(&netsuite.endpoint)?, &netsuite.account, auth);
    client.fields = field_names(&netsuite.fields);
    client.records = RecordNames {
        audit_log: netsuite.fields.name("customrecord_amz_audit_log").to_owned(),
        config: netsuite.fields.name("customrecord_amz_config").to_owned(),
    };
    client.item_sku_field.clone_from(&netsuite.item_sku_field);
    client.go_live = settings.services.go_live;
    client.timezone = settings.services.timezone;
    client.base_currency = netsuite.base_currency;
    client.currencies.clone_from(&netsuite.currencies);
    client.restlet = restlet_settings(netsuite)?;
    client.adoption_fields.clone_from(&settings.adoption.order_id_fields);
    if let Some(checkout) = &settings.checkout {
        client.shop_name_fields.clone_from(&checkout.order_fields);
    }
    client.stock = settings.stock.as_ref().map(|stock| stock_query(settings, stock));
    Ok(client)
}

/// The bundle's RESTlet, when it is used for anything.
fn restlet_settings(
    netsuite: &settings::NetSuiteSettings,
) -> Result<Option<RestletSettings>, url::ParseError> {
    let uses = restlet_uses(&netsuite.restlet);
    if !uses.any() {
        return Ok(None);
    }
    let endpoint = Url::parse(&netsuite.restlet_endpoint)?;
    let settings::RestletSettings { script, deploy, .. } = netsuite.restlet.clone();
    Ok(Some(RestletSettings { endpoint, script, deploy, uses }))
}

fn restlet_uses(restlet: &settings::RestletSettings) -> RestletUses {
    let settings::RestletSettings { script: _, deploy: _, order_marks, receipts, line_tax } = restlet;
    RestletUses { order_marks: *order_marks, receipts: *receipts, line_tax: *line_tax }
}

/// What a bearer token shall allow: no more than is used.
fn scopes(restlet: &settings::RestletSettings) -> Vec<String> {
    let restlets = restlet_uses(restlet).any().then_some(RESTLET_SCOPE);
    std::iter::once(NETSUITE_SCOPE).chain(restlets).map(str::to_owned).collect()
}

/// How stock is read and written in the account.
fn stock_query(connection: &ConnectionSettings, stock: &StockSettings) -> StockQuerySettings {
    let inventory = &stock.inventory;
    let key_field = match inventory.match_by {
        MatchBy::ItemField => connection.netsuite.item_sku_field.as_str(),
        MatchBy::Upc => "upccode",
        MatchBy::ExternalId | MatchBy::Catalog => "externalid",
    };
    let services = &connection.services;
    let is_rule = |rule| services.eligible.contains(&rule);
    let mut query = StockQuerySettings::new(inventory.location.clone(), key_field);
    query.account.clone_from(&stock.adjustment_account);
    query.bins = match &inventory.write {
        StockWriting::BinTransfer(bins) => Some(bins.clone()),
        StockWriting::Adjustment | StockWriting::Fields => None,
    };
    query.shows_on_items = inventory.write == StockWriting::Fields;
    query.amazon_lines = AmazonLineRules {
        line_flag: is_rule(EligibleRule::LineFlag),
        location: services.amazon_location.clone().filter(|_| is_rule(EligibleRule::Location)),
        sales_channels: if is_rule(EligibleRule::SalesChannel) {
            services.sales_channels.clone()
        } else {
            BTreeSet::new()
        },
    };
    query
}

fn sp_api_settings(settings: &settings::SpApiSettings) -> Result<SpApiSettings, url::ParseError> {
    let mut client = SpApiSettings::new(
        Url::parse(&settings.endpoint)?,
        Url::parse(&settings.token_endpoint)?,
        &settings.client_id,
        settings.client_secret.clone(),
        settings.refresh_token.clone(),
        &settings.marketplace_id,
    );
    client.calls_per_second = settings.calls_per_second;
    client.http = http_settings(AMAZON_TIMEOUT, Vec::new());
    Ok(client)
}

fn field_names(names: &settings::FieldNames) -> FieldNames {
    let name = |standard| names.name(standard).to_owned();
    FieldNames {
        order_id: name("custbody_amz_order_id"),
        channel: name("custbody_amz_channel"),
        sync_state: name("custbody_amz_sync_state"),
        sync_message: name("custbody_amz_sync_message"),
        cancel_state: name("custbody_amz_cancel_state"),
        cancel_reason: name("custbody_amz_cancel_reason"),
        return_id: name("custbody_amz_return_id"),
        refund_id: name("custbody_amz_refund_id"),
        origin: name("custbody_amz_origin"),
        hold: name("custbody_amz_hold"),
        package_id: name("custbody_amz_package_id"),
        delivery_state: name("custbody_amz_delivery_state"),
        milestone: name("custbody_amz_milestone"),
        milestone_at: name("custbody_amz_milestone_at"),
        milestone_place: name("custbody_amz_milestone_place"),
        delivery_attempts: name("custbody_amz_delivery_attempts"),
        delivered_at: name("custbody_amz_delivered_at"),
        carrier: name("custbody_amz_carrier"),
        tracking_url: name("custbody_amz_tracking_url"),
        shopper_identity: name("custbody_amz_shopper_identity"),
        line_id: name("custcol_amz_line_id"),
        line_fulfill: name("custcol_amz_fulfill"),
        line_offer_id: name("custcol_amz_offer_id"),
        line_preview_id: name("custcol_amz_preview_id"),
        line_return_reason: name("custcol_amz_return_reason"),
        item_available: name("custitem_amz_available"),
        item_stock_at: name("custitem_amz_stock_at"),
    }
}

/// Who may speak for each connection.
pub(crate) fn access(
    connections: &[ConnectionSettings],
) -> Result<HashMap<ConnectionName, ConnectionAccess>, WiringError> {
    let one = |settings: &ConnectionSettings| {
        let auth = &settings.webhook_auth;
        let basic = auth.basic.as_ref();
        let oauth = auth.oauth.as_ref();
        let secrets =
            settings.netsuite.signing_secrets.iter().map(SigningSecret::parse).collect::<Result<Vec<_>, _>>();
        let access = ConnectionAccess {
            amazon: WebhookAccess {
                connection: settings.name.clone(),
                basic: basic.map(|basic| BasicCredentials {
                    username: basic.username.clone(),
                    password: basic.password.clone(),
                }),
                oauth: oauth.map(|oauth| OauthClient {
                    client_id: oauth.client_id.clone(),
                    client_secret: oauth.client_secret.clone(),
                }),
                allow_unauthenticated: auth.allow_unauthenticated,
            },
            business_product: settings.bwp.target_id.clone(),
            netsuite: secrets.map_err(|error| WiringError {
                connection: settings.name.clone(),
                part: "netsuite.events.signing_secret",
                source: error.into(),
            })?,
        };
        Ok((settings.name.clone(), access))
    };
    connections.iter().map(one).collect()
}
