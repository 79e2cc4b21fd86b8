//! The handle: reads and moves the account's state as staff would.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::answer::{Answer, Call};
use super::auth::{LoginAttempt, Logins};
use super::books::{Books, Record};
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
    slots: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    cues: Cues,
}

/// One of the account's concurrency slots; free again when dropped.
pub(super) struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl NetSuite {
    /// An account without records.
    pub(crate) fn new(core: Core, settings: NetSuiteSettings) -> Self {
        let slots = Arc::new(AtomicUsize::new(settings.slots));
        let state = State { books: Books::new(settings), logins: Logins::default() };
        Self { core, state: Arc::new(Mutex::new(state)), slots, busy: Arc::default(), cues: Cues::default() }
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
        let books = &mut locked(&self.state).books;
        orders.iter().map(|order| load::sales_order(books, order, now).map_err(RecordError::from)).collect()
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
        Ok(load::item(&mut locked(&self.state).books, item, now)?)
    }

    /// Creates a record of any type but transactions, or changes the one with this `id`. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when the type is unknown or a value does not fit.
    pub fn put_record(&self, record_type: &str, record: &Value) -> Result<u64, RecordError> {
        let now = self.core.clock.now();
        Ok(load::record(&mut locked(&self.state).books, record_type, record, now)?)
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
        let books = &mut locked(&self.state).books;
        let kind = books.record_type("salesOrder")?;
        update(books, &kind, &id.to_string(), patch, &options, now)?;
        Ok(())
    }

    /// Deletes a record, for example a fulfilment that staff take back.
    ///
    /// # Errors
    /// [`RecordError`] when there is none or others depend on it.
    pub fn delete_record(&self, record_type: &str, id: u64) -> Result<(), RecordError> {
        let now = self.core.clock.now();
        let books = &mut locked(&self.state).books;
        let kind = books.record_type(record_type)?;
        Ok(delete(books, &kind, &id.to_string(), now)?)
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

    /// How many requests the account serves at the same time.
    pub fn slots(&self) -> usize {
        self.slots.load(Ordering::Acquire)
    }

    /// Changes how many requests the account serves at the same time.
    pub fn set_slots(&self, slots: usize) {
        self.slots.store(slots, Ordering::Release);
    }

    /// The account's settings.
    pub fn settings(&self) -> NetSuiteSettings {
        locked(&self.state).books.settings.clone()
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    /// A free slot, if there is one.
    pub(super) fn take_slot(&self) -> Option<Slot> {
        let before = self.busy.fetch_add(1, Ordering::AcqRel);
        let slot = Slot(Arc::clone(&self.busy));
        (before < self.slots()).then_some(slot)
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        answer(&mut locked(&self.state), call)
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

    /// Works on the records.
    pub(super) fn with_books<T>(
        &self,
        work: impl FnOnce(&mut Books) -> Result<T, Refusal>,
    ) -> Result<T, RecordError> {
        Ok(work(&mut locked(&self.state).books)?)
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::{Calls, Clock, Faults};

    #[test]
    fn a_slot_is_free_again_when_its_request_ends() {
        let core = Core {
            seed: 1,
            clock: Clock::real(),
            calls: Calls::default(),
            faults: Faults::default(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let netsuite = NetSuite::new(core, NetSuiteSettings { slots: 2, ..NetSuiteSettings::default() });
        let first = netsuite.take_slot();
        let second = netsuite.clone().take_slot();
        assert!(first.is_some() && second.is_some());
        assert!(netsuite.take_slot().is_none(), "two requests are under way");
        assert!(netsuite.take_slot().is_none(), "a refused request holds no slot");
        drop(first);
        assert!(netsuite.take_slot().is_some());
    }
}
