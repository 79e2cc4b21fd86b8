//! `kill -9` while there is much to do and much goes wrong.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use amz_app::settings::Settings;
use amz_services::ports::records::Backlog;
use serde_json::{Value, json};

use crate::process::{Process, amz, amz_path, neighbour, program};
use crate::standing::{differences, id, is_eligible, lines, units};
use crate::vendors::{Vendors, list};

/// How long nothing that is waited for may take. Far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How often to look whether something has come about.
pub(crate) const GLANCE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn two_hundred_orders_survive_kill_nine_under_heavy_faults() {
    let serve = (amz_path().to_path_buf(), vec!["serve"]);
    rehearse(200, "20", vec![serve]).await;
}

#[tokio::test]
async fn both_roles_as_processes_of_their_own_survive_kill_nine_under_heavy_faults() {
    let roles = ["amz-sync", "amz-webhook"].map(|name| (neighbour(name), Vec::new()));
    rehearse(60, "21", roles.to_vec()).await;
}

/// The programs under test.
struct Cast {
    programs: Vec<(PathBuf, Vec<&'static str>)>,
    running: Vec<Process>,
    config: String,
    kills: usize,
}

impl Cast {
    fn start(programs: Vec<(PathBuf, Vec<&'static str>)>, config: String) -> Self {
        let mut cast = Self { programs, running: Vec::new(), config, kills: 0 };
        cast.running = (0..cast.programs.len()).map(|role| cast.run(role)).collect();
        cast
    }

    fn run(&self, role: usize) -> Process {
        let (path, arguments) = &self.programs[role];
        Process::start(program(path).args(arguments).args(["--config", &self.config]))
    }

    /// Kills one role after the other, and each third time all of them, and starts again what it killed.
    fn kill_and_restart(&mut self) {
        let all = self.kills % 3 == 2;
        let victims: Vec<usize> = match all {
            true => (0..self.running.len()).collect(),
            false => vec![self.kills % self.running.len()],
        };
        for role in &victims {
            self.running[*role].kill_nine();
        }
        for role in victims {
            self.running[role] = self.run(role);
        }
        self.kills += 1;
    }
}

async fn rehearse(orders: usize, seed: &str, programs: Vec<(PathBuf, Vec<&'static str>)>) {
    let count = orders.to_string();
    let vendors = Vendors::start(&["--orders-count", &count, "--faults", "heavy", "--seed", seed]);
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let config = vendors.configure(
        folder.path(),
        &[
            ("listen = \"127.0.0.1:8080\"", &format!("listen = {listen:?}\n\n[worker]\nlease = \"2s\"")),
            ("filter = \"warn\"", "filter = \"off\""),
        ],
    );
    vendors.subscribe(&format!("http://{listen}")).await;
    let eligible = vendors.sales_orders().await.iter().filter(|order| is_eligible(order)).count();
    let mut cast = Cast::start(programs, config.clone());

    // orders go to Amazon
    for percent in [10, 30, 60] {
        let sent = until(&config, &format!("{percent} % of the orders are at Amazon"), async || {
            let sent = vendors.amazon_orders().await.len();
            (sent * 100 >= eligible * percent).then_some(sent)
        })
        .await;
        assert!(sent < eligible, "killed while it is busy");
        cast.kill_and_restart();
    }
    // parcels leave while the last orders still come
    let mut next_kill = 10;
    until(&config, "every parcel has left", async || {
        let at_amazon = vendors.amazon_orders().await;
        for (position, order) in at_amazon.iter().enumerate() {
            ship(&vendors, position, order).await;
        }
        let fulfilled = share_fulfilled(&vendors).await;
        if fulfilled >= next_kill && next_kill < 100 {
            cast.kill_and_restart();
            next_kill += 40;
        }
        (at_amazon.len() == eligible).then_some(())
    })
    .await;
    while next_kill < 100 {
        until(&config, "more is fulfilled", async || {
            (share_fulfilled(&vendors).await >= next_kill).then_some(())
        })
        .await;
        cast.kill_and_restart();
        next_kill += 40;
    }
    // half of them arrive
    for (position, order) in vendors.amazon_orders().await.iter().enumerate() {
        arrive(&vendors, position, order).await;
        if position == eligible / 3 {
            cast.kill_and_restart();
        }
    }
    cast.kill_and_restart();
    vendors.clear_faults().await;

    let store = Settings::load(Some(Path::new(&config)), &Default::default()).unwrap().store;
    let operations = amz_app::operator::operations(&store).unwrap();
    let began = Instant::now();
    loop {
        let Backlog { lanes, leased, parked, unsettled } = operations.backlog().await.unwrap();
        let quiet = (lanes, leased, parked, unsettled) == (0, 0, (orders - eligible) as u64, 0);
        let differing = if quiet { differences(&vendors).await } else { vec!["work is left".to_owned()] };
        if differing.is_empty() {
            break;
        }
        if began.elapsed() > PATIENCE {
            let items = operations.parked_items(None).await.unwrap();
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{} {} {}", item.key, item.subject, item.reason.code))
                .collect();
            panic!(
                "{lanes} lanes, {leased} leased, {unsettled} unsettled, {parked} parked: {items:#?}; {differing:#?}"
            );
        }
        tokio::time::sleep(GLANCE).await;
    }
    assert!(cast.kills >= 8, "{} kills", cast.kills);
}

/// Looks again and again until something has come about.
async fn until<T>(config: &str, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, config, what, look).await
}

/// The same, for so long.
pub(crate) async fn until_within<T>(
    patience: Duration,
    config: &str,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        if began.elapsed() > patience {
            panic!("waited in vain: {what}; {:#?}", amz(&["parked", "--config", config]));
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Of the orders at Amazon, how many in a hundred have units fulfilled in NetSuite.
pub(crate) async fn share_fulfilled(vendors: &Vendors) -> usize {
    let orders = vendors.sales_orders().await;
    let eligible: Vec<&Value> = orders.iter().filter(|order| is_eligible(order)).collect();
    let fulfilled = |order: &&&Value| lines(order).any(|line| !units(&line["quantityFulfilled"]).is_zero());
    eligible.iter().filter(fulfilled).count() * 100 / eligible.len()
}

/// Lets an order's parcels leave, if they have not: in one, in two, or with a number that changes.
pub(crate) async fn ship(vendors: &Vendors, position: usize, order: &Value) {
    let packages = list(order["packages"].clone());
    let [package] = packages.as_slice() else { return };
    if package["state"] != "PENDING" {
        return;
    }
    let base = format!("amazon/orders/{}/packages", order["id"].as_str().unwrap());
    let tracking =
        |part: usize| json!({"carrier": "ups", "tracking_number": format!("1ZKILL{position:05}{part}")});
    let contents = list(package["contents"].clone());
    let splits = position % 3 == 1 && contents.len() > 1;
    let ids = match splits {
        true => {
            let (first, rest) = contents.split_at(1);
            let split = format!("{base}/{}/split", id(package));
            let parts = vendors.post(&split, &json!({"parts": [first, rest]})).await;
            list(parts["packages"].clone())
        }
        false => vec![package["id"].clone()],
    };
    for (part, id) in ids.iter().enumerate() {
        let package = format!("{base}/{}", id.as_str().unwrap());
        vendors.post(&format!("{package}/ship"), &tracking(part)).await;
        if position % 3 == 2 {
            vendors.post(&format!("{package}/tracking-number"), &tracking(part + 5)).await;
        }
        let milestone = json!({"code": "IN_TRANSIT", "place": {"locality": "Louisville", "region": "KY", "country": "US"}});
        vendors.post(&format!("{package}/milestone"), &milestone).await;
    }
}

/// Every second order arrives.
pub(crate) async fn arrive(vendors: &Vendors, position: usize, order: &Value) {
    if position % 2 == 1 {
        return;
    }
    for package in list(order["packages"].clone()) {
        let path = format!("amazon/orders/{}/packages/{}/deliver", id(order), id(&package));
        vendors.post(&path, &json!({})).await;
    }
}

/// A port below those that outgoing connections take, so that it is still free after a kill.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 20_000 + (first + TRIED.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
