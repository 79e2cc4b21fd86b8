use amz_domain::{ExternalId, Origin};

use super::*;
use crate::link::ReceivedUnits;
use crate::returns::fixtures::{amazon_return, authorization, link};
use crate::returns::receipts::Place;

fn planned(units: &[(&str, &str, u32)]) -> PlannedReceipt {
    let unit = |(line, condition, quantity): &(&str, &str, u32)| ReceivedUnits {
        amazon_line: (*line).into(),
        condition: Some((*condition).into()),
        quantity: Quantity(*quantity),
    };
    PlannedReceipt {
        external_id: ExternalId::of_damaged_receipt(&"P1".into()),
        package: Some("P1".into()),
        place: Place::Damaged,
        location: Some("9".into()),
        units: units.iter().map(unit).collect(),
    }
}

#[test]
fn a_receipt_names_its_lines_and_leaves_out_all_others() {
    let amazon = amazon_return("R1", "CREATED", &[]);
    let link = link("R1", Origin::Amazon, &[(1, 3), (2, 1)]);
    let held = authorization("B", &[(10, 1, 3, 0), (20, 2, 1, 0)]);
    let units = [("A1", "DAMAGED", 1), ("A1", "DEFECTIVE", 1)];
    let (new, obstacle) = receipt_document(&planned(&units), &amazon, &link, &held);
    assert_eq!(obstacle, None);
    assert_eq!(new.source, DocumentSource::Document(held.key));
    let lines: Vec<_> = new.lines.iter().map(|line| (line.source_line.0, line.quantity.0)).collect();
    assert_eq!(lines, [(10, 2)]);
    assert_eq!(new.left_out, [LineNumber(20)]);
    assert_eq!(new.location, Some("9".into()));
    assert_eq!(new.memo.as_deref(), Some("Amazon return R1; parcel P1; 1 DAMAGED; 1 DEFECTIVE"));
    assert_eq!(new.marks.origin, Some(Origin::Amazon));
}

#[test]
fn an_authorization_that_cannot_take_the_goods_says_why() {
    let amazon = amazon_return("R1", "CREATED", &[]);
    let link = link("R1", Origin::Amazon, &[(1, 3)]);
    let cases = [
        ("A", 0, Some("return_not_approved")),
        ("B", 0, None),
        ("D", 1, None),
        ("D", 2, Some("receipt_does_not_fit")),
        ("H", 0, Some("receipt_does_not_fit")),
        ("C", 0, Some("receipt_does_not_fit")),
    ];
    for (status, received, code) in cases {
        let held = authorization(status, &[(10, 1, 3, received)]);
        let (_, obstacle) = receipt_document(&planned(&[("A1", "DAMAGED", 2)]), &amazon, &link, &held);
        assert_eq!(obstacle.map(|reason| reason.code).as_deref(), code, "{status} {received}");
    }
}
