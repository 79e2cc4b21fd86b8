//! What is remembered of reconciliations, and of orders on which something is still to come.

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::reconciliation::{Finding, Reconciliation, ReconciliationSummary};
use crate::work::{Lane, Lease};

/// Reconciliations and open orders. Writes are fenced by the lease of the lane in whose name they are made.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Reconciliations: Send + Sync {
    /// Says, at an instant, whether something is still to come on the order of the leased lane. Nothing is written when
    /// that is known. An order that stays open for very long is forgotten with other old traces.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn set_open(&self, lease: &Lease, is_open: bool, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Open orders after one, by id, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<SalesOrderId>,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError>;

    /// Begins a reconciliation, or returns the one of this name as it stands.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn begin(&self, lease: &Lease, new: &Reconciliation) -> Result<Reconciliation, StoreError>;

    /// Writes how far a reconciliation is, and which orders it asks besides, in one commit. An order that it asked
    /// before is not asked again: the answer names those that are new, in the order given.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn advance(
        &self,
        lease: &Lease,
        run: &Reconciliation,
        orders: &[SalesOrderId],
    ) -> Result<Vec<SalesOrderId>, StoreError>;

    /// Notes what was found at the order of the leased lane; an earlier finding of the same reconciliation is replaced.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn note(&self, lease: &Lease, run: &ReconciliationId, finding: &Finding) -> Result<(), StoreError>;

    /// Orders that were asked and have not answered, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn outstanding(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError>;

    /// A reconciliation by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn run(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError>;

    /// The latest reconciliations, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn latest(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError>;

    /// When the last reconciliation of open orders that was completed and wrote what it found began; `None` before
    /// the first. One that was given a beginning of its own counts only when it reaches back to the last that counts,
    /// so that nothing between them is missed.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn last_completed(&self, connection: &ConnectionName) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// How many orders came to what.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError>;

    /// Findings after one lane, by lane, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError>;
}

/// What operators read of reconciliations, beside a running process or without one.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ReconciliationReports: Send + Sync {
    /// A reconciliation by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn reconciliation(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError>;

    /// The latest reconciliations, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn reconciliations(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError>;

    /// How many orders came to what; see [`Reconciliations::summary`].
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn reconciliation_summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError>;

    /// What was found; see [`Reconciliations::findings`].
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn reconciliation_findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError>;
}
