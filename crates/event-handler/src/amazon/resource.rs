//! Resource paths: what an event is about.

use amz_domain::{AmazonOrderId, InventoryItemId, RefundId, ReturnId, TrackerKey};

/// Longest id that is taken from a path, in bytes.
const MAX_ID_BYTES: usize = 256;

/// One entry of an event's `resources`: names and values by turns, separated by `/`, for example
/// `businessProduct/bp-1/order/322-ABC1-AAAAAA/delivery/D-1` (event pages, 2024-11-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The business product it belongs to, when the path says so.
    pub business_product: Option<String>,
    /// What it names.
    pub subject: Subject,
}

/// What a resource path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An order.
    Order(AmazonOrderId),
    /// A delivery of an order.
    Delivery {
        /// The order.
        order: AmazonOrderId,
        /// Amazon's id of the delivery.
        delivery: String,
    },
    /// A refund of an order.
    Refund {
        /// The order.
        order: AmazonOrderId,
        /// Amazon's id of the refund.
        refund: RefundId,
    },
    /// A return of an order.
    Return {
        /// The order.
        order: AmazonOrderId,
        /// Amazon's id of the return.
        return_id: ReturnId,
    },
    /// A tracker of a carrier. The path names no order.
    Tracker(TrackerKey),
    /// A product.
    Item(String),
    /// The stock of a product, `item-quantities/<id>` or `inventory-item/<id>`.
    ItemQuantity(InventoryItemId),
    /// A path of another form, as it came.
    Other(String),
}

impl Resource {
    /// Reads a path. A path of an unknown form becomes [`Subject::Other`], with the business product when
    /// that much can be read.
    pub fn parse(path: &str) -> Self {
        let segments: Vec<&str> = path.trim().trim_matches('/').split('/').collect();
        let value = |name: &str| {
            segments
                .chunks_exact(2)
                .find(|pair| pair[0].eq_ignore_ascii_case(name))
                .map(|pair| pair[1].trim())
                .filter(|value| !value.is_empty() && crate::text::is_plain(value, MAX_ID_BYTES))
                .map(str::to_owned)
        };
        let business_product = value("businessProduct");
        let subject = if let Some(order) = value("order").map(AmazonOrderId::from) {
            if let Some(delivery) = value("delivery") {
                Subject::Delivery { order, delivery }
            } else if let Some(refund) = value("refund") {
                Subject::Refund { order, refund: refund.into() }
            } else if let Some(return_id) = value("return") {
                Subject::Return { order, return_id: return_id.into() }
            } else {
                Subject::Order(order)
            }
        } else if let (Some(carrier), Some(number)) = (value("carrier"), value("tracker")) {
            Subject::Tracker(TrackerKey { carrier: carrier.into(), number: number.into() })
        } else if let Some(item) = value("items") {
            Subject::Item(item)
        } else if let Some(item) = value("item-quantities").or_else(|| value("inventory-item")) {
            Subject::ItemQuantity(item.into())
        } else {
            Subject::Other(path.to_owned())
        };
        Self { business_product, subject }
    }

    /// The order that the path names.
    pub fn order(&self) -> Option<&AmazonOrderId> {
        match &self.subject {
            Subject::Order(order)
            | Subject::Delivery { order, .. }
            | Subject::Refund { order, .. }
            | Subject::Return { order, .. } => Some(order),
            Subject::Tracker(_) | Subject::Item(_) | Subject::ItemQuantity(_) | Subject::Other(_) => None,
        }
    }

    /// The return that the path names.
    pub fn return_id(&self) -> Option<&ReturnId> {
        match &self.subject {
            Subject::Return { order: _, return_id } => Some(return_id),
            Subject::Order(_)
            | Subject::Delivery { .. }
            | Subject::Refund { .. }
            | Subject::Tracker(_)
            | Subject::Item(_)
            | Subject::ItemQuantity(_)
            | Subject::Other(_) => None,
        }
    }

    /// The refund that the path names.
    pub fn refund(&self) -> Option<&RefundId> {
        match &self.subject {
            Subject::Refund { order: _, refund } => Some(refund),
            Subject::Order(_)
            | Subject::Delivery { .. }
            | Subject::Return { .. }
            | Subject::Tracker(_)
            | Subject::Item(_)
            | Subject::ItemQuantity(_)
            | Subject::Other(_) => None,
        }
    }

    /// The stocked item that the path names.
    pub fn inventory_item(&self) -> Option<&InventoryItemId> {
        match &self.subject {
            Subject::ItemQuantity(item) => Some(item),
            Subject::Order(_)
            | Subject::Delivery { .. }
            | Subject::Refund { .. }
            | Subject::Return { .. }
            | Subject::Tracker(_)
            | Subject::Item(_)
            | Subject::Other(_) => None,
        }
    }

    /// The tracker that the path names.
    pub fn tracker(&self) -> Option<&TrackerKey> {
        match &self.subject {
            Subject::Tracker(key) => Some(key),
            Subject::Order(_)
            | Subject::Delivery { .. }
            | Subject::Refund { .. }
            | Subject::Return { .. }
            | Subject::Item(_)
            | Subject::ItemQuantity(_)
            | Subject::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(path: &str) -> Subject {
        Resource::parse(path).subject
    }

    #[test]
    fn documented_paths_are_understood() {
        let order = AmazonOrderId::from("322-ABC1-AAAAAA");
        assert_eq!(
            Resource::parse("businessProduct/bp-1/order/322-ABC1-AAAAAA"),
            Resource { business_product: Some("bp-1".to_owned()), subject: Subject::Order(order.clone()) }
        );
        assert_eq!(
            subject("businessProduct/bp-1/order/322-ABC1-AAAAAA/delivery/D-1"),
            Subject::Delivery { order: order.clone(), delivery: "D-1".to_owned() }
        );
        assert_eq!(
            subject("businessProduct/bp-1/order/322-ABC1-AAAAAA/refund/R-1"),
            Subject::Refund { order: order.clone(), refund: "R-1".into() }
        );
        assert_eq!(
            subject("businessProduct/bp-1/order/322-ABC1-AAAAAA/return/R-2"),
            Subject::Return { order, return_id: "R-2".into() }
        );
        assert_eq!(
            subject("businessProduct/bp-1/carrier/ups/tracker/1Z999"),
            Subject::Tracker(TrackerKey { carrier: "ups".into(), number: "1Z999".into() })
        );
        assert_eq!(subject("businessProduct/bp-1/items/i-1"), Subject::Item("i-1".to_owned()));
        for name in ["item-quantities", "inventory-item"] {
            assert_eq!(
                subject(&format!("businessProduct/bp-1/{name}/i-1")),
                Subject::ItemQuantity("i-1".into())
            );
        }
    }

    #[test]
    fn slashes_at_the_ends_do_not_matter() {
        assert_eq!(
            Resource::parse("/businessProduct/bp-1/order/1/"),
            Resource::parse("businessProduct/bp-1/order/1")
        );
    }

    #[test]
    fn other_paths_are_kept_with_their_business_product() {
        let path = "businessProduct/bp-1/teleport/7";
        assert_eq!(
            Resource::parse(path),
            Resource { business_product: Some("bp-1".to_owned()), subject: Subject::Other(path.to_owned()) }
        );
        for path in ["", "order", "order/", "carrier/ups", "order/\u{0}", "///"] {
            assert_eq!(subject(path), Subject::Other(path.to_owned()));
        }
    }
}
