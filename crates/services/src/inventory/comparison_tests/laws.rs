//! What holds of any stock.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normal_sales_cost_no_adjustment_at_any_moment(
        sales in prop::collection::vec(sale(), 1..5), spare in 0i64..5, kept in 0i64..4,
        read_at in 0i64..140, since in 0i64..60,
    ) {
        let now = read_at + since;
        let sum = |counts: &dyn Fn(&Sale) -> bool| -> i64 {
            sales.iter().filter(|sale| counts(sale)).map(|sale| sale.units).sum()
        };
        let stocked = sum(&|_| true) + spare + kept;
        let mut sold = item("1", "A", stocked - kept - sum(&|sale| sale.shipped <= now));
        sold.levels.committed = units(sum(&|sale| sale.ordered <= now && now < sale.shipped));
        let figure = stocked - sum(&|sale| sale.reserved <= read_at);
        let mut stock = known("A", 0);
        stock.reading = Some(reading("A", u32::try_from(figure).unwrap(), read_at));

        let mut waiting = Vec::new();
        let mut orders = Vec::new();
        for (number, sale) in sales.iter().enumerate() {
            let order = number.to_string();
            if sale.ordered <= now && now < sale.marked {
                waiting.push((order.clone(), sale.units));
            }
            let lines = [("A", u32::try_from(sale.units).unwrap())];
            if sale.sent <= now && now < sale.accepted {
                orders.push(taken(&order, None, &[]));
            } else if sale.accepted <= now && sale.accepted >= read_at - 10 {
                orders.push(taken(&order, Some(sale.accepted), &lines));
            }
        }
        let waiting: Vec<(&str, &str, i64)> =
            waiting.iter().map(|(order, quantity)| (order.as_str(), "1", *quantity)).collect();
        let settings = InventorySettings {
            buffer: Buffer { units: units(kept), share: Decimal::ZERO },
            ..settings()
        };
        let comparison = Comparison::new(Arc::new(settings), unsent(&waiting), orders, None);
        let compared = run(comparison, &[sold], &[stock]);
        prop_assert_eq!(&compared.differences, &[]);
        prop_assert_eq!(compared.mismatches, []);
    }

    #[test]
    fn the_order_of_items_does_not_matter_and_nothing_is_invented(
        (items, shuffled) in prop::collection::vec(any_item(), 0..8)
            .prop_map(numbered)
            .prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        stock in prop::collection::vec(any_known(), 0..6).prop_map(by_sku),
        counting in prop::collection::vec(any_counting(), 4),
        zero in any::<bool>(),
    ) {
        let skus = ["A", "B", "C", "D"];
        let aliases = skus.iter().zip(counting).map(|(sku, (item, counting))| alias(sku, item, counting));
        let settings = InventorySettings {
            aliases: aliases.collect(),
            absent: if zero { WhenAbsent::Zero } else { WhenAbsent::Keep },
            ..settings()
        };
        let one = compared(settings.clone(), &items, &stock);
        prop_assert_eq!(&one, &compared(settings, &shuffled, &stock));

        let reported: BTreeSet<&str> = kinds(&one.mismatches).into_iter().flat_map(|(_, items)| items).collect();
        prop_assert_eq!(one.compared >= one.in_step + one.differences.len() as u64, true);
        for found in &one.differences {
            prop_assert!(!reported.contains(found.item.as_str()), "written and reported");
            let figure: Decimal = found.arithmetic.amazon.iter().map(|amazon| amazon.units).sum();
            prop_assert!(found.arithmetic.target <= figure + found.arithmetic.demand);
            for amazon in &found.arithmetic.amazon {
                let of_sku = stock.iter().find(|known| known.sku == amazon.sku).unwrap();
                let absent = of_sku.absence.map_or(0, |absence| absence.times);
                prop_assert!(absent == 0 || (zero && absent > 1), "absence moved stock before its time");
            }
        }
    }
}

fn any_counting() -> impl Strategy<Value = (Option<&'static str>, Option<Counting>)> {
    let counting = [None, None, Some(Counting::Sum), Some(Counting::Primary), Some(Counting::Ignore)];
    (prop::sample::select(vec![None, None, Some("1"), Some("2")]), prop::sample::select(counting.to_vec()))
}

fn any_item() -> impl Strategy<Value = StockItem> {
    let key = prop::sample::select(vec!["A", "B", "C", "D", "E", ""]);
    let kinds = vec![StockItemKind::Inventory, StockItemKind::Inventory, StockItemKind::Kit];
    (key, prop::sample::select(kinds), 0i64..9, 0i64..4, 0u8..5).prop_map(
        |(key, kind, on_hand, demand, active)| {
            let mut item = StockItem { kind, is_inactive: active == 0, ..item("", key, on_hand) };
            item.levels.committed = units(demand);
            item
        },
    )
}

/// Items with ids of their own.
fn numbered(mut items: Vec<StockItem>) -> Vec<StockItem> {
    for (number, item) in items.iter_mut().enumerate() {
        item.id = ItemId::new(number.to_string());
    }
    items
}

fn any_known() -> impl Strategy<Value = KnownStock> {
    let skus = prop::sample::select(vec!["A", "B", "C", "D", "E", "F"]);
    let pools = prop::sample::select(vec!["X", "Y", "Z", "U", "V", "W"]);
    (skus, pools, 0u32..9, 0u32..4).prop_map(|(sku, pool, figure, times)| {
        let known = known_in(pool, sku, figure);
        if times == 0 || times == 3 { known } else { missing(known, times) }
    })
}

/// Each SKU once.
fn by_sku(mut stock: Vec<KnownStock>) -> Vec<KnownStock> {
    stock.sort_by(|one, other| one.sku.cmp(&other.sku));
    stock.dedup_by(|one, other| one.sku == other.sku);
    stock
}
