//! Near misses: what a mistyped word was probably meant to be.

/// The candidate nearest to a mistyped word, if one is near enough to be meant.
///
/// Besides a few wrong letters, a longer or shorter form counts (`hold_minutes` for `hold`).
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_ascii_lowercase();
            let distance = distance(&word, &lower);
            if distance <= allowed {
                Some((distance, candidate))
            } else {
                (extends(&word, &lower) || extends(&lower, &word)).then_some((allowed + 1, candidate))
            }
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// True when `long` is `short` with another word before or behind it.
fn extends(long: &str, short: &str) -> bool {
    let front = long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_'));
    front || long.strip_suffix(short).is_some_and(|rest| rest.ends_with('_'))
}

/// Number of letters to insert, remove, replace or swap with their neighbour to turn one word into the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 0..left.len() {
        let mut current = vec![row + 1];
        for column in 0..right.len() {
            let same = left[row] == right[column];
            let mut least =
                (last[column] + usize::from(!same)).min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column] {
                least = least.min(before_last[column - 1] + 1);
            }
            current.push(least);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_letter_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("acount", "account"), 1);
        assert_eq!(distance("mian", "main"), 1);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn near_misses_are_found_and_far_words_are_not() {
        let keys = ["hold", "on_hold", "go_live", "retry_base"];
        assert_eq!(nearest("hold_minutes", keys), Some("hold"));
        assert_eq!(nearest("retrybase", keys), Some("retry_base"));
        assert_eq!(nearest("GO_LIFE", keys), Some("go_live"));
        assert_eq!(nearest("colour", keys), None);
    }
}
