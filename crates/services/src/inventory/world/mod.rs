//! Amazon's stock, NetSuite's stock and the store in memory, behind the mocked ports: what is written is there in the
//! next look.

mod amazon;
mod goods;
mod netsuite;
mod records;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use amz_domain::{FulfillmentSku, InventoryItemId, ItemId, Quantity, Sku, StockRunId};
use chrono::{DateTime, Duration, NaiveDate, Utc};

pub(super) use self::goods::{item, item_id, reading_of, request, sku, taken};
use super::{KnownStock, RememberedProducts, ReportRow, StockItem, StockRun, StockRunRequest, TakenOrder};
use crate::connection::{Connection, Stock, mocked};
use crate::failure::{Failure, PortError, StoreError};
use crate::lane::{LaneEnd, work};
use crate::ports::netsuite::{KitMember, MockItems};
use crate::ports::stock::{CatalogProduct, NewStockDocument, ShownStock, UnsentLine};
use crate::pretend::{Kept, Remembers, periods};
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
    /// What the ledger keeps.
    pub(super) kept: Kept,
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
            kept: Kept::default(),
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
        self.world().kept.codes()
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
        let claim = Claim {
            lease,
            asks: asks.to_vec(),
            notices: Vec::new(),
            through: 1,
            attempts: self.world().attempts,
        };
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
        let (clock, days) = (self.clone(), self.clone());
        let (settings, products) = self.see(|world| (world.settings.clone(), Arc::clone(&world.remembered)));
        // every kit goes as two units of the first item
        let service = ServiceSettings { kits: Kits::AsParts, ..crate::orders::fixtures::settings() };
        let mut members = MockItems::new();
        let kits = self.clone();
        members.expect_kit_members().returning(move |_| kits.world().kit_members.clone().map_err(failed));
        Connection {
            accounting_periods: Arc::new(periods(move || days.world().open_from)),
            ledger: Arc::new(self.clone()),
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

    /// The world, while the process lives.
    fn living(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        let world = self.world();
        if world.is_dead { Err(StoreError::LeaseLost { lane: "stock".into() }) } else { Ok(world) }
    }
}

impl Remembers for Stage {
    fn kept<Seen>(&self, look: impl FnOnce(&Kept) -> Seen) -> Seen {
        look(&self.world().kept)
    }

    fn commit<Outcome>(&self, write: impl FnOnce(&mut Kept) -> Outcome) -> Result<Outcome, StoreError> {
        Ok(write(&mut self.living()?.kept))
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
