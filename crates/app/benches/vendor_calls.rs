//! How many calls each use case costs at both vendors together, counted by the pretend vendors.
//!
//! ```sh
//! cargo bench -p amz-app --bench vendor_calls
//! ```
//!
//! The use cases are those of the rehearsals, which hold the same budget: `tests/rehearsal/flows.rs`.

// the stories are one deep future each, whose layout an optimized build asks for
#![recursion_limit = "512"]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, stops at the first fault, and uses a part of the rehearsals' stage"
)]

#[path = "../tests/rehearsal/configuration.rs"]
mod configuration;
#[path = "../tests/rehearsal/flows.rs"]
mod flows;
#[path = "../tests/rehearsal/goods.rs"]
mod goods;
#[path = "../tests/rehearsal/money.rs"]
mod money;
#[path = "../tests/rehearsal/notices.rs"]
mod notices;
#[path = "../tests/rehearsal/orders.rs"]
mod orders;
#[path = "../tests/rehearsal/stage.rs"]
mod stage;
#[path = "../tests/rehearsal/stock_stage.rs"]
mod stock_stage;
mod table;
#[path = "../tests/rehearsal/wire.rs"]
mod wire;

use table::{Arguments, Row};
use tokio::runtime::Runtime;

fn main() {
    let Some(arguments) = Arguments::of_process() else { return };
    let steps = Runtime::new().unwrap().block_on(flows::play());
    let row = |step: &flows::Step| {
        let (calls, budget) = (step.calls.len(), step.budget.len());
        Row::new(format!("{}. {}", step.use_case, step.what), format!("{calls}: {}", by_name(&step.calls)))
            .goal(format!("<= {budget}"), calls <= budget)
    };
    let rows: Vec<Row> = steps.iter().map(row).collect();
    table::print("Calls of each use case", &arguments, &rows);
}

/// Sorted calls, each name once.
fn by_name(calls: &[String]) -> String {
    let names = calls.chunk_by(|one, next| one == next).map(|same| match same {
        [one] => one.clone(),
        [one, ..] => format!("{} {one}", same.len()),
        [] => String::new(),
    });
    names.collect::<Vec<_>>().join(", ")
}
