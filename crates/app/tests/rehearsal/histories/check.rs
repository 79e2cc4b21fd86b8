//! What must hold at the end of every history, from the vendors' own books; and the end itself, to be compared.

use std::collections::BTreeMap;

use amz_sandbox::amazon::{Content, Order, PackageState, RefundState, ReturnState};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::play::{Play, number_of};
use crate::orders::{decimal, text};

/// The documents that say something at the end.
const KINDS: [&str; 7] = [
    "itemFulfillment",
    "returnAuthorization",
    "invoice",
    "cashSale",
    "creditMemo",
    "cashRefund",
    "customerRefund",
];

/// A setting with which credits wait for their payment.
const PAID_LATER: (&str, &str) = ("POLICY__REFUND_PAYMENT", "later");

/// How a history ended, line by line, without what every play chooses anew.
pub(crate) async fn end(play: &Play<'_>) -> Vec<String> {
    let mut end: Vec<String> = play.refused.iter().map(|step| format!("refused {step}")).collect();
    let order = play.stage.sales_order(play.id);
    let is_open = lines(&order).iter().any(|line| !open(line).is_zero());
    // by design: of an order of which nothing is open, the status says whether units left it by a smaller quantity
    // or by a closed line
    let status = if is_open { text(&order, "status") } else { "nothing open".to_owned() };
    end.push(format!(
        "order {status} {} {}",
        text(&order, "custbody_amz_sync_state"),
        text(&order, "custbody_amz_cancel_state")
    ));
    for line in lines(&order) {
        let (open, fulfilled) = (open(line), number(line, "quantityFulfilled"));
        end.push(format!("order line {}: open {open}, fulfilled {fulfilled}", line["line"]));
    }
    let amazon = held(play);
    end.extend(amazon_end(play, &amazon));
    end.extend(received(play));
    for kind in KINDS {
        let mut documents: Vec<String> =
            play.documents(kind).iter().map(|document| described(play, kind, document)).collect();
        documents.sort();
        end.extend(documents);
    }
    let credits = ["creditMemo", "cashRefund"];
    for (field, what) in [("amount", "net"), ("tax1Amt", "tax")] {
        let sums = sums(play, &credits, |_, line| number(line, field));
        end.extend(
            sums.iter().map(|(line, sum)| format!("credited {what} of line {line}: {}", sum.normalize())),
        );
    }
    // by design: what was graded before the first look goes to its place at once; what is graded after it was
    // received waits for a person
    let is_late_grade = |code: &str| code == "graded_after_receipt";
    let all = play.stage.parked().await;
    let mut parked: Vec<String> = all
        .iter()
        .filter(|parked| !is_late_grade(&parked.reason.code))
        .map(|parked| format!("parked {} {}", parked.subject.split('/').next().unwrap(), parked.reason.code))
        .collect();
    parked.sort();
    end.extend(parked);
    end
}

/// Everything that must hold, whatever happened. Returns what does not.
pub(crate) async fn broken(play: &Play<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let backlog = play.stage.backlog().await;
    if backlog.unsettled != 0 {
        broken.push(format!("unsettled intents: {backlog:?}"));
    }
    if let Some(due) = play.stage.next_due().await {
        broken.push(format!("something waits until {due}"));
    }
    for doubled in play.stage.amazon().doubled_payments() {
        broken.push(format!("doubled payment {doubled:?}"));
    }
    let amazon = held(play);
    let parked: Vec<String> = play.stage.parked().await.into_iter().map(|parked| parked.subject).collect();
    quantities(play, &mut broken);
    money(play, &amazon, parked.is_empty(), &mut broken);
    identities(play, &amazon, &parked, &mut broken);
    broken
}

fn held(play: &Play<'_>) -> Order {
    play.stage.amazon().order(&play.amazon).unwrap()
}

fn lines(record: &Value) -> &[Value] {
    record["item"]["items"].as_array().map_or(&[], Vec::as_slice)
}

fn number(record: &Value, field: &str) -> Decimal {
    match &record[field] {
        Value::Null => Decimal::ZERO,
        _ => decimal(record, field).normalize(),
    }
}

/// Units that are still to be shipped: of a closed line none, however it came to be closed.
fn open(line: &Value) -> Decimal {
    match line["isClosed"] == json!(true) {
        true => Decimal::ZERO,
        false => (number(line, "quantity") - number(line, "quantityFulfilled")).normalize(),
    }
}

fn goods(order: &Order, contents: &[Content]) -> String {
    let mut goods: Vec<String> = contents
        .iter()
        .map(|content| {
            let line = order.lines.iter().position(|line| line.id == content.line_id).unwrap();
            format!("{}×{}", content.quantity, line + 1)
        })
        .collect();
    goods.sort();
    goods.join("+")
}

fn amazon_end(play: &Play<'_>, amazon: &Order) -> Vec<String> {
    let mut end = Vec::new();
    for (parcel, id) in play.packages.iter().enumerate() {
        let package = amazon.packages.iter().find(|package| package.id == *id).unwrap();
        end.push(format!("parcel {parcel} {:?} {:?}", package.state, package.reason));
    }
    end.extend(amazon.cancellations.iter().map(|known| format!("cancellation {:?}", known.state)));
    let mut returns: Vec<String> = amazon
        .returns
        .iter()
        .map(|known| {
            let contents: Vec<Content> = known.lines.iter().flat_map(|line| line.contents.clone()).collect();
            format!("return external {} {:?} {}", known.external, known.state, goods(amazon, &contents))
        })
        .collect();
    returns.sort();
    end.extend(returns);
    let mut refunds: Vec<String> = amazon
        .refunds
        .iter()
        .map(|refund| {
            let is_some = !refund.total.amount.is_zero();
            let goods = goods(amazon, &refund.contents);
            format!("refund external {} {:?} of {goods}, any {is_some}", refund.external, refund.state)
        })
        .collect();
    refunds.sort();
    end.extend(refunds);
    let total: Decimal = amazon.refunds.iter().map(|refund| refund.total.amount).sum();
    let payments = amazon.refunds.iter().flat_map(|refund| &refund.payments);
    let paid: Decimal = payments.map(|payment| payment.amount.amount).sum();
    end.push(format!("refunds of {}, paid {}", total.normalize(), paid.normalize()));
    end
}

/// Units received per location. By design: what is graded between two looks is on one receipt.
fn received(play: &Play<'_>) -> Vec<String> {
    let mut received: BTreeMap<(String, Option<u64>), Decimal> = BTreeMap::new();
    for receipt in play.documents("itemReceipt") {
        for line in lines(&receipt) {
            let at = (text(&receipt, "location"), order_line(play, &receipt, line));
            *received.entry(at).or_default() += number(line, "quantity");
        }
    }
    received.iter().map(|(at, units)| format!("received {units} of {at:?}")).collect()
}

/// A document without ids and days.
fn described(play: &Play<'_>, kind: &str, document: &Value) -> String {
    let external = text(document, "externalId");
    let of_whom = match external.rsplit_once('-') {
        None => "staff",
        Some(_) => external.get(..6).unwrap_or_default(),
    };
    // by design: a return shows what the order's line says at the time, and no money moves by it; of several refunds
    // of a line the last one takes what rounding left over, whichever that is
    let has_money = !["returnAuthorization", "creditMemo", "cashRefund", "customerRefund"].contains(&kind);
    let money = |record: &Value, field: &str| match has_money {
        true => number(record, field),
        false => Decimal::ZERO,
    };
    let mut lines: Vec<String> = lines(document)
        .iter()
        .map(|line| {
            let sums = (money(line, "amount"), money(line, "tax1Amt"));
            format!(
                "{}×{:?} {sums:?} {}",
                number(line, "quantity"),
                order_line(play, document, line),
                line["isClosed"]
            )
        })
        .collect();
    lines.sort();
    // by design: a return is refunded by itself when the credit is made from it, and only received otherwise
    let status = text(document, "status");
    let status = if kind == "returnAuthorization" { status.replace('G', "F") } else { status };
    // by design: Amazon sends no event when the shopper hands a parcel over
    let state = text(document, "custbody_amz_delivery_state").replace("DROPPED_OFF", "CREATED");
    let (at, state) = match kind {
        "creditMemo" | "cashRefund" => (String::new(), String::new()),
        _ => (text(document, "location"), state),
    };
    format!(
        "{kind} {of_whom} {status} {} {} {at} {state} {lines:?}",
        money(document, "total"),
        money(document, "amountRemaining"),
    )
}

/// The order's line that a document's line comes from, through the documents in between.
fn order_line(play: &Play<'_>, document: &Value, line: &Value) -> Option<u64> {
    let source = text(document, "createdFrom");
    let number = line["orderLine"].as_u64()?;
    if source == play.id.to_string() {
        return Some(number);
    }
    let all = play.stage.netsuite().documents_of(play.id);
    let source = all.iter().find(|known| text(known, "id") == source)?;
    let line = lines(source).iter().find(|line| line["line"].as_u64() == Some(number))?;
    order_line(play, source, line)
}

/// A figure of all documents of some types, per line of the order.
fn sums(play: &Play<'_>, kinds: &[&str], of: impl Fn(&Value, &Value) -> Decimal) -> BTreeMap<u64, Decimal> {
    let mut sums = BTreeMap::new();
    for kind in kinds {
        for document in play.documents(kind) {
            let is_cancelled = *kind == "returnAuthorization" && text(&document, "status") == "C";
            for line in lines(&document).iter().filter(|_| !is_cancelled) {
                if let Some(number) = order_line(play, &document, line) {
                    *sums.entry(number).or_insert(Decimal::ZERO) += of(&document, line);
                }
            }
        }
    }
    sums
}

/// Received ≤ returned ≤ shipped ≤ ordered, per line.
fn quantities(play: &Play<'_>, broken: &mut Vec<String>) {
    let units = |_: &Value, line: &Value| number(line, "quantity");
    let shipped = sums(play, &["itemFulfillment"], units);
    let returned = sums(play, &["returnAuthorization"], |_, line| match line["isClosed"] == json!(true) {
        // what did not come back until the line was closed can come back another time
        true => number(line, "quantityReceived"),
        false => number(line, "quantity"),
    });
    let received = sums(play, &["itemReceipt"], units);
    for (line, ordered) in play.history.lines.iter().enumerate() {
        let of = |sums: &BTreeMap<u64, Decimal>| sums.get(&number_of(line)).copied().unwrap_or_default();
        let chain = [of(&received), of(&returned), of(&shipped), Decimal::from(ordered.units)];
        if !chain.is_sorted() {
            broken.push(format!("line {}: received, returned, shipped, ordered are {chain:?}", line + 1));
        }
    }
}

/// Refunded ≤ paid per line, tax included, and both sides agree on what was refunded.
fn money(play: &Play<'_>, amazon: &Order, all_is_well: bool, broken: &mut Vec<String>) {
    let gross = |document: &Value, line: &Value| {
        let (amount, all) = (number(line, "amount"), number(document, "subtotal"));
        let share = if all.is_zero() { Decimal::ZERO } else { amount / all };
        amount + number(line, "tax1Amt") - number(document, "discountTotal").abs() * share
    };
    let paid = sums(play, &["invoice", "cashSale"], gross);
    let refunded = sums(play, &["creditMemo", "cashRefund"], gross);
    for (line, refunded) in &refunded {
        let paid = paid.get(line).copied().unwrap_or_default();
        // the share of a discount is rounded to the cent
        if *refunded > paid + Decimal::new(1, 2) {
            broken.push(format!("line {line}: refunded {refunded} of {paid}"));
        }
    }
    let total = |kinds: &[&str]| -> Decimal {
        let documents = kinds.iter().flat_map(|kind| play.documents(kind));
        documents.map(|document| number(&document, "total")).sum()
    };
    let (paid, refunded) = (total(&["invoice", "cashSale"]), total(&["creditMemo", "cashRefund"]));
    if refunded > paid {
        broken.push(format!("refunded {refunded} of {paid}"));
    }
    let mut told = Decimal::ZERO;
    for refund in &amazon.refunds {
        let payments: Decimal = refund.payments.iter().map(|payment| payment.amount.amount).sum();
        if refund.state == RefundState::Success {
            told += refund.total.amount;
            if payments != refund.total.amount {
                broken.push(format!(
                    "refund {} of {} with payments of {payments}",
                    refund.id, refund.total.amount
                ));
            }
        }
    }
    if all_is_well && told != refunded && !play.history.settings.contains(&PAID_LATER) {
        broken.push(format!("Amazon was told of {told}, NetSuite refunded {refunded}"));
    }
}

/// One document per id of Amazon's, and nothing of Amazon's left undone unless a person knows.
fn identities(play: &Play<'_>, amazon: &Order, parked: &[String], broken: &mut Vec<String>) {
    let mut carriers: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for (kind, field) in [
        ("itemFulfillment", "custbody_amz_package_id"),
        ("returnAuthorization", "custbody_amz_return_id"),
        ("creditMemo", "custbody_amz_refund_id"),
        ("cashRefund", "custbody_amz_refund_id"),
    ] {
        for document in play.documents(kind) {
            let id = text(&document, field);
            if !id.is_empty() {
                *carriers.entry((kind, field, id)).or_default() += 1;
            }
        }
    }
    for (carried, count) in carriers.iter().filter(|(_, count)| **count > 1) {
        broken.push(format!("{count} documents for {carried:?}"));
    }
    let has = |kind: &str, id: &str| carriers.keys().any(|(known, _, of)| *known == kind && of == id);
    let is_parked = |id: &str| parked.iter().any(|subject| subject.contains(id));
    for package in amazon.packages.iter() {
        let left = matches!(package.state, PackageState::InTransit | PackageState::Delivered)
            || package.tracker.is_some();
        if left != has("itemFulfillment", &package.id) && !is_parked(&package.id) {
            broken.push(format!("package {} {:?}: fulfilled {}", package.id, package.state, !left));
        }
    }
    for known in amazon.returns.iter().filter(|known| known.state != ReturnState::Cancelled) {
        if !has("returnAuthorization", &known.id) && !is_parked(&known.id) {
            broken.push(format!("return {} without an authorization", known.id));
        }
    }
    for refund in &amazon.refunds {
        let is_settled = matches!(refund.state, RefundState::Success | RefundState::Rejected);
        let is_paid_later = play.history.settings.contains(&PAID_LATER)
            && (has("creditMemo", &refund.id) || has("cashRefund", &refund.id));
        if !is_settled && !is_paid_later && !is_parked(&refund.id) {
            broken.push(format!("refund {} is {:?}, and nobody knows", refund.id, refund.state));
        }
    }
}
