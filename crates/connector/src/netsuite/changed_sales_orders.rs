//! The change feed of sales orders, read by the query service so that no script is needed in the account.
//!
//! Date-times in queries are texts in the zone of the integration user. Such texts go back by an hour when
//! summer time ends; the caller's overlap has to cover that hour.

use amz_services::failure::PortError;
use amz_services::ports::ChangedSalesOrders;
use amz_services::ports::netsuite::{ChangedPage, FeedPosition};
use async_trait::async_trait;

use super::suiteql::{Query, column};
use super::{NetSuite, NetSuiteSettings};

const OPERATION: &str = "salesOrder.changed";

#[async_trait]
impl ChangedSalesOrders for NetSuite {
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedPage, PortError> {
        let page = self.rest().query(query(self.settings(), after.as_ref())).await?;
        let position = |row: &super::suiteql::Row| {
            Ok(FeedPosition {
                modified: column(row, "modified", OPERATION)?.to_owned(),
                id: column(row, "id", OPERATION)?.into(),
            })
        };
        let rows = page.rows.iter().map(position).collect::<Result<_, PortError>>()?;
        Ok(ChangedPage { rows, more: page.more })
    }
}

/// Sales orders that Amazon could have to ship or already has, oldest change first.
fn query(settings: &NetSuiteSettings, after: Option<&FeedPosition>) -> Query {
    let linked = format!("t.{} IS NOT NULL", settings.fields.order_id);
    let mut parameters = Vec::new();
    let candidate = match settings.go_live {
        Some(go_live) => {
            parameters
                .push(go_live.with_timezone(&settings.timezone).format("%Y-%m-%d %H:%M:%S").to_string());
            "t.status = 'B' AND t.createddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')"
        }
        None => "t.status = 'B'",
    };
    let mut text = format!(
        "SELECT t.id AS id, TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD\"T\"HH24:MI:SS') AS modified \
         FROM transaction t WHERE t.type = 'SalesOrd' AND (({candidate}) OR {linked})"
    );
    if let Some(FeedPosition { modified, id }) = after {
        text.push_str(
            " AND (t.lastmodifieddate > TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') \
             OR (t.lastmodifieddate = TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') AND t.id > ?))",
        );
        let modified = modified.replacen('T', " ", 1);
        parameters.extend([modified.clone(), modified, id.as_str().to_owned()]);
    }
    text.push_str(" ORDER BY t.lastmodifieddate, t.id");
    Query { operation: OPERATION, text, parameters, limit: settings.page_size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::auth::{NetSuiteAuthSettings, TokenBasedSettings};

    fn settings() -> NetSuiteSettings {
        let auth = NetSuiteAuthSettings::TokenBased(TokenBasedSettings {
            consumer_key: String::new(),
            consumer_secret: "".into(),
            token_id: String::new(),
            token_secret: "".into(),
        });
        NetSuiteSettings::new("https://example.com".parse().unwrap(), "1", auth)
    }

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
}
