//! What holders of lanes ask for at the same time is written together, each kind by a task of its own.

use std::sync::Arc;

use amz_services::failure::StoreError;
use sqlx::postgres::PgConnection;

use super::complete::Completion;
use super::open::PostgresDatabase;
use super::postpone::Postponement;
use super::renew::Renewal;
use super::state::LeaseTime;
use crate::together::Together;
use crate::transaction::Fault;

/// A kind of work that is written many at a time.
pub(super) trait Batch: Send + Sync + Sized + 'static {
    /// Writes all in the transaction of the connection. A lease that is lost fails its own piece, which leaves no trace.
    fn write(
        connection: &mut PgConnection,
        items: &[Arc<Self>],
        time: LeaseTime,
    ) -> impl Future<Output = Result<Vec<Result<(), StoreError>>, Fault>> + Send;
}

/// The tasks of one process. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Batches {
    pub(super) completions: Together<Completion>,
    pub(super) postponements: Together<Postponement>,
    pub(super) renewals: Together<Renewal>,
}

impl Batches {
    /// Starts the tasks.
    pub(super) fn start(database: &PostgresDatabase, time: LeaseTime) -> Self {
        Self {
            completions: start(database, time),
            postponements: start(database, time),
            renewals: start(database, time),
        }
    }
}

fn start<Item: Batch>(database: &PostgresDatabase, time: LeaseTime) -> Together<Item> {
    let database = database.clone();
    Together::start(move |items: Vec<Arc<Item>>| {
        let (database, items) = (database.clone(), Arc::new(items));
        async move {
            database
                .write_by_key(move |connection| {
                    Box::pin(async move { Item::write(connection, &items, time).await })
                })
                .await
        }
    })
}
