//! Use case 1: fulfil with Amazon. A sales order becomes an Amazon order, and stays in step until it ships.

mod address;
mod adopt;
mod amounts;
mod create;
mod edits;
mod eligibility;
mod plan;
mod run;

pub use amounts::{LineAmounts, amounts};
pub use eligibility::{Eligibility, eligibility};
pub use plan::{Creation, OrderFacts, OrderPlan, plan};
pub(crate) use run::{digest, run};

#[cfg(test)]
pub(crate) mod fixtures;
