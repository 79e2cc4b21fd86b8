//! Holds the pages of the use cases to the code: what parks an order stands on a page, and nothing else does.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// All files below a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Parking codes are lower-case words with at least one `_` between them.
fn is_code(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.contains('_') && text.split('_').all(is_word)
}

/// What stands between two quotes, at the beginning of a text.
fn quoted(text: &str, quote: char) -> Option<&str> {
    text.trim_start().strip_prefix(quote)?.split(quote).next()
}

/// Codes of a source: a reason, or a pair of code and text, begins with its code.
fn codes_of_source(source: &str) -> BTreeSet<String> {
    let code = source.split("\nmod tests {").next().unwrap_or_default();
    let opened = code.split('(').skip(1).filter_map(|rest| quoted(rest, '"'));
    opened.filter(|text| is_code(text)).map(str::to_owned).collect()
}

/// Codes of a page: what stands in backticks in its paragraph or point on parking.
fn codes_of_page(page: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for start in ["**Parks.**", "**Codes that can come anywhere**"] {
        let Some((_, rest)) = page.split_once(start) else { continue };
        let paragraph = rest.split("\n\n").next().unwrap_or_default();
        codes.extend(paragraph.split('`').filter(|text| is_code(text)).map(str::to_owned));
    }
    codes
}

/// Not parking codes: a failed call that is looked at again.
const OTHERS: [&str; 1] = ["refund_not_visible"];

fn codes_in_sources() -> BTreeSet<String> {
    let is_source = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".rs") && !name.ends_with("_tests.rs") && name != "fixtures.rs" && name != "world.rs"
    };
    let sources = files(root().join("crates/services/src"));
    let sources = sources.iter().filter(is_source);
    let mut codes: BTreeSet<String> =
        sources.flat_map(|path| codes_of_source(&std::fs::read_to_string(path).unwrap())).collect();
    codes.retain(|code| !OTHERS.contains(&code.as_str()));
    codes
}

fn codes_on_pages() -> BTreeSet<String> {
    let pages = files(root().join("docs/use-cases"));
    pages.iter().flat_map(|path| codes_of_page(&std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_parking_code_stands_on_a_page() {
    let (sources, pages) = (codes_in_sources(), codes_on_pages());
    assert!(sources.len() > 60, "the codes are not found any more: {sources:?}");
    let missing: Vec<_> = sources.difference(&pages).collect();
    assert!(missing.is_empty(), "on no page of docs/use-cases: {missing:?}");
}

#[test]
fn every_code_on_a_page_is_in_the_sources() {
    let (sources, pages) = (codes_in_sources(), codes_on_pages());
    let invented: Vec<_> = pages.difference(&sources).collect();
    assert!(invented.is_empty(), "in no source of the services: {invented:?}");
}

#[test]
fn every_use_case_has_a_page_that_says_what_parks_it() {
    for number in 1..=9 {
        let pages = files(root().join("docs/use-cases"));
        let is_its_page = |path: &&PathBuf| {
            path.file_name().unwrap_or_default().to_string_lossy().starts_with(&format!("{number}-"))
        };
        let page = pages.iter().find(is_its_page).unwrap_or_else(|| panic!("use case {number} has no page"));
        let page = std::fs::read_to_string(page).unwrap();
        for part in [
            "**Trigger.**",
            "```mermaid",
            "**Plan.**",
            "**Calls.**",
            "**Fields",
            "**Settings.**",
            "**Parks.**",
        ] {
            assert!(page.contains(part), "use case {number} has no {part}");
        }
        assert!(!codes_of_page(&page).is_empty(), "use case {number} names no code");
    }
}

#[test]
fn codes_are_read_from_sources_and_pages() {
    let source = "Reason::new(\n    \"one_code\",\n) (\"two_codes\", \"what\") PortError::new(\"call\", \"no_code\")\nmod tests { (\"a_test\") }";
    assert_eq!(codes_of_source(source), ["one_code", "two_codes"].map(str::to_owned).into());
    let page = "`a_setting`\n\n**Parks.** `one_code` (why), `policy.key`,\n`two_codes`.\n\n`another_one`";
    assert_eq!(codes_of_page(page), ["one_code", "two_codes"].map(str::to_owned).into());
}
