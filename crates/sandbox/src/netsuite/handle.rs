//! The handle: reads and moves the account's state as staff would.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::answer::{Answer, Call};
use super::auth::{LoginAttempt, Logins};
use super::books::{Books, Record};
use super::bundle::Bundle;
use super::concurrency::Pool;
use super::cues::Cues;
use super::errors::{Place, Refusal};
use super::load;
use super::records::changes::WriteOptions;
use super::records::read::{View, document};
use super::records::write::{delete, update};
use super::service::{State, answer};
use super::settings::NetSuiteSettings;
use crate::exchange::Core;
use crate::{Vendor, locked};

/// Why a record was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}{}", place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default())]
pub struct RecordError {
    /// NetSuite's error code.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Where in the record, if one place can be named.
    pub place: Option<String>,
}

impl From<Refusal> for RecordError {
    fn from(refusal: Refusal) -> Self {
        let place = refusal.place.map(|place| match place {
            Place::Body(path) | Place::Url(path) | Place::Query(path) => path,
            Place::Header(name) => name.to_owned(),
        });
        Self { code: refusal.code, detail: refusal.detail, place }
    }
}

/// The pretend NetSuite account. Cheap to clone; clones share all state.
#[derive(Debug, Clone)]
pub struct NetSuite {
    core: Core,
    state: Arc<Mutex<State>>,
    pool: Pool,
    cues: Cues,
    bundle: Bundle,
}

impl NetSuite {
    /// An account without records.
    pub(crate) fn new(core: Core, settings: NetSuiteSettings) -> Self {
        let pool = Pool::new(settings.slots, settings.refuses_logins_under_load);
        let state = State { books: Books::new(settings), logins: Logins::default() };
        Self {
            core,
            state: Arc::new(Mutex::new(state)),
            pool,
            cues: Cues::default(),
            bundle: Bundle::default(),
        }
    }

    /// Takes sales orders in the shape of an expanded GET, as a merchant's export has them.
    ///
    /// Customers, items and locations that the orders refer to are created when missing. Filled in when absent:
    /// ids, line numbers, line keys, amounts, totals, dates, and status B. An order whose id is known replaces the
    /// old one. `"billedBy": "invoice"` or `"cashSale"`, no property of NetSuite's, bills the order in full at
    /// once. Returns the internal ids in the order given; orders in front of a faulty one stay.
    ///
    /// # Errors
    /// [`RecordError`] for the first order that cannot be read.
    pub fn load_sales_orders(&self, orders: Vec<Value>) -> Result<Vec<u64>, RecordError> {
        let now = self.core.clock.now();
        self.with_books(|books| orders.iter().map(|order| load::sales_order(books, order, now)).collect())
    }

    /// Every sales order, by id, as an expanded GET shows it.
    pub fn sales_orders(&self) -> Vec<Value> {
        let books = &locked(&self.state).books;
        books.transactions("salesOrder").map(|order| self.show(books, order)).collect()
    }

    /// One sales order, as an expanded GET shows it.
    pub fn sales_order(&self, id: u64) -> Option<Value> {
        self.record("salesOrder", id)
    }

    /// The fulfilments made from an order, oldest first.
    pub fn fulfillments_of(&self, order: u64) -> Vec<Value> {
        let books = &locked(&self.state).books;
        books.fulfillments_of(order).map(|fulfillment| self.show(books, fulfillment)).collect()
    }

    /// Every item fulfilment, by id.
    pub fn fulfillments(&self) -> Vec<Value> {
        let books = &locked(&self.state).books;
        books.transactions("itemFulfillment").map(|fulfillment| self.show(books, fulfillment)).collect()
    }

    /// Any record by REST type and internal id, as an expanded GET shows it.
    pub fn record(&self, record_type: &str, id: u64) -> Option<Value> {
        let books = &locked(&self.state).books;
        let kind = books.record_type(record_type).ok()?;
        books.find(&kind, &id.to_string()).ok().map(|record| self.show(books, record))
    }

    /// Creates an item, or changes the one with this `id` or `itemId`. `itemType` is a type code such as
    /// `InvtPart` (the default), `Kit` or `Service`; `isLotItem` and `isSerialItem` make it one of those. Custom fields
    /// that the account does not have are added to it. A kit has `member.items[]` with `item` and `quantity`.
    /// Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when a value does not fit.
    pub fn put_item(&self, item: &Value) -> Result<u64, RecordError> {
        let now = self.core.clock.now();
        self.with_books(|books| load::item(books, item, now))
    }

    /// Creates a record of any type but transactions, or changes the one with this `id`. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when the type is unknown or a value does not fit.
    pub fn put_record(&self, record_type: &str, record: &Value) -> Result<u64, RecordError> {
        let now = self.core.clock.now();
        self.with_books(|books| load::record(books, record_type, record, now))
    }

    /// Changes a sales order as staff would: a merge like PATCH, which also takes properties that are
    /// read-only over REST, such as `quantityBilled` on a line or `status` C (cancelled). Moves
    /// `lastModifiedDate`.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such order or a rule says no.
    pub fn edit_sales_order(&self, id: u64, patch: &Value) -> Result<(), RecordError> {
        let options = WriteOptions { strict_names: true, staff: true, ..WriteOptions::default() };
        let now = self.core.clock.now();
        self.with_books(|books| {
            let kind = books.record_type("salesOrder")?;
            update(books, &kind, &id.to_string(), patch, &options, now).map(|_| ())
        })
    }

    /// Deletes a record, for example a fulfilment that staff take back.
    ///
    /// # Errors
    /// [`RecordError`] when there is none or others depend on it.
    pub fn delete_record(&self, record_type: &str, id: u64) -> Result<(), RecordError> {
        let now = self.core.clock.now();
        self.with_books(|books| {
            let kind = books.record_type(record_type)?;
            delete(books, &kind, &id.to_string(), now)
        })
    }

    /// All logins so far with the reason of each failure.
    pub fn login_audit_trail(&self) -> Vec<LoginAttempt> {
        locked(&self.state).logins.trail().to_vec()
    }

    /// Revokes every OAuth 2.0 access token handed out so far; new ones can be had.
    pub fn revoke_tokens(&self) {
        locked(&self.state).logins.revoke_access_tokens();
    }

    /// Revokes or restores the token of token-based authentication.
    pub fn revoke_tba_token(&self, revoked: bool) {
        locked(&self.state).logins.revoke_tba_token(revoked);
    }

    /// Ends a lock of the user before its time.
    pub fn unlock_user(&self) {
        locked(&self.state).logins.unlock();
    }

    /// The account's settings.
    pub fn settings(&self) -> NetSuiteSettings {
        locked(&self.state).books.settings.clone()
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        let mut state = locked(&self.state);
        let answer = answer(&mut state, call);
        // The integration's own saves are not told.
        state.books.saved.clear();
        answer
    }

    pub(super) fn revoke_token(&self, presented: &str) -> bool {
        locked(&self.state).logins.revoke(presented)
    }

    pub(super) fn cues(&self) -> &Cues {
        &self.cues
    }

    /// Changes the account's settings while it runs.
    pub(super) fn change_settings(&self, change: impl FnOnce(&mut NetSuiteSettings)) {
        change(&mut locked(&self.state).books.settings);
    }

    pub(super) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Changes records without anybody being told.
    pub(super) fn edit_books(&self, work: impl FnOnce(&mut Books)) {
        work(&mut locked(&self.state).books);
    }

    /// Works on the records as staff do: the bundle is told of what was saved.
    pub(super) fn with_books<T>(
        &self,
        work: impl FnOnce(&mut Books) -> Result<T, Refusal>,
    ) -> Result<T, RecordError> {
        let mut state = locked(&self.state);
        let done = work(&mut state.books);
        self.bundle.tell(&mut state.books, self.core.clock.now());
        Ok(done?)
    }

    /// Looks into the records.
    pub(super) fn with_books_read<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&locked(&self.state).books)
    }

    pub(super) fn show(&self, books: &Books, record: &Record) -> Value {
        let base = format!("{}/services/rest", self.core.vendor_url(Vendor::NetSuite));
        document(books, record, &View { base: &base, expand: true, only: None })
    }
}
