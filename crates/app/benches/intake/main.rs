//! Durable intake: events a second through real HTTP with authentication, each answered after it is on the disk.
//!
//! ```sh
//! cargo bench -p amz-app --bench intake [-- --quick] [-- --no-peers]
//! ```
//!
//! The released `amz-webhook` runs as a process of its own, with its default settings. 64 connections on loopback send
//! bodies of two kilobytes, every tenth of them a repeat. Afterwards the rows are counted. The ceiling is what the bare
//! database commits of the same rows, without HTTP; the peers do the same work written in the usual way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints its result and ends when something is wrong"
)]

mod ceiling;
#[path = "../load/mod.rs"]
mod load;
mod peers;
#[path = "../product/mod.rs"]
mod product;
#[path = "../table/mod.rs"]
mod table;

use std::path::Path;
use std::time::{Duration, Instant};

use amz_temporary_postgres::{Durability, TemporaryPostgres};
use load::{Load, Sent};
use product::Server;
use table::{Arguments, Row, thousands};

const CONNECTIONS: u32 = 64;
const SLOWEST: Duration = Duration::from_millis(10);
const PATH: &str = "/v1/bench/amazon/events";
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: bench.example.com\r\n\r\n";

fn main() {
    let Some(arguments) = Arguments::of_process() else { return };
    let programs = product::build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&arguments, &programs));
}

async fn measure(arguments: &Arguments, programs: &Path) {
    let load = Load {
        connections: CONNECTIONS,
        warm_up: arguments.either(Duration::from_secs(3), Duration::from_secs(1)),
        measured: arguments.either(Duration::from_secs(20), Duration::from_secs(4)),
    };
    let bare = arguments.either(Duration::from_secs(8), Duration::from_secs(2));
    let mut rows = Vec::new();

    let sqlite_ceiling = ceiling::sqlite(bare, &mut rows).await;
    let sqlite = on_sqlite(load, programs).await;
    ours("SQLite", sqlite.as_ref(), sqlite_ceiling, &mut rows);

    let server = TemporaryPostgres::start(Durability::Full).unwrap();
    let postgres_ceiling = ceiling::postgres(&server, bare, &mut rows).await;
    let postgres = on_postgres(load, programs, &server).await;
    ours("PostgreSQL", postgres.as_ref(), postgres_ceiling, &mut rows);

    if !arguments.has("--no-peers") {
        let node = peers::node(load, &server).await;
        peer("Node, Express, PostgreSQL", &node, &mut rows);
        let python = peers::python(load).await;
        peer("Python, FastAPI, SQLite", &python, &mut rows);
        beside("SQLite", &sqlite, "Node", &node, 4.0, &mut rows);
        beside("SQLite", &sqlite, "Python", &python, 6.0, &mut rows);
        beside("PostgreSQL", &postgres, "Node", &node, 1.5, &mut rows);
    }
    table::print("Durable intake", arguments, &rows);
}

/// What a server did, or why it could not be asked.
type Measured = Result<Sent, String>;

async fn on_sqlite(load: Load, programs: &Path) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite://{}", folder.path().join("store.db").display());
    let sent = serve(load, programs, folder.path(), &store).await?;
    let rows = ceiling::rows_of_sqlite(&folder.path().join("store-inbox.db"), "notices").await;
    complete(sent, rows)
}

async fn on_postgres(load: Load, programs: &Path, server: &TemporaryPostgres) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let url = server.new_database("ours").unwrap();
    let sent = serve(load, programs, folder.path(), &url).await?;
    complete(sent, ceiling::rows_of_postgres(&url, "notices").await)
}

/// Starts the webhook role on a store, and sends it events.
async fn serve(load: Load, programs: &Path, folder: &Path, store: &str) -> Measured {
    let address = product::free_address();
    let config = product::configure(folder, store, address, address, "");
    let mut command = product::program(&programs.join("amz-webhook"), &config);
    let mut server = Server::start(&mut command, address, &folder.join("log"));
    server.answers(HEALTH, Instant::now()).await?;
    Ok(load.send(address, PATH).await)
}

/// Nothing that was acknowledged may be missing, and nothing may be there twice.
fn complete(sent: Sent, rows: u64) -> Measured {
    assert_eq!(sent.refused, 0, "every event is taken");
    assert_eq!(rows, sent.acknowledged, "rows are the different events that were acknowledged");
    Ok(sent)
}

fn ours(database: &str, sent: Result<&Sent, &String>, ceiling: f64, rows: &mut Vec<Row>) {
    let work = format!("amz-webhook on {database}, {CONNECTIONS} connections");
    match sent {
        Ok(sent) => {
            let against = format!("the bare database, {}/s", thousands(ceiling));
            let figure = format!("{} events/s", thousands(sent.per_second));
            rows.push(Row::new(work, figure).against(against).at_least(sent.per_second / ceiling, 0.5));
            let mut latencies = sent.latencies.clone();
            let met = latencies.quantile(990) <= SLOWEST;
            rows.push(Row::new("  how long answers took", latencies.described()).goal("p99 <= 10 ms", met));
            let counted =
                format!("{} rows, {} repeats", thousands_of(sent.acknowledged), thousands_of(sent.repeated));
            rows.push(Row::new("  afterwards", counted).goal("rows = different events acknowledged", true));
        }
        Err(why) => rows.push(Row::missing(work, why)),
    }
}

fn peer(name: &str, sent: &Measured, rows: &mut Vec<Row>) {
    match sent {
        Ok(sent) => {
            rows.push(Row::new(name, format!("{} events/s", thousands(sent.per_second))));
            rows.push(Row::new("  how long answers took", sent.latencies.clone().described()));
        }
        Err(why) => rows.push(Row::missing(name, why)),
    }
}

fn beside(database: &str, sent: &Measured, name: &str, peer: &Measured, goal: f64, rows: &mut Vec<Row>) {
    let (Ok(sent), Ok(peer)) = (sent, peer) else { return };
    let [ours, theirs] = [sent, peer].map(|sent| thousands(sent.per_second));
    let row = Row::new(format!("amz-webhook on {database} beside {name}"), format!("{ours} events/s"));
    rows.push(row.against(format!("{name}, {theirs}/s")).at_least(sent.per_second / peer.per_second, goal));
}

fn thousands_of(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    thousands(count as f64)
}
