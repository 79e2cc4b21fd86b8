//! Returns that Amazon agreed with the shopper, step by step.
//!
//! Source: Buy with Prime, `change-the-state-of-a-return-package-in-the-sandbox`, `steps-to-process-returns`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Amazon;
use super::events::Happening;
use super::order::Content;
use super::packages::{MoveError, Moved, totals};
use super::refund::NewRefund;
use super::returns::{
    GradedUnits, ItemCondition, Return, ReturnFailure, ReturnLine, ReturnPackage, ReturnPackageState,
    ReturnReason, ReturnState,
};
use super::settings::ReturnRefund;
use super::state::State;

/// A return as Amazon agrees it with the shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReturn {
    /// What comes back.
    pub lines: Vec<NewReturnLine>,
    /// In which packages; one for all, without a number, when `None`.
    pub packages: Option<Vec<NewReturnPackage>>,
}

/// Units of one order line that come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReturnLine {
    /// Amazon's line id.
    pub line_id: String,
    /// Units.
    #[serde(with = "super::json::digits")]
    pub quantity: Decimal,
    /// Why.
    pub reason: Option<ReturnReason>,
}

/// A package that will come back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewReturnPackage {
    /// What is in it; Amazon does not say when empty.
    pub contents: Vec<Content>,
    /// Carrier code.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub tracking_number: Option<String>,
}

impl State {
    fn start_return(&mut self, order_id: &str, new: NewReturn, now: DateTime<Utc>) -> Moved<String> {
        let NewReturn { lines, packages } = new;
        let content =
            |line: &NewReturnLine| Content { line_id: line.line_id.clone(), quantity: line.quantity };
        let contents: Vec<Content> = lines.iter().map(content).collect();
        let order = self.order(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        if !order.can_come_back(&contents, None) {
            return Err(MoveError::Contents);
        }
        let packages = packages.unwrap_or_else(|| {
            vec![NewReturnPackage { contents: contents.clone(), ..NewReturnPackage::default() }]
        });
        let agreed = totals(&contents);
        let packed = totals(packages.iter().flat_map(|package| &package.contents));
        if packed.iter().any(|(line_id, quantity)| agreed.get(line_id).is_none_or(|most| quantity > most)) {
            return Err(MoveError::Contents);
        }
        let mut made = Vec::new();
        for NewReturnPackage { contents, carrier, tracking_number } in packages {
            let tracker = match (carrier, tracking_number) {
                (Some(carrier), Some(number)) => Some(self.new_tracker(&carrier, &number, now)?),
                _ => None,
            };
            let (id, state) = (self.return_package_id(), ReturnPackageState::Created);
            made.push(ReturnPackage { id, state, reason: None, contents, tracker });
        }
        let line = |line: NewReturnLine| ReturnLine {
            id: self.line_id(),
            contents: vec![Content { line_id: line.line_id, quantity: line.quantity }],
            reason: line.reason,
            graded: Vec::new(),
        };
        let lines = lines.into_iter().map(line).collect();
        let started = Return {
            id: self.return_id(),
            aliases: Vec::new(),
            external: false,
            state: ReturnState::Created,
            lines,
            packages: made,
            created_at: now,
            updated_at: now,
        };
        let id = started.id.clone();
        self.order_to_change(order_id, now)?.returns.push(started);
        let happening = Happening::returned("RETURN_STARTED", order_id, &id);
        Ok((id, vec![happening]))
    }

    /// A return of Amazon's own that is not finished.
    fn open_return(
        &mut self,
        order_id: &str,
        return_id: &str,
        now: DateTime<Utc>,
    ) -> Result<&mut Return, MoveError> {
        let mut returns = self.order_to_change(order_id, now)?.returns.iter_mut();
        let unknown = || MoveError::UnknownReturn(return_id.to_owned());
        let found = returns.find(|known| known.id == return_id).ok_or_else(unknown)?;
        if found.external {
            return Err(MoveError::ExternalReturn(return_id.to_owned()));
        }
        if found.state != ReturnState::Created {
            return Err(MoveError::ReturnEnded(return_id.to_owned()));
        }
        found.updated_at = now;
        Ok(found)
    }

    fn move_return_package(
        &mut self,
        order_id: &str,
        return_id: &str,
        package_id: &str,
        (next, reason): (ReturnPackageState, Option<ReturnFailure>),
        now: DateTime<Utc>,
    ) -> Moved {
        let found = self.open_return(order_id, return_id, now)?;
        let of_return: Vec<Content> = found.contents().cloned().collect();
        let alone = found.packages.len() == 1;
        let mut packages = found.packages.iter_mut();
        let package = packages
            .find(|package| package.id == package_id)
            .ok_or_else(|| MoveError::UnknownPackage(package_id.to_owned()))?;
        let from = package.state;
        if !from.may_become(next) {
            return Err(MoveError::ReturnTransition { from, to: next });
        }
        package.state = next;
        package.reason = reason;
        // Of several packages without contents nobody knows which units they bring.
        let contents = match package.contents.as_slice() {
            [] if alone => of_return,
            known => known.to_vec(),
        };
        let event = match next {
            ReturnPackageState::Created | ReturnPackageState::DroppedOff => None,
            ReturnPackageState::InTransit => Some("RETURN_PACKAGE_IN_TRANSIT"),
            ReturnPackageState::Delivered => Some("RETURN_PACKAGE_DELIVERED"),
            ReturnPackageState::Failed => Some("RETURN_PACKAGE_DELIVERY_FAILED"),
        };
        let mut happened: Vec<Happening> =
            event.into_iter().map(|event| Happening::returned(event, order_id, return_id)).collect();
        let was_created = from == ReturnPackageState::Created;
        let refund = match (self.habits.refund_with_return_package, next) {
            (ReturnRefund::OnDropOff, _) if was_created => Some("RETURN_DROPPED_OFF_PICKED_UP"),
            (ReturnRefund::OnDelivery, ReturnPackageState::Delivered) => Some("RETURN_RECEIVED"),
            _ => None,
        };
        if let Some(reason) = refund {
            let new = NewRefund { lines: contents, reason: Some(reason.to_owned()), estimate: None };
            happened.extend(self.request_refund(order_id, new, None, now)?.1);
        }
        Ok(((), happened))
    }

    fn grade(
        &mut self,
        order_id: &str,
        return_id: &str,
        units: &Content,
        condition: ItemCondition,
        now: DateTime<Utc>,
    ) -> Moved {
        let found = self.open_return(order_id, return_id, now)?;
        let ungraded = |line: &ReturnLine| line.units() - line.graded_units();
        let holds = |line: &ReturnLine| line.contents.iter().any(|content| content.line_id == units.line_id);
        let mut lines = found.lines.iter_mut();
        let line = lines.find(|line| holds(line) && ungraded(line) >= units.quantity);
        let Some(line) = line.filter(|_| units.quantity > Decimal::ZERO) else {
            return Err(MoveError::Contents);
        };
        match line.graded.iter_mut().find(|graded| graded.condition == condition) {
            Some(graded) => graded.quantity += units.quantity,
            None => line.graded.push(GradedUnits { condition, quantity: units.quantity }),
        }
        let order = self.order(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        if let Some(line) = order.lines.iter().find(|line| line.id == units.line_id) {
            let product = line.input["product"]["identifier"].clone();
            self.stock.take_back(&product, units.quantity, condition, self.habits.short_units, now);
        }
        Ok(((), vec![Happening::returned("RETURN_ITEM_GRADED", order_id, return_id)]))
    }

    fn complete_return(&mut self, order_id: &str, return_id: &str, now: DateTime<Utc>) -> Moved {
        self.open_return(order_id, return_id, now)?.state = ReturnState::Completed;
        Ok(((), vec![Happening::returned("RETURN_COMPLETED", order_id, return_id)]))
    }
}

/// Returns that Amazon agreed with the shopper.
impl Amazon {
    /// Starts a return; returns its id. Raises `RETURN_STARTED`.
    ///
    /// # Errors
    /// [`MoveError`] when the order does not have these units (any more) or a tracking number is in use.
    pub fn start_return(&self, order_id: &str, new: NewReturn) -> Result<String, MoveError> {
        self.moved(|state, now| state.start_return(order_id, new, now))
    }

    /// Moves a return package on: created, dropped off (or not), in transit, delivered. Raises the event
    /// of the new state, and a refund request according to
    /// [`Habits::refund_with_return_package`](super::Habits).
    ///
    /// # Errors
    /// [`MoveError`] when it cannot go there from where it is.
    pub fn move_return_package(
        &self,
        order_id: &str,
        return_id: &str,
        package_id: &str,
        state: ReturnPackageState,
    ) -> Result<(), MoveError> {
        let step = match state {
            ReturnPackageState::Failed => (state, Some(ReturnFailure::Others)),
            other => (other, None),
        };
        self.moved(|state, now| state.move_return_package(order_id, return_id, package_id, step, now))
    }

    /// A return package that is in transit will not arrive. Raises `RETURN_PACKAGE_DELIVERY_FAILED`.
    ///
    /// # Errors
    /// [`MoveError`] when it is not in transit.
    pub fn fail_return_package(
        &self,
        order_id: &str,
        return_id: &str,
        package_id: &str,
        reason: ReturnFailure,
    ) -> Result<(), MoveError> {
        let step = (ReturnPackageState::Failed, Some(reason));
        self.moved(|state, now| state.move_return_package(order_id, return_id, package_id, step, now))
    }

    /// Looks at returned units of one order line. Raises `RETURN_ITEM_GRADED`.
    ///
    /// # Errors
    /// [`MoveError::Contents`] when the return does not have as many units that were not looked at.
    pub fn grade_units(
        &self,
        order_id: &str,
        return_id: &str,
        units: &Content,
        condition: ItemCondition,
    ) -> Result<(), MoveError> {
        self.moved(|state, now| state.grade(order_id, return_id, units, condition, now))
    }

    /// Finishes a return. Raises `RETURN_COMPLETED`.
    ///
    /// # Errors
    /// [`MoveError`] when it was finished before, or the merchant made it.
    pub fn complete_return(&self, order_id: &str, return_id: &str) -> Result<(), MoveError> {
        self.moved(|state, now| state.complete_return(order_id, return_id, now))
    }
}
