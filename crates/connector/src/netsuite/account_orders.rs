//! Which sales orders an account has: what reconciliation and adoption walk along.
//!
//! On what is missing from these answers nothing would be done, and nobody would be told. So an answer without rows
//! counts only when it is confirmed.

use amz_domain::SalesOrderId;
use amz_services::failure::PortError;
use amz_services::ports::AccountOrders;
use amz_services::ports::netsuite::{ChangedPage, FeedPosition, MadeFulfillment, SentByOther};
use async_trait::async_trait;
use chrono::{DateTime, Offset, TimeDelta, Utc};
use chrono_tz::Tz;

use super::change_feed::{after_position, instant_text, position};
use super::changed_sales_orders::amazons;
use super::suiteql::{Query, column};
use super::{NetSuite, NetSuiteSettings, made_fulfillments, sent_by_others};

const TOUCHED: &str = "salesOrder.touched";
const CREATED: &str = "salesOrder.created";

/// How a date-time is compared; `?` stands for its text.
const INSTANT: &str = "TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')";

#[async_trait]
impl AccountOrders for NetSuite {
    async fn touched(
        &self,
        since: DateTime<Utc>,
        after: Option<FeedPosition>,
    ) -> Result<ChangedPage, PortError> {
        let (selection, parameters) = touched(self.settings(), since, after.as_ref());
        let modified = instant_text("t.lastmodifieddate");
        let select = format!("SELECT t.id AS id, {modified} AS modified");
        let query = self.page_of(TOUCHED, &select, &selection, &parameters, "t.lastmodifieddate, t.id");
        let page = self.rest().query(query).await?;
        if page.rows.is_empty() {
            self.confirm_no_rows(TOUCHED, &selection, parameters).await?;
        }
        let rows = page.rows.iter().map(|row| position(row, TOUCHED)).collect::<Result<_, _>>()?;
        Ok(ChangedPage { rows, more: page.more })
    }

    async fn created(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<SalesOrderId>,
    ) -> Result<Vec<SalesOrderId>, PortError> {
        let (selection, parameters) = created(self.settings().timezone, from, until, after.as_ref());
        let query = self.page_of(CREATED, "SELECT t.id AS id", &selection, &parameters, "t.id");
        let page = self.rest().query(query).await?;
        if page.rows.is_empty() {
            self.confirm_no_rows(CREATED, &selection, parameters).await?;
        }
        page.rows.iter().map(|row| column(row, "id", CREATED).map(SalesOrderId::new)).collect()
    }

    async fn sent_by_others(&self, after: Option<SalesOrderId>) -> Result<Vec<SentByOther>, PortError> {
        sent_by_others::page(self, after.as_ref()).await
    }

    async fn sent_by_other(&self, order: &SalesOrderId) -> Result<Option<SentByOther>, PortError> {
        sent_by_others::of_order(self, order).await
    }

    async fn fulfillments(&self, order: &SalesOrderId) -> Result<Vec<MadeFulfillment>, PortError> {
        made_fulfillments::of_order(self, order).await
    }
}

impl NetSuite {
    /// A query for one page of what a selection holds.
    pub(super) fn page_of(
        &self,
        operation: &'static str,
        select: &str,
        selection: &str,
        parameters: &[String],
        order: &str,
    ) -> Query {
        Query {
            operation,
            text: format!("{select} {selection} ORDER BY {order}"),
            parameters: parameters.to_vec(),
            limit: self.settings().page_size,
        }
    }
}

/// What the change feed would list, changed at an instant or later.
fn touched(
    settings: &NetSuiteSettings,
    since: DateTime<Utc>,
    after: Option<&FeedPosition>,
) -> (String, Vec<String>) {
    let (amazons, mut parameters) = amazons(settings);
    let mut selection = format!("{amazons} AND t.lastmodifieddate >= {INSTANT}");
    parameters.push(text_from(since, settings.timezone));
    after_position(&mut selection, &mut parameters, after);
    (selection, parameters)
}

/// All sales orders created from an instant until before another.
fn created(
    timezone: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    after: Option<&SalesOrderId>,
) -> (String, Vec<String>) {
    let mut selection = format!(
        "FROM transaction t WHERE t.type = 'SalesOrd' AND t.createddate >= {INSTANT} AND t.createddate < {INSTANT}"
    );
    let mut parameters = vec![text_from(from, timezone), text_until(until, timezone)];
    after_order(&mut selection, &mut parameters, after);
    (selection, parameters)
}

/// Goes on after the last order of the page before.
pub(super) fn after_order(
    selection: &mut String,
    parameters: &mut Vec<String>,
    after: Option<&SalesOrderId>,
) {
    if let Some(after) = after {
        selection.push_str(" AND t.id > ?");
        parameters.push(after.as_str().to_owned());
    }
}

/// The lowest text that an instant or a later one can have. When summer time is about to end, texts go back by an hour.
fn text_from(instant: DateTime<Utc>, timezone: Tz) -> String {
    let back = offset(instant, timezone) - offset(instant + HOUR, timezone);
    text(instant, timezone, -back.max(TimeDelta::zero()))
}

/// The text above which no earlier instant lies. When summer time has just ended, earlier ones have later texts.
fn text_until(instant: DateTime<Utc>, timezone: Tz) -> String {
    let back = offset(instant - HOUR, timezone) - offset(instant, timezone);
    text(instant, timezone, back.max(TimeDelta::zero()))
}

const HOUR: TimeDelta = TimeDelta::hours(1);

fn offset(instant: DateTime<Utc>, timezone: Tz) -> TimeDelta {
    TimeDelta::seconds(instant.with_timezone(&timezone).offset().fix().local_minus_utc().into())
}

fn text(instant: DateTime<Utc>, timezone: Tz, moved: TimeDelta) -> String {
    let local = instant.with_timezone(&timezone).naive_local() + moved;
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
#[path = "account_orders_tests.rs"]
mod tests;
