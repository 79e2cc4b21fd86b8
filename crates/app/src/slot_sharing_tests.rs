//! Several processes on one account, in tokio's paused time.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use amz_services::failure::StoreError;
use amz_services::urgency::Urgency;
use amz_store::memory::MemoryStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use super::*;

const LEASE: Duration = Duration::from_secs(9);

/// An account that counts the calls in flight.
#[derive(Debug, Default)]
struct Account {
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

impl Account {
    /// A call goes on at the account, whatever becomes of the one who made it.
    async fn call(self: Arc<Self>, lasts: Duration) {
        let call = tokio::spawn(async move {
            let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            sleep(lasts).await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
        });
        call.await.unwrap();
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// One process's link to the store.
struct Link {
    store: Arc<MemoryStore>,
    is_cut: AtomicBool,
    /// How often anything was asked.
    used: AtomicUsize,
}

impl Link {
    async fn pass(&self) -> Result<(), StoreError> {
        self.used.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(3)).await;
        match self.is_cut.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { message: "cut off".into(), source: None }),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl SlotShares for Link {
    async fn ask_share(
        &self,
        request: &ShareRequest,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<Share, StoreError> {
        self.pass().await?;
        self.store.ask_share(request, now, lease_for).await
    }

    async fn give_back_share(&self, account: &str, holder: &str) -> Result<(), StoreError> {
        self.pass().await?;
        self.store.give_back_share(account, holder).await
    }
}

/// Wakes its waiters' keeper, as the metrics' observer does.
#[derive(Debug)]
struct Waits(Arc<Notify>);

impl amz_connector::netsuite::GovernorObserver for Waits {
    fn changed(&self, _: usize, _: usize) {}

    fn waits(&self, _: Urgency) {
        self.0.notify_one();
    }
}

/// A process with a governor, whose calls last from 10 to 700 ms.
struct Process {
    governor: Governor,
    link: Arc<Link>,
    stop: CancellationToken,
    workers_stop: CancellationToken,
    keeper: tokio::task::JoinHandle<()>,
    workers: JoinSet<()>,
    done: Arc<AtomicUsize>,
}

/// A store, an account, and the time.
struct World {
    store: Arc<MemoryStore>,
    account: Arc<Account>,
    clock: Clock,
    random: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl World {
    fn new(seed: u64) -> Self {
        let begun = Instant::now();
        let state = Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let random = move || {
            let mut state = state.lock().unwrap();
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            *state
        };
        Self {
            store: Arc::default(),
            account: Arc::default(),
            clock: Arc::new(move || DateTime::UNIX_EPOCH + begun.elapsed()),
            random: Arc::new(random),
        }
    }

    fn start(&self, name: &str, slots: usize, count: usize) -> Process {
        let link =
            Link { store: self.store.clone(), is_cut: AtomicBool::default(), used: AtomicUsize::default() };
        let (link, waits) = (Arc::new(link), Arc::new(Notify::new()));
        let governor = Governor::observed(slots, Arc::new(Waits(waits.clone())));
        governor.grant(0, Instant::now());
        let shared = SharedAccount {
            account: "TSTDRV1".into(),
            governor: governor.clone(),
            is_unsure: Arc::default(),
            waits,
        };
        let sharing = SlotSharing {
            shares: link.clone(),
            holder: name.to_owned(),
            clock: self.clock.clone(),
            lease: LEASE,
            jitter: self.random.clone(),
        };
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(sharing.keep(shared, stop.clone()));
        let (workers_stop, workers, done) = (CancellationToken::new(), JoinSet::new(), Arc::default());
        let mut process = Process { governor, link, stop, workers_stop, keeper, workers, done };
        for _ in 0..count {
            self.work(&mut process);
        }
        process
    }

    fn work(&self, process: &mut Process) {
        let (account, random) = (self.account.clone(), self.random.clone());
        let (governor, done) = (process.governor.clone(), process.done.clone());
        let stop = process.workers_stop.clone();
        process.workers.spawn(async move {
            loop {
                let slot = tokio::select! {
                    () = stop.cancelled() => return,
                    slot = governor.take(Urgency::Orders) => slot,
                };
                account.clone().call(Duration::from_millis(10 + random() % 690)).await;
                done.fetch_add(1, Ordering::SeqCst);
                drop(slot);
            }
        });
    }
}

impl Process {
    /// Calls that were made within so many seconds.
    async fn works_for(&self, seconds: u64) -> usize {
        let before = self.done.load(Ordering::SeqCst);
        sleep(Duration::from_secs(seconds)).await;
        self.done.load(Ordering::SeqCst) - before
    }

    /// It is gone without a word.
    fn crash(mut self) {
        self.keeper.abort();
        self.workers.abort_all();
    }

    /// Ends its work, then gives its share back.
    async fn end(mut self) {
        self.workers_stop.cancel();
        while self.workers.join_next().await.is_some() {}
        self.stop.cancel();
        self.keeper.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn together_processes_never_exceed_the_account_while_they_come_go_crash_and_are_cut_off() {
    for seed in 1..=20 {
        let world = World::new(seed);
        let first = world.start("a", 5, 8);
        assert!(first.works_for(3).await > 15, "all slots are the first one's");
        let second = world.start("b", 5, 8);
        let third = world.start("c", 5, 8);
        sleep(Duration::from_secs(4)).await;
        let (one, two, three) = tokio::join!(first.works_for(20), second.works_for(20), third.works_for(20));
        assert!([one, two, three].into_iter().all(|done| done > 30), "{one} {two} {three}");
        second.crash();
        sleep(LEASE + Duration::from_secs(3)).await;
        let (one, three) = tokio::join!(first.works_for(20), third.works_for(20));
        assert!(one + three > 200, "the slots of the crashed one are used again: {one} {three}");
        third.link.is_cut.store(true, Ordering::SeqCst);
        sleep(LEASE + Duration::from_secs(3)).await;
        let (one, three) = tokio::join!(first.works_for(20), third.works_for(20));
        assert!(one > 200 && three == 0, "who is cut off makes no calls: {one} {three}");
        third.link.is_cut.store(false, Ordering::SeqCst);
        sleep(Duration::from_secs(4)).await;
        assert!(third.works_for(20).await > 60, "it works again");
        assert_eq!(world.account.most(), 5, "seed {seed}");
        first.end().await;
        sleep(Duration::from_millis(1_500)).await;
        assert_eq!(third.governor.share(), 5, "what was given back is used before a lease would have ended");
        assert_eq!(world.account.most(), 5, "seed {seed}");
        third.crash();
    }
}

#[tokio::test(start_paused = true)]
async fn with_fewer_slots_than_processes_all_get_their_turns() {
    let world = World::new(7);
    let processes = ["a", "b", "c", "d"].map(|name| world.start(name, 2, 3));
    sleep(Duration::from_secs(120)).await;
    let done = processes.each_ref().map(|process| process.done.load(Ordering::SeqCst));
    assert!(done.iter().all(|done| *done > 60), "{done:?}");
    assert!(done.iter().sum::<usize>() > 500, "slots are seldom idle: {done:?}");
    assert_eq!(world.account.most(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_nobody_calls_costs_nothing_and_a_call_is_let_in_at_once() {
    let world = World::new(3);
    let process = world.start("a", 4, 0);
    sleep(Duration::from_secs(3600)).await;
    assert!(process.link.used.load(Ordering::SeqCst) <= 1);
    let begun = Instant::now();
    let slot = process.governor.take(Urgency::Orders).await;
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
    let more = process.governor.take(Urgency::Orders).await;
    assert!(begun.elapsed() < Duration::from_millis(50), "{:?}", begun.elapsed());
    drop((slot, more));
    sleep(Duration::from_secs(10)).await;
    assert_eq!(process.governor.share(), 0, "it was given back");
    let used = process.link.used.load(Ordering::SeqCst);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(process.link.used.load(Ordering::SeqCst), used);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lowered_holds_for_all_processes() {
    let world = World::new(5);
    let (first, second) = (world.start("a", 6, 8), world.start("b", 6, 8));
    sleep(Duration::from_secs(5)).await;
    assert_eq!((first.governor.share(), second.governor.share()), (3, 3));
    first.governor.set_limit(2);
    sleep(Duration::from_secs(5)).await;
    assert_eq!((first.governor.share(), second.governor.share()), (1, 1), "the least counts");
    second.governor.set_limit(2);
    first.governor.set_limit(8);
    second.governor.set_limit(8);
    sleep(Duration::from_secs(5)).await;
    assert_eq!((first.governor.share(), second.governor.share()), (4, 4));
}
