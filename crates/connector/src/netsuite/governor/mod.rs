//! Keeps the calls to one NetSuite account within its pool, the most urgent first.
//!
//! REST, SOAP and RESTlets of an account share one small pool, so everything in a process that calls the account shares
//! one governor. It never sleeps and never tries again: who waits and who tries again is for others to say.
//!
//! Source: NetSuite help, Integration Concurrency Governance (section 1559222360) and retrying (section 4634920277).

#[cfg(test)]
mod tests;

mod bounds;
mod pace;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amz_services::urgency::Urgency;
use tokio::sync::oneshot;
use tokio::time::Instant;

use bounds::Bounds;
use pace::Pace;
use queue::{Place, Queue};

/// Is told how an account's slots are used, for metrics. Called while the governor is locked: must return at once.
pub trait GovernorObserver: Send + Sync + std::fmt::Debug {
    /// So many slots are used now, and so many calls are in flight.
    fn changed(&self, slots: usize, in_flight: usize);

    /// A call of this urgency has to wait for a slot.
    fn waits(&self, urgency: Urgency);
}

/// The governor of one NetSuite account. Clones are the same governor.
#[derive(Debug, Clone)]
pub struct Governor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    observer: Option<Arc<dyn GovernorObserver>>,
}

#[derive(Debug)]
struct State {
    bounds: Bounds,
    pace: Pace,
    /// Calls in flight.
    in_flight: usize,
    /// Most calls that were in flight or waited at a time since somebody asked.
    wanted: usize,
    /// Calls admitted so far; the number of a call is what this was with it.
    admitted: u64,
    /// True while one call goes alone.
    alone: bool,
    waiting: Queue<oneshot::Sender<Slot>>,
    /// Calls that must go alone, which come before all others.
    waiting_alone: Queue<oneshot::Sender<Slot>>,
}

/// The right to have one call in flight; free again when dropped.
#[derive(Debug)]
pub struct Slot {
    governor: Governor,
    /// Which call it is.
    number: u64,
    /// True when others were in flight when it was given.
    among_others: bool,
    /// True when nobody else is let in meanwhile.
    alone: bool,
}

impl Governor {
    /// A governor that uses up to so many slots, at least one.
    pub fn new(slots: usize) -> Self {
        Self::build(slots, None)
    }

    /// The same, which tells how slots are used.
    pub fn observed(slots: usize, observer: Arc<dyn GovernorObserver>) -> Self {
        Self::build(slots, Some(observer))
    }

    fn build(slots: usize, observer: Option<Arc<dyn GovernorObserver>>) -> Self {
        let state = State {
            pace: Pace::of(slots.max(1)),
            bounds: Bounds::of(slots),
            in_flight: 0,
            wanted: 0,
            admitted: 0,
            alone: false,
            waiting: Queue::new(),
            waiting_alone: Queue::new(),
        };
        let governor = Self(Arc::new(Shared { state: Mutex::new(state), observer }));
        governor.show(&governor.state());
        governor
    }

    /// Most slots that may be used at once by this process.
    pub fn share(&self) -> usize {
        self.state().bounds.share()
    }

    /// The account takes so many calls: uses up to so many slots from now on, at least one, and not more than the
    /// [limit](Self::set_limit), which may change later.
    pub fn set_share(&self, slots: usize) {
        self.change(|state| state.bounds.learn(slots));
    }

    /// Uses up to so many slots from now on, at least one, whatever share is set later or was set before.
    pub fn set_limit(&self, slots: usize) {
        self.change(|state| state.bounds.limit(slots));
    }

    /// Uses as many slots as the account takes from now on, and `assumed` ones as long as no share is set.
    pub fn lift_limit(&self, assumed: usize) {
        self.change(|state| state.bounds.lift_limit(assumed));
    }

    /// The limit, if one is set.
    pub fn limit(&self) -> Option<usize> {
        self.state().bounds.is_limited_to()
    }

    /// Other processes leave so many slots to this one until then, and none after it: at most so many are used, even
    /// none. Calls in flight go on, so that there may be more of them for a while. Without any call of this there are no
    /// other processes.
    pub fn grant(&self, slots: usize, until: Instant) {
        self.change(|state| state.bounds.grant(slots, until));
    }

    /// Slots of the account, for all processes together.
    pub fn account_slots(&self) -> usize {
        self.state().bounds.all()
    }

    /// Most slots that could have been used at a time since this was asked last: calls in flight, and those who waited.
    pub fn take_wanted(&self) -> usize {
        let mut state = self.state();
        let now = state.calls();
        std::mem::replace(&mut state.wanted, now)
    }

    /// Slots that are used now: the share, or fewer while the account asks for less.
    pub fn slots(&self) -> usize {
        self.state().pace.used()
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    /// Waits for a slot.
    pub async fn take(&self, urgency: Urgency) -> Slot {
        self.wait(urgency, Line::Shared).await
    }

    /// Waits until nothing is in flight, and lets nobody else in while the slot is held.
    pub(super) async fn take_alone(&self, urgency: Urgency) -> Slot {
        self.wait(urgency, Line::Alone).await
    }

    /// A call went well: the account has room.
    pub(super) fn went_well(&self) {
        self.change(|state| state.pace.went_well());
    }

    async fn wait(&self, urgency: Urgency, line: Line) -> Slot {
        loop {
            let (sender, receiver) = oneshot::channel();
            let place = {
                let mut state = self.state();
                let place = line.of(&mut state).join(urgency, sender);
                state.wanted = state.wanted.max(state.calls());
                place
            };
            let mut waiter = Waiter { governor: self, line, place: Some(place), receiver };
            self.admit();
            let slot = match waiter.receiver.try_recv() {
                Ok(slot) => Ok(slot),
                Err(_) => {
                    if let Some(observer) = &self.0.observer {
                        observer.waits(urgency);
                    }
                    (&mut waiter.receiver).await
                }
            };
            waiter.place = None;
            // the sender goes only with its slot, or with the queue
            if let Ok(slot) = slot {
                return slot;
            }
        }
    }

    /// Lets in whoever may go now.
    fn admit(&self) {
        loop {
            let mut state = self.state();
            let Some((sender, alone)) = state.next() else { return };
            state.in_flight += 1;
            state.admitted += 1;
            state.alone = alone;
            let (number, among_others) = (state.admitted, state.in_flight > 1);
            self.show(&state);
            // a slot that nobody takes any more is dropped, and that needs the lock
            drop(state);
            let _ = sender.send(Slot { governor: self.clone(), number, among_others, alone });
        }
    }

    fn change(&self, act: impl FnOnce(&mut State)) {
        let mut state = self.state();
        act(&mut state);
        state.keep_to_share();
        self.show(&state);
        drop(state);
        self.admit();
    }

    fn show(&self, state: &State) {
        if let Some(observer) = &self.0.observer {
            observer.changed(state.pace.used(), state.in_flight);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Calls in flight, and those who wait.
    fn calls(&self) -> usize {
        self.in_flight + self.waiting.len() + self.waiting_alone.len()
    }

    fn keep_to_share(&mut self) {
        self.pace.share_is(self.bounds.share());
    }

    /// Who may go now, and whether alone.
    fn next(&mut self) -> Option<(oneshot::Sender<Slot>, bool)> {
        // what was granted ends by itself
        self.keep_to_share();
        if self.alone || self.pace.used() == 0 {
            return None;
        }
        if !self.waiting_alone.is_empty() {
            // those in flight end first
            let next = (self.in_flight == 0).then(|| self.waiting_alone.serve()).flatten();
            return next.map(|sender| (sender, true));
        }
        if self.in_flight >= self.pace.used() {
            return None;
        }
        self.waiting.serve().map(|sender| (sender, false))
    }
}

/// Which of the two queues somebody stands in.
#[derive(Debug, Clone, Copy)]
enum Line {
    Shared,
    Alone,
}

impl Line {
    fn of(self, state: &mut State) -> &mut Queue<oneshot::Sender<Slot>> {
        match self {
            Self::Shared => &mut state.waiting,
            Self::Alone => &mut state.waiting_alone,
        }
    }
}

/// Somebody who waits; leaves the queue when dropped.
struct Waiter<'governor> {
    governor: &'governor Governor,
    line: Line,
    place: Option<Place>,
    receiver: oneshot::Receiver<Slot>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let (governor, line) = (self.governor, self.line);
        // a slot that was sent meanwhile is given back when the receiver goes
        governor.change(|state| line.of(state).leave(place));
    }
}

impl Slot {
    /// True when other calls were in flight beside this one at any time so far.
    pub(super) fn was_among_others(&self) -> bool {
        self.among_others || self.governor.state().admitted > self.number
    }

    /// The account refused this call for want of slots, or looks as if it did. True when the pace becomes slower.
    pub(super) fn refused_for_load(&self) -> bool {
        let mut slower = false;
        self.governor.change(|state| slower = state.pace.refused(self.number, state.admitted));
        slower
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.governor.change(|state| {
            state.in_flight = state.in_flight.saturating_sub(1);
            if self.alone {
                state.alone = false;
            }
        });
    }
}
