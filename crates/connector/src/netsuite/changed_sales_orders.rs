//! The change feed of sales orders, read by the query service so that no script is needed in the account.

use amz_services::failure::PortError;
use amz_services::ports::ChangedSalesOrders;
use amz_services::ports::netsuite::{ChangedPage, FeedPosition};
use async_trait::async_trait;

use super::change_feed::{self, instant_text, position, since_go_live};
use super::suiteql::Query;
use super::{NetSuite, NetSuiteSettings};

const OPERATION: &str = "salesOrder.changed";

#[async_trait]
impl ChangedSalesOrders for NetSuite {
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedPage, PortError> {
        let page = self.rest().query(query(self.settings(), after.as_ref())).await?;
        let rows = page.rows.iter().map(|row| position(row, OPERATION)).collect::<Result<_, _>>()?;
        Ok(ChangedPage { rows, more: page.more })
    }
}

/// Sales orders that Amazon could have to ship or already has, oldest change first. Those that it has are listed
/// whatever became of them here: staff may have closed, billed or cancelled them.
fn query(settings: &NetSuiteSettings, after: Option<&FeedPosition>) -> Query {
    let (amazons, parameters) = amazons(settings);
    let modified = instant_text("t.lastmodifieddate");
    let text = format!("SELECT t.id AS id, {modified} AS modified {amazons}");
    change_feed::page(settings, OPERATION, text, parameters, after)
}

/// The selection of these orders, from its `FROM` on, with its parameters.
pub(super) fn amazons(settings: &NetSuiteSettings) -> (String, Vec<String>) {
    let linked = format!("t.{} IS NOT NULL", settings.fields.order_id);
    let mut candidate = "t.status = 'B'".to_owned();
    let mut parameters = Vec::new();
    if let Some((condition, day)) = since_go_live(settings) {
        candidate += &format!(" AND {condition}");
        parameters.push(day);
    }
    let selection = format!("FROM transaction t WHERE t.type = 'SalesOrd' AND (({candidate}) OR {linked})");
    (selection, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::settings::tests::settings;

    #[test]
    fn a_position_selects_by_time_and_id_and_is_never_part_of_the_text() {
        let after = FeedPosition { modified: "2026-03-01T10:00:00".into(), id: "42".into() };
        let query = query(&settings(), Some(&after));
        assert_eq!(query.parameters, ["2026-03-01 10:00:00", "2026-03-01 10:00:00", "42"]);
        assert_eq!(query.text.matches('?').count(), 3);
        assert!(query.text.ends_with("ORDER BY t.lastmodifieddate, t.id"));
    }

    #[test]
    fn the_first_day_is_told_in_the_accounts_zone_and_spares_linked_orders() {
        let mut settings = settings();
        settings.go_live = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let query = query(&settings, None);
        assert_eq!(query.parameters, ["2025-12-31 16:00:00"]);
        let rule = "((t.status = 'B' AND t.createddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')) \
                    OR t.custbody_amz_order_id IS NOT NULL)";
        assert!(query.text.contains(rule), "{}", query.text);
    }

    #[test]
    fn an_order_that_amazon_has_is_listed_whatever_its_status() {
        let text = query(&settings(), None).text;
        assert!(text.contains("((t.status = 'B') OR t.custbody_amz_order_id IS NOT NULL)"), "{text}");
        assert_eq!(text.matches("status").count(), 1, "no other condition on it");
    }
}
