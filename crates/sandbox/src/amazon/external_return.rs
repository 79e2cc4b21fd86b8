//! Returns that the merchant made outside Amazon and tells of with `updateOrder`.
//!
//! Source: Buy with Prime, `order-objects-returndetailsinput`, `add-an-external-return`,
//! `update-return-details`, `troubleshoot-return-errors`. Error codes that Amazon does not publish are ours;
//! clients branch on the class.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::create::{aliases, identifier, within};
use super::errors::{Class, Refusal};
use super::events::Happening;
use super::json::{decimal, given, items, text};
use super::order::{Alias, Content, Order};
use super::returns::{Return, ReturnLine, ReturnState};
use super::state::State;

/// Aliases that one return may carry.
const MOST_ALIASES: usize = 2;

impl State {
    /// Carries out `returns.details` of `updateOrder` on a copy of the order.
    pub(crate) fn tell_returns(
        &mut self,
        order: &mut Order,
        told: &Json,
        now: DateTime<Utc>,
    ) -> Result<Vec<Happening>, Refusal> {
        let mut happened = Vec::new();
        for (position, told) in items(told).iter().enumerate() {
            let done = if told["returnIdentifier"].is_null() {
                self.new_external_return(order, told, now).map(|happening| happened.extend(happening))
            } else {
                self.change_external_return(order, told, now)
            };
            done.map_err(|refusal| refusal.with("return", position))?;
        }
        Ok(happened)
    }

    fn new_external_return(
        &mut self,
        order: &mut Order,
        told: &Json,
        now: DateTime<Utc>,
    ) -> Result<Option<Happening>, Refusal> {
        let mut new = Return {
            id: self.return_id(),
            aliases: Vec::new(),
            external: true,
            state: ReturnState::Created,
            lines: Vec::new(),
            packages: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        self.add_aliases(order, &mut new, &told["aliases"])?;
        if new.aliases.is_empty() {
            return Err(Refusal::invalid("MissingReturnAlias", "A return from outside needs an alias."));
        }
        if told["state"] != "CREATED" {
            return Err(Refusal::invalid("InvalidReturnState", "A new return has the state CREATED."));
        }
        new.lines = self.return_lines(order, &told["returnLineItems"], None)?;
        let started = Happening::returned("RETURN_STARTED", &order.id, &new.id);
        order.returns.push(new);
        Ok(self.habits.external_return_started.then_some(started))
    }

    fn change_external_return(
        &mut self,
        order: &mut Order,
        told: &Json,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let position = identified(order, &told["returnIdentifier"])?;
        let Some(known) = order.returns.get(position) else { return Ok(()) };
        if !known.external {
            let message = "A return that Amazon made cannot be changed from outside.";
            return Err(Refusal::invalid("ReturnUpdateNotSupported", message));
        }
        let mut changed = known.clone();
        self.add_aliases(order, &mut changed, &told["aliases"])?;
        let next = match text(told, "state") {
            Some("CANCELLED") => ReturnState::Cancelled,
            Some("COMPLETED") => ReturnState::Completed,
            Some(_) => ReturnState::Created,
            None => changed.state,
        };
        if changed.state != ReturnState::Created && next != changed.state {
            let message = format!("A return cannot go from {:?} to {next:?}.", changed.state);
            return Err(Refusal::invalid("InvalidReturnStateTransition", message));
        }
        changed.state = next;
        if !items(&told["returnLineItems"]).is_empty() {
            changed.lines = self.return_lines(order, &told["returnLineItems"], Some(&changed.id))?;
        }
        changed.updated_at = now;
        if let Some(known) = order.returns.get_mut(position) {
            *known = changed;
        }
        Ok(())
    }

    /// Adds aliases; those that are there already stay as they are.
    fn add_aliases(&self, order: &Order, to: &mut Return, input: &Json) -> Result<(), Refusal> {
        for alias in aliases(input)? {
            if to.aliases.contains(&alias) {
                continue;
            }
            // The first look covers returns of this very call.
            if order.returns.iter().any(|known| known.aliases.contains(&alias)) {
                return Err(Refusal::alias_taken(&alias.alias_type, &alias.alias_id));
            }
            self.aliases_are_free([&alias])?;
            to.aliases.push(alias);
        }
        within(to.aliases.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases of a return")
    }

    fn return_lines(
        &mut self,
        order: &Order,
        input: &Json,
        own: Option<&str>,
    ) -> Result<Vec<ReturnLine>, Refusal> {
        let mut lines = Vec::new();
        for item in items(input) {
            let amounts = items(&item["returnFor"]["orderLineItemAmounts"]);
            let contents: Result<Vec<Content>, Refusal> =
                amounts.iter().map(|amount| content(order, amount)).collect();
            lines.push(ReturnLine {
                id: self.line_id(),
                contents: contents?,
                reason: None,
                graded: Vec::new(),
            });
        }
        let wanted: Vec<Content> = lines.iter().flat_map(|line| line.contents.clone()).collect();
        if !order.can_come_back(&wanted, own) {
            let message = "These units are not in the order, or come back already.";
            return Err(Refusal::invalid("InvalidReturnQuantity", message));
        }
        Ok(lines)
    }
}

fn content(order: &Order, amount: &Json) -> Result<Content, Refusal> {
    let line = order.identified_line(&amount["lineItemId"])?;
    let quantity = decimal(&amount["amount"]["value"])
        .ok_or_else(|| Refusal::invalid("InvalidReturnQuantity", "The quantity is missing."))?;
    Ok(Content { line_id: line.id.clone(), quantity })
}

fn identified(order: &Order, return_identifier: &Json) -> Result<usize, Refusal> {
    let mut returns = order.returns.iter();
    let found = match given(return_identifier, &["id", "alias"]).as_slice() {
        ["id"] => {
            let id = identifier(&return_identifier["id"]);
            returns.position(|known| Some(&known.id) == id.as_ref())
        }
        ["alias"] => {
            let alias = &return_identifier["alias"];
            let alias = Alias {
                alias_type: text(alias, "aliasType").unwrap_or_default().to_owned(),
                alias_id: identifier(&alias["aliasId"]).unwrap_or_default(),
            };
            returns.position(|known| known.aliases.contains(&alias))
        }
        _ => {
            let message = "A return is named by exactly one of id and alias.";
            return Err(Refusal::invalid("InvalidReturnIdentifier", message));
        }
    };
    found.ok_or_else(|| Refusal::new(Class::NotFound, "The order has no such return."))
}
