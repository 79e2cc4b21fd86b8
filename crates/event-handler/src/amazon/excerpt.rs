//! Reading only some members of a JSON document: an event may be filled with much that nobody asks for, and building
//! that in memory would be most of the work of taking it in.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The members of an object that are read: whole, or of their members again only some.
pub(super) type Members = &'static [(&'static str, Option<Part>)];

/// Some members of an object, or of each object of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(pub(super) Members);

/// Reads the members of a document. `None` when it is no JSON, and when what is read is nested too deeply. What is not read
/// may be nested as it likes.
pub(super) fn read(document: &[u8], members: Members) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_slice(document);
    let value = Part(members).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(value)
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Value;

    fn deserialize<Reader: Deserializer<'de>>(self, reader: Reader) -> Result<Value, Reader::Error> {
        reader.deserialize_any(self)
    }
}

/// Whatever is neither an object nor a list has no members, and is as good as nothing.
impl<'de> Visitor<'de> for Part {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<Object: MapAccess<'de>>(self, mut object: Object) -> Result<Value, Object::Error> {
        let mut read = Map::new();
        let mut is_first = true;
        while let Some(name) = object.next_key_seed(Name(self.0))? {
            match name {
                Found::Number if is_first => {
                    object.next_value::<IgnoredAny>()?;
                    return Ok(Value::Null);
                }
                Found::Other | Found::Number => {
                    object.next_value::<IgnoredAny>()?;
                }
                Found::Member(name, None) => {
                    read.insert(name.to_owned(), object.next_value()?);
                }
                Found::Member(name, Some(part)) => {
                    read.insert(name.to_owned(), object.next_value_seed(part)?);
                }
            }
            is_first = false;
        }
        Ok(Value::Object(read))
    }

    fn visit_seq<List: SeqAccess<'de>>(self, mut list: List) -> Result<Value, List::Error> {
        let mut read = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            read.push(value);
        }
        Ok(Value::Array(read))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// What a member is called, among those that are read.
struct Name(Members);

enum Found {
    Member(&'static str, Option<Part>),
    Other,
    /// No object at all: numbers of any precision come as one.
    Number,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Found;

    fn deserialize<Reader: Deserializer<'de>>(self, reader: Reader) -> Result<Found, Reader::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Found;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Found, E> {
        let member = self.0.iter().find(|(member, _)| *member == name);
        Ok(match member {
            Some((name, part)) => Found::Member(name, *part),
            None if name == "$serde_json::private::Number" => Found::Number,
            None => Found::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MEMBERS: Members = &[("id", None), ("data", Some(Part(&[("order", Some(Part(&[("id", None)])))])))];

    #[test]
    fn only_the_members_that_are_asked_for_are_read() {
        let read = |document: Value| read(document.to_string().as_bytes(), MEMBERS).unwrap();
        assert_eq!(
            read(
                json!({"id": {"a": [1.50]}, "x": {"id": 1}, "data": {"id": 1, "order": {"id": "7", "lines": [{}]}}})
            ),
            json!({"id": {"a": [1.50]}, "data": {"order": {"id": "7"}}})
        );
        let orders = json!({"data": {"order": [{"id": 1, "x": 2}, {"x": 2}]}});
        assert_eq!(read(orders), json!({"data": {"order": [{"id": 1}, {}]}}));
    }

    #[test]
    fn what_has_no_members_is_nothing() {
        for plain in [json!(5), json!(-1), json!(0.5), json!("text"), json!(true), json!(null)] {
            let document = json!({"id": plain, "data": plain});
            let read = read(document.to_string().as_bytes(), MEMBERS);
            assert_eq!(read, Some(json!({"id": plain, "data": null})), "{plain}");
        }
    }

    #[test]
    fn the_last_of_equal_members_counts_and_escaped_names_are_known() {
        let read = |document: &str| read(document.as_bytes(), MEMBERS);
        assert_eq!(read(r#"{"id": 1, "id": 2}"#), Some(json!({"id": 2})));
        assert_eq!(read(r#"{"\u0069d": 1}"#), Some(json!({"id": 1})));
    }

    #[test]
    fn what_is_not_read_may_be_nested_deeply_and_what_is_read_may_not() {
        let nested =
            |member: &str| format!("{{\"id\": 1, \"{member}\": {}{}}}", "[".repeat(300), "]".repeat(300));
        assert_eq!(read(nested("other").as_bytes(), MEMBERS), Some(json!({"id": 1})));
        assert_eq!(read(nested("data").as_bytes(), MEMBERS), None);
    }

    #[test]
    fn what_is_no_json_is_not_read() {
        for document in ["", "{", r#"{"x": tru}"#, r#"{"x": [1,]}"#, r#"{"id": 1} x"#, r#"{"x": "\q"}"#] {
            assert_eq!(read(document.as_bytes(), MEMBERS), None, "{document}");
        }
    }
}
