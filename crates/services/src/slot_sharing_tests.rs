//! Dividing slots, for any number of processes and any wishes.

use proptest::prelude::*;

use super::*;

/// Processes that share an account as a store keeps them: asked one after another, in any order.
#[derive(Debug, Default)]
struct Account(Vec<Sharer>);

impl Account {
    fn ask(&mut self, of: usize, holder: usize, using: usize, wanted: usize, turn: usize) -> Share {
        let holder = format!("{holder:03}");
        self.0.retain(|sharer| sharer.holder != holder);
        let of = AccountSlots { slots: of, is_known: true };
        let request = ShareRequest { account: "A".into(), holder, of, using, wanted };
        let (share, kept) = divide(&request, &self.0, turn);
        self.0.push(kept);
        self.0.sort_by(|one, other| one.holder.cmp(&other.holder));
        share
    }

    fn sum(&self) -> usize {
        self.0.iter().map(|sharer| sharer.slots).sum()
    }
}

#[test]
fn what_one_does_not_want_is_for_those_who_do() {
    assert_eq!(fair(8, &[1, 10, 10], 0), [1, 4, 3]);
    assert_eq!(fair(8, &[1, 2, 3], 0), [1, 2, 3]);
    assert_eq!(fair(8, &[0, 0, 10], 0), [0, 0, 8]);
    assert_eq!(fair(8, &[], 0), [0; 0]);
    assert_eq!(fair(0, &[1, 1], 0), [0, 0]);
}

#[test]
fn with_more_processes_than_slots_they_take_turns() {
    let turns: Vec<_> = (0..3).map(|turn| fair(2, &[5, 0, 1, 9], turn)).collect();
    assert_eq!(turns, [[1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1]]);
}

#[test]
fn who_has_not_asked_the_account_goes_by_those_who_have() {
    let unsure = AccountSlots { slots: 4, is_known: false };
    let request = ShareRequest { account: "A".into(), holder: "b".into(), of: unsure, using: 0, wanted: 20 };
    let other = |known| [Sharer { holder: "a".into(), slots: 5, wanted: 5, known }];
    assert_eq!(divide(&request, &other(Some(15)), 0).0, Share { slots: 10, due: 10 });
    assert_eq!(divide(&request, &other(None), 0).0, Share { slots: 0, due: 2 });
    let sure = ShareRequest { of: AccountSlots { slots: 6, is_known: true }, ..request };
    assert_eq!(divide(&sure, &other(Some(15)), 0).0, Share { slots: 1, due: 3 }, "the least counts");
}

#[test]
fn a_process_keeps_what_it_uses_until_it_says_otherwise() {
    let mut account = Account::default();
    assert_eq!(account.ask(4, 1, 0, 9, 0), Share { slots: 4, due: 4 });
    assert_eq!(account.ask(4, 2, 0, 9, 0), Share { slots: 0, due: 2 });
    assert_eq!(account.ask(4, 1, 4, 9, 0), Share { slots: 2, due: 2 }, "it is told to use less");
    assert_eq!(account.ask(4, 2, 0, 9, 0), Share { slots: 0, due: 2 }, "three calls are still in flight");
    account.ask(4, 1, 3, 9, 0);
    assert_eq!(account.ask(4, 2, 0, 9, 0), Share { slots: 1, due: 2 });
    account.ask(4, 1, 2, 9, 0);
    assert_eq!(account.ask(4, 2, 1, 9, 0), Share { slots: 2, due: 2 });
}

proptest! {
    #[test]
    fn shares_are_fair_and_waste_nothing(
        slots in 0_usize..60,
        wants in proptest::collection::vec(0_usize..20, 0..12),
        turn in 0_usize..1_000,
    ) {
        let shares = fair(slots, &wants, turn);
        let wanted: usize = wants.iter().sum();
        prop_assert_eq!(shares.iter().sum::<usize>(), slots.min(wanted), "all that is wanted, or all there is");
        for (share, want) in shares.iter().zip(&wants) {
            prop_assert!(share <= want);
            if share < want {
                prop_assert!(shares.iter().all(|other| *other <= share + 1), "{shares:?} of {wants:?}");
                prop_assert!(*share >= slots / wants.len());
            }
        }
    }

    #[test]
    fn everybody_who_wants_has_a_turn(
        slots in 1_usize..10,
        wants in proptest::collection::vec(1_usize..20, 1..20),
        turn in 0_usize..1_000,
    ) {
        let turns = wants.len().div_ceil(slots);
        for place in 0..wants.len() {
            prop_assert!((turn..turn + turns).any(|turn| fair(slots, &wants, turn)[place] > 0));
        }
    }

    /// Processes come, go, crash, want more or less, let calls end sooner or later, and ask in any order.
    #[test]
    fn together_they_never_have_more_than_there_is_and_soon_all_have_what_is_due(
        of in 1_usize..20,
        steps in proptest::collection::vec((0_usize..6, 0_usize..25, 0_usize..8, 0_u8..10), 1..80),
    ) {
        let mut account = Account::default();
        // what each may use, and what is still in flight
        let mut running = [(0_usize, 0_usize, 0_usize); 6];
        for (holder, wanted, ended, what) in steps {
            let (limit, in_flight, wants) = &mut running[holder];
            if what == 0 {
                // it crashed, and its lease has lapsed
                account.0.retain(|sharer| sharer.holder != format!("{holder:03}"));
                (*limit, *in_flight, *wants) = (0, 0, 0);
                continue;
            }
            *wants = wanted;
            *in_flight = (*in_flight).saturating_sub(ended);
            *limit = account.ask(of, holder, (*limit).max(*in_flight), wanted, 0).slots;
            *in_flight = wanted.min(*limit).max(*in_flight);
            prop_assert!(account.sum() <= of, "{account:?}");
            for (holder, (limit, in_flight, _)) in running.iter().enumerate() {
                let kept = account.0.iter().find(|sharer| sharer.holder == format!("{holder:03}"));
                prop_assert!(kept.map_or(0, |kept| kept.slots) >= *limit.max(in_flight));
            }
        }
        // from now on wishes stay and calls end: two rounds give back, one hands out
        for _ in 0..3 {
            for (holder, (limit, _, wants)) in running.iter_mut().enumerate() {
                *limit = account.ask(of, holder, *limit, *wants, 0).slots;
            }
        }
        let wants = running.map(|(_, _, wants)| wants);
        prop_assert_eq!(running.map(|(limit, _, _)| limit).to_vec(), fair(of, &wants, 0));
    }
}
