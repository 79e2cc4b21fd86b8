//! Who is served next when many wait: the most urgent, without letting anybody wait for ever.

use std::collections::BTreeMap;

use amz_services::urgency::Urgency;

/// How many more urgent ones a class lets pass before one of it goes.
///
/// Counted, not timed: with every class waiting, each less urgent one gets about one turn in nine.
pub(super) const MOST_PASSED: u32 = 8;

/// How many classes there are.
const CLASSES: usize = Urgency::ALL.len();

/// Waiters by urgency; first come, first served within a class.
///
/// A waiter at the head of its class is passed by at most [`MOST_PASSED`] more urgent ones and by the heads of the
/// other classes that have been passed as often. Joining, leaving and serving cost the same whoever else waits, but for
/// the logarithm of the own class's length.
#[derive(Debug)]
pub(super) struct Queue<Waiter> {
    classes: [BTreeMap<u64, Waiter>; CLASSES],
    /// How many more urgent ones were served since one of the class was, while it waited.
    passed: [u32; CLASSES],
    next: u64,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    class: usize,
    number: u64,
}

impl<Waiter> Queue<Waiter> {
    /// A queue without waiters.
    pub(super) fn new() -> Self {
        Self { classes: [const { BTreeMap::new() }; CLASSES], passed: [0; CLASSES], next: 0 }
    }

    /// Joins at the end of a class.
    pub(super) fn join(&mut self, urgency: Urgency, waiter: Waiter) -> Place {
        let place = Place { class: usize::from(urgency.rank()), number: self.next };
        self.next += 1;
        if let Some(class) = self.classes.get_mut(place.class) {
            class.insert(place.number, waiter);
        }
        place
    }

    /// Leaves without being served. Whoever stood behind moves up.
    pub(super) fn leave(&mut self, place: Place) {
        let Some(class) = self.classes.get_mut(place.class) else { return };
        class.remove(&place.number);
        if class.is_empty() {
            self.passed[place.class] = 0;
        }
    }

    /// True when nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.classes.iter().all(BTreeMap::is_empty)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.classes.iter().map(BTreeMap::len).sum()
    }

    /// Takes the one who is next out of the queue.
    pub(super) fn serve(&mut self) -> Option<Waiter> {
        let class = self.overdue().or_else(|| self.classes.iter().position(|class| !class.is_empty()))?;
        let (_, waiter) = self.classes[class].pop_first()?;
        self.passed[class] = 0;
        for (passed, waiting) in self.passed.iter_mut().zip(&self.classes).skip(class + 1) {
            *passed = if waiting.is_empty() { 0 } else { passed.saturating_add(1) };
        }
        Some(waiter)
    }

    /// The class that has been passed too often; of several the one that was passed most.
    fn overdue(&self) -> Option<usize> {
        let waiting = self
            .passed
            .iter()
            .enumerate()
            .filter(|(class, passed)| **passed >= MOST_PASSED && !self.classes[*class].is_empty());
        // of equals the most urgent
        waiting.rev().max_by_key(|(_, passed)| **passed).map(|(class, _)| class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves until nobody waits.
    fn served<Waiter>(queue: &mut Queue<Waiter>) -> Vec<Waiter> {
        std::iter::from_fn(|| queue.serve()).collect()
    }

    #[test]
    fn the_most_urgent_goes_first_and_within_a_class_who_came_first() {
        let mut queue = Queue::new();
        for (number, urgency) in Urgency::ALL.into_iter().rev().chain(Urgency::ALL).enumerate() {
            queue.join(urgency, (urgency.rank(), number));
        }
        let expected = [(0, 4), (0, 5), (1, 3), (1, 6), (2, 2), (2, 7), (3, 1), (3, 8), (4, 0), (4, 9)];
        assert_eq!(served(&mut queue), expected);
    }

    #[test]
    fn after_eight_more_urgent_ones_a_class_has_its_turn() {
        let mut queue = Queue::new();
        queue.join(Urgency::Reconciliation, "reconciliation");
        for _ in 0..20 {
            queue.join(Urgency::CancelAndRefund, "refund");
        }
        let order = served(&mut queue);
        assert_eq!(order.iter().position(|one| *one == "reconciliation"), Some(8));
    }

    #[test]
    fn no_head_of_a_class_waits_longer_than_its_bound_while_all_classes_stay_full() {
        let mut queue = Queue::new();
        for urgency in Urgency::ALL {
            queue.join(urgency, urgency);
        }
        let bound = MOST_PASSED as usize + CLASSES - 1;
        let mut since = [0; CLASSES];
        let mut turns = [0; CLASSES];
        for _ in 0..10_000 {
            let served = queue.serve().unwrap();
            queue.join(served, served);
            for (rank, waited) in since.iter_mut().enumerate() {
                *waited = if rank == usize::from(served.rank()) { 0 } else { *waited + 1 };
                assert!(*waited <= bound, "class {rank} waited for {waited}");
            }
            turns[usize::from(served.rank())] += 1;
        }
        assert!(turns[0] > turns[1..].iter().sum::<i32>(), "the most urgent still has most turns: {turns:?}");
        assert!(turns.iter().all(|turns| *turns > 800), "{turns:?}");
    }

    #[test]
    fn who_leaves_leaves_no_hole() {
        let mut queue = Queue::new();
        let places: Vec<Place> = (0..4).map(|number| queue.join(Urgency::Orders, number)).collect();
        queue.leave(places[0]);
        queue.leave(places[2]);
        queue.leave(places[2]);
        assert_eq!(served(&mut queue), [1, 3]);
        assert!(queue.is_empty());
        assert_eq!(queue.passed, [0; CLASSES]);
    }

    #[test]
    fn a_class_without_waiters_collects_no_turns() {
        let mut queue = Queue::new();
        for _ in 0..50 {
            queue.join(Urgency::CancelAndRefund, "refund");
        }
        for _ in 0..20 {
            queue.serve();
        }
        queue.join(Urgency::Stock, "stock");
        assert_eq!(served(&mut queue).iter().position(|one| *one == "stock"), Some(8));
    }
}
