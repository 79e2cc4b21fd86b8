//! Returns and the parcels they come back in.
//!
//! Source: Amazon pages `order-objects-returndetails`, `order-objects-returnlineitem`,
//! `order-objects-returnpackagedetails`. That `returnPackageFor` has the form of `returnFor` is inferred.

use amz_domain::returns::{GradedUnits, ReturnLine, ReturnPackage};
use amz_domain::{AmazonReturn, PackageContent, ReturnState};
use serde::Deserialize;

use super::packages::{PackageTracker, tracker_key};
use super::{Alias, Amount, OrderLineItemAmount, alias_of, content, filled, instant, quantity, schema};
use crate::amazon::bwp::answer::Unreadable;
use crate::amazon::bwp::inputs::RETURN_ALIAS_TYPE;
use crate::amazon::bwp::scalars::InstantText;

/// Feature of the query that also selects why units come back.
pub(super) const RETURN_REASONS: &str = "return_reasons";

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Returns {
    pub(super) details: Option<Vec<Option<ReturnDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReturnDetails {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
    state: Option<String>,
    created_at: Option<InstantText>,
    return_line_items: Option<Vec<Option<ReturnLineItem>>>,
    return_package_details: Option<Vec<Option<ReturnPackageDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReturnLineItem {
    return_for: Option<ReturnFor>,
    grading: Option<Grading>,
    #[cynic(feature = "return_reasons")]
    return_reason_term: Option<ReturnReasonTerm>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReturnReasonTerm {
    reason_code: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReturnFor {
    order_line_item_amounts: Option<Vec<Option<OrderLineItemAmount>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Grading {
    summary: Option<GradingSummary>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GradingSummary {
    unit_wise_condition: Option<Vec<Option<UnitWiseCondition>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct UnitWiseCondition {
    condition: Option<String>,
    amount: Option<Amount>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReturnPackageDetails {
    id: Option<cynic::Id>,
    state: Option<String>,
    reason: Option<String>,
    package_tracker: Option<PackageTracker>,
    return_package_for: Option<ReturnFor>,
}

/// One return.
pub(super) fn amazon_return(details: ReturnDetails) -> Result<AmazonReturn, Unreadable> {
    let state = ReturnState::from(details.state.ok_or(Unreadable("returns.details.state"))?);
    let entries = details.return_line_items.unwrap_or_default().into_iter().flatten();
    let lines = match entries.map(return_lines).collect::<Result<Vec<_>, _>>() {
        // nothing is agreed yet, so nothing has to be said
        Err(_) if state == ReturnState::Draft => Vec::new(),
        lines => lines?.concat(),
    };
    let packages = details.return_package_details.unwrap_or_default().into_iter().flatten();
    Ok(AmazonReturn {
        id: details.id.ok_or(Unreadable("returns.details.id"))?.into_inner().into(),
        alias: alias_of(details.aliases, RETURN_ALIAS_TYPE).map(Into::into),
        state,
        created_at: instant(details.created_at),
        lines,
        packages: packages.map(return_package).collect::<Result<_, _>>()?,
    })
}

/// One entry may be for units of several order lines. Then Amazon does not say which of them it graded: unless all of
/// them are in the same condition, they count as not graded, and are known to be graded with others.
fn return_lines(entry: ReturnLineItem) -> Result<Vec<ReturnLine>, Unreadable> {
    let contents = contents(entry.return_for)?;
    if contents.is_empty() {
        return Err(Unreadable("returnLineItems.returnFor"));
    }
    let graded = entry.grading.and_then(|grading| grading.summary);
    let graded = graded.and_then(|summary| summary.unit_wise_condition).unwrap_or_default();
    let graded: Vec<GradedUnits> =
        graded.into_iter().flatten().map(graded_units).collect::<Result<_, _>>()?;
    let reason = entry.return_reason_term.and_then(|term| filled(term.reason_code));
    let has_grade = graded.iter().any(|units| !units.quantity.is_zero());
    let all = contents.iter().map(|content| content.quantity).sum();
    let of_all = match graded.as_slice() {
        [units] if units.quantity == all => Some(units.condition.clone()),
        _ => None,
    };
    let is_graded_with_others = contents.len() > 1 && has_grade && of_all.is_none();
    let is_single = contents.len() == 1;
    let line = |PackageContent { line, quantity }| {
        let graded = match &of_all {
            Some(condition) => vec![GradedUnits { condition: condition.clone(), quantity }],
            None if is_single => graded.clone(),
            None => Vec::new(),
        };
        ReturnLine { line, quantity, reason: reason.clone(), graded, is_graded_with_others }
    };
    Ok(contents.into_iter().map(line).collect())
}

fn graded_units(units: UnitWiseCondition) -> Result<GradedUnits, Unreadable> {
    Ok(GradedUnits {
        condition: units.condition.ok_or(Unreadable("unitWiseCondition.condition"))?.into(),
        quantity: quantity(units.amount, "unitWiseCondition.amount")?,
    })
}

fn return_package(package: ReturnPackageDetails) -> Result<ReturnPackage, Unreadable> {
    Ok(ReturnPackage {
        id: package.id.ok_or(Unreadable("returnPackageDetails.id"))?.into_inner().into(),
        state: package.state.ok_or(Unreadable("returnPackageDetails.state"))?.into(),
        reason: filled(package.reason),
        contents: contents(package.return_package_for)?,
        tracker: package.package_tracker.and_then(tracker_key),
    })
}

fn contents(list: Option<ReturnFor>) -> Result<Vec<PackageContent>, Unreadable> {
    let contents = list.and_then(|list| list.order_line_item_amounts).unwrap_or_default();
    contents.into_iter().flatten().map(content).collect()
}
