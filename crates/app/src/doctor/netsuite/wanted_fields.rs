//! Which custom fields are used where, and what they must be able to hold.
//!
//! The same list as in `docs/CONFIG.md`, as data.

use amz_connector::netsuite::PropertyKind;
use amz_services::settings::StockWriting;

use crate::settings::ConnectionSettings;

/// A field of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WantedField {
    /// Key of the setting that names it.
    pub(super) standard: &'static str,
    /// The account's name of it.
    pub(super) name: String,
    /// Record types that it must be applied to.
    pub(super) record_types: Vec<&'static str>,
    /// What it must be able to hold.
    pub(super) kind: PropertyKind,
    /// We write it; what is only read may be missing where nobody uses it.
    pub(super) is_written: bool,
}

impl WantedField {
    /// Its table in the query service.
    pub(super) fn table(&self) -> &'static str {
        match () {
            () if self.is_of_lines() => "transactionline",
            () if self.standard.starts_with("custitem_") => "item",
            () => "transaction",
        }
    }

    /// True for fields of lines.
    pub(super) fn is_of_lines(&self) -> bool {
        self.standard.starts_with("custcol_")
    }
}

/// Where credits and returns are written down.
const DOCUMENTS: &[&str] = &["returnAuthorization", "creditMemo", "cashRefund", "customerRefund"];
const ORDERS: &[&str] = &["salesOrder"];
const FULFILLMENTS: &[&str] = &["itemFulfillment"];

type Row = (&'static str, &'static [&'static [&'static str]], PropertyKind, bool);

const TEXT: PropertyKind = PropertyKind::Text;
const INSTANT: PropertyKind = PropertyKind::Instant;
const CHECK_BOX: PropertyKind = PropertyKind::CheckBox;

const FIELDS: &[Row] = &[
    ("custbody_amz_order_id", &[ORDERS, DOCUMENTS], TEXT, true),
    ("custbody_amz_channel", &[ORDERS], TEXT, true),
    ("custbody_amz_sync_state", &[ORDERS], TEXT, true),
    ("custbody_amz_sync_message", &[ORDERS, DOCUMENTS], TEXT, true),
    ("custbody_amz_cancel_state", &[ORDERS], TEXT, true),
    ("custbody_amz_cancel_reason", &[ORDERS], TEXT, false),
    ("custbody_amz_hold", &[ORDERS], CHECK_BOX, false),
    ("custbody_amz_shopper_identity", &[ORDERS], TEXT, false),
    ("custbody_amz_return_id", &[DOCUMENTS], TEXT, true),
    ("custbody_amz_refund_id", &[DOCUMENTS], TEXT, true),
    ("custbody_amz_origin", &[DOCUMENTS], TEXT, true),
    ("custbody_amz_delivery_state", &[DOCUMENTS, FULFILLMENTS], TEXT, true),
    ("custbody_amz_package_id", &[FULFILLMENTS], TEXT, true),
    ("custbody_amz_milestone", &[FULFILLMENTS], TEXT, true),
    ("custbody_amz_milestone_at", &[FULFILLMENTS], INSTANT, true),
    ("custbody_amz_milestone_place", &[FULFILLMENTS], TEXT, true),
    ("custbody_amz_delivery_attempts", &[FULFILLMENTS], PropertyKind::Whole, true),
    ("custbody_amz_delivered_at", &[FULFILLMENTS], INSTANT, true),
    ("custbody_amz_carrier", &[FULFILLMENTS], TEXT, true),
    ("custbody_amz_tracking_url", &[FULFILLMENTS], TEXT, true),
    ("custcol_amz_line_id", &[ORDERS], TEXT, true),
    ("custcol_amz_fulfill", &[ORDERS], CHECK_BOX, true),
    ("custcol_amz_offer_id", &[ORDERS], TEXT, false),
    ("custcol_amz_preview_id", &[ORDERS], TEXT, false),
    ("custcol_amz_return_reason", &[&["returnAuthorization"]], TEXT, false),
];

/// The fields that a connection uses, under the account's names.
pub(super) fn wanted(connection: &ConnectionSettings) -> Vec<WantedField> {
    let names = &connection.netsuite.fields;
    let field = |standard: &'static str, record_types: Vec<&'static str>, kind, is_written| WantedField {
        standard,
        name: names.name(standard).to_lowercase(),
        record_types,
        kind,
        is_written,
    };
    let fixed = FIELDS.iter().map(|(standard, types, kind, is_written)| {
        field(standard, types.iter().copied().flatten().copied().collect(), *kind, *is_written)
    });
    let mut fields: Vec<WantedField> = fixed.collect();
    let Some(stock) = &connection.stock else { return fields };
    let marked = match &stock.inventory.write {
        StockWriting::Adjustment => Some("inventoryAdjustment"),
        StockWriting::BinTransfer(_) => Some("binTransfer"),
        StockWriting::Fields => None,
    };
    match marked {
        Some(record_type) => {
            let origin = fields.iter_mut().find(|field| field.standard == "custbody_amz_origin");
            origin.into_iter().for_each(|origin| origin.record_types.push(record_type));
        }
        None => {
            let items = || vec!["inventoryItem"];
            fields.push(field("custitem_amz_available", items(), PropertyKind::Number, true));
            fields.push(field("custitem_amz_stock_at", items(), INSTANT, true));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::{Settings, keys};

    /// Fields of use cases that this connection does not use.
    const OTHERS: &[&str] = &["custitem_amz_sku"];

    fn settings(more: &str) -> Settings {
        let text = format!(
            "[[connection]]\nname = \"main\"\n[connection.amazon.bwp]\nclient_id = \"c\"\nclient_secret = \"s\"\n\
             target_id = \"bp\"\n[connection.amazon.webhook_auth]\nallow_unauthenticated = true\n\
             [connection.netsuite]\naccount = \"1\"\ntimezone = \"UTC\"\n[connection.netsuite.auth.tba]\n\
             consumer_key = \"k\"\nconsumer_secret = \"s\"\ntoken_id = \"i\"\ntoken_secret = \"t\"\n{more}"
        );
        Settings::from_toml(&text, &Default::default(), Path::new("")).unwrap()
    }

    fn stocked(write: &str) -> Settings {
        settings(&format!(
            "[connection.amazon.sp_api]\nclient_id = \"l\"\nclient_secret = \"s\"\nrefresh_token = \"r\"\n\
             [connection.mapping]\namazon_location = \"7\"\nadjustment_account = \"1\"\n\
             [connection.inventory]\nwrite = \"{write}\"\nsellable_bin = \"1\"\nunsellable_bin = \"2\"\n"
        ))
    }

    #[test]
    fn every_field_that_can_be_renamed_is_wanted_by_somebody() {
        let wanted = wanted(&stocked("fields").connections[0]);
        for key in keys() {
            let Some(standard) = key.path.strip_prefix("connection.netsuite.fields.cust") else { continue };
            let standard = format!("cust{standard}");
            if standard.starts_with("customrecord_") || OTHERS.contains(&standard.as_str()) {
                continue;
            }
            assert!(wanted.iter().any(|field| field.standard == standard), "{standard}");
        }
    }

    #[test]
    fn renamed_fields_are_looked_for_under_their_names() {
        let renamed = settings("[connection.netsuite.fields]\ncustbody_amz_hold = \"custbody_stop\"\n");
        let wanted = wanted(&renamed.connections[0]);
        let hold = wanted.iter().find(|field| field.standard == "custbody_amz_hold").unwrap();
        assert_eq!((hold.name.as_str(), hold.table()), ("custbody_stop", "transaction"));
    }

    #[test]
    fn stock_wants_fields_by_the_way_it_is_written() {
        let origin_on = |write: &str| {
            let wanted = wanted(&stocked(write).connections[0]);
            wanted.into_iter().find(|field| field.standard == "custbody_amz_origin").unwrap().record_types
        };
        assert!(origin_on("adjustment").contains(&"inventoryAdjustment"));
        assert!(origin_on("bin_transfer").contains(&"binTransfer"));
        assert_eq!(origin_on("fields"), DOCUMENTS);
        let has_item_fields = |settings: &Settings| {
            wanted(&settings.connections[0]).iter().any(|field| field.table() == "item")
        };
        assert!(has_item_fields(&stocked("fields")) && !has_item_fields(&stocked("adjustment")));
    }
}
