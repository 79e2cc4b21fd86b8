//! Conditions that name the values of a column, by which rows are looked up instead of read through.

use super::bind::{Comparison, Node};
use super::evaluate::Evaluator;

/// A condition that fixes columns of a source by what is known already.
pub(super) struct Key<'n> {
    /// Which of the conditions.
    pub(super) condition: usize,
    /// Columns and their values; a row that meets the condition fits at least one of them.
    pub(super) columns: Vec<(&'n str, Vec<&'n Node>)>,
    /// Whether every row that fits meets the condition.
    pub(super) is_exact: bool,
    /// How much it narrows the table down; lower is better. `None` when the table has to be read through once.
    pub(super) narrowing: Option<u8>,
}

/// Equalities, lists and alternatives of them that fix columns of `source`.
pub(super) fn keys<'n>(
    evaluator: &Evaluator<'_>,
    source: usize,
    conditions: &'n [Node],
    joined: &[bool],
) -> Vec<Key<'n>> {
    let Some(table) = evaluator.sources.get(source).map(|source| source.table) else { return Vec::new() };
    let narrowing = |column: &str| table.narrowing(evaluator.books, column);
    let mut found = Vec::new();
    for (condition, node) in conditions.iter().enumerate() {
        if let Some((column, values)) = fixed(source, node, joined) {
            let narrowing = narrowing(column);
            let is_exact = narrowing.is_some();
            found.push(Key { condition, columns: vec![(column, values)], is_exact, narrowing });
        } else if matches!(node, Node::Or(..)) && table.key() == Some("id") {
            let mut alternatives = Vec::new();
            flatten(node, &mut alternatives, |node| match node {
                Node::Or(left, right) => Some((left, right)),
                _ => None,
            });
            let columns: Option<Vec<_>> = alternatives
                .into_iter()
                .map(|alternative| {
                    let mut parts = Vec::new();
                    flatten(alternative, &mut parts, |node| match node {
                        Node::And(left, right) => Some((left, right)),
                        _ => None,
                    });
                    let mut fixed = parts.into_iter().filter_map(|part| fixed(source, part, joined));
                    fixed.find(|(column, _)| narrowing(column).is_some())
                })
                .collect();
            if let Some(columns) = columns {
                let widest = columns.iter().filter_map(|(column, _)| narrowing(column)).max();
                found.push(Key { condition, columns, is_exact: false, narrowing: widest });
            }
        }
    }
    found
}

/// The column that an equality or a list fixes, with the values.
fn fixed<'n>(source: usize, condition: &'n Node, joined: &[bool]) -> Option<(&'n str, Vec<&'n Node>)> {
    let known = |node: &Node| uses(node).iter().all(|used| joined.get(*used) == Some(&true));
    let column_of = |node: &'n Node| match node {
        Node::Column { source: owner, column } if *owner == source => Some(column.as_str()),
        _ => None,
    };
    match condition {
        Node::Compare(Comparison::Equal, left, right) => match (column_of(left), column_of(right)) {
            (Some(column), _) if known(right) => Some((column, vec![&**right])),
            (_, Some(column)) if known(left) => Some((column, vec![&**left])),
            _ => None,
        },
        Node::In(of, list, _) if list.iter().all(known) => Some((column_of(of)?, list.iter().collect())),
        _ => None,
    }
}

fn flatten<'n>(
    node: &'n Node,
    into: &mut Vec<&'n Node>,
    sides: fn(&'n Node) -> Option<(&'n Node, &'n Node)>,
) {
    match sides(node) {
        Some((left, right)) => {
            flatten(left, into, sides);
            flatten(right, into, sides);
        }
        None => into.push(node),
    }
}

/// Sources an expression looks at.
pub(super) fn uses(node: &Node) -> Vec<usize> {
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
        Node::In(of, list, _) => uses(of).into_iter().chain(list.iter().flat_map(uses)).collect(),
        Node::Case(branches, otherwise) => branches
            .iter()
            .flat_map(|(when, then)| uses(when).into_iter().chain(uses(then)))
            .chain(uses(otherwise))
            .collect(),
    }
}
