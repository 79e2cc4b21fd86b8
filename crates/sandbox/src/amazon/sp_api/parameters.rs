//! The query of `getInventorySummaries`.

use std::collections::BTreeSet;

use chrono::{DateTime, Months, Utc};
use percent_encoding::percent_decode_str;

/// SKUs that one call may name.
const MOST_SKUS: usize = 50;
/// How far back a changed-since list may go.
const OLDEST_MONTHS: u32 = 18;

/// What a call asks for; the same for all pages of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) details: bool,
    pub(super) wanted: Wanted,
}

/// Which SKUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    ChangedSince(DateTime<Utc>),
    Named(BTreeSet<String>),
}

/// A query read: the parameters, and the token of the page that is wanted.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) parameters: Parameters,
    pub(super) next_token: Option<NextToken>,
}

/// A token as it came in.
#[derive(Debug)]
pub(super) enum NextToken {
    Encoded(String),
    /// With characters that mean something else in a query.
    Raw,
}

/// Reads a query; the error is the text of a 400.
pub(super) fn read(query: &str, marketplace_id: &str, now: DateTime<Utc>) -> Result<Query, String> {
    let mut pairs: Vec<(String, &str)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decoded(name)?, value));
    }
    let raw = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let value = |name: &str| raw(name).map(decoded).transpose();
    let needed = |name: &str| {
        value(name)?.filter(|given| !given.is_empty()).ok_or_else(|| format!("{name} is required."))
    };

    if needed("granularityType")? != "Marketplace" {
        return Err("granularityType is invalid.".into());
    }
    let granularity_id = needed("granularityId")?;
    let marketplaces = needed("marketplaceIds")?;
    if marketplaces.contains(',') {
        return Err("marketplaceIds may hold one marketplace at most.".into());
    }
    if granularity_id != marketplaces {
        return Err("granularityId and marketplaceIds differ.".into());
    }
    if granularity_id != marketplace_id {
        return Err("The seller has no inventory in this marketplace.".into());
    }
    let details = match value("details")?.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err("details is neither true nor false.".into()),
    };
    // A start date makes Amazon ignore the SKUs; a list of SKUs makes it ignore the single one.
    let wanted = if let Some(start) = value("startDateTime")? {
        Wanted::ChangedSince(start_date(&start, now)?)
    } else if let Some(skus) = value("sellerSkus")? {
        let skus: Vec<&str> = skus.split(',').collect();
        if skus.len() > MOST_SKUS {
            return Err(format!("sellerSkus may hold {MOST_SKUS} SKUs at most."));
        }
        named(skus)?
    } else if let Some(sku) = value("sellerSku")? {
        named(vec![sku.as_str()])?
    } else {
        Wanted::All
    };
    let next_token = match raw("nextToken") {
        Some("") | None => None,
        Some(written) if written.contains(['+', '/', '=']) => Some(NextToken::Raw),
        Some(written) => Some(NextToken::Encoded(decoded(written)?)),
    };
    Ok(Query { parameters: Parameters { details, wanted }, next_token })
}

/// Only percent signs mean something: a plus is a plus.
fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "The query is not UTF-8.".to_owned())?;
    Ok(decoded.into_owned())
}

fn named(skus: Vec<&str>) -> Result<Wanted, String> {
    if skus.iter().any(|sku| sku.is_empty()) {
        return Err("A seller SKU is empty.".into());
    }
    Ok(Wanted::Named(skus.into_iter().map(str::to_owned).collect()))
}

fn start_date(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let start: DateTime<Utc> =
        text.parse().map_err(|_| "startDateTime is not a date and time.".to_owned())?;
    match now.checked_sub_months(Months::new(OLDEST_MONTHS)) {
        Some(oldest) if start < oldest => {
            Err(format!("startDateTime cannot be earlier than {OLDEST_MONTHS} months ago."))
        }
        _ => Ok(start),
    }
}
