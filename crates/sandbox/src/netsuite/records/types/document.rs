//! What follows from a sales order: bills, returns, receipts, credits and refunds.

use super::{Field, Kind, Sublist, Target, common};

/// Body of all of them.
const COMMON: &[Field] = &[
    Field::derived("createdFrom", Kind::Reference(Target::Transaction)),
    Field::new("location", Kind::Reference(Target::Location)),
    Field::new("currency", Kind::Reference(Target::List)),
    Field::new("exchangeRate", Kind::Number),
    Field::derived("status", Kind::Enumeration),
];

/// Body of those with prices.
const PRICED: &[Field] = &[
    Field::new("entity", Kind::Reference(Target::Customer)),
    Field::new("otherRefNum", Kind::Text),
    Field::new("email", Kind::Text),
    Field::new("shippingAddress", Kind::Address),
    Field::new("billingAddress", Kind::Address),
    Field::new("discountItem", Kind::Reference(Target::Item)),
    Field::new("discountRate", Kind::Text),
    Field::derived("discountTotal", Kind::Number),
    Field::derived("subtotal", Kind::Number),
    Field::derived("taxTotal", Kind::Number),
    Field::derived("total", Kind::Number),
    Field::new("toBeEmailed", Kind::Boolean),
    Field::new("taxDetails", Kind::Opaque),
];

/// Charges besides lines.
const CHARGES: &[Field] = &[
    Field::new("shippingCost", Kind::Number),
    Field::new("handlingCost", Kind::Number),
    Field::new("shipMethod", Kind::Reference(Target::List)),
    Field::new("postingPeriod", Kind::Reference(Target::List)),
];

const RETURN: &[Field] = &[
    Field::new("orderStatus", Kind::Enumeration),
    Field::new("salesEffectiveDate", Kind::Date),
    Field::new("isCrossSubTransaction", Kind::Boolean),
    Field::new("transactionToRefund", Kind::Reference(Target::Transaction)),
];

const RECEIPT: &[Field] = &[
    Field::derived("entity", Kind::Reference(Target::Customer)),
    Field::new("itemFulfillment", Kind::Reference(Target::Transaction)),
    Field::new("postingPeriod", Kind::Reference(Target::List)),
    Field::derived("orderId", Kind::Integer),
    Field::derived("orderType", Kind::Text),
];

const INVOICE: &[Field] = &[
    Field::new("account", Kind::Reference(Target::List)),
    Field::new("terms", Kind::Reference(Target::List)),
    Field::new("dueDate", Kind::Date),
    Field::derived("amountPaid", Kind::Number),
    Field::derived("amountRemaining", Kind::Number),
];

const CASH: &[Field] = &[
    Field::new("account", Kind::Reference(Target::List)),
    Field::new("paymentOption", Kind::Reference(Target::List)),
    Field::new("paymentMethod", Kind::Reference(Target::List)),
    Field::new("undepFunds", Kind::Boolean),
];

const CREDIT: &[Field] = &[
    Field::new("account", Kind::Reference(Target::List)),
    Field::new("autoApply", Kind::Boolean),
    Field::derived("applied", Kind::Number),
    Field::derived("amountRemaining", Kind::Number),
];

const CUSTOMER_REFUND: &[Field] = &[
    Field::new("customer", Kind::Reference(Target::Customer)),
    Field::new("account", Kind::Reference(Target::List)),
    Field::new("arAcct", Kind::Reference(Target::List)),
    Field::new("paymentOption", Kind::Reference(Target::List)),
    Field::new("paymentMethod", Kind::Reference(Target::List)),
    Field::new("paymentOperation", Kind::Enumeration),
    Field::new("handlingMode", Kind::Enumeration),
    Field::new("postingPeriod", Kind::Reference(Target::List)),
    Field::derived("total", Kind::Number),
];

pub(super) const RETURN_BODY: &[&[Field]] = &[RETURN, PRICED, COMMON, common::BODY];
pub(super) const RECEIPT_BODY: &[&[Field]] = &[RECEIPT, COMMON, common::BODY];
pub(super) const INVOICE_BODY: &[&[Field]] = &[INVOICE, CHARGES, PRICED, COMMON, common::BODY];
pub(super) const CASH_BODY: &[&[Field]] = &[CASH, CHARGES, PRICED, COMMON, common::BODY];
pub(super) const CREDIT_BODY: &[&[Field]] = &[CREDIT, CHARGES, PRICED, COMMON, common::BODY];
pub(super) const CUSTOMER_REFUND_BODY: &[&[Field]] = &[CUSTOMER_REFUND, COMMON, common::BODY];

/// Columns of all lines.
const LINE: &[Field] = &[
    Field::new("orderLine", Kind::Integer),
    Field::derived("orderDoc", Kind::Reference(Target::Transaction)),
    Field::derived("itemType", Kind::Enumeration),
    Field::derived("itemSubtype", Kind::Enumeration),
    Field::new("quantity", Kind::Number),
    Field::new("rate", Kind::Number),
    Field::new("location", Kind::Reference(Target::Location)),
];

/// Columns of lines with prices.
const PRICED_LINE: &[Field] = &[
    Field::new("item", Kind::Reference(Target::Item)),
    Field::new("amount", Kind::Number),
    Field::new("price", Kind::Reference(Target::List)),
    Field::new("inventorylocation", Kind::Reference(Target::Location)),
    Field::new("taxCode", Kind::Reference(Target::List)),
    Field::new("taxRate1", Kind::Number),
    Field::new("grossAmt", Kind::Number),
    Field::new("tax1Amt", Kind::Number),
    Field::new("taxDetailsReference", Kind::Text),
    // Transforms of every kind take it to leave a line out.
    Field::new("itemReceive", Kind::Boolean),
];

const RETURN_LINE: &[Field] = &[
    Field::new("isClosed", Kind::Boolean),
    Field::derived("quantityReceived", Kind::Number),
    Field::derived("quantityBilled", Kind::Number),
];

const RECEIPT_LINE: &[Field] = &[
    Field::derived("item", Kind::Reference(Target::Item)),
    Field::derived("itemName", Kind::Text),
    Field::new("itemReceive", Kind::Boolean),
    Field::derived("quantityRemaining", Kind::Number),
    Field::derived("onHand", Kind::Number),
    Field::derived("kitMemberOf", Kind::Integer),
    Field::new("unitCostOverride", Kind::Number),
    Field::new("serialNumbers", Kind::Text),
    Field::new("binNumbers", Kind::Text),
];

const APPLY_LINE: &[Field] = &[
    Field::new("doc", Kind::Reference(Target::Transaction)),
    Field::new("line", Kind::Integer),
    Field::new("apply", Kind::Boolean),
    Field::new("amount", Kind::Number),
    Field::derived("applyDate", Kind::Date),
    Field::derived("due", Kind::Number),
    Field::derived("total", Kind::Number),
    Field::derived("refNum", Kind::Text),
];

const fn items(fields: &'static [&'static [Field]]) -> Sublist {
    Sublist { name: "item", key: Some("line"), fields, custom: Some("custcol_"), mandatory: true }
}

const APPLY: Sublist =
    Sublist { name: "apply", key: Some("doc"), fields: &[APPLY_LINE], custom: None, mandatory: false };

pub(super) const RETURN_SUBLISTS: &[Sublist] = &[items(&[common::LINE, LINE, PRICED_LINE, RETURN_LINE])];
pub(super) const RECEIPT_SUBLISTS: &[Sublist] = &[items(&[common::LINE, LINE, RECEIPT_LINE])];
pub(super) const PRICED_SUBLISTS: &[Sublist] = &[items(&[common::LINE, LINE, PRICED_LINE])];
pub(super) const CREDIT_SUBLISTS: &[Sublist] = &[items(&[common::LINE, LINE, PRICED_LINE]), APPLY];
pub(super) const CUSTOMER_REFUND_SUBLISTS: &[Sublist] = &[APPLY];
