//! One type per id, so that ids cannot be swapped.

use serde::{Deserialize, Serialize};

/// Declares an opaque text id.
macro_rules! text_id {
    ($( $(#[$meta:meta])* $name:ident ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the id as it came from its owner.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+ };
}

text_id! {
    /// Name of one merchant's pair of an Amazon business product and a NetSuite account, as configured.
    ConnectionName,
    /// Amazon's id of an order, opaque, for example `322-ABC1-AAAAAA`.
    AmazonOrderId,
    /// Amazon's id of an order line, opaque.
    AmazonLineId,
    /// Amazon's id of a package (`packageInformation.details[].id`). Stable only once the package left.
    PackageId,
    /// Id of the delivery preview that a Prime shopper saw at checkout.
    DeliveryPreviewId,
    /// Id of the delivery offer that a Prime shopper chose at checkout.
    DeliveryOfferId,
    /// The merchant's stock keeping unit, as Amazon's catalogue knows it.
    Sku,
    /// The carrier's tracking number.
    TrackingNumber,
    /// The carrier's code as Amazon writes it, for example `ups`.
    CarrierCode,
    /// NetSuite internal id of a sales order.
    SalesOrderId,
    /// NetSuite internal id of an item fulfilment.
    ItemFulfillmentId,
    /// NetSuite internal id of an item of any type.
    ItemId,
    /// NetSuite internal id of a location.
    LocationId,
    /// NetSuite internal id of a sales channel.
    SalesChannelId,
    /// NetSuite internal id of a shipping item.
    ShipMethodId,
    /// NetSuite's `lineUniqueKey`: identifies a transaction line in the whole account, for good.
    LineUniqueKey,
    /// Our alias of an order at Amazon (`OMS_ORDER_ID`): `<account>:<sales order internal id>`.
    OrderAlias,
    /// Our alias of an order line at Amazon (`OMS_LINE_ID`): `<sales order internal id>:<line unique key>`.
    LineAlias,
}

impl OrderAlias {
    /// Alias of a sales order of a NetSuite account (`1234567_SB1`).
    pub fn of(account: &str, order: &SalesOrderId) -> Self {
        Self(format!("{account}:{order}"))
    }

    /// The sales order this alias names, if it belongs to the account.
    pub fn sales_order(&self, account: &str) -> Option<SalesOrderId> {
        let (owner, order) = self.0.rsplit_once(':')?;
        (owner == account && !order.is_empty()).then(|| SalesOrderId::new(order))
    }
}

impl LineAlias {
    /// Alias of a line of a sales order.
    pub fn of(order: &SalesOrderId, line: &LineUniqueKey) -> Self {
        Self(format!("{order}:{line}"))
    }
}

/// NetSuite's `line` number: key of a line within its sublist; not consecutive, survives edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineNumber(pub u32);

impl std::fmt::Display for LineNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// NetSuite external id that is safe in an `eid:` address: letters, digits, `_` and `-` only.
///
/// All transactions of an account share one name space, so every constructor prefixes by record type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    /// External id of the item fulfilment of one Amazon package: `amz-if-<package id>`.
    pub fn of_fulfillment(package: &PackageId) -> Self {
        Self(format!("amz-if-{}", address_safe(package.as_str())))
    }

    /// The external id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ExternalId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Keeps what `eid:` addressing allows and writes every other byte as `_` and two hexadecimal digits.
///
/// `_` itself is written as `_5f`, so two different ids never become one.
fn address_safe(id: &str) -> String {
    id.bytes().fold(String::with_capacity(id.len()), |mut safe, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => safe.push(char::from(byte)),
            other => safe.push_str(&format!("_{other:02x}")),
        }
        safe
    })
}

/// What names a package tracker at Amazon: the carrier's code and its tracking number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackerKey {
    /// The carrier's code as Amazon writes it.
    pub carrier: CarrierCode,
    /// The carrier's tracking number.
    pub number: TrackingNumber,
}

impl std::fmt::Display for TrackerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.carrier, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_alias_names_its_sales_order_only_in_its_own_account() {
        let alias = OrderAlias::of("1234567_SB1", &"42".into());
        assert_eq!(alias.as_str(), "1234567_SB1:42");
        assert_eq!(alias.sales_order("1234567_SB1"), Some("42".into()));
        assert_eq!(alias.sales_order("7654321"), None);
        assert_eq!(OrderAlias::from("no-colon").sales_order("1234567"), None);
    }

    #[test]
    fn external_ids_stay_address_safe_and_distinct() {
        let plain = ExternalId::of_fulfillment(&"1a-B2".into());
        assert_eq!(plain.as_str(), "amz-if-1a-B2");
        let pipe = ExternalId::of_fulfillment(&"a|b".into());
        let underscored = ExternalId::of_fulfillment(&"a_7cb".into());
        assert_eq!(pipe.as_str(), "amz-if-a_7cb");
        assert_ne!(pipe, underscored);
    }
}
