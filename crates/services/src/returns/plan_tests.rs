use amz_domain::{AmazonReturn, ItemId};

use super::*;
use crate::link::KitPart;
use crate::orders::fixtures::settings;
use crate::returns::fixtures::{amazon_return, authorization, link, package, sales_order, sent};
use crate::returns::not_graded::needs_authorization;

struct Scene {
    sent: SentOrder,
    links: Vec<Link>,
    sales_order: Option<SalesOrder>,
    authorization: Option<Document>,
    settings: ServiceSettings,
}

impl Scene {
    fn new() -> Self {
        Self {
            sent: sent(),
            links: Vec::new(),
            sales_order: Some(sales_order()),
            authorization: None,
            settings: settings(),
        }
    }

    fn linked(link: ReturnLink) -> Self {
        Self { links: vec![Link::Return(Box::new(link))], ..Self::new() }
    }

    fn plan(&self, amazon: &AmazonReturn) -> ReturnPlan {
        plan(ReturnFacts {
            amazon,
            amazon_order: &"322-1".into(),
            sent: &self.sent,
            links: &self.links,
            sales_order: self.sales_order.as_ref(),
            authorization: self.authorization.as_ref(),
            settings: &self.settings,
        })
    }

    fn code(&self, amazon: &AmazonReturn) -> Option<String> {
        let plan = self.plan(amazon);
        match plan.step {
            Some(ReturnStep::Create { obstacle, .. }) => obstacle.map(|reason| reason.code),
            Some(other) => panic!("{other:?}"),
            None => plan.doubts.first().map(|reason| reason.code.clone()),
        }
    }
}

#[test]
fn a_return_is_taken_up_once_it_is_agreed() {
    let scene = Scene::new();
    for (state, begins) in
        [("DRAFT", false), ("CREATED", true), ("COMPLETED", true), ("CANCELLED", false), ("NEW_WORD", false)]
    {
        let plan = scene.plan(&amazon_return("R1", state, &[("A1", 1, &[])]));
        assert_eq!(plan.step.is_some(), begins, "{state}");
        assert_eq!(plan.doubts.len(), usize::from(state == "NEW_WORD"), "{state}");
    }
}

#[test]
fn its_authorization_names_the_returned_lines_by_amazons_ids_and_leaves_out_all_others() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A2", 1, &[]), ("A2", 1, &[])]);
    amazon.lines[0].reason = Some("DEFECTIVE".into());
    amazon.packages = vec![package("P1", "IN_TRANSIT", &[])];
    amazon.packages[0].tracker = Some(amz_domain::TrackerKey { carrier: "ups".into(), number: "1Z".into() });
    let mut scene = Scene::new();
    scene.settings.returns.approve = false;
    let Some(ReturnStep::Create { authorization, link, obstacle: None }) = scene.plan(&amazon).step else {
        panic!("it is made")
    };
    assert_eq!(authorization.external_id.as_str(), "amz-ra-R1");
    assert_eq!(authorization.source, DocumentSource::SalesOrder("42".into()));
    let lines: Vec<_> = authorization
        .lines
        .iter()
        .map(|line| (line.source_line.0, line.quantity.0, line.reason.as_deref()))
        .collect();
    assert_eq!(lines, [(2, 2, Some("DEFECTIVE"))]);
    assert_eq!(authorization.left_out, [LineNumber(1), LineNumber(3)]);
    assert!(!authorization.approved);
    assert_eq!(authorization.memo.as_deref(), Some("Amazon return R1; line 2: DEFECTIVE; tracking ups/1Z"));
    let marks = &authorization.marks;
    assert_eq!(marks.origin, Some(Origin::Amazon));
    assert_eq!(marks.amazon_return, Some("R1".into()));
    assert_eq!(marks.delivery_state.as_deref(), Some("IN_TRANSIT"));
    assert_eq!(link.memo, authorization.memo);
}

#[test]
fn what_does_not_fit_is_parked_and_not_made() {
    let mut scene = Scene::new();
    let cases: [(&str, u32, Option<&str>); 4] = [
        ("A1", 3, None),
        ("A1", 4, Some("return_does_not_fit")),
        ("A9", 1, Some("return_does_not_fit")),
        ("A1", 0, Some("return_does_not_fit")),
    ];
    for (line, units, code) in cases {
        let amazon = amazon_return("R1", "CREATED", &[(line, units, &[])]);
        assert_eq!(scene.code(&amazon).as_deref(), code, "{line} {units}");
    }
    scene.links = vec![Link::Return(Box::new(link("R0", Origin::NetSuite, &[(1, 1)])))];
    let amazon = amazon_return("R1", "CREATED", &[("A1", 3, &[])]);
    assert_eq!(scene.code(&amazon).as_deref(), Some("return_does_not_fit"));
    let mut cancelled = link("R0", Origin::NetSuite, &[(1, 1)]);
    (cancelled.is_ended, cancelled.state) = (true, ReturnState::Cancelled);
    scene.links = vec![Link::Return(Box::new(cancelled))];
    assert_eq!(scene.code(&amazon), None);
    scene.sales_order = None;
    assert_eq!(scene.code(&amazon).as_deref(), Some("return_does_not_fit"));
    let mut scene = Scene::new();
    scene.sent.lines[0].part = Some(KitPart { item: ItemId::new("77"), per_kit: Quantity(1) });
    assert_eq!(scene.code(&amazon).as_deref(), Some("return_of_kit_part"));
}

#[test]
fn news_of_the_parcel_are_written_once() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 1, &[])]);
    amazon.packages = vec![package("P1", "FAILED", &[])];
    amazon.packages[0].reason = Some("SHIPMENT_LOST".into());
    let scene = Scene::linked(link("R1", Origin::Amazon, &[(1, 1)]));
    let Some(ReturnStep::Patch { patch, after }) = scene.plan(&amazon).step else { panic!("it is patched") };
    assert_eq!(patch.marks.delivery_state.as_deref(), Some("FAILED"));
    assert_eq!(patch.marks.message.as_deref(), Some("Amazon: parcel P1 failed: SHIPMENT_LOST"));
    assert_eq!(patch.close, []);
    assert!(!after.is_ended);
    assert_eq!(Scene::linked(*after).plan(&amazon), ReturnPlan::default());
}

#[test]
fn a_completed_return_closes_what_never_came() {
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &[("SELLABLE", 2)]), ("A2", 1, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[("A1", 2)])];
    let known = link("R1", Origin::Amazon, &[(1, 2), (2, 1)]);
    let Some(ReturnStep::Patch { patch, after }) = Scene::linked(known).plan(&amazon).step else {
        panic!("news first")
    };
    assert_eq!(patch.close, []);
    let Some(ReturnStep::Receive(receipt)) = Scene::linked(*after.clone()).plan(&amazon).step else {
        panic!("then the goods")
    };
    let mut known = *after;
    known.receipts.push(crate::link::ReceiptLink {
        external_id: receipt.external_id,
        package: receipt.package,
        document: "950".into(),
        units: receipt.units,
    });
    let Some(ReturnStep::Patch { patch, after }) = Scene::linked(known).plan(&amazon).step else {
        panic!("then the end")
    };
    assert_eq!(patch.close, [LineNumber(20)]);
    assert!(after.is_ended);
    assert_eq!(after.state, ReturnState::Completed);
    assert_eq!(Scene::linked(*after).plan(&amazon), ReturnPlan::default());
}

/// The end of a look: what is parked, and the link.
fn rest(scene: &mut Scene, amazon: &AmazonReturn) -> (Vec<String>, ReturnLink) {
    for _ in 0..9 {
        let mut known = returns(&scene.links).next().unwrap().clone();
        let plan = scene.plan(amazon);
        match plan.step {
            None => return (plan.doubts.into_iter().map(|reason| reason.code).collect(), known),
            Some(ReturnStep::Patch { after, .. }) => known = *after,
            Some(ReturnStep::Receive(next)) => known.receipts.push(crate::link::ReceiptLink {
                external_id: next.external_id,
                package: next.package,
                document: "950".into(),
                units: next.units,
            }),
            Some(other) => panic!("{other:?}"),
        }
        scene.links = vec![Link::Return(Box::new(known))];
    }
    panic!("it does not come to rest")
}

#[test]
fn what_arrived_and_was_not_graded_keeps_a_completed_return_open_until_it_is() {
    for (parcels, contents) in [(&["DELIVERED"][..], true), (&["DELIVERED", "IN_TRANSIT"], false)] {
        let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &[("SELLABLE", 1)])]);
        let held: &[(&str, u32)] = if contents { &[("A1", 2)] } else { &[] };
        let parcels =
            parcels.iter().zip(1..).map(|(state, number)| package(&format!("P{number}"), state, held));
        amazon.packages = parcels.collect();
        let mut scene = Scene::linked(link("R1", Origin::Amazon, &[(1, 2)]));
        let (doubts, known) = rest(&mut scene, &amazon);
        assert_eq!(doubts, ["returned_not_graded"]);
        assert!(!known.is_ended);
        assert_eq!(received(&known, &"A1".into(), |_| true), Quantity(1));
        // a grade that comes later
        let mut later = Scene::linked(known.clone());
        later.settings.returns.damaged_location = Some("9".into());
        let mut graded = amazon.clone();
        graded.lines =
            amazon_return("R1", "COMPLETED", &[("A1", 2, &[("SELLABLE", 1), ("DAMAGED", 1)])]).lines;
        let (doubts, ended) = rest(&mut later, &graded);
        assert_eq!((doubts.len(), ended.is_ended, ended.receipts.len()), (0, true, 2));
        // or staff deal with the line by hand
        let mut document = authorization("D", &[(10, 1, 2, 1)]);
        scene.authorization = Some(document.clone());
        assert_eq!(rest(&mut scene, &amazon).0, ["returned_not_graded"]);
        document.lines[0].is_closed = true;
        scene.authorization = Some(document);
        assert!(needs_authorization(&amazon, &known));
        let Some(ReturnStep::Patch { patch, after }) = scene.plan(&amazon).step else { panic!("it ends") };
        assert_eq!((patch.close, after.is_ended), (Vec::new(), true));
    }
}

#[test]
fn what_was_graded_together_with_other_lines_keeps_a_completed_return_open() {
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 1, &[]), ("A2", 1, &[])]);
    for parcels in [Vec::new(), vec![package("P1", "IN_TRANSIT", &[])]] {
        amazon.packages = parcels;
        for (is_graded_with_others, doubts) in [(true, &["returned_not_graded"][..]), (false, &[])] {
            amazon.lines.iter_mut().for_each(|line| line.is_graded_with_others = is_graded_with_others);
            let mut scene = Scene::linked(link("R1", Origin::Amazon, &[(1, 1), (2, 1)]));
            let (found, known) = rest(&mut scene, &amazon);
            assert_eq!(found, doubts);
            assert_eq!(known.is_ended, !is_graded_with_others, "what never came is closed");
        }
    }
}

#[test]
fn a_return_that_is_called_off_is_closed_and_nothing_is_received() {
    let mut amazon = amazon_return("R1", "CANCELLED", &[("A1", 1, &[("SELLABLE", 1)])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[])];
    let scene = Scene::linked(link("R1", Origin::Amazon, &[(1, 1)]));
    let Some(ReturnStep::Patch { patch, after }) = scene.plan(&amazon).step else { panic!("it is closed") };
    assert_eq!(patch.close, [LineNumber(10)]);
    assert!(after.is_ended);
}

#[test]
fn unknown_words_and_grown_returns_are_parked_and_keep_the_return_open() {
    let cases: [(&str, u32, &str, &str, &str); 4] = [
        ("TELEPORTED", 1, "DELIVERED", "SELLABLE", "return_word_unknown"),
        ("COMPLETED", 1, "TELEPORTED", "SELLABLE", "return_word_unknown"),
        ("COMPLETED", 1, "DELIVERED", "WET", "return_word_unknown"),
        ("COMPLETED", 2, "DELIVERED", "SELLABLE", "return_changed"),
    ];
    for (state, units, parcel, condition, code) in cases {
        let mut amazon = amazon_return("R1", state, &[("A1", units, &[(condition, 1)])]);
        amazon.packages = vec![package("P1", parcel, &[("A1", 1)])];
        let mut known = link("R1", Origin::Amazon, &[(1, 1)]);
        for _ in 0..5 {
            let plan = Scene::linked(known.clone()).plan(&amazon);
            assert_eq!(plan.doubts[0].code, code);
            match plan.step {
                None => break,
                Some(ReturnStep::Patch { after, .. }) => known = *after,
                Some(ReturnStep::Receive(next)) => known.receipts.push(crate::link::ReceiptLink {
                    external_id: next.external_id,
                    package: next.package,
                    document: "950".into(),
                    units: next.units,
                }),
                Some(other) => panic!("{other:?}"),
            }
        }
        assert!(!known.is_ended, "{code}");
        assert_eq!(known.receipts.is_empty(), condition == "WET", "{state} {parcel} {condition}");
    }
}

#[test]
fn a_return_is_amazons_when_neither_alias_nor_link_say_otherwise() {
    let mut amazon = amazon_return("R1", "CREATED", &[]);
    assert!(is_amazons(&amazon, &[], "1234567"));
    amazon.alias = Some("7654321:900".into());
    assert!(is_amazons(&amazon, &[], "1234567"));
    amazon.alias = Some("1234567:900".into());
    assert!(!is_amazons(&amazon, &[], "1234567"));
    amazon.alias = None;
    let told = Link::Return(Box::new(link("R1", Origin::NetSuite, &[])));
    assert!(!is_amazons(&amazon, &[told], "1234567"));
}
