//! Documents that change stock, and the items' own fields.
//!
//! Source: NetSuite REST API Browser, records `inventoryAdjustment`, `binTransfer`, `inventoryItem`, `assemblyItem`,
//! `kitItem`. An adjustment has one account and up to 1,000 lines; kits have no stock of their own.

use amz_domain::{ExternalId, Origin, decimal};
use amz_services::failure::{Failure, PortError};
use amz_services::inventory::StockItemKind;
use amz_services::ports::StockWrites;
use amz_services::ports::stock::{NewStockDocument, ShownStock, StockBins, StockLine};
use async_trait::async_trait;
use chrono::SecondsFormat;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::record_service::{Operations, Record, RecordKey, RecordType, record_operations};
use super::{FieldNames, NetSuite};

/// Longest memo that NetSuite takes on a transaction, in characters. Lines of some records take more.
const LONGEST_MEMO: usize = 999;

/// The record type `inventoryAdjustment`.
#[derive(Debug, Clone, Copy)]
struct InventoryAdjustmentRecord;

impl Record for InventoryAdjustmentRecord {
    const PATH: &'static str = "inventoryAdjustment";
    const OPERATIONS: Operations = record_operations!("inventoryAdjustment");
}

/// The record type `binTransfer`.
#[derive(Debug, Clone, Copy)]
struct BinTransferRecord;

impl Record for BinTransferRecord {
    const PATH: &'static str = "binTransfer";
    const OPERATIONS: Operations = record_operations!("binTransfer");
}

#[async_trait]
impl StockWrites for NetSuite {
    async fn adjust(&self, adjustment: &NewStockDocument) -> Result<String, PortError> {
        let operation = InventoryAdjustmentRecord::OPERATIONS.create;
        let Some(account) = &self.stock_settings(operation)?.account else {
            let message = "no account is set that inventory adjustments post to";
            return Err(PortError::new(operation, Failure::Refused, "adjustment_account_missing", message));
        };
        let body = adjustment_body(adjustment, account.as_str(), &self.settings().fields);
        self.records().create::<InventoryAdjustmentRecord>(body).await
    }

    async fn transfer(&self, transfer: &NewStockDocument, bins: &StockBins) -> Result<String, PortError> {
        let body = transfer_body(transfer, bins, &self.settings().fields);
        self.records().create::<BinTransferRecord>(body).await
    }

    async fn find(&self, external_id: &ExternalId) -> Result<Option<String>, PortError> {
        let uses_bins = self.stock_settings(InventoryAdjustmentRecord::OPERATIONS.get)?.bins.is_some();
        let adjustment = RecordType::of::<InventoryAdjustmentRecord>();
        let transfer = RecordType::of::<BinTransferRecord>();
        let (written, other) = if uses_bins { (transfer, adjustment) } else { (adjustment, transfer) };
        let key = RecordKey::External(external_id);
        if let Some(id) = self.records().id_of(written, key).await? {
            return Ok(Some(id));
        }
        match self.records().id_of(other, key).await {
            // documents of a kind that the account does not have, or never let us make, are not there
            Err(error) if error.failure == Failure::Refused => Ok(None),
            result => result,
        }
    }

    async fn show(&self, shown: &ShownStock) -> Result<(), PortError> {
        let record = item_record(&shown.kind)?;
        let body = shown_body(shown, &self.settings().fields);
        self.records().patch_of(record, RecordKey::Internal(shown.item.as_str()), body, &[]).await
    }
}

fn adjustment_body(new: &NewStockDocument, account: &str, fields: &FieldNames) -> Value {
    let location = json!({"id": new.location.as_str()});
    let line = |line: &StockLine| {
        json!({
            "item": {"id": line.item.as_str()},
            "location": location,
            "adjustQtyBy": number(line.units),
            "memo": memo(&line.memo),
        })
    };
    let lines = new.lines.iter().map(line).collect();
    let mut body = head(new, lines, fields);
    body.insert("account".to_owned(), json!({"id": account}));
    body.insert("adjLocation".to_owned(), location);
    Value::Object(body)
}

fn transfer_body(new: &NewStockDocument, bins: &StockBins, fields: &FieldNames) -> Value {
    let line = |line: &StockLine| {
        let (from, to) = match line.units > Decimal::ZERO {
            true => (&bins.unsellable, &bins.sellable),
            false => (&bins.sellable, &bins.unsellable),
        };
        let quantity = number(line.units.abs());
        let assignment = json!({
            "binNumber": {"id": from.as_str()},
            "toBinNumber": {"id": to.as_str()},
            "quantity": quantity,
        });
        json!({
            "item": {"id": line.item.as_str()},
            "quantity": quantity,
            "inventoryDetail": {"quantity": quantity, "inventoryAssignment": {"items": [assignment]}},
        })
    };
    let lines = new.lines.iter().map(line).collect();
    let mut body = head(new, lines, fields);
    body.insert("location".to_owned(), json!({"id": new.location.as_str()}));
    Value::Object(body)
}

/// What both kinds of documents have.
fn head(new: &NewStockDocument, lines: Vec<Value>, fields: &FieldNames) -> Map<String, Value> {
    let NewStockDocument { external_id, date, subsidiary, memo: text, location: _, lines: _ } = new;
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    put("externalId", external_id.as_str().into());
    put("tranDate", date.format("%Y-%m-%d").to_string().into());
    put("memo", memo(text).into());
    put(&fields.origin, Origin::Amazon.as_str().into());
    if let Some(subsidiary) = subsidiary {
        put("subsidiary", json!({"id": subsidiary.as_str()}));
    }
    put("inventory", json!({ "items": lines }));
    body
}

/// The record type of an item. That units are told apart by lot or serial number makes it another one, and such
/// items are left alone.
fn item_record(kind: &StockItemKind) -> Result<RecordType, PortError> {
    let (path, operations) = match kind {
        StockItemKind::Inventory => ("inventoryItem", record_operations!("inventoryItem")),
        StockItemKind::Assembly => ("assemblyItem", record_operations!("assemblyItem")),
        StockItemKind::Kit => ("kitItem", record_operations!("kitItem")),
        StockItemKind::Other(word) => {
            let message = format!("items of type {word} show no stock");
            return Err(PortError::new("item.patch", Failure::Refused, "item_kind_without_stock", message));
        }
    };
    Ok(RecordType { path, operations })
}

fn shown_body(shown: &ShownStock, fields: &FieldNames) -> Value {
    let at = shown.read_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut body = Map::new();
    body.insert(fields.item_available.clone(), number(shown.available));
    body.insert(fields.item_stock_at.clone(), at.into());
    Value::Object(body)
}

/// A memo that NetSuite takes: a longer one would refuse the whole document.
fn memo(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MEMO) {
        Some(_) => text.chars().take(LONGEST_MEMO - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

fn number(units: Decimal) -> Value {
    // every decimal is a JSON number
    decimal::json_number(units).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(lines: Vec<StockLine>) -> NewStockDocument {
        NewStockDocument {
            external_id: ExternalId::of_stock(&"main".into(), &"run-1".into(), 2),
            date: "2026-03-01".parse().unwrap(),
            location: "7".into(),
            subsidiary: None,
            memo: "Amazon stock of 2026-03-01 17:00 UTC".to_owned(),
            lines,
        }
    }

    fn line(item: &str, units: &str) -> StockLine {
        StockLine { item: item.into(), units: units.parse().unwrap(), memo: "12 - 5".to_owned() }
    }

    #[test]
    fn an_adjustment_names_account_location_and_units_with_every_digit() {
        let new = document(vec![line("301", "-12.50"), line("302", "3")]);
        let body = adjustment_body(&new, "58", &FieldNames::default());
        assert_eq!(body["inventory"]["items"][0]["adjustQtyBy"].to_string(), "-12.50");
        let location = json!({"id": "7"});
        let expected = |item: &str, units: &str| {
            let units: Value = serde_json::from_str(units).unwrap();
            json!({"item": {"id": item}, "location": location, "adjustQtyBy": units, "memo": "12 - 5"})
        };
        assert_eq!(
            body,
            json!({
                "externalId": "amz-ia-main-run-1-2",
                "tranDate": "2026-03-01",
                "memo": "Amazon stock of 2026-03-01 17:00 UTC",
                "custbody_amz_origin": "amazon",
                "account": {"id": "58"},
                "adjLocation": {"id": "7"},
                "inventory": {"items": [expected("301", "-12.50"), expected("302", "3")]},
            })
        );
    }

    #[test]
    fn the_subsidiary_is_named_where_there_is_one() {
        let mut new = document(vec![line("301", "1")]);
        new.subsidiary = Some("2".into());
        let bins = StockBins { sellable: "21".into(), unsellable: "22".into() };
        assert_eq!(adjustment_body(&new, "58", &FieldNames::default())["subsidiary"], json!({"id": "2"}));
        assert_eq!(transfer_body(&new, &bins, &FieldNames::default())["subsidiary"], json!({"id": "2"}));
    }

    #[test]
    fn units_above_zero_become_sellable_and_units_below_do_not() {
        let bins = StockBins { sellable: "21".into(), unsellable: "22".into() };
        let new = document(vec![line("301", "4"), line("302", "-2.5")]);
        let body = transfer_body(&new, &bins, &FieldNames::default());
        assert_eq!((&body["location"], &body["account"]), (&json!({"id": "7"}), &Value::Null));
        let moved = |index: usize| {
            let line = &body["inventory"]["items"][index];
            let assignment = &line["inventoryDetail"]["inventoryAssignment"]["items"][0];
            let bin = |name: &str| assignment[name]["id"].as_str().unwrap().to_owned();
            assert_eq!(assignment["quantity"], line["quantity"]);
            (bin("binNumber"), bin("toBinNumber"), line["quantity"].to_string())
        };
        assert_eq!(moved(0), ("22".to_owned(), "21".to_owned(), "4".to_owned()));
        assert_eq!(moved(1), ("21".to_owned(), "22".to_owned(), "2.5".to_owned()));
    }

    #[test]
    fn a_memo_is_cut_to_what_netsuite_takes() {
        for (length, expected) in [(LONGEST_MEMO, LONGEST_MEMO), (LONGEST_MEMO + 1, LONGEST_MEMO)] {
            let memo = memo(&"ä".repeat(length));
            assert_eq!(memo.chars().count(), expected);
            assert_eq!(memo.ends_with('…'), length > LONGEST_MEMO);
        }
    }

    #[test]
    fn an_item_shows_units_and_instant_under_its_own_record_type() {
        let shown = ShownStock {
            item: "301".into(),
            kind: StockItemKind::Assembly,
            available: "7.50".parse().unwrap(),
            read_at: "2026-03-01T17:00:00.5Z".parse().unwrap(),
        };
        assert_eq!(
            shown_body(&shown, &FieldNames::default()).to_string(),
            r#"{"custitem_amz_available":7.50,"custitem_amz_stock_at":"2026-03-01T17:00:00Z"}"#
        );
        assert_eq!(item_record(&shown.kind).unwrap().path, "assemblyItem");
        assert_eq!(item_record(&StockItemKind::Inventory).unwrap().path, "inventoryItem");
        assert_eq!(item_record(&StockItemKind::Kit).unwrap().path, "kitItem");
        let refused = item_record(&StockItemKind::Other("NonInvtPart".to_owned())).unwrap_err();
        assert_eq!(refused.code, "item_kind_without_stock");
    }
}
