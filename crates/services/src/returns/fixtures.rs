//! Returns for tests.

use amz_domain::{AmazonReturn, GradedUnits, PackageContent, Quantity, ReturnLine, ReturnPackage};

/// Amazon's line, units, and what was graded of them.
pub(super) type LineParts<'parts> = (&'parts str, u32, &'parts [(&'parts str, u32)]);

pub(super) fn amazon_return(id: &str, state: &str, lines: &[LineParts<'_>]) -> AmazonReturn {
    let line = |(line, quantity, graded): &LineParts<'_>| ReturnLine {
        line: (*line).into(),
        quantity: Quantity(*quantity),
        reason: None,
        graded: graded
            .iter()
            .map(|(condition, units)| GradedUnits {
                condition: (*condition).into(),
                quantity: Quantity(*units),
            })
            .collect(),
        is_graded_with_others: false,
    };
    AmazonReturn {
        id: id.into(),
        alias: None,
        state: state.into(),
        created_at: None,
        lines: lines.iter().map(line).collect(),
        packages: Vec::new(),
    }
}

pub(super) fn package(id: &str, state: &str, contents: &[(&str, u32)]) -> ReturnPackage {
    ReturnPackage {
        id: id.into(),
        state: state.into(),
        reason: None,
        contents: contents
            .iter()
            .map(|(line, units)| PackageContent { line: (*line).into(), quantity: Quantity(*units) })
            .collect(),
        tracker: None,
    }
}

/// An order of two lines of three units, A1 and A2, both fulfilled.
pub(super) fn sent() -> crate::link::SentOrder {
    crate::link::SentOrder {
        is_foreign: false,
        amazon_order: "322-1".into(),
        generation: amz_domain::Generation::default(),
        channel: "MCF".into(),
        execution: "STARTED".into(),
        total: None,
        tax: None,
        recipient_digest: None,
        lines: vec![sent_line(1), sent_line(2)],
    }
}

pub(super) fn sent_line(number: u32) -> crate::link::SentLine {
    crate::link::SentLine {
        alias: format!("42:90{number}").into(),
        amazon_line: format!("A{number}").into(),
        line: amz_domain::LineNumber(number),
        sku: None,
        quantity: Quantity(3),
        delivery: None,
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: None,
        item: None,
    }
}

/// The sales order of [`sent`], with a third line that Amazon does not have.
pub(super) fn sales_order() -> amz_domain::SalesOrder {
    let line = |number: u32, item: &str| amz_domain::SalesOrderLine {
        quantity_fulfilled: 3.into(),
        ..crate::orders::fixtures::line(number, item, 3, 10.into())
    };
    crate::orders::fixtures::sales_order(vec![line(1, "11"), line(2, "12"), line(3, "13")])
}

pub(super) fn amazon_order(returns: Vec<AmazonReturn>) -> amz_domain::AmazonOrder {
    amz_domain::AmazonOrder {
        id: "322-1".into(),
        alias: Some("1234567:42".into()),
        execution: None,
        recipient: None,
        lines: Vec::new(),
        packages: Vec::new(),
        cancellations: Vec::new(),
        returns,
        refunds: Vec::new(),
        links: Vec::new(),
    }
}

/// A return authorization 900 as NetSuite holds it: line number, the sales order's line, units, units received.
pub(super) fn authorization(status: &str, lines: &[(u32, u32, u32, u32)]) -> amz_domain::Document {
    use amz_domain::{Currency, DocumentKey, DocumentKind, DocumentMarks, ItemKind, LineNumber};
    use rust_decimal::Decimal;
    let line = |(number, source, quantity, received): &(u32, u32, u32, u32)| amz_domain::DocumentLine {
        line: LineNumber(*number),
        source_line: Some(LineNumber(*source)),
        amazon_line: None,
        item: Some(format!("1{source}").into()),
        kind: ItemKind::Inventory,
        quantity: (*quantity).into(),
        quantity_received: (*received).into(),
        rate: None,
        amount: Decimal::ZERO,
        tax: None,
        is_closed: false,
    };
    amz_domain::Document {
        key: DocumentKey::new(DocumentKind::ReturnAuthorization, "900"),
        external_id: None,
        status: status.into(),
        is_voided: false,
        created_from: Some("42".into()),
        customer: None,
        date: None,
        currency: Currency::USD,
        exchange_rate: None,
        lines: lines.iter().map(line).collect(),
        shipping_cost: Decimal::ZERO,
        handling_cost: Decimal::ZERO,
        discount_total: Decimal::ZERO,
        tax_total: Decimal::ZERO,
        total: Decimal::ZERO,
        amount_remaining: None,
        applied: Vec::new(),
        marks: DocumentMarks::default(),
        memo: None,
    }
}

/// The link of a return with authorization 900, whose line numbers are ten times the sales order's.
pub(super) fn link(id: &str, origin: amz_domain::Origin, lines: &[(u32, u32)]) -> crate::link::ReturnLink {
    use amz_domain::LineNumber;
    let line = |(number, units): &(u32, u32)| crate::link::ReturnedLine {
        amazon_line: format!("A{number}").into(),
        order_line: LineNumber(*number),
        authorization_line: LineNumber(number * 10),
        quantity: Quantity(*units),
    };
    crate::link::ReturnLink {
        id: id.into(),
        origin,
        authorization: "900".into(),
        state: amz_domain::ReturnState::Created,
        lines: lines.iter().map(line).collect(),
        receipts: Vec::new(),
        delivery_state: None,
        memo: None,
        is_ended: false,
    }
}
