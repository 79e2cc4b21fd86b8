//! Features: what objects need must be declared, and what is declared must exist.

use roxmltree::Node;

use super::Definition;
use super::finding::{Findings, Rule};
use super::project;
use super::vocabulary::{FEATURES, PLACES, RECORD_FEATURES, SCRIPTS, of};

pub(super) fn check(definitions: &[Definition<'_>], objects: &[&Definition<'_>], findings: &mut Findings) {
    let declared = project::features(definitions);
    for unknown in declared.iter().filter(|feature| !FEATURES.contains(feature)) {
        findings.add("src/manifest.xml", Rule::FeatureUnknown, *unknown);
    }
    for Definition { path, document } in objects {
        let needed = document.descendants().filter(Node::is_element).filter_map(needed);
        for (feature, why) in needed.filter(|(feature, _)| !declared.contains(feature)) {
            findings.add(path, Rule::FeatureUndeclared, format!("{feature} for {why}"));
        }
    }
}

/// The feature that an element needs, and what needs it.
fn needed<'a>(node: Node<'a, '_>) -> Option<(&'static str, &'a str)> {
    let element = node.tag_name().name();
    let text = node.text().map(str::trim).unwrap_or_default();
    let feature = match element {
        "customrecordtype" => Some("CUSTOMRECORDS"),
        "recordtype" => return of(RECORD_FEATURES, text).map(|feature| (feature, text)),
        script if SCRIPTS.iter().any(|(known, _, _)| *known == script) => Some("SERVERSIDESCRIPTING"),
        place if text == "T" => of(PLACES, place).flatten(),
        _ => None,
    };
    feature.map(|feature| (feature, element))
}
