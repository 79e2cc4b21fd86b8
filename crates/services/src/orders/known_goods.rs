//! Reads what a plan must know of the items on an order's lines.

use std::collections::{HashMap, HashSet};

use amz_domain::{AmazonOrder, Generation, ItemId, SalesOrder, Sku};

use super::adopt::adopt;
use super::kits::kits_held_as_parts;
use super::plan::{items_needed, kits_needed};
use crate::failure::PortError;
use crate::link::SentOrder;
use crate::parking::Reason;
use crate::ports::Items;
use crate::ports::netsuite::KitMember;
use crate::settings::ServiceSettings;

/// SKUs and kits learned in one look; each item is asked for once.
#[derive(Debug, Default)]
pub(super) struct KnownGoods {
    asked: HashSet<ItemId>,
    /// SKUs of items.
    pub(super) skus: HashMap<ItemId, Sku>,
    /// What kits consist of.
    pub(super) kits: HashMap<ItemId, Vec<KitMember>>,
}

impl KnownGoods {
    /// Learns what a plan for the order needs and is not known yet.
    pub(super) async fn learn(
        &mut self,
        items: &dyn Items,
        order: &SalesOrder,
        sent: Option<&SentOrder>,
        settings: &ServiceSettings,
    ) -> Result<(), PortError> {
        learn_members(items, kits_needed(order, sent, settings), &mut self.kits).await?;
        let needed = items_needed(order, sent, settings, &self.kits);
        let new: Vec<ItemId> = needed.into_iter().filter(|item| self.asked.insert(item.clone())).collect();
        if !new.is_empty() {
            self.skus.extend(items.skus(&new).await?);
        }
        Ok(())
    }
}

async fn learn_members(
    items: &dyn Items,
    kits: Vec<ItemId>,
    known: &mut HashMap<ItemId, Vec<KitMember>>,
) -> Result<(), PortError> {
    let new: Vec<ItemId> = kits.into_iter().filter(|kit| !known.contains_key(kit)).collect();
    for kit in new {
        let members = items.kit_members(&kit).await?;
        known.insert(kit, members);
    }
    Ok(())
}

/// What an order that Amazon holds has from us, or why it is not ours. Reads the members of kits that Amazon does
/// not hold as they are sold.
pub(super) async fn held_from_us(
    items: &dyn Items,
    order: &SalesOrder,
    found: &AmazonOrder,
    generation: Generation,
) -> Result<Result<SentOrder, Reason>, PortError> {
    let mut kits = HashMap::new();
    learn_members(items, kits_held_as_parts(order, found, generation), &mut kits).await?;
    Ok(adopt(order, found, generation, &kits))
}

#[cfg(test)]
mod tests {
    use amz_domain::{ItemKind, Quantity};
    use rust_decimal::Decimal;

    use super::*;
    use crate::orders::fixtures::{line, sales_order, settings};
    use crate::ports::netsuite::MockItems;
    use crate::settings::Kits;

    #[tokio::test]
    async fn a_kit_on_two_lines_is_asked_for_once_and_so_are_its_parts() {
        let mut items = MockItems::new();
        let member = KitMember { item: "P".into(), quantity: Quantity(2) };
        items
            .expect_kit_members()
            .withf(|kit| kit.as_str() == "K")
            .times(1)
            .returning(move |_| Ok(vec![member.clone()]));
        let skus = HashMap::from([(ItemId::from("P"), Sku::from("SKU-P"))]);
        items
            .expect_skus()
            .withf(|asked| asked == [ItemId::from("P")])
            .times(1)
            .returning(move |_| Ok(skus.clone()));
        let mut order = sales_order(vec![line(1, "K", 1, Decimal::ONE), line(2, "K", 3, Decimal::ONE)]);
        order.lines.iter_mut().for_each(|line| line.kind = ItemKind::Kit);
        let settings = ServiceSettings { kits: Kits::AsParts, ..settings() };

        let mut goods = KnownGoods::default();
        for _ in 0..2 {
            goods.learn(&items, &order, None, &settings).await.unwrap();
        }
        assert_eq!(goods.kits[&ItemId::from("K")].len(), 1);
        assert_eq!(goods.skus[&ItemId::from("P")], "SKU-P".into());
    }
}
