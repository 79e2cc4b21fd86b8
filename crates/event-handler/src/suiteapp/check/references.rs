//! What objects refer to: files, scripts and other objects.

use std::collections::BTreeMap;

use roxmltree::Node;

use super::finding::{Findings, Rule};
use super::vocabulary::SCRIPTS;
use super::{BundleFile, Definition, FILE_CABINET};

pub(super) fn check(objects: &[&Definition<'_>], files: &[BundleFile], findings: &mut Findings) {
    let files: BTreeMap<&str, &str> =
        files.iter().map(|file| (file.path.as_str(), file.content.as_str())).collect();
    let ids = ids(objects, findings);
    for Definition { path, document } in objects {
        for node in document.descendants().filter(Node::is_element) {
            let text = node.text().map(str::trim).unwrap_or_default();
            for reference in text.split('|').filter_map(bracketed) {
                if reference.starts_with('/') {
                    if !files.contains_key(format!("{FILE_CABINET}{reference}").as_str()) {
                        findings.add(path, Rule::FileReference, reference);
                    }
                    continue;
                }
                // a deployment or a field is reached through its script or record: `parent.child`
                let id = reference.strip_prefix("scriptid=").unwrap_or(reference);
                for part in id.split('.').filter(|part| !ids.contains_key(part)) {
                    findings.add(path, Rule::ObjectReference, part);
                }
            }
            if node.has_tag_name("scriptfile") {
                script(path, node, text, &files, findings);
            }
        }
    }
}

/// Every script id with its file; each may stand only once.
fn ids<'a>(objects: &'a [&Definition<'_>], findings: &mut Findings) -> BTreeMap<&'a str, &'a str> {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    for Definition { path, document } in objects {
        for id in document.descendants().filter_map(|node| node.attribute("scriptid")) {
            if let Some(other) = ids.insert(id, path) {
                findings.add(path, Rule::IdDuplicate, format!("{id} stands in {other} too"));
            }
        }
    }
    ids
}

fn bracketed(text: &str) -> Option<&str> {
    text.trim().strip_prefix('[')?.strip_suffix(']')
}

/// The file of a script: named in brackets, for this release of SuiteScript, and of the object's kind.
fn script(path: &str, node: Node<'_, '_>, text: &str, files: &BTreeMap<&str, &str>, findings: &mut Findings) {
    let Some(file) = bracketed(text) else {
        return findings.add(path, Rule::FileReference, format!("{text:?} must stand in brackets"));
    };
    let Some(content) = files.get(format!("{FILE_CABINET}{file}").as_str()) else { return };
    let element = node.parent().map(|parent| parent.tag_name().name()).unwrap_or_default();
    let Some((_, kind, _)) = SCRIPTS.iter().find(|(script, _, _)| *script == element) else { return };
    for tag in ["@NApiVersion 2.1".to_owned(), format!("@NScriptType {kind}")] {
        if !content.lines().any(|line| line.trim_start_matches([' ', '*']).trim_end() == tag) {
            findings.add(path, Rule::ScriptHeader, format!("{file} lacks {tag}"));
        }
    }
}
