//! Sales orders that another connector sent to Amazon, by the fields it wrote.
//!
//! Orders that carry our own field are ours, whatever stands in the others.

use amz_domain::SalesOrderId;
use amz_services::failure::PortError;
use amz_services::ports::netsuite::SentByOther;

use super::account_orders::after_order;
use super::suiteql::{Query, Row, column};
use super::{NetSuite, NetSuiteSettings};

const OPERATION: &str = "salesOrder.sentByOthers";

/// One page of such orders, by internal id; none when no fields are set.
pub(super) async fn page(
    netsuite: &NetSuite,
    after: Option<&SalesOrderId>,
) -> Result<Vec<SentByOther>, PortError> {
    let settings = netsuite.settings();
    if settings.adoption_fields.is_empty() {
        return Ok(Vec::new());
    }
    let (selection, parameters) = sent(settings, after);
    let query = netsuite.page_of(OPERATION, &select(settings), &selection, &parameters, "t.id");
    let page = netsuite.rest().query(query).await?;
    if page.rows.is_empty() {
        netsuite.confirm_no_rows(OPERATION, &selection, parameters).await?;
    }
    // a field may hold nothing but blanks; such a row still stands for its place in the page
    page.rows.iter().map(|row| sent_by_other(row, settings)).collect()
}

/// What was written on one order; `None` when nothing, or when it is ours.
pub(super) async fn of_order(
    netsuite: &NetSuite,
    order: &SalesOrderId,
) -> Result<Option<SentByOther>, PortError> {
    let settings = netsuite.settings();
    if settings.adoption_fields.is_empty() {
        return Ok(None);
    }
    let (selection, parameters) = one(order);
    let text = format!("{}, t.{} AS own {selection}", select(settings), settings.fields.order_id);
    let query = Query { operation: OPERATION, text, parameters: parameters.clone(), limit: 1 };
    let rows = netsuite.rest().query(query).await?.rows;
    let Some(row) = rows.first() else {
        // an order that is taken for new would be sent to Amazon a second time
        netsuite.confirm_no_rows(OPERATION, &selection, parameters).await?;
        return Ok(None);
    };
    if row.get("own").is_some_and(|own| !own.trim().is_empty()) {
        return Ok(None);
    }
    let sent = sent_by_other(row, settings)?;
    Ok(Some(sent).filter(|sent| !sent.names.is_empty()))
}

/// The columns: the order and every field, numbered as they are set.
fn select(settings: &NetSuiteSettings) -> String {
    let fields = settings.adoption_fields.iter().enumerate();
    let fields: String = fields.map(|(number, field)| format!(", t.{field} AS name{number}")).collect();
    format!("SELECT t.id AS id{fields}")
}

fn sent(settings: &NetSuiteSettings, after: Option<&SalesOrderId>) -> (String, Vec<String>) {
    let any = settings.adoption_fields.iter().map(|field| format!("t.{field} IS NOT NULL"));
    let any = any.collect::<Vec<_>>().join(" OR ");
    let mut selection = format!(
        "FROM transaction t WHERE t.type = 'SalesOrd' AND t.{} IS NULL AND ({any})",
        settings.fields.order_id
    );
    let mut parameters = Vec::new();
    after_order(&mut selection, &mut parameters, after);
    (selection, parameters)
}

fn one(order: &SalesOrderId) -> (String, Vec<String>) {
    let selection = "FROM transaction t WHERE t.type = 'SalesOrd' AND t.id = ?";
    (selection.to_owned(), vec![order.as_str().to_owned()])
}

fn sent_by_other(row: &Row, settings: &NetSuiteSettings) -> Result<SentByOther, PortError> {
    let sales_order = SalesOrderId::new(column(row, "id", OPERATION)?);
    let mut names: Vec<String> = Vec::new();
    for number in 0..settings.adoption_fields.len() {
        let name = row.get(&format!("name{number}")).map(|name| name.trim()).unwrap_or_default();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(SentByOther { sales_order, names })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::settings::tests::settings;

    fn adopting() -> NetSuiteSettings {
        let fields = ["custbody_other_order_id", "custbody_other_alias"];
        NetSuiteSettings { adoption_fields: fields.map(str::to_owned).into(), ..settings() }
    }

    fn names(columns: &[(&str, &str)]) -> Vec<String> {
        let columns = [("id", "42")].iter().chain(columns);
        let row = columns.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        sent_by_other(&row, &adopting()).unwrap().names
    }

    #[test]
    fn orders_with_any_of_the_fields_are_listed_unless_they_are_ours() {
        let (selection, parameters) = sent(&adopting(), Some(&"41".into()));
        assert_eq!(
            selection,
            "FROM transaction t WHERE t.type = 'SalesOrd' AND t.custbody_amz_order_id IS NULL \
             AND (t.custbody_other_order_id IS NOT NULL OR t.custbody_other_alias IS NOT NULL) AND t.id > ?"
        );
        assert_eq!(parameters, ["41"]);
        assert_eq!(
            select(&adopting()),
            "SELECT t.id AS id, t.custbody_other_order_id AS name0, t.custbody_other_alias AS name1"
        );
    }

    #[test]
    fn names_come_in_the_order_of_the_fields_once_each() {
        assert_eq!(names(&[("name1", "alias"), ("name0", "322-1")]), ["322-1", "alias"]);
        assert_eq!(names(&[("name0", " "), ("name1", " alias ")]), ["alias"]);
        assert_eq!(names(&[("name0", "322-1"), ("name1", "322-1")]), ["322-1"]);
        assert_eq!(names(&[]), [""; 0]);
    }
}
