use amz_domain::{Generation, PackageContent, PackageState, TrackerKey};
use rust_decimal::Decimal;

use super::*;
use crate::orders::fixtures::{line, sales_order};

fn held(id: &str, sku: Option<&str>, units: u32) -> AmazonLine {
    AmazonLine {
        id: id.into(),
        alias: None,
        names: Vec::new(),
        sku: sku.map(Sku::from),
        quantity: Quantity(units),
    }
}

fn package(id: &str, number: Option<&str>, contents: &[(&str, u32)]) -> Package {
    let content =
        |(line, units): &(&str, u32)| PackageContent { line: (*line).into(), quantity: Quantity(*units) };
    Package {
        id: id.into(),
        state: PackageState::InTransit,
        reason: None,
        contents: contents.iter().map(content).collect(),
        tracker: number.map(|number| TrackerKey { carrier: "ups".into(), number: number.into() }),
    }
}

fn made(id: &str, numbers: &[&str], lines: &[(u32, u32)]) -> MadeFulfillment {
    let line = |(line, units): &(u32, u32)| FulfilledLine {
        order_line: LineNumber(*line),
        quantity: Quantity(*units),
    };
    MadeFulfillment {
        id: id.into(),
        external_id: None,
        tracking_numbers: numbers.iter().map(|number| (*number).into()).collect(),
        lines: lines.iter().map(line).collect(),
    }
}

/// An order of 2 A, 1 B and 1 service, as both sides hold it.
struct Case {
    order: SalesOrder,
    amazon: AmazonOrder,
    made: Vec<MadeFulfillment>,
}

impl Case {
    fn new() -> Self {
        let mut order = sales_order(vec![
            line(1, "A", 2, Decimal::TEN),
            line(2, "B", 1, Decimal::ONE),
            line(3, "S", 1, Decimal::ONE),
        ]);
        order.lines[2].kind = amz_domain::ItemKind::Service;
        let amazon = AmazonOrder {
            id: "322-1".into(),
            alias: None,
            links: Vec::new(),
            execution: None,
            recipient: None,
            lines: vec![held("L-1", Some("SKU-A"), 2), held("L-2", Some("SKU-B"), 1)],
            packages: Vec::new(),
            cancellations: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
        };
        Self { order, amazon, made: Vec::new() }
    }

    fn matched(&self) -> Result<Vec<Link>, String> {
        let skus = self.order.lines.iter().map(|line| {
            let sku = Sku::new(format!("SKU-{}", line.item.as_str().trim_end_matches('\'')));
            (line.item.clone(), sku)
        });
        let order = self.order.id.clone();
        matched(Facts {
            order: &self.order,
            amazon: &self.amazon,
            skus: &skus.collect(),
            fulfillments: &self.made,
            alias: &move |line| LineAlias::of(&order, line, Generation::default()),
        })
    }

    /// Amazon's line per line of the sales order.
    fn lines(&self) -> Vec<(u32, String)> {
        let links = self.matched().unwrap();
        let Link::Order(sent) = &links[0] else { panic!("{links:?}") };
        sent.lines.iter().map(|line| (line.line.0, line.amazon_line.to_string())).collect()
    }

    /// Packages and their item fulfilments.
    fn packages(&self) -> Vec<(String, String)> {
        let links = self.matched().unwrap();
        let packages = links.iter().filter_map(|link| match link {
            Link::Package(package) => Some((package.package.to_string(), package.fulfillment.to_string())),
            _ => None,
        });
        packages.collect()
    }

    fn cause(&self) -> String {
        self.matched().unwrap_err()
    }
}

#[test]
fn lines_are_told_by_alias_then_by_their_field_then_by_sku_and_units() {
    let mut case = Case::new();
    assert_eq!(case.lines(), [(1, "L-1".into()), (2, "L-2".into())]);
    // names go before looks
    case.order.lines[0].amazon_line = Some("L-2".into());
    case.amazon.lines[0].alias =
        Some(LineAlias::of(&case.order.id, &case.order.lines[1].unique_key, Generation::default()));
    assert_eq!(case.lines(), [(2, "L-1".into()), (1, "L-2".into())]);
    case.order.lines[0].amazon_line = None;
    case.order.lines[1].amazon_line = Some("L-2".into());
    assert_eq!(case.cause(), "Amazon's lines L-1 and L-2 both are line 2");
}

#[test]
fn lines_that_look_alike_on_either_side_are_undecided() {
    let mut case = Case::new();
    case.order.lines[1].item = "A'".into();
    case.order.lines[1].quantity = Decimal::TWO;
    case.amazon.lines.truncate(1);
    assert_eq!(case.cause(), "Amazon's line L-1 (2 units of SKU-A) may be any of several lines");
    let mut case = Case::new();
    case.amazon.lines[1] = held("L-2", Some("SKU-A"), 2);
    assert!(case.cause().contains("may be any of several lines"));
    case.order.lines[0].amazon_line = Some("L-1".into());
    assert_eq!(case.cause(), "Amazon's line L-2 (2 units of SKU-A) is no line of the sales order");
    let mut case = Case::new();
    case.amazon.lines[1].quantity = Quantity(5);
    assert!(case.cause().contains("(5 units of SKU-B) is no line"));
    case.amazon.lines.clear();
    assert!(case.cause().contains("shows no lines"));
}

#[test]
fn without_skus_units_must_do_and_no_line_may_be_left_over() {
    let mut case = Case::new();
    case.amazon.lines.iter_mut().for_each(|line| line.sku = None);
    assert_eq!(case.lines(), [(1, "L-1".into()), (2, "L-2".into())]);
    case.order.lines[1].quantity = Decimal::TWO;
    case.amazon.lines[1].quantity = Quantity(2);
    assert_eq!(case.cause(), "Amazon's line L-1 (2 units) may be any of several lines");
    case.amazon.lines.truncate(1);
    assert!(case.cause().contains("neither a name nor a SKU"), "{}", case.cause());
}

#[test]
fn the_line_field_may_hold_what_the_other_connector_calls_the_line() {
    let mut case = Case::new();
    case.amazon.lines.iter_mut().for_each(|line| line.sku = None);
    case.amazon.lines[0].names = vec!["gid-77".to_owned()];
    case.order.lines[1].amazon_line = Some("gid-77".into());
    case.order.lines[0].quantity = Decimal::ONE;
    assert_eq!(case.lines(), [(2, "L-1".into()), (1, "L-2".into())]);
}

#[test]
fn packages_are_told_by_tracking_number_then_by_units() {
    let mut case = Case::new();
    case.amazon.packages = vec![
        package("P-1", Some("1Z1"), &[("L-1", 1)]),
        package("P-2", Some("1Z2"), &[("L-1", 1)]),
        package("P-3", None, &[("L-2", 1)]),
    ];
    case.made = vec![
        made("503", &[], &[(2, 1)]),
        made("502", &["1Z2"], &[(1, 1)]),
        made("501", &["1Z1"], &[(1, 1)]),
        made("500", &[], &[(3, 1)]),
    ];
    let packages = [("P-1", "501"), ("P-2", "502"), ("P-3", "503")];
    assert_eq!(case.packages(), packages.map(|(package, made)| (package.to_owned(), made.to_owned())));
    let links = case.matched().unwrap();
    let trackers = links.iter().filter(|link| matches!(link, Link::Tracker(_))).count();
    assert_eq!(trackers, 2);
}

#[test]
fn two_packages_on_one_item_fulfilment_are_linked_when_they_make_it_up() {
    let mut case = Case::new();
    case.amazon.packages =
        vec![package("P-1", Some("1Z1"), &[("L-1", 1)]), package("P-2", Some("1Z2"), &[("L-1", 1)])];
    case.made = vec![made("501", &["1Z1", "1Z2"], &[(1, 2)])];
    assert_eq!(case.packages().len(), 2);
    case.made = vec![made("501", &["1Z1"], &[(1, 2)])];
    assert_eq!(case.cause(), "item fulfilment 501 holds other units than its packages");
}

#[test]
fn a_package_without_an_item_fulfilment_is_left_to_later_events() {
    let mut case = Case::new();
    case.amazon.packages =
        vec![package("P-1", Some("1Z1"), &[("L-1", 2)]), package("P-2", None, &[("L-2", 1)])];
    case.made = vec![made("501", &["1Z1"], &[(1, 2)])];
    assert_eq!(case.packages(), [("P-1".to_owned(), "501".to_owned())]);
    case.amazon.packages[1].state = PackageState::Pending;
    assert_eq!(case.packages().len(), 1);
}

#[test]
fn an_item_fulfilment_that_may_be_any_of_several_packages_or_none_is_undecided() {
    let mut case = Case::new();
    case.amazon.packages = vec![package("P-1", None, &[("L-1", 1)]), package("P-2", None, &[("L-1", 1)])];
    case.made = vec![made("501", &[], &[(1, 1)])];
    assert_eq!(case.cause(), "item fulfilment 501 may be any of several packages");
    case.made = vec![made("501", &[], &[(1, 2)])];
    assert_eq!(case.cause(), "item fulfilment 501 fits no package that left");
    case.amazon.packages.clear();
    assert_eq!(case.cause(), "item fulfilment 501 fits no package that left");
}

#[test]
fn our_external_id_names_a_package_too() {
    let mut case = Case::new();
    case.amazon.packages = vec![package("P-1", None, &[("L-1", 1)]), package("P-2", None, &[("L-1", 1)])];
    let mut ours = made("501", &[], &[(1, 1)]);
    ours.external_id = Some(ExternalId::of_fulfillment(&"P-2".into()));
    case.made = vec![ours];
    assert_eq!(case.packages(), [("P-2".to_owned(), "501".to_owned())]);
}
