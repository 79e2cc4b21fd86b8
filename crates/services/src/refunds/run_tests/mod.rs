//! Refunds from look to look, over both vendors in memory.

mod billing;
mod money;
mod once;
mod payout;
mod staff;

use amz_domain::{DocumentKind, PackageState, RefundAlias, RefundState, RefundTotal};
use rust_decimal::Decimal;

use super::*;
use crate::intent::{IntentState, Operation};
use crate::refunds::fixtures::{cents, delivered, document, goods, package, refund, sent, units, usd};
use crate::refunds::world::Stage;
use crate::settings::{ClosedPeriod, RefundPaymentPolicy, ShippingRefund};

/// Three units of line 1, billed at 10.00 each with 0.90 tax, on invoice 70.
fn invoice() -> Document {
    document(DocumentKind::Invoice, "70", vec![goods(1, 3, cents(3000), Some(cents(270)))])
}

fn one_refund() -> Stage {
    let asked = refund("R1", vec![units(1, 1)], Some(usd(1090)));
    Stage::new(sent(&[3]), delivered(vec![units(1, 3)], vec![asked]), vec![invoice()])
}

fn key(text: &str) -> DocumentKey {
    DocumentKey::parse(text).unwrap()
}

/// Staff credit units of line 1.
fn staff_credit(id: &str, units: u32) -> Document {
    let units = i64::from(units);
    let line = goods(1, units as u32, cents(1000 * units), Some(cents(90 * units)));
    let mut credit = document(DocumentKind::CreditMemo, id, vec![line]);
    credit.created_from = Some("70".into());
    credit.amount_remaining = Some(credit.total);
    credit
}
