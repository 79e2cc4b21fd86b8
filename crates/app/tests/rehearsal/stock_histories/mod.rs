//! Histories of stock, drawn at random: whatever Amazon, staff and shoppers do, and whatever goes wrong on the way,
//! NetSuite ends with the stock that it should have, and nothing is adjusted twice.
//!
//! `AMZ_HISTORIES=500` plays more of them, `AMZ_HISTORY=17` one alone with all it says.

mod check;
mod draw;
mod play;
mod scene;
mod steps;

use draw::History;
use tokio::task::JoinSet;

/// How many are played when nothing else is said.
const USUALLY: u64 = 12;

/// Histories that are played at once.
const AT_ONCE: usize = 6;

/// Histories that once failed.
const REGRESSIONS: [u64; 0] = [];

/// Plays a history; says what is wrong.
async fn examined(seed: u64) -> Result<(), String> {
    let history = History::of(seed);
    let (log, wrong) = play::play(&history, seed).await;
    if wrong.is_empty() {
        return Ok(());
    }
    let goods: Vec<String> = history.goods.iter().map(|good| format!("{good:?}")).collect();
    Err(format!(
        "stock history {seed}\n{}\nkit {:?}\n{:?}\n{}\n{}\n",
        goods.join("\n"),
        history.kit,
        history.habits,
        log.join("\n"),
        wrong.join("\n")
    ))
}

async fn all_examined(seeds: impl Iterator<Item = u64>) -> Vec<String> {
    let mut running: JoinSet<Result<(), String>> = JoinSet::new();
    let mut wrong = Vec::new();
    for seed in seeds {
        if running.len() >= AT_ONCE {
            wrong.extend(running.join_next().await.unwrap().unwrap().err());
        }
        running.spawn(async move {
            let examined = tokio::spawn(examined(seed)).await;
            examined.unwrap_or_else(|panic| Err(format!("stock history {seed}: {panic}")))
        });
    }
    while let Some(examined) = running.join_next().await {
        wrong.extend(examined.unwrap().err());
    }
    wrong
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_ends_where_it_should_whatever_happens_on_the_way() {
    let wrong = match from_environment("AMZ_HISTORY") {
        Some(seed) => all_examined(std::iter::once(seed)).await,
        None => {
            let first = from_environment("AMZ_HISTORIES_FROM").unwrap_or(0);
            let count = from_environment("AMZ_HISTORIES").unwrap_or(USUALLY);
            all_examined(REGRESSIONS.into_iter().chain(first..first + count)).await
        }
    };
    assert!(wrong.is_empty(), "{} histories failed\n{}", wrong.len(), wrong.join("\n"));
}
