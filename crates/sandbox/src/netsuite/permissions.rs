//! What the integration's role may do, and what is refused when a permission is missing.

use std::collections::BTreeSet;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::handle::NetSuite;
use super::settings::NetSuiteSettings;

/// A permission and the words by which people know it.
pub(crate) type Permission = (&'static str, &'static str);

/// Everything over REST.
pub(crate) const REST: Permission = ("ADMI_RESTWEBSERVICES", "REST Web Services");
/// Queries.
pub(crate) const ANALYTICS: Permission = ("REPO_ANALYTICS", "SuiteAnalytics Workbook");
/// Token-based authentication.
pub(crate) const ACCESS_TOKENS: Permission = ("ADMI_LOGIN_OAUTH", "Log in using Access Tokens");
/// OAuth 2.0.
pub(crate) const OAUTH_2: Permission = ("ADMI_LOGIN_OAUTH2", "Log in using OAuth 2.0 Access Tokens");

const FIND: Permission = ("TRAN_FIND", "Find Transaction");
const CUSTOM_RECORDS: Permission = ("LIST_CUSTRECORDENTRY", "Custom Record Entries");

/// By record type.
const TYPES: &[(&str, Permission)] = &[
    ("salesOrder", ("TRAN_SALESORD", "Sales Order")),
    ("itemFulfillment", ("TRAN_ITEMSHIP", "Item Fulfillment")),
    ("invoice", ("TRAN_CUSTINVC", "Invoice")),
    ("cashSale", ("TRAN_CASHSALE", "Cash Sale")),
    ("returnAuthorization", ("TRAN_RTNAUTH", "Return Authorization")),
    ("itemReceipt", ("TRAN_ITEMRCPT", "Item Receipt")),
    ("creditMemo", ("TRAN_CUSTCRED", "Credit Memo")),
    ("customerRefund", ("TRAN_CUSTRFND", "Customer Refund")),
    ("cashRefund", ("TRAN_CASHRFND", "Cash Sale Refund")),
    ("inventoryAdjustment", ("TRAN_INVADJST", "Adjust Inventory")),
    ("binTransfer", ("TRAN_BINTRNFR", "Bin Transfer")),
    ("customer", ("LIST_CUSTJOB", "Customers")),
    ("location", ("LIST_LOCATION", "Locations")),
    ("account", ("LIST_ACCOUNT", "Accounts")),
    ("subsidiary", ("LIST_SUBSIDIARY", "Subsidiaries")),
    ("bin", ("LIST_BIN", "Bins")),
];

const ITEMS: Permission = ("LIST_ITEM", "Items");

/// By source and target of a transform, besides the target's own.
const TRANSFORMS: &[(&str, &str, Permission)] = &[
    ("salesOrder", "itemFulfillment", ("TRAN_SALESORDFULFILL", "Fulfill Sales Orders")),
    ("salesOrder", "invoice", ("TRAN_SALESORDINVOICE", "Invoice Sales Orders")),
    ("salesOrder", "cashSale", ("TRAN_SALESORDINVOICE", "Invoice Sales Orders")),
    ("returnAuthorization", "itemReceipt", ("TRAN_RTNAUTHRECEIVE", "Receive Returns")),
    ("returnAuthorization", "creditMemo", ("TRAN_RTNAUTHCREDIT", "Refund Returns")),
    ("returnAuthorization", "cashRefund", ("TRAN_RTNAUTHCREDIT", "Refund Returns")),
];

/// Refuses when the role lacks the permission.
///
/// # Errors
/// 403 `INSUFFICIENT_PERMISSION`, naming it.
pub(crate) fn check(settings: &NetSuiteSettings, (id, title): (&str, &str)) -> Result<(), Refusal> {
    if !settings.missing_permissions.contains(id) {
        return Ok(());
    }
    let detail = format!(
        "Permission Violation: You need the '{title}' permission ({id}) to access this page. Please contact your \
         account administrator."
    );
    Err(Refusal::new(StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSION", detail))
}

/// Refuses when the role may not use records of this type.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_type(settings: &NetSuiteSettings, record_type: &str) -> Result<(), Refusal> {
    if record_type.starts_with("customrecord_") {
        check(settings, (record_type, "Custom Record"))?;
        return check(settings, CUSTOM_RECORDS);
    }
    let known = TYPES.iter().find(|(name, _)| *name == record_type).map(|(_, permission)| *permission);
    match known {
        Some(permission) => check(settings, permission),
        None if record_type.ends_with("Item") => check(settings, ITEMS),
        None => Ok(()),
    }
}

/// Refuses when the role may not make the target, or not from this source.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_transform(
    settings: &NetSuiteSettings,
    source: &str,
    target: &str,
) -> Result<(), Refusal> {
    let made = TRANSFORMS.iter().filter(|(from, to, _)| *from == source && *to == target);
    made.map(|(_, _, permission)| *permission).try_for_each(|permission| check(settings, permission))?;
    check_type(settings, target)
}

/// Refuses when the role may not query this table; `table` in lower case.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_table(settings: &NetSuiteSettings, table: &str) -> Result<(), Refusal> {
    match table {
        "transaction" | "transactionline" | "previoustransactionlinelink" | "nexttransactionlinelink" => {
            check(settings, FIND)
        }
        "item" | "kititemmember" | "itemmember" | "aggregateitemlocation" | "inventorybalance" => {
            check(settings, ITEMS)
        }
        other => check_type(settings, other),
    }
}

impl NetSuite {
    /// Takes a permission away from the integration's role: its id, or the script id of a custom record type. What
    /// needs it answers 403 `INSUFFICIENT_PERMISSION` from now on; without one of the two for logging in, log-ins fail.
    pub fn take_permission(&self, id: &str) {
        self.change_settings(|settings| {
            settings.missing_permissions.insert(id.to_owned());
        });
    }

    /// Gives a permission back.
    pub fn give_permission(&self, id: &str) {
        self.change_settings(|settings| {
            settings.missing_permissions.remove(id);
        });
    }
}

/// Routes of permissions.
pub(super) fn routes() -> Router<NetSuite> {
    Router::new().route("/permissions", get(missing)).route("/permissions/{id}", put(give).delete(take))
}

fn shown(missing: &BTreeSet<String>) -> Json<Value> {
    Json(json!({"missing": missing}))
}

async fn missing(State(netsuite): State<NetSuite>) -> Json<Value> {
    shown(&netsuite.settings().missing_permissions)
}

async fn give(State(netsuite): State<NetSuite>, Path(id): Path<String>) -> Json<Value> {
    netsuite.give_permission(&id);
    missing(State(netsuite)).await
}

async fn take(State(netsuite): State<NetSuite>, Path(id): Path<String>) -> Json<Value> {
    netsuite.take_permission(&id);
    missing(State(netsuite)).await
}
