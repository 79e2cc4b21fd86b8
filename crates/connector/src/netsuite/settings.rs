//! What one NetSuite account needs to be talked to.

use std::collections::BTreeMap;

use amz_domain::Currency;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use url::Url;

use super::auth::{AuthSetupError, NetSuiteAuthSettings};
use super::custom_records::RecordNames;
use super::restlet::RestletSettings;
use super::stock_settings::StockQuerySettings;
use crate::http::HttpSetupError;

/// How one NetSuite account is reached and read.
#[derive(Debug, Clone)]
pub struct NetSuiteSettings {
    /// Base of the REST services without `/services/rest`, as Setup > Company > Company Information shows it.
    pub endpoint: Url,
    /// Account id in its realm spelling, for example `1234567_SB1`.
    pub account: String,
    /// How requests prove who sends them.
    pub auth: NetSuiteAuthSettings,
    /// Script ids of our own fields.
    pub fields: FieldNames,
    /// Script ids of our own record types.
    pub records: RecordNames,
    /// Column of the item table that holds the SKU, for example `itemid` or `custitem_amz_sku`.
    pub item_sku_field: String,
    /// Weight put on every package line, in the account's unit; many accounts refuse a line without one.
    pub package_weight: Decimal,
    /// Sales orders created before this instant stay out of the change feed unless Amazon has them already.
    pub go_live: Option<DateTime<Utc>>,
    /// Zone of the integration user: date-times in the query service are texts in this zone.
    pub timezone: Tz,
    /// Currency of orders that show none, as in accounts with one currency.
    pub base_currency: Currency,
    /// Currency codes by internal id, for accounts whose currencies are not named by their code.
    pub currencies: BTreeMap<String, Currency>,
    /// Rows per page of the change feeds and of stock; the query service gives 1,000 at most.
    pub page_size: u32,
    /// Body fields in which another connector wrote what Amazon knows a sales order by, the one that counts most first.
    pub adoption_fields: Vec<String>,
    /// The bundle's RESTlet; `None` when it is never called.
    pub restlet: Option<RestletSettings>,
    /// Body fields that hold what a shop calls a sales order.
    pub shop_name_fields: Vec<String>,
    /// How stock is read and written; `None` when it is not kept in step.
    pub stock: Option<StockQuerySettings>,
}

impl NetSuiteSettings {
    /// Settings with the defaults of a US account: Pacific time, dollars.
    pub fn new(endpoint: Url, account: impl Into<String>, auth: NetSuiteAuthSettings) -> Self {
        Self {
            endpoint,
            account: account.into(),
            auth,
            fields: FieldNames::default(),
            records: RecordNames::default(),
            item_sku_field: "itemid".to_owned(),
            package_weight: Decimal::ONE,
            go_live: None,
            timezone: chrono_tz::America::Los_Angeles,
            base_currency: Currency::USD,
            currencies: BTreeMap::new(),
            page_size: LARGEST_PAGE,
            adoption_fields: Vec::new(),
            restlet: None,
            shop_name_fields: Vec::new(),
            stock: None,
        }
    }

    /// Refuses settings that could not work or would change the meaning of a query.
    pub(super) fn check(&self) -> Result<(), NetSuiteSetupError> {
        let columns = self.fields.all().into_iter().chain([("item_sku_field", &self.item_sku_field)]);
        let columns = columns.chain(self.stock.iter().map(|stock| ("stock.key_field", &stock.key_field)));
        let columns = columns.chain(self.adoption_fields.iter().map(|field| ("adoption_fields", field)));
        let columns = columns.chain(self.shop_name_fields.iter().map(|field| ("shop_name_fields", field)));
        let columns = columns.chain(self.records.all());
        for (setting, name) in columns {
            if !is_identifier(name) {
                return Err(NetSuiteSetupError::FieldName { setting, name: name.clone() });
            }
        }
        if self.page_size == 0 || self.page_size > LARGEST_PAGE {
            return Err(NetSuiteSetupError::PageSize(self.page_size));
        }
        let endpoints =
            std::iter::once(&self.endpoint).chain(self.restlet.iter().map(|restlet| &restlet.endpoint));
        for endpoint in endpoints {
            if endpoint.cannot_be_a_base() {
                return Err(NetSuiteSetupError::Endpoint(endpoint.clone()));
            }
        }
        Ok(())
    }
}

/// Most rows that one page of the query service holds.
pub(super) const LARGEST_PAGE: u32 = 1000;

/// Names go into queries as they stand, so nothing but an identifier may pass.
fn is_identifier(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

/// Why a client of an account cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum NetSuiteSetupError {
    /// A field name that NetSuite cannot have.
    #[error("{setting}: {name:?} is no field id")]
    FieldName {
        /// The setting.
        setting: &'static str,
        /// What stands there.
        name: String,
    },
    /// The query service has no such pages.
    #[error("page_size is {0}, not between 1 and 1000")]
    PageSize(u32),
    /// Not an address that paths can be put under.
    #[error("{0} is no base address")]
    Endpoint(Url),
    /// The address may not be called.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// The credentials cannot be used.
    #[error(transparent)]
    Auth(#[from] AuthSetupError),
}

/// Declares the script ids of our fields with their defaults, so that none is forgotten when they are checked.
macro_rules! field_names {
    ($( $(#[$meta:meta])* $field:ident = $default:literal ),+ $(,)?) => {
        /// Script ids of our own fields in NetSuite.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct FieldNames {
            $( $(#[$meta])* pub $field: String, )+
        }

        impl Default for FieldNames {
            fn default() -> Self {
                Self { $( $field: $default.to_owned(), )+ }
            }
        }

        impl FieldNames {
            fn all(&self) -> Vec<(&'static str, &String)> {
                vec![$( (stringify!($field), &self.$field), )+]
            }
        }
    };
}

impl FieldNames {
    /// The columns of ours that are written on lines of sales orders.
    pub(super) fn line_columns(&self) -> [&String; 2] {
        [&self.line_id, &self.line_fulfill]
    }
}

field_names! {
    /// Body: Amazon's order id.
    order_id = "custbody_amz_order_id",
    /// Body: channel of an order.
    channel = "custbody_amz_channel",
    /// Body: what we last said about an order.
    sync_state = "custbody_amz_sync_state",
    /// Body: the reason behind it.
    sync_message = "custbody_amz_sync_message",
    /// Body: what became of a cancellation that staff asked for.
    cancel_state = "custbody_amz_cancel_state",
    /// Body: why staff want an order cancelled.
    cancel_reason = "custbody_amz_cancel_reason",
    /// Body: Amazon's return of a return authorization.
    return_id = "custbody_amz_return_id",
    /// Body: Amazon's refund of a credit memo or cash refund.
    refund_id = "custbody_amz_refund_id",
    /// Body: who began a return or refund.
    origin = "custbody_amz_origin",
    /// Body: staff keep an order back.
    hold = "custbody_amz_hold",
    /// Body: Amazon's package of an item fulfilment.
    package_id = "custbody_amz_package_id",
    /// Body: state of that package.
    delivery_state = "custbody_amz_delivery_state",
    /// Body: its latest milestone.
    milestone = "custbody_amz_milestone",
    /// Body: when that happened.
    milestone_at = "custbody_amz_milestone_at",
    /// Body: where that happened.
    milestone_place = "custbody_amz_milestone_place",
    /// Body: failed delivery attempts.
    delivery_attempts = "custbody_amz_delivery_attempts",
    /// Body: when the package was delivered.
    delivered_at = "custbody_amz_delivered_at",
    /// Body: the carrier's code.
    carrier = "custbody_amz_carrier",
    /// Body: the carrier's page for people.
    tracking_url = "custbody_amz_tracking_url",
    /// Body: the shopper's identity token, for Prime lines.
    shopper_identity = "custbody_amz_shopper_identity",
    /// Line: Amazon's line id.
    line_id = "custcol_amz_line_id",
    /// Line: Amazon ships it.
    line_fulfill = "custcol_amz_fulfill",
    /// Line: delivery offer chosen at checkout.
    line_offer_id = "custcol_amz_offer_id",
    /// Line: delivery preview shown at checkout.
    line_preview_id = "custcol_amz_preview_id",
    /// Line: why a unit comes back.
    line_return_reason = "custcol_amz_return_reason",
    /// Item: units that can be sold.
    item_available = "custitem_amz_available",
    /// Item: when Amazon was asked for them.
    item_stock_at = "custitem_amz_stock_at",
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::netsuite::auth::TokenBasedSettings;

    /// Settings of an account that is never called.
    pub(in crate::netsuite) fn settings() -> NetSuiteSettings {
        let auth = NetSuiteAuthSettings::TokenBased(TokenBasedSettings {
            consumer_key: String::new(),
            consumer_secret: "".into(),
            token_id: String::new(),
            token_secret: "".into(),
        });
        NetSuiteSettings::new("https://example.com".parse().unwrap(), "1", auth)
    }

    #[test]
    fn a_field_name_that_would_change_a_query_is_refused() {
        for bad in ["", "1st", "itemid, secret", "itemid--", "custitem.sku", "é"] {
            assert!(!is_identifier(bad), "{bad:?}");
        }
        assert!(is_identifier("custitem_amz_sku2"));
    }

    #[test]
    fn every_default_field_name_is_a_custom_body_line_or_item_field() {
        for (setting, name) in FieldNames::default().all() {
            let prefix = match setting {
                _ if setting.starts_with("line_") => "custcol_amz_",
                _ if setting.starts_with("item_") => "custitem_amz_",
                _ => "custbody_amz_",
            };
            assert!(name.starts_with(prefix), "{setting} = {name}");
        }
    }
}
