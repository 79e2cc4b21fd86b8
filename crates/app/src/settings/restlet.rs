//! Keys and reader of the bundle's RESTlet.

use super::key::{Key, Kind};
use super::model::RestletSettings;
use super::reader::{Faulty, Reader, Scope};

/// What the RESTlet may be used for.
const USES: &[&str] = &["order_marks", "receipts", "line_tax"];

/// Where the RESTlet is, and what it is used for.
pub(super) const RESTLET: &[Key] = &[
    Key::with_default(
        "connection.netsuite.restlet.script",
        Kind::FieldId,
        "customscript_amz_rt_event_entry",
        "Script id of the bundle's RESTlet.",
    ),
    Key::with_default(
        "connection.netsuite.restlet.deploy",
        Kind::FieldId,
        "customdeploy_amz_rt_event_entry",
        "Id of its deployment; the integration's role must be in its audience.",
    ),
    Key::optional(
        "connection.netsuite.restlet.uses",
        Kind::List(&Kind::Choice(USES)),
        "What it is used for: `order_marks` writes marks and lines of a sales order in one save, `receipts` keeps \
         goods that cannot be sold out of stock, `line_tax` writes taxes of credits in accounts with legacy tax. \
         Absent, it is never called.",
    ),
];

/// Reads the table.
pub(super) fn restlet(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<RestletSettings, Faulty> {
    let script = reader.get(scope, "script");
    let deploy = reader.get(scope, "deploy");
    let uses = reader.find::<Vec<String>>(scope, "uses")?.unwrap_or_default();
    let uses_for = |word: &str| uses.iter().any(|used| used == word);
    Ok(RestletSettings {
        script: script?,
        deploy: deploy?,
        order_marks: uses_for("order_marks"),
        receipts: uses_for("receipts"),
        line_tax: uses_for("line_tax"),
    })
}
