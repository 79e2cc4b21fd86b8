//! Keys that rename our fields and record types where an account has other ids for them.

use super::key::{Key, Kind};

/// Declares one key per field; the field's standard id is the key's name and default.
macro_rules! fields {
    ($( $name:literal: $meaning:literal; )+) => {
        &[$( Key::with_default(concat!("connection.netsuite.fields.", $name), Kind::FieldId, $name, $meaning) ),+]
    };
}

/// Every field and record type of ours.
pub(super) const FIELDS: &[Key] = fields! {
    "custbody_amz_order_id": "Amazon's order id.";
    "custbody_amz_channel": "`BWP` or `MCF`.";
    "custbody_amz_sync_state": "How the order fares with us.";
    "custbody_amz_sync_message": "Why it is parked, in words.";
    "custbody_amz_cancel_state": "What became of a cancellation; staff ask for one by writing `requested`.";
    "custbody_amz_cancel_reason": "Why staff cancel the order; translated by `policy.cancel_reasons`.";
    "custbody_amz_return_id": "Amazon's return, on a return authorization.";
    "custbody_amz_refund_id": "Amazon's refund, on a credit memo, cash refund or customer refund.";
    "custbody_amz_origin": "Who began a return, a refund or a change of stock: `amazon` or `netsuite`.";
    "custbody_amz_hold": "Staff keep the order back.";
    "custbody_amz_shopper_identity": "The shopper's identity token, needed for Prime lines.";
    "custbody_amz_package_id": "Amazon's package id, on the fulfilment.";
    "custbody_amz_delivery_state": "Delivery state, on the fulfilment.";
    "custbody_amz_milestone": "Last tracking milestone.";
    "custbody_amz_milestone_at": "When it was reached.";
    "custbody_amz_milestone_place": "Where it was reached.";
    "custbody_amz_delivery_attempts": "Failed delivery attempts.";
    "custbody_amz_delivered_at": "When it was delivered.";
    "custbody_amz_carrier": "The carrier's code.";
    "custbody_amz_tracking_url": "The carrier's tracking page.";
    "custcol_amz_line_id": "Amazon's order line id.";
    "custcol_amz_fulfill": "Amazon ships this line.";
    "custcol_amz_offer_id": "Delivery offer chosen at checkout.";
    "custcol_amz_preview_id": "Delivery preview seen at checkout.";
    "custcol_amz_return_reason": "Why a unit comes back.";
    "custitem_amz_sku": "The item's SKU at Amazon.";
    "custitem_amz_available": "Units of the item that can be sold, with `inventory.write = \"fields\"`.";
    "custitem_amz_stock_at": "When Amazon was asked for them.";
    "customrecord_amz_audit_log": "Record of calls.";
    "customrecord_amz_outbox": "The bundle's outbox.";
    "customrecord_amz_config": "The bundle's settings.";
};
