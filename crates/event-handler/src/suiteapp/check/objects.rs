//! Each object by itself.

use roxmltree::Node;

use super::finding::{Findings, Rule};
use super::project::child_text;
use super::vocabulary::{
    BOOLEANS, MAX_ID_BYTES, NEEDED, OBJECT_ELEMENTS, PLACE_PREFIXES, PLACES, PREFIXES, REFUSED, SCRIPTS,
    WORDS, of,
};
use super::{Definition, OBJECTS};

pub(super) fn check(object: &Definition<'_>, findings: &mut Findings) {
    let Definition { path, document } = object;
    let root = document.root_element();
    let element = root.tag_name().name();
    if !OBJECT_ELEMENTS.contains(&element) {
        findings.add(path, Rule::ElementUnknown, element);
    }
    let id = root.attribute("scriptid").unwrap_or_default();
    let file_name = path.strip_prefix(OBJECTS).unwrap_or(path).rsplit('/').next().unwrap_or_default();
    if file_name != format!("{id}.xml") {
        findings.add(path, Rule::FileName, format!("the object in it is {id:?}"));
    }
    for node in root.descendants().filter(Node::is_element) {
        script_id(path, node, findings);
        children(path, node, findings);
        value(path, node, findings);
    }
    if let Some((_, _, statuses)) = SCRIPTS.iter().find(|(script, _, _)| *script == element) {
        deployments(path, root, statuses, findings);
    }
}

fn script_id(path: &str, node: Node<'_, '_>, findings: &mut Findings) {
    let element = node.tag_name().name();
    let Some(prefix) = of(PREFIXES, element) else { return };
    let id = match node.attribute("scriptid") {
        Some(id) if !id.is_empty() => id,
        _ => return findings.add(path, Rule::IdMissing, element),
    };
    if !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        findings.add(path, Rule::IdMalformed, id);
    }
    if id.strip_prefix(prefix).is_none_or(str::is_empty) {
        findings.add(path, Rule::IdPrefix, format!("{id} of {element} must begin with {prefix}"));
    }
    if id.len() > MAX_ID_BYTES {
        findings.add(path, Rule::IdTooLong, format!("{id} is longer than {MAX_ID_BYTES}"));
    }
}

fn children(path: &str, node: Node<'_, '_>, findings: &mut Findings) {
    let element = node.tag_name().name();
    for needed in of(NEEDED, element).unwrap_or_default() {
        let found = node.children().find(|child| child.has_tag_name(*needed));
        let is_filled = found.is_some_and(|child| {
            child.children().any(|inner| inner.is_element())
                || child.text().is_some_and(|text| !text.trim().is_empty())
        });
        if !is_filled {
            findings.add(path, Rule::ChildMissing, format!("{needed} of {element}"));
        }
    }
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        if REFUSED.contains(&(element, name)) {
            findings.add(path, Rule::ChildRefused, format!("{name} of {element}"));
        }
    }
    if element == "scriptcustomfield" && child_text(node, "ismandatory") == Some("T") {
        findings.add(path, Rule::ParameterMandatory, node.attribute("scriptid").unwrap_or_default());
    }
}

fn value(path: &str, node: Node<'_, '_>, findings: &mut Findings) {
    let element = node.tag_name().name();
    let text = node.text().map(str::trim).unwrap_or_default();
    let parent = node.parent().map(|parent| parent.tag_name().name()).unwrap_or_default();
    let is_place = PLACE_PREFIXES.iter().any(|prefix| element.starts_with(prefix))
        && parent.ends_with("customfield")
        && !REFUSED.contains(&(parent, element));
    if is_place && of(PLACES, element).is_none() {
        findings.add(path, Rule::PlaceUnknown, element);
    }
    if (is_place || BOOLEANS.contains(&element)) && !matches!(text, "T" | "F") {
        findings.add(path, Rule::NotBoolean, format!("{element} is {text:?}"));
    }
    if text.starts_with('[') {
        return; // an object of somebody's own: looked at as a reference
    }
    for word in
        of(WORDS, element).iter().flat_map(|words| text.split('|').filter(|word| !words.contains(word)))
    {
        findings.add(path, Rule::WordUnknown, format!("{element} {word:?}"));
    }
}

fn deployments(path: &str, script: Node<'_, '_>, statuses: &[&str], findings: &mut Findings) {
    let element = script.tag_name().name();
    let mut deployments =
        script.descendants().filter(|node| node.has_tag_name("scriptdeployment")).peekable();
    if deployments.peek().is_none() {
        findings.add(path, Rule::DeploymentMissing, element);
    }
    for deployment in deployments {
        let id = deployment.attribute("scriptid").unwrap_or_default();
        let status = child_text(deployment, "status");
        if !status.is_some_and(|status| statuses.contains(&status)) {
            let found = status.unwrap_or("missing");
            findings.add(
                path,
                Rule::NotReleased,
                format!("{id}: status {found}, expected {}", statuses.join(" or ")),
            );
        }
        if child_text(deployment, "isdeployed") != Some("T") {
            findings.add(path, Rule::NotReleased, format!("{id}: isdeployed must be T"));
        }
        let has = |name: &str| deployment.children().any(|child| child.has_tag_name(name));
        if status == Some("SCHEDULED") && statuses.contains(&"SCHEDULED") && !has("recurrence") {
            findings.add(path, Rule::ChildMissing, format!("recurrence of {id}"));
        }
        match element {
            "usereventscript" => {
                if child_text(deployment, "recordtype").is_none() {
                    findings.add(path, Rule::ChildMissing, format!("recordtype of {id}"));
                }
                if has("title") {
                    findings.add(path, Rule::ChildRefused, format!("title of {id}"));
                }
            }
            "restlet" | "mapreducescript" => {
                for audience in ["runasrole", "allroles"].into_iter().filter(|name| has(name)) {
                    findings.add(path, Rule::AudienceRefused, format!("{audience} of {id}"));
                }
            }
            _ => {}
        }
    }
}
