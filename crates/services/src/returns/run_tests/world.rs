//! Both vendors and the store in memory, behind mocked ports: what is written is there in the next look.

use std::sync::{Arc, Mutex};

use amz_domain::{AmazonOrder, AmazonReturn, Document, DocumentId, DocumentKey, DocumentKind, DocumentMarks};
use chrono::{DateTime, Utc};

use crate::connection::{Connection, mocked};
use crate::desk::Desk;
use crate::failure::{Failure, PortError, StoreError};
use crate::link::ReturnLink;
use crate::order_view::OrderView;
use crate::orders::fixtures::settings;
use crate::ports::amazon::{MockAmazonOrders, MockAmazonReturns};
use crate::ports::documents::{DocumentPatch, DocumentSource, MockDocuments, NewDocument};
use crate::ports::netsuite::MockSalesOrders;
use crate::pretend::{Kept, Remembers};
use crate::returns::fixtures::{amazon_order, amazon_return, authorization, sales_order, sent};
use crate::returns::run::{returns, run};
use crate::work::{Ask, Lane, LaneKey, Lease};

/// Both vendors and our store.
pub(super) struct World {
    pub(super) amazon: AmazonOrder,
    pub(super) documents: Vec<Document>,
    /// What the ledger keeps.
    pub(super) kept: Kept,
    /// Outward writes that arrived.
    pub(super) writes: Vec<String>,
    /// What the last look asked other lanes for.
    pub(super) asked: Vec<Ask>,
    /// Reads of NetSuite's documents.
    pub(super) reads: u32,
    /// Answers to lose, per kind of write.
    pub(super) lose: Vec<&'static str>,
    /// Reads of Amazon's order that are throttled from now on.
    pub(super) throttled: u32,
    /// Reads of NetSuite's documents by external id that are throttled from now on.
    pub(super) throttled_finds: u32,
    /// True while NetSuite does not find what was just made.
    pub(super) is_blind: bool,
    /// Status of return authorizations that are made.
    pub(super) status: &'static str,
    pub(super) now: DateTime<Utc>,
}

impl World {
    fn arrived(&mut self, what: &'static str, text: String) -> Result<(), PortError> {
        self.writes.push(text);
        match self.lose.iter().position(|lost| *lost == what) {
            Some(index) => {
                self.lose.remove(index);
                Err(PortError::new("write", Failure::Unclear, "timeout", "the answer was lost"))
            }
            None => Ok(()),
        }
    }

    fn create(&mut self, new: &NewDocument) -> Result<DocumentId, PortError> {
        if self.documents.iter().any(|held| held.external_id.as_deref() == Some(new.external_id.as_str())) {
            return Err(PortError::new("create", Failure::Conflict, "taken", "the external id is taken"));
        }
        let id = (900 + self.documents.len()).to_string();
        let lines: Vec<_> = new
            .lines
            .iter()
            .map(|line| (line.source_line.0 * 10, line.source_line.0, line.quantity.0, 0))
            .collect();
        let mut made = authorization(self.status, &lines);
        made.key = DocumentKey::new(new.kind, id.as_str());
        made.external_id = Some(new.external_id.to_string());
        made.marks = new.marks.clone();
        made.memo.clone_from(&new.memo);
        if let DocumentSource::Document(source) = &new.source {
            made.created_from = Some(source.id.clone());
            let source = self.documents.iter_mut().find(|held| held.key == *source).unwrap();
            for line in &new.lines {
                let held = source.lines.iter_mut().find(|held| held.line == line.source_line).unwrap();
                held.quantity_received += line.quantity.to_decimal();
            }
        }
        self.documents.push(made);
        let lines: Vec<String> =
            new.lines.iter().map(|line| format!("{}x{}", line.quantity, line.source_line)).collect();
        let text = format!("create {} {}", new.external_id, lines.join(" "));
        self.arrived(new.kind.as_str(), text)?;
        Ok(id.into())
    }

    fn patch(&mut self, key: &DocumentKey, patch: &DocumentPatch) -> Result<(), PortError> {
        let held = self.documents.iter_mut().find(|held| held.key == *key).unwrap();
        let DocumentMarks { amazon_return, origin, .. } = patch.marks.clone();
        held.marks.amazon_return = amazon_return.or(held.marks.amazon_return.take());
        held.marks.origin = origin.or(held.marks.origin.take());
        let close: Vec<u32> = patch.close.iter().map(|line| line.0).collect();
        self.arrived("patch", format!("patch {key} close {close:?}"))
    }
}

impl Remembers for Mutex<World> {
    fn kept<Seen>(&self, look: impl FnOnce(&Kept) -> Seen) -> Seen {
        look(&self.lock().unwrap().kept)
    }

    fn commit<Outcome>(&self, write: impl FnOnce(&mut Kept) -> Outcome) -> Result<Outcome, StoreError> {
        Ok(write(&mut self.lock().unwrap().kept))
    }
}

pub(super) struct Stage {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) connection: Connection,
    pub(super) lease: Lease,
}

impl Stage {
    pub(super) fn new(returns: Vec<AmazonReturn>) -> Self {
        let world = Arc::new(Mutex::new(World {
            amazon: amazon_order(returns),
            documents: Vec::new(),
            kept: Kept::default(),
            writes: Vec::new(),
            asked: Vec::new(),
            reads: 0,
            lose: Vec::new(),
            throttled: 0,
            throttled_finds: 0,
            is_blind: false,
            status: "B",
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
        }));
        let mut settings = settings();
        settings.returns.damaged_location = Some("9".into());
        let clock = world.clone();
        let connection = Connection {
            amazon_orders: Arc::new(orders(&world)),
            amazon_returns: Arc::new(amazon_returns(&world)),
            sales_orders: Arc::new(sales_orders()),
            documents: Arc::new(documents(&world)),
            ledger: world.clone(),
            ..mocked(settings, Arc::new(move || clock.lock().unwrap().now))
        };
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        Self { world, connection, lease: Lease { key, owner: "test".into(), fence: 1 } }
    }

    pub(super) fn with(self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world.lock().unwrap());
        self
    }

    pub(super) fn set(&mut self, change: impl FnOnce(&mut crate::settings::ServiceSettings)) {
        change(Arc::make_mut(&mut self.connection.settings));
    }

    /// One look; what was written meanwhile, and when the lane wants to be looked at again.
    pub(super) async fn look(&self, documents: &[&str]) -> (Vec<String>, Option<DateTime<Utc>>) {
        let (amazon, links) = {
            let mut world = self.world.lock().unwrap();
            world.writes.clear();
            world.reads = 0;
            (world.amazon.clone(), world.kept.links.clone())
        };
        let documents: Vec<DocumentKey> =
            documents.iter().map(|id| DocumentKey::new(DocumentKind::ReturnAuthorization, *id)).collect();
        let mut sent = sent();
        sent.lines.iter_mut().for_each(|line| line.sku = Some(line.amazon_line.as_str().into()));
        let mut view = OrderView::new("42".into(), sent, amazon, links, None);
        let mut desk = Desk::open(&self.connection, &self.lease).await.unwrap();
        run(&mut desk, &mut view, &documents).await.unwrap();
        let end = desk.close();
        let wait = end.wait;
        self.world.lock().unwrap().asked = end.asked.into_iter().map(|asked| asked.ask).collect();
        (self.world.lock().unwrap().writes.clone(), wait)
    }

    pub(super) fn world<Value>(&self, read: impl FnOnce(&mut World) -> Value) -> Value {
        read(&mut self.world.lock().unwrap())
    }

    pub(super) fn parked(&self) -> Vec<(String, String)> {
        self.world(|world| world.kept.codes())
    }

    pub(super) fn link(&self, id: &str) -> ReturnLink {
        self.world(|world| returns(&world.kept.links).find(|link| link.id.as_str() == id).cloned().unwrap())
    }
}

fn throttle(reads: &mut u32) -> Result<(), PortError> {
    if *reads == 0 {
        return Ok(());
    }
    *reads -= 1;
    Err(PortError::new("read", Failure::NotSent, "throttled", "too many calls"))
}

fn orders(world: &Arc<Mutex<World>>) -> MockAmazonOrders {
    let mut orders = MockAmazonOrders::new();
    let world = world.clone();
    orders.expect_read().returning(move |_| {
        let mut world = world.lock().unwrap();
        throttle(&mut world.throttled)?;
        Ok(Some(world.amazon.clone()))
    });
    orders
}

fn amazon_returns(world: &Arc<Mutex<World>>) -> MockAmazonReturns {
    let mut returns = MockAmazonReturns::new();
    let told = world.clone();
    returns.expect_tell().returning(move |_, new| {
        let mut world = told.lock().unwrap();
        let lines: Vec<_> =
            new.lines.iter().map(|line| (line.line.as_str(), line.quantity.0, [].as_slice())).collect();
        let mut made = amazon_return("R9", "CREATED", &lines);
        made.alias = Some(new.alias.clone());
        world.amazon.returns.push(made);
        world.arrived("tell", format!("tell {}", new.alias))
    });
    let concluded = world.clone();
    returns.expect_conclude().returning(move |_, id, state| {
        let mut world = concluded.lock().unwrap();
        world.amazon.returns.iter_mut().find(|held| held.id == *id).unwrap().state = state.clone();
        world.arrived("conclude", format!("conclude {id} {state}"))
    });
    returns
}

fn sales_orders() -> MockSalesOrders {
    let mut orders = MockSalesOrders::new();
    orders.expect_read().returning(|_| Ok(Some(sales_order())));
    orders
}

fn documents(world: &Arc<Mutex<World>>) -> MockDocuments {
    let mut documents = MockDocuments::new();
    let read = world.clone();
    documents.expect_read().returning(move |key| {
        let mut world = read.lock().unwrap();
        world.reads += 1;
        Ok(world.documents.iter().find(|held| held.key == *key).cloned())
    });
    let found = world.clone();
    documents.expect_find().returning(move |kind, id| {
        let mut world = found.lock().unwrap();
        world.reads += 1;
        throttle(&mut world.throttled_finds)?;
        let mut held = world.documents.iter().filter(|held| held.key.kind == kind);
        let held = held.find(|held| held.external_id.as_deref() == Some(id.as_str()));
        Ok(held.filter(|_| !world.is_blind).cloned())
    });
    let made = world.clone();
    documents.expect_create().returning(move |new| made.lock().unwrap().create(new));
    let patched = world.clone();
    documents.expect_patch().returning(move |key, patch| patched.lock().unwrap().patch(key, patch));
    documents
}
