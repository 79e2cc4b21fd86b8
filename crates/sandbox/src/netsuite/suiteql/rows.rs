//! Finds the rows of a query: where to start, in which order to join, and which conditions to check when.

use std::collections::{HashMap, HashSet};

use super::bind::{Comparison, Node};
use super::cell::Cell;
use super::evaluate::{Evaluator, Tuple};
use super::keys::{Key, keys, uses};
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
    complete(evaluator, conditions, vec![vec![None; count]], vec![false; count])
}

/// The first combinations in the order of the key of `source`, at least `enough` when there are so many; and how
/// many rows of that table were not looked at. `None` when the conditions offer a better way in.
pub(super) fn find_in_order<'a>(
    evaluator: &Evaluator<'a>,
    conditions: &Conditions,
    source: usize,
    enough: usize,
) -> Result<Option<(Vec<Tuple<'a>>, usize)>, String> {
    let count = evaluator.sources.len();
    let mut joined = vec![false; count];
    let narrowed = (0..count).any(|at| {
        let required = evaluator.sources.get(at).is_some_and(|sought| !sought.optional);
        required && keys(evaluator, at, &conditions.all, &joined).iter().any(|key| key.narrowing.is_some())
    });
    let Some(driving) = evaluator.sources.get(source).filter(|driving| !driving.optional && !narrowed) else {
        return Ok(None);
    };
    let Some(key) = driving.table.key() else { return Ok(None) };
    if let Some(flag) = joined.get_mut(source) {
        *flag = true;
    }
    let (low, high) = bounds(&conditions.all, source, key);
    let mut rows = driving.table.rows_from(evaluator.books, low).take_while(|row| row.key() <= high);
    let mut found = Vec::new();
    let mut chunk = enough.max(SMALLEST_CHUNK);
    while found.len() < enough {
        let tuples: Vec<Tuple<'a>> = rows
            .by_ref()
            .take(chunk)
            .map(|row| (0..count).map(|at| (at == source).then_some(row)).collect())
            .collect();
        if tuples.is_empty() {
            return Ok(Some((found, 0)));
        }
        found.extend(complete(evaluator, conditions, tuples, joined.clone())?);
        chunk = chunk.saturating_mul(4);
    }
    Ok(Some((found, rows.count())))
}

/// Fewest rows looked at in one go.
const SMALLEST_CHUNK: usize = 1000;

/// Lowest and highest key that the conditions leave open.
fn bounds(conditions: &[Node], source: usize, key: &str) -> (u64, u64) {
    let is_key = |node: &Node| matches!(node, Node::Column { source: owner, column } if *owner == source && column == key);
    let (mut low, mut high) = (0, u64::MAX);
    for condition in conditions {
        let Node::Compare(comparison, left, right) = condition else { continue };
        let (comparison, limit) = match (&**left, &**right) {
            (column, Node::Constant(limit)) if is_key(column) => (*comparison, limit),
            (Node::Constant(limit), column) if is_key(column) => (comparison.mirrored(), limit),
            _ => continue,
        };
        let Some(limit) = limit.number() else { continue };
        let (below, above) = (limit.floor(), limit.ceil());
        let whole = |number: rust_decimal::Decimal| u64::try_from(number).ok();
        match comparison {
            Comparison::Greater => low = low.max(whole(below).map_or(0, |below| below.saturating_add(1))),
            Comparison::GreaterOrEqual => low = low.max(whole(above).unwrap_or(0)),
            Comparison::Less | Comparison::LessOrEqual => high = high.min(whole(below).unwrap_or(0)),
            Comparison::Equal | Comparison::NotEqual => {}
        }
    }
    (low, high)
}

/// Joins what is not joined yet and keeps the combinations that meet the conditions.
fn complete<'a>(
    evaluator: &Evaluator<'a>,
    conditions: &Conditions,
    mut tuples: Vec<Tuple<'a>>,
    mut joined: Vec<bool>,
) -> Result<Vec<Tuple<'a>>, String> {
    let mut checked = vec![false; conditions.all.len()];
    loop {
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
        let Some(next) = next_source(evaluator, &conditions.all, &joined) else { return Ok(tuples) };
        let optional = conditions.optional.get(&next);
        let on = optional.unwrap_or(&conditions.all);
        let (wider, met) = join(evaluator, tuples, next, (on, optional.is_some()), &joined)?;
        tuples = wider;
        if let Some(flag) = joined.get_mut(next) {
            *flag = true;
        }
        if let (None, Some(done)) = (optional, met.and_then(|met| checked.get_mut(met))) {
            *done = true;
        }
    }
}

/// The source to join next: the one that conditions narrow down best; optional ones last, in their order.
fn next_source(evaluator: &Evaluator<'_>, conditions: &[Node], joined: &[bool]) -> Option<usize> {
    let sources = evaluator.sources;
    let open = |source: &usize| joined.get(*source) == Some(&false);
    let inner =
        (0..sources.len()).filter(open).filter(|at| sources.get(*at).is_some_and(|source| !source.optional));
    let rank = |at: &usize| {
        let keys = keys(evaluator, *at, conditions, joined);
        let narrowing = keys.iter().filter_map(|key| key.narrowing).min();
        narrowing.unwrap_or(if keys.is_empty() { 4 } else { 3 })
    };
    inner.min_by_key(rank).or_else(|| (0..sources.len()).find(open))
}

/// Joins one source. Also says which condition needs no check any more, because only its rows were looked up.
fn join<'a>(
    evaluator: &Evaluator<'a>,
    tuples: Vec<Tuple<'a>>,
    source: usize,
    (on, optional): (&[Node], bool),
    joined: &[bool],
) -> Result<(Vec<Tuple<'a>>, Option<usize>), String> {
    let Some(table) = evaluator.sources.get(source).map(|source| source.table) else {
        return Ok((tuples, None));
    };
    let keys = keys(evaluator, source, on, joined);
    let best = keys.iter().min_by_key(|key| key.narrowing.unwrap_or(u8::MAX));
    let met = best.filter(|best| best.is_exact).map(|best| best.condition);
    let mut found: Vec<Tuple<'a>> = Vec::new();
    let mut all: Option<Vec<Row<'a>>> = None;
    let mut index: Option<Index<'a>> = None;
    for tuple in tuples {
        let candidates = match best {
            None => all.get_or_insert_with(|| table.rows(evaluator.books)).clone(),
            Some(Key { columns, narrowing, .. }) => {
                let mut rows = Vec::new();
                for (column, values) in columns {
                    let mut asked = HashSet::new();
                    for node in values {
                        let key = evaluator.value(node, std::slice::from_ref(&tuple))?;
                        if key.is_null() || !asked.insert(key.shown()) {
                            continue;
                        }
                        match narrowing {
                            Some(_) => rows.extend(table.look_up(evaluator.books, column, &key)?),
                            None => rows.extend(
                                index.get_or_insert_with(|| index_of(evaluator, table, column)).rows(&key),
                            ),
                        }
                    }
                }
                if columns.len() > 1 {
                    let mut seen = HashSet::new();
                    rows.retain(|row| seen.insert(row.key()));
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
    Ok((found, met))
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
