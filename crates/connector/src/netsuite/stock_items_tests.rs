use amz_services::ports::stock::StockBins;

use super::*;
use crate::netsuite::settings::tests::settings;

fn row(columns: &[(&str, &str)]) -> Row {
    columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn stock() -> StockQuerySettings {
    StockQuerySettings::new("7".into(), "custitem_amz_sku")
}

const NOTHING: Selected<'_> = Selected { after: None, keys: &[], items: &[] };

fn query(selected: Selected<'_>) -> Query {
    items_query(PAGE, &settings(), &stock(), selected, "")
}

fn read(columns: &[(&str, &str)]) -> StockItem {
    stock_item(&row(columns), chrono_tz::America::Los_Angeles, PAGE).unwrap()
}

fn exact(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn a_page_is_of_items_with_a_key_after_the_last_one_seen() {
    let first = query(NOTHING);
    assert_eq!((first.parameters.as_slice(), first.limit), (["7".to_owned()].as_slice(), 1000));
    assert!(
        first.text.contains("LEFT JOIN aggregateItemLocation l ON l.item = i.id AND l.location = ? WHERE")
    );
    assert!(first.text.contains("i.custitem_amz_sku IS NOT NULL AND i.itemtype NOT IN ('Service', "));
    assert!(first.text.ends_with(") ORDER BY i.id"), "{}", first.text);
    assert!(
        !first.text.contains("'Kit'") && !first.text.contains("isinactive ="),
        "kits and inactive ones come"
    );

    let after = ItemId::new("42");
    let next = query(Selected { after: Some(&after), ..NOTHING });
    assert_eq!(next.parameters, ["7", "42"]);
    assert!(next.text.ends_with(" AND i.id > ? ORDER BY i.id"), "{}", next.text);
}

#[test]
fn named_items_are_found_by_key_or_by_id_and_names_never_become_text() {
    let query = query(Selected { after: None, keys: &["MUG'--", "CUP"], items: &["42"] });
    assert_eq!(query.parameters, ["7", "MUG'--", "CUP", "42"]);
    assert!(query.text.contains("((i.custitem_amz_sku IN (?, ?) AND i.itemtype NOT IN ("), "{}", query.text);
    assert!(query.text.ends_with(") OR i.id IN (?)) ORDER BY i.id"), "{}", query.text);
    assert!(!query.text.contains("MUG"));
}

#[test]
fn portions_hold_a_thousand_keys_and_ids_at_most_and_all_of_them() {
    for (keys, ids, expected) in [
        (0, 0, vec![]),
        (3, 2, vec![(3, 2)]),
        (0, 1001, vec![(0, 1000), (0, 1)]),
        (1000, 1, vec![(1000, 0), (0, 1)]),
        (1500, 700, vec![(1000, 0), (500, 500), (0, 200)]),
        (2000, 0, vec![(1000, 0), (1000, 0)]),
    ] {
        let (keys, ids) = (vec!["k"; keys], vec!["1"; ids]);
        let sizes: Vec<_> = chunks(&keys, &ids).map(|(keys, ids)| (keys.len(), ids.len())).collect();
        assert_eq!(sizes, expected);
    }
}

#[test]
fn a_row_is_read_with_exact_numbers() {
    let item = read(&[
        ("id", "42"),
        ("itemid", "MUG"),
        ("sku_key", " AMZ-MUG "),
        ("kind", "InvtPart"),
        ("inactive", "F"),
        ("on_hand", "12345678901234567.89"),
        ("committed", "3"),
        ("back_ordered", ".5"),
        ("averagecostmli", "4.1250"),
        ("islotitem", "F"),
        ("isserialitem", "F"),
        ("shown", "7"),
        ("shown_at", "2026-03-01T09:00:00"),
    ]);
    assert_eq!((item.id.as_str(), item.name.as_str(), item.key.as_deref()), ("42", "MUG", Some(" AMZ-MUG ")));
    assert_eq!((&item.kind, item.tracking), (&StockItemKind::Inventory, StockTracking::None));
    assert!(!item.is_inactive);
    assert_eq!(item.levels.on_hand, exact("12345678901234567.89"));
    assert_eq!(item.levels.demand(), exact("3.5"));
    assert_eq!(item.levels.average_cost, Some(exact("4.1250")));
    assert_eq!(item.levels.in_unsellable_bin, None);
    assert_eq!(item.shown, Some(exact("7")));
    assert_eq!(
        item.shown_at,
        Some("2026-03-01T17:00:00Z".parse().unwrap()),
        "texts are in the account's zone"
    );
}

#[test]
fn what_is_not_there_is_nothing() {
    let item = read(&[("id", "42"), ("kind", "NonInvtPart"), ("inactive", "T"), ("shown_at", "yesterday")]);
    assert_eq!(item.levels, StockLevels::default());
    assert_eq!((item.name.as_str(), item.key, item.shown, item.shown_at), ("42", None, None, None));
    assert_eq!(item.kind, StockItemKind::Other("NonInvtPart".to_owned()));
    assert!(item.is_inactive);
}

#[test]
fn a_level_that_is_no_number_is_not_taken_for_nothing() {
    let row = row(&[("id", "42"), ("on_hand", "plenty")]);
    assert!(stock_item(&row, chrono_tz::UTC, PAGE).is_err());
}

#[test]
fn items_say_how_their_units_are_told_apart() {
    for (lot, serial, expected) in
        [("T", "F", StockTracking::Lot), ("F", "T", StockTracking::Serial), ("F", "F", StockTracking::None)]
    {
        assert_eq!(read(&[("id", "1"), ("islotitem", lot), ("isserialitem", serial)]).tracking, expected);
    }
}

#[test]
fn fields_of_the_item_are_asked_for_only_when_they_are_kept() {
    let mut stock = stock();
    let text = |stock: &StockQuerySettings| items_query(PAGE, &settings(), stock, NOTHING, "").text;
    assert!(!text(&stock).contains("custitem_amz_available"));
    stock.shows_on_items = true;
    assert!(text(&stock).contains("i.custitem_amz_available AS shown, TO_CHAR(i.custitem_amz_stock_at, "));
}

#[test]
fn with_bins_the_sellable_bin_counts_and_an_item_in_neither_has_nothing() {
    let mut stock = stock();
    let mut items = vec![read(&[("id", "1"), ("on_hand", "9")]), read(&[("id", "2"), ("on_hand", "9")])];
    assert!(bins_query(&stock, &items).is_none());
    stock.bins = Some(StockBins { sellable: "21".into(), unsellable: "22".into() });
    assert!(bins_query(&stock, &[]).is_none());
    let query = bins_query(&stock, &items).unwrap();
    assert_eq!(query.parameters, ["21", "22", "7", "21", "22", "1", "2"]);
    assert_eq!(query.text.matches('?').count(), query.parameters.len());

    put_bins(&mut items, &[row(&[("item", "1"), ("sellable", "4"), ("unsellable", "2.5")])]).unwrap();
    let levels: Vec<_> =
        items.iter().map(|item| (item.levels.on_hand, item.levels.in_unsellable_bin)).collect();
    assert_eq!(levels, [(exact("4"), Some(exact("2.5"))), (Decimal::ZERO, Some(Decimal::ZERO))]);
}
