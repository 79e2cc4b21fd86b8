//! Looks at an order's returns, against mocked ports that remember what was written.

use std::sync::{Arc, Mutex};

use amz_domain::{AmazonOrder, DocumentMarks, LineNumber, Origin, Quantity, ReturnState};
use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::connection::{Connection, mocked};
use crate::failure::PortError;
use crate::intent::{IntentChange, IntentState};
use crate::orders::fixtures::settings;
use crate::parking::Parked;
use crate::ports::amazon::{MockAmazonOrders, MockAmazonReturns};
use crate::ports::documents::{DocumentSource, MockDocuments};
use crate::ports::ledger::MockLedger;
use crate::ports::netsuite::MockSalesOrders;
use crate::returns::fixtures::{amazon_order, amazon_return, authorization, package, sales_order, sent};
use crate::settings::ReceiveOn;
use crate::work::{Lane, LaneKey, Lease};

/// Both vendors and our store.
struct World {
    amazon: AmazonOrder,
    documents: Vec<Document>,
    links: Vec<Link>,
    intents: Vec<Intent>,
    parked: Vec<Parked>,
    /// Outward writes that arrived.
    writes: Vec<String>,
    /// What the last look asked other lanes for.
    asked: Vec<crate::work::Ask>,
    /// Reads of NetSuite's documents.
    reads: u32,
    /// Answers to lose, per kind of write.
    lose: Vec<&'static str>,
    /// Reads of Amazon's order that are throttled from now on.
    throttled: u32,
    /// Reads of NetSuite's documents by external id that are throttled from now on.
    throttled_finds: u32,
    /// True while NetSuite does not find what was just made.
    is_blind: bool,
    /// Status of return authorizations that are made.
    status: &'static str,
    now: DateTime<Utc>,
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

    fn create(&mut self, new: &NewDocument) -> Result<amz_domain::DocumentId, PortError> {
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

    fn change(&mut self, key: &crate::intent::IntentKey, change: &IntentChange, at: DateTime<Utc>) {
        let intent = self.intents.iter_mut().find(|intent| intent.key == *key).unwrap();
        match change {
            IntentChange::Sent => {
                intent.state = IntentState::Sent;
                intent.sent_at = Some(at);
            }
            IntentChange::NotSent => intent.state = IntentState::Planned,
            IntentChange::Unclear => intent.state = IntentState::Unclear,
            IntentChange::LookedUp => {}
            IntentChange::Refused { .. } => intent.state = IntentState::Refused,
            IntentChange::Done { links, .. } => {
                intent.state = IntentState::Done;
                let links = links.clone();
                self.learn(links);
            }
        }
    }

    fn learn(&mut self, links: Vec<Link>) {
        for link in links {
            self.links.retain(|known| known.key() != link.key());
            self.links.push(link);
        }
    }
}

struct Stage {
    world: Arc<Mutex<World>>,
    connection: Connection,
    lease: Lease,
}

impl Stage {
    fn new(returns: Vec<AmazonReturn>) -> Self {
        let world = Arc::new(Mutex::new(World {
            amazon: amazon_order(returns),
            documents: Vec::new(),
            links: Vec::new(),
            intents: Vec::new(),
            parked: Vec::new(),
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
            ledger: Arc::new(ledger(&world)),
            ..mocked(settings, Arc::new(move || clock.lock().unwrap().now))
        };
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        Self { world, connection, lease: Lease { key, owner: "test".into(), fence: 1 } }
    }

    fn with(self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world.lock().unwrap());
        self
    }

    fn set(&mut self, change: impl FnOnce(&mut crate::settings::ServiceSettings)) {
        change(Arc::make_mut(&mut self.connection.settings));
    }

    /// One look; what was written meanwhile, and when the lane wants to be looked at again.
    async fn look(&self, documents: &[&str]) -> (Vec<String>, Option<DateTime<Utc>>) {
        let (amazon, links) = {
            let mut world = self.world.lock().unwrap();
            world.writes.clear();
            world.reads = 0;
            (world.amazon.clone(), world.links.clone())
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

    fn world<Value>(&self, read: impl FnOnce(&mut World) -> Value) -> Value {
        read(&mut self.world.lock().unwrap())
    }

    fn parked(&self) -> Vec<(String, String)> {
        self.world(|world| {
            world.parked.iter().map(|item| (item.subject.clone(), item.reason.code.clone())).collect()
        })
    }

    fn link(&self, id: &str) -> ReturnLink {
        self.world(|world| returns(&world.links).find(|link| link.id.as_str() == id).cloned().unwrap())
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

fn ledger(world: &Arc<Mutex<World>>) -> MockLedger {
    let mut ledger = MockLedger::new();
    let parked = world.clone();
    ledger.expect_parked().returning(move |_| Ok(parked.lock().unwrap().parked.clone()));
    let written = world.clone();
    ledger.expect_write_links().returning(move |_, links| {
        written.lock().unwrap().learn(links.to_vec());
        Ok(())
    });
    let unsettled = world.clone();
    ledger.expect_unsettled().returning(move |_| {
        let world = unsettled.lock().unwrap();
        let open = |intent: &&Intent| matches!(intent.state, IntentState::Sent | IntentState::Unclear);
        Ok(world.intents.iter().filter(open).cloned().collect())
    });
    let planned = world.clone();
    ledger.expect_plan().returning(move |_, new, at| {
        let mut world = planned.lock().unwrap();
        if let Some(known) = world.intents.iter().find(|known| known.key == new.key) {
            return Ok(known.clone());
        }
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
        world.intents.push(intent.clone());
        Ok(intent)
    });
    let changed = world.clone();
    ledger.expect_change().returning(move |_, key, change, at| {
        changed.lock().unwrap().change(key, change, at);
        Ok(())
    });
    let park = world.clone();
    ledger.expect_park().returning(move |lease, subject, reason, at| {
        let mut world = park.lock().unwrap();
        world.parked.retain(|item| item.subject != subject);
        let (key, subject) = (lease.key.clone(), subject.to_owned());
        world.parked.push(Parked { key, subject, reason: reason.clone(), since: at });
        Ok(true)
    });
    let unpark = world.clone();
    ledger.expect_unpark().returning(move |_, subject, _| {
        unpark.lock().unwrap().parked.retain(|item| item.subject != subject);
        Ok(true)
    });
    ledger
}

/// Two units of line 1 that came back in one parcel, one of them damaged; line 2 never came.
fn finished_return() -> AmazonReturn {
    let graded = [("SELLABLE", 1), ("DAMAGED", 1)];
    let mut amazon = amazon_return("R1", "COMPLETED", &[("A1", 2, &graded), ("A2", 1, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[("A1", 2)])];
    amazon
}

const ALL: [&str; 4] = [
    "create amz-ra-R1 2x1 1x2",
    "create amz-ir-P1 1x10",
    "create amz-ir-P1-damaged 1x10",
    "patch returnAuthorization-900 close [20]",
];

#[tokio::test]
async fn one_look_brings_everything_and_a_second_does_nothing() {
    let stage = Stage::new(vec![finished_return()]);
    assert_eq!(stage.look(&[]).await, (ALL.map(str::to_owned).to_vec(), None));
    assert!(stage.link("R1").is_ended);
    assert_eq!(stage.look(&[]).await, (Vec::new(), None));
    assert_eq!(stage.world(|world| world.reads), 0);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn what_was_received_where_amazons_stock_may_stand_has_its_stock_looked_at() {
    // the sales order's own location may be Amazon's
    for (location, is_asked) in [(Some("7"), true), (Some("8"), false), (None, true)] {
        let mut stage = Stage::new(vec![finished_return()]);
        stage.set(|settings| {
            settings.amazon_location = None;
            settings.returns.return_location = location.map(Into::into);
        });
        let stock = crate::settings::InventorySettings::new("7".into());
        stage.connection.stock = Some(crate::connection::mocked_stock(stock));
        stage.look(&[]).await;
        assert_eq!(stage.world(|world| !world.asked.is_empty()), is_asked, "{location:?}");
    }
}

#[tokio::test]
async fn every_lost_answer_is_settled_and_nothing_is_made_twice() {
    let lose = vec!["returnAuthorization", "itemReceipt", "itemReceipt", "patch"];
    let stage = Stage::new(vec![finished_return()]).with(|world| world.lose = lose);
    let mut view_fails = 0;
    let mut writes = Vec::new();
    for _ in 0..3 {
        let (amazon, links) = stage.world(|world| (world.amazon.clone(), world.links.clone()));
        let mut view = OrderView::new("42".into(), sent(), amazon, links, None);
        let mut desk = Desk::open(&stage.connection, &stage.lease).await.unwrap();
        view_fails += u32::from(run(&mut desk, &mut view, &[]).await.is_err());
        writes = stage.world(|world| world.writes.clone());
    }
    // what may be repeated is repeated, what must happen once is not
    assert_eq!(view_fails, 1);
    assert_eq!(writes[..4], ALL);
    assert_eq!(writes[4..], ALL[3..]);
    let link = stage.link("R1");
    assert_eq!(link.receipts.len(), 2);
    assert!(link.is_ended);
}

#[tokio::test]
async fn a_receipt_that_cannot_be_found_yet_is_waited_for_before_anything_else_is_received() {
    let mut amazon = finished_return();
    amazon.state = ReturnState::Created;
    let stage = Stage::new(vec![amazon]);
    stage.world(|world| world.lose = vec!["itemReceipt"]);
    stage.look(&[]).await;
    // found at once: the first receipt is adopted, and the second made
    assert_eq!(stage.link("R1").receipts.len(), 2);

    let mut amazon = finished_return();
    amazon.packages.push(package("P0", "IN_TRANSIT", &[("A2", 1)]));
    amazon.state = ReturnState::Created;
    amazon.lines[0].graded.truncate(1);
    amazon.packages[0].contents[0].quantity = Quantity(1);
    let stage = Stage::new(vec![amazon]);
    stage.world(|world| {
        world.amazon.returns[0].packages[0].state = "IN_TRANSIT".into();
    });
    stage.look(&[]).await;
    stage.world(|world| {
        world.amazon.returns[0].packages[0].state = "DELIVERED".into();
        world.lose = vec!["itemReceipt"];
        world.is_blind = true;
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!(writes.last().unwrap(), "create amz-ir-P1 1x10");
    assert!(wait.is_some());
    // meanwhile another parcel arrives, and Amazon grades more
    stage.world(|world| {
        world.amazon.returns[0] = finished_return();
        world.amazon.returns[0].packages =
            vec![package("P0", "DELIVERED", &[("A1", 1)]), package("P1", "DELIVERED", &[("A1", 1)])];
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!((writes, wait.is_some()), (Vec::new(), true));
    stage.world(|world| {
        world.is_blind = false;
        world.now += Duration::seconds(60);
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!(wait, None);
    assert!(writes.contains(&"create amz-ir-P0-damaged 1x10".to_owned()), "{writes:?}");
    let link = stage.link("R1");
    assert_eq!(link.receipts.len(), 2, "{:?}", link.receipts);
    assert!(link.is_ended);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn another_authorization_under_our_external_id_is_parked_and_other_returns_go_on() {
    let other = amazon_return("R2", "CREATED", &[("A1", 1, &[])]);
    let stage = Stage::new(vec![finished_return(), other]).with(|world| {
        let mut taken = authorization("B", &[(10, 1, 1, 0)]);
        taken.external_id = Some("amz-ra-R1".into());
        world.documents.push(taken);
    });
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R2 1x1"]);
    assert_eq!(stage.parked(), [("return/R1".to_owned(), "external_id_taken".to_owned())]);
}

#[tokio::test]
async fn goods_wait_for_the_approval_of_staff() {
    let stage = Stage::new(vec![finished_return()]).with(|world| world.status = "A");
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ALL[..1]);
    assert_eq!(stage.parked(), [("return/R1".to_owned(), "return_not_approved".to_owned())]);
    stage.world(|world| world.documents[0].status = "B".into());
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ALL[1..]);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn goods_that_were_received_too_early_stay_parked_until_a_person_says_that_they_were_moved() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 1, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[])];
    let mut stage = Stage::new(vec![amazon]);
    stage.set(|settings| settings.returns.receive_on = ReceiveOn::Delivered);
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R1 1x1", "create amz-ir-P1 1x10"]);
    stage.world(|world| {
        let graded = amazon_return("R1", "COMPLETED", &[("A1", 1, &[("DEFECTIVE", 1)])]);
        world.amazon.returns[0].lines = graded.lines;
        world.amazon.returns[0].state = graded.state;
    });
    for _ in 0..2 {
        let (writes, _) = stage.look(&[]).await;
        assert_eq!(writes, Vec::<String>::new());
        assert_eq!(stage.parked(), [("return/R1/graded".to_owned(), "graded_after_receipt".to_owned())]);
    }
    assert!(stage.link("R1").is_ended);
}

fn staff(world: &mut World) {
    world.documents.push(authorization("B", &[(10, 1, 2, 0)]));
}

#[tokio::test]
async fn a_return_of_staff_is_told_once_and_marked_and_ended() {
    let stage = Stage::new(Vec::new()).with(staff);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    let link = stage.link("R9");
    assert_eq!(link.origin, Origin::NetSuite);
    assert_eq!(link.lines[0].authorization_line, LineNumber(10));
    stage.world(|world| {
        let marks = &world.documents[0].marks;
        assert_eq!(marks.amazon_return, Some("R9".into()));
        assert_eq!(marks.origin, Some(Origin::NetSuite));
    });
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
    stage.world(|world| world.documents[0].status = "H".into());
    assert_eq!(stage.look(&["900"]).await.0, ["conclude R9 CANCELLED"]);
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
    assert!(stage.link("R9").is_ended);
}

#[tokio::test]
async fn a_return_of_staff_that_was_finished_before_we_saw_it_is_told_and_completed() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.documents[0].status = "G".into());
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(
        writes,
        ["tell 1234567:900", "patch returnAuthorization-900 close []", "conclude R9 COMPLETED"]
    );
}

#[tokio::test]
async fn a_lost_answer_of_telling_is_found_by_the_alias() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.lose = vec!["tell"]);
    let (writes, wait) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    assert_eq!(wait, None);
    // even without any link: Amazon's order shows our alias, whatever was asked for
    stage.world(|world| {
        world.links.clear();
        world.documents[0].marks = DocumentMarks::default();
    });
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["patch returnAuthorization-900 close []"]);
    assert_eq!(stage.link("R9").origin, Origin::NetSuite);
}

#[tokio::test]
async fn an_authorization_of_staff_for_amazons_own_return_is_used_for_it() {
    let mut amazon = finished_return();
    amazon.lines.truncate(1);
    amazon.state = ReturnState::Created;
    let stage = Stage::new(vec![amazon]).with(staff);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(
        writes,
        [
            "patch returnAuthorization-900 close []",
            "patch returnAuthorization-900 close []",
            "create amz-ir-P1 1x10",
            "create amz-ir-P1-damaged 1x10"
        ]
    );
    assert_eq!(stage.link("R1").origin, Origin::Amazon);
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn an_authorization_that_is_gone_is_parked_while_its_return_is_open() {
    let stage = Stage::new(Vec::new()).with(staff);
    stage.look(&["900"]).await;
    stage.world(|world| world.documents.clear());
    stage.look(&["900"]).await;
    let subject = "document/returnAuthorization-900".to_owned();
    assert_eq!(stage.parked(), [(subject, "return_authorization_missing".to_owned())]);
}

#[tokio::test]
async fn what_arrived_is_not_sent_again_when_the_read_after_it_fails() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.throttled = 1);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    let stage = Stage::new(vec![amazon_return("R1", "CREATED", &[("A1", 1, &[])])]);
    stage.world(|world| world.throttled_finds = 1);
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R1 1x1"]);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn a_telling_that_was_lost_is_settled_although_staff_closed_the_authorization_meanwhile() {
    for arrived in [true, false] {
        let stage = Stage::new(Vec::new()).with(staff).with(|world| world.lose = vec!["tell"]);
        stage.look(&["900"]).await;
        stage.world(|world| {
            // as if the process had died right after the call
            world.links.clear();
            world
                .intents
                .iter_mut()
                .find(|intent| intent.operation == Operation::TellReturn)
                .unwrap()
                .state = IntentState::Sent;
            world.documents[0].status = "H".into();
            world.documents[0].marks = DocumentMarks::default();
            if !arrived {
                world.amazon.returns.clear();
            }
            world.now += Duration::days(1);
        });
        let (writes, wait) = stage.look(&[]).await;
        assert_eq!(wait, None);
        let concluded = ["patch returnAuthorization-900 close []", "conclude R9 CANCELLED"];
        assert_eq!(writes, if arrived { concluded.to_vec() } else { Vec::new() });
        let is_open = |intent: &Intent| matches!(intent.state, IntentState::Sent | IntentState::Unclear);
        assert!(!stage.world(|world| world.intents.iter().any(is_open)), "{arrived}");
    }
}
