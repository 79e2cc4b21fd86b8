//! The seven record types.
//!
//! Source: NetSuite REST API Browser, records `returnAuthorization`, `itemReceipt`, `invoice`, `cashSale`,
//! `creditMemo`, `cashRefund`, `customerRefund`.

use amz_domain::DocumentKind;
use amz_services::failure::{Failure, PortError};

use crate::netsuite::record_service::{RecordType, record_operations};
use crate::netsuite::suiteql::{Row, column};

/// The record type of a kind.
pub(super) fn record_type(kind: DocumentKind) -> RecordType {
    let operations = match kind {
        DocumentKind::ReturnAuthorization => record_operations!("returnAuthorization"),
        DocumentKind::ItemReceipt => record_operations!("itemReceipt"),
        DocumentKind::Invoice => record_operations!("invoice"),
        DocumentKind::CashSale => record_operations!("cashSale"),
        DocumentKind::CreditMemo => record_operations!("creditMemo"),
        DocumentKind::CashRefund => record_operations!("cashRefund"),
        DocumentKind::CustomerRefund => record_operations!("customerRefund"),
    };
    RecordType { path: kind.as_str(), operations }
}

/// The kind's code in queries.
fn code(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::ReturnAuthorization => "RtnAuth",
        DocumentKind::ItemReceipt => "ItemRcpt",
        DocumentKind::Invoice => "CustInvc",
        DocumentKind::CashSale => "CashSale",
        DocumentKind::CreditMemo => "CustCred",
        DocumentKind::CashRefund => "CashRfnd",
        DocumentKind::CustomerRefund => "CustRfnd",
    }
}

/// The kind that a code of queries stands for.
pub(super) fn kind_of(type_code: &str) -> Option<DocumentKind> {
    DocumentKind::ALL.into_iter().find(|kind| code(*kind) == type_code)
}

/// The kind that the column `type` of a row says.
pub(in crate::netsuite) fn kind_of_column(
    row: &Row,
    operation: &'static str,
) -> Result<DocumentKind, PortError> {
    let code = column(row, "type", operation)?;
    kind_of(code).ok_or_else(|| {
        let message = format!("{code} was not asked for");
        PortError::new(operation, Failure::Unreadable, "netsuite_rows_unreadable", message)
    })
}
