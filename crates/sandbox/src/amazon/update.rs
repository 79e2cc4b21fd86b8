//! `updateOrder`: what may change after an order was created.
//!
//! Refunds and returns have modules of their own.
//!
//! Source: Buy with Prime, `order-mutations-updateorder`, `order-objects-updateorderinput`.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::create::{MOST_ALIASES, aliases, identifier, links, within};
use super::errors::{Class, Refusal};
use super::events::Happening;
use super::json::{given, items, text, without_nulls};
use super::order::{Alias, ExecutionState, Line, Order};
use super::state::State;

impl State {
    /// The order that an `OrderIdentifierInput` names.
    pub(crate) fn identified(&self, order_identifier: &Json) -> Result<&Order, Refusal> {
        let found = match given(order_identifier, &["orderId", "alias"]).as_slice() {
            ["orderId"] => identifier(&order_identifier["orderId"]).and_then(|id| self.order(&id)),
            ["alias"] => {
                let alias = &order_identifier["alias"];
                let id = identifier(&alias["aliasId"]).unwrap_or_default();
                self.order_by_alias(text(alias, "aliasType").unwrap_or_default(), &id)
            }
            _ => {
                let message = "An order is named by exactly one of orderId and alias.";
                return Err(Refusal::invalid("InvalidOrderIdentifier", message));
            }
        };
        found.ok_or_else(|| Refusal::new(Class::NotFound, "Order not found."))
    }

    /// Carries out `updateOrder`: all of it, or nothing.
    pub(crate) fn update_order(
        &mut self,
        order_identifier: &Json,
        input: &Json,
        now: DateTime<Utc>,
    ) -> Result<(String, Vec<Happening>), Refusal> {
        let mut order = self.identified(order_identifier)?.clone();
        self.append(&mut order.aliases, &input["aliases"])?;
        release(&mut order, input["desiredExecutionState"].as_str())?;
        append_links(&mut order, &input["orderLinks"])?;
        for field in ["totalPrice", "taxes"] {
            if !input[field].is_null() {
                order.input[field] = without_nulls(&input[field]);
            }
        }
        for change in items(&input["lineItems"]) {
            let id = order.identified_line(&change["lineItemId"])?.id.clone();
            let Some(line) = order.lines.iter_mut().find(|line| line.id == id) else { continue };
            self.append(&mut line.aliases, &change["aliases"])?;
            if !change["taxes"].is_null() {
                line.input["taxes"] = without_nulls(&change["taxes"]);
            }
        }
        for change in items(&input["packageInformation"]["details"]) {
            let id = identifier(&change["id"]).unwrap_or_default();
            let Some(package) = order.packages.iter_mut().find(|package| package.id == id) else {
                let message = "The order has no such package.";
                return Err(Refusal::invalid("PackageInformationDetailIdNotFound", message));
            };
            self.append(&mut package.aliases, &change["aliases"])?;
        }
        let mut happened = self.tell_returns(&mut order, &input["returns"]["details"], now)?;
        happened.extend(self.report_refunds(&mut order, &input["refunds"]["details"], now)?);
        order.updated_at = now;
        let id = order.id.clone();
        self.keep(order);
        Ok((id, happened))
    }

    /// Appends aliases; those that are there already stay as they are.
    fn append(&self, existing: &mut Vec<Alias>, input: &Json) -> Result<(), Refusal> {
        for alias in aliases(input)? {
            if existing.contains(&alias) {
                continue;
            }
            if existing.iter().any(|known| known.alias_type == alias.alias_type) {
                return Err(Refusal::invalid("AliasUpdateNotSupported", "An alias cannot be changed.")
                    .with("aliasType", alias.alias_type));
            }
            self.aliases_are_free([&alias])?;
            existing.push(alias);
        }
        within(existing.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases")
    }
}

impl Order {
    /// The line that a `LineItemIdentifierInput` names; `id` is how some pages spell `lineItemId`.
    pub(crate) fn identified_line(&self, line_identifier: &Json) -> Result<&Line, Refusal> {
        let alias = &line_identifier["alias"];
        let wanted = Alias {
            alias_type: text(alias, "aliasType").unwrap_or_default().to_owned(),
            alias_id: identifier(&alias["aliasId"]).unwrap_or_default(),
        };
        let mut lines = self.lines.iter();
        let found = match given(line_identifier, &["lineItemId", "id", "alias"]).as_slice() {
            ["alias"] => lines.find(|line| line.aliases.contains(&wanted)),
            [field] => {
                let id = identifier(&line_identifier[*field]);
                lines.find(|line| Some(&line.id) == id.as_ref())
            }
            _ => {
                let message = "A line item is named in exactly one way.";
                return Err(Refusal::invalid("InvalidLineItemIdentifier", message));
            }
        };
        found.ok_or_else(|| Refusal::invalid("ItemDoesNotExist", "The order has no such line item."))
    }
}

fn release(order: &mut Order, desired: Option<&str>) -> Result<(), Refusal> {
    match (order.execution, desired) {
        (ExecutionState::Started, Some("NOT_STARTED")) => {
            let message = "An order that was started cannot be put on hold.";
            return Err(Refusal::invalid("InvalidExecutionStateTransition", message));
        }
        (_, Some("STARTED")) => order.execution = ExecutionState::Started,
        (_, _) => {}
    }
    Ok(())
}

fn append_links(order: &mut Order, input: &Json) -> Result<(), Refusal> {
    let mut all: Vec<Json> = items(&order.input["orderLinks"]).to_vec();
    for link in items(input) {
        let link = without_nulls(link);
        if !all.contains(&link) {
            all.push(link);
        }
    }
    links(&json!(all))?;
    if !all.is_empty() {
        order.input["orderLinks"] = Json::Array(all);
    }
    Ok(())
}
