//! Returns of the pretend Amazon: its own, and those made outside.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, alias, mcf_line, merchant, order_of, refusal};
use amz_sandbox::amazon::ReturnPackageState::{Created, Delivered, DroppedOff, Failed, InTransit};
use amz_sandbox::amazon::{
    Content, Habits, ItemCondition, MoveError, NewReturn, NewReturnLine, NewReturnPackage, ReturnFailure,
    ReturnPackageState, ReturnReason, ReturnRefund,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order of three units of one line and one of another.
async fn one_order(merchant: &Merchant) -> Value {
    merchant.created(&order_of("A", vec![mcf_line("A:1", "S", 3), mcf_line("A:2", "T", 1)])).await
}

fn id(order: &Value) -> &str {
    order["id"].as_str().unwrap()
}

fn content(order: &Value, line: usize, quantity: i64) -> Content {
    let line_id = order["lineItems"][line]["id"].as_str().unwrap().to_owned();
    Content { line_id, quantity: quantity.into() }
}

fn new_return(contents: &[Content]) -> NewReturn {
    let line = |content: &Content| NewReturnLine {
        line_id: content.line_id.clone(),
        quantity: content.quantity,
        reason: Some(ReturnReason { code: "TOO_SMALL".into(), description: Some("Too small".into()) }),
    };
    NewReturn { lines: contents.iter().map(line).collect(), packages: None }
}

/// A return of two units of the first line in one package: ids of the return and the package.
async fn one_return(merchant: &Merchant) -> (Value, String, String) {
    let created = one_order(merchant).await;
    let started =
        merchant.amazon().start_return(id(&created), new_return(&[content(&created, 0, 2)])).unwrap();
    let package = merchant.amazon().orders()[0].returns[0].packages[0].id.clone();
    (created, started, package)
}

fn told(aliases: &[(&str, &str)], order: &Value, quantity: i64) -> Value {
    let aliases: Vec<Value> = aliases.iter().map(|(kind, id)| alias(kind, id)).collect();
    let amount =
        json!({ "lineItemId": { "id": order["lineItems"][0]["id"] }, "amount": { "value": quantity } });
    json!({
        "aliases": aliases,
        "state": "CREATED",
        "returnLineItems": [{ "returnFor": { "orderLineItemAmounts": [amount] } }],
    })
}

fn returns(details: Value) -> Value {
    json!({ "returns": { "details": [details] } })
}

#[tokio::test]
async fn a_return_of_amazons_own_is_shown_with_lines_and_packages() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    let lines = [content(&created, 0, 2), content(&created, 1, 1)];
    let package = |contents: Vec<Content>, number: Option<&str>| NewReturnPackage {
        contents,
        carrier: number.map(|_| "UPS".to_owned()),
        tracking_number: number.map(str::to_owned),
    };
    let packages = vec![package(vec![content(&created, 0, 2)], Some("1ZR")), package(vec![], None)];
    let new = NewReturn { packages: Some(packages), ..new_return(&lines) };
    let started = merchant.amazon().start_return(id(&created), new).unwrap();
    let shown = merchant.shown(&created["id"]).await["returns"]["details"][0].clone();
    assert_eq!(
        (&shown["id"], &shown["state"], &shown["aliases"]),
        (&json!(started), &json!("CREATED"), &json!([]))
    );
    let line = &shown["returnLineItems"][0];
    assert_eq!(line["returnReasonTerm"], json!({ "reasonCode": "TOO_SMALL", "description": "Too small" }));
    let amount = json!({
        "lineItem": { "id": created["lineItems"][0]["id"], "amount": { "value": 3 } },
        "amount": { "value": 2, "unit": "ONE" },
    });
    assert_eq!(line["returnFor"], json!({ "orderLineItemAmounts": [amount] }));
    assert_eq!(line["grading"], Value::Null);
    let [first, second] = [0, 1].map(|n| &shown["returnPackageDetails"][n]);
    assert_eq!(first["returnPackageFor"], json!({ "orderLineItemAmounts": [amount] }));
    let identifier = json!({ "trackingNumber": "1ZR", "carrierCode": "ups" });
    assert_eq!(first["packageTracker"]["packageTrackerIdentifier"], identifier);
    assert_eq!(
        (&second["state"], &second["returnPackageFor"], &second["packageTracker"]),
        (&json!("CREATED"), &Value::Null, &Value::Null)
    );
    assert_eq!(
        merchant.track("ups", "1ZR").await["data"]["packageTracker"]["packageTrackerIdentifier"],
        identifier
    );
    let event = merchant.amazon().events().pop().unwrap();
    assert_eq!(event.event_type, "RETURN_STARTED");
    let resource = event.body["resources"][0].as_str().unwrap().to_owned();
    assert!(resource.ends_with(&format!("/order/{}/return/{started}", id(&created))), "{resource}");
}

#[tokio::test]
async fn a_return_never_brings_more_than_was_ordered() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    let start = |new: NewReturn| merchant.amazon().start_return(id(&created), new);
    assert_eq!(start(new_return(&[content(&created, 0, 4)])), Err(MoveError::Contents));
    assert_eq!(start(new_return(&[content(&created, 0, 0)])), Err(MoveError::Contents));
    assert_eq!(start(new_return(&[])), Err(MoveError::Contents));
    let unknown = Content { line_id: "x".into(), quantity: Decimal::ONE };
    assert_eq!(start(new_return(&[unknown])), Err(MoveError::Contents));
    let package = NewReturnPackage { contents: vec![content(&created, 0, 3)], ..Default::default() };
    let packed = NewReturn { packages: Some(vec![package]), ..new_return(&[content(&created, 0, 2)]) };
    assert_eq!(start(packed), Err(MoveError::Contents));
    start(new_return(&[content(&created, 0, 2)])).unwrap();
    assert_eq!(start(new_return(&[content(&created, 0, 2)])), Err(MoveError::Contents));
    start(new_return(&[content(&created, 0, 1)])).unwrap();
    assert_eq!(
        merchant.amazon().start_return("none", new_return(&[])),
        Err(MoveError::UnknownOrder("none".into()))
    );
}

#[tokio::test]
async fn a_return_comes_back_is_graded_and_completed() {
    let merchant = merchant().await;
    let (created, started, package) = one_return(&merchant).await;
    let (amazon, order) = (merchant.amazon(), id(&created));
    for state in [DroppedOff, InTransit, Delivered] {
        amazon.move_return_package(order, &started, &package, state).unwrap();
    }
    amazon.grade_units(order, &started, &content(&created, 0, 1), ItemCondition::Sellable).unwrap();
    amazon.grade_units(order, &started, &content(&created, 0, 1), ItemCondition::Damaged).unwrap();
    amazon.complete_return(order, &started).unwrap();
    let events = [
        "RETURN_STARTED",
        "RETURN_PACKAGE_IN_TRANSIT",
        "RETURN_PACKAGE_DELIVERED",
        "REFUND_REQUESTED",
        "RETURN_ITEM_GRADED",
        "RETURN_ITEM_GRADED",
        "RETURN_COMPLETED",
    ];
    assert_eq!(merchant.event_types(), events);
    let shown = merchant.shown(&created["id"]).await;
    let returned = &shown["returns"]["details"][0];
    assert_eq!(
        (&returned["state"], &returned["returnPackageDetails"][0]["state"]),
        (&json!("COMPLETED"), &json!("DELIVERED"))
    );
    let one = json!({ "value": 1, "unit": "ONE" });
    let grading = json!({ "summary": {
        "gradedAmount": { "value": 2, "unit": "ONE" },
        "unitWiseCondition": [
            { "condition": "SELLABLE", "amount": one },
            { "condition": "DAMAGED", "amount": one },
        ],
    } });
    assert_eq!(returned["returnLineItems"][0]["grading"], grading);
    let refund = &shown["refunds"]["details"][0];
    assert_eq!(refund["refundRequestReason"], "RETURN_RECEIVED");
    assert_eq!(refund["refundFor"]["orderLineItems"][0]["amount"]["value"], 2);

    let ended = Err(MoveError::ReturnEnded(started.clone()));
    assert_eq!(amazon.complete_return(order, &started), ended);
    assert_eq!(
        amazon.grade_units(order, &started, &content(&created, 0, 1), ItemCondition::Defective),
        ended
    );
    assert_eq!(amazon.complete_return(order, "none"), Err(MoveError::UnknownReturn("none".into())));
}

#[tokio::test]
async fn no_unit_is_graded_twice_or_without_coming_back() {
    let merchant = merchant().await;
    let (created, started, _) = one_return(&merchant).await;
    let grade = |line: usize, quantity: i64| {
        let units = content(&created, line, quantity);
        merchant.amazon().grade_units(id(&created), &started, &units, ItemCondition::Sellable)
    };
    grade(0, 1).unwrap();
    assert_eq!(grade(0, 2), Err(MoveError::Contents));
    assert_eq!(grade(0, 0), Err(MoveError::Contents));
    assert_eq!(grade(1, 1), Err(MoveError::Contents));
    grade(0, 1).unwrap();
    let line = &merchant.amazon().orders()[0].returns[0].lines[0];
    assert_eq!((line.graded.len(), line.graded[0].quantity), (1, Decimal::TWO));
}

/// Moves a package along a path that it can take.
fn moved_to(merchant: &Merchant, order: &str, started: &str, package: &str, to: ReturnPackageState) {
    let path = match to {
        Created => vec![],
        DroppedOff => vec![DroppedOff],
        InTransit => vec![InTransit],
        Delivered => vec![InTransit, Delivered],
        Failed => vec![InTransit, Failed],
    };
    for state in path {
        merchant.amazon().move_return_package(order, started, package, state).unwrap();
    }
}

#[tokio::test]
async fn return_packages_move_only_as_documented() {
    let allowed = [
        (Created, vec![DroppedOff, InTransit]),
        (DroppedOff, vec![InTransit]),
        (InTransit, vec![Delivered, Failed]),
        (Delivered, vec![]),
        (Failed, vec![]),
    ];
    let merchant = merchant().await;
    let created = merchant.created(&order_of("A", vec![mcf_line("A:1", "S", 100)])).await;
    let order = id(&created);
    for (from, next) in allowed {
        for to in [Created, DroppedOff, InTransit, Delivered, Failed] {
            let started =
                merchant.amazon().start_return(order, new_return(&[content(&created, 0, 1)])).unwrap();
            let package = merchant.amazon().orders()[0].returns.last().unwrap().packages[0].id.clone();
            moved_to(&merchant, order, &started, &package, from);
            let moved = merchant.amazon().move_return_package(order, &started, &package, to);
            let expected =
                if next.contains(&to) { Ok(()) } else { Err(MoveError::ReturnTransition { from, to }) };
            assert_eq!(moved, expected, "{from:?} to {to:?}");
        }
    }
    let started = merchant.amazon().start_return(order, new_return(&[content(&created, 0, 1)])).unwrap();
    let unknown = merchant.amazon().move_return_package(order, &started, "none", InTransit);
    assert_eq!(unknown, Err(MoveError::UnknownPackage("none".into())));
}

#[tokio::test]
async fn a_return_package_that_fails_says_why() {
    let merchant = merchant().await;
    let (created, started, package) = one_return(&merchant).await;
    let amazon = merchant.amazon();
    amazon.move_return_package(id(&created), &started, &package, InTransit).unwrap();
    amazon.fail_return_package(id(&created), &started, &package, ReturnFailure::CarrierRejected).unwrap();
    let shown = merchant.shown(&created["id"]).await;
    let failed = &shown["returns"]["details"][0]["returnPackageDetails"][0];
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("FAILED"), &json!("CARRRIER_REJECTED")));
    assert_eq!(merchant.event_types().last().unwrap(), "RETURN_PACKAGE_DELIVERY_FAILED");
    assert_eq!(shown["refunds"], Value::Null);
}

#[tokio::test]
async fn the_refund_of_a_return_comes_once_and_when_the_habit_says() {
    let cases = [
        (ReturnRefund::Never, vec![DroppedOff, InTransit, Delivered], None),
        (ReturnRefund::OnDropOff, vec![DroppedOff, InTransit, Delivered], Some(2)),
        (ReturnRefund::OnDropOff, vec![InTransit, Delivered], Some(3)),
        (ReturnRefund::OnDelivery, vec![DroppedOff, InTransit, Delivered], Some(4)),
    ];
    for (habit, path, after) in cases {
        let merchant = merchant().await;
        let amazon = merchant.amazon();
        amazon.set_habits(Habits { refund_with_return_package: habit, ..amazon.habits() });
        let (created, started, package) = one_return(&merchant).await;
        for state in path {
            amazon.move_return_package(id(&created), &started, &package, state).unwrap();
        }
        let types = merchant.event_types();
        let position =
            types.iter().position(|event| event == "REFUND_REQUESTED").map(|position| position + 1);
        assert_eq!(position, after, "{habit:?} {types:?}");
        assert_eq!(amazon.order(id(&created)).unwrap().refunds.len(), usize::from(after.is_some()));
    }
}

#[tokio::test]
async fn a_return_from_outside_is_told_and_concluded() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    let shown =
        merchant.updated(&created["id"], returns(told(&[("OMS_RETURN_ID", "R1")], &created, 2))).await;
    let returned = &shown["returns"]["details"][0];
    assert_eq!((&returned["state"], &returned["returnPackageDetails"]), (&json!("CREATED"), &json!([])));
    assert_eq!(returned["aliases"], json!([alias("OMS_RETURN_ID", "R1")]));
    let amount = &returned["returnLineItems"][0]["returnFor"]["orderLineItemAmounts"][0];
    assert_eq!(
        (&amount["lineItem"]["id"], &amount["amount"]["value"]),
        (&created["lineItems"][0]["id"], &json!(2))
    );
    assert_eq!(merchant.event_types(), ["RETURN_STARTED"]);

    let by_id = json!({ "returnIdentifier": { "id": returned["id"] }, "state": "CREATED", "aliases": [alias("RMA", "7")] });
    merchant.updated(&created["id"], returns(by_id)).await;
    let by_alias = json!({ "returnIdentifier": { "alias": alias("RMA", "7") }, "state": "COMPLETED" });
    for _ in 0..2 {
        let shown = merchant.updated(&created["id"], returns(by_alias.clone())).await;
        assert_eq!(shown["returns"]["details"][0]["state"], "COMPLETED");
        assert_eq!(shown["returns"]["details"].as_array().unwrap().len(), 1);
    }
    let back = json!({ "returnIdentifier": { "id": returned["id"] }, "state": "CANCELLED" });
    let answer = merchant.update(&created["id"], returns(back)).await;
    assert_eq!(refusal(&answer), ("ValidationError", "InvalidReturnStateTransition"));
    let controls = merchant.amazon().complete_return(id(&created), returned["id"].as_str().unwrap());
    assert_eq!(controls, Err(MoveError::ExternalReturn(returned["id"].as_str().unwrap().into())));
}

#[tokio::test]
async fn units_of_a_cancelled_return_are_free_again() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    let shown = merchant.updated(&created["id"], returns(told(&[("T", "R1")], &created, 3))).await;
    let returned = &shown["returns"]["details"][0]["id"];
    let answer = merchant.update(&created["id"], returns(told(&[("T", "R2")], &created, 1))).await;
    assert_eq!(refusal(&answer), ("ValidationError", "InvalidReturnQuantity"));
    let fewer = json!({
        "returnIdentifier": { "id": returned },
        "returnLineItems": told(&[], &created, 2)["returnLineItems"],
    });
    merchant.updated(&created["id"], returns(fewer)).await;
    merchant.updated(&created["id"], returns(told(&[("T", "R2")], &created, 1))).await;
    let cancel = json!({ "returnIdentifier": { "id": returned }, "state": "CANCELLED" });
    merchant.updated(&created["id"], returns(cancel)).await;
    merchant.updated(&created["id"], returns(told(&[("T", "R3")], &created, 2))).await;
    assert_eq!(merchant.amazon().orders()[0].returns.len(), 3);
}

#[tokio::test]
async fn an_alias_without_identifier_always_means_a_new_return() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    merchant.updated(&created["id"], returns(told(&[("T", "R1")], &created, 1))).await;
    let mut cancel = told(&[("T", "R1")], &created, 1);
    cancel["state"] = json!("CANCELLED");
    for again in [told(&[("T", "R1")], &created, 1), cancel] {
        let answer = merchant.update(&created["id"], returns(again)).await;
        assert_eq!(refusal(&answer), ("ConflictError", "AliasValueAlreadyExists"));
    }
    let twice = told(&[("T", "R2")], &created, 1);
    let answer = merchant.update(&created["id"], json!({ "returns": { "details": [twice, twice] } })).await;
    assert_eq!(refusal(&answer), ("ConflictError", "AliasValueAlreadyExists"));
    assert_eq!(merchant.amazon().orders()[0].returns.len(), 1);
}

#[tokio::test]
async fn returns_that_do_not_fit_are_refused() {
    let merchant = merchant().await;
    let (created, own, _) = one_return(&merchant).await;
    merchant.updated(&created["id"], returns(told(&[("T", "R1"), ("RMA", "1")], &created, 1))).await;
    let before = merchant.shown(&created["id"]).await;
    let one = told(&[("T", "R2")], &before, 1);
    let line = |line_item_id: Value, quantity: Value| {
        let mut changed = one.clone();
        let amount = &mut changed["returnLineItems"][0]["returnFor"]["orderLineItemAmounts"][0];
        *amount = json!({ "lineItemId": line_item_id, "amount": { "value": quantity } });
        changed
    };
    let known = &created["lineItems"][1]["id"];
    let cases = [
        (told(&[("A", "1"), ("B", "2"), ("C", "3")], &created, 1), "AliasLimitExceeded"),
        (
            json!({ "returnIdentifier": { "alias": alias("T", "R1") }, "aliases": [alias("C", "3")] }),
            "AliasLimitExceeded",
        ),
        (told(&[], &created, 1), "MissingReturnAlias"),
        (json!({ "aliases": [alias("T", "R2")], "state": "CREATED" }), "InvalidReturnQuantity"),
        (
            json!({ "aliases": [alias("T", "R2")], "returnLineItems": one["returnLineItems"] }),
            "InvalidReturnState",
        ),
        (json!({ "returnIdentifier": { "id": own }, "state": "COMPLETED" }), "ReturnUpdateNotSupported"),
        (json!({ "returnIdentifier": {}, "state": "COMPLETED" }), "InvalidReturnIdentifier"),
        (line(json!({ "lineItemId": known }), json!(2)), "InvalidReturnQuantity"),
        (line(json!({ "lineItemId": known }), json!(0)), "InvalidReturnQuantity"),
        (line(json!({ "lineItemId": "x" }), json!(1)), "ItemDoesNotExist"),
        (line(json!({ "lineItemId": known, "id": known }), json!(1)), "InvalidLineItemIdentifier"),
    ];
    for (details, code) in cases {
        let answer = merchant.update(&created["id"], returns(details.clone())).await;
        assert_eq!(refusal(&answer), ("ValidationError", code), "{details}");
    }
    let unknown = json!({ "returnIdentifier": { "id": "return-none" }, "state": "COMPLETED" });
    let answer = merchant.update(&created["id"], returns(unknown)).await;
    assert_eq!(refusal(&answer).0, "ResourceNotFoundError");
    assert_eq!(merchant.shown(&created["id"]).await, before);
    merchant.updated(&created["id"], returns(line(json!({ "lineItemId": known }), json!(1)))).await;
}

#[tokio::test]
async fn a_return_from_outside_is_announced_only_if_that_is_the_habit() {
    let merchant = merchant().await;
    let created = one_order(&merchant).await;
    let amazon = merchant.amazon();
    amazon.set_habits(Habits { external_return_started: false, ..amazon.habits() });
    merchant.updated(&created["id"], returns(told(&[("T", "R1")], &created, 1))).await;
    assert_eq!(merchant.event_types(), Vec::<String>::new());
    assert!(amazon.orders()[0].returns[0].external);
}
