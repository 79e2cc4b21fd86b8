//! A network that loses everything from one moment on, without a word.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use amz_services::failure::StoreError;
use amz_services::ports::inbox::NoticeFeed;
use amz_services::ports::{Duties, Lanes};
use amz_temporary_postgres::{Durability, TemporaryPostgres};
use chrono::Utc;
use sqlx::Executor;

use super::{LeaseTime, PostgresDatabase, PostgresFeed, PostgresState, StoreOptions};
use crate::together::Together;

const SOCKET: &str = ".s.PGSQL.5432";
const WAIT: Duration = Duration::from_millis(300);

/// Passes on what is said to a server and what it answers, until it shall be silent.
fn network(server: &Path, folder: &Path) -> Arc<AtomicBool> {
    let is_silent = Arc::new(AtomicBool::new(false));
    let (listener, server) = (UnixListener::bind(folder.join(SOCKET)).unwrap(), server.join(SOCKET));
    let silence = Arc::clone(&is_silent);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), UnixStream::connect(&server).unwrap());
            pass_on(client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&silence));
            pass_on(server, client, Arc::clone(&silence));
        }
    });
    is_silent
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, is_silent: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut said = [0; 8192];
        while let Ok(many @ 1..) = from.read(&mut said) {
            if !is_silent.load(Ordering::SeqCst) && to.write_all(&said[..many]).is_err() {
                break;
            }
        }
        // nor is an end passed on
        if !is_silent.load(Ordering::SeqCst) {
            let _ = to.shutdown(std::net::Shutdown::Both);
        }
    });
}

fn is_silence(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { message, .. } if message.contains("did not answer in"))
}

/// Goes silent in the middle of a transaction.
async fn interrupted(database: &PostgresDatabase, silence: &Arc<AtomicBool>) -> Result<(), StoreError> {
    let silence = Arc::clone(silence);
    let work = database.write(move |connection| {
        Box::pin(async move {
            silence.store(true, Ordering::SeqCst);
            connection.execute("select 1").await?;
            Ok(())
        })
    });
    work.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_silent_network_for_ever_and_no_silent_connection_is_used_again() {
    let server = TemporaryPostgres::start(Durability::Off).unwrap();
    server.new_database("silent").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let silence = network(server.socket_folder(), folder.path());
    let url = format!("postgres:///silent?host={}&user=postgres", folder.path().display());
    let options = StoreOptions {
        // whoever kept one would leave none to the others
        max_connections: 1,
        acquire_timeout: WAIT,
        statement_timeout: WAIT,
        ..StoreOptions::new(url.into())
    };
    let database = PostgresDatabase::connect_lazily(&options).unwrap();
    let prepared = PostgresDatabase::connect_lazily(&StoreOptions {
        statement_timeout: Duration::from_secs(30),
        ..StoreOptions::new(server.url("silent").into())
    });
    prepared.unwrap().prepare().await.unwrap();
    let state = PostgresState::as_it_is(database.clone());
    assert_eq!(state.lease_time(), LeaseTime::Database);

    let (of_batch, at_work) = (Arc::clone(&silence), database.clone());
    let together = Together::start(move |items: Vec<Arc<()>>| {
        let (silence, database) = (Arc::clone(&of_batch), at_work.clone());
        async move { interrupted(&database, &silence).await.map(|()| items.iter().map(|_| Ok(())).collect()) }
    });
    let began = Instant::now();
    let answer = together.ask(()).await.unwrap_err();
    assert!(is_silence(&answer), "{answer}");
    assert!(began.elapsed() < database.limit * 2, "{:?}", began.elapsed());

    // the silence goes on for whoever comes now
    let began = Instant::now();
    state.claim("worker", Utc::now(), WAIT, 1).await.unwrap_err();
    state.next_due().await.unwrap_err();
    PostgresFeed::new(database.clone(), "inbox").after(0, 1).await.unwrap_err();
    database.ask().await.unwrap_err();
    assert!(began.elapsed() < database.limit * 4, "{:?}", began.elapsed());

    silence.store(false, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = state.hold("duty", "worker", Utc::now(), WAIT).await {
        assert!(Instant::now() < deadline, "{error}");
    }

    // somebody who reads and is cut off
    let reading = async {
        let mut reader = state.reader().await?;
        silence.store(true, Ordering::SeqCst);
        reader.execute("select 1").await.map_err(crate::transaction::Fault::from)
    };
    let error = StoreError::from(database.in_time(reading).await.unwrap_err());
    assert!(is_silence(&error), "{error}");
    silence.store(false, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = state.hold("duty", "worker", Utc::now(), WAIT).await {
        assert!(Instant::now() < deadline, "{error}");
    }
}
