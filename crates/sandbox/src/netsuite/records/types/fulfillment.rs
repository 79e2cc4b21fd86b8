//! `itemFulfillment`.

use super::{Field, Kind, Sublist, Target};

pub(super) const BODY: &[&[Field]] = &[FIELDS];

const FIELDS: &[Field] = &[
    Field::derived("createdFrom", Kind::Reference(Target::Transaction)),
    Field::derived("entity", Kind::Reference(Target::Customer)),
    Field::new("tranDate", Kind::Date),
    Field::new("tranId", Kind::Text),
    Field::new("memo", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("shipStatus", Kind::Enumeration),
    Field::derived("status", Kind::Enumeration),
    Field::new("pickedDate", Kind::Date),
    Field::new("packedDate", Kind::Date),
    Field::new("shippedDate", Kind::Date),
    Field::new("shipMethod", Kind::Reference(Target::List)),
    Field::new("shipCarrier", Kind::Enumeration),
    Field::new("shippingCost", Kind::Number),
    Field::new("handlingCost", Kind::Number),
    Field::new("location", Kind::Reference(Target::Location)),
    Field::new("transferLocation", Kind::Reference(Target::Location)),
    Field::new("postingPeriod", Kind::Reference(Target::List)),
    Field::derived("subsidiary", Kind::Reference(Target::List)),
    Field::new("shippingAddress", Kind::Address),
    Field::new("shipPhone", Kind::Text),
    Field::new("shipCompany", Kind::Text),
    Field::derived("orderId", Kind::Integer),
    Field::derived("orderType", Kind::Text),
    Field::new("createdFromShipGroup", Kind::Integer),
    Field::new("requestedBy", Kind::Reference(Target::List)),
    Field::new("customForm", Kind::Reference(Target::List)),
    Field::derived("transactionNumber", Kind::Text),
    Field::derived("createdDate", Kind::DateTime),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const SUBLISTS: &[Sublist] = &[
    Sublist { name: "item", key: Some("line"), fields: &[LINE], custom: Some("custcol_"), mandatory: true },
    Sublist { name: "package", key: None, fields: &[PACKAGE], custom: None, mandatory: false },
];

const LINE: &[Field] = &[
    Field::new("orderLine", Kind::Integer),
    Field::new("line", Kind::Integer),
    Field::derived("lineUniqueKey", Kind::Integer),
    Field::derived("orderDoc", Kind::Reference(Target::Transaction)),
    Field::derived("item", Kind::Reference(Target::Item)),
    Field::derived("itemName", Kind::Text),
    Field::new("itemReceive", Kind::Boolean),
    Field::new("quantity", Kind::Number),
    Field::derived("quantityRemaining", Kind::Number),
    Field::new("location", Kind::Reference(Target::Location)),
    Field::derived("onHand", Kind::Number),
    Field::derived("kitMemberOf", Kind::Integer),
    Field::derived("itemType", Kind::Enumeration),
    Field::derived("itemSubtype", Kind::Enumeration),
    Field::new("serialNumbers", Kind::Text),
    Field::new("binNumbers", Kind::Text),
    Field::new("inventoryDetail", Kind::Opaque),
    Field::new("description", Kind::Text),
    Field::new("units", Kind::Reference(Target::List)),
];

const PACKAGE: &[Field] = &[
    Field::new("packageTrackingNumber", Kind::Text),
    Field::new("packageTrackingNumberReturn", Kind::Text),
    Field::new("packageDescr", Kind::Text),
    Field::new("packageWeight", Kind::Number),
    Field::new("packageCartonNumber", Kind::Integer),
    Field::new("packageDetails", Kind::Opaque),
];
