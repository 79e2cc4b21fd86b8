//! Customers, items, locations, accounts and custom records.

use super::{Field, Kind, Sublist, Target};

pub(super) const CUSTOMER: &[Field] = &[
    Field::new("entityId", Kind::Text),
    Field::new("isPerson", Kind::Boolean),
    Field::new("firstName", Kind::Text),
    Field::new("lastName", Kind::Text),
    Field::new("companyName", Kind::Text),
    Field::new("email", Kind::Text),
    Field::new("phone", Kind::Text),
    Field::new("mobilePhone", Kind::Text),
    Field::new("subsidiary", Kind::Reference(Target::List)),
    Field::new("externalId", Kind::Text),
    Field::new("entityStatus", Kind::Reference(Target::List)),
    Field::new("currency", Kind::Reference(Target::List)),
    Field::new("terms", Kind::Reference(Target::List)),
    Field::new("priceLevel", Kind::Reference(Target::List)),
    Field::new("isInactive", Kind::Boolean),
    Field::new("taxable", Kind::Boolean),
    Field::new("taxItem", Kind::Reference(Target::List)),
    Field::new("receivablesAccount", Kind::Reference(Target::List)),
    Field::new("shippingItem", Kind::Reference(Target::List)),
    Field::derived("dateCreated", Kind::DateTime),
    Field::derived("lastModifiedDate", Kind::DateTime),
    Field::new("addressBook", Kind::Opaque),
];

pub(super) const ITEM: &[Field] = &[
    Field::new("itemId", Kind::Text),
    Field::new("upcCode", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("displayName", Kind::Text),
    Field::new("isInactive", Kind::Boolean),
    Field::new("isFulfillable", Kind::Boolean),
    Field::new("subsidiary", Kind::Opaque),
    Field::derived("isLotItem", Kind::Boolean),
    Field::derived("isSerialItem", Kind::Boolean),
    Field::derived("itemType", Kind::Enumeration),
    Field::derived("locations", Kind::Opaque),
    Field::derived("createdDate", Kind::DateTime),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const LOCATION: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::derived("fullName", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("subsidiary", Kind::Opaque),
    Field::new("isInactive", Kind::Boolean),
    Field::new("makeInventoryAvailable", Kind::Boolean),
    Field::new("makeInventoryAvailableStore", Kind::Boolean),
    Field::new("parent", Kind::Reference(Target::Location)),
    Field::new("locationType", Kind::Enumeration),
    Field::new("useBins", Kind::Boolean),
    Field::new("mainAddress", Kind::Address),
    Field::new("returnAddress", Kind::Address),
    Field::new("timeZone", Kind::Enumeration),
    Field::new("tranPrefix", Kind::Text),
    Field::new("bufferStock", Kind::Integer),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const BIN: &[Field] = &[
    Field::new("binNumber", Kind::Text),
    Field::new("location", Kind::Reference(Target::Location)),
    Field::new("externalId", Kind::Text),
    Field::new("memo", Kind::Text),
    Field::new("isInactive", Kind::Boolean),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const ACCOUNT: &[Field] = &[
    Field::new("acctNumber", Kind::Text),
    Field::new("acctName", Kind::Text),
    Field::new("acctType", Kind::Enumeration),
    Field::new("externalId", Kind::Text),
    Field::new("isInactive", Kind::Boolean),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const SUBSIDIARY: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("isInactive", Kind::Boolean),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

pub(super) const CUSTOM: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("isInactive", Kind::Boolean),
    Field::new("owner", Kind::Reference(Target::List)),
    Field::derived("created", Kind::DateTime),
    Field::derived("lastModified", Kind::DateTime),
];

pub(super) const KIT_SUBLISTS: &[Sublist] =
    &[Sublist { name: "member", key: Some("line"), fields: &[MEMBER], custom: None, mandatory: false }];

const MEMBER: &[Field] = &[
    Field::new("line", Kind::Integer),
    Field::new("item", Kind::Reference(Target::Item)),
    Field::new("quantity", Kind::Number),
    Field::new("memberUnit", Kind::Text),
];
