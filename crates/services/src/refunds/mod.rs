//! Use cases 7 and 8: refunds, both ways.
//!
//! What is taken back is worked out from what NetSuite billed, never from Amazon's figure: that one is an estimate. Units
//! are counted on both sides, so that a refund that staff made by hand and one that Amazon asks for never both pay.

mod amount;
mod books;
mod claims;
mod document;
mod external;
mod kind;
mod payout;
mod plan;
mod progress;
mod reading;
mod reject;
mod replaced;
mod report;
mod run;
mod source;
mod staff;
mod taxes;

pub(crate) use replaced::show_replaced;
pub(crate) use run::run;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod world;
