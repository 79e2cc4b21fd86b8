//! How the pretend Selling Partner API is set up.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Credentials of one application for one seller, and habits.
#[derive(Debug, Clone)]
pub struct SpApiSettings {
    /// Client id of the application.
    pub client_id: String,
    /// Client secret from the start.
    pub client_secret: String,
    /// What the seller gave the application.
    pub refresh_token: String,
    /// The seller.
    pub seller_id: String,
    /// The only marketplace in which the seller has stock.
    pub marketplace_id: String,
    /// How it behaves from the start.
    pub habits: SpApiHabits,
}

impl Default for SpApiSettings {
    /// Fixed rehearsal credentials with the characters that trip up form encoding, the United States.
    fn default() -> Self {
        Self {
            client_id: "amzn1.application-oa2-client.sandbox".into(),
            client_secret: "amzn1.oa2-cs.v1.sandbox+secret/with=signs".into(),
            refresh_token: "Atzr|sandbox-refresh-token".into(),
            seller_id: "ASANDBOXSELLER".into(),
            marketplace_id: "ATVPDKIKX0DER".into(),
            habits: SpApiHabits::default(),
        }
    }
}

/// How the pretend Selling Partner API behaves; may change at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpApiHabits {
    /// `expires_in` of access tokens, in seconds by the sandbox clock.
    pub token_life_s: u32,
    /// Summaries on a page of the full list. Named SKUs come on one page always.
    pub page_size: usize,
    /// Summaries on a page of a changed-since list; as in the full list when `None`.
    pub changed_page_size: Option<usize>,
    /// Life of a `nextToken` in seconds by the sandbox clock.
    pub next_token_life_s: u32,
    /// Whether and by which time the rate is enforced.
    pub pace: Pace,
    /// Calls that one application may make for one seller each second.
    pub rate_per_s: u32,
    /// Calls that may come at once.
    pub burst: u32,
    /// Real milliseconds by which each answer is late.
    pub latency_ms: u64,
    /// Refusals of access tokens explain themselves in `message`, not in `details`.
    pub texts_in_message: bool,
    /// `lastUpdatedTime` is sent as an empty text.
    pub empty_update_times: bool,
    /// Sends `futureSupplyQuantity`, which the published model does not know.
    pub future_supply: bool,
    /// Sends fields that nobody has heard of.
    pub unknown_fields: bool,
    /// SKUs whose `inventoryDetails` are missing although asked for.
    pub without_details: BTreeSet<String>,
    /// SKUs that the full and the changed-since list leave out.
    pub hidden_in_lists: BTreeSet<String>,
    /// SKUs that are left out when asked for by name.
    pub hidden_by_name: BTreeSet<String>,
}

impl Default for SpApiHabits {
    /// As published: tokens of an hour, pages of 50, next tokens of 30 s, 2 calls a second with bursts of 2.
    fn default() -> Self {
        Self {
            token_life_s: 3600,
            page_size: 50,
            changed_page_size: None,
            next_token_life_s: 30,
            pace: Pace::WithRealClock,
            rate_per_s: 2,
            burst: 2,
            latency_ms: 0,
            texts_in_message: false,
            empty_update_times: false,
            future_supply: true,
            unknown_fields: false,
            without_details: BTreeSet::new(),
            hidden_in_lists: BTreeSet::new(),
            hidden_by_name: BTreeSet::new(),
        }
    }
}

/// Whether and by which time the rate is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// By real time while the sandbox clock is a real one; not at all while it is moved by hand, where
    /// nobody would wait for a token.
    WithRealClock,
    /// By real time.
    RealTime,
    /// By the sandbox clock.
    SandboxTime,
    /// Not at all.
    Off,
}

/// A page of the full or the changed-since list that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageFault {
    /// Which, counting from 1.
    pub page: u32,
    /// HTTP status to fail with. 503 comes as HTML.
    pub status: u16,
    /// How many calls for this page fail before one gets through.
    pub times: u32,
}
