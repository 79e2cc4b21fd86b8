//! The virtual tables: which columns they have, their rows, and the look-ups that avoid a full scan.

use rust_decimal::Decimal;
use serde_json::Value;

use super::cell::Cell;
use crate::netsuite::books::{Books, Line, Record, integer, plain};
use crate::netsuite::number::{decimal, member};
use crate::netsuite::records::types::Group;
use crate::netsuite::settings::CustomFieldKind;
use crate::netsuite::status::status_word;

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
}

/// One row: a record, and one of its lines where the table has lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    record: &'a Record,
    line: Option<(usize, &'a Line)>,
}

const TRANSACTION: &[&str] = &[
    "id",
    "tranid",
    "transactionnumber",
    "trandate",
    "type",
    "recordtype",
    "status",
    "entity",
    "externalid",
    "otherrefnum",
    "memo",
    "email",
    "createddate",
    "lastmodifieddate",
    "foreigntotal",
    "currency",
    "voided",
];
const TRANSACTION_LINE: &[&str] = &[
    "transaction",
    "id",
    "linesequencenumber",
    "uniquekey",
    "mainline",
    "taxline",
    "item",
    "itemtype",
    "quantity",
    "quantityshiprecv",
    "rate",
    "location",
    "isclosed",
    "createdfrom",
];
const ITEM: &[&str] = &["id", "itemid", "externalid", "upccode", "itemtype", "isinactive", "displayname"];
const LOCATION: &[&str] = &["id", "name", "fullname", "externalid", "isinactive"];
const CUSTOMER: &[&str] = &[
    "id",
    "entityid",
    "externalid",
    "isperson",
    "firstname",
    "lastname",
    "companyname",
    "email",
    "isinactive",
];

impl Table {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "transaction" => Self::Transaction,
            "transactionline" => Self::TransactionLine,
            "item" => Self::Item,
            "location" => Self::Location,
            "customer" => Self::Customer,
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
        }
    }

    /// Whether the table has this column; `name` in lower case.
    pub(super) fn has(self, books: &Books, name: &str) -> bool {
        self.columns().contains(&name)
            || (name.starts_with(self.custom())
                && books.settings.custom_fields.iter().any(|field| field.script_id == name))
    }

    fn custom(self) -> &'static str {
        match self {
            Self::Transaction => "custbody_",
            Self::TransactionLine => "custcol_",
            Self::Item => "custitem_",
            Self::Location => "custrecord_",
            Self::Customer => "custentity_",
        }
    }

    fn group(self) -> Group {
        match self {
            Self::Transaction | Self::TransactionLine => Group::Transaction,
            Self::Item => Group::Item,
            Self::Location => Group::Location,
            Self::Customer => Group::Entity,
        }
    }

    /// Every row.
    pub(super) fn rows(self, books: &Books) -> Vec<Row<'_>> {
        books.all(&self.group()).flat_map(|record| self.rows_of(record)).collect()
    }

    /// How much a condition on this column narrows the table down without a scan; lower is better.
    pub(super) fn narrowing(self, column: &str) -> Option<u8> {
        match (self, column) {
            (Self::TransactionLine, "transaction" | "createdfrom") => Some(1),
            (Self::TransactionLine, _) => None,
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
        let id = match value.number() {
            Some(number) => number.normalize().to_string().parse::<u64>().unwrap_or_default(),
            None if matches!(column, "externalid" | "type") => 0,
            None => return Err("Search error occurred: Invalid number.".to_owned()),
        };
        let records: Vec<&Record> = match column {
            "externalid" => books.by_external_id(&group, &text).into_iter().collect(),
            "type" => match text.as_str() {
                "SalesOrd" => books.transactions("salesOrder").collect(),
                "ItemShip" => books.transactions("itemFulfillment").collect(),
                _ => Vec::new(),
            },
            "createdfrom" => books.fulfillments_of(id).collect(),
            _ => books.get(&group, id).into_iter().collect(),
        };
        Ok(records.into_iter().flat_map(|record| self.rows_of(record)).collect())
    }

    fn rows_of(self, record: &Record) -> impl Iterator<Item = Row<'_>> {
        let lines = if self == Self::TransactionLine { record.lines_of("item") } else { &[] };
        let lines = lines.iter().enumerate().map(|line| Row { record, line: Some(line) });
        std::iter::once(Row { record, line: None }).chain(lines)
    }

    /// Value of a column the table has.
    pub(super) fn cell(self, books: &Books, row: &Row<'_>, column: &str) -> Cell {
        let record = row.record;
        match (self, column) {
            (Self::TransactionLine, _) => line_cell(books, row, column),
            (_, "id") => Cell::Number(Decimal::from(record.id)),
            (_, "externalid") => Cell::text(record.external_id.clone()),
            (_, "isinactive") => Cell::check_box(record.fields.get("isInactive") == Some(&Value::Bool(true))),
            (_, "isperson") => Cell::check_box(record.fields.get("isPerson") == Some(&Value::Bool(true))),
            (_, "type" | "itemtype") => Cell::Text(record.kind.code.to_owned()),
            (_, "recordtype") => Cell::Text(record.kind.name.to_ascii_lowercase()),
            (_, "voided") => Cell::check_box(false),
            (_, "trandate") => {
                record.text("tranDate").and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day)
            }
            (_, "createddate") => moment(books, record.created),
            (_, "lastmodifieddate") => moment(books, record.modified),
            (_, "entity" | "currency") => Cell::id(record.text(column)),
            (_, "foreigntotal") => {
                record.fields.get("total").and_then(decimal).map_or(Cell::Null, Cell::Number)
            }
            _ if column.starts_with(self.custom()) => custom(books, column, record.fields.get(column)),
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
            "createdfrom" | "transaction" => Group::Transaction,
            "status" => {
                let letter = cell.shown().unwrap_or_default();
                let owner = if row.record.is("salesOrder") { "Sales Order" } else { "Item Fulfillment" };
                let word = status_word(&row.record.kind.name, &letter);
                return Cell::text(word.map(|word| format!("{owner} : {word}")));
            }
            _ => return cell,
        };
        let id = cell.shown().and_then(|id| id.parse().ok()).unwrap_or_default();
        Cell::text(books.display_name(&group, id))
    }
}

fn line_cell(books: &Books, row: &Row<'_>, column: &str) -> Cell {
    let record = row.record;
    let field = |name: &str| row.line.and_then(|(_, line)| line.fields.get(name));
    match column {
        "transaction" => Cell::Number(Decimal::from(record.id)),
        "id" => Cell::Number(Decimal::from(row.line.map_or(0, |(_, line)| line.number()))),
        "linesequencenumber" => Cell::Number(Decimal::from(row.line.map_or(0, |(index, _)| index + 1))),
        "uniquekey" => Cell::id(field("lineUniqueKey").and_then(plain)),
        "mainline" => Cell::check_box(row.line.is_none()),
        "taxline" => Cell::check_box(false),
        "item" | "location" => {
            let own = if row.line.is_some() { field(column) } else { record.fields.get(column) };
            Cell::id(own.and_then(plain))
        }
        "itemtype" => Cell::text(field("itemType").and_then(plain)),
        // Sales take from stock, so their lines count downwards.
        "quantity" => {
            field("quantity").and_then(decimal).map_or(Cell::Null, |quantity| Cell::Number(-quantity))
        }
        "quantityshiprecv" => match row.line {
            Some((_, line)) => Cell::Number(member(&line.fields, "quantityFulfilled")),
            None => Cell::Null,
        },
        "rate" => field("rate").and_then(decimal).map_or(Cell::Null, Cell::Number),
        "isclosed" => Cell::check_box(field("isClosed") == Some(&Value::Bool(true))),
        "createdfrom" => match integer(record.fields.get("createdFrom")) {
            0 => Cell::Null,
            id => Cell::Number(Decimal::from(id)),
        },
        custom_column if row.line.is_some() => custom(books, custom_column, field(custom_column)),
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

fn moment(books: &Books, instant: chrono::DateTime<chrono::Utc>) -> Cell {
    Cell::Moment(instant.with_timezone(&books.settings.timezone).naive_local())
}
