//! Transactions that follow from a sales order: returns, receipts, bills, credits and refunds.
//!
//! | file | what |
//! | --- | --- |
//! | `record_types` | the seven record types and their names in queries |
//! | `tree` | which document follows from which, by queries |
//! | `document` | a record as it is read |
//! | `body` | a record as it is made and changed |

mod body;
mod document;
mod record_types;
mod tree;

use amz_domain::document::FollowedOrder;
use amz_domain::{Document, DocumentHead, DocumentId, DocumentKey, DocumentKind, ExternalId, SalesOrderId};
use amz_services::failure::PortError;
use amz_services::ports::Documents;
use amz_services::ports::documents::{DocumentPatch, DocumentSource, LineTax, NewDocument};
use async_trait::async_trait;
use serde_json::Value;

use super::NetSuite;
use super::reading::Node;
use super::record_service::{Record, RecordKey};
use super::sales_order::SalesOrderRecord;
pub(super) use body::marks_of;
use body::{new_body, patch_body};
use document::document;
pub(super) use record_types::kind_of_column;
use record_types::record_type;

#[async_trait]
impl Documents for NetSuite {
    async fn of_order(&self, order: &SalesOrderId) -> Result<Vec<DocumentHead>, PortError> {
        tree::below(self.rest(), order).await
    }

    async fn order_of(&self, document: &DocumentKey) -> Result<Option<FollowedOrder>, PortError> {
        tree::above(self.rest(), &self.settings().fields, document).await
    }

    async fn read(&self, document: &DocumentKey) -> Result<Option<Document>, PortError> {
        self.document(document.kind, RecordKey::Internal(document.id.as_str())).await
    }

    async fn find(
        &self,
        kind: DocumentKind,
        external_id: &ExternalId,
    ) -> Result<Option<Document>, PortError> {
        self.document(kind, RecordKey::External(external_id)).await
    }

    async fn create(&self, new: &NewDocument) -> Result<DocumentId, PortError> {
        if new.kind == DocumentKind::ItemReceipt && self.restlet_uses().receipts {
            return self.receive(new).await;
        }
        let (records, record) = (self.records(), record_type(new.kind));
        let body = Value::Object(new_body(new, &self.settings().fields));
        let id = match &new.source {
            DocumentSource::SalesOrder(order) => {
                records.transform_of((SalesOrderRecord::PATH, order.as_str()), record, body).await
            }
            DocumentSource::Document(source) => {
                records.transform_of((source.kind.as_str(), source.id.as_str()), record, body).await
            }
            DocumentSource::Customer(_) => records.create_of(record, body).await,
        };
        id.map(DocumentId::new)
    }

    async fn patch(&self, document: &DocumentKey, patch: &DocumentPatch) -> Result<(), PortError> {
        let body = patch_body(patch, &self.settings().fields);
        if body.is_empty() {
            return Ok(());
        }
        let key = RecordKey::Internal(document.id.as_str());
        self.records().patch_of(record_type(document.kind), key, Value::Object(body), &[]).await
    }

    fn writes_line_taxes(&self) -> bool {
        self.restlet_uses().line_tax
    }

    async fn set_line_taxes(&self, document: &DocumentKey, taxes: &[LineTax]) -> Result<(), PortError> {
        self.write_line_taxes(document, taxes).await
    }
}

impl NetSuite {
    async fn document(&self, kind: DocumentKind, key: RecordKey<'_>) -> Result<Option<Document>, PortError> {
        let record = record_type(kind);
        let Some(found) = self.records().get_of(record, key).await? else { return Ok(None) };
        document(kind, &Node::document(&found), self.settings())
            .map(Some)
            .map_err(|problem| problem.into_port_error(record.operations.get))
    }
}

#[cfg(test)]
mod tests;
