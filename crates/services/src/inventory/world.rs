//! Amazon's stock, NetSuite's stock and the store in memory, behind the mocked ports: what is written is there in the
//! next look.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use amz_domain::{
    ConnectionName, FulfillmentSku, InventoryItemId, ItemId, Quantity, Sku, StockFigures, StockReading,
    StockRunId,
};
use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::*;
use crate::connection::{Connection, Stock, mocked};
use crate::failure::{Failure, PortError, StoreError};
use crate::intent::{Intent, IntentChange, IntentKey, IntentState};
use crate::lane::{LaneEnd, work};
use crate::parking::{Parked, Reason};
use crate::ports::StockRecords;
use crate::ports::documents::{CLOSED_PERIOD, MockAccountingPeriods};
use crate::ports::ledger::MockLedger;
use crate::ports::netsuite::{KitMember, MockItems};
use crate::ports::stock::{
    CatalogPage, CatalogProduct, MockAmazonCatalog, MockAmazonStock, MockStockItems, MockStockWrites,
    NewStockDocument, ShownStock, StockItemsPage, StockStep, StockStream, UnsentLine,
};
use crate::settings::{InventorySettings, Kits, ServiceSettings};
use crate::work::{Ask, Claim, Lane, LaneKey, LaneRequest, Lease};

/// What becomes of a document that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// NetSuite makes it, and the answer is lost.
    AnswerLost,
    /// It never arrives, and nobody knows.
    NeverArrives,
    /// NetSuite makes it long after we gave it up.
    ArrivesLate,
    /// The process dies before it is sent.
    DiesBefore,
    /// NetSuite makes it, and the process dies.
    DiesAfter,
}

/// All that the ports show and take.
pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) settings: InventorySettings,
    /// Amazon's fulfillable units; `None` is a SKU without figures.
    pub(super) amazon: BTreeMap<Sku, Option<u32>>,
    /// When its figures last moved.
    pub(super) changed_at: Option<DateTime<Utc>>,
    /// What a crawl leaves out although it is there.
    pub(super) hidden: Vec<Sku>,
    /// A reading breaks off after so many pages, with this.
    pub(super) breaks: Option<(usize, Failure)>,
    pub(super) page_size: usize,
    /// A crawl begins anew after its first page.
    pub(super) restarts: bool,
    /// Since when taken orders were last read.
    pub(super) taken_since: Option<DateTime<Utc>>,
    /// SKUs that were asked for by name, call by call.
    pub(super) named: Vec<Vec<Sku>>,
    pub(super) crawls: usize,
    pub(super) products: Vec<CatalogProduct>,
    pub(super) product_calls: usize,
    /// The catalogue fails so.
    pub(super) catalog_fails: Option<Failure>,
    /// What every kit consists of.
    pub(super) kit_members: Result<Vec<KitMember>, Failure>,
    /// Reading items fails so.
    pub(super) items_fail: Option<Failure>,
    /// Failed tries of the lane's work so far.
    pub(super) attempts: u32,
    pub(super) catalog_pages: usize,
    /// What the process remembers of the catalogue.
    pub(super) remembered: Arc<RememberedProducts>,
    /// Which units SKUs stand for.
    pub(super) pools: BTreeMap<Sku, FulfillmentSku>,
    /// Units of an item that are ordered just before the n-th page of items is read.
    pub(super) sale: Option<(usize, ItemId, i64)>,
    pub(super) items_per_page: usize,
    pub(super) items: BTreeMap<ItemId, StockItem>,
    pub(super) unsent: Vec<UnsentLine>,
    pub(super) taken: Vec<TakenOrder>,
    pub(super) page_reads: usize,
    pub(super) finds: usize,
    pub(super) unsent_reads: usize,
    /// Documents that NetSuite has.
    pub(super) documents: Vec<NewStockDocument>,
    pub(super) sends: usize,
    /// Documents that NetSuite is still at work on.
    late: Vec<NewStockDocument>,
    pub(super) shown: Vec<ShownStock>,
    /// What becomes of the next documents, in order.
    pub(super) fates: Vec<Fate>,
    /// Items whose lines NetSuite refuses.
    pub(super) refused: Vec<ItemId>,
    /// Somebody else moves so many units of an item, each time a document is made.
    pub(super) meddler: Option<(ItemId, Vec<i64>)>,
    /// Days before this one are closed.
    pub(super) open_from: Option<NaiveDate>,
    pub(super) is_dead: bool,
    pub(super) intents: HashMap<IntentKey, Intent>,
    pub(super) parked: BTreeMap<String, Reason>,
    pub(super) known: BTreeMap<Sku, KnownStock>,
    /// SKUs that are to be looked at again, and when.
    pub(super) again: BTreeMap<Sku, DateTime<Utc>>,
    pub(super) runs: BTreeMap<StockRunId, StockRun>,
    pub(super) run_writes: usize,
    pub(super) reports: BTreeMap<StockRunId, Vec<ReportRow>>,
    pub(super) aliases: BTreeMap<InventoryItemId, Sku>,
    fence: i64,
}

/// Handle of a world.
#[derive(Clone)]
pub(super) struct Stage(Arc<Mutex<World>>);

pub(super) fn sku(number: usize) -> Sku {
    Sku::new(format!("SKU-{number:05}"))
}

pub(super) fn item_id(number: usize) -> ItemId {
    ItemId::new(format!("{}", 10_000 + number))
}

/// An order that Amazon took with units of one SKU, of which the item is not known.
pub(super) fn taken(order: &str, taken_at: Option<DateTime<Utc>>, sku: Sku, units: u32) -> TakenOrder {
    let line = TakenLine { sku: Some(sku), item: None, quantity: Quantity(units) };
    TakenOrder { sales_order: order.into(), sent_at: taken_at, taken_at, lines: vec![line] }
}

/// An item that carries the SKU of the same number.
pub(super) fn item(number: usize, on_hand: i64) -> StockItem {
    StockItem {
        id: item_id(number),
        name: format!("Item {number}"),
        key: Some(sku(number).as_str().to_owned()),
        kind: StockItemKind::Inventory,
        tracking: StockTracking::None,
        is_inactive: false,
        levels: StockLevels { on_hand: Decimal::from(on_hand), ..StockLevels::default() },
        shown: None,
        shown_at: None,
    }
}

pub(super) fn request(id: &str) -> StockRunRequest {
    StockRunRequest { id: id.into(), by: RunBeginner::Operator, plan_only: false, skus: Vec::new() }
}

impl World {
    /// A sales order wants units of an item, and is not yet sent to Amazon.
    fn order(&mut self, item: ItemId, units: i64) {
        let quantity = Decimal::from(units);
        self.items.get_mut(&item).unwrap().levels.committed += quantity;
        let kind = StockItemKind::Inventory;
        self.unsent.push(UnsentLine { sales_order: "42".into(), item, kind, quantity });
    }
}

impl Stage {
    /// Amazon has `amazon` units of the SKUs 0, 1, …, and NetSuite `on_hand`.
    pub(super) fn new(stock: &[(u32, i64)]) -> Self {
        let numbered = || stock.iter().enumerate();
        Self(Arc::new(Mutex::new(World {
            now: "2026-03-02T17:00:00Z".parse().unwrap(),
            settings: InventorySettings::new("9".into()),
            amazon: numbered().map(|(number, (amazon, _))| (sku(number), Some(*amazon))).collect(),
            changed_at: None,
            hidden: Vec::new(),
            breaks: None,
            page_size: 50,
            restarts: false,
            taken_since: None,
            named: Vec::new(),
            crawls: 0,
            products: Vec::new(),
            product_calls: 0,
            catalog_fails: None,
            kit_members: Ok(vec![KitMember { item: item_id(0), quantity: Quantity(2) }]),
            items_fail: None,
            attempts: 0,
            catalog_pages: 0,
            remembered: Arc::default(),
            pools: BTreeMap::new(),
            sale: None,
            items_per_page: 1_000,
            items: numbered().map(|(number, (_, here))| (item_id(number), item(number, *here))).collect(),
            unsent: Vec::new(),
            taken: Vec::new(),
            page_reads: 0,
            finds: 0,
            unsent_reads: 0,
            documents: Vec::new(),
            sends: 0,
            late: Vec::new(),
            shown: Vec::new(),
            fates: Vec::new(),
            refused: Vec::new(),
            meddler: None,
            open_from: None,
            is_dead: false,
            intents: HashMap::new(),
            parked: BTreeMap::new(),
            known: BTreeMap::new(),
            again: BTreeMap::new(),
            runs: BTreeMap::new(),
            run_writes: 0,
            reports: BTreeMap::new(),
            aliases: BTreeMap::new(),
            fence: 0,
        })))
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Something of the world; the world is free again before anything else is asked of it.
    pub(super) fn see<Seen>(&self, what: impl FnOnce(&World) -> Seen) -> Seen {
        what(&self.world())
    }

    pub(super) fn on_hand(&self, number: usize) -> i64 {
        let on_hand = self.world().items[&item_id(number)].levels.on_hand;
        on_hand.to_string().parse().unwrap()
    }

    /// Codes of what is parked, by subject.
    pub(super) fn parked(&self) -> Vec<(String, String)> {
        self.world().parked.iter().map(|(subject, reason)| (subject.clone(), reason.code.clone())).collect()
    }

    pub(super) fn run(&self, id: &str) -> StockRun {
        self.world().runs[&StockRunId::from(id)].clone()
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.world().now += Duration::seconds(seconds);
    }

    /// One look at a lane, a second after the last.
    pub(super) async fn look(&self, lane: Lane, asks: &[Ask]) -> Result<LaneEnd, StoreError> {
        self.advance(1);
        let fence = {
            let mut world = self.world();
            world.is_dead = false;
            world.fence += 1;
            world.fence
        };
        let key = LaneKey { connection: "main".into(), lane };
        let lease = Lease { key, owner: "test".into(), fence };
        let claim = Claim { lease, asks: asks.to_vec(), through: 1, attempts: self.world().attempts };
        work(&self.connection(), &claim, 0).await
    }

    /// Looks at the lane that reads, and then as often as it asks for at the lane that writes. Returns what is asked
    /// for later.
    pub(super) async fn synchronize(&self, request: StockRunRequest) -> Vec<LaneRequest> {
        let end = self.look(Lane::StockReading, &[Ask::ReadStock(request)]).await.unwrap();
        let asked = completed(end);
        self.levels(&asked.into_iter().map(|asked| asked.ask).collect::<Vec<_>>()).await
    }

    /// Looks at the lane that writes until its work is complete.
    pub(super) async fn levels(&self, asks: &[Ask]) -> Vec<LaneRequest> {
        if asks.is_empty() {
            return Vec::new();
        }
        for _ in 0..20 {
            match self.look(Lane::StockLevels, asks).await {
                Ok(LaneEnd::Complete { redirect, .. }) => return redirect,
                Ok(LaneEnd::Postpone { at, .. }) => self.world().now = at,
                Ok(other) => panic!("unexpected end {other:?}"),
                // another worker takes the lane over once the lease has lapsed
                Err(_) => {}
            }
        }
        panic!("the lane does not come to rest")
    }

    pub(super) fn connection(&self) -> Connection {
        let clock = self.clone();
        let (settings, products) = self.see(|world| (world.settings.clone(), Arc::clone(&world.remembered)));
        // every kit goes as two units of the first item
        let unclear_wait = std::time::Duration::from_secs(60);
        let service =
            ServiceSettings { kits: Kits::AsParts, unclear_wait, ..crate::orders::fixtures::settings() };
        let mut members = MockItems::new();
        let kits = self.clone();
        members.expect_kit_members().returning(move |_| kits.world().kit_members.clone().map_err(failed));
        Connection {
            accounting_periods: Arc::new(self.periods()),
            ledger: Arc::new(self.ledger()),
            stock: Some(Stock {
                settings: Arc::new(settings),
                amazon: Arc::new(self.amazon()),
                catalog: Arc::new(self.catalog()),
                products,
                items: Arc::new(self.items()),
                writes: Arc::new(self.writes()),
                records: Arc::new(self.clone()),
            }),
            items: Arc::new(members),
            ..mocked(service, Arc::new(move || clock.world().now))
        }
    }

    fn amazon(&self) -> MockAmazonStock {
        let mut mock = MockAmazonStock::new();
        let stage = self.clone();
        mock.expect_named().returning(move |skus, _| {
            let mut world = stage.world();
            world.named.push(skus.clone());
            let (there, missing) = skus.into_iter().partition(|sku| world.amazon.contains_key(sku));
            Box::new(Stream { stage: stage.clone(), left: there, missing, pages: 0, total: 0 })
        });
        let stage = self.clone();
        mock.expect_crawl().returning(move || {
            let mut world = stage.world();
            world.crawls += 1;
            let left = world.amazon.keys().filter(|sku| !world.hidden.contains(sku)).cloned().collect();
            Box::new(Stream { stage: stage.clone(), left, missing: Vec::new(), pages: 0, total: 0 })
        });
        mock
    }

    fn catalog(&self) -> MockAmazonCatalog {
        let mut mock = MockAmazonCatalog::new();
        let stage = self.clone();
        mock.expect_product_of().returning(move |item| {
            let mut world = stage.world();
            world.product_calls += 1;
            if let Some(failure) = world.catalog_fails {
                return Err(failed(failure));
            }
            let product = world.products.iter().find(|product| product.inventory_item.as_ref() == Some(item));
            Ok(product.cloned())
        });
        let stage = self.clone();
        mock.expect_products().returning(move |after| {
            let mut world = stage.world();
            world.catalog_pages += 1;
            if let Some(failure) = world.catalog_fails {
                return Err(failed(failure));
            }
            let from: usize = after.map_or(0, |after| after.parse().unwrap());
            let products: Vec<CatalogProduct> = world.products.iter().skip(from).take(3).cloned().collect();
            let after = (from + 3 < world.products.len()).then(|| (from + 3).to_string());
            Ok(CatalogPage { products, after })
        });
        mock
    }

    fn items(&self) -> MockStockItems {
        let mut mock = MockStockItems::new();
        let stage = self.clone();
        mock.expect_page().returning(move |after| {
            let mut world = stage.world();
            world.page_reads += 1;
            let reads = world.page_reads;
            if let Some((_, item, units)) = world.sale.take_if(|(page, ..)| *page == reads) {
                world.order(item, units);
            }
            let per_page = world.items_per_page;
            let beyond =
                world.items.values().filter(|item| after.as_ref().is_none_or(|after| item.id > *after));
            let mut items: Vec<StockItem> = beyond.take(per_page + 1).cloned().collect();
            let more = items.len() > per_page;
            items.truncate(per_page);
            Ok(StockItemsPage { items, more })
        });
        let stage = self.clone();
        mock.expect_find().returning(move |keys, items| {
            assert!(keys.len() + items.len() <= 1_000, "too many at once");
            let mut world = stage.world();
            world.finds += 1;
            if let Some(failure) = world.items_fail {
                return Err(failed(failure));
            }
            let wanted = |item: &&StockItem| {
                items.contains(&item.id) || item.key.as_ref().is_some_and(|key| keys.contains(key))
            };
            Ok(world.items.values().filter(wanted).cloned().collect())
        });
        let stage = self.clone();
        mock.expect_unsent().returning(move |_| {
            let mut world = stage.world();
            world.unsent_reads += 1;
            Ok(world.unsent.clone())
        });
        mock
    }

    fn writes(&self) -> MockStockWrites {
        let mut mock = MockStockWrites::new();
        let stage = self.clone();
        mock.expect_adjust().returning(move |document| stage.make(document, false));
        let stage = self.clone();
        mock.expect_transfer().returning(move |document, _| stage.make(document, true));
        let stage = self.clone();
        mock.expect_find().returning(move |external_id| {
            let world = stage.world();
            let at = world.documents.iter().position(|document| document.external_id == *external_id);
            Ok(at.map(|at| format!("{}", 700 + at)))
        });
        let stage = self.clone();
        mock.expect_show().returning(move |shown| {
            let mut world = stage.world();
            let item = world.items.get_mut(&shown.item).unwrap();
            (item.shown, item.shown_at) = (Some(shown.available), Some(shown.read_at));
            world.shown.push(shown.clone());
            Ok(())
        });
        mock
    }

    /// NetSuite makes the documents that it was still at work on.
    pub(super) fn late_documents_arrive(&self) {
        let mut world = self.world();
        for document in std::mem::take(&mut world.late) {
            for line in &document.lines {
                world.items.get_mut(&line.item).unwrap().levels.on_hand += line.units;
            }
            world.documents.push(document);
        }
    }

    /// NetSuite makes a document, unless something is in its way.
    fn make(&self, document: &NewStockDocument, is_transfer: bool) -> Result<String, PortError> {
        let mut world = self.world();
        if world.is_dead {
            return Err(failed(Failure::NotSent));
        }
        let fate = if world.fates.is_empty() { None } else { Some(world.fates.remove(0)) };
        if fate == Some(Fate::DiesBefore) {
            world.is_dead = true;
            return Err(failed(Failure::NotSent));
        }
        world.sends += 1;
        if fate == Some(Fate::NeverArrives) {
            return Err(failed(Failure::Unclear));
        }
        if fate == Some(Fate::ArrivesLate) {
            world.late.push(document.clone());
            return Err(failed(Failure::Unclear));
        }
        assert!(!document.lines.is_empty() && document.lines.len() <= 1_000);
        if world.documents.iter().any(|made| made.external_id == document.external_id) {
            return Err(PortError::new("adjust", Failure::Conflict, "RCRD_DUP", "the external id is taken"));
        }
        if world.open_from.is_some_and(|day| document.date < day) {
            return Err(PortError::new("adjust", Failure::Refused, CLOSED_PERIOD, "the period is closed"));
        }
        if let Some(line) = document.lines.iter().find(|line| world.refused.contains(&line.item)) {
            let message = format!("item {} may not be adjusted", line.item);
            return Err(PortError::new("adjust", Failure::Refused, "INVALID_ITEM", message));
        }
        for line in &document.lines {
            let levels = &mut world.items.get_mut(&line.item).unwrap().levels;
            levels.on_hand += line.units;
            if is_transfer {
                levels.in_unsellable_bin = levels.in_unsellable_bin.map(|units| units - line.units);
            }
        }
        world.documents.push(document.clone());
        if let Some((item, mut moves)) = world.meddler.take() {
            if !moves.is_empty() {
                world.items.get_mut(&item).unwrap().levels.on_hand += Decimal::from(moves.remove(0));
            }
            world.meddler = Some((item, moves));
        }
        let id = format!("{}", 699 + world.documents.len());
        match fate {
            Some(Fate::AnswerLost) => Err(failed(Failure::Unclear)),
            Some(Fate::DiesAfter) => {
                world.is_dead = true;
                Ok(id)
            }
            _ => Ok(id),
        }
    }

    fn periods(&self) -> MockAccountingPeriods {
        let (mut mock, stage) = (MockAccountingPeriods::new(), self.clone());
        mock.expect_first_open_day()
            .returning(move |from| Ok(stage.world().open_from.map(|day| day.max(from))));
        mock
    }

    fn ledger(&self) -> MockLedger {
        let mut mock = MockLedger::new();
        let stage = self.clone();
        mock.expect_parked().returning(move |key| {
            let world = stage.world();
            let parked = world.parked.iter().map(|(subject, reason)| Parked {
                key: key.clone(),
                subject: subject.clone(),
                reason: reason.clone(),
                since: world.now,
            });
            Ok(parked.collect())
        });
        let stage = self.clone();
        mock.expect_park().returning(move |_, subject, reason, _| {
            let mut world = stage.living()?;
            Ok(world.parked.insert(subject.to_owned(), reason.clone()).is_none())
        });
        let stage = self.clone();
        mock.expect_unpark()
            .returning(move |_, subject, _| Ok(stage.living()?.parked.remove(subject).is_some()));
        let stage = self.clone();
        mock.expect_unsettled().returning(move |_| {
            let world = stage.world();
            let open = [IntentState::Sent, IntentState::Unclear];
            Ok(world.intents.values().filter(|intent| open.contains(&intent.state)).cloned().collect())
        });
        let stage = self.clone();
        mock.expect_plan().returning(move |_, new, at| {
            let intent = Intent {
                key: new.key.clone(),
                operation: new.operation,
                subject: new.subject.clone(),
                state: IntentState::Planned,
                sends: 0,
                lookups: 0,
                planned_at: at,
                sent_at: None,
                result: None,
            };
            Ok(stage.living()?.intents.entry(new.key.clone()).or_insert(intent).clone())
        });
        let stage = self.clone();
        mock.expect_change().returning(move |_, key, change, at| {
            let mut world = stage.living()?;
            let intent = world.intents.get_mut(key).unwrap();
            intent.state = match change {
                IntentChange::Sent => {
                    intent.sent_at = Some(at);
                    IntentState::Sent
                }
                IntentChange::NotSent => IntentState::Planned,
                IntentChange::Unclear | IntentChange::LookedUp => IntentState::Unclear,
                IntentChange::Done { .. } => IntentState::Done,
                IntentChange::Refused { .. } => IntentState::Refused,
            };
            Ok(())
        });
        mock
    }

    /// The world, while the process lives.
    fn living(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        let world = self.world();
        if world.is_dead { Err(StoreError::LeaseLost { lane: "stock".into() }) } else { Ok(world) }
    }
}

fn failed(failure: Failure) -> PortError {
    PortError::new("adjust", failure, "code", "message")
}

/// What a complete look asks for.
pub(super) fn completed(end: LaneEnd) -> Vec<LaneRequest> {
    match end {
        LaneEnd::Complete { redirect, .. } => redirect,
        other => panic!("not complete: {other:?}"),
    }
}

/// A reading of the world's Amazon; each answer takes half a second.
struct Stream {
    stage: Stage,
    left: Vec<Sku>,
    missing: Vec<Sku>,
    pages: usize,
    total: usize,
}

#[async_trait]
impl StockStream for Stream {
    async fn next(&mut self) -> StockStep {
        let mut world = self.stage.world();
        if let Some((_, failure)) = world.breaks.take_if(|(pages, _)| *pages == self.pages) {
            let error = PortError::new("getInventorySummaries", failure, "InternalFailure", "out of order");
            return StockStep::Incomplete { pages: self.pages as u64, error };
        }
        if self.left.is_empty() {
            let (pages, skus) = (self.pages as u64, self.total as u64);
            return StockStep::Complete { pages, skus, missing: std::mem::take(&mut self.missing) };
        }
        let read_at = world.now;
        world.now += Duration::milliseconds(500);
        let rest = self.left.split_off(self.left.len().min(world.page_size));
        let page = std::mem::replace(&mut self.left, rest);
        self.pages += 1;
        if std::mem::take(&mut world.restarts) {
            // it begins anew: what came so far comes again
            self.left.splice(0..0, page.iter().cloned());
        } else {
            self.total += page.len();
        }
        let reading = |sku: &Sku| StockReading {
            fulfillment_sku: world.pools.get(sku).cloned(),
            changed_at: world.changed_at,
            ..reading_of(sku, world.amazon[sku], read_at)
        };
        StockStep::Readings(page.iter().map(reading).collect())
    }
}

pub(super) fn reading_of(sku: &Sku, units: Option<u32>, read_at: DateTime<Utc>) -> StockReading {
    StockReading {
        sku: sku.clone(),
        fulfillment_sku: None,
        condition: None,
        figures: units
            .map(|units| StockFigures { fulfillable: Some(Quantity(units)), ..StockFigures::default() }),
        changed_at: None,
        read_at,
    }
}

#[async_trait]
impl StockRecords for Stage {
    async fn look_again(&self, _: &Lease, skus: &[(Sku, Option<DateTime<Utc>>)]) -> Result<(), StoreError> {
        let mut world = self.living()?;
        for (sku, again_at) in skus {
            match again_at {
                Some(again_at) => drop(world.again.insert(sku.clone(), *again_at)),
                None => drop(world.again.remove(sku)),
            }
        }
        Ok(())
    }

    async fn due_again(
        &self,
        _: &ConnectionName,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError> {
        let world = self.living()?;
        let mut waiting: Vec<(DateTime<Utc>, Sku)> =
            world.again.iter().map(|(sku, again_at)| (*again_at, sku.clone())).collect();
        waiting.sort();
        let is_due = |(again_at, _): &&(DateTime<Utc>, Sku)| *again_at <= now;
        let due: Vec<Sku> =
            waiting.iter().take(limit as usize).take_while(is_due).map(|(_, sku)| sku.clone()).collect();
        let next = waiting.get(due.len()).map(|(again_at, _)| *again_at);
        Ok((due, next))
    }

    async fn keep_readings(&self, _: &Lease, readings: &[StockReading]) -> Result<usize, StoreError> {
        let mut world = self.living()?;
        let mut kept = 0;
        for reading in readings {
            let known = world.known.entry(reading.sku.clone()).or_insert_with(|| KnownStock {
                sku: reading.sku.clone(),
                reading: None,
                absence: None,
            });
            if known.reading.as_ref().is_none_or(|known| known.read_at <= reading.read_at) {
                known.reading = Some(reading.clone());
                known.absence = None;
                kept += 1;
            }
        }
        Ok(kept)
    }

    async fn note_absent(&self, _: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut world = self.living()?;
        for sku in skus {
            let known = world.known.entry(sku.clone()).or_insert_with(|| KnownStock {
                sku: sku.clone(),
                reading: None,
                absence: None,
            });
            if known.reading.as_ref().is_some_and(|reading| reading.read_at > at) {
                continue;
            }
            match &mut known.absence {
                Some(absence) if absence.last < at => {
                    absence.last = at;
                    absence.times += 1;
                }
                Some(_) => {}
                None => known.absence = Some(Absence { since: at, last: at, times: 1 }),
            }
        }
        Ok(())
    }

    async fn known(&self, _: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError> {
        let world = self.world();
        Ok(skus.iter().filter_map(|sku| world.known.get(sku).cloned()).collect())
    }

    async fn sharing(
        &self,
        _: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError> {
        let shares = |known: &&KnownStock| {
            let of = known.reading.as_ref().and_then(|reading| reading.fulfillment_sku.as_ref());
            of.is_some_and(|of| fulfillment_skus.contains(of))
        };
        Ok(self.world().known.values().filter(shares).cloned().collect())
    }

    async fn known_page(
        &self,
        _: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError> {
        let world = self.world();
        let beyond =
            world.known.values().filter(|known| after.as_ref().is_none_or(|after| known.sku > *after));
        Ok(beyond.take(limit as usize).cloned().collect())
    }

    async fn known_count(&self, _: &ConnectionName) -> Result<u64, StoreError> {
        Ok(self.world().known.len() as u64)
    }

    async fn run(&self, _: &ConnectionName, id: &StockRunId) -> Result<Option<StockRun>, StoreError> {
        Ok(self.world().runs.get(id).cloned())
    }

    async fn runs(&self, _: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        Ok(self.world().runs.values().rev().take(limit as usize).cloned().collect())
    }

    async fn write_run(&self, _: &Lease, run: &StockRun) -> Result<(), StoreError> {
        let mut world = self.living()?;
        world.run_writes += 1;
        world.runs.insert(run.request.id.clone(), run.clone());
        Ok(())
    }

    async fn write_report(
        &self,
        _: &Lease,
        run: &StockRunId,
        rows: &[ReportRow],
        anew: bool,
    ) -> Result<(), StoreError> {
        let mut world = self.living()?;
        let report = world.reports.entry(run.clone()).or_default();
        if anew {
            report.clear();
        }
        report.extend_from_slice(rows);
        Ok(())
    }

    async fn report(
        &self,
        _: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        let world = self.world();
        let rows = world.reports.get(run).into_iter().flatten();
        Ok(rows.skip(after as usize).take(limit as usize).cloned().collect())
    }

    async fn orders_taken_since(
        &self,
        _: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError> {
        let mut world = self.world();
        world.taken_since = Some(since);
        let late = world.taken.iter().filter(|order| order.taken_at.is_none_or(|at| at >= since));
        Ok(late.cloned().collect())
    }

    async fn skus_of(
        &self,
        _: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError> {
        let world = self.world();
        let known = |item: &InventoryItemId| Some((item.clone(), world.aliases.get(item)?.clone()));
        Ok(items.iter().filter_map(known).collect())
    }

    async fn keep_skus(&self, _: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError> {
        self.living()?.aliases.extend(skus.iter().cloned());
        Ok(())
    }
}
