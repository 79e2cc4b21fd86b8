//! Currencies of transactions.

use amz_domain::Currency;

use super::NetSuiteSettings;
use super::reading::{FieldProblem, Node};

/// Currency records have names that merchants choose; a code is what the settings say, or a name that is one.
pub(super) fn currency(field: &Node<'_>, settings: &NetSuiteSettings) -> Result<Currency, FieldProblem> {
    if field.is_absent() {
        return Ok(settings.base_currency);
    }
    let id = field.id()?;
    if let Some(currency) = id.as_deref().and_then(|id| settings.currencies.get(id)) {
        return Ok(*currency);
    }
    let currency = match field.reference_name().or(id).as_deref() {
        // the names that NetSuite itself gives the dollar; the first looks like a code and is none
        Some("USA" | "US Dollar") => Some(Currency::USD),
        Some(name) => Currency::try_from(name).ok(),
        None => None,
    };
    field.require(currency, "a currency named by its code, or an id that the settings translate")
}
