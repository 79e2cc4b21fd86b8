//! Evaluates settled expressions over rows.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::bind::{Aggregate, Node, Scalar, Source};
use super::cell::Cell;
use super::dates;
use super::tables::Row;
use crate::netsuite::books::Books;
use crate::netsuite::number::total;

/// One row of each source; `None` where an optional source has none, or is not joined yet.
pub(super) type Tuple<'a> = Vec<Option<Row<'a>>>;

/// What expressions look into.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) books: &'a Books,
    pub(super) sources: &'a [Source],
}

impl Evaluator<'_> {
    /// Value of an expression over a group of rows; outside of aggregates the first row counts.
    pub(super) fn value(&self, node: &Node, group: &[Tuple<'_>]) -> Result<Cell, String> {
        match node {
            Node::Constant(cell) => Ok(cell.clone()),
            Node::Column { source, column } => Ok(self
                .row(*source, group)
                .map_or(Cell::Null, |(source, row)| source.table.cell(self.books, row, column))),
            Node::Display { source, column } => Ok(self
                .row(*source, group)
                .map_or(Cell::Null, |(source, row)| source.table.display(self.books, row, column))),
            Node::Call(scalar, arguments) => {
                let cells: Vec<Cell> =
                    arguments.iter().map(|argument| self.value(argument, group)).collect::<Result<_, _>>()?;
                call(*scalar, &cells)
            }
            Node::Case(branches, otherwise) => {
                for (when, then) in branches {
                    if self.holds(when, group)? == Some(true) {
                        return self.value(then, group);
                    }
                }
                self.value(otherwise, group)
            }
            Node::Aggregate { function, of, distinct } => {
                self.aggregate(*function, of.as_deref(), *distinct, group)
            }
            _ => Err("Search error occurred: Invalid or unsupported search: a condition is not a value."
                .to_owned()),
        }
    }

    /// Truth of a condition; `None` when it cannot be told because of a null.
    pub(super) fn holds(&self, node: &Node, group: &[Tuple<'_>]) -> Result<Option<bool>, String> {
        Ok(match node {
            Node::And(left, right) => match self.holds(left, group)? {
                Some(false) => Some(false),
                left => match (left, self.holds(right, group)?) {
                    (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
            },
            Node::Or(left, right) => match self.holds(left, group)? {
                Some(true) => Some(true),
                left => match (left, self.holds(right, group)?) {
                    (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
            },
            Node::Not(inner) => self.holds(inner, group)?.map(|truth| !truth),
            Node::IsNull(inner) => Some(self.value(inner, group)?.is_null()),
            Node::Compare(comparison, left, right) => {
                let order = self.value(left, group)?.compare(&self.value(right, group)?)?;
                order.map(|order| comparison.holds(order))
            }
            Node::In(of, list, members) => {
                let of = self.value(of, group)?;
                if let Some(contained) = members.as_ref().and_then(|members| members.contain(&of)) {
                    return Ok(Some(contained));
                }
                let mut truth = Some(false);
                for item in list {
                    let order = match item {
                        Node::Constant(constant) => of.compare(constant)?,
                        other => of.compare(&self.value(other, group)?)?,
                    };
                    match order {
                        Some(order) if order.is_eq() => return Ok(Some(true)),
                        Some(_) => {}
                        None => truth = None,
                    }
                }
                truth
            }
            Node::Like(of, pattern) => {
                match (self.value(of, group)?.shown(), self.value(pattern, group)?.shown()) {
                    (Some(text), Some(pattern)) => Some(is_like(&text, &pattern)),
                    _ => None,
                }
            }
            _ => {
                return Err(
                    "Search error occurred: Invalid or unsupported search: a value is not a condition."
                        .to_owned(),
                );
            }
        })
    }

    fn row<'r, 'a>(&'r self, source: usize, group: &'r [Tuple<'a>]) -> Option<(&'r Source, &'r Row<'a>)> {
        let row = group.first()?.get(source)?.as_ref()?;
        Some((self.sources.get(source)?, row))
    }

    fn aggregate(
        &self,
        function: Aggregate,
        of: Option<&Node>,
        distinct: bool,
        group: &[Tuple<'_>],
    ) -> Result<Cell, String> {
        let Some(of) = of else { return Ok(Cell::Number(group.len().into())) };
        let mut cells = Vec::new();
        let mut seen = BTreeSet::new();
        for tuple in group {
            let cell = self.value(of, std::slice::from_ref(tuple))?;
            if cell.is_null() || (distinct && !seen.insert(cell.shown())) {
                continue;
            }
            cells.push(cell);
        }
        Ok(match function {
            Aggregate::Count => Cell::Number(cells.len().into()),
            Aggregate::Max => cells.into_iter().max_by(Cell::sort_order).unwrap_or(Cell::Null),
            Aggregate::Min => cells.into_iter().min_by(Cell::sort_order).unwrap_or(Cell::Null),
            Aggregate::Sum if cells.is_empty() => Cell::Null,
            Aggregate::Sum => {
                let numbers: Option<Vec<Decimal>> = cells.iter().map(Cell::number).collect();
                let numbers = numbers.ok_or("Search error occurred: Invalid number.")?;
                Cell::Number(total(numbers))
            }
        })
    }
}

fn call(scalar: Scalar, cells: &[Cell]) -> Result<Cell, String> {
    let first = cells.first().unwrap_or(&Cell::Null);
    let second = cells.get(1).unwrap_or(&Cell::Null);
    let number =
        |cell: &Cell| cell.number().ok_or_else(|| "Search error occurred: Invalid number.".to_owned());
    let arithmetic = |work: fn(Decimal, Decimal) -> Option<Decimal>| {
        if first.is_null() || second.is_null() {
            return Ok(Cell::Null);
        }
        let outcome = work(number(first)?, number(second)?);
        outcome.map(Cell::Number).ok_or_else(|| "Search error occurred: numeric overflow.".to_owned())
    };
    match scalar {
        Scalar::Coalesce => Ok(cells.iter().find(|cell| !cell.is_null()).cloned().unwrap_or(Cell::Null)),
        Scalar::Join => {
            let joined: String = cells.iter().filter_map(Cell::shown).collect();
            Ok(Cell::Text(joined))
        }
        Scalar::Add => arithmetic(Decimal::checked_add),
        Scalar::Subtract => arithmetic(Decimal::checked_sub),
        Scalar::Multiply => arithmetic(Decimal::checked_mul),
        _ if first.is_null() => Ok(Cell::Null),
        Scalar::Upper => Ok(Cell::text(first.shown().map(|text| text.to_uppercase()))),
        Scalar::Lower => Ok(Cell::text(first.shown().map(|text| text.to_lowercase()))),
        Scalar::Abs => Ok(Cell::Number(number(first)?.abs())),
        Scalar::ToNumber => Ok(Cell::Number(number(first)?)),
        Scalar::ToDate => {
            let format = second.shown().unwrap_or_default();
            dates::read(&first.shown().unwrap_or_default(), &format).map(Cell::Moment)
        }
        Scalar::ToChar => {
            let moment = match first {
                Cell::Day(day) => day.and_time(chrono::NaiveTime::MIN),
                Cell::Moment(moment) => *moment,
                other => return Ok(Cell::text(other.shown())),
            };
            match second.shown() {
                Some(format) => dates::write(moment, &format).map(Cell::Text),
                None => Ok(Cell::text(first.shown())),
            }
        }
    }
}

/// Matches `%` and `_` as SQL does.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached: BTreeSet<usize> = BTreeSet::from([0]);
    for letter in pattern.chars() {
        reached = match letter {
            '%' => reached.first().map(|first| (*first..=text.len()).collect()).unwrap_or_default(),
            _ => reached
                .into_iter()
                .filter(|at| text.get(*at).is_some_and(|found| letter == '_' || *found == letter))
                .map(|at| at + 1)
                .collect(),
        };
    }
    reached.contains(&text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        assert!(is_like("amz-if-17", "amz-if-%"));
        assert!(is_like("amz-if-17", "%-17"));
        assert!(is_like("abc", "a_c") && !is_like("abc", "a_") && !is_like("abc", "b%"));
        assert!(is_like("", "%") && !is_like("a", ""));
    }
}
