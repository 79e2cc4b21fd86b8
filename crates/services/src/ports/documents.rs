//! What the services need from NetSuite about transactions that follow from a sales order.

use amz_domain::{
    AccountId, Document, DocumentHead, DocumentId, DocumentKey, DocumentKind, DocumentMarks, EntityId,
    ExternalId, LineNumber, LocationId, Quantity, SalesOrderId, document::FollowedOrder,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::failure::PortError;
use crate::ports::netsuite::FeedPosition;

/// Return authorizations, receipts, bills, credits and refunds.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Documents: Send + Sync {
    /// All documents that follow from a sales order, directly or through another document, by internal id.
    ///
    /// # Errors
    /// Read failures.
    async fn of_order(&self, order: &SalesOrderId) -> Result<Vec<DocumentHead>, PortError>;

    /// Which sales order a document follows from; `None` when from none, or when there is no such document.
    ///
    /// # Errors
    /// Read failures.
    async fn order_of(&self, document: &DocumentKey) -> Result<Option<FollowedOrder>, PortError>;

    /// Reads a document with its lines; `None` when there is none, or the role cannot see it.
    ///
    /// # Errors
    /// Read failures; `BadRecord` names the field that could not be understood.
    async fn read(&self, document: &DocumentKey) -> Result<Option<Document>, PortError>;

    /// Reads a document by its external id; `None` when there is none of this kind.
    ///
    /// # Errors
    /// Read failures.
    async fn find(&self, kind: DocumentKind, external_id: &ExternalId)
    -> Result<Option<Document>, PortError>;

    /// Makes a document, under our external id.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id is taken, `Refused` with the code
    /// [`CLOSED_PERIOD`] when the date lies in a closed period.
    async fn create(&self, new: &NewDocument) -> Result<DocumentId, PortError>;

    /// Changes a document. Repeating the same patch leaves the same document.
    ///
    /// # Errors
    /// Any failure.
    async fn patch(&self, document: &DocumentKey, patch: &DocumentPatch) -> Result<(), PortError>;

    /// True when taxes can be written on lines, as accounts with legacy tax need it and few allow.
    fn writes_line_taxes(&self) -> bool;

    /// Writes taxes on lines of a document. Repeating it leaves the same document.
    ///
    /// # Errors
    /// Any failure; `Refused` where taxes cannot be written.
    async fn set_line_taxes(&self, document: &DocumentKey, taxes: &[LineTax]) -> Result<(), PortError>;
}

/// Code of the refusal of a date that lies in a closed accounting period.
pub const CLOSED_PERIOD: &str = "closed_period";

/// Accounting periods.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AccountingPeriods: Send + Sync {
    /// The first day at or after `from` that can be posted to; `None` when there is none.
    ///
    /// # Errors
    /// Read failures.
    async fn first_open_day(&self, from: NaiveDate) -> Result<Option<NaiveDate>, PortError>;
}

/// The change feed of return authorizations, credit memos, cash refunds and customer refunds.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ChangedDocuments: Send + Sync {
    /// One page of documents changed at or after a position, oldest first.
    ///
    /// # Errors
    /// Read failures.
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedDocumentsPage, PortError>;
}

/// One page of the change feed of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDocumentsPage {
    /// The rows, oldest first.
    pub rows: Vec<ChangedDocument>,
    /// True when there may be more rows now.
    pub more: bool,
}

/// One row of the change feed of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDocument {
    /// Its place in the feed.
    pub position: FeedPosition,
    /// Which document.
    pub document: DocumentKey,
    /// True when it was not changed since it was made.
    pub is_new: bool,
}

/// A document as NetSuite shall make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// Which transaction.
    pub kind: DocumentKind,
    /// What it is made from.
    pub source: DocumentSource,
    /// Our external id.
    pub external_id: ExternalId,
    /// Posting date; NetSuite's today when absent.
    pub date: Option<NaiveDate>,
    /// Text on the body.
    pub memo: Option<String>,
    /// Its lines.
    pub lines: Vec<NewDocumentLine>,
    /// All other lines of the source, to be left out explicitly: NetSuite takes what is not mentioned in full.
    pub left_out: Vec<LineNumber>,
    /// Location on the body and the lines.
    pub location: Option<LocationId>,
    /// Of a return authorization: approved at once, or left to staff.
    pub approved: bool,
    /// Shipping charge that is taken back.
    pub shipping: Option<Decimal>,
    /// Handling charge that is taken back.
    pub handling: Option<Decimal>,
    /// Account that pays, for refunds that need one.
    pub account: Option<AccountId>,
    /// What it is applied to: the invoice of a credit memo, the credit memo of a customer refund.
    pub apply_to: Option<Application>,
    /// Our fields.
    pub marks: DocumentMarks,
}

/// What a new document is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// A sales order, by transform.
    SalesOrder(SalesOrderId),
    /// Another document, by transform.
    Document(DocumentKey),
    /// Nothing: a customer refund, which NetSuite does not make by transform from a credit memo.
    Customer(EntityId),
}

/// What a document is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The other document.
    pub document: DocumentId,
    /// How much; all of it when absent.
    pub amount: Option<Decimal>,
}

/// A line of a document as NetSuite shall make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocumentLine {
    /// The source's line.
    pub source_line: LineNumber,
    /// Units.
    pub quantity: Quantity,
    /// Amount before tax; NetSuite's own when absent.
    pub amount: Option<Decimal>,
    /// Tax; NetSuite's own when absent.
    pub tax: Option<Decimal>,
    /// Why it comes back (`custcol_amz_return_reason`).
    pub reason: Option<String>,
    /// Of an item receipt: whether the units go back into stock, where NetSuite can be told.
    pub restock: Option<bool>,
}

/// The tax that shall stand on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTax {
    /// The document's own line.
    pub line: LineNumber,
    /// Its tax.
    pub tax: Decimal,
}

/// What to change on a document; what is `None` or empty stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentPatch {
    /// Text on the body.
    pub memo: Option<String>,
    /// Lines of which nothing more will happen.
    pub close: Vec<LineNumber>,
    /// Our fields.
    pub marks: DocumentMarks,
}
