//! The steps of a history of stock, at the vendors.

use amz_sandbox::amazon::{
    CancellationReason, Content, ItemCondition, NewReturn, NewReturnLine, NewReturnPackage, Order,
    PackageState, PageFault, ReturnPackageState,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::draw::{KIT, Step, Wanted};
use super::play::Play;
use super::scene::{LOCATION, item_of};
use crate::orders::order_of;

type Taken = Result<(), String>;

fn words(error: impl ToString) -> String {
    error.to_string()
}

/// Takes one step; what the vendor says when it cannot be taken.
pub(crate) fn take(play: &mut Play<'_>, step: &Step) -> Taken {
    let (amazon, netsuite) = (play.stage.amazon().clone(), play.stage.netsuite().clone());
    match step {
        Step::Receive(sku, units) => amazon.receive(sku, *units).map_err(words),
        Step::Damage(sku, units) => amazon.damage(sku, *units).map_err(words),
        Step::SellElsewhere(sku, units) => amazon.sell_elsewhere(sku, *units).map_err(words),
        Step::Misplace(sku, units) => amazon.misplace(sku, *units).map_err(words),
        Step::Find(sku, units) => amazon.find_units(sku, *units).map_err(words),
        Step::Hide(sku) => {
            let mut habits = amazon.sp_api_habits();
            habits.hidden_by_name.insert(sku.clone());
            habits.hidden_in_lists.insert(sku.clone());
            amazon.set_sp_api_habits(habits);
            Ok(())
        }
        Step::FailPage { page, status } => {
            amazon.fail_page(PageFault { page: *page, status: *status, times: 1 });
            Ok(())
        }
        Step::Order { wanted, hold } => {
            let mut order = sales_order(play, wanted, true);
            order["custbody_amz_hold"] = json!(hold);
            let id = play.stage.enter_one(order);
            play.orders.push(id);
            Ok(())
        }
        Step::OwnOrder(wanted) => {
            let id = play.stage.enter_one(sales_order(play, wanted, false));
            play.own.push(id);
            let kit = play.history.kit.iter().filter(|_| wanted.iter().any(|(position, _)| *position == KIT));
            let wanted = wanted.iter().chain(kit).filter(|(position, _)| *position != KIT);
            let items: Vec<u64> = wanted.map(|(position, _)| item_of(play.history, *position)).collect();
            play.moved_by_staff.extend(items);
            Ok(())
        }
        Step::OwnShip(at) => {
            let id = at_of(&play.own, *at)?;
            // the demand goes with the goods, so that nothing is off
            let body = json!({"shipStatus": {"id": "C"}});
            netsuite
                .transform_as_staff(("salesOrder", id), "itemFulfillment", &body)
                .map(|_| ())
                .map_err(words)
        }
        Step::Release(at) => {
            let id = at_of(&play.orders, *at)?;
            netsuite.edit_sales_order(id, &json!({"custbody_amz_hold": false})).map_err(words)
        }
        Step::StaffCancel(at) => {
            let id = at_of(&play.orders, *at)?;
            netsuite.set_cancel_state(id, "requested", None).map_err(words)
        }
        Step::Count(position, by) => {
            let item = item_of(play.history, *position);
            netsuite.adjust_stock(item, LOCATION, *by).map_err(words)?;
            play.counted.push((item, *by));
            play.moved_by_staff.insert(item);
            Ok(())
        }
        Step::Ship(at) => {
            let (order, package) = in_state(play, *at, PackageState::Pending)?;
            amazon.ship(&order.id, &package, "ups", &format!("1Z{package}")).map_err(words)
        }
        Step::ShipPart(at) => {
            let (order, package) = in_state(play, *at, PackageState::Pending)?;
            let contents = order.packages.iter().find(|known| known.id == package).unwrap().contents.clone();
            let part = Content { quantity: Decimal::ONE, ..contents[0].clone() };
            let mut rest = contents;
            rest[0].quantity -= Decimal::ONE;
            rest.retain(|content| !content.quantity.is_zero());
            if rest.is_empty() {
                return Err("one unit only".to_owned());
            }
            let parts = amazon.split(&order.id, &package, vec![vec![part], rest]).map_err(words)?;
            amazon.ship(&order.id, &parts[0], "ups", &format!("1Z{}", parts[0])).map_err(words)
        }
        Step::Deliver(at) => {
            let (order, package) = in_state(play, *at, PackageState::InTransit)?;
            amazon.deliver(&order.id, &package).map_err(words)
        }
        Step::CancelAtAmazon(at) => {
            let (order, package) = in_state(play, *at, PackageState::Pending)?;
            amazon.cancel_package(&order.id, &package, CancellationReason::Unfulfillable).map_err(words)
        }
        Step::Return { order, sellable } => give_back(play, *order, *sellable),
        other => Err(format!("{other:?} is no vendor's")),
    }
}

fn sales_order(play: &Play<'_>, wanted: &Wanted, for_amazon: bool) -> Value {
    let lines: Vec<(u64, u32, &str)> =
        wanted.iter().map(|(position, units)| (item_of(play.history, *position), *units, "5.00")).collect();
    let number = format!("SO-{}", play.orders.len() + play.own.len() + 1);
    let mut order = order_of(&number, &lines);
    for (line, (position, _)) in wanted.iter().enumerate() {
        let line = &mut order["item"]["items"][line];
        line["custcol_amz_fulfill"] = json!(for_amazon);
        if *position == KIT {
            line["itemType"] = json!({"id": "Kit"});
        }
    }
    order
}

/// A package in a state, of the first order from a position on, round about, that has one.
fn in_state(play: &Play<'_>, at: usize, state: PackageState) -> Result<(Order, String), String> {
    let orders = play.orders.iter().cycle().skip(at).take(play.orders.len());
    for id in orders {
        let alias = play.stage.alias(*id);
        let Some(order) = play.stage.amazon().order_by_alias("OMS_ORDER_ID", &alias) else { continue };
        if let Some(package) = order.packages.iter().find(|package| package.state == state) {
            let package = package.id.clone();
            return Ok((order, package));
        }
    }
    Err(format!("no package is {state:?}"))
}

/// The order of a position, counted round about.
fn at_of(orders: &[u64], at: usize) -> Result<u64, String> {
    orders.iter().cycle().nth(at).copied().ok_or_else(|| "no order".to_owned())
}

/// A delivered unit comes back and is looked at.
fn give_back(play: &Play<'_>, at: usize, sellable: bool) -> Taken {
    let amazon = play.stage.amazon();
    let (order, package) = match in_state(play, at, PackageState::Delivered) {
        Ok(found) => found,
        Err(_) => {
            let (order, package) = in_state(play, at, PackageState::InTransit)?;
            amazon.deliver(&order.id, &package).map_err(words)?;
            (order, package)
        }
    };
    let contents = &order.packages.iter().find(|known| known.id == package).unwrap().contents;
    let unit = Content { quantity: Decimal::ONE, ..contents[0].clone() };
    let line = NewReturnLine { line_id: unit.line_id.clone(), quantity: unit.quantity, reason: None };
    let package = NewReturnPackage { contents: vec![unit.clone()], ..NewReturnPackage::default() };
    let new = NewReturn { lines: vec![line], packages: Some(vec![package]) };
    let made = amazon.start_return(&order.id, new).map_err(words)?;
    let held = amazon.order(&order.id).unwrap();
    let package = held.returns.iter().find(|known| known.id == made).unwrap().packages[0].id.clone();
    for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
        amazon.move_return_package(&order.id, &made, &package, state).map_err(words)?;
    }
    let condition = if sellable { ItemCondition::Sellable } else { ItemCondition::Damaged };
    amazon.grade_units(&order.id, &made, &unit, condition).map_err(words)?;
    amazon.complete_return(&order.id, &made).map_err(words)
}
