//! How the slots of an account are divided among the processes that use it: pure, so that every store divides alike.

/// How many calls an account takes at once, as one process knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSlots {
    /// So many.
    pub slots: usize,
    /// False as long as the account has not been asked yet, although it shall be: what other processes know then counts.
    pub is_known: bool,
}

/// A process that asks for a share of an account's slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRequest {
    /// The account.
    pub account: String,
    /// The process; no two live ones have the same name.
    pub holder: String,
    /// What there is to share.
    pub of: AccountSlots,
    /// The most that the process uses until it has the answer. To lower it, a process lets its calls end first.
    pub using: usize,
    /// What it could use.
    pub wanted: usize,
}

/// What a process has of an account's slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharer {
    /// The process.
    pub holder: String,
    /// It may use so many: nobody else may.
    pub slots: usize,
    /// It could use so many.
    pub wanted: usize,
    /// How many slots there are, as far as it knows.
    pub known: Option<usize>,
}

/// What a process may use from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// So many slots.
    pub slots: usize,
    /// So many once the others have given back what is too much. More than `slots`: it pays to ask again soon.
    pub due: usize,
}

/// The share of a process beside `others`, who are ordered by name, and what is to be remembered of it.
///
/// With `others` the slots that are remembered never add up to more than there are, unless they did before: a process
/// keeps what it uses until it says that it uses less, and gets only what nobody has. `turn` counts up with time: where
/// there are fewer slots than processes that want one, they take turns.
pub fn divide(request: &ShareRequest, others: &[Sharer], turn: usize) -> (Share, Sharer) {
    let ShareRequest { account: _, holder, of, using, wanted } = request;
    let known = of.is_known.then_some(of.slots);
    let least_known = others.iter().filter_map(|other| other.known).chain(known).min();
    let of = least_known.unwrap_or(of.slots);
    let place = others.partition_point(|other| other.holder < *holder);
    let mut wants: Vec<usize> = others.iter().map(|other| other.wanted).collect();
    wants.insert(place, *wanted);
    let due = fair(of, &wants, turn).get(place).copied().unwrap_or_default();
    let held = others.iter().fold(0_usize, |sum, other| sum.saturating_add(other.slots));
    let slots = due.min(of.saturating_sub(held));
    let kept = Sharer { holder: holder.clone(), slots: slots.max(*using), wanted: *wanted, known };
    (Share { slots, due }, kept)
}

/// Divides so many slots: nobody gets more than they want, and nobody gets less than another but for what they do not
/// want, or for one slot that cannot be divided.
pub fn fair(slots: usize, wants: &[usize], turn: usize) -> Vec<usize> {
    let (level, rest) = level(slots, wants);
    let mut shares: Vec<usize> = wants.iter().map(|want| *want.min(&level)).collect();
    let unserved: Vec<usize> = (0..wants.len()).filter(|place| wants[*place] > level).collect();
    // those who have none take turns; all others would only hand a slot to and fro
    let first = if level == 0 { turn.wrapping_mul(rest) } else { 0 };
    for place in unserved.iter().cycle().skip(first % unserved.len().max(1)).take(rest) {
        shares[*place] += 1;
    }
    shares
}

/// How much everybody gets who wants that much or more, and what is left over then, less than one for each of those
/// who want more.
fn level(slots: usize, wants: &[usize]) -> (usize, usize) {
    let mut ascending = wants.to_vec();
    ascending.sort_unstable();
    let mut left = slots;
    for (served, want) in ascending.iter().enumerate() {
        let unserved = ascending.len() - served;
        if *want > left / unserved {
            return (left / unserved, left % unserved);
        }
        left -= want;
    }
    (usize::MAX, 0)
}

#[cfg(test)]
#[path = "slot_sharing_tests.rs"]
mod tests;
