//! Decimals that pass through JSON without a float.
//!
//! `serde_json` keeps the digits of a number (feature `arbitrary_precision`); these functions carry them
//! into [`Decimal`] and back. Use with `#[serde(with = "amz_domain::decimal")]`.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Number, Value};

/// Writes the decimal as a JSON number with all its digits.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    json_number(*decimal).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a JSON number, or a number given as text, exactly.
///
/// # Errors
/// When the value is neither, or has more digits than a decimal holds (28).
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    from_json(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// The decimal as a JSON number with all its digits.
///
/// # Errors
/// Never for a value that [`Decimal`] can hold; the error is that of the JSON number parser.
pub fn json_number(decimal: Decimal) -> Result<Number, serde_json::Error> {
    decimal.to_string().parse()
}

/// Why a JSON value is not an exact decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a decimal number that can be kept exactly")]
pub struct NotDecimal(pub String);

/// Reads a JSON number or a number given as text, exactly.
///
/// # Errors
/// [`NotDecimal`] when the value is neither, or has more digits than a decimal holds.
pub fn from_json(value: &Value) -> Result<Decimal, NotDecimal> {
    match value {
        Value::Number(number) => parse(&number.to_string()),
        Value::String(text) => parse(text.trim()),
        other => Err(NotDecimal(other.to_string())),
    }
}

/// Reads decimal text, plain or scientific, exactly.
///
/// # Errors
/// [`NotDecimal`] when the text is no number or has more digits than a decimal holds.
pub fn parse(text: &str) -> Result<Decimal, NotDecimal> {
    Decimal::from_str_exact(text)
        .or_else(|_| {
            if text.contains(['e', 'E']) {
                Decimal::from_scientific(text)
            } else {
                Err(rust_decimal::Error::Underflow)
            }
        })
        .map_err(|_| NotDecimal(text.to_owned()))
}

/// The same for optional decimals; absent and `null` are both `None`.
pub mod option {
    use super::{Decimal, Deserialize, Deserializer, Serializer, Value, de};

    /// Writes the decimal as a JSON number, `None` as `null`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(decimal: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match decimal {
            Some(decimal) => super::serialize(decimal, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a JSON number, a number given as text, or `null`.
    ///
    /// # Errors
    /// As [`super::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(None),
            value => super::from_json(&value).map(Some).map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "crate::decimal")]
        amount: Decimal,
    }

    #[test]
    fn json_numbers_keep_every_digit_both_ways() {
        for literal in ["0.10", "19.90", "12345678901234567.89", "-0.01", "28", "0.000000000000000001"] {
            let json = format!("{{\"amount\":{literal}}}");
            let holder: Holder = serde_json::from_str(&json).unwrap();
            assert_eq!(holder.amount.to_string(), literal);
            assert_eq!(serde_json::to_string(&holder).unwrap(), json);
        }
    }

    #[test]
    fn numbers_given_as_text_and_in_scientific_form_are_read() {
        let holder: Holder = serde_json::from_str(r#"{"amount":"19.90"}"#).unwrap();
        assert_eq!(holder.amount.to_string(), "19.90");
        let holder: Holder = serde_json::from_str(r#"{"amount":1.5e2}"#).unwrap();
        assert_eq!(holder.amount, Decimal::from(150));
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        for bad in ["true", "\"abc\"", "[]", "1.00000000000000000000000000000000001"] {
            let json = format!("{{\"amount\":{bad}}}");
            assert!(serde_json::from_str::<Holder>(&json).is_err(), "{bad}");
        }
    }
}
