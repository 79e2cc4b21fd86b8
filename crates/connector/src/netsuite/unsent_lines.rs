//! Units of sales orders that Amazon shall ship and does not have yet.
//!
//! Source: tables `transaction` and `transactionline` of the query service (NetSuite help, section 157909186990). Sales
//! lines have quantities below zero. The order's own location stands on its main line.

use amz_domain::{ItemId, SalesOrderId};
use amz_services::failure::PortError;
use amz_services::ports::stock::UnsentLine;
use rust_decimal::Decimal;

use super::change_feed::since_go_live;
use super::stock_items::kind;
use super::stock_query::{OptionalColumn, marks, number};
use super::stock_settings::AmazonLineRules;
use super::suiteql::{Query, Row, column};
use super::{NetSuite, NetSuiteSettings};

const OPERATION: &str = "salesOrder.unsent";

/// Set on lines that NetSuite adds for the members of a kit; the kit itself is a line already.
const KIT: OptionalColumn = OptionalColumn { table: "l", name: "kitmemberof" };

/// Lines of these items and of kits that wait to be sent; all lines when no items are named.
pub(super) async fn read(netsuite: &NetSuite, items: &[ItemId]) -> Result<Vec<UnsentLine>, PortError> {
    let stock = netsuite.stock_settings(OPERATION)?;
    let Some(rule) = rule(&stock.amazon_lines, netsuite.settings()) else { return Ok(Vec::new()) };
    let rule = of_items(rule, items);
    let mut lines = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let page = netsuite
            .query_with(&[KIT], |optional| query(netsuite.settings(), &rule, after.as_ref(), optional))
            .await?;
        for row in &page.rows {
            lines.extend(unsent_line(row)?);
        }
        let Some(last) = page.rows.last() else {
            // with lines unseen, stock would be sold twice
            let (selection, parameters) = waiting(netsuite.settings(), &rule, after.as_ref());
            netsuite.confirm_no_rows(OPERATION, &selection, parameters).await?;
            return Ok(lines);
        };
        if !page.more {
            return Ok(lines);
        }
        after = Some(Place::of(last)?);
    }
}

/// Where a page ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    order: String,
    line: String,
}

impl Place {
    fn of(row: &Row) -> Result<Self, PortError> {
        let text = |name| column(row, name, OPERATION).map(str::to_owned);
        Ok(Self { order: text("sales_order")?, line: text("line")? })
    }
}

/// A condition and its parameters.
type Rule = (String, Vec<String>);

/// The condition that a line is Amazon's; `None` when no rule makes any so.
fn rule(rules: &AmazonLineRules, settings: &NetSuiteSettings) -> Option<Rule> {
    let AmazonLineRules { line_flag, location, sales_channels } = rules;
    let (mut any, mut parameters) = (Vec::new(), Vec::new());
    if *line_flag {
        any.push(format!("l.{} = 'T'", settings.fields.line_fulfill));
    }
    if let Some(location) = location {
        any.push("NVL(l.location, m.location) = ?".to_owned());
        parameters.push(location.as_str().to_owned());
    }
    if !sales_channels.is_empty() {
        any.push(format!("t.saleschannel IN ({})", marks(sales_channels.len())));
        parameters.extend(sales_channels.iter().map(|channel| channel.as_str().to_owned()));
    }
    (!any.is_empty()).then(|| (any.join(" OR "), parameters))
}

/// The rule, for lines of some items and of kits alone.
fn of_items((rule, mut parameters): Rule, items: &[ItemId]) -> Rule {
    if items.is_empty() {
        return (rule, parameters);
    }
    parameters.extend(items.iter().map(|item| item.as_str().to_owned()));
    (format!("({rule}) AND (l.item IN ({}) OR l.itemtype = 'Kit')", marks(items.len())), parameters)
}

/// Open lines of approved orders. Whether the line was sent shows on the line: an order that Amazon has may have
/// got more lines since.
fn query(settings: &NetSuiteSettings, rule: &Rule, after: Option<&Place>, optional: &str) -> Query {
    let (from, parameters) = waiting(settings, rule, after);
    let text = format!(
        "SELECT t.id AS sales_order, l.id AS line, l.item AS item, l.itemtype AS kind, l.quantity AS quantity, \
         l.quantityshiprecv AS fulfilled{optional} {from} ORDER BY t.id, l.id"
    );
    Query { operation: OPERATION, text, parameters, limit: settings.page_size }
}

/// The lines behind a place, with their parameters.
fn waiting(
    settings: &NetSuiteSettings,
    (rule, of_rule): &Rule,
    after: Option<&Place>,
) -> (String, Vec<String>) {
    let line_id = &settings.fields.line_id;
    let mut text = format!(
        "FROM transaction t JOIN transactionline l ON l.transaction = t.id \
         JOIN transactionline m ON m.transaction = t.id \
         WHERE t.type = 'SalesOrd' AND t.status IN ('B', 'D', 'E') AND m.mainline = 'T' \
         AND l.mainline = 'F' AND l.taxline = 'F' AND NVL(l.isclosed, 'F') = 'F' AND l.item IS NOT NULL \
         AND l.itemtype IN ('InvtPart', 'NonInvtPart', 'Kit', 'Assembly') \
         AND l.quantity + NVL(l.quantityshiprecv, 0) < 0 AND l.{line_id} IS NULL AND ({rule})"
    );
    let mut parameters = of_rule.clone();
    if let Some((condition, day)) = since_go_live(settings) {
        text += &format!(" AND {condition}");
        parameters.push(day);
    }
    if let Some(Place { order, line }) = after {
        text += " AND (t.id > ? OR (t.id = ? AND l.id > ?))";
        parameters.extend([order.clone(), order.clone(), line.clone()]);
    }
    (text, parameters)
}

/// The line of a row; `None` when it only repeats a part of a kit.
fn unsent_line(row: &Row) -> Result<Option<UnsentLine>, PortError> {
    if row.contains_key(KIT.name) {
        return Ok(None);
    }
    let level = |name| number(row, name, OPERATION).map(Option::unwrap_or_default);
    let quantity: Decimal = -level("quantity")? - level("fulfilled")?;
    if quantity <= Decimal::ZERO {
        return Ok(None);
    }
    Ok(Some(UnsentLine {
        sales_order: SalesOrderId::new(column(row, "sales_order", OPERATION)?),
        item: ItemId::new(column(row, "item", OPERATION)?),
        kind: kind(row.get("kind").map(String::as_str).unwrap_or_default()),
        quantity,
    }))
}

#[cfg(test)]
mod tests {
    use amz_services::inventory::StockItemKind;

    use super::*;
    use crate::netsuite::settings::tests::settings;

    fn rules() -> AmazonLineRules {
        AmazonLineRules {
            line_flag: true,
            location: Some("7".into()),
            sales_channels: ["3".into(), "4".into()].into(),
        }
    }

    fn text_of(settings: &NetSuiteSettings, rules: &AmazonLineRules, after: Option<&Place>) -> Query {
        query(settings, &rule(rules, settings).unwrap(), after, "")
    }

    fn row(columns: &[(&str, &str)]) -> Row {
        let of_order = [("sales_order", "42"), ("line", "1"), ("item", "301"), ("kind", "Kit")];
        let columns = of_order.iter().chain(columns);
        columns.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn any_rule_makes_a_line_amazons_and_none_makes_none() {
        let query = text_of(&settings(), &rules(), None);
        let condition = "AND (l.custcol_amz_fulfill = 'T' OR NVL(l.location, m.location) = ? \
                         OR t.saleschannel IN (?, ?)) ORDER BY t.id, l.id";
        assert!(query.text.ends_with(condition), "{}", query.text);
        assert_eq!(query.parameters, ["7", "3", "4"]);
        assert_eq!(rule(&AmazonLineRules::default(), &settings()), None);
    }

    #[test]
    fn only_open_lines_of_approved_orders_count_that_amazon_does_not_have() {
        let text = text_of(&settings(), &rules(), None).text;
        for condition in [
            "t.type = 'SalesOrd' AND t.status IN ('B', 'D', 'E')",
            "NVL(l.isclosed, 'F') = 'F'",
            "l.quantity + NVL(l.quantityshiprecv, 0) < 0",
            "l.custcol_amz_line_id IS NULL",
        ] {
            assert!(text.contains(condition), "{condition} in {text}");
        }
    }

    #[test]
    fn pages_go_on_after_order_and_line_and_begin_with_the_first_day() {
        let mut settings = settings();
        settings.go_live = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let only_flag = AmazonLineRules { line_flag: true, ..AmazonLineRules::default() };
        let after = Place { order: "42".to_owned(), line: "3".to_owned() };
        let query = text_of(&settings, &only_flag, Some(&after));
        assert_eq!(query.parameters, ["2025-12-31 16:00:00", "42", "42", "3"]);
        assert!(
            query.text.contains("AND t.createddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') AND (t.id > ? OR")
        );
        assert_eq!(query.text.matches('?').count(), query.parameters.len());
    }

    #[test]
    fn open_units_are_what_was_sold_less_what_was_fulfilled() {
        let line = unsent_line(&row(&[("quantity", "-5"), ("fulfilled", "1.5")])).unwrap().unwrap();
        assert_eq!((line.sales_order.as_str(), line.item.as_str()), ("42", "301"));
        assert_eq!((line.kind, line.quantity), (StockItemKind::Kit, "3.5".parse().unwrap()));
        let untouched = unsent_line(&row(&[("quantity", "-5")])).unwrap().unwrap();
        assert_eq!(untouched.quantity, Decimal::from(5));
    }

    #[test]
    fn lines_that_are_done_or_repeat_a_part_of_a_kit_are_left_out() {
        assert_eq!(unsent_line(&row(&[("quantity", "-5"), ("fulfilled", "5")])).unwrap(), None);
        assert_eq!(unsent_line(&row(&[("quantity", "-5"), ("kitmemberof", "1")])).unwrap(), None);
        assert!(unsent_line(&row(&[("quantity", "five")])).is_err());
    }
}
