//! Looks at an order's returns, against mocked ports that remember what was written.

mod amazons;
mod staff;
mod world;

use amz_domain::{DocumentMarks, LineNumber, Origin, Quantity, ReturnState};
use chrono::Duration;

use self::world::{Stage, World};
use super::*;
use crate::intent::IntentState;
use crate::returns::fixtures::{amazon_return, authorization, package, sent};
use crate::settings::ReceiveOn;

/// Two units of line 1 that came back in one parcel, one of them damaged; line 2 never came.
fn finished_return() -> AmazonReturn {
    let graded = [("SELLABLE", 1), ("DAMAGED", 1)];
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &graded), ("A2", 1, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[("A1", 2)])];
    amazon
}

fn staff(world: &mut World) {
    world.documents.push(authorization("B", &[(10, 1, 2, 0)]));
}
