//! The same end in whatever order things are seen.

use super::*;

/// What a look may see: the package and its tracker at one moment of their life.
fn moments() -> Vec<(Package, Vec<(TrackerKey, PackageTracker)>)> {
    let all = [
        ("IN_TRANSIT", "2026-03-01T08:00:00Z"),
        ("OUT_FOR_DELIVERY", "2026-03-02T08:00:00Z"),
        ("DELIVERED", "2026-03-02T15:00:00Z"),
    ];
    let package = |state| package("P1", state, &[("L1", 1)], Some("1Z1"));
    vec![
        (package("IN_TRANSIT"), vec![tracker("1Z1", &all[..1])]),
        (package("IN_TRANSIT"), vec![tracker("1Z1", &all[..2])]),
        (package("DELIVERED"), vec![tracker("1Z1", &all)]),
        (package("DELIVERED"), vec![]),
    ]
}

#[test]
fn f06_every_permutation_of_what_is_seen_ends_in_the_same_state() {
    let mut ends = Vec::new();
    for first in 0..4 {
        for second in 0..4 {
            for third in 0..4 {
                let mut world = World::new(&[1]);
                // the last look always sees the truth, as a look that an event causes does
                for moment in [first, second, third, 2] {
                    let (package, trackers) = moments().swap_remove(moment);
                    world.look(vec![package], &trackers);
                }
                assert_eq!(world.created.len(), 1);
                ends.push(world.applied[0].marks.clone());
            }
        }
    }
    ends.dedup();
    assert_eq!(ends.len(), 1, "{ends:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn states_never_move_back(order in prop::collection::vec(0usize..4, 1..12)) {
        let mut world = World::new(&[1]);
        let mut delivered = false;
        let mut latest = None;
        for moment in order {
            let (package, trackers) = moments().swap_remove(moment);
            world.look(vec![package], &trackers);
            let marks = &world.applied[0].marks;
            prop_assert!(!delivered || marks.state == Some(PackageState::Delivered));
            prop_assert!(marks.milestone_at >= latest);
            delivered = marks.state == Some(PackageState::Delivered);
            latest = marks.milestone_at;
        }
        prop_assert_eq!(world.created.len(), 1);
    }
}
