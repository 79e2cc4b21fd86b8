//! NetSuite transactions that follow from a sales order: returns, receipts, bills, credits and refunds.
//!
//! Source: NetSuite REST API Browser, records `returnAuthorization`, `itemReceipt`, `invoice`, `cashSale`,
//! `creditMemo`, `cashRefund`, `customerRefund`.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{
    AmazonLineId, AmazonOrderId, DocumentId, EntityId, ItemId, LineNumber, RefundId, ReturnId, SalesOrderId,
};
use crate::money::Currency;
use crate::sales_order::ItemKind;
use crate::word::vendor_words;

/// Which transaction it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DocumentKind {
    /// Goods are allowed to come back.
    ReturnAuthorization,
    /// Goods came back.
    ItemReceipt,
    /// A bill that is paid later.
    Invoice,
    /// A bill that is paid at once.
    CashSale,
    /// Takes back part of an invoice.
    CreditMemo,
    /// Takes back part of a cash sale, and pays it out.
    CashRefund,
    /// Pays out a credit.
    CustomerRefund,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::ReturnAuthorization,
        Self::ItemReceipt,
        Self::Invoice,
        Self::CashSale,
        Self::CreditMemo,
        Self::CashRefund,
        Self::CustomerRefund,
    ];

    /// The record type in NetSuite's record service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReturnAuthorization => "returnAuthorization",
            Self::ItemReceipt => "itemReceipt",
            Self::Invoice => "invoice",
            Self::CashSale => "cashSale",
            Self::CreditMemo => "creditMemo",
            Self::CashRefund => "cashRefund",
            Self::CustomerRefund => "customerRefund",
        }
    }

    /// The kind of a record type's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// True for what says how much the shopper was charged.
    pub fn is_bill(self) -> bool {
        matches!(self, Self::Invoice | Self::CashSale)
    }

    /// True for what takes a charge back.
    pub fn is_credit(self) -> bool {
        matches!(self, Self::CreditMemo | Self::CashRefund)
    }
}

impl std::fmt::Display for DocumentKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What names a document: kind and internal id. Text form `creditMemo-900`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentKey {
    /// Which transaction.
    pub kind: DocumentKind,
    /// Internal id.
    pub id: DocumentId,
}

impl DocumentKey {
    /// The name of a document.
    pub fn new(kind: DocumentKind, id: impl Into<DocumentId>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('-')?;
        (!id.is_empty()).then_some(())?;
        Some(Self::new(DocumentKind::parse(kind)?, id))
    }
}

impl std::fmt::Display for DocumentKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", self.kind, self.id)
    }
}

vendor_words! {
    /// Who began a return or refund (`custbody_amz_origin`): our own echo is recognised by it.
    Origin {
        /// Amazon; we made the document in NetSuite.
        Amazon = "amazon",
        /// Staff or another integration in NetSuite; we told Amazon.
        NetSuite = "netsuite",
    }
}

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// What names it.
    pub key: DocumentKey,
    /// Its external id, when it has one.
    pub external_id: Option<String>,
    /// Status letter; means nothing without the kind.
    pub status: String,
}

/// Which sales order a document follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedOrder {
    /// The sales order.
    pub sales_order: SalesOrderId,
    /// Amazon's order, as it stands on the sales order.
    pub amazon_order: Option<AmazonOrderId>,
}

/// One snapshot of a document. Amounts are positive, also on documents that take money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What names it.
    pub key: DocumentKey,
    /// Its external id, when it has one.
    pub external_id: Option<String>,
    /// Status letter; means nothing without the kind.
    pub status: String,
    /// True when it was voided.
    pub is_voided: bool,
    /// Internal id of the transaction it was made from: the sales order, or another document.
    pub created_from: Option<DocumentId>,
    /// The customer.
    pub customer: Option<EntityId>,
    /// Posting date.
    pub date: Option<NaiveDate>,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Rate to the account's base currency, as it stands on the document.
    pub exchange_rate: Option<Decimal>,
    /// Its lines.
    pub lines: Vec<DocumentLine>,
    /// Shipping charge.
    pub shipping_cost: Decimal,
    /// Handling charge.
    pub handling_cost: Decimal,
    /// Discount on the whole document, positive.
    pub discount_total: Decimal,
    /// Sum of tax.
    pub tax_total: Decimal,
    /// What it comes to.
    pub total: Decimal,
    /// Of a credit memo: what is not applied or paid out yet.
    pub amount_remaining: Option<Decimal>,
    /// Documents that it is applied to.
    pub applied: Vec<AppliedAmount>,
    /// What stands in our fields.
    pub marks: DocumentMarks,
    /// Text on the body.
    pub memo: Option<String>,
}

/// One line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    /// Key within the document.
    pub line: LineNumber,
    /// The line it was made from, in the document that this one was made from.
    pub source_line: Option<LineNumber>,
    /// `custcol_amz_line_id`, which transforms carry along.
    pub amazon_line: Option<AmazonLineId>,
    /// The item.
    pub item: Option<ItemId>,
    /// What kind of item it is.
    pub kind: ItemKind,
    /// Units.
    pub quantity: Decimal,
    /// Of a return authorization: units on receipts so far.
    pub quantity_received: Decimal,
    /// Price of one unit, when the line has one.
    pub rate: Option<Decimal>,
    /// Amount before tax.
    pub amount: Decimal,
    /// Tax on the line, where the account shows it per line.
    pub tax: Option<Decimal>,
    /// True when nothing more of the line will happen.
    pub is_closed: bool,
}

/// How much of a credit went where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedAmount {
    /// The other document.
    pub document: DocumentId,
    /// How much.
    pub amount: Decimal,
}

/// Our own body fields of a document. `None` means that nothing is known; it is never written over something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentMarks {
    /// `custbody_amz_order_id`.
    pub amazon_order: Option<AmazonOrderId>,
    /// `custbody_amz_return_id`.
    pub amazon_return: Option<ReturnId>,
    /// `custbody_amz_refund_id`.
    pub amazon_refund: Option<RefundId>,
    /// `custbody_amz_origin`.
    pub origin: Option<Origin>,
    /// `custbody_amz_delivery_state`: where the parcel of a return is.
    pub delivery_state: Option<String>,
    /// `custbody_amz_sync_message`: what a person should know.
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_key_passes_through_text() {
        let key = DocumentKey::new(DocumentKind::CreditMemo, "900");
        assert_eq!(key.to_string(), "creditMemo-900");
        assert_eq!(DocumentKey::parse("creditMemo-900"), Some(key));
        assert_eq!(DocumentKey::parse("creditMemo-"), None);
        assert_eq!(DocumentKey::parse("vendorBill-1"), None);
    }
}
