//! Tests of what is said about custom fields.

use super::super::super::finding::Outcome;
use super::*;

fn field(standard: &'static str, kind: PropertyKind, is_written: bool) -> WantedField {
    let record_types =
        if standard.starts_with("custitem") { vec!["inventoryItem"] } else { vec!["salesOrder"] };
    WantedField { standard, name: standard.to_owned(), record_types, kind, is_written }
}

fn known(properties: &[(&str, PropertyKind)], hidden: &[(&'static str, &str)]) -> Known {
    let side: BTreeMap<String, PropertyKind> =
        properties.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let described = RecordProperties { body: side.clone(), lines: side };
    Known {
        catalogue: [("salesOrder", described.clone()), ("inventoryItem", described)].into(),
        asked: ["transaction", "transactionline", "item"].into(),
        hidden: hidden.iter().map(|(table, column)| (*table, (*column).to_owned())).collect(),
    }
}

fn only(findings: &[Finding]) -> (&'static str, Outcome, &str) {
    let bad: Vec<&Finding> = findings.iter().filter(|finding| finding.outcome != Outcome::Ok).collect();
    let [finding] = bad.as_slice() else { panic!("one finding: {findings:#?}") };
    (finding.check, finding.outcome, finding.fix.as_deref().unwrap_or_default())
}

#[test]
fn fields_that_are_there_and_fit_are_said_to_be_so_in_two_lines() {
    let fields = [
        field("custbody_amz_channel", PropertyKind::Text, true),
        field("custbody_amz_delivery_attempts", PropertyKind::Whole, true),
    ];
    let known = known(
        &[
            ("custbody_amz_channel", PropertyKind::Text),
            ("custbody_amz_delivery_attempts", PropertyKind::Number),
        ],
        &[],
    );
    let findings = judge(&fields, &known, &[]);
    assert_eq!(findings.iter().map(|finding| finding.check).collect::<Vec<_>>(), [FIELD, KIND]);
    assert!(findings.iter().all(|finding| finding.outcome == Outcome::Ok));
}

#[test]
fn a_missing_field_fails_where_it_is_written_and_warns_where_it_is_only_read() {
    let hidden = [("transaction", "custbody_amz_hold")];
    for (is_written, outcome) in [(true, Outcome::Failed), (false, Outcome::Warning)] {
        let fields = [field("custbody_amz_hold", PropertyKind::CheckBox, is_written)];
        let findings = judge(&fields, &known(&[("x", PropertyKind::Text)], &hidden), &[]);
        let (check, found, fix) = only(&findings);
        assert_eq!((check, found), (FIELD, outcome));
        assert!(
            fix.contains("netsuite.fields.custbody_amz_hold") && fix.contains("amz netsuite bundle"),
            "{fix}"
        );
    }
}

#[test]
fn a_field_that_is_not_applied_to_a_record_names_the_record() {
    let fields = [field("custbody_amz_channel", PropertyKind::Text, true)];
    let findings = judge(&fields, &known(&[("x", PropertyKind::Text)], &[]), &[]);
    let (check, outcome, fix) = only(&findings);
    assert_eq!((check, outcome), (FIELD, Outcome::Failed));
    assert!(fix.contains("apply it to salesOrder"), "{fix}");
}

#[test]
fn a_field_of_the_wrong_kind_names_the_right_one() {
    let fields = [field("custcol_amz_fulfill", PropertyKind::CheckBox, true)];
    for found in [PropertyKind::Text, PropertyKind::Reference, PropertyKind::Instant] {
        let findings = judge(&fields, &known(&[("custcol_amz_fulfill", found)], &[]), &[]);
        let (check, outcome, fix) = only(&findings);
        assert_eq!((check, outcome), (KIND, Outcome::Failed));
        assert!(fix.contains("Check Box"), "{fix}");
    }
}

#[test]
fn a_field_that_only_the_query_service_hides_fails() {
    let fields = [field("custbody_amz_channel", PropertyKind::Text, true)];
    let known =
        known(&[("custbody_amz_channel", PropertyKind::Text)], &[("transaction", "custbody_amz_channel")]);
    assert_eq!(only(&judge(&fields, &known, &[])).1, Outcome::Failed);
}

#[test]
fn without_the_catalogue_the_query_service_decides_and_kinds_stay_unknown() {
    let fields = [field("custbody_amz_channel", PropertyKind::Text, true)];
    let all_shown = Known { asked: ["transaction"].into(), ..Known::default() };
    let outcomes = |known: &Known| -> Vec<(&str, Outcome)> {
        judge(&fields, known, &[]).into_iter().map(|finding| (finding.check, finding.outcome)).collect()
    };
    assert_eq!(outcomes(&all_shown), [(FIELD, Outcome::Ok), (KIND, Outcome::Skipped)]);
    let one_hidden =
        Known { hidden: [("transaction", "custbody_amz_channel".to_owned())].into(), ..all_shown };
    assert_eq!(outcomes(&one_hidden), [(FIELD, Outcome::Failed), (KIND, Outcome::Skipped)]);
    assert_eq!(outcomes(&Known::default()), [(FIELD, Outcome::Skipped)]);
}

#[test]
fn the_column_that_a_refusal_names_is_found_even_if_another_begins_alike() {
    let columns = ["custbody_amz_milestone", "custbody_amz_milestone_at"].map(str::to_owned);
    let refusal = |name: &str| {
        let message = format!("Search error occurred: Unknown identifier '{name}'");
        PortError::new("doctor.query", Failure::Refused, "INVALID_PARAMETER", message)
    };
    assert_eq!(unknown_column(&refusal("custbody_amz_milestone"), &columns), Some(0));
    assert_eq!(unknown_column(&refusal("custbody_amz_milestone_at"), &columns), Some(1));
    assert_eq!(unknown_column(&refusal("else"), &columns), None);
    assert_eq!(unknown_column(&refusal("else"), &columns[..1]), Some(0));
}
