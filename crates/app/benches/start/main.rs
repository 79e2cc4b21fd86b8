//! Start and recovery: how soon a process answers durably, how soon orphaned work runs again, and what the programs weigh.
//!
//! ```sh
//! cargo bench -p amz-app --bench start [-- --quick] [-- --builds]
//! ```
//!
//! The released programs run as processes of their own. The time runs from the moment before the process is started
//! until an event that is new has been answered with 200, which is after it was committed. `--builds` also measures
//! how long building takes, cold and warm, which is minutes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints its result and ends when something is wrong"
)]

mod builds;
mod fill;
mod first_answer;
#[path = "../load/mod.rs"]
mod load;
mod orphans;
#[path = "../product/mod.rs"]
mod product;
#[path = "../table/mod.rs"]
mod table;
mod weight;

use amz_temporary_postgres::{Durability, TemporaryPostgres};
use table::Arguments;

fn main() {
    let Some(arguments) = Arguments::of_process() else { return };
    let programs = product::build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut rows = Vec::new();
    runtime.block_on(async {
        let postgres = TemporaryPostgres::start(Durability::Full).unwrap();
        first_answer::measure(&arguments, &programs, &postgres, &mut rows).await;
        orphans::measure(&programs, &postgres, &mut rows).await;
        weight::measure(&programs, &postgres, &mut rows).await;
    });
    if arguments.has("--builds") {
        builds::measure(&mut rows);
    }
    table::print("Start and recovery", &arguments, &rows);
}
