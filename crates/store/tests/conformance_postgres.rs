//! The store on PostgreSQL does what every store must do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod postgres;

use amz_store::conformance::Stores;

async fn open() -> (Stores, ()) {
    (postgres::stores().await, ())
}

amz_store::conformance_tests!(open);
