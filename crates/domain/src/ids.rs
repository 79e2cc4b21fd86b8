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
    /// Our alias of an order at Amazon (`OMS_ORDER_ID`): `<account>:<sales order internal id>`, for an order that
    /// was sent anew followed by `:<generation>`.
    OrderAlias,
    /// Our alias of an order line at Amazon (`OMS_LINE_ID`): `<sales order internal id>:<line unique key>`, for an
    /// order that was sent anew followed by `:<generation>`.
    LineAlias,
    /// Amazon's id of a cancellation.
    CancellationId,
    /// Our alias of a cancellation at Amazon (`OMS_CANCEL_ID`): the order's alias.
    CancellationAlias,
    /// Amazon's id of a return.
    ReturnId,
    /// Amazon's id of a parcel on its way back.
    ReturnPackageId,
    /// Our alias of a return at Amazon (`OMS_RETURN_ID`): `<account>:<return authorization internal id>`.
    ReturnAlias,
    /// Amazon's id of a refund.
    RefundId,
    /// Our alias of a refund at Amazon (`OMS_REFUND_ID`): `<account>:<document internal id>`.
    RefundAlias,
    /// NetSuite internal id of a transaction that follows from a sales order.
    DocumentId,
    /// NetSuite internal id of a customer or another entity.
    EntityId,
    /// NetSuite internal id of an account in the general ledger.
    AccountId,
    /// NetSuite internal id of a subsidiary.
    SubsidiaryId,
    /// NetSuite internal id of a bin.
    BinId,
    /// Amazon's id of what is stocked under one SKU of the Buy with Prime catalogue, opaque.
    InventoryItemId,
    /// Amazon's id of physically identical stock (`fnSku`). Several SKUs may share one, and then their units.
    FulfillmentSku,
    /// Our name of one full synchronisation of stock; part of external ids.
    StockRunId,
    /// Our name of one reconciliation.
    ReconciliationId,
}

/// How often an order was sent to Amazon before; an order that is sent anew gets new aliases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// The one after this.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// What an alias of this generation ends with.
    fn suffix(self) -> String {
        if self.0 == 0 { String::new() } else { format!(":{}", self.0) }
    }
}

impl OrderAlias {
    /// Alias of a sales order of a NetSuite account (`1234567_SB1`).
    pub fn of(account: &str, order: &SalesOrderId, generation: Generation) -> Self {
        Self(format!("{account}:{order}{}", generation.suffix()))
    }

    /// The sales order this alias names, if it belongs to the account.
    pub fn sales_order(&self, account: &str) -> Option<SalesOrderId> {
        let order = self.0.strip_prefix(account)?.strip_prefix(':')?;
        let (order, generation) = order.split_once(':').unwrap_or((order, "0"));
        let valid = !order.is_empty() && generation.parse::<u32>().is_ok();
        valid.then(|| SalesOrderId::new(order))
    }
}

impl LineAlias {
    /// Alias of a line of a sales order.
    pub fn of(order: &SalesOrderId, line: &LineUniqueKey, generation: Generation) -> Self {
        Self(format!("{order}:{line}{}", generation.suffix()))
    }

    /// Alias of one part of a kit line that is sent to Amazon as its parts.
    pub fn of_part(
        order: &SalesOrderId,
        line: &LineUniqueKey,
        part: &ItemId,
        generation: Generation,
    ) -> Self {
        Self(format!("{order}:{line}/{part}{}", generation.suffix()))
    }
}

impl CancellationAlias {
    /// Alias of the cancellation of an order; an order is cancelled at most once.
    pub fn of(order: &OrderAlias) -> Self {
        Self(order.0.clone())
    }
}

impl ReturnAlias {
    /// Alias of a return authorization of a NetSuite account.
    pub fn of(account: &str, authorization: &DocumentId) -> Self {
        Self(format!("{account}:{authorization}"))
    }

    /// The return authorization this alias names, if it belongs to the account.
    pub fn authorization(&self, account: &str) -> Option<DocumentId> {
        named_document(&self.0, account)
    }
}

impl RefundAlias {
    /// Alias of a credit memo, cash refund or customer refund of a NetSuite account.
    pub fn of(account: &str, document: &DocumentId) -> Self {
        Self(format!("{account}:{document}"))
    }

    /// The document this alias names, if it belongs to the account.
    pub fn document(&self, account: &str) -> Option<DocumentId> {
        named_document(&self.0, account)
    }
}

fn named_document(alias: &str, account: &str) -> Option<DocumentId> {
    let id = alias.strip_prefix(account)?.strip_prefix(':')?;
    (!id.is_empty() && !id.contains(':')).then(|| DocumentId::new(id))
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

    /// External id of the return authorization of one Amazon return: `amz-ra-<return id>`.
    pub fn of_return(return_id: &ReturnId) -> Self {
        Self(format!("amz-ra-{}", address_safe(return_id.as_str())))
    }

    /// External id of the item receipt of what came back in one return package, to the return location:
    /// `amz-ir-<return package id>`.
    pub fn of_receipt(package: &ReturnPackageId) -> Self {
        Self(format!("amz-ir-{}", address_safe(package.as_str())))
    }

    /// External id of the item receipt of what came back damaged in one return package:
    /// `amz-ir-<return package id>-damaged`.
    pub fn of_damaged_receipt(package: &ReturnPackageId) -> Self {
        Self(format!("amz-ir-{}-damaged", address_safe(package.as_str())))
    }

    /// External id of the credit memo or cash refund of one Amazon refund: `amz-cm-<refund id>`. One name for
    /// both, so that a refund never gets two documents.
    pub fn of_refund(refund: &RefundId) -> Self {
        Self(format!("amz-cm-{}", address_safe(refund.as_str())))
    }

    /// External id of the customer refund that pays out the credit memo of one Amazon refund:
    /// `amz-cr-<refund id>`.
    pub fn of_payout(refund: &RefundId) -> Self {
        Self(format!("amz-cr-{}", address_safe(refund.as_str())))
    }

    /// External id of the row of one setting inside NetSuite: `amz-cf-<connection>-<key>`.
    pub fn of_setting(connection: &ConnectionName, key: &str) -> Self {
        Self(format!("amz-cf-{}-{}", address_safe(connection.as_str()), address_safe(key)))
    }

    /// External id of the `number`-th stock document of a run, or of one look at changed stock:
    /// `amz-ia-<connection>-<run>-<number>`. Connections may share a NetSuite account, and name runs alike.
    pub fn of_stock(connection: &ConnectionName, run: &StockRunId, number: u32) -> Self {
        let (connection, run) = (address_safe(connection.as_str()), address_safe(run.as_str()));
        Self(format!("amz-ia-{connection}-{run}-{number}"))
    }

    /// External id of the row of one call in the copy of the audit trail: `amz-al-<connection>-<call>`.
    pub fn of_call(connection: &ConnectionName, call: &str) -> Self {
        Self(format!("amz-al-{}-{}", address_safe(connection.as_str()), address_safe(call)))
    }

    /// The external id that an intent's subject holds.
    pub fn of_subject(subject: &str) -> Option<Self> {
        Self::is_ours(subject).then(|| Self(subject.to_owned()))
    }

    /// True for an external id that this software made, whatever the record.
    pub fn is_ours(text: &str) -> bool {
        text.starts_with("amz-")
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
        let alias = OrderAlias::of("1234567_SB1", &"42".into(), Generation::default());
        assert_eq!(alias.as_str(), "1234567_SB1:42");
        assert_eq!(alias.sales_order("1234567_SB1"), Some("42".into()));
        assert_eq!(alias.sales_order("7654321"), None);
        assert_eq!(OrderAlias::from("no-colon").sales_order("1234567"), None);
    }

    #[test]
    fn an_order_that_is_sent_anew_gets_aliases_of_its_own() {
        let anew = Generation::default().next();
        let alias = OrderAlias::of("1234567_SB1", &"42".into(), anew);
        assert_eq!(alias.as_str(), "1234567_SB1:42:1");
        assert_eq!(alias.sales_order("1234567_SB1"), Some("42".into()));
        assert_eq!(OrderAlias::from("1234567_SB1:42:x").sales_order("1234567_SB1"), None);
        assert_eq!(LineAlias::of(&"42".into(), &"7".into(), anew).as_str(), "42:7:1");
        assert_eq!(LineAlias::of_part(&"42".into(), &"7".into(), &"9".into(), anew).as_str(), "42:7/9:1");
    }

    #[test]
    fn aliases_of_documents_name_them_only_in_their_own_account() {
        let alias = ReturnAlias::of("1234567_SB1", &"900".into());
        assert_eq!(alias.authorization("1234567_SB1"), Some("900".into()));
        assert_eq!(alias.authorization("1234567"), None);
        assert_eq!(RefundAlias::from("1234567:").document("1234567"), None);
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
