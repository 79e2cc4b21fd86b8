//! What staff want cancelled, and what of an order still waits for Amazon. Pure.

use amz_domain::{LineNumber, Quantity, SalesOrder, SalesOrderLine, SalesOrderStatus};

use crate::link::{SentLine, SentOrder};

/// What staff want cancelled at Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// All of the order that Amazon has.
    Whole,
    /// Some of its lines.
    Lines {
        /// Those that staff closed.
        closed: Vec<LineNumber>,
        /// Those that shall go on.
        staying: Vec<LineNumber>,
    },
}

/// What staff want cancelled, if anything: the order is closed or cancelled, lines are closed that Amazon may still
/// ship, or the cancel state says *requested*.
pub fn wish(order: &SalesOrder, sent: &SentOrder) -> Option<Wish> {
    if order.marks.asks_to_cancel() {
        return Some(Wish::Whole);
    }
    let waiting = waiting(order, sent);
    let (closed, staying): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|line| is_stopped(order, line));
    let numbers = |lines: Vec<&SalesOrderLine>| lines.into_iter().map(|line| line.line).collect();
    match (closed.is_empty(), staying.is_empty()) {
        (true, _) => None,
        (false, true) => Some(Wish::Whole),
        (false, false) => Some(Wish::Lines { closed: numbers(closed), staying: numbers(staying) }),
    }
}

/// True when staff closed a line, or its whole order.
fn is_stopped(order: &SalesOrder, line: &SalesOrderLine) -> bool {
    line.is_closed || matches!(order.status, SalesOrderStatus::Cancelled | SalesOrderStatus::Closed)
}

/// Lines that staff closed although Amazon may still ship them.
pub(super) fn stopped_lines(order: &SalesOrder, sent: &SentOrder) -> Vec<LineNumber> {
    let waiting = waiting(order, sent);
    waiting.into_iter().filter(|line| is_stopped(order, line)).map(|line| line.line).collect()
}

/// Lines of the sales order of which Amazon may still ship something, as far as we know.
pub(crate) fn waiting<'order>(order: &'order SalesOrder, sent: &SentOrder) -> Vec<&'order SalesOrderLine> {
    let is_waiting = |line: &&SalesOrderLine| {
        line.quantity_fulfilled < line.quantity
            && sent.lines.iter().any(|sent| sent.line == line.line)
            && sent.lines.iter().filter(|sent| sent.line == line.line).all(|sent| !is_over(sent))
    };
    order.lines.iter().filter(is_waiting).collect()
}

/// True once we closed a line or gave it back: Amazon ships nothing more of it.
pub(crate) fn is_over(line: &SentLine) -> bool {
    line.released || line.closed > line.reduced
}

/// Amazon's units in one unit of the sales order's line: more than one only for parts of kits.
pub(crate) fn per_unit(line: &SentLine) -> Quantity {
    line.part.as_ref().map_or(Quantity(1), |part| part.per_kit.max(Quantity(1)))
}

/// What the quantity of the sales order's line must be, after what we took off it.
pub(crate) fn units_left(line: &SentLine) -> Quantity {
    Quantity(line.quantity.minus(line.reduced).0 / per_unit(line).0)
}
