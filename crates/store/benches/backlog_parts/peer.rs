//! graphile_worker, which is fetched and built while the bench runs, and the same amount of work done by our lanes.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_services::work::Claim;
use amz_store::State;
use chrono::Utc;
use tokio::task::JoinSet;

use super::store::Place;
use super::work::look;
use crate::table::{Row, per_second, thousands};

const SOURCE: &str = include_str!("../peers/graphile_worker.rs");

const MANIFEST: &str = r#"[package]
name = "peer"
version = "0.1.0"
edition = "2024"

[dependencies]
graphile_worker = "0.14"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
sqlx = { version = "*", default-features = false, features = ["postgres", "runtime-tokio"] }
tokio = { version = "1", features = ["full"] }

[workspace]
"#;

/// Jobs at work at once, on both sides.
const AT_ONCE: usize = 32;

/// Connections to the database, on both sides.
const CONNECTIONS: usize = 16;

/// At least as fast.
const GOAL: f64 = 1.0;

/// Lanes and their peer, with looks that take no time.
pub(crate) async fn rows(place: &Place, events: u64) -> Vec<Row> {
    let filling = place.new_store("ours").await;
    filling.add_lanes("main", events).await;
    let store = filling.open().await;
    let ours = per_second(events, work_off(store.state.clone()).await);
    store.close().await;
    let row = Row::new(
        format!("PostgreSQL: {} events, {AT_ONCE} at once, looks of 0 ms", thousands(events as f64)),
        format!("{} looks/s", thousands(ours)),
    );
    let url = place.new_url("peer");
    let theirs = tokio::task::spawn_blocking(move || theirs(&url, events)).await;
    vec![match theirs {
        Ok(Ok(took)) => {
            let theirs = per_second(events, took);
            row.against(format!("graphile_worker {} jobs/s", thousands(theirs))).at_least(ours / theirs, GOAL)
        }
        Ok(Err(why)) => row.against(format!("graphile_worker not measured: {why}")),
        Err(error) => row.against(format!("graphile_worker not measured: {error}")),
    }]
}

/// Works as the worker of `amz-sync` does: takes as many lanes as have room, and gives back each by itself.
async fn work_off(state: Arc<dyn State>) -> Duration {
    let begun = Instant::now();
    let mut busy = JoinSet::new();
    loop {
        while busy.try_join_next().is_some() {}
        let room = u32::try_from(AT_ONCE - busy.len()).unwrap();
        let claims: Vec<Claim> =
            state.claim("worker", Utc::now(), Duration::from_secs(60), room).await.unwrap();
        if claims.is_empty() && busy.is_empty() {
            return begun.elapsed();
        }
        for claim in claims {
            let state = state.clone();
            busy.spawn(async move { state.complete(&claim, &look(&claim), Vec::new()).await.unwrap() });
        }
        busy.join_next().await;
    }
}

fn theirs(url: &str, events: u64) -> Result<Duration, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path();
    std::fs::create_dir(path.join("src"))
        .and_then(|()| std::fs::write(path.join("Cargo.toml"), MANIFEST))
        .and_then(|()| std::fs::write(path.join("src/main.rs"), SOURCE))
        .map_err(|error| error.to_string())?;
    // what the bench itself was built with shall not decide about the peer
    let mut build = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE") || name == "RUSTFLAGS" {
            build.env_remove(name);
        }
    }
    output(build.args(["build", "--release", "--quiet", "--target-dir"]).arg("target").current_dir(path))?;
    let mut peer = Command::new(path.join("target/release/peer"));
    peer.arg(url).args([events, AT_ONCE as u64, CONNECTIONS as u64].map(|number| number.to_string()));
    let nanoseconds = output(&mut peer)?;
    nanoseconds.trim().parse().map(Duration::from_nanos).map_err(|_| "it printed no figure".to_owned())
}

fn output(command: &mut Command) -> Result<String, String> {
    let program = Path::new(command.get_program()).display().to_string();
    let ended = command.output().map_err(|error| format!("{program}: {error}"))?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    let message = String::from_utf8_lossy(&ended.stderr);
    Err(format!("{program}: {}", message.lines().last().unwrap_or("it failed without a word")))
}
