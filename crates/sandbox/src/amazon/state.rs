//! All that the pretend Amazon remembers of orders and parcels.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::cancellation::Waiting;
use super::errors::Refusal;
use super::order::{Alias, Content, Order, Package, PackageState};
use super::settings::Habits;
use super::stock::Stock;
use super::tracking::Tracker;
use crate::random::Random;

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const HEX: &[u8] = b"0123456789abcdef";

/// Orders by id and in order of arrival.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) random: Random,
    pub(crate) habits: Habits,
    positions: BTreeMap<String, usize>,
    orders: Vec<Order>,
    /// Aliases of orders and all that hangs on them: no two things in a store share one.
    taken: HashSet<Alias>,
    ids_by_alias: HashMap<Alias, String>,
    /// Trackers that a package no longer uses.
    pub(crate) former_trackers: Vec<Tracker>,
    /// Cancellations without an outcome, oldest first.
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) stock: Stock,
}

impl State {
    pub(crate) fn new(seed: u64, habits: Habits) -> Self {
        Self {
            random: Random::new(seed),
            habits,
            positions: BTreeMap::new(),
            orders: Vec::new(),
            taken: HashSet::new(),
            ids_by_alias: HashMap::new(),
            former_trackers: Vec::new(),
            waiting: Vec::new(),
            stock: Stock::default(),
        }
    }

    pub(crate) fn orders(&self) -> &[Order] {
        &self.orders
    }

    pub(crate) fn order(&self, id: &str) -> Option<&Order> {
        self.positions.get(id).and_then(|position| self.orders.get(*position))
    }

    pub(crate) fn order_mut(&mut self, id: &str) -> Option<&mut Order> {
        self.positions.get(id).and_then(|position| self.orders.get_mut(*position))
    }

    pub(crate) fn order_by_alias(&self, alias_type: &str, alias_id: &str) -> Option<&Order> {
        let alias = Alias { alias_type: alias_type.to_owned(), alias_id: alias_id.to_owned() };
        self.ids_by_alias.get(&alias).and_then(|id| self.order(id))
    }

    /// Adds an order, or replaces the one with the same id.
    pub(crate) fn keep(&mut self, order: Order) {
        for alias in &order.aliases {
            self.ids_by_alias.insert(alias.clone(), order.id.clone());
        }
        let of_lines = order.lines.iter().flat_map(|line| &line.aliases);
        let of_packages = order.packages.iter().flat_map(|package| &package.aliases);
        let of_returns = order.returns.iter().flat_map(|returned| &returned.aliases);
        let of_refunds = order.refunds.iter().flat_map(|refund| &refund.aliases);
        let known =
            order.aliases.iter().chain(of_lines).chain(of_packages).chain(of_returns).chain(of_refunds);
        self.taken.extend(known.cloned());
        if let Some(known) = self.order_mut(&order.id) {
            *known = order;
        } else {
            self.positions.insert(order.id.clone(), self.orders.len());
            self.orders.push(order);
        }
    }

    /// Notes aliases that are in use from now on.
    pub(crate) fn take_aliases(&mut self, aliases: impl IntoIterator<Item = Alias>) {
        self.taken.extend(aliases);
    }

    /// Refuses aliases that the store uses already, for whatever.
    pub(crate) fn aliases_are_free<'a>(
        &self,
        wanted: impl IntoIterator<Item = &'a Alias>,
    ) -> Result<(), Refusal> {
        match wanted.into_iter().find(|alias| self.taken.contains(alias)) {
            Some(alias) => Err(Refusal::alias_taken(&alias.alias_type, &alias.alias_id)),
            None => Ok(()),
        }
    }

    /// The tracker of a parcel, unless it is too old.
    pub(crate) fn tracker(&self, carrier: &str, number: &str, now: DateTime<Utc>) -> Option<&Tracker> {
        let outbound = self.orders.iter().flat_map(|order| &order.packages);
        let returns = self.orders.iter().flat_map(|order| &order.returns);
        let inbound = returns.flat_map(|returned| &returned.packages);
        outbound
            .filter_map(|package| package.tracker.as_ref())
            .chain(inbound.filter_map(|package| package.tracker.as_ref()))
            .chain(&self.former_trackers)
            .find(|tracker| tracker.is(carrier, number) && !tracker.is_gone(now))
    }

    /// A new id such as `322-7K2M-Q4ZT9A`.
    pub(crate) fn order_id(&mut self) -> String {
        loop {
            let middle = self.random.word(LETTERS_AND_DIGITS, 4);
            let id = format!("322-{middle}-{}", self.random.word(LETTERS_AND_DIGITS, 6));
            if !self.positions.contains_key(&id) {
                return id;
            }
        }
    }

    /// A new id such as `11312196b6-1883e00df5`.
    pub(crate) fn line_id(&mut self) -> String {
        format!("{}-{}", self.random.word(HEX, 10), self.random.word(HEX, 10))
    }

    /// A new id of a cancellation: 64 hexadecimal digits.
    pub(crate) fn long_id(&mut self) -> String {
        self.random.word(HEX, 64)
    }

    pub(crate) fn refund_id(&mut self) -> String {
        format!("refund-{}", self.random.word(HEX, 20))
    }

    pub(crate) fn return_id(&mut self) -> String {
        format!("return-{}", self.random.word(HEX, 20))
    }

    pub(crate) fn return_package_id(&mut self) -> String {
        format!("rpkg-{}", self.random.word(HEX, 20))
    }

    pub(crate) fn pending_package(&mut self, contents: Vec<Content>) -> Package {
        Package {
            id: format!("pkg-{}", self.random.word(HEX, 20)),
            aliases: Vec::new(),
            state: PackageState::Pending,
            reason: None,
            contents,
            tracker: None,
        }
    }
}
