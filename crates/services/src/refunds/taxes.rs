//! Taxes of a credit that NetSuite made otherwise than planned.
//!
//! In accounts with legacy tax the record service works taxes out itself, or leaves them away. Where they can be written
//! on lines, the credit gets the planned ones before Amazon is told.

use amz_domain::{Document, DocumentLine, Money};

use super::books::Books;
use super::progress::as_planned;
use super::run::Look;
use crate::desk::{Stop, Written, intent};
use crate::intent::Operation;
use crate::link::{RefundLink, RefundedLine};
use crate::orders::digest;
use crate::ports::documents::LineTax;

/// The lines of a document of ours whose tax must be written; none when it comes to what was planned, when Amazon was
/// told of it, or when it does not hold each planned line once.
fn wrong_taxes(books: &Books<'_>, document: &Document, link: &RefundLink) -> Vec<LineTax> {
    let total = Money::new(document.total, document.currency);
    if link.reported.is_some() || as_planned(link, document, total).is_ok() {
        return Vec::new();
    }
    let goods = document.lines.iter().filter(|line| line.kind.is_goods() && !line.quantity.is_zero());
    let goods: Vec<&DocumentLine> = goods.collect();
    let of = |planned: &RefundedLine| {
        let mut lines =
            goods.iter().filter(|line| books.order_line(document, line) == Some(planned.order_line));
        lines.next().filter(|_| lines.next().is_none()).map(|line| (*line, planned.tax))
    };
    let Some(planned) = link.lines.iter().map(of).collect::<Option<Vec<_>>>() else { return Vec::new() };
    if planned.len() != goods.len() {
        return Vec::new();
    }
    let wrong = planned.into_iter().filter(|(line, tax)| line.tax != Some(*tax));
    wrong.map(|(line, tax)| LineTax { line: line.line, tax }).collect()
}

impl Look<'_, '_> {
    /// Writes the planned taxes on a document of ours where that is possible and needed, and reads it back.
    pub(super) async fn correct_taxes(
        &mut self,
        document: Document,
        link: &RefundLink,
    ) -> Result<Written<Document>, Stop> {
        let connection = self.desk.connection;
        if !connection.documents.writes_line_taxes() {
            return Ok(Written::Done(document));
        }
        let taxes = wrong_taxes(&self.books(), &document, link);
        if taxes.is_empty() {
            return Ok(Written::Done(document));
        }
        let write = intent(
            Operation::MarkDocument,
            format!("document {} taxes", document.key),
            &digest(&format!("{taxes:?}")),
        );
        let send = connection.documents.set_line_taxes(&document.key, &taxes);
        match self.desk.write_repeatably(write, send, Vec::new()).await? {
            Written::Done(()) => {}
            Written::Wait(at) => return Ok(Written::Wait(at)),
            Written::Parked(reason) => return Ok(Written::Parked(reason)),
        }
        let read = connection.documents.read(&document.key).await?.unwrap_or(document);
        self.documents.retain(|known| known.key != read.key);
        self.documents.push(read.clone());
        Ok(Written::Done(read))
    }
}
