use super::*;

fn read(text: &str) -> Vec<Alias> {
    parse(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults(text: &str) -> Vec<(u64, FaultCode, String)> {
    let faults = parse(text).expect_err("a faulty table");
    faults.into_iter().map(|fault| (fault.line, fault.code, fault.found)).collect()
}

fn alias(sku: &str) -> Alias {
    Alias { sku: sku.into(), item: None, counting: None, buffer: None }
}

#[test]
fn every_cell_of_a_row_is_read_and_all_but_the_sku_may_be_empty() {
    let text =
        "\u{feff}sku,item,counting,buffer\r\nA-1,12,primary,3\r\n\"B,2 \",,sum,10%\nC,,ignore,\nD,,,2.5%\n";
    let units = |units: i64| Some(Buffer { units: units.into(), share: Decimal::ZERO });
    let share = |thousandths| Some(Buffer { units: Decimal::ZERO, share: Decimal::new(thousandths, 3) });
    assert_eq!(
        read(text),
        [
            Alias {
                item: Some("12".into()),
                counting: Some(Counting::Primary),
                buffer: units(3),
                ..alias("A-1")
            },
            Alias { counting: Some(Counting::Sum), buffer: share(100), ..alias("B,2 ") },
            Alias { counting: Some(Counting::Ignore), ..alias("C") },
            Alias { buffer: share(25), ..alias("D") },
        ]
    );
}

#[test]
fn columns_are_found_by_their_names() {
    assert_eq!(read("Item, SKU\n7,A\n"), [Alias { item: Some("7".into()), ..alias("A") }]);
    assert_eq!(read("sku,item,counting,buffer\n"), []);
}

#[test]
fn each_fault_names_its_line_and_all_are_told_together() {
    let text = "sku,item,counting,buffer\n\
                ,1,,\n\
                A,1a,most,-3\n\
                B,1\n\
                C,,,101%\n\
                D,,,1.5\n\
                E,,,%\n\
                \"F\nG\",,,\n\
                H,x,,\n";
    let expected = [
        (2, FaultCode::Missing, "no SKU"),
        (3, FaultCode::Malformed, "the item \"1a\""),
        (3, FaultCode::NotOneOf, "the counting \"most\""),
        (3, FaultCode::Malformed, "the buffer \"-3\""),
        (4, FaultCode::Malformed, "2 cells under a header of 4"),
        (5, FaultCode::Malformed, "the buffer \"101%\""),
        (6, FaultCode::Malformed, "the buffer \"1.5\""),
        (7, FaultCode::Malformed, "the buffer \"%\""),
        (10, FaultCode::Malformed, "the item \"x\""),
    ];
    assert_eq!(faults(text), expected.map(|(line, code, found)| (line, code, found.to_owned())));
}

#[test]
fn a_sku_has_one_row_and_an_item_one_primary() {
    let text = "sku,item,counting,buffer\nA,1,primary,\nB,1,sum,\nA,2,,\nC,1,primary,\n";
    assert_eq!(
        faults(text),
        [
            (4, FaultCode::Conflicting, "the SKU \"A\", as on line 2".to_owned()),
            (5, FaultCode::Conflicting, "a `primary` of item 1, as on line 2".to_owned()),
        ]
    );
}

#[test]
fn a_header_must_name_the_columns() {
    for (text, code) in [
        ("", FaultCode::Missing),
        ("item,counting\n1,sum\n", FaultCode::Missing),
        ("sku,sku\nA,B\n", FaultCode::Conflicting),
        ("sku,name\nA,B\n", FaultCode::UnknownKey),
    ] {
        let faults = faults(text);
        assert_eq!((faults.len(), faults[0].0, faults[0].1), (1, 1, code), "{text:?}");
    }
}
