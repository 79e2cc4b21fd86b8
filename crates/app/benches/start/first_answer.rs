//! From the start of a process to the first event that it answers durably.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use amz_temporary_postgres::TemporaryPostgres;

use crate::fill;
use crate::load::{CONNECTION, Event, Load};
use crate::product::{self, Server};
use crate::table::{Arguments, Latencies, Row};

/// Goal of a start on an empty store.
const EMPTY: Duration = Duration::from_millis(50);
/// Goal of a start after a crash, with a million waiting.
const CRASHED: Duration = Duration::from_millis(300);

/// A program, and its arguments before the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [&'static str],
}

pub(crate) const WEBHOOK: Program = Program { name: "amz-webhook", arguments: &[] };
pub(crate) const SYNC: Program = Program { name: "amz-sync", arguments: &[] };
pub(crate) const SERVE: Program = Program { name: "amz", arguments: &["serve"] };

/// Measures both, on both databases.
pub(crate) async fn measure(
    arguments: &Arguments,
    programs: &Path,
    postgres: &TemporaryPostgres,
    rows: &mut Vec<Row>,
) {
    let times = arguments.either(20, 5);
    let waiting = arguments.either(1_000_000, 100_000);
    for program in [WEBHOOK, SERVE] {
        let work = format!("{} to its first durable answer", program.name);
        for database in ["SQLite", "PostgreSQL"] {
            let mut starts = Ok(Latencies::default());
            for number in 0..times {
                let house =
                    House::new(programs, program, database, &format!("{}_{number}", program.name), postgres);
                add(&mut starts, house.start(number).await.map(|(_, took)| took));
            }
            rows.push(row(format!("{work}, {database}, empty"), starts, EMPTY));
        }
    }
    for (program, database) in
        [(WEBHOOK, "SQLite"), (SERVE, "SQLite"), (WEBHOOK, "PostgreSQL"), (SERVE, "PostgreSQL")]
    {
        let house = House::new(programs, program, database, &format!("{}_full", program.name), postgres);
        let work = format!(
            "{} after kill -9, {database}, {waiting} {} waiting",
            program.name,
            if program.name == WEBHOOK.name { "notices" } else { "orders" }
        );
        match house.crash_again_and_again(arguments.either(10, 3), waiting).await {
            Ok(starts) => rows.push(row(work, Ok(starts), CRASHED)),
            Err(why) => rows.push(Row::missing(work, why)),
        }
    }
}

/// A store with a configuration.
pub(crate) struct House {
    folder: tempfile::TempDir,
    path: PathBuf,
    store: String,
    config: PathBuf,
    address: SocketAddr,
    program: Program,
}

impl House {
    pub(crate) fn new(
        programs: &Path,
        program: Program,
        database: &str,
        name: &str,
        postgres: &TemporaryPostgres,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = match database {
            "SQLite" => format!("sqlite://{}", folder.path().join("store.db").display()),
            _ => postgres.new_database(&format!("start_{}", name.replace('-', "_"))).unwrap(),
        };
        let address = product::free_address();
        // nobody answers for the vendors
        let config = product::configure(folder.path(), &store, address, ([127, 0, 0, 1], 9).into(), "");
        Self { folder, path: programs.join(program.name), store, config, address, program }
    }

    /// Starts the program and sends it an event until that is answered.
    pub(crate) async fn start(&self, number: u64) -> Result<(Server, Duration), String> {
        let mut event = Event::new(&format!("/v1/{CONNECTION}/amazon/events"));
        let request = event.request(u32::MAX, number).to_vec();
        let begun = Instant::now();
        let mut server = self.launch();
        let took = server.answers(&request, begun).await.map_err(|why| self.with_log(&why))?;
        Ok((server, took))
    }

    /// Starts the program, and returns at once.
    pub(crate) fn launch(&self) -> Server {
        let mut command = product::program(&self.path, &self.config);
        command.args(self.program.arguments);
        Server::start(&mut command, self.address, &self.folder.path().join("log"))
    }

    /// Fills the store, and then lets the program crash under load and start again.
    async fn crash_again_and_again(&self, times: u64, waiting: u64) -> Result<Latencies, String> {
        // makes the tables
        drop(self.start(0).await?);
        match self.program.name == WEBHOOK.name {
            true => fill::notices(&self.store, waiting).await,
            false => fill::lanes(&self.store, waiting).await,
        }
        let mut starts = Latencies::default();
        let (mut server, _) = self.start(1).await?;
        for number in 0..times {
            let load =
                Load { connections: 16, warm_up: Duration::ZERO, measured: Duration::from_millis(700) };
            let path = format!("/v1/{CONNECTION}/amazon/events");
            load.send_from(1000 + u32::try_from(number).unwrap() * 16, self.address, &path).await;
            server.kill_nine();
            let took;
            (server, took) = self.start(2 + number).await?;
            starts.add(took);
        }
        Ok(starts)
    }

    /// A fault, and the last line that the program wrote.
    pub(crate) fn with_log(&self, why: &str) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        format!("{why} ({})", log.lines().next_back().unwrap_or_default())
    }
}

fn add(starts: &mut Result<Latencies, String>, took: Result<Duration, String>) {
    match (&mut *starts, took) {
        (Ok(starts), Ok(took)) => starts.add(took),
        (Ok(_), Err(why)) => *starts = Err(why),
        (Err(_), _) => {}
    }
}

fn row(work: String, starts: Result<Latencies, String>, goal: Duration) -> Row {
    match starts {
        Ok(mut starts) => {
            let median = starts.quantile(500);
            let shown = |took: Duration| format!("{:.1}", took.as_secs_f64() * 1000.0);
            let figure = format!(
                "{} ms, slowest {} of {}",
                shown(median),
                shown(starts.quantile(1000)),
                starts.count()
            );
            Row::new(work, figure).goal(format!("<= {} ms", goal.as_millis()), median <= goal)
        }
        Err(why) => Row::missing(work, why),
    }
}
