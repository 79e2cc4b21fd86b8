//! How connections with due lanes share a claim: by weight, and without anybody waiting for another's backlog.
//!
//! Each connection has a *pass*. Of those that contend the one with the lowest pass gets the next lane, and its pass
//! grows by its *stride*: the heavier, the shorter. So in the long run each gets lanes in proportion to its weight.
//! Who was idle starts at the [floor](floor), where the others are now, so that idling collects no credit and a
//! newcomer waits for nobody's past.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How far a lane moves the pass of a connection of weight 1.
const STRIDE: i64 = 1_000_000;

/// A connection with due lanes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Contender {
    pub(crate) connection: String,
    /// Its share in proportion to those of others; 0 counts as 1.
    pub(crate) weight: u32,
    /// As it was written last; 0 before the first time.
    pub(crate) pass: i64,
    /// How many of its lanes are due; as many as are wanted is enough.
    pub(crate) due: u32,
    /// The place of its first lane in the order of due work: of equal passes the earlier goes first.
    pub(crate) first: i64,
}

/// What a contender may take. Those who may take nothing have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allotment {
    pub(crate) connection: String,
    /// How many lanes, at least one.
    pub(crate) lanes: u32,
    start: i64,
    stride: i64,
}

impl Allotment {
    /// The pass to write when so many lanes were taken.
    pub(crate) fn pass_after(&self, taken: u32) -> i64 {
        self.start.saturating_add(self.stride.saturating_mul(i64::from(taken)))
    }
}

/// How far a lane moves the pass of a connection.
fn stride(weight: u32) -> i64 {
    (STRIDE / i64::from(weight.max(1))).max(1)
}

/// Where the pass stood from which the last lane of all was given: the furthest start among weights and passes of all
/// connections, whether or not they contend now.
pub(crate) fn floor(turns: impl IntoIterator<Item = (u32, i64)>) -> i64 {
    turns.into_iter().map(|(weight, pass)| pass.saturating_sub(stride(weight))).fold(0, i64::max)
}

/// Shares `limit` lanes between contenders, by name. As many are given as are due and wanted.
pub(crate) fn allot(contenders: &[Contender], floor: i64, limit: u32) -> Vec<Allotment> {
    let mut order: BinaryHeap<_> = contenders
        .iter()
        .filter(|contender| contender.due > 0)
        .map(|contender| {
            let start = contender.pass.max(floor);
            Reverse((start, contender.first, &contender.connection, contender))
        })
        .collect();
    let mut given = BTreeMap::new();
    for _ in 0..limit {
        let Some(Reverse((pass, first, connection, contender))) = order.pop() else { break };
        let stride = stride(contender.weight);
        let allotment = given.entry(connection).or_insert_with(|| Allotment {
            connection: connection.clone(),
            lanes: 0,
            start: pass,
            stride,
        });
        allotment.lanes += 1;
        if allotment.lanes < contender.due {
            order.push(Reverse((pass.saturating_add(stride), first, connection, contender)));
        }
    }
    given.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Connections that claim for a while, with their passes kept between claims as a store keeps them.
    #[derive(Default)]
    struct Kept(HashMap<String, (u32, i64)>);

    impl Kept {
        fn weigh(weights: &[u32]) -> Self {
            Self(weights.iter().enumerate().map(|(index, weight)| (name(index), (*weight, 0))).collect())
        }

        /// One claim; lanes by the contender's index.
        fn claim(&mut self, due: &[(usize, u32)], limit: u32) -> HashMap<usize, u32> {
            let contenders: Vec<_> = due
                .iter()
                .map(|(index, due)| {
                    let (weight, pass) = self.0.get(&name(*index)).copied().unwrap_or((1, 0));
                    Contender { connection: name(*index), weight, pass, due: *due, first: 0 }
                })
                .collect();
            let allotments = allot(&contenders, floor(self.0.values().copied()), limit);
            for allotment in &allotments {
                self.0.entry(allotment.connection.clone()).or_insert((1, 0)).1 =
                    allotment.pass_after(allotment.lanes);
            }
            let index = |connection: &str| connection.parse().unwrap();
            allotments.into_iter().map(|one| (index(&one.connection), one.lanes)).collect()
        }
    }

    fn name(index: usize) -> String {
        format!("{index:03}")
    }

    fn weights() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(1_u32..=100, 1..8)
    }

    proptest! {
        #[test]
        fn busy_connections_share_by_weight(weights in weights(), claims in 1_usize..60, limit in 1_u32..20) {
            let mut kept = Kept::weigh(&weights);
            let busy: Vec<_> = (0..weights.len()).map(|index| (index, limit)).collect();
            let mut taken = vec![0_i64; weights.len()];
            for _ in 0..claims {
                for (index, lanes) in kept.claim(&busy, limit) {
                    taken[index] += i64::from(lanes);
                }
            }
            // lanes times stride is the way a pass has gone: all within the longest stride of each other
            let gone: Vec<_> = taken.iter().zip(&weights).map(|(lanes, weight)| lanes * stride(*weight)).collect();
            let longest = weights.iter().map(|weight| stride(*weight)).max().unwrap();
            prop_assert!(gone.iter().max().unwrap() - gone.iter().min().unwrap() <= longest, "{taken:?}");
        }

        #[test]
        fn as_many_are_given_as_are_due_and_wanted(
            all in prop::collection::vec((0_u32..=u32::MAX, any::<i64>(), 0_u32..50, any::<i64>()), 0..8),
            floor in any::<i64>(), limit in 0_u32..100,
        ) {
            let contenders: Vec<_> = all.into_iter().enumerate().map(|(index, (weight, pass, due, first))| {
                Contender { connection: name(index), weight, pass, due, first }
            }).collect();
            let allotments = allot(&contenders, floor, limit);
            let total: u32 = allotments.iter().map(|one| one.lanes).sum();
            prop_assert_eq!(total, limit.min(contenders.iter().map(|one| one.due).sum()));
            for one in &allotments {
                let contender = contenders.iter().find(|other| other.connection == one.connection).unwrap();
                prop_assert!((1..=contender.due).contains(&one.lanes));
                prop_assert!(one.pass_after(one.lanes) >= contender.pass.max(floor));
            }
        }

        /// However others come and go, and whatever was before.
        #[test]
        fn nobody_waits_longer_than_a_round_of_all_weights(
            weights in weights(),
            others in prop::collection::vec(prop::collection::vec(0_u32..3, 8), 1..200),
            begins in 0_usize..100,
        ) {
            let mut kept = Kept::weigh(&weights);
            let patient = 0;
            // until one lane of the patient is worth as much as all that others may get in between, and one each
            let bound: u32 = weights[1..].iter().map(|weight| weight.div_ceil(weights[patient]) + 1).sum();
            let mut waited = 0;
            for (step, dues) in others.iter().enumerate() {
                let mut due: Vec<_> = (1..weights.len()).map(|index| (index, dues[index])).collect();
                due.retain(|(_, due)| *due > 0);
                if step >= begins {
                    due.push((patient, 1));
                }
                let taken = kept.claim(&due, 1);
                waited = if step < begins || taken.contains_key(&patient) { 0 } else { waited + 1 };
                prop_assert!(waited <= bound, "{waited} of {bound}");
            }
        }

        /// Who idles for long gets, when it comes back, no more than its share and one lane.
        #[test]
        fn idling_collects_no_credit(idle in 1_u32..1_000, after in 1_u32..100, newcomer in any::<bool>()) {
            let mut kept = Kept::default();
            if !newcomer {
                kept.claim(&[(0, 1)], 1);
            }
            for _ in 0..idle {
                kept.claim(&[(1, 1)], 1);
            }
            let lanes: u32 = (0..after).filter_map(|_| kept.claim(&[(0, 1), (1, 1)], 1).remove(&0)).sum();
            prop_assert!(lanes <= after / 2 + 1, "{lanes} of {after}");
            prop_assert!(lanes >= after / 2, "{lanes} of {after}");
        }

        #[test]
        fn passes_stay_within_two_strides_of_the_floor(
            steps in prop::collection::vec((0_usize..6, 1_u32..=100, prop::collection::vec(0_u32..4, 6)), 1..80),
        ) {
            let mut kept = Kept::weigh(&[1; 6]);
            for (weighed, weight, dues) in steps {
                kept.0.entry(name(weighed)).or_default().0 = weight;
                let due: Vec<_> = dues.into_iter().enumerate().collect();
                kept.claim(&due, 5);
                let floor = floor(kept.0.values().copied());
                prop_assert!(kept.0.values().all(|(_, pass)| *pass <= floor + 2 * STRIDE), "{:?}", kept.0);
            }
        }
    }

    #[test]
    fn of_equals_the_earlier_goes_first_and_then_the_name() {
        let contender =
            |name: &str, first| Contender { connection: name.to_owned(), weight: 1, pass: 0, due: 1, first };
        let all = [contender("b", 1), contender("c", 0), contender("a", 1)];
        let taken = |limit| {
            let of = allot(&all, 0, limit).into_iter().map(|one| one.connection);
            of.collect::<Vec<_>>()
        };
        assert_eq!(taken(1), ["c"]);
        assert_eq!(taken(2), ["a", "c"]);
    }

    #[test]
    fn at_the_end_of_all_numbers_lanes_are_still_given() {
        let last = Contender { connection: "a".to_owned(), weight: 1, pass: i64::MAX, due: 9, first: 0 };
        let allotments = allot(&[last], i64::MAX, 5);
        assert_eq!((allotments[0].lanes, allotments[0].pass_after(5)), (5, i64::MAX));
    }
}
