//! What the benches share: their arguments, the table they print, the machine they ran on, quantiles.
//!
//! ```text
//! mod table;
//!
//! fn main() {
//!     let Some(arguments) = table::Arguments::of_process() else { return };
//!     let row = table::Row::new("durable intake", "31,200 events/s").against("bare commits 48,000/s").at_least(0.65, 0.5);
//!     table::print("Durable intake", &arguments, &[row]);
//! }
//! ```

#![allow(dead_code, unused_imports, reason = "no bench uses all of it")]

mod latencies;
mod machine;

pub(crate) use latencies::{Latencies, per_second, thousands};

/// How a bench was called: `cargo bench -p amz-app --bench NAME -- [--quick] [--date 2026-11-23] [--FLAG]…`.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    /// Less work, for a first look.
    pub(crate) quick: bool,
    given: Vec<String>,
}

impl Arguments {
    /// Those of this process. `None` when the bench was not called as one, but as one of the tests, where nobody wants
    /// to wait.
    pub(crate) fn of_process() -> Option<Self> {
        let given: Vec<String> = std::env::args().skip(1).collect();
        let called = given.iter().any(|argument| argument == "--bench");
        called.then(|| Self { quick: given.iter().any(|argument| argument == "--quick"), given })
    }

    /// Whether a flag was given, with its dashes.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.given.iter().any(|argument| argument == flag)
    }

    /// What follows a flag.
    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        let at = self.given.iter().position(|argument| argument == flag)?;
        self.given.get(at + 1).map(String::as_str)
    }

    /// One of two figures: the full run's, or the quick one's.
    pub(crate) fn either<Figure>(&self, full: Figure, quick: Figure) -> Figure {
        if self.quick { quick } else { full }
    }
}

/// One line of a table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    work: String,
    against: String,
    figure: String,
    ratio: String,
    goal: String,
    met: Option<bool>,
}

impl Row {
    /// A figure without ceiling, peer or goal.
    pub(crate) fn new(work: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            work: work.into(),
            against: String::new(),
            figure: figure.into(),
            ratio: String::new(),
            goal: String::new(),
            met: None,
        }
    }

    /// The ceiling or peer, with its figure.
    pub(crate) fn against(self, against: impl Into<String>) -> Self {
        Self { against: against.into(), ..self }
    }

    /// A ratio without a goal.
    pub(crate) fn ratio(self, ratio: f64) -> Self {
        Self { ratio: shown(ratio), ..self }
    }

    /// A ratio of which more is better.
    pub(crate) fn at_least(self, ratio: f64, goal: f64) -> Self {
        Self { ratio: shown(ratio), goal: format!(">= {goal}"), met: Some(ratio >= goal), ..self }
    }

    /// A ratio of which less is better.
    pub(crate) fn at_most(self, ratio: f64, goal: f64) -> Self {
        Self { ratio: shown(ratio), goal: format!("<= {goal}"), met: Some(ratio <= goal), ..self }
    }

    /// A goal that is no ratio.
    pub(crate) fn goal(self, goal: impl Into<String>, met: bool) -> Self {
        Self { goal: goal.into(), met: Some(met), ..self }
    }

    /// Something that could not be measured, and why.
    pub(crate) fn missing(work: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(work, format!("not measured: {}", why.into()))
    }

    fn cells(&self) -> [&str; COLUMNS] {
        let met = match self.met {
            None => "",
            Some(true) => "met",
            Some(false) => "NOT MET",
        };
        [&self.work, &self.figure, &self.against, &self.ratio, &self.goal, met]
    }
}

const COLUMNS: usize = 6;
const HEADINGS: [&str; COLUMNS] = ["work", "figure", "ceiling or peer", "ratio", "goal", ""];

fn shown(ratio: f64) -> String {
    if ratio.abs() >= 100.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

/// Prints a table that is also Markdown, headed by what ran, when and where.
pub(crate) fn print(title: &str, arguments: &Arguments, rows: &[Row]) {
    let pace = if arguments.quick { ", quick" } else { "" };
    println!(
        "\n## {title} ({}{pace})\n\n{}\n",
        machine::date(arguments.value("--date")),
        machine::described()
    );
    let mut lines: Vec<[&str; COLUMNS]> = vec![HEADINGS];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    for (number, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        println!("|{}", cells.collect::<String>());
        if number == 0 {
            println!("|{}", widths.map(|width| format!(" {} |", "-".repeat(width.max(3)))).concat());
        }
    }
}
