//! Keys and reader of what another connector left behind.

use super::fault::{Fault, FaultCode};
use super::key::{Key, Kind};
use super::model::AdoptionSettings;
use super::reader::{Faulty, Reader, Scope};

/// How orders that another connector sent are recognised.
pub(super) const ADOPTION: &[Key] = &[
    Key::optional(
        "connection.adoption.order_id_fields",
        Kind::List(&Kind::FieldId),
        "Body fields of sales orders in which another connector wrote what Amazon knows the order by, the one that \
         counts most first. Such orders are adopted, or left alone, and never sent again.",
    ),
    Key::optional(
        "connection.adoption.alias_type",
        Kind::Text,
        "Type of the alias that these fields hold; absent, they hold Amazon's order ids.",
    ),
];

/// Reads the table.
pub(super) fn adoption(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
    our_order_id: Option<&str>,
) -> Result<AdoptionSettings, Faulty> {
    let fields = reader.find::<Vec<String>>(scope, "order_id_fields");
    let alias_type = reader.find(scope, "alias_type");
    let order_id_fields = fields?.unwrap_or_default();
    let mut seen = Vec::new();
    for (index, field) in order_id_fields.iter().enumerate() {
        let is_ours = our_order_id.is_some_and(|ours| ours.eq_ignore_ascii_case(field));
        if is_ours || seen.contains(&field) {
            let path = scope.path_of(&format!("order_id_fields[{index}]"));
            let expected = "a field of another connector, once";
            return Err(
                reader.fault(Fault::new(path, FaultCode::Conflicting, expected).found(format!("{field:?}")))
            );
        }
        seen.push(field);
    }
    Ok(AdoptionSettings { order_id_fields, alias_type: alias_type? })
}
