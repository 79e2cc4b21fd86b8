//! The bundle's RESTlet: used for what the settings name, and for nothing else.

use amz_connector::netsuite::auth::{NetSuiteAuthSettings, SigningAlgorithm};
use amz_connector::netsuite::{RestletSettings, RestletUses};
use amz_domain::{DocumentKey, DocumentKind, DocumentMarks, ExternalId, LineNumber, Quantity};
use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault};
use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use amz_services::ports::documents::{DocumentSource, LineTax, NewDocument, NewDocumentLine};
use amz_services::ports::netsuite::SalesOrderPatch;
use amz_services::ports::{Documents, SalesOrders};
use serde_json::json;

use crate::netsuite_support::{self, World, machine_to_machine, order, token_based};

const ALL: RestletUses = RestletUses { order_marks: true, receipts: true, line_tax: true };

async fn world_with(auth: NetSuiteAuthSettings, uses: RestletUses) -> World {
    World::with(auth, |settings| {
        settings.restlet = Some(RestletSettings {
            endpoint: settings.endpoint.clone(),
            script: "customscript_amz_rt_event_entry".to_owned(),
            deploy: "customdeploy_amz_rt_event_entry".to_owned(),
            uses,
        });
    })
    .await
}

fn patch() -> SalesOrderPatch {
    SalesOrderPatch {
        amazon_order: Some("322-1".into()),
        sync_message: Some(String::new()),
        amazon_lines: vec![(LineNumber(1), "L-1".into()), (LineNumber(2), "L-2".into())],
        close: vec![LineNumber(2)],
        reduce: vec![(LineNumber(1), Quantity(2))],
        release: vec![LineNumber(2)],
        ..SalesOrderPatch::default()
    }
}

#[tokio::test]
async fn marks_of_an_order_and_its_lines_are_one_save_and_leave_what_rest_would() {
    let mut kept = Vec::new();
    for uses in [ALL, RestletUses { order_marks: false, ..ALL }] {
        let world = world_with(token_based(), uses).await;
        let mut loaded = order();
        loaded["custbody_amz_sync_message"] = json!("old");
        loaded["item"]["items"][1]["custcol_amz_fulfill"] = json!(true);
        let [id] = world.load(vec![loaded])[..] else { panic!() };
        for _ in 0..2 {
            SalesOrders::patch(&world.netsuite, &id.to_string().into(), &patch()).await.unwrap();
        }
        let by_restlet = if uses.order_marks { 2 } else { 0 };
        assert_eq!(world.count("restlet.markOrder"), by_restlet);
        assert_eq!(world.count("salesOrder.patch"), 2 - by_restlet);
        kept.push(SalesOrders::read(&world.netsuite, &id.to_string().into()).await.unwrap().unwrap());
    }
    assert_eq!(kept[0], kept[1]);
    assert_eq!(kept[0].marks.amazon_order, Some("322-1".into()));
    assert_eq!(kept[0].marks.sync_message, None, "emptied");
    assert!(kept[0].lines[1].is_closed && !kept[0].lines[1].amazon_flag);
}

#[tokio::test]
async fn a_bearer_token_opens_it_when_it_covers_restlets() {
    for (scope, expected) in [(vec!["rest_webservices", "restlets"], true), (vec!["rest_webservices"], false)]
    {
        let mut auth = machine_to_machine(SigningAlgorithm::Es256);
        if let NetSuiteAuthSettings::MachineToMachine(settings) = &mut auth {
            settings.scope = scope.into_iter().map(str::to_owned).collect();
        }
        let world = world_with(auth, ALL).await;
        let pinged = world.netsuite.ping_restlet().await;
        assert_eq!(pinged.is_ok(), expected, "{pinged:?}");
        if let Err(error) = pinged {
            assert_eq!(error.failure, Failure::Credentials);
        }
    }
}

#[tokio::test]
async fn a_missing_deployment_and_missing_settings_are_refusals() {
    let world = world_with(token_based(), ALL).await;
    world.netsuite.ping_restlet().await.unwrap();
    world.sandbox().netsuite.deploy_restlet(false);
    assert_eq!(world.netsuite.ping_restlet().await.unwrap_err().code, "SSS_INVALID_SCRIPTLET_ID");
    let bare = netsuite_support::world().await;
    let error = bare.netsuite.ping_restlet().await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "restlet_not_set_up"));
}

#[tokio::test]
async fn its_calls_are_recorded_and_judged_like_any_other() {
    let world = world_with(token_based(), ALL).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let id = id.to_string().into();
    let wrong_line = SalesOrderPatch { close: vec![LineNumber(99)], ..SalesOrderPatch::default() };
    let cases = [
        (Fault::TooManyRequests { retry_after_s: None }, Failure::Throttled { wait: None }),
        (Fault::ServerError, Failure::Unclear),
        (Fault::LostAnswer, Failure::Unclear),
    ];
    for (fault, failure) in cases {
        world.fault("restlet.markOrder", CallSelector::Nth(1), fault);
        let error = SalesOrders::patch(&world.netsuite, &id, &patch()).await.unwrap_err();
        assert_eq!((error.operation, error.failure), ("restlet.markOrder", failure));
        world.sandbox().faults.clear();
    }
    let error = SalesOrders::patch(&world.netsuite, &id, &wrong_line).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "AMZ_LINE_NOT_FOUND"));
    let recorded = world.recorded.all();
    assert_eq!(recorded.len(), 4);
    let last = recorded.last().unwrap();
    assert_eq!((last.operation.as_str(), last.outcome), ("restlet.markOrder", CallOutcome::Refused));
    assert!(last.path.contains("restlet.nl?script=customscript_amz_rt_event_entry&deploy="), "{}", last.path);
    assert_eq!(last.code.as_deref(), Some("AMZ_LINE_NOT_FOUND"));
}

#[tokio::test]
async fn a_login_that_is_refused_once_gets_one_fresh_try() {
    let world = world_with(token_based(), ALL).await;
    world.fault("restlet.ping", CallSelector::Nth(1), Fault::LoginRefused);
    world.netsuite.ping_restlet().await.unwrap();
    assert_eq!(world.count("restlet.ping"), 2);
}

/// An account with a return authorization of two mugs and one plate, and the numbers of its lines.
async fn returned(uses: RestletUses) -> (World, DocumentKey, Vec<LineNumber>) {
    let world = world_with(token_based(), uses).await;
    let [order] = world.load(vec![order()])[..] else { panic!() };
    let netsuite = &world.sandbox().netsuite;
    let shipped = json!({"shipStatus": {"id": "C"}});
    netsuite.transform_as_staff(("salesOrder", order), "itemFulfillment", &shipped).unwrap();
    let id = netsuite.authorize_return(("salesOrder", order), &[], true).unwrap();
    let key = DocumentKey::new(DocumentKind::ReturnAuthorization, id.to_string());
    let read = Documents::read(&world.netsuite, &key).await.unwrap().unwrap();
    let lines = read.lines.iter().filter(|line| line.kind.is_goods()).map(|line| line.line).collect();
    (world, key, lines)
}

fn receipt(source: &DocumentKey, lines: &[LineNumber]) -> NewDocument {
    let line = |(line, restock): (&LineNumber, bool)| NewDocumentLine {
        source_line: *line,
        quantity: Quantity(1),
        amount: None,
        tax: None,
        reason: None,
        restock: Some(restock),
    };
    NewDocument {
        kind: DocumentKind::ItemReceipt,
        source: DocumentSource::Document(source.clone()),
        external_id: ExternalId::of_receipt(&"P-1".into()),
        date: None,
        memo: Some("Amazon return R-1".to_owned()),
        lines: lines.iter().zip([true, false]).map(line).collect(),
        left_out: Vec::new(),
        location: Some("7".into()),
        approved: false,
        shipping: None,
        handling: None,
        account: None,
        apply_to: None,
        marks: DocumentMarks { amazon_return: Some("R-1".into()), ..DocumentMarks::default() },
    }
}

#[tokio::test]
async fn a_receipt_keeps_what_cannot_be_sold_out_of_stock_and_a_lost_answer_is_found() {
    let (world, authorization, lines) = returned(ALL).await;
    let new = receipt(&authorization, &lines);
    world.fault("restlet.receive", CallSelector::Nth(1), Fault::LostAnswer);
    let error = Documents::create(&world.netsuite, &new).await.unwrap_err();
    assert_eq!((error.operation, error.failure), ("restlet.receive", Failure::Unclear));
    let found = Documents::find(&world.netsuite, DocumentKind::ItemReceipt, &new.external_id).await;
    let found = found.unwrap().unwrap();
    let units: Vec<_> = found.lines.iter().map(|line| (line.source_line, line.quantity)).collect();
    assert_eq!(units, [(Some(lines[0]), 1.into()), (Some(lines[1]), 1.into())]);
    assert_eq!(found.marks.amazon_return, Some("R-1".into()));
    assert_eq!(found.memo.as_deref(), Some("Amazon return R-1"));
    assert_eq!(found.date, Some("2026-03-02".parse().unwrap()), "today, in the account's zone");
    let id = found.key.id.as_str().parse().unwrap();
    let kept_out = world.sandbox().netsuite.lines_kept_out_of_stock(id);
    assert_eq!(kept_out, [u64::from(lines[1].0)]);
    let again = Documents::create(&world.netsuite, &new).await.unwrap_err();
    assert_eq!(again.failure, Failure::Conflict);
    assert_eq!(world.count("returnAuthorization.transform.itemReceipt"), 0);
}

#[tokio::test]
async fn a_receipt_is_a_transform_where_nobody_asked_for_the_restlet() {
    let (world, authorization, lines) = returned(RestletUses { receipts: false, ..ALL }).await;
    Documents::create(&world.netsuite, &receipt(&authorization, &lines)).await.unwrap();
    assert_eq!(world.count("restlet.receive"), 0);
}

#[tokio::test]
async fn taxes_are_written_on_lines_only_where_the_settings_say_so() {
    let world = world_with(token_based(), ALL).await;
    assert!(world.netsuite.writes_line_taxes());
    let [order] = world.load(vec![order()])[..] else { panic!() };
    let bill = world.sandbox().netsuite.bill(order, BillKind::CashSale, &[]).unwrap();
    let key = DocumentKey::new(DocumentKind::CashSale, bill.to_string());
    let line = Documents::read(&world.netsuite, &key).await.unwrap().unwrap().lines[0].line;
    let taxes = [LineTax { line, tax: "1.45".parse().unwrap() }];
    for _ in 0..2 {
        world.netsuite.set_line_taxes(&key, &taxes).await.unwrap();
    }
    let read = Documents::read(&world.netsuite, &key).await.unwrap().unwrap();
    assert_eq!(read.lines[0].tax, Some("1.45".parse().unwrap()));

    let bare = netsuite_support::world().await;
    assert!(!bare.netsuite.writes_line_taxes());
    assert_eq!(bare.netsuite.set_line_taxes(&key, &taxes).await.unwrap_err().failure, Failure::Refused);
}
