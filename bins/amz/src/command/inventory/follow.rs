//! Follows a run to its end.

use std::time::Duration;

use amz_domain::{ConnectionName, StockRunId};
use amz_services::inventory::{RunPhase, StockRun};
use amz_services::ports::StockReports;
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::Decimal;

use crate::command::handed_over::{HandedOver, NotTaken};

/// How often the run is looked at.
const POLL: Duration = Duration::from_millis(500);

/// SKUs in one answer of Amazon.
const SKUS_PER_CALL: u64 = 50;

/// What is followed.
pub(super) struct Followed<'a> {
    pub(super) connection: &'a ConnectionName,
    pub(super) run: &'a StockRunId,
    /// When the run was last touched before the command was handed over; `None` for one that was not there.
    pub(super) before: Option<DateTime<Utc>>,
    /// Calls per second that Amazon allows.
    pub(super) calls_per_second: Decimal,
}

/// Follows a run until nothing more happens by itself; tells on the error output how it goes. Ends
/// with an error when no sync role takes it.
pub(super) async fn follow(reports: &dyn StockReports, followed: &Followed<'_>) -> anyhow::Result<StockRun> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
        bar.set_style(style);
    }
    let mut watch = Watch::since(Utc::now());
    loop {
        let run = reports.stock_run(followed.connection, followed.run).await?;
        match watch.step(run, followed, Utc::now())? {
            Step::Ended(run) => {
                bar.finish_and_clear();
                return Ok(*run);
            }
            Step::Nothing => {}
            Step::Quiet => {
                bar.suspend(|| eprintln!("nobody has taken the command yet: is amz-sync running?"));
            }
            Step::Goes { line, is_new_phase } => {
                bar.set_length(line.of.unwrap_or(1));
                bar.set_position(line.of.map_or(0, |_| line.done));
                // without a terminal there is no bar: a line per phase
                if bar.is_hidden() && is_new_phase {
                    eprintln!("{}", line.text);
                }
                bar.set_message(line.text);
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What has been seen of a run so far.
struct Watch {
    handed_over: HandedOver,
    seen: Option<Seen>,
}

/// What one look at a run says.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// It is not there yet.
    Nothing,
    /// It has not been there for so long that somebody should know.
    Quiet,
    /// It goes on.
    Goes { line: Line, is_new_phase: bool },
    /// Nothing more happens by itself.
    Ended(Box<StockRun>),
}

impl Watch {
    fn since(at: DateTime<Utc>) -> Self {
        Self { handed_over: HandedOver::at(at), seen: None }
    }

    fn step(
        &mut self,
        run: Option<StockRun>,
        followed: &Followed<'_>,
        now: DateTime<Utc>,
    ) -> Result<Step, NotTaken> {
        let Some(run) = run.filter(|run| is_taken(run, followed.before)) else {
            return Ok(if self.handed_over.waits(now)? { Step::Quiet } else { Step::Nothing });
        };
        if run.phase.is_ended() {
            return Ok(Step::Ended(Box::new(run)));
        }
        let same = self.seen.filter(|seen| seen.phase == run.phase && seen.read_skus <= run.read_skus);
        let seen = same.unwrap_or(Seen { at: now, read_skus: run.read_skus, phase: run.phase });
        let is_new_phase = self.seen.is_none_or(|before| before.phase != run.phase);
        self.seen = Some(seen);
        Ok(Step::Goes { line: line(&run, seen, now, followed.calls_per_second), is_new_phase })
    }
}

/// True once the sync role has touched the run after the command was handed over.
pub(super) fn is_taken(run: &StockRun, before: Option<DateTime<Utc>>) -> bool {
    before.is_none_or(|before| run.updated_at > before) || !run.phase.is_ended()
}

/// Where a phase was first seen; a reading that begins anew counts from there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) at: DateTime<Utc>,
    pub(super) read_skus: u64,
    pub(super) phase: RunPhase,
}

/// How a run goes, in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) done: u64,
    /// `None` when it is not known.
    pub(super) of: Option<u64>,
    pub(super) text: String,
}

/// The line of a run: its phase, and while Amazon is read the rate since it was first seen, the share, the time left at that
/// rate, and the least time that Amazon's pace allows.
pub(super) fn line(run: &StockRun, seen: Seen, now: DateTime<Utc>, calls_per_second: Decimal) -> Line {
    let phase = super::phase(run);
    let (done, of) = match run.phase {
        RunPhase::Reading | RunPhase::Confirming => (run.read_skus, run.expected_skus),
        RunPhase::Comparing | RunPhase::Writing => (run.compared_items, None),
        RunPhase::AwaitingApproval | RunPhase::Done | RunPhase::Incomplete => (run.read_skus, None),
    };
    let text = match run.phase {
        RunPhase::Reading | RunPhase::Confirming => {
            let mut text = match of {
                Some(of) => {
                    let share = done.saturating_mul(100).checked_div(of).unwrap_or(100).min(100);
                    format!("{phase}: {done} of {of} SKUs, {share} %")
                }
                None => format!("{phase}: {done} SKUs"),
            };
            let seconds = u64::try_from((now - seen.at).num_seconds()).unwrap_or_default();
            let since = done.saturating_sub(seen.read_skus);
            if let Some(rate) = since.checked_div(seconds) {
                text.push_str(&format!(", {rate} SKUs/s"));
            }
            if let Some(rest) = of.map(|of| of.saturating_sub(done)).filter(|rest| *rest > 0) {
                let floor = floor(rest, calls_per_second);
                let at_this_rate = rest.saturating_mul(seconds).checked_div(since).unwrap_or(floor);
                text.push_str(&format!(
                    ", {} left (Amazon's pace allows no less than {})",
                    minutes(at_this_rate.max(floor)),
                    minutes(floor)
                ));
            }
            text
        }
        RunPhase::Comparing => format!("{phase}: {done} items"),
        RunPhase::Writing => format!("{phase}: {done} items compared, {} documents", run.documents),
        RunPhase::AwaitingApproval | RunPhase::Done | RunPhase::Incomplete => phase,
    };
    Line { done, of, text }
}

/// The least seconds in which Amazon gives so many SKUs.
fn floor(skus: u64, calls_per_second: Decimal) -> u64 {
    let calls = Decimal::from(skus.div_ceil(SKUS_PER_CALL));
    let seconds = calls.checked_div(calls_per_second).map(|seconds| seconds.ceil());
    seconds.and_then(|seconds| seconds.try_into().ok()).unwrap_or_default()
}

/// Seconds as people say them.
fn minutes(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
