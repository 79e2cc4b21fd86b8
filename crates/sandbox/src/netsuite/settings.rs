//! What a pretend NetSuite account is made of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::auth::PublicKey;
use super::concurrency::LoginsUnderLoad;
use super::customization::{CustomField, CustomRecordType, default_custom_fields, default_custom_records};

/// What `governanceLimits` tells an administrator, under NetSuite's own names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GovernanceLimits {
    /// Requests that the account serves at the same time.
    pub account_concurrency_limit: u32,
    /// The part of it that no integration has for itself.
    pub account_unallocated_concurrency_limit: u32,
    /// The part of it that is this integration's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_concurrency_limit: Option<u32>,
    /// `integrationSpecific`, `accountLimit` or `internal`.
    pub integration_limit_type: String,
}

/// A certificate mapped to the integration for OAuth 2.0 machine to machine.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// Certificate id, the `kid` of the assertion's header.
    pub id: String,
    /// Public half of the key that signs assertions.
    pub key: PublicKey,
}

/// Settings of the pretend account. Field names of fields and codes follow NetSuite.
#[derive(Debug, Clone)]
pub struct NetSuiteSettings {
    /// Account id in realm spelling, for example `1234567_SB1`.
    pub account: String,
    /// Consumer key of the integration record.
    pub consumer_key: String,
    /// Consumer secret of the integration record.
    pub consumer_secret: String,
    /// Id of the access token of the integration user.
    pub token_id: String,
    /// Secret of that access token.
    pub token_secret: String,
    /// Client id (`iss` of assertions) for OAuth 2.0 machine to machine.
    pub client_id: String,
    /// Certificates whose keys may sign assertions.
    pub certificates: Vec<Certificate>,
    /// Accepted `aud` values besides the token address as the client called it.
    pub audiences: Vec<String>,
    /// Life of an access token in seconds.
    pub access_token_seconds: i64,
    /// Whether five failed logins in a row lock the user for 30 minutes.
    pub lock_out: bool,
    /// How many requests the account serves at the same time.
    pub slots: usize,
    /// Log-ins that are refused while the account is busy.
    pub refuses_logins_under_load: Option<LoginsUnderLoad>,
    /// Answer of `governanceLimits`; without it the role is not the administrator's and is refused.
    pub governance_limits: Option<GovernanceLimits>,
    /// Zone of the integration user: SuiteQL shows and reads date-times in it.
    pub timezone: chrono_tz::Tz,
    /// `o:errorCode` of a create whose external id is taken. NetSuite's own is not documented for REST.
    pub duplicate_code: String,
    /// Whether a package line without a weight is refused.
    pub package_weight_required: bool,
    /// Whether saving or deleting a fulfilment moves its order's last-modified time.
    pub fulfillment_touches_order: bool,
    /// `shipStatus` of a fulfilment whose creator names none: `A` picked, `B` packed, `C` shipped.
    pub default_ship_status: char,
    /// Whether an order created without `orderStatus` waits for approval.
    pub new_orders_need_approval: bool,
    /// Whether a return authorization made without `orderStatus` waits for approval.
    pub new_returns_need_approval: bool,
    /// Whether orders can be billed over REST before goods left. Staff always can.
    pub bill_before_fulfillment: bool,
    /// Whether returns can be credited over REST before goods came back. Staff always can.
    pub refund_before_receipt: bool,
    /// Whether a customer refund must name the account or the way it is paid by.
    pub refund_account_required: bool,
    /// Whether the account has several subsidiaries: stock documents must name theirs.
    pub one_world: bool,
    /// Whether only units that are committed to an order can be fulfilled. Items that were never stocked always can.
    pub enforce_commitment: bool,
    /// Whether adjustments that take what is on hand below zero are refused.
    pub refuse_negative_stock: bool,
    /// Columns that the query service does not show here, in lower case: which ones it shows depends on features and
    /// permissions.
    pub hidden_columns: Vec<String>,
    /// Custom fields that exist.
    pub custom_fields: Vec<CustomField>,
    /// Custom record types that exist.
    pub custom_records: Vec<CustomRecordType>,
    /// Whether the bundle's RESTlet is deployed.
    pub restlet_deployed: bool,
    /// Permissions that the integration's role lacks, by id, for example `TRAN_SALESORD`.
    pub missing_permissions: BTreeSet<String>,
}

impl Default for NetSuiteSettings {
    fn default() -> Self {
        Self {
            account: "1234567_SB1".to_owned(),
            consumer_key: "sandbox-consumer-key".to_owned(),
            consumer_secret: "sandbox-consumer-secret".to_owned(),
            token_id: "sandbox-token-id".to_owned(),
            token_secret: "sandbox-token-secret".to_owned(),
            client_id: "sandbox-client-id".to_owned(),
            certificates: Vec::new(),
            audiences: Vec::new(),
            access_token_seconds: 3600,
            lock_out: true,
            slots: 5,
            refuses_logins_under_load: None,
            governance_limits: None,
            timezone: chrono_tz::America::Los_Angeles,
            duplicate_code: "DUP_RCRD".to_owned(),
            package_weight_required: true,
            fulfillment_touches_order: true,
            default_ship_status: 'A',
            new_orders_need_approval: false,
            new_returns_need_approval: true,
            bill_before_fulfillment: false,
            refund_before_receipt: false,
            refund_account_required: true,
            one_world: false,
            enforce_commitment: false,
            refuse_negative_stock: false,
            hidden_columns: Vec::new(),
            custom_fields: default_custom_fields(),
            custom_records: default_custom_records(),
            restlet_deployed: true,
            missing_permissions: BTreeSet::new(),
        }
    }
}
