//! Documents that move stock: `inventoryAdjustment` and `binTransfer`.

use super::{Field, Kind, Sublist, Target, common};

const ADJUSTMENT: &[Field] = &[
    Field::new("account", Kind::Reference(Target::List)),
    Field::new("adjLocation", Kind::Reference(Target::Location)),
    Field::new("customer", Kind::Reference(Target::Customer)),
    Field::new("postingPeriod", Kind::Reference(Target::List)),
    Field::derived("estimatedTotalValue", Kind::Number),
];

const TRANSFER: &[Field] = &[Field::new("location", Kind::Reference(Target::Location))];

const LINE: &[Field] = &[Field::new("item", Kind::Reference(Target::Item)), Field::new("memo", Kind::Text)];

const ADJUSTMENT_LINE: &[Field] = &[
    Field::new("location", Kind::Reference(Target::Location)),
    Field::new("adjustQtyBy", Kind::Number),
    Field::derived("newQuantity", Kind::Number),
    Field::derived("quantityOnHand", Kind::Number),
    Field::new("unitCost", Kind::Number),
    Field::new("department", Kind::Reference(Target::List)),
    Field::new("class", Kind::Reference(Target::List)),
];

const TRANSFER_LINE: &[Field] = &[Field::new("quantity", Kind::Number)];

const fn inventory(fields: &'static [&'static [Field]]) -> Sublist {
    Sublist { name: "inventory", key: Some("line"), fields, custom: Some("custcol_"), mandatory: true }
}

pub(super) const ADJUSTMENT_BODY: &[&[Field]] = &[ADJUSTMENT, common::BODY];
pub(super) const TRANSFER_BODY: &[&[Field]] = &[TRANSFER, common::BODY];
pub(super) const ADJUSTMENT_SUBLISTS: &[Sublist] = &[inventory(&[common::LINE, LINE, ADJUSTMENT_LINE])];
pub(super) const TRANSFER_SUBLISTS: &[Sublist] = &[inventory(&[common::LINE, LINE, TRANSFER_LINE])];
