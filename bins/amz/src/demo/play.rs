//! What happens at the pretend Amazon: parcels split, leave, pass milestones and arrive.

use amz_sandbox::amazon::{
    Amazon, CancellationReason, Content, MilestoneCode, MoveError, Order, PackageState, Place,
};
use rust_decimal::Decimal;

/// The script of one rehearsal; the same seed plays the same story.
pub(crate) struct Play<'sandbox> {
    pub(super) amazon: &'sandbox Amazon,
    seed: u64,
}

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// One parcel; staff refund a unit afterwards.
    RefundedByStaff,
    /// Two parcels.
    TwoParcels,
    /// Half of it cannot be shipped.
    PartlyCancelled,
    /// A second delivery attempt; the shopper returns a unit through Amazon and gets it refunded.
    ReturnedThroughAmazon,
    /// A parcel that does not arrive before the rehearsal ends.
    StillUnderWay,
    /// Staff cancel it before it ships.
    CancelledByStaff,
    /// A parcel that cannot be delivered; Amazon asks for a refund.
    Undeliverable,
    /// The shopper brings a unit back to the merchant, who refunds it.
    ReturnedToMerchant,
}

impl<'sandbox> Play<'sandbox> {
    pub(crate) fn new(amazon: &'sandbox Amazon, seed: u64) -> Self {
        Self { amazon, seed }
    }

    /// Orders in an order that does not depend on which arrived first.
    pub(super) fn orders(&self) -> Vec<Order> {
        let mut orders = self.amazon.orders();
        orders.sort_by_key(|order| order.aliases.first().map(|alias| alias.alias_id.clone()));
        orders
    }

    /// The story of the order at a position. The first of each kind always comes, so that a small rehearsal
    /// shows everything.
    pub(super) fn story(&self, position: u64) -> Story {
        let kinds = STORIES.len() as u64;
        let kind = if position < kinds { position } else { dice(self.seed, position) % kinds };
        STORIES[usize::try_from(kind).unwrap_or(0)]
    }

    /// Parcels leave; some orders split, and of some the rest is cancelled.
    pub(crate) fn ship(&self) -> Result<usize, MoveError> {
        let mut shipped = 0;
        for (position, order) in (0u64..).zip(self.orders()) {
            let Some(pending) = order.packages.iter().find(|package| package.state == PackageState::Pending)
            else {
                continue;
            };
            let story = self.story(position);
            let parts = match story {
                Story::TwoParcels | Story::PartlyCancelled => halves(&pending.contents),
                Story::CancelledByStaff => continue,
                Story::RefundedByStaff
                | Story::ReturnedThroughAmazon
                | Story::StillUnderWay
                | Story::Undeliverable
                | Story::ReturnedToMerchant => None,
            };
            let packages = match parts {
                Some(parts) => self.amazon.split(&order.id, &pending.id, parts)?,
                None => vec![pending.id.clone()],
            };
            for (number, package) in packages.iter().enumerate() {
                if story == Story::PartlyCancelled && number > 0 {
                    self.amazon.cancel_package(&order.id, package, CancellationReason::Unfulfillable)?;
                    continue;
                }
                let tracking = format!("1ZDEMO{:04}{position:06}{number}", self.seed % 10_000);
                let carrier = if dice(self.seed, position).is_multiple_of(3) { "usps" } else { "ups" };
                self.amazon.ship(&order.id, package, carrier, &tracking)?;
                shipped += 1;
            }
        }
        Ok(shipped)
    }

    /// Parcels on their way pass milestones.
    pub(crate) fn pass_milestones(&self) -> Result<usize, MoveError> {
        let mut passed = 0;
        for (position, order) in (0u64..).zip(self.orders()) {
            for tracker in order.packages.iter().filter_map(|package| package.tracker.as_ref()) {
                let place = Place::new("Louisville", "KY");
                let mut codes = vec![MilestoneCode::InTransit, MilestoneCode::OutForDelivery];
                if self.story(position) == Story::ReturnedThroughAmazon {
                    codes.push(MilestoneCode::DeliveryAttempted);
                }
                passed += codes.len();
                for code in codes {
                    self.amazon.milestone(&tracker.tracking_number, code, Some(place.clone()), None)?;
                }
            }
        }
        Ok(passed)
    }

    /// Parcels arrive, or come to nothing, except those whose story leaves them under way.
    pub(crate) fn deliver(&self) -> Result<usize, MoveError> {
        let mut delivered = 0;
        for (position, order) in (0u64..).zip(self.orders()) {
            let story = self.story(position);
            if story == Story::StillUnderWay {
                continue;
            }
            for package in order.packages.iter().filter(|package| package.state == PackageState::InTransit) {
                if Some(&package.id) == self.unheard_parcel().as_ref().map(|(_, package)| package) {
                    continue;
                }
                match story {
                    Story::Undeliverable => {
                        let reason = CancellationReason::Undeliverable;
                        self.amazon.cancel_package(&order.id, &package.id, reason)?;
                    }
                    _ => self.amazon.deliver(&order.id, &package.id)?,
                }
                delivered += 1;
            }
        }
        Ok(delivered)
    }
}

impl Play<'_> {
    /// The last parcel of the first order in two parcels, while it is under way: that it arrives nobody will tell.
    fn unheard_parcel(&self) -> Option<(String, String)> {
        let orders = (0u64..).zip(self.orders());
        let mut in_two = orders.filter(|(position, _)| self.story(*position) == Story::TwoParcels);
        let (_, order) = in_two.next()?;
        let last = order.packages.last().filter(|package| package.state == PackageState::InTransit)?;
        Some((order.id.clone(), last.id.clone()))
    }

    /// The parcel that was kept back arrives, and every event of that is lost. Returns how many parcels did.
    pub(crate) async fn deliver_unheard(&self) -> Result<u64, MoveError> {
        let Some((order, package)) = self.unheard_parcel() else { return Ok(0) };
        self.amazon.events_settled().await;
        self.amazon.hold_events();
        let delivered = self.amazon.deliver(&order, &package);
        self.amazon.take_pending_events();
        self.amazon.release_events();
        delivered.map(|()| 1)
    }
}

const STORIES: [Story; 8] = [
    Story::RefundedByStaff,
    Story::TwoParcels,
    Story::PartlyCancelled,
    Story::ReturnedThroughAmazon,
    Story::StillUnderWay,
    Story::CancelledByStaff,
    Story::Undeliverable,
    Story::ReturnedToMerchant,
];

/// The contents in two parts of about the same size; `None` when there is only one unit.
fn halves(contents: &[Content]) -> Option<Vec<Vec<Content>>> {
    let units: Decimal = contents.iter().map(|content| content.quantity).sum();
    let mut first_half = (units / Decimal::TWO).floor();
    if first_half.is_zero() {
        return None;
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for Content { line_id, quantity } in contents {
        let taken = first_half.min(*quantity);
        first_half -= taken;
        for (part, quantity) in [(&mut first, taken), (&mut second, *quantity - taken)] {
            if !quantity.is_zero() {
                part.push(Content { line_id: line_id.clone(), quantity });
            }
        }
    }
    Some(vec![first, second])
}

/// A number that depends on the seed and the position alone (SplitMix64).
pub(crate) fn dice(seed: u64, position: u64) -> u64 {
    let mut mixed = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
