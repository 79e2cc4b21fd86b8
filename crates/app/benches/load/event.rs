//! One body of two kilobytes, with the places where one event differs from another.

/// The connection whose events these are.
pub(crate) const CONNECTION: &str = "bench";
/// What the sender presents.
pub(crate) const USERNAME: &str = "amazon";
/// What the sender presents.
pub(crate) const PASSWORD: &str = "only-for-the-bench-4d1f";
/// `USERNAME:PASSWORD` in base64.
const CREDENTIALS: &str = "YW1hem9uOm9ubHktZm9yLXRoZS1iZW5jaC00ZDFm";

const BODY: &str = include_str!("event.json");
const KEY: &str = "00000000-0000-0000-0000-000000000000";
const ORDER: &str = "000-0000000-0000000";

/// A request that becomes one event after the other.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    request: Vec<u8>,
    body_at: usize,
    keys: Vec<usize>,
    orders: Vec<usize>,
}

impl Event {
    /// The request that brings an event to a path.
    pub(crate) fn new(path: &str) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: bench.example.com\r\ncontent-type: application/json\r\n\
             authorization: Basic {CREDENTIALS}\r\nuser-agent: bench\r\ncontent-length: {}\r\n\r\n",
            BODY.len()
        );
        let places = |of: &str| BODY.match_indices(of).map(|(at, _)| at + head.len()).collect();
        let (keys, orders) = (places(KEY), places(ORDER));
        Self { body_at: head.len(), keys, orders, request: (head + BODY).into_bytes() }
    }

    /// The whole request with an event of a sender.
    pub(crate) fn request(&mut self, sender: u32, number: u64) -> &[u8] {
        let key = key(sender, number);
        let order = order(sender, number);
        for at in &self.keys {
            self.request[*at..at + KEY.len()].copy_from_slice(key.as_bytes());
        }
        for at in &self.orders {
            self.request[*at..at + ORDER.len()].copy_from_slice(order.as_bytes());
        }
        &self.request
    }

    /// The body alone.
    pub(crate) fn body(&mut self, sender: u32, number: u64) -> String {
        let from = self.body_at;
        String::from_utf8_lossy(&self.request(sender, number)[from..]).into_owned()
    }
}

/// The event's key. Keys of events that follow each other are far apart, as random ones are.
pub(crate) fn key(sender: u32, number: u64) -> String {
    let seed = (u64::from(sender) << 40) ^ number;
    let (high, low) = (scattered(seed), scattered(seed ^ 0x5bd1_e995_0000_0000));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn order(sender: u32, number: u64) -> String {
    let digits = scattered((u64::from(sender) << 40) ^ number ^ 0x1234_5678) % 100_000_000_000_000;
    format!("{:03}-{:07}-{:07}", sender % 1000, digits / 10_000_000, digits % 10_000_000)
}

/// A number that looks like chance (`splitmix64`).
fn scattered(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
