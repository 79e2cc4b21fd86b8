//! Applies the plan of a sales order, one step at a time, until nothing is left to do.

use std::sync::Arc;

use amz_domain::{AmazonOrder, AmazonOrderId, Generation, OrderAlias, SalesOrder, SalesOrderId};
use async_trait::async_trait;

use super::SUBJECT;
use super::checkout::{Elsewhere, elsewhere, linked, unclear};
use super::known_goods::{KnownGoods, held_from_us};
use super::marking::{digest, mark, park};
use super::plan::{Creation, OrderFacts, OrderPlan, is_to_go_again, plan};
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::{Failure, PortError};
use crate::intent::{IntentChange, Operation};
use crate::link::{CancellationLink, Link, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::{AmazonOrders, Items};
use crate::reconciliation;
use crate::work::Lane;

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
/// `cancellation` is the one that we asked Amazon for, of what it has from us; `amazon_spoke` says that Amazon itself
/// named the order: it is looked for there even when it is not to be sent; `is_approved` that a person said it shall be
/// sent.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    id: &SalesOrderId,
    mut sent: Option<SentOrder>,
    cancellation: Option<&CancellationLink>,
    (amazon_spoke, is_approved): (bool, bool),
) -> Result<Ordered, Stop> {
    let connection = desk.connection;
    let mut order = match connection.sales_orders.read(id).await {
        Ok(Some(order)) => order,
        Ok(None) => {
            match sent {
                Some(sent) => {
                    desk.note("NetSuite knows no such sales order");
                    desk.park(SUBJECT, &missing(id)).await?;
                    desk.ask_for_stock(&sent.lines);
                    return Ok(Ordered { sent: Some(sent), order: None, look_at_amazon: false });
                }
                None => {
                    desk.out_of_scope("NetSuite knows no such sales order");
                    desk.unpark(SUBJECT).await?;
                }
            }
            return Ok(Ordered { sent, order: None, look_at_amazon: false });
        }
        Err(error) => {
            let sent = unreadable(desk, error, sent).await?;
            return Ok(Ordered { sent, order: None, look_at_amazon: false });
        }
    };
    let mut goods = KnownGoods::default();
    let (mut looked_for, mut was_planned) = (false, false);
    let mut elsewhere = None;

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
        let mut plan = plan(facts);
        let is_first = sent.is_none() && matches!(plan, OrderPlan::Create(_));
        if is_first && !was_planned {
            was_planned = true;
            match elsewhere_now(desk, &order, is_approved).await? {
                Elsewhere::No => {}
                Elsewhere::Linked(linked) => {
                    sent = Some(*linked);
                    continue;
                }
                Elsewhere::OtherProgramme(why) => plan = OrderPlan::OutOfScope(why),
                Elsewhere::Held(reason) => plan = OrderPlan::Park(reason),
            }
        }
        if is_first && matches!(plan, OrderPlan::Create(_)) {
            let known = match elsewhere.take() {
                Some(known) => known,
                None => reconciliation::sent_by_another(desk, id).await?,
            };
            if let Some(why) = elsewhere.insert(known) {
                plan = OrderPlan::OutOfScope(why.clone());
            }
        }
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
                desk.out_of_scope(format!("sales order {id} is not for Amazon: {why}"));
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
                None => match of_another_road(desk, &order).await? {
                    Some(Ok(linked)) => {
                        sent = Some(linked);
                        Written::Done(())
                    }
                    Some(Err(reason)) => Written::Parked(reason),
                    None => {
                        desk.out_of_scope(
                            "the sales order names an Amazon order that is not seen here: left alone",
                        );
                        desk.unpark(SUBJECT).await?;
                        return Ok(Ordered { sent: None, order: Some(order), look_at_amazon: false });
                    }
                },
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

/// Whether Amazon fulfils an order already that we never tried to send.
async fn elsewhere_now(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    is_approved: bool,
) -> Result<Elsewhere, Stop> {
    let unsettled = desk.connection.ledger.unsettled(&desk.lease.key).await?;
    if unsettled.iter().any(|intent| intent.operation == Operation::CreateOrder) {
        // whatever is found at Amazon may be our own
        return Ok(Elsewhere::No);
    }
    elsewhere(desk, order, is_approved).await
}

/// Links the Amazon order that the sales order names, when Amazon shows it and it is not ours. `None` when it shows none.
async fn of_another_road(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
) -> Result<Option<Result<SentOrder, Reason>>, Stop> {
    let Some(id) = &order.marks.amazon_order else { return Ok(None) };
    let Some(found) = shown_at_amazon(desk, id).await? else { return Ok(None) };
    Ok(Some(linked(desk, order, &found).await?.map_err(|cause| unclear(&found, &cause))))
}

/// An order that somebody named; `None` when Amazon does not show it. Amazon denies access to what is not ours in the same
/// words as to those whose credentials it does not know, so a denial here says nothing about ours.
pub(crate) async fn shown_at_amazon(
    desk: &mut Desk<'_>,
    id: &AmazonOrderId,
) -> Result<Option<AmazonOrder>, Stop> {
    let connection = desk.connection;
    let error = match connection.amazon_orders.read(id).await {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    match error.failure {
        Failure::Refused => {}
        // an alias of ours is nobody else's: whoever may not ask for it has bad credentials
        Failure::Credentials => {
            let Lane::SalesOrder(order) = &desk.lease.key.lane else { return Err(error.into()) };
            let alias = OrderAlias::of(&connection.settings.account, order, Generation::default());
            connection.amazon_orders.find(&alias).await?;
        }
        _ => return Err(error.into()),
    }
    desk.note(error.to_string());
    Ok(None)
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
        desk.write_links(&[Link::Order(Box::new(sent.clone()))]).await?;
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
