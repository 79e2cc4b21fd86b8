//! What operators read of reconciliations.

use amz_domain::{ConnectionName, ReconciliationId};
use amz_services::failure::StoreError;
use amz_services::ports::{ReconciliationReports, Reconciliations};
use amz_services::reconciliation::{Finding, Reconciliation, ReconciliationSummary};
use amz_services::work::Lane;
use async_trait::async_trait;

use super::state::PostgresState;

#[async_trait]
impl ReconciliationReports for PostgresState {
    async fn reconciliation(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError> {
        self.run(connection, run).await
    }

    async fn reconciliations(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError> {
        self.latest(connection, limit).await
    }

    async fn reconciliation_summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError> {
        self.summary(connection, run).await
    }

    async fn reconciliation_findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        self.findings(connection, run, after, limit).await
    }
}
