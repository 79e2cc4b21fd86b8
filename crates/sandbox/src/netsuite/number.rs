//! Decimals in and out of JSON without passing through a float.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// Reads a JSON number, or a text that holds one.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse(&number.to_string()),
        Value::String(text) => parse(text),
        _ => None,
    }
}

/// Reads the decimal member `name`; absent, null and unreadable ones count as zero.
pub(crate) fn member(fields: &serde_json::Map<String, Value>, name: &str) -> Decimal {
    fields.get(name).and_then(decimal).unwrap_or_default()
}

/// Reads a decimal, exponents included.
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// The sum, held at the largest decimal when it would be larger.
pub(crate) fn total(values: impl IntoIterator<Item = Decimal>) -> Decimal {
    values.into_iter().fold(Decimal::ZERO, Decimal::saturating_add)
}

/// A JSON number with exactly the digits of `value`.
pub(crate) fn number(value: Decimal) -> Value {
    serde_json::from_str::<Number>(&value.to_string()).map_or(Value::Null, Value::Number)
}

/// For `#[serde(with)]`: decimals as JSON numbers, read from texts too.
pub(crate) mod digits {
    use rust_decimal::Decimal;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        super::number(*decimal).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let value = Value::deserialize(deserializer)?;
        super::decimal(&value).ok_or_else(|| D::Error::custom("expected a decimal number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive_both_ways() {
        for text in ["0.10", "19.90", "12345678901234567.89", "-3", "0"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(number(decimal(&value).unwrap()).to_string(), text);
        }
        assert_eq!(decimal(&Value::String("7.50".into())), parse("7.5"));
        assert_eq!(parse("1e3"), parse("1000"));
    }
}
