//! Both vendors and the ledger in memory, behind the mocked ports: what is written is there in the next look.

use std::sync::{Arc, Mutex, MutexGuard};

use amz_domain::{
    AmazonOrder, AmazonRefund, Currency, Document, DocumentHead, DocumentId, DocumentKey, DocumentKind,
    DocumentLine, ItemKind, LineNumber, RefundRejection, RefundState, RefundTotal, SalesOrder,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::fixtures::document;
use crate::connection::{Connection, mocked};
use crate::desk::{Desk, Leavings, Stop};
use crate::failure::{Failure, PortError, StoreError};
use crate::link::{Link, RefundLink, SentOrder};
use crate::order_view::OrderView;
use crate::ports::amazon::{MockAmazonOrders, MockAmazonRefunds, RefundReport, ReportedRefund};
use crate::ports::documents::{CLOSED_PERIOD, DocumentSource, MockDocuments, NewDocument};
use crate::ports::netsuite::MockSalesOrders;
use crate::pretend::{Kept, Remembers, periods};
use crate::settings::ServiceSettings;
use crate::work::{Lane, LaneKey, Lease};

/// All that the ports show and take.
pub(crate) struct World {
    pub(crate) now: DateTime<Utc>,
    pub(crate) settings: ServiceSettings,
    pub(crate) sent: SentOrder,
    pub(crate) amazon: AmazonOrder,
    pub(crate) order: SalesOrder,
    pub(crate) documents: Vec<Document>,
    /// What the ledger keeps.
    pub(crate) kept: Kept,
    pub(crate) created: Vec<NewDocument>,
    pub(crate) reports: Vec<RefundReport>,
    pub(crate) reads: usize,
    /// Days before this one are closed.
    pub(crate) open_from: Option<NaiveDate>,
    /// Days before this one take no credits, though the query calls them open.
    pub(crate) locked_before: Option<NaiveDate>,
    /// A document that cannot be understood.
    pub(crate) unreadable: Option<DocumentKey>,
    /// The next document is made, and the answer is lost.
    pub(crate) lose_document: bool,
    /// The next report arrives, and the answer is lost.
    pub(crate) lose_report: bool,
    /// What NetSuite adds to the tax of what it makes.
    pub(crate) extra_tax: Decimal,
    /// Taxes can be written on lines.
    pub(crate) writes_taxes: bool,
    /// The next writing of taxes is refused for the pace.
    pub(crate) throttle_taxes: bool,
}

/// Handle of a world.
#[derive(Clone)]
pub(crate) struct Stage(Arc<Mutex<World>>);

impl Stage {
    pub(crate) fn new(sent: SentOrder, amazon: AmazonOrder, documents: Vec<Document>) -> Self {
        let lines = sent
            .lines
            .iter()
            .map(|line| crate::orders::fixtures::line(line.line.0, "55", line.quantity.0, Decimal::TEN));
        Self(Arc::new(Mutex::new(World {
            now: "2026-03-20T12:00:00Z".parse().unwrap(),
            settings: crate::orders::fixtures::settings(),
            order: crate::orders::fixtures::sales_order(lines.collect()),
            sent,
            amazon,
            documents,
            kept: Kept::default(),
            created: Vec::new(),
            reports: Vec::new(),
            reads: 0,
            open_from: None,
            locked_before: None,
            unreadable: None,
            lose_document: false,
            lose_report: false,
            extra_tax: Decimal::ZERO,
            writes_taxes: false,
            throttle_taxes: false,
        })))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// One look, a minute after the last.
    pub(crate) async fn look(&self, changed: &[DocumentKey], approved: &[&str]) -> Leavings {
        self.look_rejecting(changed, approved, &[]).await
    }

    /// One look in which a person also rejects refunds.
    pub(crate) async fn look_rejecting(
        &self,
        changed: &[DocumentKey],
        approved: &[&str],
        rejected: &[(String, RefundRejection)],
    ) -> Leavings {
        self.try_look(changed, approved, rejected).await.unwrap()
    }

    /// One look that cannot go to its end.
    pub(crate) async fn look_that_stops(&self) {
        assert!(self.try_look(&[], &[], &[]).await.is_err(), "it went to its end");
    }

    async fn try_look(
        &self,
        changed: &[DocumentKey],
        approved: &[&str],
        rejected: &[(String, RefundRejection)],
    ) -> Result<Leavings, Stop> {
        self.world().now += chrono::Duration::minutes(1);
        let connection = self.connection();
        let lease = Lease {
            key: LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) },
            owner: "test".into(),
            fence: 1,
        };
        let mut desk = Desk::open(&connection, &lease).await.unwrap();
        let mut view = {
            let world = self.world();
            OrderView::new(
                "42".into(),
                world.sent.clone(),
                world.amazon.clone(),
                world.kept.links.clone(),
                None,
            )
        };
        let approved: Vec<String> = approved.iter().map(|subject| (*subject).to_owned()).collect();
        super::run(&mut desk, &mut view, changed, &approved, rejected).await?;
        Ok(desk.close())
    }

    pub(crate) fn refund(&self, id: &str) -> AmazonRefund {
        self.world().amazon.refunds.iter().find(|refund| refund.id == id.into()).unwrap().clone()
    }

    pub(crate) fn link(&self, id: &str) -> RefundLink {
        let world = self.world();
        let links = world.kept.links.iter().filter_map(|link| match link {
            Link::Refund(link) if link.id == id.into() => Some(link.as_ref().clone()),
            _ => None,
        });
        links.into_iter().next().unwrap()
    }

    /// Codes of what is parked, by subject.
    pub(crate) fn parked(&self) -> Vec<(String, String)> {
        self.world().kept.codes()
    }

    /// Credits that stand.
    pub(crate) fn credits(&self) -> usize {
        let world = self.world();
        world.documents.iter().filter(|document| document.key.kind.is_credit() && !document.is_voided).count()
    }

    /// True when the outcome of no write is open.
    pub(crate) fn is_settled(&self) -> bool {
        self.world().kept.unsettled().is_empty()
    }

    fn connection(&self) -> Connection {
        let (settings, now) = {
            let world = self.world();
            (world.settings.clone(), world.now)
        };
        let days = self.clone();
        Connection {
            amazon_orders: Arc::new(self.amazon_orders()),
            amazon_refunds: Arc::new(self.amazon_refunds()),
            sales_orders: Arc::new(self.sales_orders()),
            documents: Arc::new(self.documents()),
            accounting_periods: Arc::new(periods(move || days.world().open_from)),
            ledger: Arc::new(self.clone()),
            ..mocked(settings, Arc::new(move || now))
        }
    }

    fn amazon_orders(&self) -> MockAmazonOrders {
        let (mut mock, stage) = (MockAmazonOrders::new(), self.clone());
        mock.expect_read().returning(move |_| Ok(Some(stage.world().amazon.clone())));
        mock
    }

    fn sales_orders(&self) -> MockSalesOrders {
        let (mut mock, stage) = (MockSalesOrders::new(), self.clone());
        mock.expect_read().returning(move |_| {
            let mut world = stage.world();
            world.reads += 1;
            Ok(Some(world.order.clone()))
        });
        mock
    }

    fn amazon_refunds(&self) -> MockAmazonRefunds {
        let (mut mock, stage) = (MockAmazonRefunds::new(), self.clone());
        mock.expect_report().returning(move |_, report| {
            let mut world = stage.world();
            let position = match &report.refund {
                ReportedRefund::Known(id) => {
                    world.amazon.refunds.iter().position(|refund| refund.id == *id).unwrap()
                }
                ReportedRefund::External { alias, lines, reason } => {
                    let id = format!("X-{alias}");
                    world.amazon.refunds.push(AmazonRefund {
                        alias: Some(alias.clone()),
                        request_reason: Some(reason.clone()),
                        ..super::fixtures::refund(&id, lines.clone(), None)
                    });
                    world.amazon.refunds.len() - 1
                }
            };
            let refund = &mut world.amazon.refunds[position];
            assert!(refund.state.may_become(&report.state), "{} to {}", refund.state, report.state);
            refund.state = report.state.clone();
            refund.total = RefundTotal::Amount(report.total);
            for payment in &report.payments {
                assert!(!refund.payments.contains(&payment.id), "payment {} twice", payment.id);
                refund.payments.push(payment.id.clone());
            }
            world.reports.push(report.clone());
            if std::mem::take(&mut world.lose_report) { Err(lost("updateOrder")) } else { Ok(()) }
        });
        mock
    }

    fn documents(&self) -> MockDocuments {
        let mut mock = MockDocuments::new();
        let stage = self.clone();
        mock.expect_of_order().returning(move |_| {
            let mut world = stage.world();
            world.reads += 1;
            let head = |document: &Document| DocumentHead {
                key: document.key.clone(),
                external_id: document.external_id.clone(),
                status: document.status.clone(),
            };
            Ok(world.documents.iter().map(head).collect())
        });
        let stage = self.clone();
        mock.expect_read().returning(move |key| {
            let mut world = stage.world();
            world.reads += 1;
            if world.unreadable.as_ref() == Some(key) {
                return Err(PortError::new(
                    "read",
                    Failure::BadRecord,
                    "record_unreadable",
                    "a broken record",
                ));
            }
            Ok(world.documents.iter().find(|document| document.key == *key).cloned())
        });
        let stage = self.clone();
        mock.expect_find().returning(move |kind, external_id| {
            let world = stage.world();
            let mut of_kind = world.documents.iter().filter(|document| document.key.kind == kind);
            Ok(of_kind
                .find(|document| document.external_id.as_deref() == Some(external_id.as_str()))
                .cloned())
        });
        let stage = self.clone();
        mock.expect_create().returning(move |new| stage.create(new));
        let stage = self.clone();
        mock.expect_patch().returning(move |key, patch| {
            let mut world = stage.world();
            let document = world.documents.iter_mut().find(|document| document.key == *key).unwrap();
            document.marks = patch.marks.clone();
            Ok(())
        });
        let stage = self.clone();
        mock.expect_writes_line_taxes().returning(move || stage.world().writes_taxes);
        let stage = self.clone();
        mock.expect_set_line_taxes().returning(move |key, taxes| {
            let mut world = stage.world();
            if std::mem::take(&mut world.throttle_taxes) {
                let failure = Failure::Throttled { wait: None };
                return Err(PortError::new("setLineTax", failure, "SSS_REQUEST_LIMIT_EXCEEDED", "slow down"));
            }
            let document = world.documents.iter_mut().find(|document| document.key == *key).unwrap();
            for tax in taxes {
                let line = document.lines.iter_mut().find(|line| line.line == tax.line).unwrap();
                let more = tax.tax - line.tax.replace(tax.tax).unwrap_or_default();
                document.tax_total += more;
                document.total += more;
            }
            Ok(())
        });
        mock
    }

    /// NetSuite makes a document.
    fn create(&self, new: &NewDocument) -> Result<DocumentId, PortError> {
        let mut world = self.world();
        if let (Some(open_from), Some(date)) = (world.open_from.max(world.locked_before), new.date)
            && date < open_from
        {
            return Err(PortError::new("create", Failure::Refused, CLOSED_PERIOD, "the period is closed"));
        }
        let id = format!("{}", 900 + world.documents.len());
        let (source, is_payout) = match &new.source {
            DocumentSource::Document(key) => (Some(key.id.clone()), false),
            _ => (None, true),
        };
        let from = world.documents.iter().find(|document| Some(&document.key.id) == source.as_ref());
        let from = from.map(|document| document.lines.clone()).unwrap_or_default();
        let lines = new.lines.iter().zip(1..).map(|(line, number)| DocumentLine {
            line: LineNumber(number),
            source_line: Some(line.source_line),
            amazon_line: from
                .iter()
                .find(|from| from.line == line.source_line)
                .and_then(|from| from.amazon_line.clone()),
            item: None,
            kind: ItemKind::Inventory,
            quantity: line.quantity.to_decimal(),
            quantity_received: Decimal::ZERO,
            rate: None,
            amount: line.amount.unwrap(),
            tax: Some(line.tax.unwrap() + world.extra_tax),
            is_closed: false,
        });
        let mut made = document(new.kind, &id, lines.collect());
        made.external_id = Some(new.external_id.as_str().to_owned());
        made.created_from = source;
        made.date = new.date;
        made.currency = Currency::USD;
        made.shipping_cost = new.shipping.unwrap_or_default();
        made.handling_cost = new.handling.unwrap_or_default();
        made.total += made.shipping_cost + made.handling_cost;
        made.marks = new.marks.clone();
        made.memo = new.memo.clone();
        if new.kind == DocumentKind::CreditMemo {
            let is_applied = new.apply_to.is_some();
            made.amount_remaining = Some(if is_applied { Decimal::ZERO } else { made.total });
        }
        if is_payout {
            let application = new.apply_to.as_ref().unwrap();
            let memo = world.documents.iter_mut().find(|memo| memo.key.id == application.document).unwrap();
            memo.amount_remaining = memo.amount_remaining.map(|left| left - application.amount.unwrap());
        }
        world.documents.push(made);
        world.created.push(new.clone());
        if std::mem::take(&mut world.lose_document) { Err(lost("create")) } else { Ok(id.into()) }
    }
}

impl World {
    pub(crate) fn state(&self, id: &str) -> RefundState {
        self.amazon.refunds.iter().find(|refund| refund.id == id.into()).unwrap().state.clone()
    }
}

impl Remembers for Stage {
    fn kept<Seen>(&self, look: impl FnOnce(&Kept) -> Seen) -> Seen {
        look(&self.world().kept)
    }

    fn commit<Outcome>(&self, write: impl FnOnce(&mut Kept) -> Outcome) -> Result<Outcome, StoreError> {
        Ok(write(&mut self.world().kept))
    }
}

fn lost(operation: &'static str) -> PortError {
    PortError::new(operation, Failure::Unclear, "timeout", "the answer was lost")
}
