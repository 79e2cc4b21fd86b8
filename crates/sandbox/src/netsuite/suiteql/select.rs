//! One SELECT from its text to its rows.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};
use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, OrderByKind, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::bind::{Binder, Node, Source, position};
use super::cell::Cell;
use super::evaluate::{Evaluator, Tuple};
use super::rows::{Conditions, find, find_in_order};
use super::tables::Table;
use crate::netsuite::books::Books;

struct Column {
    name: String,
    node: Node,
}

struct Order {
    node: Node,
    descending: bool,
    nulls_first: Option<bool>,
}

/// Names of the tables that a query reads, in lower case.
///
/// # Errors
/// As [`run`].
pub(super) fn tables(text: &str) -> Result<Vec<String>, String> {
    let query = parse(text)?;
    let from = plain_select(&query)?.from.iter();
    let factors = from
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    let named = factors.filter_map(|factor| match factor {
        TableFactor::Table { name, .. } => Some(name.to_string().to_ascii_lowercase()),
        _ => None,
    });
    Ok(named.collect())
}

/// Rows of a query.
#[derive(Debug)]
pub(super) struct Answer {
    /// The rows as JSON objects: all of them, or as many as were asked for and a few more.
    pub(super) rows: Vec<Map<String, Value>>,
    /// How many rows there are. Rows that nobody asked for are counted without looking at conditions.
    pub(super) total: usize,
}

/// Runs a query. `enough`: rows behind that many are not needed.
///
/// # Errors
/// The text that NetSuite would put behind "Invalid search query".
pub(super) fn run(
    books: &Books,
    text: &str,
    parameters: Vec<String>,
    enough: usize,
) -> Result<Answer, String> {
    let query = parse(text)?;
    let select = plain_select(&query)?;
    let (sources, joins) = sources(books, select)?;
    let mut binder = Binder { books, sources, parameters: parameters.into() };
    let columns = columns(&mut binder, select)?;
    let mut conditions = Conditions::default();
    for (source, on) in joins {
        let node = binder.bind(on)?;
        match binder.sources.get(source).is_some_and(|source| source.optional) {
            true => conditions.attach(source, node),
            false => conditions.require(node),
        }
    }
    if let Some(selection) = &select.selection {
        conditions.require(binder.bind(selection)?);
    }
    let GroupByExpr::Expressions(group_by, modifiers) = &select.group_by else {
        return Err(unsupported("GROUP BY ALL"));
    };
    if !modifiers.is_empty() {
        return Err(unsupported("GROUP BY"));
    }
    let group_by = group_by.iter().map(|key| binder.bind(key)).collect::<Result<Vec<_>, _>>()?;
    let having = select.having.as_ref().map(|having| binder.bind(having)).transpose()?;
    let order = order(&mut binder, &query, &columns)?;
    if !binder.parameters.is_empty() {
        return Err("Search error occurred: more parameters than placeholders.".to_owned());
    }
    let evaluator = Evaluator { books, sources: &binder.sources };
    let aggregated = !group_by.is_empty()
        || having.is_some()
        || columns
            .iter()
            .map(|column| &column.node)
            .chain(order.iter().map(|order| &order.node))
            .any(aggregates);
    let distinct = select.distinct.is_some();
    let in_order = match (order.first(), aggregated || distinct) {
        (Some(Order { node: Node::Column { source, column }, descending: false, .. }), false)
            if binder.sources.get(*source).is_some_and(|known| known.table.key() == Some(column)) =>
        {
            find_in_order(&evaluator, &conditions, *source, enough)?
        }
        _ => None,
    };
    let (tuples, unseen) = match in_order {
        Some(found) => found,
        None => (find(&evaluator, &conditions)?, 0),
    };
    let mut groups = if aggregated { grouped(&evaluator, tuples, &group_by)? } else { single(tuples) };
    if let Some(having) = &having {
        let mut kept = Vec::new();
        for group in groups {
            if evaluator.holds(having, &group)? == Some(true) {
                kept.push(group);
            }
        }
        groups = kept;
    }
    let mut rows = Vec::with_capacity(groups.len());
    for group in &groups {
        let keys: Vec<Cell> =
            order.iter().map(|order| evaluator.value(&order.node, group)).collect::<Result<_, _>>()?;
        let cells: Vec<Cell> =
            columns.iter().map(|column| evaluator.value(&column.node, group)).collect::<Result<_, _>>()?;
        rows.push((keys, cells));
    }
    rows.sort_by(|(left, _), (right, _)| {
        let by_key =
            order.iter().zip(left.iter().zip(right)).map(|(order, (left, right))| sorted(order, left, right));
        by_key.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let mut seen = HashSet::new();
    let rows = rows.into_iter().map(|(_, cells)| cells.iter().map(Cell::shown).collect::<Vec<_>>());
    let rows = rows.filter(|row| !distinct || seen.insert(row.clone()));
    let rows: Vec<Map<String, Value>> = rows.map(|row| document(&columns, row)).collect();
    let total = rows.len().saturating_add(unseen);
    Ok(Answer { rows, total })
}

fn document(columns: &[Column], row: Vec<Option<String>>) -> Map<String, Value> {
    let shown = columns
        .iter()
        .zip(row)
        .filter_map(|(column, cell)| cell.map(|cell| (column.name.clone(), json!(cell))));
    std::iter::once(("links".to_owned(), json!([]))).chain(shown).collect()
}

fn sorted(order: &Order, left: &Cell, right: &Cell) -> std::cmp::Ordering {
    if let (Some(first), true) = (order.nulls_first, left.is_null() != right.is_null()) {
        return if left.is_null() == first { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
    }
    let ascending = left.sort_order(right);
    if order.descending { ascending.reverse() } else { ascending }
}

fn parse(text: &str) -> Result<Query, String> {
    let failed = |error| format!("Search error occurred: Invalid or unsupported search. {error}");
    let mut statements =
        Parser::parse_sql(&GenericDialect {}, text).map_err(|error| failed(error.to_string()))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(*query),
        _ => Err(failed("Only one SELECT is allowed.".to_owned())),
    }
}

fn plain_select(query: &Query) -> Result<&Select, String> {
    if query.with.is_some() {
        return Err(unsupported("WITH"));
    }
    if query.limit_clause.is_some() || query.fetch.is_some() {
        return Err(unsupported("LIMIT; use the parameters limit and offset"));
    }
    match &*query.body {
        SetExpr::Select(select) if select.top.is_none() && select.into.is_none() => Ok(select),
        _ => Err(unsupported("only a plain SELECT")),
    }
}

type Joins<'q> = Vec<(usize, &'q Expr)>;

fn sources<'q>(books: &Books, select: &'q Select) -> Result<(Vec<Source>, Joins<'q>), String> {
    let mut sources = Vec::new();
    let mut joins = Vec::new();
    for from in &select.from {
        sources.push(source(books, &from.relation, false)?);
        for join in &from.joins {
            let (optional, constraint) = match &join.join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (false, constraint),
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (true, constraint),
                _ => return Err(unsupported("this kind of join")),
            };
            let JoinConstraint::On(on) = constraint else { return Err(unsupported("a join without ON")) };
            joins.push((sources.len(), on));
            sources.push(source(books, &join.relation, optional)?);
        }
    }
    Ok((sources, joins))
}

fn source(books: &Books, factor: &TableFactor, optional: bool) -> Result<Source, String> {
    let TableFactor::Table { name, alias, args: None, .. } = factor else {
        return Err(unsupported("a table that is not named"));
    };
    let name = name.to_string();
    let table = Table::named(books, &name)
        .ok_or_else(|| format!("Search error occurred: Record '{name}' was not found."))?;
    let name = alias.as_ref().map_or(name, |alias| alias.name.value.clone()).to_ascii_lowercase();
    Ok(Source { table, name, optional })
}

fn columns(binder: &mut Binder<'_>, select: &Select) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    let mut unnamed = 0;
    for item in &select.projection {
        match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                columns.push(Column { name: alias.value.to_ascii_lowercase(), node: binder.bind(expr)? });
            }
            SelectItem::UnnamedExpr(expression) => {
                let node = binder.bind(expression)?;
                let name = if let Node::Column { column, .. } = &node {
                    column.clone()
                } else {
                    unnamed += 1;
                    format!("expr{unnamed}")
                };
                columns.push(Column { name, node });
            }
            SelectItem::Wildcard(_) => {
                for (source, known) in binder.sources.iter().enumerate() {
                    columns.extend(known.table.columns().iter().map(|column| Column {
                        name: (*column).to_owned(),
                        node: Node::Column { source, column: (*column).to_owned() },
                    }));
                }
            }
            SelectItem::QualifiedWildcard(..) => return Err(unsupported("a qualified *")),
        }
    }
    Ok(columns)
}

fn order(binder: &mut Binder<'_>, query: &Query, columns: &[Column]) -> Result<Vec<Order>, String> {
    let Some(clause) = &query.order_by else { return Ok(Vec::new()) };
    let OrderByKind::Expressions(keys) = &clause.kind else { return Err(unsupported("ORDER BY ALL")) };
    let mut order = Vec::new();
    for key in keys {
        let alias = match &key.expr {
            Expr::Identifier(name) => {
                columns.iter().find(|column| column.name == name.value.to_ascii_lowercase())
            }
            other => position(other).and_then(|at| columns.get(at.checked_sub(1)?)),
        };
        let node = match alias {
            Some(column) => column.node.clone(),
            None => binder.bind(&key.expr)?,
        };
        let options = &key.options;
        order.push(Order { node, descending: options.asc == Some(false), nulls_first: options.nulls_first });
    }
    Ok(order)
}

fn single(tuples: Vec<Tuple<'_>>) -> Vec<Vec<Tuple<'_>>> {
    tuples.into_iter().map(|tuple| vec![tuple]).collect()
}

fn grouped<'a>(
    evaluator: &Evaluator<'a>,
    tuples: Vec<Tuple<'a>>,
    keys: &[Node],
) -> Result<Vec<Vec<Tuple<'a>>>, String> {
    if keys.is_empty() {
        return Ok(vec![tuples]);
    }
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<Tuple<'a>>> = BTreeMap::new();
    for tuple in tuples {
        let key: Vec<Option<String>> = keys
            .iter()
            .map(|key| evaluator.value(key, std::slice::from_ref(&tuple)).map(|cell| cell.shown()))
            .collect::<Result<_, _>>()?;
        groups.entry(key).or_default().push(tuple);
    }
    Ok(groups.into_values().collect())
}

fn aggregates(node: &Node) -> bool {
    match node {
        Node::Aggregate { .. } => true,
        Node::Call(_, parts) => parts.iter().any(aggregates),
        Node::Case(branches, otherwise) => {
            let in_branches = branches.iter().any(|(when, then)| aggregates(when) || aggregates(then));
            in_branches || aggregates(otherwise)
        }
        Node::Compare(_, left, right) | Node::And(left, right) | Node::Or(left, right) => {
            aggregates(left) || aggregates(right)
        }
        _ => false,
    }
}

fn unsupported(what: &str) -> String {
    format!("Search error occurred: Invalid or unsupported search: {what}.")
}
