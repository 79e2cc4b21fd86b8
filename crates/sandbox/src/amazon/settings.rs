//! How the pretend Amazon is set up.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::sp_api::SpApiSettings;
use super::stock::ShortUnits;

/// Credentials, catalogue and habits of the pretend Amazon.
#[derive(Debug, Clone)]
pub struct AmazonSettings {
    /// Client id of the API credentials.
    pub client_id: String,
    /// Client secret of the API credentials.
    pub client_secret: String,
    /// Value that `x-api-target-id` must have; also the business product id in event resources.
    pub target_id: String,
    /// Life of an access token in seconds.
    pub token_life_s: u32,
    /// HTTP status of the answer to a missing, expired or revoked access token. Amazon documents the
    /// error class and leaves the status open.
    pub refused_token_status: u16,
    /// Merchant SKUs that exist; every SKU exists when `None`.
    pub known_skus: Option<BTreeSet<String>>,
    /// Delivery previews made at the storefront. An order that names one of them has to match it; an
    /// unknown preview id is taken on trust.
    pub previews: Vec<DeliveryPreview>,
    /// What Amazon does by itself.
    pub habits: Habits,
    /// How events are sent.
    pub webhooks: WebhookSettings,
    /// The Selling Partner API of the same seller.
    pub sp_api: SpApiSettings,
}

impl Default for AmazonSettings {
    /// Fixed rehearsal credentials, tokens of 900 s, all SKUs, no subscription.
    fn default() -> Self {
        Self {
            client_id: "sandbox-amazon-client".into(),
            client_secret: "sandbox-amazon-secret".into(),
            target_id: "bp-00000000-0000-4000-8000-000000000001".into(),
            token_life_s: 900,
            refused_token_status: 200,
            known_skus: None,
            previews: Vec::new(),
            habits: Habits::default(),
            webhooks: WebhookSettings::default(),
            sp_api: SpApiSettings::default(),
        }
    }
}

/// What Amazon does by itself after an order was made, where its pages leave room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habits {
    /// Seconds after which a cancellation that was asked for is settled by itself; never when `None`.
    pub cancellation_delay_s: Option<u32>,
    /// A cancelled package brings a refund request with it.
    pub refund_with_cancelled_package: bool,
    /// When a return package brings a refund request with it.
    pub refund_with_return_package: ReturnRefund,
    /// A return made outside Amazon raises `RETURN_STARTED`.
    pub external_return_started: bool,
    /// A refund reported as `SUCCESS` raises `REFUND_COMPLETED`.
    pub refund_completed: bool,
    /// Seconds until ordered units leave the figures of stock; at once when `None`.
    pub reservation_delay_s: Option<u32>,
    /// What becomes of ordered units that are not there.
    pub short_units: ShortUnits,
}

impl Default for Habits {
    /// All events, refunds when a return arrives, cancellations settled after a minute, units held at once.
    fn default() -> Self {
        Self {
            cancellation_delay_s: Some(60),
            refund_with_cancelled_package: true,
            refund_with_return_package: ReturnRefund::OnDelivery,
            external_return_started: true,
            refund_completed: true,
            reservation_delay_s: None,
            short_units: ShortUnits::WaitForStock,
        }
    }
}

/// When a return package brings a refund request with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnRefund {
    /// Not by itself.
    Never,
    /// When the shopper hands it over, or the carrier first scans it.
    OnDropOff,
    /// When it arrives.
    OnDelivery,
}

/// What a storefront showed the shopper; a Prime line has to agree with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPreview {
    /// Preview id.
    pub id: String,
    /// Offer id within the preview.
    pub offer_id: String,
    /// Merchant SKU the preview was made for.
    pub sku: String,
    /// Postal code the preview was made for.
    pub postal_code: String,
}

/// How events are sent. Amazon publishes neither order nor retry schedule, so assume the worst.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where events go from the start.
    pub subscriptions: Vec<Subscription>,
    /// Put the affected order into `data` instead of sending `{}`.
    pub filled: bool,
    /// About this many of 1000 events are sent twice.
    pub duplicate_permille: u16,
    /// Events are shuffled among this many neighbours; 0 and 1 keep the order.
    pub reorder_window: usize,
    /// Wait before the second attempt, in milliseconds; it doubles from attempt to attempt.
    pub first_wait_ms: u64,
    /// Longest wait between two attempts, in milliseconds.
    pub longest_wait_ms: u64,
    /// Attempts after which an event is given up.
    pub attempts: u32,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for WebhookSettings {
    /// Thin events, once each, in order; up to 20 attempts with waits of 0.1 s growing to 2 s.
    fn default() -> Self {
        Self {
            subscriptions: Vec::new(),
            filled: false,
            duplicate_permille: 0,
            reorder_window: 1,
            first_wait_ms: 100,
            longest_wait_ms: 2_000,
            attempts: 20,
            timeout_ms: 10_000,
        }
    }
}

/// One receiver of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Comes back in each event as `subscriptionId`.
    pub id: String,
    /// Where events are posted.
    pub url: String,
    /// Event types wanted; all when empty.
    #[serde(default)]
    pub event_types: Vec<String>,
    /// How the sender proves who it is.
    #[serde(default)]
    pub authentication: SenderAuthentication,
}

/// The two documented schemes of Amazon's webhook sender, and none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderAuthentication {
    /// Nothing.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// A bearer token fetched with client credentials.
    #[serde(rename = "oauth")]
    OAuth {
        /// Token endpoint of the receiver.
        token_url: String,
        /// Client id, sent in the form.
        client_id: String,
        /// Client secret, sent in the form.
        client_secret: String,
        /// Further form parameters, for example a scope.
        #[serde(default)]
        body_parameters: Vec<(String, String)>,
    },
}
