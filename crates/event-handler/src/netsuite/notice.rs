//! Change notices: which record changed.

use serde_json::Value;

use crate::rejection::{Rejection, Rule};
use crate::text;

/// Longest record type and event name, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Longest internal id, in digits.
const MAX_ID_DIGITS: usize = 18;

/// A record of NetSuite that a notice can be about. Read without regard to case: the record service writes
/// `salesOrder`, SuiteScript `salesorder`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// `salesOrder`.
    SalesOrder,
    /// `itemFulfillment`.
    ItemFulfillment,
    /// `returnAuthorization`.
    ReturnAuthorization,
    /// `creditMemo`.
    CreditMemo,
    /// `cashRefund`.
    CashRefund,
    /// `customerRefund`.
    CustomerRefund,
    /// A type not known here, as it came.
    Unknown(String),
}

impl RecordType {
    fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "salesorder" => Self::SalesOrder,
            "itemfulfillment" => Self::ItemFulfillment,
            "returnauthorization" => Self::ReturnAuthorization,
            "creditmemo" => Self::CreditMemo,
            "cashrefund" => Self::CashRefund,
            "customerrefund" => Self::CustomerRefund,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The type as the record service writes it; for an unknown one, as it came.
    pub fn as_str(&self) -> &str {
        match self {
            Self::SalesOrder => "salesOrder",
            Self::ItemFulfillment => "itemFulfillment",
            Self::ReturnAuthorization => "returnAuthorization",
            Self::CreditMemo => "creditMemo",
            Self::CashRefund => "cashRefund",
            Self::CustomerRefund => "customerRefund",
            Self::Unknown(name) => name,
        }
    }
}

/// What happened to a record, in SuiteScript's words (`UserEventType`). Only ever a hint: the record is read
/// again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// `create`, `copy`.
    Create,
    /// `edit`, `xedit` (inline) and the like.
    Edit,
    /// `approve`.
    Approve,
    /// `cancel`.
    Cancel,
    /// `delete`.
    Delete,
    /// A word not known here, as it came.
    Unknown(String),
}

impl Change {
    fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "create" | "copy" => Self::Create,
            "edit" | "xedit" => Self::Edit,
            "approve" => Self::Approve,
            "cancel" => Self::Cancel,
            "delete" => Self::Delete,
            _ => Self::Unknown(name.to_owned()),
        }
    }

    /// The word; for an unknown one, as it came.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Approve => "approve",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Unknown(name) => name,
        }
    }
}

/// "This record changed."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// Type of the record.
    pub record_type: RecordType,
    /// Its internal id: digits, so that it can stand in an address.
    pub id: String,
    /// What happened to it.
    pub change: Change,
}

impl RecordChange {
    /// Reads one event: `{"type", "timestamp", "data": {"recordType", "id", "event"}}`.
    ///
    /// # Errors
    /// `event_not_object`, `event_type_missing`, `event_type_unreadable`, `record_type_missing`,
    /// `record_type_unreadable`, `record_id_missing`, `record_id_unreadable`.
    pub fn parse(event: &Value) -> Result<Self, Rejection> {
        let data = event
            .get("data")
            .filter(|data| data.is_object())
            .ok_or_else(|| Rule::EventNotObject.broken("an event must be an object with an object data"))?;
        let record_type = name(data.get("recordType"), Rule::RecordTypeMissing, Rule::RecordTypeUnreadable)?;
        let id = text::member(data, "id")
            .ok_or_else(|| Rule::RecordIdMissing.broken("data.id must be the record's internal id"))?;
        if id.len() > MAX_ID_DIGITS || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Rule::RecordIdUnreadable.broken("data.id must be an internal id: digits only"));
        }
        // `type` is `<record type>.<event>`; `data.event` says the same where `type` is left out.
        let event_name = match data.get("event").filter(|event| !event.is_null()) {
            Some(given) => name(Some(given), Rule::EventTypeMissing, Rule::EventTypeUnreadable)?,
            None => {
                let full = name(event.get("type"), Rule::EventTypeMissing, Rule::EventTypeUnreadable)?;
                full.rsplit_once('.').map_or(full.clone(), |(_, event)| event.to_owned())
            }
        };
        Ok(Self { record_type: RecordType::parse(&record_type), id, change: Change::parse(&event_name) })
    }

    /// Name of the event: `salesOrder.edit`.
    pub fn kind(&self) -> String {
        format!("{}.{}", self.record_type.as_str(), self.change.as_str())
    }
}

/// A short plain name.
fn name(value: Option<&Value>, missing: Rule, unreadable: Rule) -> Result<String, Rejection> {
    match value {
        None | Some(Value::Null) => Err(missing.broken("recordType, and event or type, are needed")),
        Some(Value::String(name)) if name.trim().is_empty() => {
            Err(missing.broken("recordType, and event or type, are needed"))
        }
        Some(Value::String(name)) if text::is_plain(name, MAX_NAME_BYTES) => Ok(name.trim().to_owned()),
        Some(_) => Err(unreadable.broken("names must be text of at most 64 printable bytes")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn record_change_is_read_from_data() {
        let change = RecordChange::parse(&json!({
            "type": "salesOrder.edit", "timestamp": "2026-01-01T00:00:00Z",
            "data": {"recordType": "salesorder", "id": 123, "event": "xedit"}
        }))
        .unwrap();
        assert_eq!(
            change,
            RecordChange { record_type: RecordType::SalesOrder, id: "123".to_owned(), change: Change::Edit }
        );
        assert_eq!(change.kind(), "salesOrder.edit");
    }

    #[test]
    fn event_may_be_named_by_type_alone_and_unknown_words_are_kept() {
        let change = RecordChange::parse(
            &json!({"type": "vendorBill.void", "data": {"recordType": "vendorBill", "id": "9"}}),
        )
        .unwrap();
        assert_eq!(change.record_type, RecordType::Unknown("vendorBill".to_owned()));
        assert_eq!(change.kind(), "vendorBill.void");
    }

    #[test]
    fn each_missing_or_wrong_member_has_its_code() {
        let code = |event: Value| RecordChange::parse(&event).unwrap_err().code;
        let with = |data: Value| json!({"type": "salesOrder.edit", "data": data});
        assert_eq!(code(json!("x")), "event_not_object");
        assert_eq!(code(json!({"type": "salesOrder.edit"})), "event_not_object");
        assert_eq!(code(with(json!({"id": "1"}))), "record_type_missing");
        assert_eq!(code(with(json!({"recordType": " ", "id": "1"}))), "record_type_missing");
        assert_eq!(code(with(json!({"recordType": 7, "id": "1"}))), "record_type_unreadable");
        assert_eq!(code(with(json!({"recordType": "salesOrder"}))), "record_id_missing");
        for id in [json!("../1"), json!("eid:x"), json!("1".repeat(19)), json!(1.5), json!("-1")] {
            assert_eq!(code(with(json!({"recordType": "salesOrder", "id": id}))), "record_id_unreadable");
        }
        let untyped = json!({"data": {"recordType": "salesOrder", "id": "1"}});
        assert_eq!(code(untyped), "event_type_missing");
        let wrong = with(json!({"recordType": "salesOrder", "id": "1", "event": ["edit"]}));
        assert_eq!(code(wrong), "event_type_unreadable");
    }
}
