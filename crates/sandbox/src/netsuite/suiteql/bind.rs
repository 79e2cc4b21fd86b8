//! Turns parsed expressions into ones whose columns, functions and parameters are settled.

use std::cmp::Ordering;
use std::collections::VecDeque;

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    UnaryOperator, Value,
};

use super::cell::{Cell, Members};
use super::tables::Table;
use crate::netsuite::books::Books;
use crate::netsuite::number::parse;

/// Most values one `IN` may hold.
const LONGEST_LIST: usize = 1000;

/// A settled expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Constant(Cell),
    Column {
        source: usize,
        column: String,
    },
    Display {
        source: usize,
        column: String,
    },
    Call(Scalar, Vec<Node>),
    Aggregate {
        function: Aggregate,
        of: Option<Box<Node>>,
        distinct: bool,
    },
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    /// A value, a list, and the list once more when it holds constants only.
    In(Box<Node>, Vec<Node>, Option<Members>),
    Like(Box<Node>, Box<Node>),
    /// Conditions with their values, and the value when none holds.
    Case(Vec<(Node, Node)>, Box<Node>),
}

/// A function of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    ToChar,
    ToDate,
    ToNumber,
    Coalesce,
    Upper,
    Lower,
    Abs,
    Add,
    Subtract,
    Multiply,
    Join,
}

/// A function of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Max,
    Min,
    Sum,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The same comparison with its sides exchanged.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A table of the `FROM` clause.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) table: Table,
    /// Alias, or the table's name, in lower case.
    pub(super) name: String,
    /// Joined with `LEFT JOIN`.
    pub(super) optional: bool,
}

/// Binds expressions in the order in which they stand in the query, since `?` are counted.
pub(super) struct Binder<'a> {
    pub(super) books: &'a Books,
    pub(super) sources: Vec<Source>,
    pub(super) parameters: VecDeque<String>,
}

impl Binder<'_> {
    pub(super) fn bind(&mut self, expression: &Expr) -> Result<Node, String> {
        let boxed = |node: Result<Node, String>| node.map(Box::new);
        Ok(match expression {
            Expr::Nested(inner) => self.bind(inner)?,
            Expr::Identifier(name) => self.column(None, &name.value)?,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => self.column(Some(&table.value), &column.value)?,
                _ => return Err(unsupported(expression)),
            },
            Expr::Value(value) => Node::Constant(self.constant(&value.value)?),
            Expr::Function(function) => self.function(function)?,
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Node::Not(boxed(self.bind(expr))?),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
                Node::Call(Scalar::Subtract, vec![Node::Constant(Cell::Number(0.into())), self.bind(expr)?])
            }
            Expr::BinaryOp { left, op, right } => {
                let (left, right) = (self.bind(left)?, self.bind(right)?);
                binary(op, left, right).ok_or_else(|| unsupported(expression))?
            }
            Expr::IsNull(inner) => Node::IsNull(boxed(self.bind(inner))?),
            Expr::IsNotNull(inner) => Node::Not(Box::new(Node::IsNull(boxed(self.bind(inner))?))),
            Expr::InList { expr, list, negated } => {
                if list.len() > LONGEST_LIST {
                    return Err("Search error occurred: more than 1000 values in a list.".to_owned());
                }
                let of = boxed(self.bind(expr))?;
                let list: Vec<Node> = list.iter().map(|item| self.bind(item)).collect::<Result<_, _>>()?;
                let members = Members::of(&list);
                negate(*negated, Node::In(of, list, members))
            }
            Expr::Between { expr, negated, low, high } => {
                let (of, low, high) = (self.bind(expr)?, self.bind(low)?, self.bind(high)?);
                let from = Node::Compare(Comparison::GreaterOrEqual, Box::new(of.clone()), Box::new(low));
                let to = Node::Compare(Comparison::LessOrEqual, Box::new(of), Box::new(high));
                negate(*negated, Node::And(Box::new(from), Box::new(to)))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let operand = operand.as_deref().map(|operand| self.bind(operand)).transpose()?;
                let mut branches = Vec::with_capacity(conditions.len());
                for branch in conditions {
                    let when = self.bind(&branch.condition)?;
                    let when = match &operand {
                        Some(operand) => {
                            Node::Compare(Comparison::Equal, Box::new(operand.clone()), Box::new(when))
                        }
                        None => when,
                    };
                    branches.push((when, self.bind(&branch.result)?));
                }
                let otherwise = match else_result {
                    Some(otherwise) => self.bind(otherwise)?,
                    None => Node::Constant(Cell::Null),
                };
                Node::Case(branches, Box::new(otherwise))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                let (of, pattern) = (boxed(self.bind(expr))?, boxed(self.bind(pattern))?);
                negate(*negated, Node::Like(of, pattern))
            }
            other => return Err(unsupported(other)),
        })
    }

    fn column(&self, table: Option<&str>, name: &str) -> Result<Node, String> {
        let column = name.to_ascii_lowercase();
        let unknown = || format!("Search error occurred: Unknown identifier '{name}'");
        if let Some(table) = table {
            let table = table.to_ascii_lowercase();
            let source = self.sources.iter().position(|source| source.name == table).ok_or_else(unknown)?;
            let known = self.sources.get(source).is_some_and(|source| source.table.has(self.books, &column));
            return if known { Ok(Node::Column { source, column }) } else { Err(unknown()) };
        }
        let mut having =
            self.sources.iter().enumerate().filter(|(_, source)| source.table.has(self.books, &column));
        match (having.next(), having.next()) {
            (None, _) => Err(unknown()),
            (Some((source, _)), None) => Ok(Node::Column { source, column }),
            (Some(_), Some(_)) => Err(format!("Search error occurred: column ambiguously defined: {name}")),
        }
    }

    fn constant(&mut self, value: &Value) -> Result<Cell, String> {
        match value {
            Value::SingleQuotedString(text) => Ok(Cell::Text(text.clone())),
            Value::Number(text, _) => Ok(Cell::id(Some(text.clone()))),
            Value::Null => Ok(Cell::Null),
            Value::Placeholder(mark) if mark == "?" => {
                let given = self.parameters.pop_front();
                given
                    .map(Cell::Text)
                    .ok_or_else(|| "Search error occurred: a parameter is missing.".to_owned())
            }
            other => Err(format!("Search error occurred: Invalid or unsupported search: {other}")),
        }
    }

    fn function(&mut self, function: &Function) -> Result<Node, String> {
        let name = function.name.to_string().to_ascii_uppercase();
        let unknown = || format!("Search error occurred: Unknown function '{name}'");
        let FunctionArguments::List(list) = &function.args else { return Err(unknown()) };
        if function.over.is_some() || function.filter.is_some() {
            return Err(unsupported(&Expr::Function(function.clone())));
        }
        let aggregate = match name.as_str() {
            "COUNT" => Some(Aggregate::Count),
            "MAX" => Some(Aggregate::Max),
            "MIN" => Some(Aggregate::Min),
            "SUM" => Some(Aggregate::Sum),
            _ => None,
        };
        let mut arguments = Vec::new();
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                    arguments.push(self.bind(expression)?)
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if aggregate == Some(Aggregate::Count) => {}
                _ => return Err(unsupported(&Expr::Function(function.clone()))),
            }
        }
        if let Some(function) = aggregate {
            let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
            return Ok(Node::Aggregate { function, of: arguments.pop().map(Box::new), distinct });
        }
        let (scalar, count) = match name.as_str() {
            "BUILTIN.DF" => {
                return match arguments.pop() {
                    Some(Node::Column { source, column }) => Ok(Node::Display { source, column }),
                    Some(other) => Ok(other),
                    None => Err(unknown()),
                };
            }
            "TO_CHAR" => (Scalar::ToChar, 1..=2),
            "TO_DATE" | "TO_TIMESTAMP" => (Scalar::ToDate, 2..=2),
            "TO_NUMBER" => (Scalar::ToNumber, 1..=1),
            "NVL" => (Scalar::Coalesce, 2..=2),
            "COALESCE" => (Scalar::Coalesce, 1..=usize::MAX),
            "UPPER" => (Scalar::Upper, 1..=1),
            "LOWER" => (Scalar::Lower, 1..=1),
            "ABS" => (Scalar::Abs, 1..=1),
            _ => return Err(unknown()),
        };
        if !count.contains(&arguments.len()) {
            return Err(format!("Search error occurred: invalid number of arguments for {name}"));
        }
        Ok(Node::Call(scalar, arguments))
    }
}

fn binary(op: &BinaryOperator, left: Node, right: Node) -> Option<Node> {
    let call = |scalar, left, right| Node::Call(scalar, vec![left, right]);
    let comparison = match op {
        BinaryOperator::And => return Some(Node::And(Box::new(left), Box::new(right))),
        BinaryOperator::Or => return Some(Node::Or(Box::new(left), Box::new(right))),
        BinaryOperator::Plus => return Some(call(Scalar::Add, left, right)),
        BinaryOperator::Minus => return Some(call(Scalar::Subtract, left, right)),
        BinaryOperator::Multiply => return Some(call(Scalar::Multiply, left, right)),
        BinaryOperator::StringConcat => return Some(call(Scalar::Join, left, right)),
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    };
    Some(Node::Compare(comparison, Box::new(left), Box::new(right)))
}

fn negate(negated: bool, node: Node) -> Node {
    if negated { Node::Not(Box::new(node)) } else { node }
}

fn unsupported(expression: &Expr) -> String {
    format!("Search error occurred: Invalid or unsupported search: {expression}")
}

/// Position of a literal in `ORDER BY 2`.
pub(super) fn position(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => parse(text).and_then(|number| number.to_string().parse().ok()),
            _ => None,
        },
        _ => None,
    }
}
