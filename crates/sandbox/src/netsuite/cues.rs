//! Things that happen between two calls: a sale, a count, a change by somebody else.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::handle::NetSuite;
use crate::locked;

/// Which call something happens at; calls are counted from when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    operation: String,
    holding: Option<String>,
    nth: u64,
}

impl Cue {
    /// The next call of an operation.
    pub fn next(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), holding: None, nth: 1 }
    }

    /// Only calls whose body holds this text, upper and lower case alike.
    #[must_use]
    pub fn holding(self, text: &str) -> Self {
        Self { holding: Some(text.to_lowercase()), ..self }
    }

    /// The n-th such call, counting from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { nth, ..self }
    }
}

/// On which side of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

type Work = Box<dyn FnOnce(&NetSuite) + Send>;

struct Waiting {
    cue: Cue,
    side: Side,
    work: Work,
}

/// What waits for its cue.
#[derive(Clone, Default)]
pub(super) struct Cues(Arc<Mutex<Vec<Waiting>>>);

impl fmt::Debug for Cues {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cues").field(&locked(&self.0).len()).finish()
    }
}

impl Cues {
    fn add(&self, cue: Cue, side: Side, work: Work) {
        locked(&self.0).push(Waiting { cue, side, work });
    }

    /// Counts a call and takes out what is due.
    fn due(&self, side: Side, operation: &str, body: &str) -> Vec<Work> {
        let mut waiting = locked(&self.0);
        let mut due = Vec::new();
        for mut other in std::mem::take(&mut *waiting) {
            let holds = other.cue.holding.as_ref().is_none_or(|text| body.to_lowercase().contains(text));
            let meant = other.side == side && other.cue.operation == operation && holds;
            if meant && other.cue.nth <= 1 {
                due.push(other.work);
                continue;
            }
            if meant {
                other.cue.nth -= 1;
            }
            waiting.push(other);
        }
        due
    }
}

impl NetSuite {
    /// Does something right before a call takes effect, for example a concurrent sale. It happens once.
    pub fn before(&self, cue: Cue, work: impl FnOnce(&Self) + Send + 'static) {
        self.cues().add(cue, Side::Before, Box::new(work));
    }

    /// Does something right after a call took effect and before its answer is sent. It happens once.
    pub fn after(&self, cue: Cue, work: impl FnOnce(&Self) + Send + 'static) {
        self.cues().add(cue, Side::After, Box::new(work));
    }

    /// Does something right before the next call of an operation takes effect.
    pub fn before_next(&self, operation: &str, work: impl FnOnce(&Self) + Send + 'static) {
        self.before(Cue::next(operation), work);
    }

    /// Does everything that waits for this call. Nothing is locked while it is done.
    pub(super) fn cue(&self, side: Side, operation: &str, body: &[u8]) {
        if locked(&self.cues().0).is_empty() {
            return;
        }
        for work in self.cues().due(side, operation, &String::from_utf8_lossy(body)) {
            work(self);
        }
    }
}
