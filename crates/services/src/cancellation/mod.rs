//! Use cases 3 and 4: what Amazon cancelled leaves the sales order, and what staff cancel is cancelled at Amazon.

#[cfg(test)]
pub(crate) mod fixtures;
mod plan;
mod request;
mod run;
mod shipped;
mod wish;
mod writes;

pub use plan::{ClosingFacts, Closings, closings, has_news};
pub use request::{RequestFacts, Start, standing, start, verdict, wait};
pub(crate) use run::{link_of, run};
pub use wish::{Wish, wish};
pub(crate) use wish::{is_over, per_unit, units_left, waiting};
