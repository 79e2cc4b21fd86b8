//! `nextToken`: where the next page begins, for a short time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::parameters::Parameters;
use crate::random::Random;

/// Tokens remembered before those that ended are forgotten.
const MANY: usize = 1_000;

/// Where a list goes on.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    /// The SKU before the page.
    pub(super) after: String,
    /// The page's number, counting from 1.
    pub(super) page: u32,
    parameters: Parameters,
    ends: DateTime<Utc>,
}

/// The tokens given out.
#[derive(Debug)]
pub(super) struct Cursors {
    random: Random,
    given: HashMap<String, Cursor>,
}

impl Cursors {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0x4e45_5854), given: HashMap::new() }
    }

    /// A token with the characters that have to be encoded in a query.
    pub(super) fn issue(
        &mut self,
        after: &str,
        page: u32,
        parameters: &Parameters,
        ends: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> String {
        if self.given.len() >= MANY {
            self.given.retain(|_, cursor| cursor.ends > now);
        }
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut word = |length| self.random.word(letters, length);
        let token = format!("{}+{}/{}==", word(14), word(22), word(9));
        let cursor = Cursor { after: after.to_owned(), page, parameters: parameters.clone(), ends };
        self.given.insert(token.clone(), cursor);
        token
    }

    /// The list that a token goes on with. `None` when it ended, was altered, or comes with parameters
    /// other than those of the page before. It may be used again, as after an answer that got lost.
    pub(super) fn find(&self, token: &str, parameters: &Parameters, now: DateTime<Utc>) -> Option<Cursor> {
        let cursor = self.given.get(token)?;
        (cursor.ends > now && cursor.parameters == *parameters).then(|| cursor.clone())
    }
}
