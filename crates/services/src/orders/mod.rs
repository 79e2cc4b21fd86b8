//! Use case 1: fulfil with Amazon. A sales order becomes an Amazon order, and stays in step until it ships.
//!
//! A kit goes as it is sold, or, by setting, as one Amazon line per part (module `kits`).

mod address;
mod adopt;
mod amounts;
mod checkout;
mod create;
mod edits;
mod eligibility;
mod kits;
mod known_goods;
mod marking;
mod plan;
mod run;

pub(crate) use adopt::taken_over;
pub use amounts::{LineAmounts, amounts};
pub use eligibility::{Eligibility, eligibility};
pub(crate) use marking::{digest, reflect};
pub(crate) use plan::is_to_go_again;
pub use plan::{Creation, OrderFacts, OrderPlan, plan};
pub(crate) use run::{run, shown_at_amazon};

/// The lane subject that this module parks.
const SUBJECT: &str = "order";

#[cfg(test)]
pub(crate) mod fixtures;
