//! Open orders, and the orders of reconciliations.

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use amz_services::reconciliation::{Finding, FindingOutcome, ReconciliationSummary};
use amz_services::work::{Lane, LaneKey};
use chrono::{DateTime, Utc};

use super::super::SqlConnection;
use crate::stored::{corrupt, from_json, known, micros, to_json};
use crate::taken::sales_order_of;
use crate::transaction::Fault;

pub(crate) const OPEN: &str = "
    select sales_order from open_orders where connection = $1 and sales_order > $2 order by sales_order limit $3";

pub(crate) const OUTSTANDING: &str = "
    select lane from reconciliation_orders
    where connection = $1 and run = $2 and outcome is null and asked = 1 order by lane limit $3";

pub(crate) const SUMMARY: &str = "
    select outcome, count(*) from reconciliation_orders
    where connection = $1 and run = $2 and (outcome is not null or asked = 1) group by outcome";

const FINDINGS: &str = "
    select finding from reconciliation_orders
    where connection = $1 and run = $2 and lane > $3 and finding is not null order by lane limit $4";

pub(super) async fn is_open(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    order: &SalesOrderId,
) -> Result<bool, Fault> {
    let open: Option<i64> = sqlx::query_scalar(
        "select cast(1 as bigint) from open_orders where connection = $1 and sales_order = $2",
    )
    .bind(of.as_str())
    .bind(order.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(open.is_some())
}

pub(super) async fn set_open(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    order: &SalesOrderId,
    opened_at: Option<DateTime<Utc>>,
) -> Result<(), Fault> {
    let query = match opened_at {
        Some(opened_at) => sqlx::query(
            "insert into open_orders (connection, sales_order, opened_at) values ($1, $2, $3)
             on conflict (connection, sales_order) do nothing",
        )
        .bind(of.as_str())
        .bind(order.as_str())
        .bind(micros(opened_at)),
        None => sqlx::query("delete from open_orders where connection = $1 and sales_order = $2")
            .bind(of.as_str())
            .bind(order.as_str()),
    };
    query.execute(connection).await?;
    Ok(())
}

pub(super) async fn open(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    after: Option<SalesOrderId>,
    limit: u32,
) -> Result<Vec<SalesOrderId>, Fault> {
    // no id is empty
    let after = after.unwrap_or_else(|| "".into());
    let orders: Vec<String> = sqlx::query_scalar(OPEN)
        .bind(of.as_str())
        .bind(after.as_str())
        .bind(i64::from(limit))
        .fetch_all(reader)
        .await?;
    Ok(orders.into_iter().map(SalesOrderId::from).collect())
}

/// Asks orders; answers with those that were not asked before.
pub(super) async fn ask(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    run: &ReconciliationId,
    orders: Vec<SalesOrderId>,
) -> Result<Vec<SalesOrderId>, Fault> {
    let mut new = Vec::with_capacity(orders.len());
    for order in orders {
        let asked = sqlx::query(
            "insert into reconciliation_orders (connection, run, lane, asked) values ($1, $2, $3, 1)
             on conflict (connection, run, lane) do update set asked = 1 where reconciliation_orders.asked = 0",
        )
        .bind(of.as_str())
        .bind(run.as_str())
        .bind(Lane::SalesOrder(order.clone()).to_string())
        .execute(&mut *connection)
        .await?;
        if asked.rows_affected() == 1 {
            new.push(order);
        }
    }
    Ok(new)
}

/// Notes what was found in a lane; nothing when the reconciliation is not known any more.
pub(super) async fn note(
    connection: &mut SqlConnection,
    key: &LaneKey,
    run: &ReconciliationId,
    finding: &Finding,
) -> Result<(), Fault> {
    sqlx::query(
        "insert into reconciliation_orders (connection, run, lane, asked, outcome, finding)
         select connection, run, $3, 0, $4, $5 from reconciliations where connection = $1 and run = $2
         on conflict (connection, run, lane) do update
         set outcome = excluded.outcome, finding = excluded.finding",
    )
    .bind(key.connection.as_str())
    .bind(run.as_str())
    .bind(key.lane.to_string())
    .bind(finding.outcome.as_str())
    .bind(to_json("finding", finding)?)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn outstanding(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    run: &ReconciliationId,
    limit: u32,
) -> Result<Vec<SalesOrderId>, Fault> {
    let lanes: Vec<String> = sqlx::query_scalar(OUTSTANDING)
        .bind(of.as_str())
        .bind(run.as_str())
        .bind(i64::from(limit))
        .fetch_all(reader)
        .await?;
    let mut orders = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let lane: Lane = lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?;
        orders.extend(sales_order_of(lane));
    }
    Ok(orders)
}

pub(crate) async fn summary(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    run: &ReconciliationId,
) -> Result<ReconciliationSummary, Fault> {
    let counts: Vec<(Option<String>, i64)> =
        sqlx::query_as(SUMMARY).bind(of.as_str()).bind(run.as_str()).fetch_all(reader).await?;
    let mut summary = ReconciliationSummary::default();
    for (outcome, count) in counts {
        let count = u64::try_from(count).unwrap_or(0);
        match outcome {
            Some(word) => {
                let outcome = known("finding", &word, FindingOutcome::parse(&word))?;
                summary.outcomes.insert(outcome, count);
            }
            None => summary.outstanding = count,
        }
    }
    Ok(summary)
}

pub(crate) async fn findings(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    run: &ReconciliationId,
    after: Option<Lane>,
    limit: u32,
) -> Result<Vec<Finding>, Fault> {
    let after = after.map(|lane| lane.to_string()).unwrap_or_default();
    let findings: Vec<String> = sqlx::query_scalar(FINDINGS)
        .bind(of.as_str())
        .bind(run.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(reader)
        .await?;
    Ok(findings.iter().map(|finding| from_json("finding", finding)).collect::<Result<_, _>>()?)
}
