//! Events as Amazon sends them, and a sender that keeps its connections open.

#![allow(dead_code, unused_imports, reason = "no bench uses all of it")]

mod client;
mod event;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use client::Connection;
pub(crate) use event::{CONNECTION, Event, PASSWORD, USERNAME, key};

use crate::table::{Latencies, per_second};

/// Every so many requests, one repeats an event that was acknowledged before.
const REPEAT_EVERY: u64 = 10;
/// How many requests ago the repeated event was sent.
const REPEATED_AGO: u64 = 5;

/// How much to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Connections that are always busy.
    pub(crate) connections: u32,
    /// Sent before anything is measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) measured: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Different events that were acknowledged, from the first to the last.
    pub(crate) acknowledged: u64,
    /// Repeats that were acknowledged.
    pub(crate) repeated: u64,
    /// Answers other than 200.
    pub(crate) refused: u64,
    /// Acknowledged events and repeats a second, after the warm-up.
    pub(crate) per_second: f64,
    /// How long answers took, after the warm-up.
    pub(crate) latencies: Latencies,
}

impl Load {
    /// Sends events to the address until the time is over; each connection waits for an answer before it sends again.
    pub(crate) async fn send(self, address: SocketAddr, path: &str) -> Sent {
        self.send_from(0, address, path).await
    }

    /// The same with other events: each sender has its own, and the first one is `first`.
    pub(crate) async fn send_from(self, first: u32, address: SocketAddr, path: &str) -> Sent {
        let begun = Instant::now();
        let senders: Vec<_> = (first..first + self.connections)
            .map(|sender| tokio::spawn(self.send_as(sender, address, Event::new(path), begun)))
            .collect();
        let mut sent = Sent::default();
        for sender in senders {
            let part = sender.await.expect("a sender's end");
            sent.acknowledged += part.acknowledged;
            sent.repeated += part.repeated;
            sent.refused += part.refused;
            sent.latencies.join(part.latencies);
        }
        sent.per_second = per_second(sent.latencies.count() as u64, self.measured);
        sent
    }

    async fn send_as(self, sender: u32, address: SocketAddr, mut event: Event, begun: Instant) -> Sent {
        let mut sent = Sent::default();
        let mut connection = Connection::open(address).await.expect("the server takes connections");
        let (from, until) = (begun + self.warm_up, begun + self.warm_up + self.measured);
        let mut fresh = 0_u64;
        for turn in 1_u64.. {
            let repeats = turn % REPEAT_EVERY == 0;
            let number = if repeats { u64::saturating_sub(fresh, REPEATED_AGO) } else { fresh };
            let request = event.request(sender, number);
            let asked = Instant::now();
            if asked >= until {
                break;
            }
            let answer = connection.ask(request).await.expect("the server answers");
            let answered = Instant::now();
            if answer.status != 200 {
                sent.refused += 1;
                continue;
            }
            if repeats {
                sent.repeated += 1;
            } else {
                sent.acknowledged += 1;
                fresh += 1;
            }
            // what began before the warm-up ended, or ended after the time, would count for half
            if answered >= from && answered < until {
                sent.latencies.add(answered - asked);
            }
        }
        sent
    }
}
