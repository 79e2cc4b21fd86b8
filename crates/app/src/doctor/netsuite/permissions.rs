//! Permissions of the role, by reading what needs them.
//!
//! Source of the permissions' names: NetSuite help, article 5085602973, and the table of the role in `docs/CONFIG.md`.
//! NetSuite names the missing permission in the text of its refusal.

use amz_services::failure::{Failure, PortError};
use amz_services::settings::StockWriting;

use super::super::finding::{Area, Finding, told};
use super::super::parallel;
use super::gate::{Gate, Reach};
use crate::settings::ConnectionSettings;

const PERMISSION: &str = "netsuite_permission";
const SUITEQL: &str = "netsuite_suiteql";

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// One record of a type.
    Record(&'static str),
    /// What a record made from another would be.
    Transform(&'static str, &'static str),
    /// A table of the query service.
    Table(&'static str),
}

/// What is tried, and the permission that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Probe {
    look: Look,
    permission: &'static str,
}

const TRANSACTIONS: Probe =
    Probe { look: Look::Table("transaction"), permission: "Find Transaction (TRAN_FIND), View" };

/// Everything that every connection needs.
const ALWAYS: &[Probe] = &[
    record("salesOrder", "Sales Order (TRAN_SALESORD), Edit"),
    record("itemFulfillment", "Item Fulfillment (TRAN_ITEMSHIP), Edit"),
    made("salesOrder", "itemFulfillment", "Fulfill Orders (TRAN_SALESORDFULFILL), Create"),
    record("invoice", "Invoice (TRAN_CUSTINVC), View"),
    record("cashSale", "Cash Sale (TRAN_CASHSALE), View"),
    record("returnAuthorization", "Return Authorization (TRAN_RTNAUTH), Edit"),
    record("itemReceipt", "Item Receipt (TRAN_ITEMRCPT), Edit"),
    made("returnAuthorization", "itemReceipt", "Receive Returns (TRAN_RTNAUTHRECEIVE), Create"),
    record("creditMemo", "Credit Memo (TRAN_CUSTCRED), Edit"),
    record("cashRefund", "Cash Sale Refund (TRAN_CASHRFND), Edit"),
    record("customerRefund", "Customer Refund (TRAN_CUSTRFND), Edit"),
    made("returnAuthorization", "creditMemo", "Refund Returns (TRAN_RTNAUTHCREDIT), Create"),
    table("transactionline", "Find Transaction (TRAN_FIND), View"),
    table("item", "Items (LIST_ITEM), View"),
];

const fn record(record_type: &'static str, permission: &'static str) -> Probe {
    Probe { look: Look::Record(record_type), permission }
}

const fn made(from: &'static str, to: &'static str, permission: &'static str) -> Probe {
    Probe { look: Look::Transform(from, to), permission }
}

const fn table(name: &'static str, permission: &'static str) -> Probe {
    Probe { look: Look::Table(name), permission }
}

/// What a connection needs besides the table of transactions.
fn wanted(connection: &ConnectionSettings) -> Vec<Probe> {
    let mut probes = ALWAYS.to_vec();
    if let Some(stock) = &connection.stock {
        probes.push(table("aggregateItemLocation", "Items (LIST_ITEM), View"));
        match &stock.inventory.write {
            StockWriting::Adjustment => {
                probes.push(record("inventoryAdjustment", "Adjust Inventory (TRAN_INVADJST), Create"));
            }
            StockWriting::BinTransfer(_) => {
                probes.push(record("binTransfer", "Bin Transfer (TRAN_BINTRNFR), Create"));
            }
            StockWriting::Fields => probes.push(record("inventoryItem", "Items (LIST_ITEM), Edit")),
        }
    }
    probes
}

type Tried = (Probe, Result<(), PortError>);

/// Tries everything. Says what can be reached at all.
pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate) -> (Reach, Vec<Finding>) {
    let first = try_probe(gate.clone(), TRANSACTIONS).await;
    let queries = match &first.1 {
        Err(error) if is_denied(error) => {
            // the service, or only this table?
            let other = try_probe(gate.clone(), table("location", "Locations (LIST_LOCATION), View")).await;
            !other.1.as_ref().is_err_and(|other| is_denied(other) && other.message == error.message)
        }
        other => other.is_ok(),
    };
    let mut findings = vec![judge_suiteql(&first, queries)];
    let probes = wanted(connection).into_iter();
    let probes = probes.filter(|probe| queries || !matches!(probe.look, Look::Table(_)));
    let mut tried = parallel::all(probes.map(|probe| try_probe(gate.clone(), probe))).await;
    if queries {
        tried.push(first);
    }
    let records = tried.iter().any(|(probe, answer)| !matches!(probe.look, Look::Table(_)) && answer.is_ok());
    findings.extend(judge(&tried, records));
    (Reach { records, queries }, findings)
}

async fn try_probe(gate: Gate, probe: Probe) -> Tried {
    let netsuite = gate.netsuite();
    let answer = match probe.look {
        Look::Record(record_type) => gate.ask(netsuite.list_one(record_type)).await,
        Look::Transform(from, to) => gate.ask(netsuite.preview_of_nothing(from, to)).await,
        Look::Table(name) => {
            // nothing has this id, but who may not look is told so all the same
            let column = match name {
                "transactionline" => "transaction",
                "aggregateItemLocation" => "item",
                _ => "id",
            };
            let text = format!("SELECT x.{column} AS found FROM {name} x WHERE x.{column} = ?");
            gate.rows(&text, &["0"]).await.map(drop)
        }
    };
    (probe, answer)
}

/// True when the role may not.
fn is_denied(error: &PortError) -> bool {
    error.failure == Failure::Refused && matches!(error.code.as_str(), "INSUFFICIENT_PERMISSION" | "http_403")
}

fn judge_suiteql(first: &Tried, queries: bool) -> Finding {
    match &first.1 {
        _ if queries => Finding::ok(Area::NetSuite, SUITEQL, "the query service answers"),
        Ok(()) => Finding::ok(Area::NetSuite, SUITEQL, "the query service answers"),
        Err(error) if error.failure == Failure::Refused => Finding::failed(
            Area::NetSuite,
            SUITEQL,
            told(error),
            "give the role \"SuiteAnalytics Workbook\" (REPO_ANALYTICS), Edit, and switch the feature on (Setup > \
             Company > Enable Features > Analytics)",
        ),
        Err(error) => Finding::unanswered(Area::NetSuite, SUITEQL, error),
    }
}

fn judge(tried: &[Tried], records: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (probe, answer) in tried {
        let Err(error) = answer else { continue };
        let finding = match probe.look {
            _ if !is_denied(error) => of_other_failure(probe, error),
            Look::Record(_) | Look::Transform(..) if !records => Some(Finding::failed(
                Area::NetSuite,
                PERMISSION,
                format!("no record of any type can be read: {}", told(error)),
                "give the role \"REST Web Services\" (ADMI_RESTWEBSERVICES), Full",
            )),
            _ => Some(Finding::failed(
                Area::NetSuite,
                PERMISSION,
                format!("{}: {}", tried_in_words(probe), told(error)),
                format!(
                    "give the role {} (Setup > Users/Roles > Manage Roles; docs/CONFIG.md lists all it needs)",
                    probe.permission
                ),
            )),
        };
        // one permission may be missed in several places
        let finding = finding.filter(|finding| findings.iter().all(|known| known.fix != finding.fix));
        findings.extend(finding);
    }
    if findings.is_empty() {
        let found = format!("{} record types, transforms and tables that are used can be read", tried.len());
        findings.push(Finding::ok(Area::NetSuite, PERMISSION, found));
    }
    findings
}

/// A transform of nothing is refused for many reasons, and all but a missing permission are as good as another.
fn of_other_failure(probe: &Probe, error: &PortError) -> Option<Finding> {
    match (probe.look, error.failure) {
        (Look::Transform(..), Failure::Refused | Failure::Conflict | Failure::Unavailable) => None,
        (Look::Record(record_type), Failure::Refused) => Some(Finding::failed(
            Area::NetSuite,
            PERMISSION,
            format!("{}: {}", tried_in_words(probe), told(error)),
            format!(
                "switch on the feature that brings {record_type}, or stop using it; else give the role {}",
                probe.permission
            ),
        )),
        (Look::Table(name), Failure::Refused) => Some(Finding::failed(
            Area::NetSuite,
            PERMISSION,
            format!("{}: {}", tried_in_words(probe), told(error)),
            format!(
                "switch on the feature that brings the table {name}; else give the role {}",
                probe.permission
            ),
        )),
        _ => Some(Finding::unanswered(Area::NetSuite, PERMISSION, error)),
    }
}

fn tried_in_words(probe: &Probe) -> String {
    match probe.look {
        Look::Record(record_type) => format!("{record_type} cannot be read"),
        Look::Transform(from, to) => format!("{to} cannot be made from {from}"),
        Look::Table(name) => format!("the table {name} cannot be queried"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Outcome;
    use super::*;

    fn denied(message: &str) -> PortError {
        PortError::new("record.list", Failure::Refused, "INSUFFICIENT_PERMISSION", message)
    }

    #[test]
    fn a_missing_permission_is_named_once_with_its_level() {
        let tried = [
            (ALWAYS[0], Ok(())),
            (table("transactionline", TRANSACTIONS.permission), Err(denied("You need Find Transaction"))),
            (TRANSACTIONS, Err(denied("You need Find Transaction"))),
            (record("creditMemo", "Credit Memo (TRAN_CUSTCRED), Edit"), Err(denied("You need Credit Memo"))),
        ];
        let findings = judge(&tried, true);
        let fixes: Vec<&str> = findings.iter().filter_map(|finding| finding.fix.as_deref()).collect();
        assert_eq!(fixes.len(), 2, "{fixes:?}");
        assert!(fixes[0].contains("TRAN_FIND") && fixes[1].contains("Credit Memo (TRAN_CUSTCRED), Edit"));
    }

    #[test]
    fn where_no_record_can_be_read_the_service_is_named_alone() {
        let tried = [(ALWAYS[0], Err(denied("x"))), (ALWAYS[2], Err(denied("x")))];
        let findings = judge(&tried, false);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].fix.as_deref().unwrap().contains("ADMI_RESTWEBSERVICES"));
    }

    #[test]
    fn a_transform_of_nothing_may_be_refused_for_anything_else() {
        let error = PortError::new(
            "transform.preview",
            Failure::Refused,
            "USER_ERROR",
            "That record does not exist.",
        );
        let findings = judge(&[(ALWAYS[2], Err(error))], true);
        assert_eq!(findings.iter().map(|finding| finding.outcome).collect::<Vec<_>>(), [Outcome::Ok]);
    }

    #[test]
    fn every_probe_names_permission_id_and_level() {
        for probe in ALWAYS.iter().chain([&TRANSACTIONS]) {
            let level = probe.permission.rsplit(", ").next().unwrap();
            assert!(matches!(level, "View" | "Create" | "Edit" | "Full"), "{probe:?}");
            assert!(probe.permission.contains("(TRAN_") || probe.permission.contains("(LIST_"), "{probe:?}");
        }
    }
}
