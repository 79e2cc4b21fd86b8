//! A piece of work inside a transaction, and database errors on their way to a store error.

use std::pin::Pin;

use amz_services::failure::StoreError;
use amz_services::work::Lease;
use sqlx::postgres::PgDatabaseError;

use crate::stored::corrupt;

/// A piece of work under way inside a transaction.
pub(crate) type Step<'connection, Answer> =
    Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send + 'connection>>;

/// What a statement or a row can fail with.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) StoreError);

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        if is_of_what_was_written(&error) {
            return Self(corrupt("what the database refused", error.to_string()));
        }
        Self(StoreError::Unavailable { message: error.to_string(), source: Some(Box::new(error)) })
    }
}

/// True when a server refused what it was given, and would again: data, integrity, limits. All else is the server's.
fn is_of_what_was_written(error: &sqlx::Error) -> bool {
    let refused = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    refused.is_some_and(|error| ["22", "23", "54"].iter().any(|class| error.code().starts_with(class)))
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

/// The answer after the store was closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable { message: "the store is closed".to_owned(), source: None }
}

/// The answer to a write in the name of a lane that somebody else may have taken.
pub(crate) fn lost(lease: &Lease) -> Fault {
    Fault(StoreError::LeaseLost { lane: lease.key.to_string() })
}
