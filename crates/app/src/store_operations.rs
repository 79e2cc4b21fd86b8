//! What the `amz store` commands do with whole stores.

use amz_store::{OpenError, StoreOptions};

pub use amz_store::Store;
pub use amz_store::transfer::{
    ArchiveRequest, Archived, ArchivedTable, ComparedTable, Comparison, MigratedPart, Progress, Soundness,
    TransferError, Watch, archive, check, compare, copy, migrate,
};

use crate::settings::StoreSettings;

/// The store of a configuration.
///
/// # Errors
/// When its address cannot be read.
pub fn configured(store: &StoreSettings) -> Result<Store, OpenError> {
    Store::of(&store.options())
}

/// The store of an address.
///
/// # Errors
/// When it cannot be read.
pub fn named(url: String) -> Result<Store, OpenError> {
    Store::of(&StoreOptions::new(url.into()))
}
