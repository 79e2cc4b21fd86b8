//! Properties that most transactions share.

use super::{Field, Kind, Target};

/// Names, dates and classifications of every transaction's body.
pub(super) const BODY: &[Field] = &[
    Field::new("tranDate", Kind::Date),
    Field::new("tranId", Kind::Text),
    Field::derived("transactionNumber", Kind::Text),
    Field::new("memo", Kind::Text),
    Field::new("externalId", Kind::Text),
    Field::new("customForm", Kind::Reference(Target::List)),
    Field::new("subsidiary", Kind::Reference(Target::List)),
    Field::new("department", Kind::Reference(Target::List)),
    Field::new("class", Kind::Reference(Target::List)),
    Field::derived("createdDate", Kind::DateTime),
    Field::derived("lastModifiedDate", Kind::DateTime),
];

/// What every line has.
pub(super) const LINE: &[Field] = &[
    Field::new("line", Kind::Integer),
    Field::derived("lineUniqueKey", Kind::Integer),
    Field::new("description", Kind::Text),
    Field::new("units", Kind::Reference(Target::List)),
    Field::new("inventoryDetail", Kind::Opaque),
];
