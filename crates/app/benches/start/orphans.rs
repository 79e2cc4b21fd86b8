//! Work that a crashed process held: how soon another one, or the same one started again, goes on with it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_services::work::{Ask, Lane, LaneKey, LaneRequest};
use amz_store::{Store, StoreOptions};
use amz_temporary_postgres::TemporaryPostgres;
use chrono::Utc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::load::CONNECTION;
use crate::product::{self, Server};
use crate::table::Row;

/// The lease of the processes that are measured.
const LEASE: Duration = Duration::from_secs(5);
/// What may come on top of it.
const ALLOWANCE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
/// Part of the address of every call for the one order with work.
const ORDER: &str = "4242";

/// Measures a restart on SQLite, and a second process on PostgreSQL.
pub(crate) async fn measure(programs: &Path, postgres: &TemporaryPostgres, rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}", folder.path().join("store.db").display());
    let again = rescue(programs, folder.path(), &sqlite, false).await;
    rows.push(row("orphaned work after kill -9 and a restart, SQLite", again));

    let folder = tempfile::tempdir().unwrap();
    let url = postgres.new_database("orphans").unwrap();
    let again = rescue(programs, folder.path(), &url, true).await;
    rows.push(row("orphaned work after kill -9, taken over by a second process, PostgreSQL", again));
}

fn row(work: &str, again: Result<Duration, String>) -> Row {
    let goal = format!("<= lease ({} s) + 1 s", LEASE.as_secs());
    match again {
        Ok(took) => {
            let figure = format!("runs again after {:.2} s", took.as_secs_f64());
            Row::new(work, figure).goal(goal, took <= LEASE + ALLOWANCE)
        }
        Err(why) => Row::missing(work, why),
    }
}

/// Lets a process take the order and hang in its call, kills it, and waits until the order is called for again.
async fn rescue(programs: &Path, folder: &Path, store: &str, second: bool) -> Result<Duration, String> {
    let vendor = Arc::new(Notify::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(never_answer(listener, vendor.clone()));
    make_work(store).await?;

    let more = format!("[worker]\nlease = \"{}s\"\n", LEASE.as_secs());
    let config = product::configure(folder, store, product::free_address(), address, &more);
    let start = || sync(programs, &config, folder, address);
    let mut first = start();
    timeout(PATIENCE, vendor.notified()).await.map_err(|_| "nobody called for the order".to_owned())?;
    // the second one runs before the first is killed, as it would in production
    let mut others: Vec<Server> = second.then(start).into_iter().collect();
    if second {
        tokio::time::sleep(LEASE / 2).await;
    }
    let killed = Instant::now();
    first.kill_nine();
    if !second {
        others.push(start());
    }
    timeout(PATIENCE, vendor.notified()).await.map_err(|_| "nobody called for the order again".to_owned())?;
    Ok(killed.elapsed())
}

fn sync(programs: &Path, config: &Path, folder: &Path, address: SocketAddr) -> Server {
    let mut command = product::program(&programs.join("amz-sync"), config);
    Server::start(&mut command, address, &folder.join("log"))
}

/// Asks for a look at the order.
async fn make_work(store: &str) -> Result<(), String> {
    let opened = Store::of(&StoreOptions::new(store.to_owned().into())).map_err(|error| error.to_string())?;
    let state = opened.state().await.map_err(|error| error.to_string())?;
    let key = LaneKey { connection: CONNECTION.into(), lane: Lane::SalesOrder(ORDER.into()) };
    let request = LaneRequest { key, ask: Ask::SalesOrder, due_at: Utc::now(), notice: None };
    state.accept("bench", 1, vec![request]).await.map_err(|error| error.to_string())?;
    state.close().await;
    Ok(())
}

/// A vendor that reads what it is asked and never answers. It tells when it is asked for the order.
async fn never_answer(listener: TcpListener, asked: Arc<Notify>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let asked = asked.clone();
        tokio::spawn(async move {
            let mut received = Vec::new();
            while stream.read_buf(&mut received).await.is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&received);
                if text.contains(ORDER) {
                    asked.notify_one();
                    received.clear();
                }
            }
        });
    }
}
