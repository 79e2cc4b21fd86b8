//! What happens after the sale: staff cancel, bill, take back and refund; shoppers return through Amazon.

use amz_sandbox::amazon::{
    Content, ItemCondition, NewReturn, NewReturnLine, Order, ReturnPackageState, ReturnReason,
};
use amz_sandbox::netsuite::{BillKind, NetSuite, StaffLine};
use anyhow::Context;
use rust_decimal::Decimal;
use serde_json::Value;

use super::play::{Play, Story};

/// The part of the script that begins where parcels end.
pub(crate) struct AfterSales<'play> {
    play: &'play Play<'play>,
    netsuite: &'play NetSuite,
}

impl<'play> AfterSales<'play> {
    pub(crate) fn new(play: &'play Play<'play>, netsuite: &'play NetSuite) -> Self {
        Self { play, netsuite }
    }

    /// Orders of some stories with their sales orders' internal ids.
    fn of(&self, wanted: impl Fn(Story) -> bool) -> Vec<(u64, Order)> {
        let orders =
            (0u64..).zip(self.play.orders()).filter(|(position, _)| wanted(self.play.story(*position)));
        orders.filter_map(|(_, order)| Some((sales_order(&order)?, order))).collect()
    }

    /// Staff ask for orders to be cancelled before they ship.
    pub(crate) fn cancel(&self) -> anyhow::Result<usize> {
        let orders = self.of(|story| story == Story::CancelledByStaff);
        for (id, _) in &orders {
            self.netsuite.set_cancel_state(*id, "requested", Some("ordered by mistake"))?;
        }
        Ok(orders.len())
    }

    /// Staff bill what has shipped: every other order by invoice, the others by cash sale.
    pub(crate) fn bill(&self) -> anyhow::Result<usize> {
        let mut bills = 0;
        for (id, _) in self.of(|_| true) {
            let order = self.netsuite.sales_order(id).context("a sales order is gone")?;
            let lines: Vec<StaffLine> = lines_of(&order)
                .filter_map(|line| Some((line["line"].as_u64()?, units(&line["quantityFulfilled"]))))
                .filter(|(_, fulfilled)| !fulfilled.is_zero())
                .map(|(line, fulfilled)| StaffLine::new(line, fulfilled))
                .collect();
            if !lines.is_empty() {
                self.netsuite.bill(id, bill_kind(id), &lines)?;
                bills += 1;
            }
        }
        Ok(bills)
    }

    /// Shoppers send units back through Amazon; Amazon looks at them and asks for the refund.
    pub(crate) fn return_through_amazon(&self) -> anyhow::Result<usize> {
        let orders = self.of(|story| story == Story::ReturnedThroughAmazon);
        let amazon = self.play.amazon;
        for (_, order) in &orders {
            let line = order.lines.first().context("an order has no lines")?;
            let reason = ReturnReason { code: "NOT_AS_EXPECTED".to_owned(), description: None };
            let new =
                NewReturnLine { line_id: line.id.clone(), quantity: Decimal::ONE, reason: Some(reason) };
            let id = amazon.start_return(&order.id, NewReturn { lines: vec![new], packages: None })?;
            let returned = amazon.order(&order.id).context("an order is gone")?;
            let returned = returned.returns.iter().find(|returned| returned.id == id);
            let package =
                returned.and_then(|returned| returned.packages.first()).context("a return has no package")?;
            for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
                amazon.move_return_package(&order.id, &id, &package.id, state)?;
            }
            let unit = Content { line_id: line.id.clone(), quantity: Decimal::ONE };
            amazon.grade_units(&order.id, &id, &unit, ItemCondition::Sellable)?;
            amazon.complete_return(&order.id, &id)?;
        }
        Ok(orders.len())
    }

    /// Shoppers bring units back to the merchant, who authorizes it.
    pub(crate) fn authorize(&self) -> anyhow::Result<usize> {
        let orders = self.of(|story| story == Story::ReturnedToMerchant);
        for (id, _) in &orders {
            self.netsuite.authorize_return(("salesOrder", *id), &[self.one_unit(*id)?], true)?;
        }
        Ok(orders.len())
    }

    /// The merchant takes the units in, and refunds them and others.
    pub(crate) fn refund(&self) -> anyhow::Result<usize> {
        let mut refunds = 0;
        for (id, _) in self.of(|story| matches!(story, Story::ReturnedToMerchant | Story::RefundedByStaff)) {
            let find = |kind: &str| {
                let made = self.netsuite.documents(kind).into_iter();
                let mut made =
                    made.filter(|document| internal_id(&document["createdFrom"]["id"]) == Some(id));
                made.next().and_then(|document| internal_id(&document["id"]))
            };
            if let Some(authorization) = find("returnAuthorization") {
                self.netsuite.receive(authorization, &[])?;
            }
            let kind = bill_kind(id);
            let Some(bill) = find(kind.record_type()) else { continue };
            let line = self.billed_unit(kind.record_type(), bill)?;
            match kind {
                BillKind::Invoice => self.netsuite.issue_credit_memo(("invoice", bill), &[line])?,
                BillKind::CashSale => self.netsuite.issue_cash_refund(("cashSale", bill), &[line])?,
            };
            refunds += 1;
        }
        Ok(refunds)
    }

    /// One unit of the first line that shipped.
    fn one_unit(&self, id: u64) -> anyhow::Result<StaffLine> {
        let order = self.netsuite.sales_order(id).context("a sales order is gone")?;
        let line = lines_of(&order).find(|line| !units(&line["quantityFulfilled"]).is_zero());
        let number = line.and_then(|line| line["line"].as_u64()).context("nothing of the order shipped")?;
        Ok(StaffLine::new(number, Decimal::ONE))
    }

    /// One unit of the first line of a bill.
    fn billed_unit(&self, record_type: &str, bill: u64) -> anyhow::Result<StaffLine> {
        let bill = self.netsuite.record(record_type, bill).context("a bill is gone")?;
        let number = lines_of(&bill).find_map(|line| line["line"].as_u64()).context("a bill has no lines")?;
        Ok(StaffLine::new(number, Decimal::ONE))
    }
}

/// Invoices and cash sales take turns.
fn bill_kind(id: u64) -> BillKind {
    if id.is_multiple_of(2) { BillKind::Invoice } else { BillKind::CashSale }
}

/// The internal id that our alias of an Amazon order ends with.
fn sales_order(order: &Order) -> Option<u64> {
    let alias = order.aliases.iter().find(|alias| alias.alias_type == "OMS_ORDER_ID")?;
    alias.alias_id.rsplit(':').next()?.parse().ok()
}

fn internal_id(id: &Value) -> Option<u64> {
    id.as_str()?.parse().ok()
}

fn lines_of(record: &Value) -> impl Iterator<Item = &Value> {
    record["item"]["items"].as_array().into_iter().flatten()
}

fn units(number: &Value) -> Decimal {
    match number {
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.to_string().parse().unwrap_or_default(),
    }
}
