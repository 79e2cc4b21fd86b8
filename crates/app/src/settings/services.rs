//! Reads how one merchant wants things done.

use std::collections::{BTreeMap, BTreeSet};

use amz_domain::{AccountId, CancellationReason, LocationId, SalesChannelId, ShipMethodId};
use amz_services::settings::{
    Billing, CancellationSettings, ClosedPeriod, CreditFrom, EligibleRule, Kits, OnHold, PartialCancel,
    ReceiveOn, RefundPaymentPolicy, RefundSettings, ReturnSettings, ServiceSettings, ShippingRefund,
    WhenUnfulfillable,
};

use super::fault::{Fault, FaultCode};
use super::netsuite::AccountNames;
use super::reader::{Faulty, Reader, Scope};

const ELIGIBLE: &[(&str, EligibleRule)] = &[
    ("line_flag", EligibleRule::LineFlag),
    ("location", EligibleRule::Location),
    ("sales_channel", EligibleRule::SalesChannel),
];

const ON_HOLD: &[(&str, OnHold)] = &[("wait", OnHold::Wait), ("reserve", OnHold::Reserve)];

const KITS: &[(&str, Kits)] = &[("as_sold", Kits::AsSold), ("as_parts", Kits::AsParts)];

const WHEN_UNFULFILLABLE: &[(&str, WhenUnfulfillable)] =
    &[("cancel", WhenUnfulfillable::Cancel), ("back_order", WhenUnfulfillable::BackOrder)];

const PARTIAL_CANCEL: &[(&str, PartialCancel)] =
    &[("park", PartialCancel::Park), ("whole_and_reorder", PartialCancel::WholeAndReorder)];

const RECEIVE_ON: &[(&str, ReceiveOn)] =
    &[("graded", ReceiveOn::Graded), ("delivered", ReceiveOn::Delivered)];

const BILLING: &[(&str, Billing)] =
    &[("detect", Billing::Detect), ("invoice", Billing::Invoice), ("cash_sale", Billing::CashSale)];

const CREDIT_FROM: &[(&str, CreditFrom)] =
    &[("bill", CreditFrom::Bill), ("return_authorization", CreditFrom::ReturnAuthorization)];

const REFUND_PAYMENT: &[(&str, RefundPaymentPolicy)] = &[
    ("credit_memo", RefundPaymentPolicy::CreditMemo),
    ("customer_refund", RefundPaymentPolicy::CustomerRefund),
    ("later", RefundPaymentPolicy::Later),
];

const REFUND_SHIPPING: &[(&str, ShippingRefund)] =
    &[("never", ShippingRefund::Never), ("with_last_unit", ShippingRefund::WithLastUnit)];

const CLOSED_PERIOD: &[(&str, ClosedPeriod)] =
    &[("first_open_day", ClosedPeriod::FirstOpenDay), ("park", ClosedPeriod::Park)];

/// Reads how orders, cancellations, returns and refunds are handled.
pub(super) fn services(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
    account: &AccountNames,
) -> Result<ServiceSettings, Faulty> {
    let (mapping, policy) = (scope.section("mapping"), scope.section("policy"));
    let timezone = reader.get(&scope.section("netsuite"), "timezone");
    let amazon_location = reader.find::<String>(&mapping, "amazon_location");
    let channels = reader.find::<Vec<String>>(&mapping, "sales_channels");
    let eligible = eligible(reader, &mapping);
    let ship_speed = reader.find::<BTreeMap<String, String>>(&mapping, "ship_speed");
    let default_ship_speed = reader.find(&mapping, "default_ship_speed");
    let hold = reader.get(&policy, "hold");
    let on_hold = reader.choose(&policy, "on_hold", ON_HOLD);
    let go_live = reader.find(&policy, "go_live");
    let retry_base = reader.get(&policy, "retry_base");
    let retry_limit = reader.get(&policy, "retry_limit");
    let unclear_wait = reader.get(&policy, "unclear_wait");

    let kits = reader.choose(&mapping, "kits", KITS);
    let cancellation = cancellation(reader, &policy);
    let returns = returns(reader, &mapping, &policy);
    let refunds = refunds(reader, &mapping, &policy);

    let rules = eligible.as_deref().unwrap_or_default();
    if rules.contains(&EligibleRule::Location) && matches!(amazon_location, Ok(None)) {
        let expected = "a location, since `eligible` has the rule \"location\"";
        reader.fault(Fault::new(mapping.path_of("amazon_location"), FaultCode::Missing, expected));
    }
    let no_channels = channels.as_ref().is_ok_and(|channels| channels.as_ref().is_none_or(Vec::is_empty));
    if rules.contains(&EligibleRule::SalesChannel) && no_channels {
        let expected = "a sales channel, since `eligible` has the rule \"sales_channel\"";
        reader.fault(Fault::new(mapping.path_of("sales_channels"), FaultCode::Missing, expected));
    }
    let channels: BTreeSet<SalesChannelId> =
        channels?.unwrap_or_default().into_iter().map(SalesChannelId::new).collect();
    let speeds = ship_speed?.unwrap_or_default().into_iter();
    Ok(ServiceSettings {
        account: account.account.clone().ok_or(Faulty)?,
        timezone: timezone?,
        pages: account.pages.clone().ok_or(Faulty)?,
        amazon_location: amazon_location?.map(LocationId::new),
        sales_channels: channels,
        eligible: eligible?,
        ship_speed: speeds.map(|(method, speed)| (ShipMethodId::new(method), speed)).collect(),
        default_ship_speed: default_ship_speed?,
        go_live: go_live?,
        hold: hold?,
        on_hold: on_hold?,
        retry_base: retry_base?,
        retry_limit: retry_limit?,
        unclear_wait: unclear_wait?,
        kits: kits?,
        cancellation: cancellation?,
        returns: returns?,
        refunds: refunds?,
    })
}

fn eligible(reader: &mut Reader<'_>, mapping: &Scope<'_>) -> Result<Vec<EligibleRule>, Faulty> {
    let words: Vec<String> = reader.get(mapping, "eligible")?;
    if words.is_empty() {
        let expected = "at least one rule; without any, no order would ever go to Amazon";
        return Err(reader.fault(Fault::new(mapping.path_of("eligible"), FaultCode::Missing, expected)));
    }
    let rules: Result<BTreeSet<EligibleRule>, Faulty> =
        words.iter().map(|word| reader.pick(mapping, "eligible", ELIGIBLE, word)).collect();
    Ok(rules?.into_iter().collect())
}

fn cancellation(reader: &mut Reader<'_>, policy: &Scope<'_>) -> Result<CancellationSettings, Faulty> {
    let when_unfulfillable = reader.choose(policy, "when_unfulfillable", WHEN_UNFULFILLABLE);
    let partial_cancel = reader.choose(policy, "partial_cancel", PARTIAL_CANCEL);
    let reasons = reader.find::<BTreeMap<String, String>>(policy, "cancel_reasons");
    let default_reason = reader.get::<String>(policy, "cancel_reason");
    let look = reader.get(policy, "cancel_look");
    let reasons = reasons?.unwrap_or_default().into_iter();
    Ok(CancellationSettings {
        when_unfulfillable: when_unfulfillable?,
        partial_cancel: partial_cancel?,
        reasons: reasons.map(|(ours, amazons)| (ours, CancellationReason::from(amazons))).collect(),
        default_reason: CancellationReason::from(default_reason?),
        look: look?,
    })
}

fn returns(
    reader: &mut Reader<'_>,
    mapping: &Scope<'_>,
    policy: &Scope<'_>,
) -> Result<ReturnSettings, Faulty> {
    let approve = reader.get(policy, "approve_returns");
    let receive_on = reader.choose(policy, "receive_on", RECEIVE_ON);
    let return_location = reader.find::<String>(mapping, "return_location");
    let damaged_location = reader.find::<String>(mapping, "damaged_location");
    Ok(ReturnSettings {
        approve: approve?,
        receive_on: receive_on?,
        return_location: return_location?.map(LocationId::new),
        damaged_location: damaged_location?.map(LocationId::new),
    })
}

fn refunds(
    reader: &mut Reader<'_>,
    mapping: &Scope<'_>,
    policy: &Scope<'_>,
) -> Result<RefundSettings, Faulty> {
    let billing = reader.choose(policy, "billing", BILLING);
    let credit_from = reader.choose(policy, "credit_from", CREDIT_FROM);
    let payment = reader.choose(policy, "refund_payment", REFUND_PAYMENT);
    let shipping = reader.choose(policy, "refund_shipping", REFUND_SHIPPING);
    let tolerance = reader.get(policy, "refund_tolerance");
    let approval_over = reader.find(policy, "refund_approval_over");
    let closed_period = reader.choose(policy, "closed_period", CLOSED_PERIOD);
    let account = reader.find::<String>(mapping, "refund_account");
    let external_reason = reader.get(policy, "refund_reason");
    if matches!((&payment, &account), (Ok(RefundPaymentPolicy::CustomerRefund), Ok(None))) {
        let expected = "an account, since `refund_payment` is \"customer_refund\"";
        reader.fault(Fault::new(mapping.path_of("refund_account"), FaultCode::Missing, expected));
    }
    Ok(RefundSettings {
        billing: billing?,
        credit_from: credit_from?,
        payment: payment?,
        shipping: shipping?,
        tolerance: tolerance?,
        approval_over: approval_over?,
        closed_period: closed_period?,
        account: account?.map(AccountId::new),
        external_reason: external_reason?,
    })
}
