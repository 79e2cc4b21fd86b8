//! What a purge deleted.

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Notices of lanes.
    pub notices: u64,
    /// Looks.
    pub looks: u64,
    /// Calls.
    pub calls: u64,
    /// Changes of settled intents.
    pub intent_changes: u64,
    /// Settled messages about parked items.
    pub notifications: u64,
    /// Rows of the reports of stock runs.
    pub stock_report_rows: u64,
    /// Stock runs that were over.
    pub stock_runs: u64,
    /// What was our own echo.
    pub echoes: u64,
    /// What reconciliations asked and found.
    pub findings: u64,
    /// Reconciliations that were over.
    pub reconciliations: u64,
    /// Orders that stayed open for so long that nothing is expected of them but what an event tells.
    pub open_orders: u64,
}

impl Purged {
    /// The count of each log, in the order in which a purge goes through them.
    pub(crate) fn counts(&mut self) -> [&mut u64; 11] {
        let Self {
            notices,
            looks,
            calls,
            intent_changes,
            notifications,
            stock_report_rows,
            stock_runs,
            echoes,
            findings,
            reconciliations,
            open_orders,
        } = self;
        [
            notices,
            looks,
            calls,
            intent_changes,
            notifications,
            stock_report_rows,
            stock_runs,
            echoes,
            findings,
            reconciliations,
            open_orders,
        ]
    }

    /// The most rows that went from any one log: fewer than a bite means that nothing old is left.
    pub fn most(mut self) -> u64 {
        self.counts().into_iter().map(|count| *count).max().unwrap_or(0)
    }
}
