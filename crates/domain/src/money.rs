//! Money: an exact amount with its currency.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// ISO 4217 currency code: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // only capital letters get in, see `try_from`
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the decimal point that can be paid in this currency (ISO 4217 minor unit).
    pub fn minor_digits(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"CLP" | b"VND" | b"ISK" => 0,
            b"BHD" | b"KWD" | b"OMR" | b"TND" | b"JOD" => 3,
            _ => 2,
        }
    }
}

impl TryFrom<&str> for Currency {
    type Error = MoneyError;

    fn try_from(code: &str) -> Result<Self, MoneyError> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::NotACurrency(code.to_owned())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::try_from(code.as_str())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why money could not be made or added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("{0:?} is not an ISO 4217 currency code")]
    NotACurrency(String),
    /// Two currencies in one sum.
    #[error("amounts in {0} and {1} do not add")]
    MixedCurrencies(Currency, Currency),
    /// The sum has more digits than a decimal holds.
    #[error("the sum is too large to be kept exactly")]
    TooLarge,
}

/// An amount in major units (dollars) with its currency; serialises with the amount as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Major units, exact.
    #[serde(with = "crate::decimal")]
    pub amount: Decimal,
    /// The amount's currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in major units.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// What is left after `other` is taken away; may be negative.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(Self { amount: -other.amount, currency: other.currency })
    }

    /// The exact sum.
    ///
    /// # Errors
    /// [`MoneyError::MixedCurrencies`] when the currencies differ, [`MoneyError::TooLarge`] on overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies(self.currency, other.currency));
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?;
        Ok(Self { amount, currency: self.currency })
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_passes_through_json_exactly() {
        let json = r#"{"amount":12345678901234567.89,"currency":"USD"}"#;
        let money: Money = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
    }

    #[test]
    fn mixed_currencies_do_not_add() {
        let dollars = Money::new(Decimal::ONE, Currency::USD);
        let other = Money::new(Decimal::ONE, Currency::try_from("CAD").unwrap());
        assert_eq!(dollars.plus(dollars).unwrap().amount, Decimal::TWO);
        assert!(matches!(dollars.plus(other), Err(MoneyError::MixedCurrencies(..))));
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        for bad in ["", "usd", "US", "USDX", "U$D"] {
            assert!(Currency::try_from(bad).is_err(), "{bad:?}");
        }
    }
}
