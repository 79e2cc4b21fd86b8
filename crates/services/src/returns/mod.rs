//! Use cases 5 and 6: returns, both ways.

mod authorization;
mod external;
mod external_run;
mod grades;
mod not_graded;
mod parcels;
mod plan;
mod receipts;
mod regrading;
mod run;
mod staff_lines;
mod writes;

#[cfg(test)]
mod fixtures;

pub(crate) use run::run;
