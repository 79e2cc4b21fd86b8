//! Use case 2: fulfilment updates. Every package that left has exactly one item fulfilment; only a package of kit
//! parts that make no kit whole has none.

mod kits;
mod marks;
mod plan;
mod run;

pub use kits::KitStanding;
pub use marks::marks;
pub use plan::{FulfillmentFacts, FulfillmentPlan, FulfillmentStep, Needs, needs, plan, plan_tracker};
pub(crate) use run::{PackageLinks, run, run_trackers};
