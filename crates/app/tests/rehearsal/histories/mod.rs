//! Histories of orders, drawn at random: however our side hears of one, it ends the same, and nothing is shipped,
//! taken back or refunded that should not be.
//!
//! `AMZ_HISTORIES=500` plays more of them, `AMZ_HISTORY=17` one alone with all it says.

mod check;
pub(crate) mod dice;
mod draw;
mod play;
mod steps;

use std::fmt::Write;

use dice::Dice;
use draw::History;
use play::{Manner, play};
use tokio::task::JoinSet;

/// How many are played when nothing else is said.
const USUALLY: u64 = 10;

/// Histories that are played at once.
const AT_ONCE: usize = 4;

/// Histories that once failed.
const REGRESSIONS: [u64; 0] = [];

/// Plays a history in all manners; says what is wrong.
async fn examined(seed: u64) -> Result<(), String> {
    let history = History::of(seed);
    let mut dice = Dice::new(seed ^ 0xA5A5);
    let mut seed_of = || u64::try_from(dice.below(1 << 32)).unwrap();
    let shuffled = [seed_of(), seed_of()];
    let calm = play(&history, &Manner::Calm).await;
    let wanted = check::end(&calm).await;
    let mut wrong = String::new();
    note(&mut wrong, &Manner::Calm, &check::broken(&calm).await);
    drop(calm);
    let mut borders = 0;
    let mut manners: Vec<Manner> = shuffled.iter().map(|seed| Manner::Shuffled { seed: *seed }).collect();
    manners.push(Manner::Faulty { seed: seed_of() });
    manners.push(Manner::Killed { seed: shuffled[1], at: Vec::new() });
    for mut manner in manners {
        if let Manner::Killed { at, .. } = &mut manner {
            *at = (0..2).map(|_| Dice::new(seed_of()).below(borders)).collect();
        }
        let played = play(&history, &manner).await;
        borders = played.borders;
        note(&mut wrong, &manner, &check::broken(&played).await);
        note(&mut wrong, &manner, &difference(&wanted, &check::end(&played).await));
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("history {seed}: {history:?}\n{wrong}")) }
}

fn note(wrong: &mut String, manner: &Manner, what: &[String]) {
    if !what.is_empty() {
        let _ = writeln!(wrong, "{manner:?}");
    }
    for one in what {
        let _ = writeln!(wrong, "    {one}");
    }
}

fn difference(wanted: &[String], ended: &[String]) -> Vec<String> {
    let mut rest = wanted.to_vec();
    let mut other = Vec::new();
    for line in ended {
        match rest.iter().position(|known| known == line) {
            Some(found) => drop(rest.remove(found)),
            None => other.push(format!("+ {line}")),
        }
    }
    rest.into_iter().map(|line| format!("- {line}")).chain(other).collect()
}

/// Plays the histories that the environment asks for, some at once; says what is wrong.
pub(crate) async fn played<Examined>(
    usually: u64,
    at_once: usize,
    regressions: &[u64],
    examined: impl Fn(u64) -> Examined,
) -> Vec<String>
where
    Examined: Future<Output = Result<(), String>> + Send + 'static,
{
    let seeds: Vec<u64> = match from_environment("AMZ_HISTORY") {
        Some(seed) => vec![seed],
        None => {
            let first = from_environment("AMZ_HISTORIES_FROM").unwrap_or(0);
            let count = from_environment("AMZ_HISTORIES").unwrap_or(usually);
            regressions.iter().copied().chain(first..first + count).collect()
        }
    };
    let mut running: JoinSet<Result<(), String>> = JoinSet::new();
    let mut wrong = Vec::new();
    for seed in seeds {
        if running.len() >= at_once {
            wrong.extend(running.join_next().await.unwrap().unwrap().err());
        }
        let examined = tokio::spawn(examined(seed));
        running.spawn(async move {
            examined.await.unwrap_or_else(|panic| Err(format!("history {seed}: {panic}")))
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
async fn histories_end_the_same_however_they_are_heard_of() {
    let wrong = played(USUALLY, AT_ONCE, &REGRESSIONS, examined).await;
    assert!(wrong.is_empty(), "{} histories failed\n{}", wrong.len(), wrong.join("\n"));
}
