//! The steps of a history, at the vendors.

use amz_sandbox::amazon::{
    Content, MilestoneCode, NewRefund, NewReturn, NewReturnLine, NewReturnPackage, Place, ReturnPackageState,
};
use amz_sandbox::netsuite::StaffLine;
use rust_decimal::Decimal;
use serde_json::json;

use super::draw::{Back, Goods, Step};
use super::play::{Play, number_of};

impl Play<'_> {
    fn contents(&self, goods: &Goods) -> Vec<Content> {
        let order = self.stage.amazon().order(&self.amazon).unwrap();
        let content = |(line, units): &(usize, u32)| Content {
            line_id: order.lines[*line].id.clone(),
            quantity: Decimal::from(*units),
        };
        goods.iter().map(content).collect()
    }

    /// Takes one step; what the vendor says when it cannot be taken.
    pub(crate) fn take(&mut self, step: &Step) -> Result<(), String> {
        let amazon = self.stage.amazon().clone();
        let order = self.amazon.clone();
        let words = |error: amz_sandbox::amazon::MoveError| error.to_string();
        let parcel = |play: &Self, parcel: usize| {
            play.packages.get(parcel).cloned().ok_or_else(|| "nothing is packed".to_owned())
        };
        let number = |parcel: usize| format!("1ZPARCEL{parcel}");
        match step {
            Step::Rest => Ok(()),
            Step::Pack => {
                let held = amazon.order(&order).unwrap();
                let whole = held.packages.first().ok_or("no package")?.id.clone();
                let parts = self.history.parcels.iter().map(|goods| self.contents(goods)).collect();
                self.packages = amazon.split(&order, &whole, parts).map_err(words)?;
                Ok(())
            }
            Step::Cancel(at, reason) => {
                amazon.cancel_package(&order, &parcel(self, *at)?, *reason).map_err(words)
            }
            Step::Ship(at) => amazon.ship(&order, &parcel(self, *at)?, "ups", &number(*at)).map_err(words),
            Step::Milestone(at) => {
                let place = Some(Place::new("Louisville", "KY"));
                amazon.milestone(&number(*at), MilestoneCode::InTransit, place, None).map_err(words)
            }
            Step::Deliver(at) => amazon.deliver(&order, &parcel(self, *at)?).map_err(words),
            Step::Undeliverable(at) => {
                amazon.milestone(&number(*at), MilestoneCode::Undeliverable, None, None).map_err(words)
            }
            Step::StartReturn { lines, parcels } => {
                let line = |content: Content| NewReturnLine {
                    line_id: content.line_id,
                    quantity: content.quantity,
                    reason: None,
                };
                let packages = parcels.iter().map(|goods| NewReturnPackage {
                    contents: self.contents(goods),
                    ..NewReturnPackage::default()
                });
                let packages = Some(packages.collect());
                let lines = self.contents(lines).into_iter().map(line).collect();
                self.returns.push(amazon.start_return(&order, NewReturn { lines, packages }).map_err(words)?);
                Ok(())
            }
            Step::MoveReturn(at, package, back) => {
                let id = self.returns.get(*at).ok_or("no such return")?;
                let held = amazon.order(&order).unwrap();
                let package =
                    held.returns.iter().find(|known| known.id == *id).unwrap().packages[*package].id.clone();
                let state = match back {
                    Back::DroppedOff => ReturnPackageState::DroppedOff,
                    Back::InTransit => ReturnPackageState::InTransit,
                    Back::Delivered => ReturnPackageState::Delivered,
                    Back::Failed => ReturnPackageState::Failed,
                };
                amazon.move_return_package(&order, id, &package, state).map_err(words)
            }
            Step::Grade(at, units, condition) => {
                let id = self.returns.get(*at).ok_or("no such return")?;
                let units = self.contents(&vec![*units]).remove(0);
                amazon.grade_units(&order, id, &units, *condition).map_err(words)
            }
            Step::Complete(at) => {
                let id = self.returns.get(*at).ok_or("no such return")?;
                amazon.complete_return(&order, id).map_err(words)
            }
            Step::Ask(goods) => {
                let lines = self.contents(goods);
                let refund = NewRefund { lines, reason: Some("ITEM_MISSING".to_owned()), estimate: None };
                amazon.request_refund(&order, refund).map(|_| ()).map_err(words)
            }
            other => self.by_staff(other).map_err(|error| error.to_string()),
        }
    }

    fn by_staff(&mut self, step: &Step) -> Result<(), Box<dyn std::error::Error>> {
        let netsuite = self.stage.netsuite().clone();
        let of_order = |goods: &Goods| -> Vec<StaffLine> {
            goods.iter().map(|(line, units)| StaffLine::new(number_of(*line), *units)).collect()
        };
        match step {
            Step::StaffCancel => netsuite.set_cancel_state(self.id, "requested", None)?,
            Step::Bill(kind, goods) => {
                let bill = netsuite.bill(self.id, *kind, &of_order(goods))?;
                self.bills.push((kind.record_type(), bill));
            }
            Step::Pay => {
                for (kind, bill) in &self.bills {
                    if *kind == "invoice" {
                        netsuite.pay_invoice(*bill)?;
                    }
                }
            }
            Step::StaffReturn(goods) => {
                let made = netsuite.authorize_return(("salesOrder", self.id), &of_order(goods), true)?;
                self.authorizations.push(made);
            }
            Step::StaffReceive(at) => {
                netsuite.receive(*self.authorizations.get(*at).ok_or("no such return")?, &[])?;
            }
            Step::Credit(at, goods) => {
                let (kind, bill) = *self.bills.get(*at).ok_or("no such bill")?;
                let record = netsuite.record(kind, bill).unwrap();
                let lines = record["item"]["items"].as_array().cloned().unwrap_or_default();
                let of_bill = |(line, units): &(usize, u32)| {
                    let found = lines.iter().find(|known| known["orderLine"] == json!(number_of(*line)))?;
                    Some(StaffLine::new(found["line"].as_u64()?, *units))
                };
                let wanted: Vec<StaffLine> = goods.iter().filter_map(of_bill).collect();
                if wanted.is_empty() {
                    return Err("nothing of it is on the bill".into());
                }
                let made = match kind {
                    "invoice" => ("creditMemo", netsuite.issue_credit_memo((kind, bill), &wanted)?),
                    _ => ("cashRefund", netsuite.issue_cash_refund((kind, bill), &wanted)?),
                };
                self.credits.push(made);
            }
            Step::PayOut(at) => match self.credits.get(*at).ok_or("no such credit")? {
                ("creditMemo", credit) => {
                    netsuite.refund_customer(*credit, None)?;
                }
                _ => return Err("only credit memos are paid out".into()),
            },
            other => panic!("{other:?} is Amazon's"),
        }
        Ok(())
    }
}
