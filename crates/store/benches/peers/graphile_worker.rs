//! The same number of jobs, each in a named queue of its own, worked off by graphile_worker with its local queue. Built in
//! a temporary folder while the bench `backlog` runs; the project does not depend on it.
//!
//! Arguments: the database's URL, jobs, jobs at work at once, connections. Prints the nanoseconds.

use std::time::{Duration, Instant};

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, WorkerContext, WorkerOptions,
};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;

#[derive(Deserialize, Serialize)]
struct Look {
    ask: String,
}

impl TaskHandler for Look {
    const IDENTIFIER: &'static str = "look";

    async fn run(self, _context: WorkerContext) -> impl IntoTaskHandlerResult {
        Ok::<(), String>(())
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| -> usize { arguments[at].parse().unwrap() };
    let (url, jobs, at_once, connections) = (&arguments[0], number(1), number(2), number(3));
    let pool = PgPoolOptions::new().max_connections(connections as u32).connect(url).await.unwrap();
    let worker = WorkerOptions::default()
        .concurrency(at_once)
        .define_job::<Look>()
        .pg_pool(pool.clone())
        .local_queue(LocalQueueConfig::default())
        .init()
        .await
        .unwrap();
    let utils = worker.create_utils();
    let all: Vec<RawJobSpec> = (0..jobs)
        .map(|job| RawJobSpec {
            identifier: "look".to_owned(),
            payload: serde_json::json!({"ask": "AmazonOrder"}),
            spec: JobSpec { queue_name: Some(format!("order/{job}")), ..JobSpec::default() },
        })
        .collect();
    for some in all.chunks(1_000) {
        utils.add_raw_jobs(some).await.unwrap();
    }
    sqlx::query("analyze").execute(&pool).await.unwrap();

    let begun = Instant::now();
    tokio::spawn(async move { worker.run().await });
    loop {
        let left: i64 = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs")
            .fetch_one(&pool)
            .await
            .unwrap();
        if left == 0 {
            println!("{}", begun.elapsed().as_nanos());
            // what it would still do is clear up
            std::process::exit(0);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
