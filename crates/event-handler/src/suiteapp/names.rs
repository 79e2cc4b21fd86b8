//! The merchant's names of our fields and record types.

use std::collections::BTreeMap;

/// The part of our names that says whose they are.
const OURS: &str = "_amz_";
/// Longest prefix, so that our longest name still fits.
const MAX_PREFIX_BYTES: usize = 10;

/// A prefix that cannot stand in a script id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the prefix {0:?} must be of 1 to {MAX_PREFIX_BYTES} lower-case letters and digits and begin with a letter"
)]
pub struct PrefixError(pub String);

/// The names with `prefix` in place of `amz`. A name that settings have changed already stays as it is.
///
/// # Errors
/// When the prefix cannot stand in a script id.
pub fn prefixed<'standard, 'name>(
    names: impl IntoIterator<Item = (&'standard str, &'name str)>,
    prefix: &str,
) -> Result<BTreeMap<String, String>, PrefixError> {
    let fits = prefix.len() <= MAX_PREFIX_BYTES
        && prefix.starts_with(|letter: char| letter.is_ascii_lowercase())
        && prefix.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    if !fits {
        return Err(PrefixError(prefix.to_owned()));
    }
    let renamed = |standard: &str, name: &str| match standard == name {
        true => name.replacen(OURS, &format!("_{prefix}_"), 1),
        false => name.to_owned(),
    };
    Ok(names.into_iter().map(|(standard, name)| (standard.to_owned(), renamed(standard, name))).collect())
}

/// The text with each name in it replaced, where it stands as a whole. In one pass, so that two names may
/// change places.
pub(super) fn replaced(text: &str, names: &BTreeMap<String, String>) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|letter| !is_part(letter)).unwrap_or(from.len()));
        result.push_str(before);
        result.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(standard, name)| ((*standard).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn only_whole_names_are_replaced_and_two_may_change_places() {
        let names = names(&[("a_b", "c_d"), ("c_d", "a_b")]);
        assert_eq!(replaced("<a_b>[c_d] a_b_c xa_b 'a_b'", &names), "<c_d>[a_b] a_b_c xa_b 'c_d'");
        assert_eq!(replaced("a_b", &names), "c_d");
        assert_eq!(replaced("fünf – a_b.xml", &names), "fünf – c_d.xml");
    }

    #[test]
    fn prefix_takes_the_place_of_ours_unless_settings_named_the_field() {
        let standard =
            [("custbody_amz_hold", "custbody_amz_hold"), ("custcol_amz_line_id", "custcol_their_amz_id")];
        let expected = names(&[
            ("custbody_amz_hold", "custbody_shop_hold"),
            ("custcol_amz_line_id", "custcol_their_amz_id"),
        ]);
        assert_eq!(prefixed(standard, "shop"), Ok(expected));
    }

    #[test]
    fn prefix_that_cannot_stand_in_an_id_is_refused() {
        for prefix in ["", "Shop", "a-b", "1st", "_x", "sh_op", "elevenlong1"] {
            assert_eq!(prefixed([], prefix), Err(PrefixError(prefix.to_owned())), "{prefix}");
        }
        assert_eq!(prefixed([], "tenlong123"), Ok(BTreeMap::new()));
    }
}
