//! SKUs, their items, and items that stand in each other's way.

use super::*;

fn with_aliases(aliases: Vec<Alias>) -> InventorySettings {
    InventorySettings { aliases, ..settings() }
}

#[test]
fn what_has_no_stock_of_its_own_is_reported_and_not_written() {
    let with = |kind, tracking| StockItem { kind, tracking, ..item("1", "A", 1) };
    let table = [
        (with(StockItemKind::Kit, StockTracking::None), Mismatch::Kit),
        (with(StockItemKind::Other("Service".into()), StockTracking::None), Mismatch::NotStocked),
        (with(StockItemKind::Inventory, StockTracking::Lot), Mismatch::Lot),
        (with(StockItemKind::Assembly, StockTracking::Serial), Mismatch::Serial),
        (StockItem { is_inactive: true, ..item("1", "A", 1) }, Mismatch::Inactive),
    ];
    for (item, mismatch) in table {
        assert_eq!(one_mismatch(&compared(settings(), &[item], &[known("A", 9)])), mismatch);
    }
}

#[test]
fn skus_without_an_item_are_reported_unless_they_are_to_be_ignored() {
    let aliases = vec![
        alias("B", Some("99"), None),
        alias("C", None, Some(Counting::Ignore)),
        alias("F", Some("1"), None),
    ];
    let found = "Amazon.Found.B00X";
    let gone = missing(known("D", 3), 2);
    let never = KnownStock { sku: "E".into(), reading: None, absence: None };
    let mut no_key = item("1", "", 0);
    no_key.key = None;
    let stock = [known("A", 9), known("B", 9), known("C", 9), known(found, 1), gone, never, known("F", 0)];
    let compared = compared(with_aliases(aliases), &[no_key], &stock);
    let expected = [
        (Mismatch::Unmapped, vec![]),
        (Mismatch::AliasWithoutItem, vec!["99"]),
        (Mismatch::FoundByAmazon, vec![]),
    ];
    assert_eq!(kinds(&compared.mismatches), expected);
    assert_eq!(compared.in_step, 1);
}

#[test]
fn an_item_with_the_same_key_on_a_later_page_withdraws_the_earlier_difference() {
    let items = [item("1", "A", 1), item("5", "B", 4), item("9", "A", 9), item("12", "A", 0)];
    let compared = compared(settings(), &items, &[known("A", 9), known("B", 3)]);
    assert_eq!(moves(&compared), [("5", units(-1))]);
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Ambiguous, vec!["1", "12", "9"])]);
    assert_eq!((compared.in_step, compared.compared), (0, 4));
}

#[test]
fn an_item_out_of_use_makes_no_sku_ambiguous() {
    let old = StockItem { is_inactive: true, ..item("1", "A", 0) };
    let compared = compared(settings(), &[old, item("2", "A", 1)], &[known("A", 3)]);
    assert_eq!(moves(&compared), [("2", units(2))]);
    assert!(compared.mismatches.is_empty());
}

#[test]
fn an_item_that_comes_twice_counts_once() {
    let twice = [item("1", "A", 1), item("1", "A", 1), item("2", "B", 2), item("2", "B", 2)];
    let compared = compared(settings(), &twice, &[known("A", 3), known("B", 2)]);
    assert_eq!(moves(&compared), [("1", units(2))]);
    assert_eq!((compared.in_step, compared.compared), (1, 2));
    assert!(compared.mismatches.is_empty());
}

#[test]
fn several_skus_of_one_item_add_up_only_when_told() {
    let told = |counting| {
        let aliases = vec![alias("A", Some("1"), counting), alias("B", Some("1"), counting)];
        with_aliases(aliases)
    };
    let stock = [known("A", 3), known("B", 4)];
    let items = [item("1", "A", 1)];
    assert_eq!(one_mismatch(&compared(told(None), &items, &stock)), Mismatch::SeveralSkus);
    assert_eq!(moves(&compared(told(Some(Counting::Sum)), &items, &stock)), [("1", units(6))]);
    let shared = [known_in("X", "A", 3), known_in("X", "B", 3)];
    let summed = compared(told(Some(Counting::Sum)), &items, &shared);
    assert_eq!(one_mismatch(&summed), Mismatch::SharedUnits);
}

#[test]
fn items_that_share_units_are_left_alone_unless_only_one_counts() {
    let items = [item("1", "A", 3), item("2", "B", 1)];
    let stock = [known_in("X", "A", 3), known_in("X", "B", 3)];
    let untold = compared(settings(), &items, &stock);
    assert_eq!((moves(&untold), untold.in_step), (vec![], 0));
    assert_eq!(kinds(&untold.mismatches), [(Mismatch::SharedUnits, vec!["1", "2"])]);
    let only_b = vec![alias("A", None, Some(Counting::Ignore)), alias("B", None, Some(Counting::Primary))];
    let told = compared(with_aliases(only_b), &items, &stock);
    assert_eq!(moves(&told), [("2", units(2))]);
    assert_eq!(told.mismatches, []);
}

#[test]
fn the_catalogue_finds_the_skus_of_an_item() {
    let settings = InventorySettings { match_by: MatchBy::Catalog, ..settings() };
    let catalog = HashMap::from([(Sku::from("A"), "p1".to_owned())]);
    let comparison = Comparison::new(Arc::new(settings), UnsentUnits::default(), Vec::new(), Some(catalog));
    let compared = run(comparison, &[item("1", "p1", 1)], &[known("A", 3), known("B", 3)]);
    assert_eq!(moves(&compared), [("1", units(2))]);
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Unmapped, vec![])]);
}

#[test]
fn an_item_that_is_compared_anew_counts_once_and_by_what_was_said_last() {
    let mut comparison = comparison(settings());
    comparison.item(&item("1", "A", 1), &[known("A", 3)]);
    comparison.item(&item("2", "B", 3), &[known("B", 3)]);
    comparison.item_again(&item("1", "A", 3), &[known("A", 3)]);
    comparison.item_again(&item("2", "B", 1), &[known("B", 3)]);
    assert!(!comparison.is_open(&"1".into()) && comparison.is_open(&"2".into()));
    let compared = comparison.finish();
    assert_eq!((compared.in_step, compared.compared), (1, 2));
    assert_eq!(moves(&compared), [("2", units(2))]);
}

#[test]
fn an_item_beside_takes_part_in_conflicts_and_in_nothing_else() {
    let mut comparison = comparison(settings());
    comparison.item(&item("1", "A", 1), &[known("A", 3)]);
    comparison.beside(&item("2", "A", 1), &[known("A", 3)]);
    comparison.item(&item("3", "B", 3), &[known("B", 3)]);
    comparison.beside(&item("4", "C", 1), &[known("C", 3)]);
    let compared = comparison.finish();
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Ambiguous, vec!["1", "2"])]);
    assert_eq!((compared.in_step, compared.compared, moves(&compared).len()), (1, 2, 0));
}
