//! How many slots there are: what people allow, what the account tells, what other processes leave.

use tokio::time::Instant;

/// What is known of an account's slots. None of it replaces another: each counts again when what bounds it goes.
#[derive(Debug)]
pub(super) struct Bounds {
    /// As long as the account has not told.
    assumed: usize,
    /// What people allow at most.
    limit: Option<usize>,
    /// What the account takes.
    learned: Option<usize>,
    /// What the other processes leave, and until when that holds; `None` when there are none.
    granted: Option<(usize, Instant)>,
}

impl Bounds {
    /// So many as long as nothing else is known.
    pub(super) fn of(slots: usize) -> Self {
        Self { assumed: slots.max(1), limit: None, learned: None, granted: None }
    }

    pub(super) fn learn(&mut self, slots: usize) {
        self.learned = Some(slots.max(1));
    }

    /// People allow so many: also as many as they say, where the account has not told.
    pub(super) fn limit(&mut self, slots: usize) {
        self.assumed = slots.max(1);
        self.limit = Some(self.assumed);
    }

    pub(super) fn lift_limit(&mut self, assumed: usize) {
        self.assumed = assumed.max(1);
        self.limit = None;
    }

    pub(super) fn grant(&mut self, slots: usize, until: Instant) {
        self.granted = Some((slots, until));
    }

    /// Slots of the account, for all processes together.
    pub(super) fn all(&self) -> usize {
        self.learned.unwrap_or(self.assumed).min(self.limit.unwrap_or(usize::MAX))
    }

    /// Slots for this process now.
    pub(super) fn share(&self) -> usize {
        match self.granted {
            None => self.all(),
            Some((granted, until)) if Instant::now() < until => granted.min(self.all()),
            Some(_) => 0,
        }
    }

    /// What people allow at most.
    pub(super) fn is_limited_to(&self) -> Option<usize> {
        self.limit
    }
}
