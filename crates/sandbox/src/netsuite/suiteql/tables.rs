//! The virtual tables: which columns they have, their rows, and the look-ups that avoid a full scan.
//!
//! What a column holds is in [`values`](super::values).

use super::cell::Cell;
use super::columns::{
    ACCOUNT, ACCOUNTING_PERIOD, BIN, CUSTOM_RECORD, CUSTOMER, ITEM, KIT_MEMBER, LOCATION, SUBSIDIARY,
    TRANSACTION, TRANSACTION_LINE,
};
use super::links::{self, Link};
use super::stock;
use crate::netsuite::books::{Books, Line, Record};
use crate::netsuite::customization::CustomRecordType;
use crate::netsuite::item_index::ItemIndex;
use crate::netsuite::periods::Period;
use crate::netsuite::records::types::{Group, TRANSACTIONS};
use crate::netsuite::stock::Spot;

/// A table of the query service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Headers of transactions.
    Transaction,
    /// Lines of transactions, and one main line for each.
    TransactionLine,
    /// Items of every kind.
    Item,
    /// Locations.
    Location,
    /// Customers.
    Customer,
    /// Links between lines of transactions, under either of their two names.
    Link,
    /// Months, quarters and years.
    AccountingPeriod,
    /// Members of kits.
    KitMember,
    /// Stock of items at locations.
    Stock,
    /// Stock of items in bins.
    Balance,
    /// Bins.
    Bin,
    /// Accounts of the general ledger.
    Account,
    /// Subsidiaries.
    Subsidiary,
    /// A custom record type, by its place among those of the account.
    Custom(usize),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    /// A record, and one of its lines where the table has lines.
    Record { record: &'a Record, line: Option<(usize, &'a Line)> },
    /// A link between two transactions.
    Link(Link<'a>),
    /// A row of the calendar.
    Period(Period),
    /// An item at a location.
    Stock(Spot),
    /// An item in a bin of a location, or outside of its bins.
    Balance(Spot, Option<u64>),
}

impl Row<'_> {
    /// What rows of a table with a key are ordered by.
    pub(super) fn key(&self) -> u64 {
        match self {
            Self::Record { record, .. } => record.id,
            Self::Stock((item, _)) | Self::Balance((item, _), _) => *item,
            Self::Link(_) | Self::Period(_) => 0,
        }
    }
}

impl Table {
    pub(super) fn named(books: &Books, name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            custom if custom.starts_with("customrecord_") => {
                let mut types = books.settings.custom_records.iter();
                Self::Custom(types.position(|known| known.script_id == custom)?)
            }
            "account" => Self::Account,
            "subsidiary" => Self::Subsidiary,
            "transaction" => Self::Transaction,
            "transactionline" => Self::TransactionLine,
            "item" => Self::Item,
            "location" => Self::Location,
            "customer" => Self::Customer,
            "previoustransactionlinelink" | "nexttransactionlinelink" => Self::Link,
            "accountingperiod" => Self::AccountingPeriod,
            "kititemmember" | "itemmember" => Self::KitMember,
            "aggregateitemlocation" => Self::Stock,
            "inventorybalance" => Self::Balance,
            "bin" => Self::Bin,
            _ => return None,
        })
    }

    /// Columns that every account has.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Transaction => TRANSACTION,
            Self::TransactionLine => TRANSACTION_LINE,
            Self::Item => ITEM,
            Self::Location => LOCATION,
            Self::Customer => CUSTOMER,
            Self::Link => links::COLUMNS,
            Self::AccountingPeriod => ACCOUNTING_PERIOD,
            Self::KitMember => KIT_MEMBER,
            Self::Stock => stock::LEVEL,
            Self::Balance => stock::BALANCE,
            Self::Bin => BIN,
            Self::Account => ACCOUNT,
            Self::Subsidiary => SUBSIDIARY,
            Self::Custom(_) => CUSTOM_RECORD,
        }
    }

    /// Whether the table has this column; `name` in lower case.
    pub(super) fn has(self, books: &Books, name: &str) -> bool {
        if books.settings.hidden_columns.iter().any(|hidden| hidden == name) {
            return false;
        }
        let of_type = |known: &CustomRecordType| known.fields.iter().any(|field| field.script_id == name);
        self.columns().contains(&name)
            || self.custom_type(books).is_some_and(of_type)
            || (self.custom().is_some_and(|prefix| name.starts_with(prefix))
                && books.settings.custom_fields.iter().any(|field| field.script_id == name))
    }

    pub(super) fn custom(self) -> Option<&'static str> {
        Some(match self {
            Self::Transaction => "custbody_",
            Self::TransactionLine => "custcol_",
            Self::Item => "custitem_",
            Self::Location => "custrecord_",
            Self::Customer => "custentity_",
            Self::Link
            | Self::AccountingPeriod
            | Self::KitMember
            | Self::Stock
            | Self::Balance
            | Self::Bin
            | Self::Account
            | Self::Subsidiary
            | Self::Custom(_) => return None,
        })
    }

    /// The custom record type whose rows these are.
    pub(super) fn custom_type(self, books: &Books) -> Option<&CustomRecordType> {
        match self {
            Self::Custom(place) => books.settings.custom_records.get(place),
            _ => None,
        }
    }

    /// The group whose records make the rows.
    pub(super) fn group(self, books: &Books) -> Group {
        match self {
            Self::Transaction | Self::TransactionLine | Self::Link | Self::AccountingPeriod => {
                Group::Transaction
            }
            Self::Item | Self::KitMember | Self::Stock | Self::Balance => Group::Item,
            Self::Bin => Group::Bin,
            Self::Location => Group::Location,
            Self::Customer => Group::Entity,
            Self::Account => Group::Account,
            Self::Subsidiary => Group::Subsidiary,
            Self::Custom(_) => Group::Custom(
                self.custom_type(books).map(|known| known.script_id.clone()).unwrap_or_default(),
            ),
        }
    }

    /// Every row.
    pub(super) fn rows(self, books: &Books) -> Vec<Row<'_>> {
        match self {
            Self::Link => Link::all(books).map(Row::Link).collect(),
            Self::AccountingPeriod => Period::all().map(Row::Period).collect(),
            Self::Stock | Self::Balance => self.rows_from(books, 0).collect(),
            _ => books.all(&self.group(books)).flat_map(|record| self.rows_of(record)).collect(),
        }
    }

    /// The column that rows are ordered by, for tables that can be read from any row on.
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::Transaction
            | Self::Item
            | Self::Location
            | Self::Customer
            | Self::Bin
            | Self::Account
            | Self::Subsidiary
            | Self::Custom(_) => Some("id"),
            Self::Stock | Self::Balance => Some("item"),
            Self::TransactionLine | Self::Link | Self::AccountingPeriod | Self::KitMember => None,
        }
    }

    /// Rows from this key on, in the order of the key.
    pub(super) fn rows_from(self, books: &Books, first: u64) -> Box<dyn Iterator<Item = Row<'_>> + '_> {
        match self {
            Self::Stock => Box::new(books.stock.from((first, 0)).map(|(spot, _)| Row::Stock(spot))),
            Self::Balance => Box::new(books.stock.from((first, 0)).flat_map(stock::balances)),
            _ => {
                let records = books.from(&self.group(books), first);
                Box::new(records.flat_map(move |record| self.rows_of(record)))
            }
        }
    }

    /// How much a condition on this column narrows the table down without a scan; lower is better.
    pub(super) fn narrowing(self, books: &Books, column: &str) -> Option<u8> {
        match (self, column) {
            (Self::TransactionLine, "transaction" | "createdfrom") => Some(1),
            (Self::Link, "previousdoc" | "nextdoc") | (Self::KitMember, "parentitem") => Some(1),
            (Self::Stock | Self::Balance, "item") => Some(1),
            (
                Self::TransactionLine
                | Self::Link
                | Self::AccountingPeriod
                | Self::KitMember
                | Self::Stock
                | Self::Balance,
                _,
            ) => None,
            (Self::Item, column) if ItemIndex::covers(column, &books.settings) => Some(2),
            (_, "id" | "externalid") => Some(1),
            (Self::Transaction, "type") => Some(2),
            _ => None,
        }
    }

    /// Rows whose column has this value, for columns that narrow.
    ///
    /// # Errors
    /// When the column holds numbers and the value is none.
    pub(super) fn look_up<'a>(
        self,
        books: &'a Books,
        column: &str,
        value: &Cell,
    ) -> Result<Vec<Row<'a>>, String> {
        let group = self.group(books);
        let text = value.shown().unwrap_or_default();
        if self == Self::Item && ItemIndex::covers(column, &books.settings) {
            let items = books.items_by(column, &text).into_iter().filter_map(|id| books.get(&group, id));
            return Ok(items.map(|record| Row::Record { record, line: None }).collect());
        }
        let id = match value.number() {
            Some(number) => number.normalize().to_string().parse::<u64>().unwrap_or_default(),
            None if matches!(column, "externalid" | "type") => 0,
            None => return Err("Search error occurred: Invalid number.".to_owned()),
        };
        match self {
            Self::Stock => return Ok(books.stock.of(id).map(|(spot, _)| Row::Stock(spot)).collect()),
            Self::Balance => return Ok(books.stock.of(id).flat_map(stock::balances).collect()),
            _ => {}
        }
        if self == Self::Link {
            let links = match column {
                "previousdoc" => Link::from(books, id),
                _ => books.get(&group, id).map(|next| Link::to(books, next)).unwrap_or_default(),
            };
            return Ok(links.into_iter().map(Row::Link).collect());
        }
        let records: Vec<&Record> = match column {
            "externalid" => books.by_external_id(&group, &text).into_iter().collect(),
            "type" => {
                let known = TRANSACTIONS.iter().find(|known| known.code == text);
                known.into_iter().flat_map(|known| books.transactions(known.name)).collect()
            }
            "createdfrom" => books.made_from(id).collect(),
            _ => books.get(&group, id).into_iter().collect(),
        };
        Ok(records.into_iter().flat_map(|record| self.rows_of(record)).collect())
    }

    fn rows_of(self, record: &Record) -> impl Iterator<Item = Row<'_>> {
        let lines = match self {
            Self::TransactionLine => record.main_lines(),
            Self::KitMember => record.lines_of("member"),
            _ => &[],
        };
        let head = (self != Self::KitMember).then_some(Row::Record { record, line: None });
        let lines = lines.iter().enumerate().map(|line| Row::Record { record, line: Some(line) });
        head.into_iter().chain(lines)
    }
}
