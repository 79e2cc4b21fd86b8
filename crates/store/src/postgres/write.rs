//! Transactions that write.

use amz_services::failure::StoreError;
use sqlx::Transaction;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};

use super::open::{Pooler, PostgresDatabase};
use crate::transaction::{Fault, Step};

/// How often work that lost against other transactions is done again before it is an error.
const CONFLICTS: usize = 8;

/// For other work too the tables may be much fuller than when it was planned, and whatever is written has an index by
/// which it is found. How rows are joined is left to the planner: marking joins what it is given with itself, which row
/// by row takes the square of the time.
const BEGIN: &str = "begin; set local enable_seqscan = off; set local jit = off";

/// The queue's tables are empty most of the time and full at others, and statistics come late: a plan that was made for
/// an empty table would read through a full one. All that the queue does finds rows by their keys, one by one, through
/// an index. Such a plan is right whatever waits, so it is made once.
const BEGIN_BY_KEY: &str = "begin; set local enable_seqscan = off; set local enable_hashjoin = off;
    set local enable_mergejoin = off; set local enable_material = off; set local jit = off;
    set local plan_cache_mode = force_generic_plan";

impl PostgresDatabase {
    /// Runs `work` in one transaction and answers after its commit is durable. Work that fails leaves no trace. Work that
    /// lost against another transaction is done again.
    pub(super) async fn write<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>
            + Clone
            + Send
            + 'static,
    {
        self.write_since(BEGIN, work).await
    }

    /// The same for work on the queue, which finds every row by its key.
    pub(super) async fn write_by_key<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>
            + Clone
            + Send
            + 'static,
    {
        self.write_since(BEGIN_BY_KEY, work).await
    }

    /// Runs a single statement that adds a row and answers after its commit is durable: there is nothing to begin, and
    /// nothing to plan. A pooler's connections have no settings but those that a transaction begins with.
    pub(super) async fn write_row<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>
            + Clone
            + Send
            + 'static,
    {
        match self.pooler {
            Pooler::None => {
                let mut connection = self.pool.acquire().await.map_err(Fault::from)?;
                let written = self.in_time(work(&mut connection)).await;
                give_back(connection, &written);
                Ok(written?)
            }
            Pooler::Transaction => self.write(work).await,
        }
    }

    /// A transaction that finds every row by its key.
    pub(super) async fn begin_by_key(&self) -> Result<Transaction<'static, Postgres>, Fault> {
        Ok(self.begin(BEGIN_BY_KEY).await?)
    }

    async fn write_since<Answer, Work>(&self, begin: &'static str, work: Work) -> Result<Answer, StoreError>
    where
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer> + Clone,
    {
        let mut conflicts = 0;
        loop {
            match self.try_write(begin, work.clone()).await {
                Err(Fault(error)) if conflicts < CONFLICTS && lost_against_another(&error) => conflicts += 1,
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn try_write<Answer, Work>(&self, begin: &'static str, work: Work) -> Result<Answer, Fault>
    where
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>,
    {
        let mut connection = self.pool.acquire().await?;
        let written = self.in_time(async {
            let mut transaction = self.begin_on(&mut connection, begin).await?;
            match work(&mut transaction).await {
                Ok(answer) => {
                    transaction.commit().await?;
                    Ok(answer)
                }
                Err(fault) if is_of_the_network(&fault) => Err(fault),
                Err(fault) => {
                    // whoever is told of it finds no row locked any more
                    transaction.rollback().await?;
                    Err(fault)
                }
            }
        });
        let written = written.await;
        give_back(connection, &written);
        written
    }
}

/// Closes a connection that may be in the middle of something: whatever comes late would be taken for the answer to
/// something else.
fn give_back<Answer>(mut connection: PoolConnection<Postgres>, written: &Result<Answer, Fault>) {
    if written.as_ref().is_err_and(is_of_the_network) {
        connection.close_on_drop();
    }
}

/// True when the connection may be in the middle of something.
fn is_of_the_network(Fault(error): &Fault) -> bool {
    let StoreError::Unavailable { source: Some(source), .. } = error else { return false };
    matches!(source.downcast_ref::<sqlx::Error>(), Some(sqlx::Error::Io(_)))
}

/// A deadlock or a conflict of snapshots: the same work may succeed when it is done again.
fn lost_against_another(error: &StoreError) -> bool {
    let StoreError::Unavailable { source: Some(source), .. } = error else { return false };
    let code = source.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    code.and_then(|error| error.code()).is_some_and(|code| matches!(&*code, "40001" | "40P01"))
}
