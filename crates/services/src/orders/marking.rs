//! Writes our fields on a sales order, and keeps the snapshot in step with what was written.

use amz_domain::{SalesOrder, SyncState};
use sha2::{Digest, Sha256};

use super::SUBJECT;
use super::plan::missing_ids;
use crate::desk::{Desk, Stop, Written, intent};
use crate::intent::Operation;
use crate::link::SentOrder;
use crate::parking::Reason;
use crate::ports::netsuite::SalesOrderPatch;

/// Writes our fields on the sales order.
pub(super) async fn mark(
    desk: &mut Desk<'_>,
    order: &mut SalesOrder,
    patch: &SalesOrderPatch,
) -> Result<Written<()>, Stop> {
    let connection = desk.connection;
    let mark =
        intent(Operation::MarkSalesOrder, format!("order {}", order.id), &digest(&format!("{patch:?}")));
    let id = order.id.clone();
    let written = desk.write_repeatably(mark, connection.sales_orders.patch(&id, patch), Vec::new()).await?;
    if matches!(written, Written::Done(())) {
        reflect(order, patch);
    }
    Ok(written)
}

/// Parks the order and says so on the order itself, where staff see it, with Amazon's ids if it has any.
pub(super) async fn park(
    desk: &mut Desk<'_>,
    order: &mut SalesOrder,
    sent: Option<&SentOrder>,
    reason: &Reason,
) -> Result<(), Stop> {
    desk.park(SUBJECT, reason).await?;
    if let Some(sent) = sent {
        // NetSuite may want fewer units than Amazon keeps for the order: what is left over would be sold
        desk.ask_for_stock(&sent.lines);
    }
    let message = format!("{}: {}. {}", reason.code, reason.cause, reason.hint);
    let fields = &order.marks;
    let patch = SalesOrderPatch {
        sync_state: (fields.sync_state != Some(SyncState::Parked)).then_some(SyncState::Parked),
        sync_message: (fields.sync_message.as_ref() != Some(&message)).then_some(message),
        ..sent.map(|sent| missing_ids(order, sent)).unwrap_or_default()
    };
    if patch == SalesOrderPatch::default() {
        return Ok(());
    }
    if let Written::Parked(refused) = mark(desk, order, &patch).await? {
        desk.note(format!("the reason could not be written on the order: {}", refused.cause));
    }
    Ok(())
}

/// The snapshot as it stands after a patch, so that the next plan needs no second read.
pub(crate) fn reflect(order: &mut SalesOrder, patch: &SalesOrderPatch) {
    let SalesOrderPatch {
        amazon_order,
        channel,
        sync_state,
        sync_message,
        amazon_lines,
        close,
        reduce,
        release,
        cancel_state,
    } = patch.clone();
    let fields = &mut order.marks;
    fields.amazon_order = amazon_order.or(fields.amazon_order.take());
    fields.channel = channel.or(fields.channel.take());
    fields.sync_state = sync_state.or(fields.sync_state.take());
    fields.sync_message = sync_message.or(fields.sync_message.take());
    fields.cancel_state = cancel_state.or(fields.cancel_state.take());
    for line in &mut order.lines {
        if let Some((_, amazon_line)) = amazon_lines.iter().find(|(number, _)| *number == line.line) {
            line.amazon_line = Some(amazon_line.clone());
        }
        line.is_closed |= close.contains(&line.line);
        line.amazon_flag &= !release.contains(&line.line);
        if let Some((_, units)) = reduce.iter().find(|(number, _)| *number == line.line) {
            line.quantity = units.to_decimal();
        }
    }
}

/// A short, stable name of what is written, so that another write gets another intent.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .fold(String::from("#"), |name, byte| name + &format!("{byte:02x}"))
}
