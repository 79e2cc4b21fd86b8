use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Order {
        units: i64,
    },
    /// Of the line that the number falls on.
    Leave {
        line: usize,
        units: i64,
    },
    Cancel {
        line: usize,
        units: i64,
    },
    Return {
        units: i64,
        sellable: bool,
    },
    Receive {
        units: i64,
    },
    Wait {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (line, units) = (any::<usize>(), 1_i64..6);
    prop_oneof![
        units.clone().prop_map(|units| Step::Order { units }),
        (line, units.clone()).prop_map(|(line, units)| Step::Leave { line, units }),
        (line, units.clone()).prop_map(|(line, units)| Step::Cancel { line, units }),
        (units.clone(), any::<bool>()).prop_map(|(units, sellable)| Step::Return { units, sellable }),
        units.prop_map(|units| Step::Receive { units }),
        (0_i64..90).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn line(id: String, units: i64) -> Line {
    Line {
        id,
        aliases: Vec::new(),
        quantity: units.into(),
        sku: Some("MUG".into()),
        by_amazon: true,
        prime: false,
        created_at: DateTime::UNIX_EPOCH,
        input: json!({ "product": { "identifier": { "sku": "MUG" } } }),
    }
}

proptest! {
    #[test]
    fn no_unit_appears_or_vanishes(
        steps in prop::collection::vec(step(), 1..60),
        delay_s in prop::option::of(0_u32..60),
        waits in any::<bool>(),
    ) {
        let short_units = if waits { ShortUnits::WaitForStock } else { ShortUnits::StayUnreserved };
        let mut now = DateTime::UNIX_EPOCH;
        let mut stock = Stock::default();
        let mut item = stock.item_or_new("MUG", now);
        item.figures.fulfillable = 5;
        stock.put(item, now);
        let mut in_house = 5;
        // units of each line that have neither left nor been cancelled
        let mut open: Vec<i64> = Vec::new();
        for step in steps {
            let before = stock.item("MUG").unwrap().figures.fulfillable;
            match step {
                Step::Order { units } => {
                    stock.reserve(&[line(open.len().to_string(), units)], delay_s, now);
                    open.push(units);
                }
                Step::Leave { line, units } | Step::Cancel { line, units } if !open.is_empty() => {
                    let line = line % open.len();
                    let units = units.min(open[line]);
                    let contents = [Content { line_id: line.to_string(), quantity: units.into() }];
                    if matches!(step, Step::Cancel { .. }) {
                        stock.release(&contents, short_units, now);
                        open[line] -= units;
                    } else if stock.leave(&contents, now).is_ok() {
                        open[line] -= units;
                        in_house -= units;
                    }
                }
                Step::Leave { .. } | Step::Cancel { .. } => {}
                Step::Return { units, sellable } => {
                    let condition = if sellable { ItemCondition::Sellable } else { ItemCondition::Damaged };
                    stock.take_back(&json!({ "sku": "MUG" }), units.into(), condition, short_units, now);
                    in_house += units;
                }
                Step::Receive { units } => {
                    stock.change("MUG", now, |figures| figures.fulfillable += units);
                    in_house += units;
                    if waits {
                        stock.serve_short("MUG", now);
                    }
                }
                Step::Wait { seconds } => now += TimeDelta::seconds(seconds),
            }
            stock.settle_due(now);
            let figures = stock.item("MUG").unwrap().figures;
            let ordered = stock.ordered_units("MUG");
            prop_assert!(!figures.has_negative(), "{figures:?}");
            prop_assert_eq!(figures.in_house(), in_house);
            prop_assert_eq!(figures.pending_customer_order, ordered.held);
            prop_assert!(figures.fulfillable >= ordered.lagging);
            prop_assert_eq!(ordered.held + ordered.lagging + ordered.short, open.iter().sum::<i64>());
            prop_assert!(!waits || ordered.short == 0 || figures.fulfillable == ordered.lagging);
            if figures.fulfillable != before {
                prop_assert!(!stock.take_events(now).is_empty(), "a change without an event");
            }
        }
        stock.settle_due(now + TimeDelta::seconds(60));
        prop_assert_eq!(stock.ordered_units("MUG").lagging, 0);
    }
}
