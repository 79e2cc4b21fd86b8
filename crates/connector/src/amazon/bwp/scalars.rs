//! Scalars of the wire.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::schema;

/// A decimal that is written as a JSON number with its exact digits, and read from a number or from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Exact(#[serde(with = "amz_domain::decimal")] pub(super) Decimal);

/// An instant as its sender wrote it; what cannot be read as one is left for the mapping to judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct InstantText(pub(super) String);

cynic::impl_scalar!(Exact, schema::Decimal);
cynic::impl_scalar!(InstantText, schema::DateTime);
