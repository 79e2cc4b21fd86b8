use super::super::{BundleOptions, render};
use super::*;

const ORDER: &str = "src/Objects/customscript_amz_ue_manage_order.xml";
const OUTBOX: &str = "src/Objects/customscript_amz_mr_outbox.xml";
const ENTRY: &str = "src/Objects/customscript_amz_rt_event_entry.xml";
const HOLD: &str = "src/Objects/custbody_amz_hold.xml";
const RECORD: &str = "src/Objects/customrecord_amz_config.xml";
const MANIFEST: &str = "src/manifest.xml";
const DEPLOY: &str = "src/deploy.xml";

fn project() -> Vec<BundleFile> {
    render(&BundleOptions::default())
}

/// The rules that the project breaks, as codes with the file.
fn faults(files: &[BundleFile]) -> Vec<(String, &'static str)> {
    let mut faults: Vec<_> =
        check(files).into_iter().map(|finding| (finding.path, finding.rule.code())).collect();
    faults.dedup();
    faults
}

/// The faults of the project with one text of one file replaced.
fn with(path: &str, from: &str, to: &str) -> Vec<(String, &'static str)> {
    let mut files = project();
    let file = files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.content.contains(from), "{from:?} is not in {path}");
    file.content = file.content.replacen(from, to, 1);
    faults(&files)
}

#[track_caller]
fn planted(path: &str, from: &str, to: &str, expected: Rule) {
    assert_eq!(with(path, from, to), [(path.to_owned(), expected.code())], "{from:?} → {to:?}");
}

#[test]
fn project_as_it_stands_has_no_fault() {
    assert_eq!(check(&project()), []);
}

#[test]
fn xml_that_is_not_well_formed_is_named() {
    planted(HOLD, "</label>", "", Rule::Malformed);
    planted(HOLD, "Amazon Hold", "Amazon & Hold", Rule::Malformed);
    planted(HOLD, "<help>", "<help>&lt;label&gt;x", Rule::EscapedMarkup);
}

#[test]
fn incomplete_manifest_and_deployment_list_are_named() {
    planted(MANIFEST, "ACCOUNTCUSTOMIZATION", "SUITEAPP", Rule::ManifestIncomplete);
    planted(MANIFEST, "<projectname>amz-accelerator</projectname>", "", Rule::ManifestIncomplete);
    planted(MANIFEST, "<frameworkversion>1.0", "<frameworkversion>2.0", Rule::ManifestIncomplete);
    planted(MANIFEST, "required=\"true\"", "", Rule::ManifestIncomplete);
    planted(DEPLOY, "~/Objects/*", "~/Objects/", Rule::DeployIncomplete);
    planted(DEPLOY, "translationimports>", "translations>", Rule::Malformed);
    for path in [MANIFEST, DEPLOY, "suitecloud.config.js"] {
        let files: Vec<BundleFile> = project().into_iter().filter(|file| file.path != path).collect();
        assert!(faults(&files).contains(&(path.to_owned(), "file_missing")), "{path}");
    }
}

#[test]
fn feature_that_is_needed_and_not_declared_is_named_at_each_object() {
    for (feature, path) in [
        ("SERVERSIDESCRIPTING", ENTRY),
        ("CUSTOMRECORDS", RECORD),
        ("SALESORDERS", ORDER),
        ("RECEIVABLES", "src/Objects/custbody_amz_refund_id.xml"),
        ("ADVRECEIVING", "src/Objects/custcol_amz_line_id.xml"),
        ("INVENTORY", "src/Objects/custbody_amz_origin.xml"),
        ("ASSEMBLIES", "src/Objects/custitem_amz_sku.xml"),
    ] {
        let found = with(MANIFEST, &format!(">{feature}<"), ">LOCATIONS<");
        assert!(found.contains(&(path.to_owned(), "feature_undeclared")), "{feature}: {found:?}");
        assert!(found.iter().all(|(_, rule)| *rule == "feature_undeclared"), "{found:?}");
    }
    assert!(
        with(MANIFEST, ">ASSEMBLIES<", ">MANUFACTURING<").contains(&(MANIFEST.to_owned(), "feature_unknown"))
    );
}

#[test]
fn wrong_ids_and_file_names_are_named() {
    let with_id = |id: &str| with(HOLD, "custbody_amz_hold", id);
    let found =
        |rules: &[Rule]| -> Vec<_> { rules.iter().map(|rule| (HOLD.to_owned(), rule.code())).collect() };
    assert_eq!(with_id("custbody_amz_held"), found(&[Rule::FileName]));
    assert_eq!(with_id("custbody_amz_Hold"), found(&[Rule::FileName, Rule::IdMalformed]));
    assert_eq!(with_id("custcol_amz_hold"), found(&[Rule::FileName, Rule::IdPrefix]));
    assert_eq!(with_id("custbody_"), found(&[Rule::FileName, Rule::IdPrefix]));
    assert_eq!(with_id(""), found(&[Rule::FileName, Rule::IdMissing]));
    assert_eq!(with_id(&format!("custbody_{}", "a".repeat(31))), found(&[Rule::FileName]));
    assert_eq!(with_id(&format!("custbody_{}", "a".repeat(32))), found(&[Rule::FileName, Rule::IdTooLong]));
    planted(ORDER, "customdeploy_amz_ue_manage_order", "custdeploy_manage_order", Rule::IdPrefix);
    planted(ORDER, " scriptid=\"customdeploy_amz_ue_manage_order\"", "", Rule::IdMissing);
    planted(OUTBOX, "\"custscript_amz_url\"", "\"customscript_amz_url\"", Rule::IdPrefix);
    planted(RECORD, "\"custrecord_amz_config_key\"", "\"custbody_amz_config_key\"", Rule::IdPrefix);
    planted(RECORD, "custrecord_amz_config_key", "custrecord_amz_config_value", Rule::IdDuplicate);
}

#[test]
fn id_that_stands_in_two_files_is_named() {
    let mut files = project();
    let object = files.iter().find(|file| file.path == HOLD).unwrap().clone();
    files.push(BundleFile { path: "src/Objects/more/custbody_amz_hold.xml".to_owned(), ..object });
    assert_eq!(faults(&files), [("src/Objects/more/custbody_amz_hold.xml".to_owned(), "id_duplicate")]);
}

#[test]
fn missing_refused_and_unknown_parts_of_objects_are_named() {
    let found = with(HOLD, "<transactionbodycustomfield ", "<bodyfield ");
    assert_eq!(found, [(HOLD.to_owned(), "xml_malformed")]);
    let mut files = project();
    files
        .push(BundleFile { path: "src/Objects/x.xml".into(), content: "<bodyfield scriptid=\"x\"/>".into() });
    assert_eq!(faults(&files), [("src/Objects/x.xml".to_owned(), "element_unknown")]);

    planted(HOLD, "<label>Amazon Hold</label>", "", Rule::ChildMissing);
    planted(HOLD, "<label>Amazon Hold</label>", "<label> </label>", Rule::ChildMissing);
    planted(RECORD, "<recordname>Amazon Settings</recordname>", "", Rule::ChildMissing);
    planted(
        RECORD,
        "<recordname>",
        "<allowinlineinsert>T</allowinlineinsert><recordname>",
        Rule::ChildRefused,
    );
    planted(HOLD, "<label>", "<bodytransactiontypes/><label>", Rule::ChildRefused);
    planted(ORDER, "<recordtype>SALESORDER</recordtype>", "", Rule::ChildMissing);
    planted(ORDER, "<recordtype>", "<title>x</title><recordtype>", Rule::ChildRefused);
    planted(OUTBOX, "recurrence>", "occurrence>", Rule::Malformed);
    planted(HOLD, "<bodysale>T</bodysale>", "<bodysales>T</bodysales>", Rule::PlaceUnknown);
    planted(HOLD, "<bodysale>T<", "<bodysale>true<", Rule::NotBoolean);
    planted(HOLD, "<storevalue>T<", "<storevalue>yes<", Rule::NotBoolean);
    planted(HOLD, "CHECKBOX", "FREEFORMTEXT", Rule::WordUnknown);
    planted(ORDER, "SALESORDER", "SalesOrder", Rule::WordUnknown);
    planted(ORDER, "|RESTLET|", "|RESTLETS|", Rule::WordUnknown);
    planted(ORDER, "<loglevel>ERROR", "<loglevel>WARN", Rule::WordUnknown);
    planted(RECORD, "CUSTRECORDENTRYPERM", "EVERYBODY", Rule::WordUnknown);
    planted("src/Objects/customrole_amz_accelerator.xml", ">FULL<", ">ALL<", Rule::WordUnknown);
}

#[test]
fn deployments_that_would_do_nothing_are_named() {
    planted(ORDER, "RELEASED", "TESTING", Rule::NotReleased);
    planted(ORDER, "<status>RELEASED</status>", "", Rule::NotReleased);
    planted(ORDER, "<isdeployed>T", "<isdeployed>F", Rule::NotReleased);
    planted(OUTBOX, "<status>SCHEDULED", "<status>RELEASED", Rule::NotReleased);
    planted(ENTRY, "<status>RELEASED", "<status>SCHEDULED", Rule::NotReleased);
    planted(OUTBOX, "<status>NOTSCHEDULED", "<status>SCHEDULED", Rule::ChildMissing);
    let mut files = project();
    let entry = files.iter_mut().find(|file| file.path == ENTRY).unwrap();
    let start = entry.content.find("<scriptdeployments>").unwrap();
    entry.content.replace_range(start.., "</restlet>");
    assert_eq!(faults(&files), [(ENTRY.to_owned(), "deployment_missing")]);
}

#[test]
fn parameters_and_audiences_that_are_refused_are_named() {
    planted(OUTBOX, "<ismandatory>F", "<ismandatory>T", Rule::ParameterMandatory);
    planted(ENTRY, "<status>", "<allroles>T</allroles><status>", Rule::AudienceRefused);
    planted(OUTBOX, "<status>", "<runasrole>ADMINISTRATOR</runasrole><status>", Rule::AudienceRefused);
}

#[test]
fn references_that_lead_nowhere_are_named() {
    planted(
        ORDER,
        "[/SuiteScripts/amz/amz_ue_manage_order.js]",
        "[/SuiteScripts/amz_ue.js]",
        Rule::FileReference,
    );
    planted(
        ORDER,
        "[/SuiteScripts/amz/amz_ue_manage_order.js]",
        "amz_ue_manage_order.js",
        Rule::FileReference,
    );
    planted(ENTRY, "customrole_amz_accelerator", "customrole_amz_other", Rule::ObjectReference);
    planted(ORDER, "SALESORDER", "[customrecord_amz_none]", Rule::ObjectReference);
    assert_eq!(with(ORDER, "<recordtype>SALESORDER", "<recordtype>[customrecord_amz_config]"), []);
    planted(ENTRY, "/amz_rt_event_entry.js", "/amz_mr_outbox.js", Rule::ScriptHeader);
}

#[test]
fn script_for_another_release_is_named() {
    let script = "src/FileCabinet/SuiteScripts/amz/amz_ue_manage_order.js";
    assert_eq!(with(script, "@NApiVersion 2.1", "@NApiVersion 2.x"), [(ORDER.to_owned(), "script_header")]);
}

#[test]
fn each_rule_has_a_code_of_its_own_and_a_finding_reads_as_a_line() {
    let finding = Finding { path: HOLD.to_owned(), rule: Rule::IdTooLong, detail: "x".to_owned() };
    assert_eq!(finding.to_string(), format!("{HOLD}: id_too_long: x"));
}
