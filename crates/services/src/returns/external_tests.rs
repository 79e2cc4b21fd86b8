use amz_domain::{DocumentKey, DocumentKind, LineNumber, Origin, Quantity};
use proptest::prelude::*;

use super::*;
use crate::link::DocumentLink;
use crate::returns::fixtures::{amazon_order, amazon_return, authorization, link, sales_order, sent};

struct Scene {
    document: Document,
    sent: SentOrder,
    amazon: AmazonOrder,
    links: Vec<Link>,
}

impl Scene {
    fn new(status: &str, lines: &[(u32, u32, u32, u32)]) -> Self {
        Self {
            document: authorization(status, lines),
            sent: sent(),
            amazon: amazon_order(Vec::new()),
            links: Vec::new(),
        }
    }

    /// A return that was told with two units of line 1.
    fn told(status: &str, lines: &[(u32, u32, u32, u32)]) -> Self {
        let mut scene = Self::new(status, lines);
        let mut told = amazon_return("R9", "CREATED", &[("A1", 2, &[])]);
        told.alias = Some("1234567:900".into());
        scene.amazon.returns = vec![told];
        scene.links = vec![Link::Return(Box::new(link("R9", Origin::NetSuite, &[(1, 2)])))];
        scene.document.marks.amazon_return = Some("R9".into());
        scene.document.marks.origin = Some(Origin::NetSuite);
        scene
    }

    fn plan(&self) -> AuthorizationStep {
        plan(AuthorizationFacts {
            document: &self.document,
            order: &"42".into(),
            sent: &self.sent,
            amazon: &self.amazon,
            links: &self.links,
            sales_order: Some(&sales_order()),
            account: "1234567",
        })
    }

    fn outcome(&self) -> String {
        match self.plan() {
            AuthorizationStep::Ignore(_) => "ignore".into(),
            AuthorizationStep::Link { link, marks } => {
                format!("link {} {}{}", link.origin, link.id, if marks.is_some() { " marked" } else { "" })
            }
            AuthorizationStep::Tell(told) => format!("tell {}", listed(&told.link().lines)),
            AuthorizationStep::Conclude(ended) => format!("conclude {}", ended.link().state),
            AuthorizationStep::Remember(link) => format!("remember {}", link.state),
            AuthorizationStep::Park(reason) => format!("park {}", reason.code),
        }
    }
}

#[test]
fn only_approved_authorizations_are_told() {
    let cases = [
        ("A", 0, "ignore"),
        ("B", 0, "tell 2 of line 1"),
        ("C", 0, "ignore"),
        ("D", 1, "tell 2 of line 1"),
        ("F", 2, "tell 2 of line 1"),
        ("G", 2, "tell 2 of line 1"),
        ("H", 0, "ignore"),
        ("H", 1, "tell 2 of line 1"),
        ("X", 0, "park return_status_unknown"),
    ];
    for (status, received, outcome) in cases {
        assert_eq!(Scene::new(status, &[(10, 1, 2, received)]).outcome(), outcome, "{status} {received}");
    }
}

#[test]
fn amazon_is_told_its_own_lines_under_the_alias_of_the_authorization() {
    let scene = Scene::new("B", &[(10, 1, 2, 0), (20, 3, 1, 0), (30, 1, 1, 0)]);
    let AuthorizationStep::Tell(told) = scene.plan() else { panic!("it is told") };
    assert_eq!(told.telling().alias.as_str(), "1234567:900");
    assert_eq!(told.telling().lines, [PackageContent { line: "A1".into(), quantity: Quantity(3) }]);
    assert_eq!(Scene::new("B", &[(10, 3, 1, 0)]).outcome(), "ignore");
}

#[test]
fn a_whole_kit_that_went_as_its_parts_is_told_as_its_parts() {
    let mut scene = Scene::new("B", &[(10, 1, 2, 0)]);
    let part =
        |item: &str, per_kit| Some(crate::link::KitPart { item: item.into(), per_kit: Quantity(per_kit) });
    scene.sent.lines[0].part = part("71", 1);
    scene.sent.lines[1].part = part("72", 3);
    scene.sent.lines[1].line = LineNumber(1);
    assert_eq!(scene.outcome(), "tell 2 of line 1, 6 of line 1");
}

#[test]
fn lines_of_an_authorization_from_a_bill_are_known_by_amazons_id_or_by_an_item_that_stands_alone() {
    let mut scene = Scene::new("B", &[(10, 7, 2, 0)]);
    scene.document.created_from = Some("800".into());
    scene.document.lines[0].amazon_line = Some("A2".into());
    assert_eq!(scene.outcome(), "tell 2 of line 2");
    scene.document.lines[0].amazon_line = None;
    for (item, outcome) in [("11", "tell 2 of line 1"), ("13", "ignore"), ("99", "ignore")] {
        scene.document.lines[0].item = Some(item.into());
        assert_eq!(scene.outcome(), outcome, "{item}");
    }
    scene.document.lines[0].item = None;
    assert_eq!(scene.outcome(), "park return_line_unknown");
    let mut order = sales_order();
    order.lines[2].item = "11".into();
    scene.document.lines[0].item = Some("11".into());
    let step = plan(AuthorizationFacts {
        document: &scene.document,
        order: &"42".into(),
        sent: &scene.sent,
        amazon: &scene.amazon,
        links: &[],
        sales_order: Some(&order),
        account: "1234567",
    });
    assert!(matches!(step, AuthorizationStep::Park(reason) if reason.code == "return_line_unknown"));
}

#[test]
fn an_open_return_of_the_same_units_is_linked_instead_of_told_twice() {
    let mut scene = Scene::new("B", &[(10, 1, 2, 0)]);
    scene.amazon.returns = vec![amazon_return("R1", "CREATED", &[("A1", 2, &[])])];
    assert_eq!(scene.outcome(), "link amazon R1 marked");
    let AuthorizationStep::Link { link, .. } = scene.plan() else { panic!("it is linked") };
    // the process dies between the mark and the link
    scene.document.marks.amazon_return = Some("R1".into());
    scene.document.marks.origin = Some(Origin::Amazon);
    assert_eq!(scene.outcome(), "link amazon R1");
    scene.links = vec![Link::Return(link)];
    assert_eq!(scene.outcome(), "ignore");
    for (state, units, alias, status, received) in [
        ("COMPLETED", 2, None, "B", 0),
        ("CREATED", 1, None, "B", 0),
        ("CREATED", 2, Some("other:1"), "B", 0),
        ("CREATED", 2, None, "D", 1),
    ] {
        let mut scene = Scene::new(status, &[(10, 1, 2, received)]);
        let mut open = amazon_return("R1", state, &[("A1", units, &[])]);
        open.alias = alias.map(Into::into);
        scene.amazon.returns = vec![open];
        // three units were shipped
        let outcome = if units == 1 { "tell 2 of line 1" } else { "park return_exceeds_shipped" };
        assert_eq!(scene.outcome(), outcome, "{state} {units} {alias:?} {status}");
    }
}

#[test]
fn units_that_come_back_otherwise_already_are_not_told_as_another_return() {
    // three were shipped; Amazon brings back two, and the authorization names another count
    for (units, outcome) in [(1, "tell 1 of line 1"), (3, "park return_exceeds_shipped")] {
        for is_known in [false, true] {
            let mut scene = Scene::new("B", &[(10, 1, units, 0)]);
            scene.amazon.returns = vec![amazon_return("R1", "CREATED", &[("A1", 2, &[])])];
            if is_known {
                let mut known = link("R1", Origin::Amazon, &[(1, 2)]);
                known.authorization = "800".into();
                scene.links = vec![Link::Return(Box::new(known))];
            }
            assert_eq!(scene.outcome(), outcome, "{units} {is_known}");
        }
    }
    let mut elsewhere = Scene::new("B", &[(10, 2, 3, 0)]);
    elsewhere.amazon.returns = vec![amazon_return("R1", "CREATED", &[("A1", 2, &[])])];
    assert_eq!(elsewhere.outcome(), "tell 3 of line 2");
    let mut over = Scene::new("B", &[(10, 1, 3, 0)]);
    over.amazon.returns = vec![amazon_return("R1", "CANCELLED", &[("A1", 2, &[])])];
    assert_eq!(over.outcome(), "tell 3 of line 1");
}

#[test]
fn a_lost_link_is_found_by_the_alias() {
    let mut scene = Scene::told("B", &[(10, 1, 2, 0)]);
    scene.links.clear();
    assert_eq!(scene.outcome(), "link netsuite R9");
    scene.document.marks = DocumentMarks::default();
    assert_eq!(scene.outcome(), "link netsuite R9 marked");
    scene.document.lines[0].quantity = 1.into();
    let AuthorizationStep::Link { link, .. } = scene.plan() else { panic!("it is linked") };
    assert_eq!(link.lines[0].quantity, Quantity(2), "what Amazon was told counts");
}

#[test]
fn the_end_of_an_authorization_is_the_end_of_the_return() {
    let cases = [
        ("A", 0, "ignore"),
        ("B", 0, "ignore"),
        ("D", 1, "ignore"),
        ("E", 1, "ignore"),
        ("C", 0, "conclude CANCELLED"),
        ("H", 0, "conclude CANCELLED"),
        ("H", 1, "conclude COMPLETED"),
        ("F", 2, "conclude COMPLETED"),
        ("G", 2, "conclude COMPLETED"),
        ("X", 0, "park return_status_unknown"),
    ];
    for (status, received, outcome) in cases {
        let mut scene = Scene::told(status, &[(10, 1, 2, received)]);
        assert_eq!(scene.outcome(), outcome, "{status} {received}");
        scene.amazon.returns[0].state = ReturnState::Completed;
        let ended = if outcome.starts_with("conclude") { "remember COMPLETED" } else { outcome };
        assert_eq!(scene.outcome(), ended, "{status} {received}");
        scene.amazon.returns.clear();
        if outcome.starts_with("conclude") {
            assert_eq!(scene.outcome(), "ignore", "{status} {received}");
        }
    }
}

#[test]
fn a_change_after_telling_is_parked() {
    assert_eq!(Scene::told("B", &[(10, 1, 3, 0)]).outcome(), "park return_changed_after_telling");
    let mut closed = Scene::told("D", &[(10, 1, 2, 1)]);
    closed.document.lines[0].is_closed = true;
    assert_eq!(closed.outcome(), "park return_changed_after_telling");
}

proptest! {
    #[test]
    fn a_return_that_amazon_made_is_never_told_or_concluded(
        status in "[A-H]",
        received in 0..3_u32,
        state in prop::sample::select(vec!["DRAFT", "CREATED", "CANCELLED", "COMPLETED", "NEW"]),
        by in 0..4_u8,
        has_alias in any::<bool>(),
    ) {
        let mut scene = Scene::new(&status, &[(10, 1, 2, received)]);
        let mut amazon = amazon_return("R1", state, &[("A1", 2, &[])]);
        amazon.alias = has_alias.then(|| "1234567:900".into());
        scene.amazon.returns = vec![amazon];
        match by {
            0 => scene.links = vec![Link::Return(Box::new(link("R1", Origin::Amazon, &[(1, 2)])))],
            1 => scene.links = vec![Link::Document(DocumentLink {
                document: DocumentKey::new(DocumentKind::ReturnAuthorization, "900"),
                origin: Origin::Amazon,
            })],
            2 => scene.document.external_id = Some("amz-ra-R1".into()),
            _ => scene.document.marks.origin = Some(Origin::Amazon),
        }
        let step = scene.plan();
        prop_assert!(
            !matches!(step, AuthorizationStep::Tell(_) | AuthorizationStep::Conclude(_)), "{step:?}"
        );
    }
}

#[test]
fn a_return_without_our_alias_is_not_concluded_even_when_a_link_says_that_we_told_it() {
    let mut scene = Scene::told("H", &[(10, 1, 2, 0)]);
    scene.amazon.returns[0].alias = None;
    assert_eq!(scene.outcome(), "ignore");
}
