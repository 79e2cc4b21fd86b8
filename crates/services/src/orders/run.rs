//! Applies the plan of a sales order, one step at a time, until nothing is left to do.

use std::collections::HashMap;
use std::sync::Arc;

use amz_domain::{SalesOrder, SalesOrderId, SyncState};
use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::plan::{Creation, OrderFacts, OrderPlan, items_needed, plan};
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::{Failure, PortError};
use crate::intent::Operation;
use crate::link::{Link, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::AmazonOrders;
use crate::ports::netsuite::SalesOrderPatch;

/// The lane subject that this module parks.
const SUBJECT: &str = "order";

/// More steps than any order needs; a plan that does not come to rest is a defect and is parked.
const MOST_STEPS: usize = 8;

/// Brings Amazon up to date with a sales order. Returns what Amazon has from us afterwards.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    id: &SalesOrderId,
    mut sent: Option<SentOrder>,
) -> Result<Option<SentOrder>, Stop> {
    let connection = desk.connection;
    let mut order = match connection.sales_orders.read(id).await {
        Ok(Some(order)) => order,
        Ok(None) => {
            desk.note("NetSuite knows no such sales order");
            match sent {
                Some(_) => desk.park(SUBJECT, &missing(id)).await?,
                None => desk.unpark(SUBJECT).await?,
            }
            return Ok(sent);
        }
        Err(error) => return unreadable(desk, error, sent).await,
    };
    let items = items_needed(&order, sent.as_ref(), &connection.settings);
    let skus = if items.is_empty() { HashMap::new() } else { connection.items.skus(&items).await? };

    for _ in 0..MOST_STEPS {
        let facts = OrderFacts {
            order: &order,
            skus: &skus,
            sent: sent.as_ref(),
            settings: &connection.settings,
            now: connection.now(),
        };
        let written = match plan(facts) {
            OrderPlan::Settled => {
                desk.unpark(SUBJECT).await?;
                return Ok(sent);
            }
            OrderPlan::OutOfScope(why) => {
                desk.note(format!("sales order {id} is not for Amazon: {why}"));
                desk.unpark(SUBJECT).await?;
                return Ok(sent);
            }
            OrderPlan::Wait(until) => {
                desk.note(format!("sales order {id} is on hold until {until}"));
                desk.unpark(SUBJECT).await?;
                desk.wait_until(until);
                return Ok(sent);
            }
            OrderPlan::Park(reason) => Written::Parked(reason),
            OrderPlan::Adopt(creation) => match adopt(desk, &creation).await? {
                Adopted::Ours(adopted) => {
                    sent = Some(*adopted);
                    Written::Done(())
                }
                Adopted::Foreign => return Ok(None),
                Adopted::Different(reason) => Written::Parked(reason),
            },
            OrderPlan::Create(creation) => match create(desk, &creation).await? {
                Written::Done(created) => {
                    sent = Some(created);
                    Written::Done(())
                }
                Written::Wait(at) => Written::Wait(at),
                Written::Parked(reason) => Written::Parked(reason),
            },
            OrderPlan::Change(change) => {
                let Some(held) = sent.as_mut() else { return Ok(sent) };
                let mut changed = held.clone();
                changed.execution = change.execution.clone().unwrap_or(changed.execution);
                changed.total = change.total.unwrap_or(changed.total);
                changed.tax = change.tax.unwrap_or(changed.tax);
                let update =
                    intent(Operation::UpdateOrder, format!("order {id}"), &digest(&format!("{change:?}")));
                let links = vec![Link::Order(Box::new(changed.clone()))];
                let amazon_order = held.amazon_order.clone();
                let send = connection.amazon_orders.update(&amazon_order, &change);
                let written = desk.write_repeatably(update, send, links).await?;
                if matches!(written, Written::Done(())) {
                    *held = changed;
                }
                written
            }
            OrderPlan::Mark(patch) => mark(desk, &mut order, &patch).await?,
        };
        match written {
            Written::Done(()) => {}
            Written::Wait(at) => {
                desk.settle_at(at);
                return Ok(sent);
            }
            Written::Parked(reason) => {
                park(desk, &mut order, &reason).await?;
                return Ok(sent);
            }
        }
    }
    park(desk, &mut order, &restless(id)).await?;
    Ok(sent)
}

/// Sends an order to Amazon, once.
async fn create(desk: &mut Desk<'_>, creation: &Creation) -> Result<Written<SentOrder>, Stop> {
    let write = CreateOrder { orders: desk.connection.amazon_orders.clone(), creation };
    desk.write_once(intent(Operation::CreateOrder, format!("order {}", creation.order.alias), ""), &write)
        .await
}

/// `createOrder` under our alias.
struct CreateOrder<'plan> {
    orders: Arc<dyn AmazonOrders>,
    creation: &'plan Creation,
}

#[async_trait]
impl OnceWrite for CreateOrder<'_> {
    type Value = SentOrder;

    async fn send(&self) -> Result<SentOrder, PortError> {
        let created = self.orders.create(&self.creation.order).await?;
        self.creation.sent(created.id, &created.lines).ok_or_else(|| {
            let message = "the answer does not name every line by our alias";
            PortError::new("createOrder", Failure::Unreadable, "line_ids_missing", message)
        })
    }

    async fn look_up(&self) -> Result<Option<Found<SentOrder>>, PortError> {
        let found = self.orders.find(&self.creation.order.alias).await?;
        Ok(found.map(|found| match self.creation.adopt(&found) {
            Ok(sent) => Found::Same(sent),
            Err(reason) => Found::Different(reason),
        }))
    }

    fn outcome(&self, sent: &SentOrder) -> (String, Vec<Link>) {
        (format!("Amazon order {}", sent.amazon_order), vec![Link::Order(Box::new(sent.clone()))])
    }
}

enum Adopted {
    Ours(Box<SentOrder>),
    Foreign,
    Different(Reason),
}

/// Takes over an Amazon order that the sales order names and that carries our alias.
async fn adopt(desk: &mut Desk<'_>, creation: &Creation) -> Result<Adopted, Stop> {
    let connection = desk.connection;
    let Some(found) = connection.amazon_orders.find(&creation.order.alias).await? else {
        desk.note("the sales order names an Amazon order that another road made: left alone");
        return Ok(Adopted::Foreign);
    };
    match creation.adopt(&found) {
        Ok(sent) => {
            connection.ledger.write_links(desk.lease, &[Link::Order(Box::new(sent.clone()))]).await?;
            desk.note(format!("adopted Amazon order {}", sent.amazon_order));
            Ok(Adopted::Ours(Box::new(sent)))
        }
        Err(reason) => Ok(Adopted::Different(reason)),
    }
}

/// Writes our fields on the sales order.
async fn mark(
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

/// Parks the order and says so on the order itself, where staff see it.
async fn park(desk: &mut Desk<'_>, order: &mut SalesOrder, reason: &Reason) -> Result<(), Stop> {
    desk.park(SUBJECT, reason).await?;
    let message = format!("{}: {}. {}", reason.code, reason.cause, reason.hint);
    let says_so = order.marks.sync_state == Some(SyncState::Parked)
        && order.marks.sync_message.as_ref() == Some(&message);
    if says_so {
        return Ok(());
    }
    let patch = SalesOrderPatch {
        sync_state: Some(SyncState::Parked),
        sync_message: Some(message),
        ..SalesOrderPatch::default()
    };
    if let Written::Parked(refused) = mark(desk, order, &patch).await? {
        desk.note(format!("the reason could not be written on the order: {}", refused.cause));
    }
    Ok(())
}

/// The snapshot as it stands after a patch, so that the next plan needs no second read.
pub(super) fn reflect(order: &mut SalesOrder, patch: &SalesOrderPatch) {
    let SalesOrderPatch { amazon_order, channel, sync_state, sync_message, amazon_lines, close } =
        patch.clone();
    let fields = &mut order.marks;
    fields.amazon_order = amazon_order.or(fields.amazon_order.take());
    fields.channel = channel.or(fields.channel.take());
    fields.sync_state = sync_state.or(fields.sync_state.take());
    fields.sync_message = sync_message.or(fields.sync_message.take());
    for line in &mut order.lines {
        if let Some((_, amazon_line)) = amazon_lines.iter().find(|(number, _)| *number == line.line) {
            line.amazon_line = Some(amazon_line.clone());
        }
        line.is_closed |= close.contains(&line.line);
    }
}

/// A short, stable name of what is written, so that another write gets another intent.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .fold(String::from("#"), |name, byte| name + &format!("{byte:02x}"))
}

async fn unreadable(
    desk: &mut Desk<'_>,
    error: PortError,
    sent: Option<SentOrder>,
) -> Result<Option<SentOrder>, Stop> {
    if !matches!(error.failure, Failure::BadRecord | Failure::Refused) {
        return Err(error.into());
    }
    let reason = Reason::new(
        &error.code,
        format!("the sales order could not be read: {}", error.message),
        "correct the field on the sales order, or the permission of the integration's role, then retry",
        Who::Merchant,
    );
    desk.park(SUBJECT, &reason).await?;
    Ok(sent)
}

fn missing(id: &SalesOrderId) -> Reason {
    Reason::new(
        "sales_order_missing",
        format!(
            "sales order {id} was sent to Amazon and is not in NetSuite any more, or the role cannot see it"
        ),
        "restore the order or the role's permission; if it shall not ship, cancel it at Amazon",
        Who::Merchant,
    )
}

fn restless(id: &SalesOrderId) -> Reason {
    Reason::new(
        "plan_does_not_settle",
        format!("sales order {id} still had steps to do after {MOST_STEPS} of them"),
        "report it with the output of `amz explain`: a field we write probably comes back changed",
        Who::Developer,
    )
}
