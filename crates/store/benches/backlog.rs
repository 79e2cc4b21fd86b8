//! What taking a lane and giving it back costs, whatever waits and whatever was.
//!
//! ```sh
//! cargo bench -p amz-store --bench backlog -- [--quick] [--sqlite | --postgres] [--pending N] [--history N] [--no-peer]
//! ```
//!
//! One lane at a time is taken and completed, each in its own commit, with full durability. Backlog and history are
//! written by the database itself, before. The ratio counts: it must stay near 1 however much waits.
//!
//! An event of another merchant is timed from its arrival until its lane is given back, while ten more merchants have
//! work waiting: with and without the one merchant that has nearly all of it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first fault"
)]

mod backlog_parts;
#[path = "../../app/benches/table/mod.rs"]
mod table;

use std::time::Duration;

use backlog_parts::store::{Database, Filling, Place};
use backlog_parts::{memory, peer, work};
use table::{Arguments, Latencies, Row, thousands};
use tokio::runtime::Runtime;

/// How much dearer an event may become.
const GOAL: f64 = 1.5;

/// How much longer the slowest of other merchants' events may wait.
const OTHERS_GOAL: f64 = 2.0;

/// Waits in a store that is hardly used.
const FEW: u64 = 1_000;

/// Merchants that share what the one merchant leaves of the backlog.
const WAITING_TOO: u64 = 10;

/// Bytes for each event that waits, below which they are caches and chance: an entry in memory would take more.
const LITTLE: f64 = 16.0;

fn main() {
    if memory::was_asked() {
        return Runtime::new().unwrap().block_on(memory::tell());
    }
    let Some(arguments) = Arguments::of_process() else { return };
    let mut rows = Vec::new();
    for (database, flag) in [(Database::Sqlite, "--sqlite"), (Database::Postgres, "--postgres")] {
        let others =
            ["--sqlite", "--postgres"].into_iter().any(|other| other != flag && arguments.has(other));
        if others && !arguments.has(flag) {
            continue;
        }
        match Place::of(database) {
            Ok(place) => rows.extend(Runtime::new().unwrap().block_on(on(&place, &arguments))),
            Err(error) => rows.push(Row::missing(database.name(), error.to_string())),
        }
    }
    table::print("Backlog and history", &arguments, &rows);
}

async fn on(place: &Place, arguments: &Arguments) -> Vec<Row> {
    let asked = |flag: &str| arguments.value(flag).and_then(|count| count.parse::<u64>().ok());
    let many = asked("--pending").unwrap_or(arguments.either(1_000_000, 100_000));
    let history = asked("--history").unwrap_or(arguments.either(10_000_000, 1_000_000));
    let events = arguments.either(2_000, 500);
    let name = place.database().name();
    let mut rows = Vec::new();

    let store = place.new_store("empty").await.open().await;
    rows.push(row(name, "nothing else waits", work::alone(&store, events).await));
    store.close().await;

    let few = place.new_store("few").await;
    few.add_lanes("main", FEW).await;
    let many_wait = place.new_store("many").await;
    many_wait.add_lanes("main", many).await;
    let (waiting, little) = (format!("{} wait", count(many)), format!("{} wait", count(FEW)));
    rows.push(compared(name, (&waiting, &many_wait), (&little, &few), events).await);

    let blocked = place.new_store("blocked").await;
    blocked.add_blocked("main", many / 2).await;
    blocked.add_lanes("main", many / 2).await;
    let half = format!("{waiting}, half behind one order");
    rows.push(compared(name, (&half, &blocked), ("none blocked", &many_wait), events).await);

    let settled = place.new_store("history").await;
    settled.add_history(history).await;
    settled.add_lanes("main", FEW).await;
    let before = format!("{little}, {} settled before", count(history));
    rows.push(compared(name, (&before, &settled), (&little, &few), events).await);

    rows.push(fairness(place, many, events).await);
    rows.push(memory(place, many).await);
    if place.database() == Database::Postgres && !arguments.has("--no-peer") {
        rows.extend(peer::rows(place, arguments.either(20_000, 5_000)).await);
    }
    rows
}

/// An event in one store, beside an event in another.
async fn compared(
    name: &str,
    (what, filling): (&str, &Filling),
    (other, beside): (&str, &Filling),
    events: usize,
) -> Row {
    let (store, beside) = (filling.open().await, beside.open().await);
    let [mut found, mut base] = work::by_turns(&store, &beside, events).await;
    store.close().await;
    beside.close().await;
    let (with, without) = (found.quantile(500), base.quantile(500));
    row(name, what, found)
        .against(format!("{other}, p50 {}", micros(without)))
        .at_most(with.as_secs_f64() / without.as_secs_f64(), GOAL)
}

/// How long an event of another merchant waits while one merchant has nearly all that waits.
async fn fairness(place: &Place, many: u64, events: usize) -> Row {
    let (without, with) = (place.new_store("others").await, place.new_store("beside").await);
    for filling in [&without, &with] {
        for merchant in 0..WAITING_TOO {
            filling.add_lanes(&format!("waiting-{merchant}"), many / 100 / WAITING_TOO).await;
        }
    }
    with.add_lanes("big", many / 100 * 99).await;
    let (without, with) = (without.open().await, with.open().await);
    let found = work::others(&with, &without, events).await;
    with.close().await;
    without.close().await;
    let what = format!(
        "{}: an event of another merchant, one has 99 of 100 of {}",
        place.database().name(),
        count(many)
    );
    let Some([mut beside, mut alone]) = found else {
        return Row::new(what, format!("not served before {} others", work::PATIENCE)).goal("served", false);
    };
    let (beside, alone) = (beside.quantile(990), alone.quantile(990));
    Row::new(what, format!("p99 {}", micros(beside)))
        .against(format!("without that one p99 {}", micros(alone)))
        .at_most(beside.as_secs_f64() / alone.as_secs_f64(), OTHERS_GOAL)
}

/// What the process holds of what waits: nothing.
async fn memory(place: &Place, many: u64) -> Row {
    let filling = place.new_store("memory").await;
    filling.add_lanes("main", FEW).await;
    let little = memory::of_process(&filling.url).await;
    filling.add_lanes("other", many).await;
    let much = memory::of_process(&filling.url).await;
    let each = much.saturating_sub(little) as f64 * 1024.0 / many as f64;
    Row::new(
        format!("{}: memory of the process, {} wait", place.database().name(), count(many)),
        format!("{much} KiB, {each:.1} bytes for each"),
    )
    .against(format!("{} wait, {little} KiB", count(FEW)))
    .goal("none for each", each < LITTLE)
}

fn row(database: &str, what: &str, mut found: Latencies) -> Row {
    let (median, p99) = (micros(found.quantile(500)), micros(found.quantile(990)));
    Row::new(format!("{database}: {what}"), format!("p50 {median}, p99 {p99} an event"))
}

fn micros(took: Duration) -> String {
    format!("{} µs", took.as_micros())
}

fn count(of: u64) -> String {
    thousands(of as f64)
}
