//! How stock is read and written in one account.

use std::collections::BTreeSet;

use amz_domain::{AccountId, LocationId, SalesChannelId};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::stock::StockBins;

use super::NetSuite;

/// How stock is read and written in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockQuerySettings {
    /// Location that stands for Amazon's warehouses.
    pub location: LocationId,
    /// Column of the item table that SKUs are matched by: a field, `upccode` or `externalid`.
    pub key_field: String,
    /// Account that inventory adjustments post to; they cannot be made without one.
    pub account: Option<AccountId>,
    /// The location's two bins, when stock moves between bins instead of being adjusted.
    pub bins: Option<StockBins>,
    /// True when items show in their own fields what can be sold.
    pub shows_on_items: bool,
    /// Which lines of sales orders are Amazon's to ship.
    pub amazon_lines: AmazonLineRules,
}

impl StockQuerySettings {
    /// Settings without any rule for order lines, matching by a column.
    pub fn new(location: LocationId, key_field: impl Into<String>) -> Self {
        Self {
            location,
            key_field: key_field.into(),
            account: None,
            bins: None,
            shows_on_items: false,
            amazon_lines: AmazonLineRules::default(),
        }
    }
}

/// What makes a line of a sales order Amazon's to ship; any of it suffices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AmazonLineRules {
    /// The line is flagged for Amazon.
    pub line_flag: bool,
    /// The line's location, or the order's when the line has none, is this one.
    pub location: Option<LocationId>,
    /// The order's sales channel is one of these.
    pub sales_channels: BTreeSet<SalesChannelId>,
}

impl NetSuite {
    /// The settings of stock.
    ///
    /// # Errors
    /// `Refused` when there are none.
    pub(super) fn stock_settings(&self, operation: &'static str) -> Result<&StockQuerySettings, PortError> {
        let message = "stock is not set up for this account";
        self.settings()
            .stock
            .as_ref()
            .ok_or_else(|| PortError::new(operation, Failure::Refused, "stock_not_set_up", message))
    }
}
