//! Applies the plan of an order's packages.

use std::collections::HashMap;
use std::sync::Arc;

use amz_domain::{AmazonLineId, ItemFulfillment, ItemFulfillmentId, PackageId, PackageTracker, TrackerKey};
use async_trait::async_trait;

use super::plan::{FulfillmentFacts, FulfillmentStep, catch_up, needs, plan, plan_tracker};
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::PortError;
use crate::intent::Operation;
use crate::link::{AppliedPackage, Link, TrackerLink};
use crate::order_view::OrderView;
use crate::orders::digest;
use crate::parking::{Reason, Who};
use crate::ports::ItemFulfillments;
use crate::ports::netsuite::{ItemFulfillmentPatch, NewItemFulfillment};

/// The part of a lane's links that concerns its packages.
pub(crate) struct PackageLinks {
    pub(crate) applied: Vec<AppliedPackage>,
    pub(crate) trackers: Vec<TrackerLink>,
}

impl PackageLinks {
    pub(crate) fn of(links: &[Link]) -> Self {
        let mut packages = Self { applied: Vec::new(), trackers: Vec::new() };
        for link in links {
            match link {
                Link::Package(applied) => packages.applied.push(applied.as_ref().clone()),
                Link::Tracker(tracker) => packages.trackers.push(tracker.clone()),
                Link::Order(_)
                | Link::Cancellation(_)
                | Link::Return(_)
                | Link::Refund(_)
                | Link::Document(_) => {}
            }
        }
        packages
    }
}

/// Brings NetSuite up to date with Amazon's order. Returns the lines of packages that could not be dealt with yet.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    asked: &[TrackerKey],
) -> Result<Vec<AmazonLineId>, Stop> {
    let connection = desk.connection;
    let PackageLinks { applied, trackers: known } = PackageLinks::of(&view.links);
    let needs = needs(&view.amazon, &view.sent, &applied, &known, asked);
    if !needs.links.is_empty() {
        let links: Vec<Link> = needs.links.iter().cloned().map(Link::Tracker).collect();
        desk.write_links(&links).await?;
        view.learn(links);
    }
    let trackers = read_trackers(desk, &needs.trackers).await?;
    let sales_order = if needs.sales_order { view.sales_order(desk).await?.cloned() } else { None };
    let (amazon, sent) = (&view.amazon, &view.sent);
    let plan = plan(FulfillmentFacts {
        amazon,
        sent,
        applied: &applied,
        sales_order: sales_order.as_ref(),
        trackers: &trackers,
        settings: &connection.settings,
        now: connection.now(),
    });
    if plan.steps.is_empty() {
        desk.note("no package has news");
    }
    let (mut held, mut created): (Vec<PackageId>, bool) = (Vec::new(), false);
    for step in plan.steps {
        let package = step.package().clone();
        let (creates, blocked) = match &step {
            FulfillmentStep::Create { obstacle, .. } => (true, obstacle.is_some()),
            FulfillmentStep::Patch { .. } | FulfillmentStep::Park { .. } => (false, false),
        };
        if blocked && created {
            // a fulfilment that an earlier try made was counted twice in this plan: in the sales order and as new
            desk.wait_until(connection.now());
            held.push(package);
            continue;
        }
        let done = apply(desk, step).await?;
        created |= creates && done;
        if !done {
            held.push(package);
        }
    }
    for package in plan.loose {
        desk.unpark(&format!("package/{package}")).await?;
    }
    for kit in plan.kits {
        let subject = format!("kit/{}", kit.line);
        match kit.incomplete {
            Some(reason) => desk.park(&subject, &reason).await?,
            None => desk.unpark(&subject).await?,
        }
    }
    if created {
        view.forget_sales_order();
    }
    let held = view.amazon.packages.iter().filter(|package| held.contains(&package.id));
    Ok(held.flat_map(|package| &package.contents).map(|part| part.line.clone()).collect())
}

/// Brings fulfilments up to date with the news of their trackers. Returns false when Amazon's order must be
/// looked at too: a tracker that no fulfilment shows (its package is not known, or has another number by now),
/// or one that came to its end.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run_trackers(
    desk: &mut Desk<'_>,
    packages: &PackageLinks,
    asked: &[TrackerKey],
) -> Result<bool, Stop> {
    let mut enough = true;
    for key in asked {
        let link = packages.trackers.iter().find(|link| link.tracker == *key);
        let shows = |link: &TrackerLink, applied: &AppliedPackage| {
            applied.package == link.package && applied.tracker.as_ref() == Some(key)
        };
        let known = link.and_then(|link| packages.applied.iter().find(|applied| shows(link, applied)));
        let Some(before) = known else {
            enough = false;
            continue;
        };
        let Some(tracker) = desk.connection.package_trackers.read(key).await? else {
            desk.note(format!("Amazon knows no tracker {key}"));
            continue;
        };
        match plan_tracker(before, &tracker) {
            Some(step) => {
                let ended = matches!(&step, FulfillmentStep::Patch { after, .. } if ended(after));
                apply(desk, step).await?;
                enough &= !ended;
            }
            None => desk.note(format!("nothing new from tracker {key}")),
        }
    }
    Ok(enough)
}

/// True when the carrier is done with a package that Amazon's order showed as under way.
fn ended(package: &AppliedPackage) -> bool {
    use amz_domain::MilestoneCode::{Delivered, Lost, ReturnToSender, Undeliverable};
    use amz_domain::PackageState;
    matches!(package.marks.milestone, Some(Delivered | Lost | ReturnToSender | Undeliverable))
        && !matches!(package.marks.state, Some(PackageState::Delivered | PackageState::Cancelled))
}

async fn read_trackers(
    desk: &Desk<'_>,
    keys: &[TrackerKey],
) -> Result<HashMap<TrackerKey, PackageTracker>, Stop> {
    let mut trackers = HashMap::new();
    for key in keys {
        if let Some(tracker) = desk.connection.package_trackers.read(key).await? {
            trackers.insert(key.clone(), tracker);
        }
    }
    Ok(trackers)
}

/// Applies one step. Returns true when it is done.
async fn apply(desk: &mut Desk<'_>, step: FulfillmentStep) -> Result<bool, Stop> {
    let (package, written) = match step {
        FulfillmentStep::Create { fulfillment, tracker, obstacle } => {
            (fulfillment.package.clone(), create(desk, &fulfillment, tracker, obstacle).await?)
        }
        FulfillmentStep::Patch { after, patch } => {
            (after.package.clone(), update(desk, *after, &patch).await?)
        }
        FulfillmentStep::Park { package, reason } => (package, Written::Parked(reason)),
    };
    let subject = format!("package/{package}");
    match written {
        Written::Done(()) => {
            desk.unpark(&subject).await?;
            Ok(true)
        }
        Written::Wait(at) => {
            desk.settle_at(at);
            Ok(false)
        }
        Written::Parked(reason) => {
            desk.park(&subject, &reason).await?;
            Ok(false)
        }
    }
}

/// Brings the item fulfilment of a package up to date.
async fn update(
    desk: &mut Desk<'_>,
    after: AppliedPackage,
    patch: &ItemFulfillmentPatch,
) -> Result<Written<()>, Stop> {
    let connection = desk.connection;
    let mark = intent(
        Operation::MarkFulfillment,
        format!("package {}", after.package),
        &digest(&format!("{patch:?}")),
    );
    let fulfillment = after.fulfillment.clone();
    let send = connection.item_fulfillments.patch(&fulfillment, patch);
    desk.write_repeatably(mark, send, vec![Link::Package(Box::new(after))]).await
}

/// Makes the item fulfilment of a package, once. With an obstacle, only an earlier try is settled.
async fn create(
    desk: &mut Desk<'_>,
    new: &NewItemFulfillment,
    tracker: Option<TrackerKey>,
    obstacle: Option<Reason>,
) -> Result<Written<()>, Stop> {
    let fulfillments = desk.connection.item_fulfillments.clone();
    let write = CreateFulfillment { fulfillments, new, tracker: tracker.clone() };
    let once = intent(Operation::CreateFulfillment, format!("package {}", new.package), "");
    let written = match obstacle {
        None => desk.write_once(once, &write).await?,
        Some(reason) => desk.settle_earlier(&once, &write).await?.unwrap_or(Written::Parked(reason)),
    };
    let held = match written {
        Written::Done(held) => held,
        Written::Wait(at) => return Ok(Written::Wait(at)),
        Written::Parked(reason) => return Ok(Written::Parked(reason)),
    };
    match catch_up(&held, new, tracker.as_ref()) {
        Some(FulfillmentStep::Patch { after, patch }) => update(desk, *after, &patch).await,
        _ => Ok(Written::Done(())),
    }
}

/// A sales order's transform under our external id.
struct CreateFulfillment<'plan> {
    fulfillments: Arc<dyn ItemFulfillments>,
    new: &'plan NewItemFulfillment,
    tracker: Option<TrackerKey>,
}

#[async_trait]
impl OnceWrite for CreateFulfillment<'_> {
    type Value = AppliedPackage;

    async fn send(&self) -> Result<AppliedPackage, PortError> {
        let fulfillment = self.fulfillments.create(self.new).await?;
        Ok(AppliedPackage {
            package: self.new.package.clone(),
            fulfillment,
            tracker: self.tracker.clone(),
            marks: self.new.marks.clone(),
            lines: self.new.lines.clone(),
        })
    }

    async fn look_up(&self) -> Result<Option<Found<AppliedPackage>>, PortError> {
        let found = self.fulfillments.find(&self.new.external_id).await?;
        Ok(found.map(|found| {
            let (mut held, mut wanted) = (found.lines.clone(), self.new.lines.clone());
            held.retain(|line| !line.quantity.is_zero());
            held.sort_by_key(|line| line.order_line);
            wanted.sort_by_key(|line| line.order_line);
            let ours = found.sales_order.as_ref().is_none_or(|order| *order == self.new.sales_order);
            if ours && held == wanted {
                Found::Same(self.held(found))
            } else {
                Found::Different(taken(self.new, &found.id))
            }
        }))
    }

    fn outcome(&self, applied: &AppliedPackage) -> (String, Vec<Link>) {
        (format!("item fulfilment {}", applied.fulfillment), vec![Link::Package(Box::new(applied.clone()))])
    }
}

impl CreateFulfillment<'_> {
    /// What a fulfilment that is there already says.
    fn held(&self, found: ItemFulfillment) -> AppliedPackage {
        let ItemFulfillment { id, sales_order: _, lines: _, tracking_numbers, delivery } = found;
        let current = self.tracker.clone().filter(|key| tracking_numbers.contains(&key.number));
        let former = || {
            let carrier = delivery.carrier.clone()?;
            Some(TrackerKey { carrier, number: tracking_numbers.first()?.clone() })
        };
        AppliedPackage {
            package: self.new.package.clone(),
            fulfillment: id,
            tracker: current.or_else(former),
            marks: delivery,
            lines: self.new.lines.clone(),
        }
    }
}

fn taken(new: &NewItemFulfillment, found: &ItemFulfillmentId) -> Reason {
    Reason::new(
        "external_id_taken",
        format!(
            "item fulfilment {found} carries our external id {}, but not the contents of package {}",
            new.external_id, new.package
        ),
        "compare the fulfilment with the package; correct or delete it in NetSuite, then retry",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
