//! Custom record types that the settings make us write or read.

use amz_services::failure::Failure;

use super::super::finding::{Area, Finding, told};
use super::gate::{Gate, Reach};
use crate::settings::ConnectionSettings;

const RECORD_TYPE: &str = "netsuite_record_type";

/// Record types that are used: the one that the audit trail is copied to, where it is.
fn wanted(connection: &ConnectionSettings) -> Vec<&str> {
    let names = &connection.netsuite.fields;
    connection.audit_mirror.iter().map(|_| names.name("customrecord_amz_audit_log")).collect()
}

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate, reach: Reach) -> Vec<Finding> {
    let mut findings = Vec::new();
    for record_type in wanted(connection) {
        if !reach.records {
            findings.push(Finding::skipped(Area::NetSuite, RECORD_TYPE, format!("{record_type}: not known")));
            continue;
        }
        let answer = gate.ask(gate.netsuite().list_one(record_type)).await;
        findings.push(match answer {
            Ok(()) => Finding::ok(Area::NetSuite, RECORD_TYPE, format!("{record_type} is there")),
            Err(error) if error.failure == Failure::Refused => Finding::failed(
                Area::NetSuite,
                RECORD_TYPE,
                format!("{record_type}: {}", told(&error)),
                "deploy the bundle (`amz netsuite bundle`), and give the role Custom Record Entries \
                 (LIST_CUSTRECORDENTRY), Edit",
            ),
            Err(error) => Finding::unanswered(Area::NetSuite, RECORD_TYPE, &error),
        });
    }
    findings
}
