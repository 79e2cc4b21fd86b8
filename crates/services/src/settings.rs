//! Settings of the services: how one merchant wants things done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amz_domain::{LocationId, SalesChannelId, ShipMethodId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// How one connection's orders are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// NetSuite account id in its realm spelling (`1234567_SB1`); part of our order aliases.
    pub account: String,
    /// The account's time zone, for posting dates.
    pub timezone: Tz,
    /// Address of NetSuite's pages for people, for order links, without a trailing slash.
    pub pages: String,
    /// Location that stands for Amazon's warehouses.
    pub amazon_location: Option<LocationId>,
    /// Sales channels whose orders Amazon ships.
    pub sales_channels: BTreeSet<SalesChannelId>,
    /// Rules that make a line Amazon's; any of them suffices.
    pub eligible: Vec<EligibleRule>,
    /// Amazon's delivery speed per shipping item.
    pub ship_speed: BTreeMap<ShipMethodId, String>,
    /// Delivery speed of orders without a shipping item; none parks them.
    pub default_ship_speed: Option<String>,
    /// Orders created before this instant stay out.
    pub go_live: Option<DateTime<Utc>>,
    /// How long a new order is held back before it goes to Amazon.
    pub hold: Duration,
    /// What happens while an order is on hold.
    pub on_hold: OnHold,
    /// First wait after a failure.
    pub retry_base: Duration,
    /// Tries before a person must look.
    pub retry_limit: u32,
    /// Wait before a write whose answer was lost is looked up again and, if absent, sent again.
    pub unclear_wait: Duration,
}

/// A rule that makes a sales order line Amazon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EligibleRule {
    /// `custcol_amz_fulfill` is ticked on the line.
    LineFlag,
    /// The line's location, or the body's when the line has none, is Amazon's.
    Location,
    /// The order's sales channel is one of the listed.
    SalesChannel,
}

/// What happens while an order is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHold {
    /// Nothing is sent until the hold ends.
    Wait,
    /// Amazon gets the order as `NOT_STARTED` and is told to start when the hold ends.
    Reserve,
}
