//! Whether a project can be deployed, as far as that can be told without an account.
//!
//! Oracle's validation runs on its servers only. These rules are those that its guides and samples show for
//! SDF projects: manifest, deployment list, object definitions and what they refer to.

mod features;
mod finding;
mod objects;
mod project;
mod references;
mod vocabulary;

use std::collections::BTreeSet;

use roxmltree::Document;

use super::BundleFile;
use finding::Findings;
pub use finding::{Finding, Rule};

/// Where objects are defined.
const OBJECTS: &str = "src/Objects/";
/// What paths in brackets are relative to.
const FILE_CABINET: &str = "src/FileCabinet";

/// One XML file.
struct Definition<'a> {
    path: &'a str,
    document: Document<'a>,
}

/// Every fault that can be found, in the order of the files. None means: no known reason not to deploy.
pub fn check(files: &[BundleFile]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let definitions: Vec<Definition<'_>> =
        files.iter().filter_map(|file| project::parsed(file, &mut findings)).collect();
    project::check(&paths, &definitions, &mut findings);
    let objects: Vec<&Definition<'_>> =
        definitions.iter().filter(|definition| definition.path.starts_with(OBJECTS)).collect();
    for object in &objects {
        objects::check(object, &mut findings);
    }
    references::check(&objects, files, &mut findings);
    features::check(&definitions, &objects, &mut findings);
    findings.sorted()
}

#[cfg(test)]
#[path = "../check_tests.rs"]
mod tests;
