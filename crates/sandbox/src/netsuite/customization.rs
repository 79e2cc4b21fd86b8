//! Custom fields and custom record types of an account.

use serde::{Deserialize, Serialize};

/// Kind of a custom field: decides which values a write may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomFieldKind {
    /// Free text.
    Text,
    /// Decimal number.
    Number,
    /// Whole number.
    Integer,
    /// Check box.
    Boolean,
    /// Day without time, `YYYY-MM-DD`.
    Date,
    /// Instant, ISO 8601.
    DateTime,
    /// Entry of a list or another record, `{"id": …}`.
    Reference,
}

/// A custom field that exists in the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// Script id: `custbody_…`, `custcol_…`, `custitem_…`, `custentity_…`, `custrecord_…`.
    pub script_id: String,
    /// What values it takes.
    pub kind: CustomFieldKind,
}

impl CustomField {
    /// A field of this script id and kind.
    pub fn new(script_id: impl Into<String>, kind: CustomFieldKind) -> Self {
        Self { script_id: script_id.into(), kind }
    }
}

/// A custom record type that exists in the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRecordType {
    /// Script id: `customrecord_…`, in lower case.
    pub script_id: String,
    /// Its own fields, `custrecord_…`.
    #[serde(default)]
    pub fields: Vec<CustomField>,
}

/// The fields that the accelerator's bundle brings.
pub(super) fn default_custom_fields() -> Vec<CustomField> {
    use CustomFieldKind::{Boolean, DateTime, Integer, Number, Text};
    const BODY: &[(&str, CustomFieldKind)] = &[
        ("amz_order_id", Text),
        ("amz_channel", Text),
        ("amz_sync_state", Text),
        ("amz_sync_message", Text),
        ("amz_cancel_state", Text),
        ("amz_cancel_reason", Text),
        ("amz_hold", Boolean),
        ("amz_package_id", Text),
        ("amz_delivery_state", Text),
        ("amz_milestone", Text),
        ("amz_milestone_at", DateTime),
        ("amz_milestone_place", Text),
        ("amz_delivery_attempts", Integer),
        ("amz_delivered_at", DateTime),
        ("amz_carrier", Text),
        ("amz_tracking_url", Text),
        ("amz_return_id", Text),
        ("amz_refund_id", Text),
        ("amz_origin", Text),
        ("amz_shopper_identity", Text),
    ];
    const LINE: &[(&str, CustomFieldKind)] = &[
        ("amz_line_id", Text),
        ("amz_fulfill", Boolean),
        ("amz_offer_id", Text),
        ("amz_preview_id", Text),
        ("amz_return_reason", Text),
    ];
    let body = BODY.iter().map(|(name, kind)| CustomField::new(format!("custbody_{name}"), *kind));
    let line = LINE.iter().map(|(name, kind)| CustomField::new(format!("custcol_{name}"), *kind));
    const ITEM: &[(&str, CustomFieldKind)] =
        &[("amz_sku", Text), ("amz_available", Number), ("amz_stock_at", DateTime)];
    let item = ITEM.iter().map(|(name, kind)| CustomField::new(format!("custitem_{name}"), *kind));
    body.chain(line).chain(item).collect()
}

/// The record types that the accelerator's bundle brings.
pub(super) fn default_custom_records() -> Vec<CustomRecordType> {
    use CustomFieldKind::{DateTime, Integer, Text};
    const OUTBOX: &[(&str, CustomFieldKind)] = &[
        ("record_type", Text),
        ("record_id", Text),
        ("event", Text),
        ("at", Text),
        ("context", Text),
        ("state", Text),
        ("batch", Text),
        ("sent_at", Text),
        ("code", Text),
    ];
    const CONFIG: &[(&str, CustomFieldKind)] = &[
        ("key", Text),
        ("value", Text),
        ("version", Integer),
        ("changed_by", Text),
        ("changed_at", DateTime),
    ];
    const AUDIT: &[(&str, CustomFieldKind)] = &[
        ("at", DateTime),
        ("connection", Text),
        ("vendor", Text),
        ("operation", Text),
        ("outcome", Text),
        ("code", Text),
        ("status", Integer),
        ("attempt", Integer),
        ("duration_ms", Integer),
        ("lane", Text),
        ("job", Text),
        ("intent", Text),
        ("notices", Text),
        ("path", Text),
        ("request", Text),
        ("response", Text),
    ];
    let types = [("audit_log", "audit", AUDIT), ("outbox", "outbox", OUTBOX), ("config", "config", CONFIG)];
    types
        .into_iter()
        .map(|(name, prefix, fields)| CustomRecordType {
            script_id: format!("customrecord_amz_{name}"),
            fields: fields
                .iter()
                .map(|(field, kind)| CustomField::new(format!("custrecord_amz_{prefix}_{field}"), *kind))
                .collect(),
        })
        .collect()
}
