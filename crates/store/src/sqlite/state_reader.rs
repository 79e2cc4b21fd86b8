//! Reading the state while another process writes it.

use std::path::PathBuf;

use amz_domain::{ConnectionName, ReconciliationId, StockRunId};
use amz_services::audit::{AuditEntry, AuditQuery, CallRecord};
use amz_services::failure::StoreError;
use amz_services::inventory::{ReportRow, StockRun};
use amz_services::parking::Parked;
use amz_services::ports::records::Backlog;
use amz_services::ports::{Operations, ReconciliationReports, StockReports};
use amz_services::reconciliation::{Finding, Reconciliation, ReconciliationSummary};
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Lane, LaneKey};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::reader::ForeignFile;
use super::reconciliation::{orders, runs as reconciliations};
use super::stock::runs as stock_runs;
use super::{operations, timeline, trail};

/// The state as another process writes it. Empty as long as that process has not made the file.
#[derive(Debug)]
pub struct SqliteStateReader {
    file: ForeignFile,
    /// The same file, once its owner knows of stock: an older owner may still run beside a newer reader.
    stock: ForeignFile,
    /// The same file, once its owner keeps what leads to what.
    trail: ForeignFile,
    /// The same file, once its owner knows of reconciliations.
    reconciliations: ForeignFile,
}

impl SqliteStateReader {
    /// Reads a file that may not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            file: ForeignFile::new(path.clone(), "lanes"),
            stock: ForeignFile::new(path.clone(), "stock_runs"),
            trail: ForeignFile::new(path.clone(), "echoes"),
            reconciliations: ForeignFile::new(path, "reconciliations"),
        }
    }
}

#[async_trait]
impl Operations for SqliteStateReader {
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError> {
        match self.file.snapshot().await? {
            Some(mut snapshot) => Ok(timeline::timeline(&mut snapshot, key).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError> {
        match self.file.reader().await? {
            Some(mut reader) => Ok(operations::parked_items(&mut reader, connection).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        match self.file.reader().await? {
            Some(mut reader) => Ok(operations::calls_since(&mut reader, since, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        match self.trail.snapshot().await? {
            Some(mut snapshot) => Ok(trail::audit(&mut snapshot, query).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        match self.trail.reader().await? {
            Some(mut reader) => Ok(trail::recorded(&mut reader, connection, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError> {
        match self.trail.reader().await? {
            Some(mut reader) => Ok(trail::last_recorded(&mut reader, connection).await?),
            None => Ok(0),
        }
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        match self.file.reader().await? {
            Some(mut reader) => Ok(operations::backlog(&mut reader).await?),
            None => Ok(Backlog::default()),
        }
    }
}

#[async_trait]
impl StockReports for SqliteStateReader {
    async fn stock_run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        match self.stock.reader().await? {
            Some(mut reader) => Ok(stock_runs::run(&mut reader, connection, id).await?),
            None => Ok(None),
        }
    }

    async fn stock_runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        match self.stock.reader().await? {
            Some(mut reader) => Ok(stock_runs::latest(&mut reader, connection, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn stock_report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        match self.stock.reader().await? {
            Some(mut reader) => Ok(stock_runs::report(&mut reader, connection, run, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl ReconciliationReports for SqliteStateReader {
    async fn reconciliation(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError> {
        match self.reconciliations.reader().await? {
            Some(mut reader) => Ok(reconciliations::find(&mut reader, connection, run).await?),
            None => Ok(None),
        }
    }

    async fn reconciliations(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError> {
        match self.reconciliations.reader().await? {
            Some(mut reader) => Ok(reconciliations::latest(&mut reader, connection, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn reconciliation_summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError> {
        match self.reconciliations.reader().await? {
            Some(mut reader) => Ok(orders::summary(&mut reader, connection, run).await?),
            None => Ok(ReconciliationSummary::default()),
        }
    }

    async fn reconciliation_findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        match self.reconciliations.reader().await? {
            Some(mut reader) => Ok(orders::findings(&mut reader, connection, run, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }
}
