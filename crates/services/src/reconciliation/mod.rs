//! Reconciliation: looks at orders again that events may have forgotten, and adopts orders that another connector sent.
//!
//! A reconciliation has one lane per connection. It walks the orders that shall be looked at and asks their lanes, a
//! few at a time; each of those looks like at an event and tells the reconciliation what came of it.

mod adoption;
mod answer;
mod doings;
mod open;
mod record;
mod walk;

#[cfg(test)]
pub(crate) mod fixtures;

pub(crate) use adoption::{Adoption, adopt, links_with, sent_by_another};
pub(crate) use answer::Answering;
pub(crate) use doings::Doings;
pub(crate) use open::has_arrived;

pub use record::{
    Finding, FindingOutcome, Reconciliation, ReconciliationBeginner, ReconciliationPhase,
    ReconciliationRequest, ReconciliationScope, ReconciliationSummary,
};
pub(crate) use walk::walk;
