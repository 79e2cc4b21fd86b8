//! Names of Amazon's events.

/// Longest event type that is kept, in bytes.
const MAX_BYTES: usize = 128;

/// What an event is about.
///
/// Current names (`event-types`, 2024-11-01) and the deprecated ones that they replaced mean the same. A name
/// that is not known here is kept as it came: Amazon adds events without notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A new order was placed.
    OrderConfirmed,
    /// Items were shipped. Formerly `DELIVERY_IN_TRANSIT`, `ITEM_IN_TRANSIT`.
    PackageDeliveryInTransit,
    /// Items reached their destination. Formerly `DELIVERY_COMPLETED`, `ITEM_DELIVERED`.
    PackageDelivered,
    /// Items were cancelled. Formerly `DELIVERY_CANCELLED`, `ITEM_CANCELLED`.
    PackageDeliveryCancelled,
    /// A delivery failed. Named only by the accelerator page for NetSuite.
    PackageDeliveryFailure,
    /// A tracking milestone changed; names a tracker and no order.
    PackageTrackerMilestoneChanged,
    /// A refund must be issued.
    RefundRequested,
    /// A refund was processed.
    RefundCompleted,
    /// A shopper started a return.
    ReturnStarted,
    /// A returned item is on its way. Formerly `RETURN_DELIVERY_IN_TRANSIT`.
    ReturnPackageInTransit,
    /// A return reached Amazon. Formerly `RETURN_DELIVERY_COMPLETED`.
    ReturnPackageDelivered,
    /// A return did not arrive. Formerly `RETURN_DELIVERY_FAILED`.
    ReturnPackageDeliveryFailed,
    /// A returned item was graded.
    ReturnItemGraded,
    /// A return is finished.
    ReturnCompleted,
    /// Stock changed. Also named `PRODUCT_INVENTORY_CHANGED` and `INVENTORY_AVAILABILITY_CHANGED`.
    InventoryChanged,
    /// Prime eligibility changed.
    BuyabilityChanged,
    /// A request for a shopper's data was answered.
    PersonalDataRetrievalTaskCompleted,
    /// A request for a shopper's data failed.
    PersonalDataRetrievalTaskFailed,
    /// A shopper's data was deleted.
    PersonalDataDeletionTaskCompleted,
    /// Deleting a shopper's data failed.
    PersonalDataDeletionTaskFailed,
    /// A name not known here, as it came.
    Unknown(String),
}

impl EventType {
    /// The event type of a name, current or deprecated. `None` when it is empty, longer than 128 bytes or
    /// not plain text.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        if name.is_empty() || !crate::text::is_plain(name, MAX_BYTES) {
            return None;
        }
        Some(match name.to_ascii_uppercase().replace(['-', ' ', '.'], "_").as_str() {
            "ORDER_CONFIRMED" => Self::OrderConfirmed,
            "PACKAGE_DELIVERY_IN_TRANSIT" | "DELIVERY_IN_TRANSIT" | "ITEM_IN_TRANSIT" => {
                Self::PackageDeliveryInTransit
            }
            "PACKAGE_DELIVERED" | "DELIVERY_COMPLETED" | "ITEM_DELIVERED" => Self::PackageDelivered,
            "PACKAGE_DELIVERY_CANCELLED" | "DELIVERY_CANCELLED" | "ITEM_CANCELLED" => {
                Self::PackageDeliveryCancelled
            }
            "PACKAGE_DELIVERY_FAILURE" => Self::PackageDeliveryFailure,
            "PACKAGE_TRACKER_MILESTONE_CHANGED" => Self::PackageTrackerMilestoneChanged,
            "REFUND_REQUESTED" => Self::RefundRequested,
            "REFUND_COMPLETED" => Self::RefundCompleted,
            "RETURN_STARTED" => Self::ReturnStarted,
            "RETURN_PACKAGE_IN_TRANSIT" | "RETURN_DELIVERY_IN_TRANSIT" => Self::ReturnPackageInTransit,
            "RETURN_PACKAGE_DELIVERED" | "RETURN_DELIVERY_COMPLETED" => Self::ReturnPackageDelivered,
            "RETURN_PACKAGE_DELIVERY_FAILED" | "RETURN_DELIVERY_FAILED" => Self::ReturnPackageDeliveryFailed,
            "RETURN_ITEM_GRADED" => Self::ReturnItemGraded,
            "RETURN_COMPLETED" => Self::ReturnCompleted,
            "INVENTORY_CHANGED" | "PRODUCT_INVENTORY_CHANGED" | "INVENTORY_AVAILABILITY_CHANGED" => {
                Self::InventoryChanged
            }
            "BUYABILITY_CHANGED" => Self::BuyabilityChanged,
            "PERSONAL_DATA_RETRIEVAL_TASK_COMPLETED" => Self::PersonalDataRetrievalTaskCompleted,
            "PERSONAL_DATA_RETRIEVAL_TASK_FAILED" => Self::PersonalDataRetrievalTaskFailed,
            "PERSONAL_DATA_DELETION_TASK_COMPLETED" => Self::PersonalDataDeletionTaskCompleted,
            "PERSONAL_DATA_DELETION_TASK_FAILED" => Self::PersonalDataDeletionTaskFailed,
            _ => Self::Unknown(name.to_owned()),
        })
    }

    /// The current name; for an unknown one, the name as it came.
    pub fn as_str(&self) -> &str {
        match self {
            Self::OrderConfirmed => "ORDER_CONFIRMED",
            Self::PackageDeliveryInTransit => "PACKAGE_DELIVERY_IN_TRANSIT",
            Self::PackageDelivered => "PACKAGE_DELIVERED",
            Self::PackageDeliveryCancelled => "PACKAGE_DELIVERY_CANCELLED",
            Self::PackageDeliveryFailure => "PACKAGE_DELIVERY_FAILURE",
            Self::PackageTrackerMilestoneChanged => "PACKAGE_TRACKER_MILESTONE_CHANGED",
            Self::RefundRequested => "REFUND_REQUESTED",
            Self::RefundCompleted => "REFUND_COMPLETED",
            Self::ReturnStarted => "RETURN_STARTED",
            Self::ReturnPackageInTransit => "RETURN_PACKAGE_IN_TRANSIT",
            Self::ReturnPackageDelivered => "RETURN_PACKAGE_DELIVERED",
            Self::ReturnPackageDeliveryFailed => "RETURN_PACKAGE_DELIVERY_FAILED",
            Self::ReturnItemGraded => "RETURN_ITEM_GRADED",
            Self::ReturnCompleted => "RETURN_COMPLETED",
            Self::InventoryChanged => "INVENTORY_CHANGED",
            Self::BuyabilityChanged => "BUYABILITY_CHANGED",
            Self::PersonalDataRetrievalTaskCompleted => "PERSONAL_DATA_RETRIEVAL_TASK_COMPLETED",
            Self::PersonalDataRetrievalTaskFailed => "PERSONAL_DATA_RETRIEVAL_TASK_FAILED",
            Self::PersonalDataDeletionTaskCompleted => "PERSONAL_DATA_DELETION_TASK_COMPLETED",
            Self::PersonalDataDeletionTaskFailed => "PERSONAL_DATA_DELETION_TASK_FAILED",
            Self::Unknown(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deprecated_names_mean_the_current_events() {
        for (deprecated, current) in [
            ("DELIVERY_IN_TRANSIT", "PACKAGE_DELIVERY_IN_TRANSIT"),
            ("ITEM_IN_TRANSIT", "PACKAGE_DELIVERY_IN_TRANSIT"),
            ("DELIVERY_COMPLETED", "PACKAGE_DELIVERED"),
            ("ITEM_DELIVERED", "PACKAGE_DELIVERED"),
            ("DELIVERY_CANCELLED", "PACKAGE_DELIVERY_CANCELLED"),
            ("ITEM_CANCELLED", "PACKAGE_DELIVERY_CANCELLED"),
            ("RETURN_DELIVERY_IN_TRANSIT", "RETURN_PACKAGE_IN_TRANSIT"),
            ("RETURN_DELIVERY_COMPLETED", "RETURN_PACKAGE_DELIVERED"),
            ("RETURN_DELIVERY_FAILED", "RETURN_PACKAGE_DELIVERY_FAILED"),
            ("PRODUCT_INVENTORY_CHANGED", "INVENTORY_CHANGED"),
            ("INVENTORY_AVAILABILITY_CHANGED", "INVENTORY_CHANGED"),
        ] {
            let parsed = EventType::parse(deprecated).unwrap();
            assert_eq!(parsed.as_str(), current);
            assert_eq!(EventType::parse(current), Some(parsed));
        }
    }

    #[test]
    fn unknown_names_are_kept_as_they_came() {
        let event = EventType::parse(" Order_Teleported ").unwrap();
        assert_eq!(event, EventType::Unknown("Order_Teleported".to_owned()));
        assert_eq!(event.as_str(), "Order_Teleported");
    }

    #[test]
    fn names_that_no_log_can_take_are_refused() {
        assert_eq!(EventType::parse("  "), None);
        assert_eq!(EventType::parse("A\u{0}B"), None);
        assert_eq!(EventType::parse(&"A".repeat(129)), None);
    }
}
