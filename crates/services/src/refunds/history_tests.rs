//! Random histories of refunds from both sides: whatever happens, nothing is paid twice.

use amz_domain::{Document, DocumentKey, DocumentKind, RefundState};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::fixtures::{cents, delivered, document, goods, refund, sent, units};
use super::world::Stage;

/// What happens between two looks.
#[derive(Debug, Clone)]
enum Event {
    /// Amazon asks for a refund of units of a line.
    Ask(u32, u32),
    /// Staff credit units of a line by hand.
    Credit(u32, u32),
    /// The answer to the next document is lost.
    LoseDocument,
    /// The answer to the next report is lost.
    LoseReport,
    /// Nothing.
    Look,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1u32..3, 1u32..3).prop_map(|(line, units)| Event::Ask(line, units)),
        2 => (1u32..3, 1u32..3).prop_map(|(line, units)| Event::Credit(line, units)),
        1 => Just(Event::LoseDocument),
        1 => Just(Event::LoseReport),
        2 => Just(Event::Look),
    ]
}

/// Staff take back units at the bill's price, and tax as NetSuite would round it.
fn by_hand(bill: &Document, id: usize, line: u32, count: u32) -> Option<Document> {
    let billed = bill.lines.iter().find(|billed| billed.line.0 == line)?;
    let of = |amount: Decimal| (amount * Decimal::from(count) / billed.quantity).round_dp(2);
    let line = goods(line, count, of(billed.amount), billed.tax.map(of));
    let mut credit = document(DocumentKind::CreditMemo, &id.to_string(), vec![line]);
    credit.created_from = Some(bill.key.id.clone());
    Some(credit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn f03_no_history_pays_a_unit_twice_or_more_than_was_billed(
        lines in prop::collection::vec((1u32..5, 100i64..5_000, 0i64..400), 2),
        events in prop::collection::vec(event(), 1..10),
    ) {
        let goods = lines.iter().zip(1..).map(|((count, amount, tax), number)| {
            goods(number, *count, cents(*amount), Some(cents(*tax)))
        });
        let bill = document(DocumentKind::Invoice, "70", goods.collect());
        let ordered: Vec<u32> = lines.iter().map(|(count, ..)| *count).collect();
        let shipped = vec![units(1, ordered[0]), units(2, ordered[1])];
        let stage = Stage::new(sent(&ordered), delivered(shipped, Vec::new()), vec![bill.clone()]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut by_hands: Vec<DocumentKey> = Vec::new();
        for (event, number) in events.into_iter().zip(800usize..) {
            {
                let mut world = stage.world();
                let credited = |line: u32| -> Decimal {
                    let credits = world.documents.iter().filter(|document| document.key.kind.is_credit());
                    let lines = credits.flat_map(|credit| &credit.lines);
                    let id = Some(format!("A{line}").into());
                    lines.filter(|of| of.amazon_line == id).map(|of| of.quantity).sum()
                };
                match event {
                    Event::Ask(line, count) => {
                        let asked = refund(&format!("R{number}"), vec![units(line, count)], None);
                        world.amazon.refunds.push(asked);
                    }
                    // staff do not credit what is credited already
                    Event::Credit(line, count)
                        if credited(line) + Decimal::from(count)
                            <= Decimal::from(ordered[line as usize - 1]) =>
                    {
                        if let Some(credit) = by_hand(&bill, number, line, count) {
                            by_hands.push(credit.key.clone());
                            world.documents.push(credit);
                        }
                    }
                    Event::LoseDocument => world.lose_document = true,
                    Event::LoseReport => world.lose_report = true,
                    Event::Credit(..) | Event::Look => {}
                }
            }
            runtime.block_on(stage.look(&by_hands, &[]));
        }
        for _ in 0..4 {
            runtime.block_on(stage.look(&by_hands, &[]));
        }
        prop_assert!(stage.is_settled(), "no write is left open");
        let world = stage.world();
        for (number, billed) in (1..).zip(&bill.lines) {
            let id = Some(format!("A{number}").into());
            let credits = world.documents.iter().filter(|document| document.key.kind.is_credit());
            let taken: Vec<_> = credits.flat_map(|credit| &credit.lines).filter(|of| of.amazon_line == id).collect();
            let count: Decimal = taken.iter().map(|line| line.quantity).sum();
            let money: Decimal = taken.iter().map(|line| line.amount + line.tax.unwrap_or_default()).sum();
            let paid = billed.amount + billed.tax.unwrap_or_default();
            prop_assert!(count <= billed.quantity);
            // what staff round by hand may be a cent off each
            let rounding = if by_hands.is_empty() { Decimal::ZERO } else { cents(2) * count };
            prop_assert!(money <= paid + rounding, "{} of {}", money, paid);
            if by_hands.is_empty() && count == billed.quantity {
                prop_assert_eq!(money, paid);
            }
        }
        for refund in &world.amazon.refunds {
            match refund.state {
                RefundState::Success => prop_assert_eq!(refund.payments.len(), 1),
                _ => {
                    let subject = format!("refund/{}", refund.id);
                    prop_assert!(world.kept.parked.contains_key(&subject), "{}", subject);
                }
            }
        }
        let credits = world.documents.iter().filter(|document| document.key.kind.is_credit()).count();
        let told = world.amazon.refunds.iter().filter(|refund| refund.state == RefundState::Success).count();
        let undecided = by_hands.iter().filter(|key| world.kept.parked.contains_key(&format!("document/{key}"))).count();
        prop_assert_eq!(credits, told + undecided, "every credit is one refund, and every refund one credit");
    }
}
