//! Reads the documents of an order that its refunds rest on.

use amz_domain::{Document, DocumentKey, DocumentKind};

use super::claims::on_document;
use super::external::is_free;
use crate::desk::{Desk, Stop, refusal};
use crate::failure::Failure;
use crate::order_view::OrderView;
use crate::settings::CreditFrom;

/// Reads the documents that matter: those that changed, and of the order what was billed and taken back. `None` when
/// one of them cannot be understood, which is parked.
pub(super) async fn read(
    desk: &mut Desk<'_>,
    view: &OrderView,
    changed: &[DocumentKey],
    needs_all: bool,
) -> Result<Option<Vec<Document>>, Stop> {
    let connection = desk.connection;
    let mut of_order = Vec::new();
    if needs_all {
        let heads = connection.documents.of_order(&view.id).await?;
        of_order = heads.into_iter().map(|head| head.key).collect();
    }
    let returns = connection.settings.refunds.credit_from == CreditFrom::ReturnAuthorization;
    let matters = |kind: DocumentKind| {
        kind.is_bill() || kind.is_credit() || (returns && kind == DocumentKind::ReturnAuthorization)
    };
    let mut keys: Vec<DocumentKey> = changed.to_vec();
    keys.extend(of_order.iter().filter(|key| matters(key.kind)).cloned());
    let mut documents: Vec<Document> = Vec::with_capacity(keys.len());
    let mut position = 0;
    while let Some(key) = keys.get(position).cloned() {
        position += 1;
        if documents.iter().any(|document| document.key == key) {
            continue;
        }
        // what waits on a return authorization itself is the business of returns
        let subject = match key.kind {
            DocumentKind::ReturnAuthorization => format!("refund/{key}"),
            _ => on_document(&key),
        };
        match connection.documents.read(&key).await {
            Ok(Some(document)) => {
                // what a credit of staff's waits for is not answered by reading it
                if !is_free(&document, &view.links) {
                    desk.unpark(&subject).await?;
                }
                keys.extend(made_from(&document, &of_order).cloned());
                documents.push(document);
            }
            Ok(None) => desk.note(format!("{key} is not there any more")),
            Err(error) if matches!(error.failure, Failure::BadRecord | Failure::Refused) => {
                desk.park(&subject, &refusal(&error)).await?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(documents))
}

/// The return authorization that a credit was made from, when its lines cannot be told without it.
fn made_from<'look>(document: &Document, of_order: &'look [DocumentKey]) -> Option<&'look DocumentKey> {
    let is_plain = document.lines.iter().all(|line| !line.kind.is_goods() || line.amazon_line.is_some());
    let mut authorizations = of_order.iter().filter(|key| key.kind == DocumentKind::ReturnAuthorization);
    let from = authorizations.find(|key| document.created_from.as_ref() == Some(&key.id));
    from.filter(|_| document.key.kind.is_credit() && !is_plain)
}
