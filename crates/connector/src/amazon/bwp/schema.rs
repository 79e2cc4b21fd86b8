//! Amazon's schema as Rust types, against which cynic checks our queries.

#[cynic::schema("buy_with_prime")]
#[allow(
    missing_docs,
    unreachable_pub,
    reason = "generated from schemas/buy_with_prime.graphql, which is documented"
)]
mod generated {}

pub(super) use generated::*;
