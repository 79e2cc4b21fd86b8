use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use amz_services::failure::StoreError;
use amz_store::memory::MemoryStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;

/// The store's time goes with tokio's.
fn clock() -> Clock {
    let (began, base): (Instant, DateTime<Utc>) = (Instant::now(), DateTime::UNIX_EPOCH);
    Arc::new(move || base + began.elapsed())
}

/// A store that can be out of reach: it fails, or never answers.
#[derive(Default)]
struct Shaky {
    store: MemoryStore,
    fails: AtomicBool,
    hangs: AtomicBool,
}

impl Shaky {
    async fn met(&self) -> Result<(), StoreError> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        match self.fails.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { message: "gone".to_owned(), source: None }),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Duties for Shaky {
    async fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<bool, StoreError> {
        self.met().await?;
        self.store.hold(duty, holder, now, lease_for).await
    }

    async fn leave(&self, duty: &str, holder: &str) -> Result<(), StoreError> {
        self.met().await?;
        self.store.leave(duty, holder).await
    }
}

/// A process with one duty, and how many times it performs at the moment and has begun to.
struct Process {
    performs: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    fn start(name: &str, duties: Arc<Shaky>, clock: &Clock) -> Self {
        let roster = Roster::new(duties, name.to_owned(), clock.clone(), true);
        let (performs, begun) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let stop = CancellationToken::new();
        let (at_work, count, ends) = (performs.clone(), begun.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let task = |token: CancellationToken| {
                let (at_work, count) = (at_work.clone(), count.clone());
                async move {
                    at_work.fetch_add(1, Ordering::SeqCst);
                    count.fetch_add(1, Ordering::SeqCst);
                    token.cancelled().await;
                    at_work.fetch_sub(1, Ordering::SeqCst);
                }
            };
            roster.perform("feeds", Term::USUAL, &ends, task).await;
        });
        Self { performs, begun, stop, task }
    }

    fn performs(&self) -> bool {
        self.performs.load(Ordering::SeqCst) == 1
    }

    async fn begins_within(&self, wait: Duration) {
        let begun = async {
            while !self.performs() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(wait, begun).await.expect("it performs in time");
    }

    /// As a process that dies: nothing is said to anybody.
    async fn dies(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    async fn ends(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn two() -> (Arc<Shaky>, Process, Process) {
    let (store, clock) = (Arc::<Shaky>::default(), clock());
    let first = Process::start("first", store.clone(), &clock);
    first.begins_within(Duration::from_secs(1)).await;
    let second = Process::start("second", store.clone(), &clock);
    (store, first, second)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn one_of_two_performs_a_duty_and_keeps_it() {
    let (_store, first, second) = two().await;
    for _ in 0..600 {
        sleep(SECOND / 10).await;
        assert!(first.performs() && !second.performs());
    }
    assert_eq!(first.begun.load(Ordering::SeqCst), 1, "it is not begun anew at each renewal");
}

#[tokio::test(start_paused = true)]
async fn a_duty_is_taken_over_when_its_process_has_died() {
    let (_store, first, second) = two().await;
    sleep(SECOND * 20).await;
    first.dies().await;
    assert!(!second.performs());
    second.begins_within(Term::USUAL.lease + SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_duty_is_taken_over_at_once_when_its_process_ends() {
    let (_store, first, second) = two().await;
    first.ends().await;
    second.begins_within(Term::USUAL.ask + SECOND / 10).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_ask_stops_before_another_may_begin() {
    for hangs in [false, true] {
        let clock = clock();
        let store = Arc::<Shaky>::default();
        let cut_off = Process::start("cut off", store.clone(), &clock);
        cut_off.begins_within(SECOND).await;
        // another way to the same store, which works
        let held = |name: &'static str| store.store.hold("feeds", name, clock(), Term::USUAL.lease);
        store.fails.store(!hangs, Ordering::SeqCst);
        store.hangs.store(hangs, Ordering::SeqCst);
        let began = Instant::now();
        while !held("other").await.unwrap() {
            assert!(began.elapsed() <= Term::USUAL.lease + SECOND);
            sleep(SECOND / 100).await;
        }
        assert!(!cut_off.performs(), "two at once");
        assert!(began.elapsed() >= Term::USUAL.lease - Term::USUAL.renew, "it was kept as long as it may be");
        // it goes on by itself once the store is back and the other has left
        store.fails.store(false, Ordering::SeqCst);
        store.hangs.store(false, Ordering::SeqCst);
        store.store.leave("feeds", "other").await.unwrap();
        cut_off.begins_within(Term::USUAL.lease + SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_silence_of_the_store_ends_nothing() {
    let (store, first, second) = two().await;
    for _ in 0..10 {
        store.fails.store(true, Ordering::SeqCst);
        sleep(SECOND * 5).await;
        store.fails.store(false, Ordering::SeqCst);
        sleep(SECOND * 2).await;
        assert!(first.performs() && !second.performs());
    }
    assert_eq!(first.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_by_itself_is_not_begun_anew() {
    let (store, clock) = (Arc::<Shaky>::default(), clock());
    let roster = Roster::new(store, "lone".to_owned(), clock, false);
    let (begun, stop) = (Mutex::new(0), CancellationToken::new());
    let once = roster.perform("once", Term::SHORT, &stop, |_| {
        *begun.lock().unwrap() += 1;
        std::future::ready(())
    });
    tokio::select! {
        () = once => panic!("it ended without being told to"),
        () = sleep(SECOND * 600_000) => {}
    }
    assert_eq!(*begun.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_begun_anew_ever_more_rarely_and_others_may_take_over() {
    let (store, clock) = (Arc::<Shaky>::default(), clock());
    let roster = Roster::new(store.clone(), "first".to_owned(), clock.clone(), true);
    let (begun, stop, began) = (Mutex::new(Vec::new()), CancellationToken::new(), Instant::now());
    let panicking = roster.perform("feeds", Term::USUAL, &stop, |_| {
        begun.lock().unwrap().push(began.elapsed().as_secs());
        async {
            sleep(SECOND / 10).await;
            panic!("a duty of a test panics")
        }
    });
    let taken_over = async {
        sleep(SECOND * 250).await;
        let second = Process::start("second", store.clone(), &clock);
        second.begins_within(SECOND * 61).await;
        stop.cancel();
        second
    };
    let ((), second) = timeout(SECOND * 600, async { tokio::join!(panicking, taken_over) }).await.unwrap();
    assert_eq!(*begun.lock().unwrap(), [0, 5, 15, 35, 75, 135, 195]);
    second.ends().await;
}
