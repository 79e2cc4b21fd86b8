use amz_domain::{DocumentId, Origin};
use proptest::prelude::*;

use super::*;
use crate::link::{Link, ReceiptLink, ReturnedLine};
use crate::orders::fixtures::settings as plain_settings;
use crate::returns::fixtures::{amazon_return, link, package, sales_order, sent, sent_line};
use crate::returns::grades::{CONDITIONS, received};
use crate::returns::plan::{ReturnFacts, ReturnStep, plan};
use crate::returns::regrading::{Regraded, regraded};

/// Units of a line, or in a condition.
type Count<'text> = (&'text str, u32);
type Counts<'text> = &'text [Count<'text>];

fn settings(receive_on: ReceiveOn) -> ServiceSettings {
    let mut settings = plain_settings();
    settings.returns.receive_on = receive_on;
    settings.returns.return_location = Some("8".into());
    settings.returns.damaged_location = Some("9".into());
    settings
}

/// Makes receipts until none is left; what was made, for comparison.
fn receive(amazon: &AmazonReturn, link: &mut ReturnLink, settings: &ServiceSettings) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..20 {
        let plan = plan_receipts(amazon, link, settings);
        let Some(next) = plan.next else {
            made.extend(plan.doubts.into_iter().map(|doubt| doubt.code));
            return made;
        };
        let location = next.location.as_ref().map(LocationId::to_string).unwrap_or_default();
        made.push(format!("{} at {location}: {}", next.external_id, listed(next.units.iter())));
        link.receipts.push(ReceiptLink {
            external_id: next.external_id,
            package: next.package,
            document: format!("{}", 950 + link.receipts.len()).into(),
            units: next.units,
        });
    }
    panic!("it does not end: {made:?}");
}

#[test]
fn graded_units_are_received_where_their_condition_belongs_one_receipt_per_parcel_and_place() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 3, &[("DAMAGED", 1), ("SELLABLE", 2)])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[("A1", 3)])];
    let mut link = link("R1", Origin::Amazon, &[(1, 3)]);
    let made = receive(&amazon, &mut link, &settings(ReceiveOn::Graded));
    assert_eq!(
        made,
        ["amz-ir-P1 at 8: 2 of line A1 SELLABLE", "amz-ir-P1-damaged at 9: 1 of line A1 DAMAGED"]
    );
    assert!(receive(&amazon, &mut link, &settings(ReceiveOn::Graded)).is_empty());
}

#[test]
fn a_parcel_waits_until_it_is_delivered_and_all_of_it_is_graded() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 3, &[("SELLABLE", 1)])]);
    let cases: [(&str, Counts<'_>, &[&str]); 4] = [
        ("IN_TRANSIT", &[("A1", 1)], &[]),
        ("DELIVERED", &[("A1", 2)], &[]),
        ("DELIVERED", &[], &[]),
        ("DELIVERED", &[("A1", 1)], &["amz-ir-P1 at 8: 1 of line A1 SELLABLE"]),
    ];
    for (state, contents, expected) in cases {
        amazon.packages = vec![package("P1", state, contents)];
        let mut link = link("R1", Origin::Amazon, &[(1, 3)]);
        assert_eq!(
            receive(&amazon, &mut link, &settings(ReceiveOn::Graded)),
            expected,
            "{state} {contents:?}"
        );
    }
}

#[test]
fn a_parcel_that_failed_is_never_received() {
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &[("SELLABLE", 1)])]);
    amazon.packages = vec![package("P1", "FAILED", &[("A1", 1)]), package("P2", "DELIVERED", &[("A1", 1)])];
    for receive_on in [ReceiveOn::Graded, ReceiveOn::Delivered] {
        let mut link = link("R1", Origin::Amazon, &[(1, 2)]);
        let made = receive(&amazon, &mut link, &settings(receive_on));
        assert_eq!(made.len(), 1, "{made:?}");
        assert!(made[0].starts_with("amz-ir-P2 at 8: 1 of"), "{made:?}");
    }
}

#[test]
fn parcels_without_contents_are_received_together_under_the_first() {
    let mut amazon =
        amazon_return("R1", "CREATED", &[("A1", 2, &[("SELLABLE", 2)]), ("A2", 1, &[("SELLABLE", 1)])]);
    amazon.packages = vec![package("P2", "DELIVERED", &[]), package("P1", "IN_TRANSIT", &[])];
    let mut link = link("R1", Origin::Amazon, &[(1, 2), (2, 1)]);
    assert!(receive(&amazon, &mut link, &settings(ReceiveOn::Graded)).is_empty());
    amazon.packages[1].state = ReturnPackageState::Delivered;
    let made = receive(&amazon, &mut link, &settings(ReceiveOn::Graded));
    assert_eq!(made, ["amz-ir-P1 at 8: 2 of line A1 SELLABLE, 1 of line A2 SELLABLE"]);
    assert_eq!(link.receipts[0].package, None);
}

#[test]
fn a_return_without_parcels_is_received_as_far_as_it_is_graded() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 2, &[("SELLABLE", 1)])]);
    let mut link = link("R1", Origin::Amazon, &[(1, 2)]);
    assert!(receive(&amazon, &mut link, &settings(ReceiveOn::Delivered)).is_empty());
    amazon.state = ReturnState::Completed;
    let made = receive(&amazon, &mut link, &settings(ReceiveOn::Delivered));
    assert_eq!(made, ["amz-ir-R1 at 8: 1 of line A1 SELLABLE"]);
}

#[test]
fn without_a_damaged_location_only_what_can_be_sold_is_received() {
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &[("DEFECTIVE", 1), ("SELLABLE", 1)])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[])];
    let mut settings = settings(ReceiveOn::Graded);
    settings.returns.damaged_location = None;
    settings.returns.return_location = None;
    let mut link = link("R1", Origin::Amazon, &[(1, 2)]);
    let made = receive(&amazon, &mut link, &settings);
    assert_eq!(made, ["amz-ir-P1 at 7: 1 of line A1 SELLABLE", "damaged_location_missing"]);
}

#[test]
fn goods_received_on_arrival_and_graded_as_damaged_later_are_shown_once() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 2, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[])];
    let mut link = link("R1", Origin::Amazon, &[(1, 2)]);
    let made = receive(&amazon, &mut link, &settings(ReceiveOn::Delivered));
    assert_eq!(made, ["amz-ir-P1 at 8: 2 of line A1 not graded"]);
    assert!(regraded(&amazon, &link).is_none());
    let amazon = amazon_return("R1", "CREATED", &[("A1", 2, &[("SELLABLE", 1), ("WET", 1)])]);
    let Regraded { after, subject, reason } = regraded(&amazon, &link).unwrap();
    assert_eq!(subject, "return/R1/graded");
    assert_eq!(reason.code, "graded_after_receipt");
    assert!(reason.cause.contains("receipt 950: 1 of line A1 WET"), "{}", reason.cause);
    assert!(regraded(&amazon, &after).is_none());
    assert_eq!(received(&after, &"A1".into(), |_| true), Quantity(2));
    // another unit, before a person has moved the first
    let amazon = amazon_return("R1", "CREATED", &[("A1", 2, &[("DAMAGED", 1), ("WET", 1)])]);
    let second = regraded(&amazon, &after).unwrap();
    assert_eq!(second.subject, "return/R1/after 1/graded");
    assert!(second.reason.cause.ends_with("receipt 950: 1 of line A1 DAMAGED"), "{}", second.reason.cause);
}

#[test]
fn a_receipt_that_is_found_again_is_adopted_only_when_it_can_be() {
    let amazon = amazon_return("R1", "CREATED", &[("A1", 3, &[("SELLABLE", 2), ("DAMAGED", 1)])]);
    let link = link("R1", Origin::Amazon, &[(1, 3)]);
    let planned = |place| PlannedReceipt {
        external_id: ExternalId::of_receipt(&"P1".into()),
        package: None,
        place,
        location: None,
        units: Vec::new(),
    };
    let adopt = |place, units| {
        let adopted = adopted_units(&amazon, &link, &planned(place), &[("A1".into(), Quantity(units))]);
        adopted.map(|units| listed(units.iter()))
    };
    assert_eq!(adopt(Place::Return, 1).as_deref(), Some("1 of line A1 SELLABLE"));
    assert_eq!(adopt(Place::Damaged, 1).as_deref(), Some("1 of line A1 DAMAGED"));
    assert_eq!(adopt(Place::Damaged, 2), None);
    assert_eq!(adopt(Place::Return, 3).as_deref(), Some("2 of line A1 SELLABLE, 1 of line A1 not graded"));
    assert_eq!(adopt(Place::Return, 4), None);
}

/// A return as it will have gone in the end: per unit its line, its parcel and what Amazon finds.
#[derive(Debug, Clone)]
struct History {
    units: Vec<(usize, usize, usize)>,
    /// Per parcel: whether Amazon says what is in it, and whether it fails.
    parcels: Vec<(bool, bool)>,
}

const LAST_STAGE: usize = 4;

impl History {
    /// What Amazon shows when each parcel has come to a stage.
    fn seen(&self, stages: &[usize], state: &str) -> AmazonReturn {
        let stage = |parcel: usize| stages.get(parcel).copied().unwrap_or(LAST_STAGE);
        let mut lines: Vec<(String, u32, Vec<Count<'_>>)> =
            (1..=2).map(|line| (format!("A{line}"), 0, Vec::new())).collect();
        let mut first_of = vec![true; self.parcels.len()];
        for (line, parcel, condition) in &self.units {
            let arrived = !self.parcels[*parcel].1;
            let graded =
                arrived && (stage(*parcel) >= LAST_STAGE || (stage(*parcel) == 3 && first_of[*parcel]));
            first_of[*parcel] = false;
            lines[*line].1 += 1;
            if graded {
                lines[*line].2.push((CONDITIONS_AS_TEXT[*condition], 1));
            }
        }
        let parts: Vec<_> = lines
            .iter()
            .filter(|line| line.1 > 0)
            .map(|(line, units, graded)| (line.as_str(), *units, graded.as_slice()))
            .collect();
        let mut amazon = amazon_return("R1", state, &parts);
        for (index, (is_told, fails)) in self.parcels.iter().enumerate() {
            let state = match (stage(index), fails) {
                (0, _) => "CREATED",
                (1, _) => "IN_TRANSIT",
                (_, true) => "FAILED",
                (_, false) => "DELIVERED",
            };
            let mut contents: Vec<(&str, u32)> = Vec::new();
            for (line, _, _) in self.units.iter().filter(|(_, parcel, _)| *parcel == index && *is_told) {
                contents.push((["A1", "A2"][*line], 1));
            }
            amazon.packages.push(package(&format!("P{index}"), state, &contents));
        }
        amazon
    }

    fn graded(&self, line: usize, condition: usize) -> u32 {
        let units = self
            .units
            .iter()
            .filter(|(of, parcel, found)| *of == line && *found == condition && !self.parcels[*parcel].1);
        u32::try_from(units.count()).unwrap()
    }
}

const CONDITIONS_AS_TEXT: [&str; 4] = ["SELLABLE", "DEFECTIVE", "DAMAGED", "FULFILLMENT_EXPIRED"];

fn histories() -> impl Strategy<Value = History> {
    prop::collection::vec((any::<bool>(), prop::bool::weighted(0.2)), 1..4).prop_flat_map(|parcels| {
        let units = prop::collection::vec((0..2_usize, 0..parcels.len(), 0..4_usize), 1..6);
        units.prop_map(move |units| History { units, parcels: parcels.clone() })
    })
}

/// Applies what the plan says, at most `limit` steps of it: then the process dies.
fn look(
    amazon: &AmazonReturn,
    known: &mut Option<ReturnLink>,
    settings: &ServiceSettings,
    limit: usize,
) -> usize {
    let mut order = sales_order();
    for line in &mut order.lines {
        line.quantity_fulfilled = 9.into();
    }
    let mut sent = sent();
    sent.lines = vec![sent_line(1), sent_line(2)];
    for done in 0..limit {
        let links: Vec<Link> = known.iter().cloned().map(|link| Link::Return(Box::new(link))).collect();
        let plan = plan(ReturnFacts {
            amazon,
            amazon_order: &"322-1".into(),
            sent: &sent,
            links: &links,
            sales_order: Some(&order),
            authorization: None,
            settings,
        });
        assert_eq!(plan.doubts, []);
        match plan.step {
            None => return done,
            Some(ReturnStep::Create { link, .. }) => *known = Some(*link),
            Some(ReturnStep::Patch { after, .. }) => *known = Some(*after),
            Some(ReturnStep::Regrade(found)) => *known = Some(found.after),
            Some(ReturnStep::Receive(next)) => {
                let link = known.as_mut().unwrap();
                assert!(link.receipts.iter().all(|receipt| receipt.external_id != next.external_id));
                link.receipts.push(ReceiptLink {
                    external_id: next.external_id,
                    package: next.package,
                    document: DocumentId::new("950"),
                    units: next.units,
                });
            }
        }
        if let Some(link) = known {
            for ReturnedLine { amazon_line, quantity, .. } in &link.lines {
                assert!(received(link, amazon_line, |_| true) <= *quantity, "received more than returned");
            }
        }
    }
    limit
}

proptest! {
    #[test]
    fn any_order_of_snapshots_comes_to_the_same_receipts(
        history in histories(),
        looks in prop::collection::vec((prop::collection::vec(0..=LAST_STAGE, 3), 1..9_usize), 0..8),
        on_delivery in any::<bool>(),
    ) {
        let settings = settings(if on_delivery { ReceiveOn::Delivered } else { ReceiveOn::Graded });
        let mut known = None;
        for (stages, limit) in &looks {
            look(&history.seen(stages, "CREATED"), &mut known, &settings, *limit);
        }
        let end = history.seen(&[], "COMPLETED");
        look(&end, &mut known, &settings, 99);
        for (stages, limit) in &looks {
            look(&history.seen(stages, "CREATED"), &mut known, &settings, *limit);
        }
        prop_assert_eq!(look(&end, &mut known, &settings, 99), 0, "a second look does nothing");
        let link = known.unwrap();
        prop_assert!(link.is_ended);
        for (line, id) in ["A1", "A2"].into_iter().enumerate() {
            let id = id.into();
            let sellable = received(&link, &id, |found| matches!(found, None | Some(ItemCondition::Sellable)));
            prop_assert_eq!(sellable.0, history.graded(line, 0));
            for (index, condition) in CONDITIONS.iter().enumerate().skip(1) {
                let units = received(&link, &id, |found| found == Some(condition));
                prop_assert_eq!(units.0, history.graded(line, index));
            }
        }
    }
}
