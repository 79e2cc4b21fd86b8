//! The events that a connection lives on.

use crate::settings::ConnectionSettings;

/// An event type that we want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedEvent {
    /// Amazon's name of it.
    pub event_type: &'static str,
    /// Amazon may not offer it, and nothing is lost without it.
    pub is_optional: bool,
}

const fn event(event_type: &'static str) -> WantedEvent {
    WantedEvent { event_type, is_optional: false }
}

const ORDERS: &[WantedEvent] = &[
    event("PACKAGE_DELIVERY_IN_TRANSIT"),
    event("PACKAGE_DELIVERED"),
    event("PACKAGE_DELIVERY_CANCELLED"),
    // only Amazon's page about its accelerators names it
    WantedEvent { event_type: "PACKAGE_DELIVERY_FAILURE", is_optional: true },
    event("PACKAGE_TRACKER_MILESTONE_CHANGED"),
    event("RETURN_STARTED"),
    event("RETURN_PACKAGE_IN_TRANSIT"),
    event("RETURN_PACKAGE_DELIVERED"),
    event("RETURN_PACKAGE_DELIVERY_FAILED"),
    event("RETURN_ITEM_GRADED"),
    event("RETURN_COMPLETED"),
    event("REFUND_REQUESTED"),
    event("REFUND_COMPLETED"),
];

const STOCK: &[WantedEvent] = &[event("INVENTORY_CHANGED")];

/// The events that a connection wants: those of orders, and of stock where it keeps stock in step.
pub fn wanted(connection: &ConnectionSettings) -> Vec<WantedEvent> {
    let stock = connection.stock.as_ref().map(|_| STOCK).unwrap_or_default();
    [ORDERS, stock].concat()
}

#[cfg(test)]
mod tests {
    use amz_event_handler::amazon::EventType;

    use super::*;

    #[test]
    fn every_wanted_event_is_one_that_we_understand_by_its_current_name() {
        for event in ORDERS.iter().chain(STOCK) {
            let known = EventType::parse(event.event_type).unwrap();
            assert!(!matches!(known, EventType::Unknown(_)), "{}", event.event_type);
            assert_eq!(known.as_str(), event.event_type);
        }
    }
}
