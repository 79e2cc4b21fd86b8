//! Database errors on their way to a store error.

use amz_services::failure::StoreError;

/// What a statement or a row can fail with.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) StoreError);

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self(StoreError::Unavailable { message: error.to_string(), source: Some(Box::new(error)) })
    }
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
