//! Applies the plan of a sales order, one step at a time, until nothing is left to do.

use std::sync::Arc;

use amz_domain::{Generation, OrderAlias, SalesOrder, SalesOrderId, SyncState};
use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::known_goods::{KnownGoods, held_from_us};
use super::plan::{Creation, OrderFacts, OrderPlan, is_to_go_again, missing_ids, plan};
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::{Failure, PortError};
use crate::intent::{IntentChange, Operation};
use crate::link::{CancellationLink, Link, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::netsuite::SalesOrderPatch;
use crate::ports::{AmazonOrders, Items};

/// The lane subject that this module parks.
const SUBJECT: &str = "order";

/// More steps than any order needs; a plan that does not come to rest is a defect and is parked.
const MOST_STEPS: usize = 8;

/// More often than anybody sends one order anew.
const MOST_GENERATIONS: usize = 100;

/// What became of a sales order.
pub(crate) struct Ordered {
    /// What Amazon has from us.
    pub(crate) sent: Option<SentOrder>,
    /// The sales order, as far as it could be read.
    pub(crate) order: Option<SalesOrder>,
    /// True when what staff want needs a look at Amazon's order.
    pub(crate) look_at_amazon: bool,
}

/// Brings Amazon up to date with a sales order. Returns what Amazon has from us afterwards.
///
/// `cancellation` is the one that we asked Amazon for, of what it has from us; `amazon_spoke` says that Amazon itself named the order: it is looked for there even when it is not to be sent.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    id: &SalesOrderId,
    mut sent: Option<SentOrder>,
    cancellation: Option<&CancellationLink>,
    amazon_spoke: bool,
) -> Result<Ordered, Stop> {
    let connection = desk.connection;
    let mut order = match connection.sales_orders.read(id).await {
        Ok(Some(order)) => order,
        Ok(None) => {
            desk.note("NetSuite knows no such sales order");
            match sent {
                Some(sent) => {
                    desk.park(SUBJECT, &missing(id)).await?;
                    desk.ask_for_stock(&sent.lines);
                    return Ok(Ordered { sent: Some(sent), order: None, look_at_amazon: false });
                }
                None => desk.unpark(SUBJECT).await?,
            }
            return Ok(Ordered { sent, order: None, look_at_amazon: false });
        }
        Err(error) => {
            let sent = unreadable(desk, error, sent).await?;
            return Ok(Ordered { sent, order: None, look_at_amazon: false });
        }
    };
    let mut goods = KnownGoods::default();
    let mut looked_for = false;

    for _ in 0..MOST_STEPS {
        let (items, settings) = (connection.items.as_ref(), &connection.settings);
        goods.learn(items, &order, sent.as_ref(), settings).await?;
        let facts = OrderFacts {
            order: &order,
            skus: &goods.skus,
            kits: &goods.kits,
            sent: sent.as_ref(),
            cancellation: cancellation
                .filter(|link| sent.as_ref().is_some_and(|sent| sent.amazon_order == link.amazon_order)),
            settings,
            now: connection.now(),
        };
        let plan = plan(facts);
        // what a creation may have made that is not wanted any more: the first of all, or the next one
        let next = match &sent {
            None => Some(Generation::default()),
            Some(sent) => {
                cancellation.is_some_and(|link| is_to_go_again(link, sent)).then(|| sent.generation.next())
            }
        };
        let next = next.filter(|_| !matches!(plan, OrderPlan::Create(_) | OrderPlan::Adopt));
        if let Some(next) = next.filter(|_| !std::mem::replace(&mut looked_for, true)) {
            match earlier_creation(desk, &order, next, amazon_spoke && sent.is_none()).await? {
                Some(Written::Done(found)) => {
                    sent = Some(found);
                    continue;
                }
                Some(Written::Wait(at)) => desk.settle_at(at),
                Some(Written::Parked(reason)) => {
                    park(desk, &mut order, sent.as_ref(), &reason).await?;
                    return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
                }
                None => {}
            }
        }
        let written = match plan {
            OrderPlan::Settled => {
                desk.unpark(SUBJECT).await?;
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
            }
            OrderPlan::OutOfScope(why) => {
                desk.note(format!("sales order {id} is not for Amazon: {why}"));
                desk.unpark(SUBJECT).await?;
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
            }
            OrderPlan::Wait(until) => {
                desk.note(format!("sales order {id} is on hold until {until}"));
                desk.unpark(SUBJECT).await?;
                desk.wait_until(until);
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
            }
            OrderPlan::Park(reason) => Written::Parked(reason),
            OrderPlan::Cancel => {
                desk.unpark(SUBJECT).await?;
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: true });
            }
            OrderPlan::Adopt => match take_over(desk, &order, Generation::default()).await? {
                Some(Ok(adopted)) => {
                    sent = Some(adopted);
                    Written::Done(())
                }
                Some(Err(reason)) => Written::Parked(reason),
                None => {
                    desk.note("the sales order names an Amazon order that another road made: left alone");
                    desk.unpark(SUBJECT).await?;
                    return Ok(Ordered { sent: None, order: Some(order), look_at_amazon: false });
                }
            },
            OrderPlan::Create(creation) => match create(desk, &order, &creation).await? {
                Written::Done(created) => {
                    sent = Some(created);
                    Written::Done(())
                }
                Written::Wait(at) => Written::Wait(at),
                Written::Parked(reason) => Written::Parked(reason),
            },
            OrderPlan::Change { change, after } => {
                let update =
                    intent(Operation::UpdateOrder, format!("order {id}"), &digest(&format!("{change:?}")));
                let send = connection.amazon_orders.update(&after.amazon_order, &change);
                let written = desk.write_repeatably(update, send, vec![Link::Order(after.clone())]).await?;
                if matches!(written, Written::Done(())) {
                    sent = Some(*after);
                }
                written
            }
            OrderPlan::Mark(patch) => mark(desk, &mut order, &patch).await?,
        };
        match written {
            Written::Done(()) => {}
            Written::Wait(at) => {
                desk.settle_at(at);
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
            }
            Written::Parked(reason) => {
                park(desk, &mut order, sent.as_ref(), &reason).await?;
                return Ok(Ordered { sent, order: Some(order), look_at_amazon: false });
            }
        }
    }
    park(desk, &mut order, sent.as_ref(), &restless(id)).await?;
    Ok(Ordered { sent, order: Some(order), look_at_amazon: false })
}

/// Settles a `createOrder` whose outcome is not known although the order is not to be sent any more; also finds an
/// order that Amazon speaks of and no link knows. `None` when there is nothing of the kind.
async fn earlier_creation(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    generation: Generation,
    amazon_spoke: bool,
) -> Result<Option<Written<SentOrder>>, Stop> {
    let connection = desk.connection;
    let unsettled = connection.ledger.unsettled(&desk.lease.key).await?;
    let earlier = unsettled.into_iter().find(|intent| intent.operation == Operation::CreateOrder);
    if earlier.is_none() && !amazon_spoke {
        return Ok(None);
    }
    let found = take_over(desk, order, generation).await?;
    let Some(earlier) = earlier else {
        return Ok(found.map(|found| found.map_or_else(Written::Parked, Written::Done)));
    };
    match found {
        Some(Ok(sent)) => {
            let result = Some(format!("Amazon order {}", sent.amazon_order));
            desk.change(&earlier.key, IntentChange::Done { result, links: Vec::new() }).await?;
            Ok(Some(Written::Done(sent)))
        }
        Some(Err(reason)) => {
            desk.change(&earlier.key, IntentChange::Refused { code: reason.code.clone() }).await?;
            Ok(Some(Written::Parked(reason)))
        }
        None => {
            let again_at = desk.settled_after(earlier.sent_at.unwrap_or(earlier.planned_at));
            if connection.now() < again_at {
                desk.change(&earlier.key, IntentChange::LookedUp).await?;
                return Ok(Some(Written::Wait(again_at)));
            }
            desk.note(format!("{}: never arrived at the vendor", earlier.key));
            desk.change(&earlier.key, IntentChange::NotSent).await?;
            Ok(None)
        }
    }
}

/// Takes over the Amazon order that carries our alias, if there is one: the link is written at once. Of several
/// generations the newest counts, beginning with `first`.
async fn take_over(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    first: Generation,
) -> Result<Option<Result<SentOrder, Reason>>, Stop> {
    let connection = desk.connection;
    let mut newest = None;
    let mut generation = first;
    for _ in 0..MOST_GENERATIONS {
        let alias = OrderAlias::of(&connection.settings.account, &order.id, generation);
        let Some(found) = connection.amazon_orders.find(&alias).await? else { break };
        newest = Some((found, generation));
        generation = generation.next();
    }
    let Some((found, generation)) = newest else { return Ok(None) };
    let adopted = held_from_us(connection.items.as_ref(), order, &found, generation).await?;
    if let Ok(sent) = &adopted {
        connection.ledger.write_links(desk.lease, &[Link::Order(Box::new(sent.clone()))]).await?;
        desk.note(format!("took over Amazon order {}", sent.amazon_order));
    }
    Ok(Some(adopted))
}

/// Sends an order to Amazon, once.
async fn create(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    creation: &Creation,
) -> Result<Written<SentOrder>, Stop> {
    let write = CreateOrder {
        orders: desk.connection.amazon_orders.clone(),
        items: desk.connection.items.clone(),
        order,
        creation,
    };
    desk.write_once(intent(Operation::CreateOrder, format!("order {}", creation.order.alias), ""), &write)
        .await
}

/// `createOrder` under our alias.
struct CreateOrder<'plan> {
    orders: Arc<dyn AmazonOrders>,
    items: Arc<dyn Items>,
    order: &'plan SalesOrder,
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
        let Some(found) = self.orders.find(&self.creation.order.alias).await? else { return Ok(None) };
        let adopted = held_from_us(self.items.as_ref(), self.order, &found, self.creation.generation).await?;
        Ok(Some(adopted.map_or_else(Found::Different, Found::Same)))
    }

    fn outcome(&self, sent: &SentOrder) -> (String, Vec<Link>) {
        (format!("Amazon order {}", sent.amazon_order), vec![Link::Order(Box::new(sent.clone()))])
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

/// Parks the order and says so on the order itself, where staff see it, with Amazon's ids if it has any.
async fn park(
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
