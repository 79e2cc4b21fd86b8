//! The virtual tables: which columns they have, their rows, and the look-ups that avoid a full scan.

use rust_decimal::Decimal;
use serde_json::Value;

use super::cell::Cell;
use super::columns::{
    ACCOUNTING_PERIOD, BIN, CUSTOMER, ITEM, KIT_MEMBER, LOCATION, TRANSACTION, TRANSACTION_LINE,
};
use super::links::{self, Link};
use super::stock;
use crate::netsuite::books::{Books, Line, Record, integer, plain};
use crate::netsuite::item_index::ItemIndex;
use crate::netsuite::number::{decimal, member};
use crate::netsuite::periods::Period;
use crate::netsuite::records::types::{Group, TRANSACTIONS, transaction};
use crate::netsuite::settings::CustomFieldKind;
use crate::netsuite::status::status_word;
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
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
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
        }
    }

    /// Whether the table has this column; `name` in lower case.
    pub(super) fn has(self, books: &Books, name: &str) -> bool {
        if books.settings.hidden_columns.iter().any(|hidden| hidden == name) {
            return false;
        }
        self.columns().contains(&name)
            || (self.custom().is_some_and(|prefix| name.starts_with(prefix))
                && books.settings.custom_fields.iter().any(|field| field.script_id == name))
    }

    fn custom(self) -> Option<&'static str> {
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
            | Self::Bin => return None,
        })
    }

    fn group(self) -> Group {
        match self {
            Self::Transaction | Self::TransactionLine | Self::Link | Self::AccountingPeriod => {
                Group::Transaction
            }
            Self::Item | Self::KitMember | Self::Stock | Self::Balance => Group::Item,
            Self::Bin => Group::Bin,
            Self::Location => Group::Location,
            Self::Customer => Group::Entity,
        }
    }

    /// Every row.
    pub(super) fn rows(self, books: &Books) -> Vec<Row<'_>> {
        match self {
            Self::Link => Link::all(books).map(Row::Link).collect(),
            Self::AccountingPeriod => Period::all().map(Row::Period).collect(),
            Self::Stock | Self::Balance => self.rows_from(books, 0).collect(),
            _ => books.all(&self.group()).flat_map(|record| self.rows_of(record)).collect(),
        }
    }

    /// The column that rows are ordered by, for tables that can be read from any row on.
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::Transaction | Self::Item | Self::Location | Self::Customer | Self::Bin => Some("id"),
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
                let records = books.from(&self.group(), first);
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
        let group = self.group();
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

    /// Value of a column the table has.
    pub(super) fn cell(self, books: &Books, row: &Row<'_>, column: &str) -> Cell {
        let (record, line) = match row {
            Row::Link(link) => return link.cell(column),
            Row::Period(period) => return period_cell(books, *period, column),
            Row::Stock(spot) => return stock::level_cell(books, *spot, column),
            Row::Balance(spot, bin) => return stock::balance_cell(books, *spot, *bin, column),
            Row::Record { record, line } => (*record, *line),
        };
        let flag = |name: &str| Cell::check_box(record.fields.get(name) == Some(&Value::Bool(true)));
        match (self, column) {
            (Self::TransactionLine, _) => line_cell(books, (record, line), column),
            (Self::KitMember, _) => kit_member_cell((record, line), column),
            (_, "id") => Cell::Number(Decimal::from(record.id)),
            (_, "externalid") => Cell::text(record.external_id.clone()),
            (Self::Item, "islotitem") => flag("isLotItem"),
            (Self::Item, "isserialitem") => flag("isSerialItem"),
            (Self::Bin, "location") => Cell::id(record.text(column)),
            (_, "isinactive") => Cell::check_box(record.fields.get("isInactive") == Some(&Value::Bool(true))),
            (_, "isperson") => Cell::check_box(record.fields.get("isPerson") == Some(&Value::Bool(true))),
            (_, "type" | "itemtype") => Cell::Text(record.kind.code.to_owned()),
            (_, "recordtype") => Cell::Text(record.kind.name.to_ascii_lowercase()),
            (_, "voided") => Cell::check_box(record.voided),
            (_, "trandate") => {
                record.text("tranDate").and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day)
            }
            (_, "createddate") => moment(books, record.created),
            (_, "lastmodifieddate") => moment(books, record.modified),
            (_, "entity") => Cell::id(record.text("entity").or_else(|| record.text("customer"))),
            (_, "currency") => Cell::id(record.text(column)),
            (_, "exchangerate") => {
                record.fields.get("exchangeRate").and_then(decimal).map_or(Cell::Null, Cell::Number)
            }
            (_, "foreigntotal") => {
                let total = record.fields.get("total").and_then(decimal);
                total.map_or(Cell::Null, |total| Cell::Number(total * sign_of_money(record)))
            }
            (_, column) if self.custom().is_some_and(|prefix| column.starts_with(prefix)) => {
                custom(books, column, record.fields.get(column))
            }
            _ => {
                let value = record.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
                Cell::text(value.and_then(|(_, value)| plain(value)))
            }
        }
    }

    /// What `BUILTIN.DF` shows for a column.
    pub(super) fn display(self, books: &Books, row: &Row<'_>, column: &str) -> Cell {
        let cell = self.cell(books, row, column);
        let group = match column {
            "entity" => Group::Entity,
            "item" => Group::Item,
            "location" => Group::Location,
            "binnumber" => Group::Bin,
            "createdfrom" | "transaction" => Group::Transaction,
            "status" => {
                let Row::Record { record, .. } = row else { return cell };
                let letter = cell.shown().unwrap_or_default();
                let owner = transaction(&record.kind.name).map_or("", |known| known.title);
                let word = status_word(&record.kind.name, &letter);
                return Cell::text(word.map(|word| format!("{owner} : {word}")));
            }
            _ => return cell,
        };
        let id = cell.shown().and_then(|id| id.parse().ok()).unwrap_or_default();
        Cell::text(books.display_name(&group, id))
    }
}

/// SuiteQL shows money that goes to customers as negative totals.
fn sign_of_money(record: &Record) -> Decimal {
    match record.kind.name.as_str() {
        "creditMemo" | "cashRefund" | "customerRefund" => Decimal::NEGATIVE_ONE,
        _ => Decimal::ONE,
    }
}

fn period_cell(books: &Books, period: Period, column: &str) -> Cell {
    match column {
        "id" => Cell::Number(period.id().into()),
        "periodname" => Cell::Text(period.name()),
        "startdate" => Cell::Day(period.start()),
        "enddate" => Cell::Day(period.end()),
        "closed" | "alllocked" => Cell::check_box(period.is_closed(books)),
        "isquarter" => Cell::check_box(period.is_quarter()),
        "isyear" => Cell::check_box(period.is_year()),
        _ => Cell::check_box(false),
    }
}

fn kit_member_cell((kit, line): (&Record, Option<(usize, &Line)>), column: &str) -> Cell {
    let field = |name: &str| line.and_then(|(_, line)| line.fields.get(name)).and_then(plain);
    match column {
        "parentitem" => Cell::Number(Decimal::from(kit.id)),
        "linenumber" => Cell::id(field("line")),
        "memberunit" => Cell::text(field("memberUnit")),
        column => Cell::id(field(column)),
    }
}

fn line_cell(books: &Books, (record, line): (&Record, Option<(usize, &Line)>), column: &str) -> Cell {
    let is_main = line.is_none();
    // What leaves counts downwards, what comes back upwards.
    let outward = transaction(&record.kind.name).is_some_and(|known| known.is_outward);
    let sign = if outward { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let field = |name: &str| line.and_then(|(_, line)| line.fields.get(name));
    let number = |name: &str| field(name).and_then(decimal);
    let moved = || number("quantity").or_else(|| number("adjustQtyBy"));
    match column {
        "transaction" => Cell::Number(Decimal::from(record.id)),
        "id" => Cell::Number(Decimal::from(line.map_or(0, |(_, line)| line.number()))),
        "linesequencenumber" => Cell::Number(Decimal::from(line.map_or(0, |(index, _)| index + 1))),
        "uniquekey" => Cell::id(field("lineUniqueKey").and_then(plain)),
        "mainline" => Cell::check_box(is_main),
        "taxline" | "iscogs" => Cell::check_box(false),
        "item" | "location" => {
            let own = if is_main { record.fields.get(column) } else { field(column) };
            Cell::id(own.and_then(plain))
        }
        "itemtype" => Cell::text(field("itemType").and_then(plain)),
        "quantity" => moved().map_or(Cell::Null, |quantity| Cell::Number(sign * quantity)),
        "quantityshiprecv" => match line {
            Some((_, line)) => {
                let moved = if outward { "quantityFulfilled" } else { "quantityReceived" };
                Cell::Number(member(&line.fields, moved))
            }
            None => Cell::Null,
        },
        "quantitybilled" => match line {
            Some((_, line)) => Cell::Number(member(&line.fields, "quantityBilled")),
            None => Cell::Null,
        },
        "rate" => number("rate").map_or(Cell::Null, Cell::Number),
        "foreignamount" => number("amount").map_or(Cell::Null, |amount| Cell::Number(sign * amount)),
        "kitmemberof" => Cell::id(field("kitMemberOf").and_then(plain)),
        "memo" => Cell::text(field("memo").or_else(|| field("description")).and_then(plain)),
        "isclosed" => Cell::check_box(field("isClosed") == Some(&Value::Bool(true))),
        "createdfrom" => match integer(record.fields.get("createdFrom")) {
            0 => Cell::Null,
            id => Cell::Number(Decimal::from(id)),
        },
        custom_column if !is_main => custom(books, custom_column, field(custom_column)),
        _ => Cell::Null,
    }
}

fn custom(books: &Books, column: &str, value: Option<&Value>) -> Cell {
    let kind =
        books.settings.custom_fields.iter().find(|field| field.script_id == column).map(|field| field.kind);
    let text = value.and_then(plain);
    match kind {
        // A check box is never null.
        Some(CustomFieldKind::Boolean) => Cell::check_box(text.as_deref() == Some("true")),
        Some(CustomFieldKind::Number | CustomFieldKind::Integer | CustomFieldKind::Reference) => {
            Cell::id(text)
        }
        Some(CustomFieldKind::Date) => text.and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day),
        Some(CustomFieldKind::DateTime) => {
            text.and_then(|instant| instant.parse().ok()).map_or(Cell::Null, |instant| moment(books, instant))
        }
        Some(CustomFieldKind::Text) | None => Cell::text(text),
    }
}

pub(super) fn moment(books: &Books, instant: chrono::DateTime<chrono::Utc>) -> Cell {
    Cell::Moment(instant.with_timezone(&books.settings.timezone).naive_local())
}
