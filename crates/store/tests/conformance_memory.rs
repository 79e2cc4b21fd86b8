//! The store in memory does what every store must do.

use std::sync::Arc;

use amz_store::conformance::Stores;
use amz_store::memory::MemoryStore;

async fn open() -> (Stores, ()) {
    let store = Arc::new(MemoryStore::new());
    (Stores::of(store.clone(), store), ())
}

amz_store::conformance_tests!(open);
