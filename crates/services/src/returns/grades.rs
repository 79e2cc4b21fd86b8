//! What Amazon found of a return's units, and what of it may still be received. Pure.

use amz_domain::{AmazonLineId, AmazonReturn, ItemCondition, Quantity};

use crate::link::{ReceivedUnits, ReturnLink};

/// The conditions that are understood, in the order in which they are handed out.
pub(super) const CONDITIONS: [ItemCondition; 4] = [
    ItemCondition::Sellable,
    ItemCondition::Defective,
    ItemCondition::Damaged,
    ItemCondition::FulfillmentExpired,
];

/// Units of a line that were received, of the conditions that count.
pub(super) fn received(
    link: &ReturnLink,
    line: &AmazonLineId,
    counts: impl Fn(Option<&ItemCondition>) -> bool,
) -> Quantity {
    let units = link.receipts.iter().flat_map(|receipt| &receipt.units);
    units
        .filter(|units| units.amazon_line == *line && counts(units.condition.as_ref()))
        .map(|units| units.quantity)
        .sum()
}

/// A return's lines, each once.
pub(super) fn lines(amazon: &AmazonReturn) -> Vec<&AmazonLineId> {
    let mut lines: Vec<&AmazonLineId> = Vec::new();
    for line in &amazon.lines {
        if !lines.contains(&&line.line) {
            lines.push(&line.line);
        }
    }
    lines
}

/// What Amazon found of a line, summed up per condition, in a fixed order; unknown words come last.
pub(super) fn grades(amazon: &AmazonReturn, line: &AmazonLineId) -> Vec<(ItemCondition, Quantity)> {
    let mut grades: Vec<(ItemCondition, Quantity)> =
        CONDITIONS.into_iter().map(|condition| (condition, Quantity::ZERO)).collect();
    let graded = amazon.lines.iter().filter(|seen| seen.line == *line).flat_map(|seen| &seen.graded);
    for units in graded {
        match grades.iter_mut().find(|(condition, _)| *condition == units.condition) {
            Some((_, quantity)) => *quantity = quantity.plus(units.quantity),
            None => grades.push((units.condition.clone(), units.quantity)),
        }
    }
    grades
}

/// What of a line may still be received.
pub(super) struct Pool<'facts> {
    pub(super) line: &'facts AmazonLineId,
    /// Units that were returned and not received.
    pub(super) left: Quantity,
    /// Of these, units whose condition is known.
    graded: Vec<(ItemCondition, Quantity)>,
}

pub(super) fn pools<'facts>(amazon: &'facts AmazonReturn, link: &ReturnLink) -> Vec<Pool<'facts>> {
    let pool = |line: &'facts AmazonLineId| {
        let authorized: Quantity =
            link.lines.iter().filter(|held| held.amazon_line == *line).map(|held| held.quantity).sum();
        let returned: Quantity =
            amazon.lines.iter().filter(|seen| seen.line == *line).map(|seen| seen.quantity).sum();
        let mut ungraded = received(link, line, |condition| condition.is_none());
        let mut graded = Vec::new();
        for (condition, units) in grades(amazon, line) {
            if matches!(condition, ItemCondition::Unknown(_)) {
                continue;
            }
            let open = units.minus(received(link, line, |held| held == Some(&condition)));
            let spent = open.min(ungraded);
            ungraded = ungraded.minus(spent);
            graded.push((condition, open.minus(spent)));
        }
        Pool { line, left: authorized.min(returned).minus(received(link, line, |_| true)), graded }
    };
    lines(amazon).into_iter().map(pool).collect()
}

impl Pool<'_> {
    pub(super) fn graded(&self, allowed: impl Fn(&ItemCondition) -> bool) -> Quantity {
        let open: Quantity =
            self.graded.iter().filter(|(condition, _)| allowed(condition)).map(|(_, open)| *open).sum();
        open.min(self.left)
    }

    pub(super) fn take_graded(
        &mut self,
        quantity: Quantity,
        allowed: impl Fn(&ItemCondition) -> bool,
    ) -> Vec<ReceivedUnits> {
        let mut wanted = quantity.min(self.left);
        let mut taken = Vec::new();
        for (condition, open) in &mut self.graded {
            let units = wanted.min(*open);
            if units.is_zero() || !allowed(condition) {
                continue;
            }
            wanted = wanted.minus(units);
            *open = open.minus(units);
            self.left = self.left.minus(units);
            let condition = Some(condition.clone());
            taken.push(ReceivedUnits { amazon_line: self.line.clone(), condition, quantity: units });
        }
        taken
    }

    pub(super) fn take_ungraded(&mut self, quantity: Quantity) -> ReceivedUnits {
        let units = quantity.min(self.left);
        self.left = self.left.minus(units);
        ReceivedUnits { amazon_line: self.line.clone(), condition: None, quantity: units }
    }
}
