use std::collections::BTreeSet;
use std::path::Path;

use super::*;

const URL: &str = "https://amz.example/v1/main/netsuite/events";

fn file<'a>(files: &'a [BundleFile], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing")).content
}

fn options(names: &[(&str, &str)]) -> BundleOptions {
    let names = names.iter().map(|(standard, name)| ((*standard).to_owned(), (*name).to_owned())).collect();
    BundleOptions { names, events_url: Some(URL.to_owned()) }
}

/// Every file under the folder, but for what tools put there.
fn on_disk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                on_disk(&path, root, found);
            }
            continue;
        }
        found.insert(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"));
    }
}

#[test]
fn every_file_of_the_project_is_part_of_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("suiteapp");
    let mut found = BTreeSet::new();
    on_disk(&root, &root, &mut found);
    let rendered: BTreeSet<String> =
        render(&BundleOptions::default()).into_iter().map(|file| file.path).collect();
    assert_eq!(rendered, found);
}

#[test]
fn project_has_no_known_fault_whatever_its_names_are() {
    for options in [
        BundleOptions::default(),
        options(&[("custbody_amz_order_id", "custbody_their_order")]),
        BundleOptions { names: prefixed(standard_names(), "tenlong123").unwrap(), ..options(&[]) },
    ] {
        let findings: Vec<String> = check(&render(&options)).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// All ids that settings can rename, as the objects define them.
fn standard_names() -> Vec<(&'static str, &'static str)> {
    let ids = sources::SOURCES
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("src/Objects/")?.strip_suffix(".xml"));
    let renamable = ["custbody_", "custcol_", "custitem_", "customrecord_"];
    ids.filter(|id| renamable.iter().any(|prefix| id.starts_with(prefix))).map(|id| (id, id)).collect()
}

#[test]
fn renamed_field_is_renamed_in_file_names_objects_scripts_and_tests() {
    let files = render(&options(&[
        ("custbody_amz_cancel_state", "custbody_stop"),
        ("customrecord_amz_outbox", "customrecord_shop_outbox"),
    ]));
    assert!(file(&files, "src/Objects/custbody_stop.xml").contains(r#"scriptid="custbody_stop""#));
    let shared = file(&files, "src/FileCabinet/SuiteScripts/amz/amz_outbox.js");
    assert!(shared.contains("const CANCEL_STATE = 'custbody_stop';"));
    assert!(shared.contains("const OUTBOX = 'customrecord_shop_outbox';"));
    assert!(shared.contains("'custrecord_amz_outbox_state'"), "fields inside a record type keep their names");
    assert!(files.iter().all(|file| !file.content.contains("custbody_amz_cancel_state")));
    assert!(files.iter().all(|file| !file.path.contains("customrecord_amz_outbox")));
}

#[test]
fn address_is_the_default_of_the_script_parameter() {
    let script = |options: &BundleOptions| file(&render(options), SENDING_SCRIPT).to_owned();
    assert!(script(&options(&[])).contains(&format!("<defaultvalue>{URL}</defaultvalue>")));
    assert!(script(&BundleOptions::default()).contains(NO_DEFAULT));
    let awkward = BundleOptions { events_url: Some("https://x/?a=1&b=<2>".to_owned()), ..options(&[]) };
    let document = script(&awkward);
    let document = roxmltree::Document::parse(&document).unwrap();
    let default = document.descendants().find(|node| node.has_tag_name("defaultvalue")).unwrap();
    assert_eq!(default.text(), Some("https://x/?a=1&b=<2>"));
}

#[test]
fn scripts_stay_short_and_nothing_names_where_packages_come_from() {
    for BundleFile { path, content } in render(&BundleOptions::default()) {
        if path.starts_with("src/FileCabinet/") {
            assert!(content.lines().count() <= 200, "{path} is too long to read in passing");
        }
        assert!(!content.contains("\"resolved\""), "{path} records download addresses");
    }
}
