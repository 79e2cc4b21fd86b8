use rust_decimal::Decimal;

use super::super::fixtures::{alias, item, settings, units};
use super::*;

fn matching(match_by: MatchBy, aliases: Vec<Alias>) -> Matching {
    Matching::new(Arc::new(InventorySettings { match_by, aliases, ..settings() }), None)
}

fn skus(names: &[&str]) -> Vec<Sku> {
    names.iter().map(|name| Sku::from(*name)).collect()
}

#[test]
fn a_sku_is_the_key_of_its_item_byte_for_byte() {
    let matching = matching(MatchBy::ItemField, Vec::new());
    assert_eq!(matching.skus_of(&item("1", " a-B ", 0)), skus(&[" a-B "]));
    assert_eq!(matching.skus_of(&item("1", "", 0)), skus(&[]));
    let (keys, items) = matching.keys_of(&skus(&["b", "A", "a", "A"]));
    assert_eq!(keys, ["A", "a", "b"]);
    assert!(items.is_empty());
}

#[test]
fn an_alias_names_the_item_by_id_and_takes_the_sku_from_the_rule() {
    let aliases = vec![alias("A", Some("2"), None), alias("B", None, Some(Counting::Primary))];
    let matching = matching(MatchBy::Upc, aliases);
    assert_eq!(matching.skus_of(&item("1", "A", 0)), skus(&[]));
    assert_eq!(matching.skus_of(&item("2", "C", 0)), skus(&["A", "C"]));
    assert_eq!(matching.skus_of(&item("3", "B", 0)), skus(&["B"]));
    let (keys, items) = matching.keys_of(&skus(&["A", "B", "C"]));
    assert_eq!((keys, items), (vec!["B".to_owned(), "C".to_owned()], vec!["2".into()]));
    assert_eq!(matching.aliased_items(), ["2".into()]);
}

#[test]
fn the_catalogue_matches_by_the_merchants_own_id_of_the_product() {
    let settings = InventorySettings { match_by: MatchBy::Catalog, ..settings() };
    let catalog = [("A", "p1"), ("B", "p1"), ("C", "p2")];
    let catalog = catalog.map(|(sku, id)| (Sku::from(sku), id.to_owned())).into();
    let matching = Matching::new(Arc::new(settings.clone()), Some(catalog));
    assert_eq!(matching.skus_of(&item("1", "p1", 0)), skus(&["A", "B"]));
    assert_eq!(matching.skus_of(&item("1", "A", 0)), skus(&[]));
    assert_eq!(matching.keys_of(&skus(&["A", "B", "D"])).0, ["p1"]);
    let without = Matching::new(Arc::new(settings), None);
    assert!(without.keys_of(&skus(&["A"])).0.is_empty());
}

#[test]
fn skus_that_amazon_made_are_matched_only_by_an_alias() {
    let sku = "Amazon.Found.B00X";
    let by_rule = matching(MatchBy::ItemField, Vec::new());
    assert!(by_rule.skus_of(&item("1", sku, 0)).is_empty());
    assert!(by_rule.keys_of(&skus(&[sku])).0.is_empty());
    let by_alias = matching(MatchBy::ItemField, vec![alias(sku, Some("1"), None)]);
    assert_eq!(by_alias.skus_of(&item("1", "A", 0)), skus(&["A", sku]));
}

#[test]
fn buffers_of_an_items_skus_replace_the_buffer_of_all() {
    let mut one = alias("A", Some("1"), None);
    one.buffer = Some(Buffer { units: units(1), share: Decimal::ZERO });
    let mut other = alias("B", Some("1"), None);
    other.buffer = Some(Buffer { units: Decimal::ZERO, share: Decimal::new(1, 1) });
    let mut settings = InventorySettings { aliases: vec![one, other], ..settings() };
    settings.buffer = Buffer { units: units(9), share: Decimal::ZERO };
    let matching = Matching::new(Arc::new(settings), None);
    assert_eq!(matching.buffer_of(&skus(&["C"])).units, units(9));
    let both = Buffer { units: units(1), share: Decimal::new(1, 1) };
    assert_eq!(matching.buffer_of(&skus(&["A", "B"])), both);
}

#[test]
fn several_skus_count_only_as_they_were_told_to() {
    use Counting::{Ignore, Primary, Sum};
    // counting, whether Amazon ever showed it, physical stock
    type Row = (Option<Counting>, bool, Option<&'static str>);
    let (a, b) = (Sku::from("A"), Sku::from("B"));
    let table: [(Row, Row, Counted<'_>); 13] = [
        ((None, true, None), (None, true, None), Counted::Several),
        ((Some(Sum), true, None), (None, true, None), Counted::Several),
        ((Some(Sum), true, None), (Some(Sum), true, None), Counted::These(vec![&a, &b])),
        ((Some(Sum), true, Some("X")), (Some(Sum), true, Some("Y")), Counted::These(vec![&a, &b])),
        ((Some(Sum), true, Some("X")), (Some(Sum), true, Some("X")), Counted::Shared),
        ((Some(Primary), true, Some("X")), (None, true, Some("X")), Counted::These(vec![&a])),
        ((Some(Primary), false, None), (None, true, None), Counted::These(vec![&a])),
        ((Some(Primary), true, None), (Some(Primary), true, None), Counted::Several),
        ((Some(Primary), true, None), (Some(Sum), true, None), Counted::Several),
        ((None, true, None), (Some(Ignore), true, None), Counted::These(vec![&a])),
        ((Some(Ignore), true, None), (Some(Ignore), true, None), Counted::These(vec![])),
        ((None, true, None), (None, false, None), Counted::These(vec![&a])),
        ((None, false, None), (None, false, None), Counted::These(vec![&a, &b])),
    ];
    for (row_a, row_b, expected) in &table {
        let aliases = vec![alias("A", Some("1"), row_a.0), alias("B", Some("1"), row_b.0)];
        let matching = matching(MatchBy::ItemField, aliases);
        let pools = [row_a.2, row_b.2].map(|pool| pool.map(FulfillmentSku::from));
        let candidate = |sku, row: &Row, pool| Candidate {
            sku,
            was_read: row.1,
            is_ignored: row.0 == Some(Ignore),
            fulfillment_sku: pool,
        };
        let candidates = [candidate(&a, row_a, pools[0].as_ref()), candidate(&b, row_b, pools[1].as_ref())];
        assert_eq!(matching.counted(&candidates), *expected, "{row_a:?} {row_b:?}");
    }
}
