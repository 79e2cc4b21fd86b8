//! The bundle that runs inside NetSuite: an SDF project, rendered for one merchant and checked.
//!
//! The files of `suiteapp/` are part of the program. Nothing here reads or writes a disk: [`render`] gives the
//! files, [`check`] looks at files, wherever they come from.

mod check;
mod names;
mod sources;

use std::collections::BTreeMap;

pub use check::{Finding, Rule, check};
pub use names::{PrefixError, prefixed};

/// The script whose parameter holds the address that the outbox is sent to.
const SENDING_SCRIPT: &str = "src/Objects/customscript_amz_mr_outbox.xml";
/// Where its default stands.
const NO_DEFAULT: &str = "<defaultvalue/>";

/// One file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// Path within the project, with `/`.
    pub path: String,
    /// What is in it.
    pub content: String,
}

/// What differs from one merchant to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleOptions {
    /// The account's names of our fields and record types, by standard name. Those not in it keep theirs.
    pub names: BTreeMap<String, String>,
    /// Address that the outbox is sent to; none leaves the script's parameter empty, and then nothing is sent.
    pub events_url: Option<String>,
}

/// The project with the merchant's names and address, in the order of the paths.
///
/// Names are replaced wherever they stand as a whole: in file names, objects, scripts and tests. The fields
/// *inside* our record types (`custrecord_amz_…`) keep theirs, because settings cannot rename them.
pub fn render(options: &BundleOptions) -> Vec<BundleFile> {
    let BundleOptions { names, events_url } = options;
    let mut files: Vec<BundleFile> = sources::SOURCES
        .iter()
        .map(|(path, content)| {
            let content = match events_url {
                Some(url) if *path == SENDING_SCRIPT => {
                    content.replace(NO_DEFAULT, &format!("<defaultvalue>{}</defaultvalue>", escaped(url)))
                }
                _ => (*content).to_owned(),
            };
            BundleFile { path: names::replaced(path, names), content: names::replaced(&content, names) }
        })
        .collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// Text for inside an XML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
