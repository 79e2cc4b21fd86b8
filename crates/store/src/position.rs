//! Order of places in a change feed.

use amz_services::ports::netsuite::FeedPosition;

/// The furthest of the watermark and the rows: a page that overlaps what is known never moves it back.
pub(crate) fn furthest<'rows>(
    watermark: Option<FeedPosition>,
    rows: impl Iterator<Item = &'rows FeedPosition>,
) -> Option<FeedPosition> {
    watermark.into_iter().chain(rows.cloned()).max_by(|left, right| rank(left).cmp(&rank(right)))
}

/// Internal ids are numbers without leading zeros: the longer one is the greater one.
fn rank(position: &FeedPosition) -> (&str, usize, &str) {
    let id = position.id.as_str();
    (&position.modified, id.len(), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_one_second_are_ordered_by_number() {
        let at = |id: &str| FeedPosition { modified: "2026-01-01T00:00:00".to_owned(), id: id.into() };
        assert_eq!(furthest(Some(at("9")), [at("8"), at("10")].iter()), Some(at("10")));
        assert_eq!(furthest(Some(at("10")), [at("9")].iter()), Some(at("10")));
        assert_eq!(furthest(None, [].iter()), None);
    }
}
