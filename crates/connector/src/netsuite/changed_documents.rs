//! The change feed of return authorizations, credit memos, cash refunds and customer refunds.

use amz_domain::DocumentKey;
use amz_services::failure::PortError;
use amz_services::ports::ChangedDocuments;
use amz_services::ports::documents::{ChangedDocument, ChangedDocumentsPage};
use amz_services::ports::netsuite::FeedPosition;
use async_trait::async_trait;

use super::change_feed::{self, instant_text, position, since_go_live};
use super::documents::kind_of_column;
use super::suiteql::{Query, Row, column};
use super::{NetSuite, NetSuiteSettings};

const OPERATION: &str = "documents.changed";

#[async_trait]
impl ChangedDocuments for NetSuite {
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedDocumentsPage, PortError> {
        let page = self.rest().query(query(self.settings(), after.as_ref())).await?;
        let rows = page.rows.iter().map(changed_document).collect::<Result<_, _>>()?;
        Ok(ChangedDocumentsPage { rows, more: page.more })
    }
}

/// Documents made on the first day or later, and older ones that follow from an order that Amazon has.
fn query(settings: &NetSuiteSettings, after: Option<&FeedPosition>) -> Query {
    let (modified, created) = (instant_text("t.lastmodifieddate"), instant_text("t.createddate"));
    let mut text = format!(
        "SELECT t.id AS id, t.type AS type, {modified} AS modified, {created} AS created \
         FROM transaction t WHERE t.type IN ('RtnAuth', 'CustCred', 'CashRfnd', 'CustRfnd')"
    );
    let mut parameters = Vec::new();
    if let Some((condition, day)) = since_go_live(settings) {
        text += &format!(" AND ({condition} OR t.{} IS NOT NULL)", settings.fields.order_id);
        parameters.push(day);
    }
    change_feed::page(settings, OPERATION, text, parameters, after)
}

fn changed_document(row: &Row) -> Result<ChangedDocument, PortError> {
    let position = position(row, OPERATION)?;
    let document = DocumentKey::new(kind_of_column(row, OPERATION)?, position.id.as_str());
    let is_new = column(row, "created", OPERATION)? == position.modified;
    Ok(ChangedDocument { position, document, is_new })
}

#[cfg(test)]
mod tests {
    use amz_domain::DocumentKind;

    use super::*;
    use crate::netsuite::settings::tests::settings;

    fn row(document_type: &str, created: &str) -> Row {
        let columns = [
            ("id", "900"),
            ("type", document_type),
            ("created", created),
            ("modified", "2026-03-01T10:00:00"),
        ];
        columns.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn a_document_is_new_until_it_is_changed() {
        let new = changed_document(&row("CustCred", "2026-03-01T10:00:00")).unwrap();
        assert_eq!(new.document, DocumentKey::new(DocumentKind::CreditMemo, "900"));
        assert_eq!(new.position, FeedPosition { modified: "2026-03-01T10:00:00".into(), id: "900".into() });
        assert!(new.is_new);
        assert!(!changed_document(&row("RtnAuth", "2026-03-01T09:59:59")).unwrap().is_new);
        assert!(changed_document(&row("VendBill", "2026-03-01T10:00:00")).is_err(), "not asked for");
    }

    #[test]
    fn a_position_selects_by_time_and_id_within_the_four_types() {
        let after = FeedPosition { modified: "2026-03-01T10:00:00".into(), id: "42".into() };
        let query = query(&settings(), Some(&after));
        assert_eq!(query.parameters, ["2026-03-01 10:00:00", "2026-03-01 10:00:00", "42"]);
        let rule =
            "WHERE t.type IN ('RtnAuth', 'CustCred', 'CashRfnd', 'CustRfnd') AND (t.lastmodifieddate >";
        assert!(query.text.contains(rule), "{}", query.text);
        assert!(query.text.ends_with("ORDER BY t.lastmodifieddate, t.id"));
    }

    #[test]
    fn documents_from_before_the_first_day_are_listed_only_when_they_belong_to_an_amazon_order() {
        let mut settings = settings();
        settings.go_live = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let query = query(&settings, None);
        assert_eq!(query.parameters, ["2025-12-31 16:00:00"]);
        let rule = " AND (t.createddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') \
                    OR t.custbody_amz_order_id IS NOT NULL)";
        assert!(query.text.contains(rule), "{}", query.text);
    }
}
