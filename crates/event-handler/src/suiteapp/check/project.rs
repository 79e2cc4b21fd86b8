//! The files that every project has.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

use super::finding::{Findings, Rule};
use super::vocabulary::SECTIONS;
use super::{BundleFile, Definition};

const MANIFEST: &str = "src/manifest.xml";
const DEPLOY: &str = "src/deploy.xml";
const CONFIG: &str = "suitecloud.config.js";

/// The file as XML, if that is what it is.
pub(super) fn parsed<'a>(file: &'a BundleFile, findings: &mut Findings) -> Option<Definition<'a>> {
    let BundleFile { path, content } = file;
    if !path.ends_with(".xml") {
        return None;
    }
    match Document::parse(content) {
        Ok(document) => {
            for text in document.descendants().filter(Node::is_text).filter_map(|node| node.text()) {
                if text.contains('<') {
                    findings.add(path, Rule::EscapedMarkup, text.trim());
                }
            }
            Some(Definition { path, document })
        }
        Err(error) => {
            findings.add(path, Rule::Malformed, error.to_string());
            None
        }
    }
}

/// Text of a child element, without the space around it; none when it is missing or empty.
pub(super) fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let child = node.children().find(|child| child.has_tag_name(name))?;
    child.text().map(str::trim).filter(|text| !text.is_empty())
}

/// The features that the manifest declares.
pub(super) fn features<'a>(definitions: &'a [Definition<'_>]) -> Vec<&'a str> {
    let manifest = definitions.iter().find(|definition| definition.path == MANIFEST);
    let nodes = manifest.into_iter().flat_map(|manifest| manifest.document.descendants());
    nodes.filter(|node| node.has_tag_name("feature")).filter_map(|node| node.text().map(str::trim)).collect()
}

pub(super) fn check(paths: &BTreeSet<&str>, definitions: &[Definition<'_>], findings: &mut Findings) {
    for path in [CONFIG, MANIFEST, DEPLOY] {
        if !paths.contains(path) {
            findings.add(path, Rule::FileMissing, "every project has it");
        }
    }
    for Definition { path, document } in definitions {
        match *path {
            MANIFEST => manifest(path, document.root_element(), findings),
            DEPLOY => deploy(path, document.root_element(), findings),
            _ => {}
        }
    }
}

fn manifest(path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    let mut incomplete = |detail: &str| findings.add(path, Rule::ManifestIncomplete, detail);
    if root.tag_name().name() != "manifest" || root.attribute("projecttype") != Some("ACCOUNTCUSTOMIZATION") {
        incomplete("the root must be a manifest with projecttype ACCOUNTCUSTOMIZATION");
    }
    if child_text(root, "projectname").is_none() {
        incomplete("projectname");
    }
    if child_text(root, "frameworkversion") != Some("1.0") {
        incomplete("frameworkversion must be 1.0");
    }
    for feature in root.descendants().filter(|node| node.has_tag_name("feature")) {
        if !matches!(feature.attribute("required"), Some("true" | "false")) {
            incomplete("each feature must say whether it is required");
        }
    }
}

fn deploy(path: &str, root: Node<'_, '_>, findings: &mut Findings) {
    for (section, expected) in SECTIONS {
        let found = root.children().find(|child| child.has_tag_name(*section));
        if found.and_then(|section| child_text(section, "path")) != Some(expected) {
            findings.add(path, Rule::DeployIncomplete, format!("{section} must have the path {expected}"));
        }
    }
}
