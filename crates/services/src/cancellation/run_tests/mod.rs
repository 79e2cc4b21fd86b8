//! Use cases 3 and 4 in whole looks, with lost answers and crashes.

mod amazons;
mod reorder;
mod wishes;

use std::time::Duration;

use amz_domain::{CancelState, Cancellation, CancellationState, LineNumber, Quantity, SalesOrderStatus};
use rust_decimal::Decimal;

use crate::cancellation::fixtures::{World, reordering};
use crate::failure::Failure;
use crate::intent::{Intent, IntentKey, IntentState, Operation};
use crate::link::{CancellationLink, Link};
use crate::orders::fixtures::settings;
use crate::work::Ask;

const MINUTE: Duration = Duration::from_secs(60);

/// An order that Amazon has, both packages pending.
async fn sent() -> World {
    let world = World::new();
    assert_eq!(world.look(&settings(), &[Ask::SalesOrder]).await, None);
    assert_eq!(world.sent().len(), 1);
    world
}

fn request(world: &World) {
    world.edit(|order| order.marks.cancel_state = Some(CancelState::Requested));
}

fn close(world: &World, lines: &[usize]) {
    world.edit(|order| lines.iter().for_each(|index| order.lines[*index].is_closed = true));
}

fn says(world: &World) -> (Option<CancelState>, String) {
    let state = world.state();
    (state.order.marks.cancel_state.clone(), state.order.marks.sync_message.clone().unwrap_or_default())
}

fn links(world: &World) -> Vec<CancellationLink> {
    let state = world.state();
    let links = state.kept.links.iter().filter_map(|link| match link {
        Link::Cancellation(link) => Some(link.clone()),
        _ => None,
    });
    links.collect()
}
