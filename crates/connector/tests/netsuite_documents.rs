//! What follows from a sales order, against the sandbox: made, found, read and climbed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod netsuite_support;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    DocumentId, DocumentKey, DocumentKind, DocumentMarks, ExternalId, LineNumber, Origin, Quantity,
};
use amz_services::failure::Failure;
use amz_services::ports::documents::{
    Application, DocumentPatch, DocumentSource, NewDocument, NewDocumentLine,
};
use amz_services::ports::netsuite::{NewItemFulfillment, SalesOrderPatch};
use amz_services::ports::{
    AccountingPeriods, ChangedDocuments, Documents, ItemFulfillments, Items, SalesOrders,
};
use netsuite_support::{World, order, world};
use rust_decimal::Decimal;

/// An order of Amazon's whose three mugs have left; plates and engraving are still there.
async fn shipped() -> (World, String) {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let order = id.to_string();
    let patch = SalesOrderPatch { amazon_order: Some("322-1".into()), ..SalesOrderPatch::default() };
    SalesOrders::patch(&world.netsuite, &order.as_str().into(), &patch).await.unwrap();
    let fulfillment = NewItemFulfillment {
        sales_order: order.as_str().into(),
        external_id: ExternalId::of_fulfillment(&"pkg-1".into()),
        package: "pkg-1".into(),
        amazon_order: "322-1".into(),
        date: "2026-03-02".parse().unwrap(),
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(3) }],
        left_out: vec![LineNumber(2)],
        location: Some("7".into()),
        tracking_number: None,
        marks: amz_domain::DeliveryMarks::default(),
    };
    ItemFulfillments::create(&world.netsuite, &fulfillment).await.unwrap();
    (world, order)
}

fn new(kind: DocumentKind, source: DocumentSource, external_id: ExternalId, units: u32) -> NewDocument {
    NewDocument {
        kind,
        source,
        external_id,
        date: Some("2026-03-02".parse().unwrap()),
        memo: Some("of Amazon".to_owned()),
        lines: vec![NewDocumentLine {
            source_line: LineNumber(1),
            quantity: Quantity(units),
            amount: None,
            tax: None,
            reason: None,
            restock: None,
        }],
        left_out: Vec::new(),
        location: None,
        approved: true,
        shipping: None,
        handling: None,
        account: None,
        apply_to: None,
        marks: DocumentMarks {
            amazon_order: Some("322-1".into()),
            origin: Some(Origin::Amazon),
            ..DocumentMarks::default()
        },
    }
}

async fn make(world: &World, new: &NewDocument) -> DocumentKey {
    let id: DocumentId = Documents::create(&world.netsuite, new).await.unwrap();
    DocumentKey { kind: new.kind, id }
}

async fn authorized(world: &World, order: &str) -> DocumentKey {
    let source = DocumentSource::SalesOrder(order.into());
    let external_id = ExternalId::of_return(&"ret-1".into());
    let mut authorization = new(DocumentKind::ReturnAuthorization, source, external_id, 2);
    authorization.left_out = vec![LineNumber(2), LineNumber(3)];
    authorization.lines[0].reason = Some("TOO_SMALL".to_owned());
    authorization.marks.amazon_return = Some("ret-1".into());
    make(world, &authorization).await
}

#[tokio::test]
async fn a_return_is_authorized_received_and_credited_and_all_of_it_is_found_again() {
    let (world, order) = shipped().await;
    let authorization = authorized(&world, &order).await;
    let read = Documents::read(&world.netsuite, &authorization).await.unwrap().unwrap();
    let lines: Vec<_> = read.lines.iter().map(|line| (line.source_line, line.quantity)).collect();
    assert_eq!(lines, [(Some(LineNumber(1)), Decimal::TWO)]);
    assert_eq!((read.status.as_str(), &read.marks.amazon_return), ("B", &Some("ret-1".into())));

    let line = read.lines[0].line;
    let from = || DocumentSource::Document(authorization.clone());
    let mut receipt = new(DocumentKind::ItemReceipt, from(), ExternalId::of_receipt(&"parcel-1".into()), 2);
    receipt.lines[0].source_line = line;
    receipt.location = Some("7".into());
    let receipt = make(&world, &receipt).await;
    let read = Documents::read(&world.netsuite, &authorization).await.unwrap().unwrap();
    assert_eq!(read.lines[0].quantity_received, Decimal::TWO);

    let mut credit = new(DocumentKind::CreditMemo, from(), ExternalId::of_refund(&"refund-1".into()), 1);
    credit.lines[0].source_line = line;
    credit.lines[0].amount = Some("10.01".parse().unwrap());
    let key = make(&world, &credit).await;
    let again = Documents::create(&world.netsuite, &credit).await.unwrap_err();
    assert_eq!((again.operation, again.failure), ("creditMemo.transform", Failure::Conflict), "{again}");
    let found = Documents::find(&world.netsuite, DocumentKind::CreditMemo, &credit.external_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((&found.key, found.total), (&key, "10.01".parse().unwrap()));
    assert_eq!((found.amount_remaining, found.memo.as_deref()), (Some(found.total), Some("of Amazon")));

    let mut refund = new(
        DocumentKind::CustomerRefund,
        DocumentSource::Customer(found.customer.unwrap()),
        ExternalId::of_payout(&"refund-1".into()),
        0,
    );
    refund.lines.clear();
    refund.account = Some("121".into());
    refund.apply_to = Some(Application { document: key.id.clone(), amount: Some("10.01".parse().unwrap()) });
    let refund = make(&world, &refund).await;

    let heads = world.netsuite.of_order(&order.as_str().into()).await.unwrap();
    let keys: Vec<DocumentKey> = heads.into_iter().map(|head| head.key).collect();
    assert_eq!(keys, [authorization, receipt, key, refund.clone()]);
    for document in keys {
        let followed = world.netsuite.order_of(&document).await.unwrap().unwrap();
        assert_eq!(followed.sales_order.as_str(), order, "{document}");
        assert_eq!(followed.amazon_order, Some("322-1".into()), "{document}");
    }
    let paid = Documents::read(&world.netsuite, &refund).await.unwrap().unwrap();
    assert_eq!(paid.applied[0].amount, "10.01".parse().unwrap());
}

#[tokio::test]
async fn a_bill_is_credited_in_part_and_the_credit_is_applied_to_it() {
    let (world, order) = shipped().await;
    let from_order = DocumentSource::SalesOrder(order.as_str().into());
    let mut invoice = new(DocumentKind::Invoice, from_order, ExternalId::of_payout(&"none".into()), 3);
    invoice.left_out = vec![LineNumber(2)];
    let invoice = make(&world, &invoice).await;
    let bill = Documents::read(&world.netsuite, &invoice).await.unwrap().unwrap();
    let other = bill.lines.iter().filter(|line| line.source_line != Some(LineNumber(1)));
    let mut credit = new(
        DocumentKind::CreditMemo,
        DocumentSource::Document(invoice.clone()),
        ExternalId::of_refund(&"refund-2".into()),
        1,
    );
    credit.left_out = other.map(|line| line.line).collect();
    let mug = bill.lines.iter().find(|line| line.source_line == Some(LineNumber(1))).unwrap();
    credit.lines[0].source_line = mug.line;
    credit.lines[0].amount = Some("19.90".parse().unwrap());
    credit.shipping = Some(Decimal::ZERO);
    credit.apply_to = Some(Application { document: invoice.id.clone(), amount: None });
    let credit = make(&world, &credit).await;
    let read = Documents::read(&world.netsuite, &credit).await.unwrap().unwrap();
    assert_eq!(read.lines.len(), 1, "what is left out is not there");
    assert_eq!((read.applied[0].document.clone(), read.amount_remaining), (invoice.id, Some(Decimal::ZERO)));
    assert_eq!(read.created_from, Some(bill.key.id));

    let page = ChangedDocuments::page(&world.netsuite, None).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| (row.document.clone(), row.is_new)).collect();
    assert_eq!(rows, [(credit, true)], "bills are not in the feed");
}

#[tokio::test]
async fn a_patch_marks_a_document_and_closes_its_lines() {
    let (world, order) = shipped().await;
    let authorization = authorized(&world, &order).await;
    let line = Documents::read(&world.netsuite, &authorization).await.unwrap().unwrap().lines[0].line;
    let patch = DocumentPatch {
        memo: None,
        close: vec![line],
        marks: DocumentMarks { delivery_state: Some("FAILED".to_owned()), ..DocumentMarks::default() },
    };
    for _ in 0..2 {
        Documents::patch(&world.netsuite, &authorization, &patch).await.unwrap();
    }
    let read = Documents::read(&world.netsuite, &authorization).await.unwrap().unwrap();
    assert_eq!((read.lines.len(), read.lines[0].is_closed), (1, true));
    assert_eq!(read.marks.delivery_state.as_deref(), Some("FAILED"));
    assert_eq!(read.marks.origin, Some(Origin::Amazon));
}

#[tokio::test]
async fn an_order_without_documents_and_documents_without_an_order_are_told_apart_from_failures() {
    let (world, order) = shipped().await;
    assert_eq!(world.netsuite.of_order(&order.as_str().into()).await.unwrap(), []);
    let nowhere = DocumentKey::new(DocumentKind::CreditMemo, "99999");
    assert_eq!(world.netsuite.order_of(&nowhere).await.unwrap(), None);
    assert_eq!(Documents::read(&world.netsuite, &nowhere).await.unwrap(), None);
}

#[tokio::test]
async fn an_open_day_stays_as_it_is() {
    let world = world().await;
    let day = "2026-02-14".parse().unwrap();
    assert_eq!(world.netsuite.first_open_day(day).await.unwrap(), Some(day));
}

#[tokio::test]
async fn an_item_that_is_no_kit_has_no_members() {
    let (world, order) = shipped().await;
    let order = SalesOrders::read(&world.netsuite, &order.as_str().into()).await.unwrap().unwrap();
    assert_eq!(world.netsuite.kit_members(&order.lines[0].item).await.unwrap(), []);
}
