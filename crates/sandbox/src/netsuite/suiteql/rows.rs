//! Finds the rows of a query: where to start, in which order to join, and which conditions to check when.

use std::collections::{HashMap, HashSet};

use super::bind::{Comparison, Node, Source};
use super::cell::Cell;
use super::evaluate::{Evaluator, Tuple};
use super::tables::{Row, Table};

/// Conditions of a query, taken apart.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Must hold for every row of the answer: `WHERE`, and `ON` of inner joins.
    pub(super) all: Vec<Node>,
    /// `ON` of each optional source.
    pub(super) optional: HashMap<usize, Vec<Node>>,
}

impl Conditions {
    /// Adds a condition that every row must meet.
    pub(super) fn require(&mut self, node: Node) {
        split(node, &mut self.all);
    }

    /// Adds the condition of an optional source.
    pub(super) fn attach(&mut self, source: usize, node: Node) {
        split(node, self.optional.entry(source).or_default());
    }
}

fn split(node: Node, into: &mut Vec<Node>) {
    match node {
        Node::And(left, right) => {
            split(*left, into);
            split(*right, into);
        }
        other => into.push(other),
    }
}

/// Every combination of rows that meets the conditions.
pub(super) fn find<'a>(evaluator: &Evaluator<'a>, conditions: &Conditions) -> Result<Vec<Tuple<'a>>, String> {
    let count = evaluator.sources.len();
    let mut joined = vec![false; count];
    let mut checked = vec![false; conditions.all.len()];
    let mut tuples: Vec<Tuple<'a>> = vec![vec![None; count]];
    while let Some(next) = next_source(evaluator.sources, &conditions.all, &joined) {
        let optional = conditions.optional.get(&next);
        let on = optional.unwrap_or(&conditions.all);
        tuples = join(evaluator, tuples, next, (on, optional.is_some()), &joined)?;
        if let Some(flag) = joined.get_mut(next) {
            *flag = true;
        }
        for (condition, done) in conditions.all.iter().zip(&mut checked) {
            if *done || !uses(condition).iter().all(|source| joined.get(*source) == Some(&true)) {
                continue;
            }
            *done = true;
            let mut kept = Vec::with_capacity(tuples.len());
            for tuple in tuples {
                if evaluator.holds(condition, std::slice::from_ref(&tuple))? == Some(true) {
                    kept.push(tuple);
                }
            }
            tuples = kept;
        }
    }
    Ok(tuples)
}

/// The source to join next: the one that conditions narrow down best; optional ones last, in their order.
fn next_source(sources: &[Source], conditions: &[Node], joined: &[bool]) -> Option<usize> {
    let open = |source: &usize| joined.get(*source) == Some(&false);
    let inner =
        (0..sources.len()).filter(open).filter(|at| sources.get(*at).is_some_and(|source| !source.optional));
    let rank = |at: &usize| {
        let narrowing = keys(*at, conditions, joined)
            .filter_map(|(column, _)| sources.get(*at).and_then(|source| source.table.narrowing(column)))
            .min();
        narrowing.unwrap_or(if keys(*at, conditions, joined).next().is_some() { 3 } else { 4 })
    };
    inner.min_by_key(rank).or_else(|| (0..sources.len()).find(open))
}

/// Equalities and lists that fix a column of `source` by what is known already: the column and the values.
fn keys<'n>(
    source: usize,
    conditions: &'n [Node],
    joined: &'n [bool],
) -> impl Iterator<Item = (&'n str, Vec<&'n Node>)> {
    let known = move |node: &Node| uses(node).iter().all(|used| joined.get(*used) == Some(&true));
    let column_of = move |node: &'n Node| match node {
        Node::Column { source: owner, column } if *owner == source => Some(column.as_str()),
        _ => None,
    };
    conditions.iter().filter_map(move |condition| match condition {
        Node::Compare(Comparison::Equal, left, right) => match (column_of(left), column_of(right)) {
            (Some(column), _) if known(right) => Some((column, vec![&**right])),
            (_, Some(column)) if known(left) => Some((column, vec![&**left])),
            _ => None,
        },
        Node::In(of, list) if list.iter().all(known) => Some((column_of(of)?, list.iter().collect())),
        _ => None,
    })
}

fn join<'a>(
    evaluator: &Evaluator<'a>,
    tuples: Vec<Tuple<'a>>,
    source: usize,
    (on, optional): (&[Node], bool),
    joined: &[bool],
) -> Result<Vec<Tuple<'a>>, String> {
    let Some(table) = evaluator.sources.get(source).map(|source| source.table) else { return Ok(tuples) };
    let best = keys(source, on, joined).min_by_key(|(column, _)| table.narrowing(column).unwrap_or(u8::MAX));
    let mut found: Vec<Tuple<'a>> = Vec::new();
    let mut all: Option<Vec<Row<'a>>> = None;
    let mut index: Option<Index<'a>> = None;
    for tuple in tuples {
        let candidates = match &best {
            None => all.get_or_insert_with(|| table.rows(evaluator.books)).clone(),
            Some((column, known)) => {
                let mut rows = Vec::new();
                let mut asked = HashSet::new();
                for node in known {
                    let key = evaluator.value(node, std::slice::from_ref(&tuple))?;
                    if key.is_null() || !asked.insert(key.shown()) {
                        continue;
                    }
                    match table.narrowing(column) {
                        Some(_) => rows.extend(table.look_up(evaluator.books, column, &key)?),
                        None => rows.extend(
                            index.get_or_insert_with(|| index_of(evaluator, table, column)).rows(&key),
                        ),
                    }
                }
                rows
            }
        };
        let before = found.len();
        for row in candidates {
            let mut wider = tuple.clone();
            if let Some(place) = wider.get_mut(source) {
                *place = Some(row);
            }
            if !optional || meets(evaluator, on, &wider)? {
                found.push(wider);
            }
        }
        if optional && found.len() == before {
            found.push(tuple);
        }
    }
    Ok(found)
}

/// Rows of a table by the value of one of its columns.
struct Index<'a>(HashMap<String, Vec<Row<'a>>>);

impl<'a> Index<'a> {
    fn rows(&self, key: &Cell) -> impl Iterator<Item = Row<'a>> + '_ {
        let number = key.number().map(|number| number.normalize().to_string());
        let shown = key.shown().unwrap_or_default();
        let found = self.0.get(&shown).or_else(|| self.0.get(&number.unwrap_or_default()));
        found.into_iter().flatten().copied()
    }
}

fn index_of<'a>(evaluator: &Evaluator<'a>, table: Table, column: &str) -> Index<'a> {
    let mut index: HashMap<String, Vec<Row<'a>>> = HashMap::new();
    for row in table.rows(evaluator.books) {
        if let Some(text) = table.cell(evaluator.books, &row, column).shown() {
            index.entry(text).or_default().push(row);
        }
    }
    Index(index)
}

fn meets(evaluator: &Evaluator<'_>, on: &[Node], tuple: &Tuple<'_>) -> Result<bool, String> {
    for condition in on {
        if evaluator.holds(condition, std::slice::from_ref(tuple))? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sources an expression looks at.
fn uses(node: &Node) -> Vec<usize> {
    match node {
        Node::Constant(_) => Vec::new(),
        Node::Column { source, .. } | Node::Display { source, .. } => vec![*source],
        Node::Call(_, parts) => parts.iter().flat_map(uses).collect(),
        Node::Aggregate { of, .. } => of.iter().flat_map(|of| uses(of)).collect(),
        Node::Compare(_, left, right)
        | Node::And(left, right)
        | Node::Or(left, right)
        | Node::Like(left, right) => {
            let mut both = uses(left);
            both.extend(uses(right));
            both
        }
        Node::Not(inner) | Node::IsNull(inner) => uses(inner),
        Node::In(of, list) => uses(of).into_iter().chain(list.iter().flat_map(uses)).collect(),
        Node::Case(branches, otherwise) => branches
            .iter()
            .flat_map(|(when, then)| uses(when).into_iter().chain(uses(then)))
            .chain(uses(otherwise))
            .collect(),
    }
}
