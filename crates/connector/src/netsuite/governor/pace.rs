//! How many of the slots are used: halved when the account asks for less, given back one by one.

/// How many calls may be in flight at once.
///
/// Multiplicative decrease, additive increase: after a refusal half of the slots stay closed, and each round of
/// successes, as many as slots are used, opens one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Most slots that may ever be used.
    share: usize,
    /// Slots that the account has room for, after a refusal and until successes show that it has room for all.
    room: Option<usize>,
    /// Successes since `room` changed last.
    successes: usize,
    /// Calls that were admitted when `room` was last cut: what they tell is known already.
    cut_at: u64,
}

impl Pace {
    /// All of a share.
    pub(super) fn of(share: usize) -> Self {
        Self { share, room: None, successes: 0, cut_at: 0 }
    }

    /// Slots that are used now.
    pub(super) fn used(&self) -> usize {
        self.room.map_or(self.share, |room| room.min(self.share))
    }

    /// Another share from now on, which may be none. Grown or not, a slow-down lasts until successes end it.
    pub(super) fn share_is(&mut self, share: usize) {
        self.share = share;
    }

    /// The account refused call number `call` for want of slots; `admitted` calls went out so far. One burst of
    /// refusals is one slow-down. True when there is news.
    pub(super) fn refused(&mut self, call: u64, admitted: u64) -> bool {
        if call <= self.cut_at {
            return false;
        }
        self.cut_at = admitted;
        self.room = Some((self.used() / 2).max(1));
        self.successes = 0;
        true
    }

    /// A call went well.
    pub(super) fn went_well(&mut self) {
        let Some(room) = self.room else { return };
        self.successes += 1;
        if self.successes >= self.used() {
            self.room = (room + 1 < self.share).then_some(room + 1);
            self.successes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_halves_and_each_round_of_successes_gives_one_back() {
        let mut pace = Pace::of(8);
        assert!(pace.refused(1, 8));
        assert_eq!(pace.used(), 4);
        let mut rounds = Vec::new();
        for _ in 0..40 {
            pace.went_well();
            rounds.push(pace.used());
        }
        let at = |slots: usize| rounds.iter().position(|used| *used == slots).unwrap() + 1;
        assert_eq!([5, 6, 7, 8].map(at), [4, 4 + 5, 4 + 5 + 6, 4 + 5 + 6 + 7]);
        assert_eq!(rounds.last(), Some(&8), "never more than the share");
    }

    #[test]
    fn a_burst_of_refusals_is_one_slow_down_and_one_slot_always_stays() {
        let mut pace = Pace::of(4);
        let news = [1, 2, 3, 4].map(|call| pace.refused(call, 4));
        assert_eq!((news, pace.used()), ([true, false, false, false], 2));
        assert!(pace.refused(5, 6));
        assert!(pace.refused(7, 7));
        assert_eq!(pace.used(), 1);
    }

    #[test]
    fn another_share_counts_at_once_unless_the_account_asked_for_less() {
        let mut pace = Pace::of(4);
        pace.share_is(9);
        assert_eq!(pace.used(), 9);
        pace.refused(1, 1);
        pace.share_is(20);
        assert_eq!((pace.used(), pace.share), (4, 20));
        pace.share_is(0);
        assert_eq!((pace.used(), pace.share), (0, 0));
        pace.share_is(20);
        assert_eq!(pace.used(), 4, "a share that comes back ends no slow-down");
    }
}
