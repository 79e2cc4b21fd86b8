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

use crate::histories::played;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_ends_where_it_should_whatever_happens_on_the_way() {
    let wrong = played(USUALLY, AT_ONCE, &REGRESSIONS, examined).await;
    assert!(wrong.is_empty(), "{} histories failed\n{}", wrong.len(), wrong.join("\n"));
}
