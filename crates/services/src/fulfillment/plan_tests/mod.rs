//! Plans of use case 2, on plain data.

mod order_of_events;
mod shipments;
mod tracking;

use amz_domain::package::Milestone;
use amz_domain::{
    AmazonLine, CancelReason, ExecutionState, Generation, PackageContent, PackageId, PackageState,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::cancellation::{ClosingFacts, closings};
use crate::link::SentLine;
use crate::orders::fixtures::{line, sales_order, settings};
use crate::settings::WhenUnfulfillable;

fn sent(quantities: &[u32]) -> SentOrder {
    let lines = quantities.iter().zip(1u32..).map(|(units, number)| SentLine {
        alias: format!("42:90{number}").into(),
        amazon_line: format!("L{number}").into(),
        line: LineNumber(number),
        sku: Some("SKU-X".into()),
        quantity: Quantity(*units),
        delivery: Some("STANDARD".into()),
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: None,
        item: None,
    });
    SentOrder {
        is_foreign: false,
        amazon_order: "A-1".into(),
        generation: Generation::default(),
        channel: amz_domain::Channel::MultiChannel,
        execution: ExecutionState::Started,
        total: None,
        tax: None,
        recipient_digest: None,
        lines: lines.collect(),
    }
}

fn package(id: &str, state: &str, contents: &[(&str, u32)], number: Option<&str>) -> Package {
    Package {
        id: id.into(),
        state: state.into(),
        reason: (state == "CANCELLED").then_some(CancelReason::Unfulfillable),
        contents: contents
            .iter()
            .map(|(line, units)| PackageContent { line: (*line).into(), quantity: Quantity(*units) })
            .collect(),
        tracker: number.map(|number| TrackerKey { carrier: "ups".into(), number: number.into() }),
    }
}

fn amazon(sent: &SentOrder, packages: Vec<Package>) -> AmazonOrder {
    let lines = sent.lines.iter().map(|line| AmazonLine {
        id: line.amazon_line.clone(),
        alias: Some(line.alias.clone()),
        sku: None,
        quantity: line.quantity,
        names: Vec::new(),
    });
    AmazonOrder {
        id: sent.amazon_order.clone(),
        alias: None,
        execution: None,
        recipient: None,
        lines: lines.collect(),
        packages,
        cancellations: Vec::new(),
        returns: Vec::new(),
        refunds: Vec::new(),
        links: Vec::new(),
    }
}

fn tracker(number: &str, milestones: &[(&str, &str)]) -> (TrackerKey, PackageTracker) {
    let key = TrackerKey { carrier: "ups".into(), number: number.into() };
    let milestones = milestones.iter().map(|(code, at)| Milestone {
        code: (*code).into(),
        occurred_at: Some(at.parse().unwrap()),
        place: Some("Springfield, OR, US".into()),
    });
    (key.clone(), PackageTracker { key, tracking_url: None, milestones: milestones.collect() })
}

/// Everything a look sees, kept between looks as the store and NetSuite would keep it.
struct World {
    sent: SentOrder,
    order: SalesOrder,
    applied: Vec<AppliedPackage>,
    created: Vec<NewItemFulfillment>,
    patched: Vec<ItemFulfillmentPatch>,
    parked: Vec<(PackageId, Reason)>,
}

impl World {
    fn new(quantities: &[u32]) -> Self {
        let lines =
            quantities.iter().zip(1u32..).map(|(units, number)| line(number, "X", *units, Decimal::ONE));
        let (applied, created, patched, parked) = Default::default();
        Self {
            sent: sent(quantities),
            order: sales_order(lines.collect()),
            applied,
            created,
            patched,
            parked,
        }
    }

    fn look(&mut self, packages: Vec<Package>, trackers: &[(TrackerKey, PackageTracker)]) -> FulfillmentPlan {
        let amazon = amazon(&self.sent, packages);
        let trackers: HashMap<_, _> = trackers.iter().cloned().collect();
        let settings = settings();
        let plan = plan(FulfillmentFacts {
            amazon: &amazon,
            sent: &self.sent,
            applied: &self.applied,
            sales_order: Some(&self.order),
            trackers: &trackers,
            settings: &settings,
            now: "2026-03-03T12:00:00Z".parse().unwrap(),
        });
        for step in plan.steps.clone() {
            self.apply(step);
        }
        let closings = closings(ClosingFacts {
            amazon: &amazon,
            sent: &self.sent,
            order: &self.order,
            cancellation: None,
            held: &[],
            when_unfulfillable: WhenUnfulfillable::Cancel,
        });
        if let Some(closings) = closings {
            crate::orders::reflect(&mut self.order, &closings.patch);
            self.sent = closings.after;
        }
        plan
    }

    fn apply(&mut self, step: FulfillmentStep) {
        match step {
            FulfillmentStep::Create { fulfillment, obstacle: Some(reason), .. } => {
                self.parked.push((fulfillment.package, reason));
            }
            FulfillmentStep::Create { fulfillment, tracker, obstacle: None } => {
                for part in &fulfillment.lines {
                    let line = self.order.lines.iter_mut().find(|line| line.line == part.order_line).unwrap();
                    line.quantity_fulfilled += part.quantity.to_decimal();
                }
                self.applied.push(AppliedPackage {
                    package: fulfillment.package.clone(),
                    fulfillment: format!("IF-{}", self.created.len()).into(),
                    tracker,
                    marks: fulfillment.marks.clone(),
                    lines: fulfillment.lines.clone(),
                });
                self.created.push(*fulfillment);
            }
            FulfillmentStep::Patch { after, patch } => {
                let held = self.applied.iter_mut().find(|held| held.package == after.package).unwrap();
                *held = *after;
                self.patched.push(patch);
            }
            FulfillmentStep::Park { package, reason } => self.parked.push((package, reason)),
        }
    }
}

#[path = "../kits_tests.rs"]
mod kits;
