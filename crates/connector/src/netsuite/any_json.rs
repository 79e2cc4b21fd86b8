//! Any JSON, for tests of reading.

use proptest::strategy::Strategy;
use serde_json::{Value, json};

/// Values of every shape that a field could have.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    use proptest::prelude::*;
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "[0-9]{1,40}(\\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?".prop_map(Value::from),
        prop::collection::vec(".{0,5}", 0..3).prop_map(|items| json!({"items": items})),
        ".{0,5}".prop_map(|id| json!({"id": id, "refName": [id]})),
    ]
}

/// JSON pointers of everything in a document.
pub(super) fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"), found));
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(index, value)| walk(value, &format!("{path}/{index}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}
