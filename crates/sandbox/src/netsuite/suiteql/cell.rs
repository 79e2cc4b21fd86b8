//! Values of a query and how they compare.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;

use super::bind::Node;
use crate::netsuite::number::parse;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// Number.
    Number(Decimal),
    /// Day without time.
    Day(NaiveDate),
    /// Day and time in the user's zone.
    Moment(NaiveDateTime),
}

/// Constants of a list, so that a long one is not read through for every row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Members {
    texts: HashSet<String>,
    /// The texts as numbers, when all are.
    numbers: Option<HashSet<Decimal>>,
}

impl Members {
    /// The members of a list of texts; `None` when it holds anything else.
    pub(super) fn of(list: &[Node]) -> Option<Self> {
        let text = |node: &Node| match node {
            Node::Constant(Cell::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let texts: HashSet<String> = list.iter().map(text).collect::<Option<_>>()?;
        let numbers = texts.iter().map(|text| parse(text)).collect();
        Some(Self { texts, numbers })
    }

    /// Whether the value is among them; `None` when they have to be compared one by one.
    pub(super) fn contain(&self, value: &Cell) -> Option<bool> {
        match value {
            Cell::Text(text) => Some(self.texts.contains(text)),
            Cell::Number(number) => self.numbers.as_ref().map(|numbers| numbers.contains(number)),
            _ => None,
        }
    }
}

impl Cell {
    pub(super) fn text(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// A check box: SuiteQL shows `T` and `F`.
    pub(super) fn check_box(checked: bool) -> Self {
        Self::Text(if checked { "T" } else { "F" }.to_owned())
    }

    /// A number when it reads as one, text otherwise. Internal ids are numbers, some lists have words.
    pub(super) fn id(text: Option<String>) -> Self {
        text.map_or(Self::Null, |text| parse(&text).map_or(Self::Text(text), Self::Number))
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// What the answer shows; `None` leaves the column out.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.normalize().to_string()),
            // The account's date format; times are lost unless asked for with TO_CHAR.
            Self::Day(day) => Some(day.format("%-m/%-d/%Y").to_string()),
            Self::Moment(moment) => Some(moment.format("%-m/%-d/%Y").to_string()),
        }
    }

    fn moment(&self) -> Option<NaiveDateTime> {
        match self {
            Self::Day(day) => Some(day.and_time(NaiveTime::MIN)),
            Self::Moment(moment) => Some(*moment),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => parse(text),
            _ => None,
        }
    }

    /// Order of two values; `None` when either is null.
    ///
    /// # Errors
    /// When the two cannot be compared: a date with a text, a number with a word.
    pub(super) fn compare(&self, other: &Self) -> Result<Option<Ordering>, String> {
        if self.is_null() || other.is_null() {
            return Ok(None);
        }
        if let (Self::Text(left), Self::Text(right)) = (self, other) {
            return Ok(Some(left.cmp(right)));
        }
        match (self.moment(), other.moment()) {
            (Some(left), Some(right)) => return Ok(Some(left.cmp(&right))),
            (None, None) => {}
            _ => {
                let detail = "Search error occurred: Invalid or unsupported search. A date can only be compared \
                    with a date; use TO_DATE or TO_TIMESTAMP.";
                return Err(detail.to_owned());
            }
        }
        match (self.number(), other.number()) {
            (Some(left), Some(right)) => Ok(Some(left.cmp(&right))),
            _ => Err("Search error occurred: Invalid number.".to_owned()),
        }
    }

    /// Order for sorting: nulls last, then values; unlike kinds by what they show.
    pub(super) fn sort_order(&self, other: &Self) -> Ordering {
        match (self.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                self.compare(other).ok().flatten().unwrap_or_else(|| self.shown().cmp(&other.shown()))
            }
        }
    }
}
