//! Which record types exist and which properties each one knows.
//!
//! Names come from the REST API Browser's 2026.1 metadata; only the part useful here is listed.

mod common;
mod document;
mod entities;
mod fulfillment;
mod order;
mod stock;
mod transactions;

pub(crate) use transactions::{TRANSACTIONS, transaction};

use super::super::customization::{CustomField, CustomFieldKind};
use super::super::settings::NetSuiteSettings;

/// The name space a record's ids and external ids live in. External ids are unique per group, not per type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// All transactions.
    Transaction,
    /// Customers and other entities.
    Entity,
    /// Items of every kind.
    Item,
    /// Locations.
    Location,
    /// Bins of locations.
    Bin,
    /// Accounts of the general ledger.
    Account,
    /// Subsidiaries.
    Subsidiary,
    /// One custom record type.
    Custom(String),
}

/// What a reference field may point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A customer.
    Customer,
    /// An item of any kind.
    Item,
    /// A location.
    Location,
    /// A transaction of any kind.
    Transaction,
    /// A list the sandbox does not keep: every id is taken for good.
    List,
}

impl Target {
    /// The group that holds the target's records, when the sandbox keeps them.
    pub(crate) fn group(self) -> Option<Group> {
        match self {
            Self::Customer => Some(Group::Entity),
            Self::Item => Some(Group::Item),
            Self::Location => Some(Group::Location),
            Self::Transaction => Some(Group::Transaction),
            Self::List => None,
        }
    }
}

/// What values a property takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// Decimal as a JSON number.
    Number,
    /// Whole number.
    Integer,
    /// JSON boolean.
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// ISO 8601 instant.
    DateTime,
    /// Reference to another record.
    Reference(Target),
    /// Word of a fixed list.
    Enumeration,
    /// Address subrecord.
    Address,
    /// Structure kept as it is.
    Opaque,
}

/// A property of a record or of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Name in JSON.
    pub(crate) name: &'static str,
    /// Values it takes.
    pub(crate) kind: Kind,
    /// Whether only NetSuite itself sets it.
    pub(crate) read_only: bool,
}

impl Field {
    /// A writable field.
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, read_only: false }
    }

    /// A field that NetSuite keeps itself.
    pub(super) const fn derived(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, read_only: true }
    }
}

/// A sublist of a record type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sublist {
    /// Name in JSON and in the URL.
    pub(crate) name: &'static str,
    /// Key column; without one, a plain PATCH appends.
    pub(crate) key: Option<&'static str>,
    /// Properties of a line, in parts.
    pub(crate) fields: &'static [&'static [Field]],
    /// Prefix of custom fields on lines.
    pub(crate) custom: Option<&'static str>,
    /// Whether it may never be emptied.
    pub(crate) mandatory: bool,
}

/// A record type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordType {
    /// Path segment.
    pub(crate) name: String,
    /// Name space of ids.
    pub(crate) group: Group,
    /// Code that SuiteQL shows: `transaction.type` or `item.itemtype`.
    pub(crate) code: &'static str,
    /// Body properties, in parts.
    pub(crate) fields: &'static [&'static [Field]],
    /// Sublists.
    pub(crate) sublists: &'static [Sublist],
    /// Prefix of custom fields on the body.
    pub(crate) custom: &'static str,
}

/// Finds a record type by its path segment.
pub(crate) fn record_type(name: &str, settings: &NetSuiteSettings) -> Option<RecordType> {
    let of = |group, code, fields, sublists, custom| {
        Some(RecordType { name: name.to_owned(), group, code, fields, sublists, custom })
    };
    if let Some(known) = transaction(name) {
        let (fields, sublists): (&'static [&'static [Field]], &'static [Sublist]) = match name {
            "salesOrder" => (order::BODY, order::SUBLISTS),
            "itemFulfillment" => (fulfillment::BODY, fulfillment::SUBLISTS),
            "returnAuthorization" => (document::RETURN_BODY, document::RETURN_SUBLISTS),
            "itemReceipt" => (document::RECEIPT_BODY, document::RECEIPT_SUBLISTS),
            "invoice" => (document::INVOICE_BODY, document::PRICED_SUBLISTS),
            "creditMemo" => (document::CREDIT_BODY, document::CREDIT_SUBLISTS),
            "inventoryAdjustment" => (stock::ADJUSTMENT_BODY, stock::ADJUSTMENT_SUBLISTS),
            "binTransfer" => (stock::TRANSFER_BODY, stock::TRANSFER_SUBLISTS),
            "customerRefund" => (document::CUSTOMER_REFUND_BODY, document::CUSTOMER_REFUND_SUBLISTS),
            _ => (document::CASH_BODY, document::PRICED_SUBLISTS),
        };
        return of(Group::Transaction, known.code, fields, sublists, "custbody_");
    }
    match name {
        "customer" => of(Group::Entity, "CustJob", &[entities::CUSTOMER], &[], "custentity_"),
        "location" => of(Group::Location, "Location", &[entities::LOCATION], &[], "custrecord_"),
        "bin" => of(Group::Bin, "Bin", &[entities::BIN], &[], "custrecord_"),
        "account" => of(Group::Account, "Account", &[entities::ACCOUNT], &[], "custrecord_"),
        "subsidiary" => of(Group::Subsidiary, "Subsidiary", &[entities::SUBSIDIARY], &[], "custrecord_"),
        "kitItem" => of(Group::Item, "Kit", &[entities::ITEM], entities::KIT_SUBLISTS, "custitem_"),
        custom if custom.starts_with("customrecord_") => {
            if !settings.custom_records.iter().any(|known| known.script_id == custom) {
                return None;
            }
            of(Group::Custom(custom.to_owned()), "Custom", &[entities::CUSTOM], &[], "custrecord_")
        }
        item => ITEM_TYPES
            .iter()
            .find(|(rest, _)| *rest == item)
            .and_then(|(_, code)| of(Group::Item, code, &[entities::ITEM], &[], "custitem_")),
    }
}

/// REST type and type code of every kind of item.
pub(crate) const ITEM_TYPES: &[(&str, &str)] = &[
    ("inventoryItem", "InvtPart"),
    ("lotNumberedInventoryItem", "InvtPart"),
    ("serializedInventoryItem", "InvtPart"),
    ("kitItem", "Kit"),
    ("assemblyItem", "Assembly"),
    ("lotNumberedAssemblyItem", "Assembly"),
    ("serializedAssemblyItem", "Assembly"),
    ("nonInventorySaleItem", "NonInvtPart"),
    ("nonInventoryPurchaseItem", "NonInvtPart"),
    ("nonInventoryResaleItem", "NonInvtPart"),
    ("serviceSaleItem", "Service"),
    ("serviceResaleItem", "Service"),
    ("otherChargeSaleItem", "OthCharge"),
    ("discountItem", "Discount"),
    ("subtotalItem", "Subtotal"),
    ("giftCertificateItem", "GiftCert"),
];

/// Whether lines with items of this type code can appear on a fulfilment.
pub(crate) fn is_goods(code: &str) -> bool {
    matches!(code, "InvtPart" | "NonInvtPart" | "Kit" | "Assembly")
}

/// Whether items of this type code are kept in stock by themselves.
pub(crate) fn is_stocked_kind(code: &str) -> bool {
    matches!(code, "InvtPart" | "Assembly")
}

/// Kind of a property of the body or, with `sublist`, of one of its lines; `None` when unknown.
pub(crate) fn field(
    record_type: &RecordType,
    sublist: Option<&Sublist>,
    name: &str,
    settings: &NetSuiteSettings,
) -> Option<(Kind, bool)> {
    let (fields, prefix) = match sublist {
        None => (record_type.fields, Some(record_type.custom)),
        Some(list) => (list.fields, list.custom),
    };
    if let Some(field) = fields.iter().copied().flatten().find(|field| field.name == name) {
        return Some((field.kind, field.read_only));
    }
    let prefix = prefix.filter(|prefix| name.starts_with(prefix))?;
    let declared = custom_fields(record_type, prefix, settings);
    let declared = declared.into_iter().find(|field| field.script_id == name)?;
    Some((custom_kind(declared.kind), false))
}

/// Custom fields of a record type whose script ids begin with this prefix.
pub(crate) fn custom_fields<'s>(
    record_type: &RecordType,
    prefix: &str,
    settings: &'s NetSuiteSettings,
) -> Vec<&'s CustomField> {
    let declared = match &record_type.group {
        Group::Custom(own) => {
            let known = settings.custom_records.iter().find(|known| known.script_id == *own);
            known.map_or(&[][..], |known| &known.fields)
        }
        _ => &settings.custom_fields,
    };
    declared.iter().filter(|field| field.script_id.starts_with(prefix)).collect()
}

pub(crate) fn custom_kind(kind: CustomFieldKind) -> Kind {
    match kind {
        CustomFieldKind::Text => Kind::Text,
        CustomFieldKind::Number => Kind::Number,
        CustomFieldKind::Integer => Kind::Integer,
        CustomFieldKind::Boolean => Kind::Boolean,
        CustomFieldKind::Date => Kind::Date,
        CustomFieldKind::DateTime => Kind::DateTime,
        CustomFieldKind::Reference => Kind::Reference(Target::List),
    }
}

/// Properties of an address subrecord.
pub(crate) const ADDRESS: &[Field] = &[
    Field::new("addr1", Kind::Text),
    Field::new("addr2", Kind::Text),
    Field::new("addr3", Kind::Text),
    Field::new("addrPhone", Kind::Text),
    Field::derived("addrText", Kind::Text),
    Field::new("addressee", Kind::Text),
    Field::new("attention", Kind::Text),
    Field::new("city", Kind::Text),
    Field::new("state", Kind::Text),
    Field::new("zip", Kind::Text),
    Field::new("country", Kind::Enumeration),
    Field::new("override", Kind::Boolean),
];
