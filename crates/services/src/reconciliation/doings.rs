//! What one look did, in the terms of a reconciliation. Pure.

use chrono::{DateTime, Utc};

use super::record::FindingOutcome;

/// What one look did, would do, or could not do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Doings {
    /// What was written, at a vendor or in what we know.
    done: Vec<String>,
    /// What a look that only plans would have written.
    planned: Vec<String>,
    /// What needs a person.
    parked: Vec<String>,
    /// Why the order is not Amazon's to ship.
    out_of_scope: Option<String>,
    /// Why an order of another connector could not be linked.
    undecided: Option<String>,
    /// True when an order of another connector was linked.
    is_adopted: bool,
}

impl Doings {
    /// Something was written.
    pub(crate) fn done(&mut self, what: impl Into<String>) {
        self.done.push(what.into());
    }

    /// Something would have been written.
    pub(crate) fn planned(&mut self, what: impl Into<String>) {
        self.planned.push(what.into());
    }

    /// Something needs a person.
    pub(crate) fn parked(&mut self, what: impl Into<String>) {
        self.parked.push(what.into());
    }

    /// The order is not Amazon's to ship.
    pub(crate) fn out_of_scope(&mut self, why: impl Into<String>) {
        self.out_of_scope = Some(why.into());
    }

    /// An order of another connector could not be linked.
    pub(crate) fn undecided(&mut self, why: impl Into<String>) {
        self.undecided = Some(why.into());
    }

    /// An order of another connector was linked.
    pub(crate) fn adopted(&mut self) {
        self.is_adopted = true;
    }

    /// What it comes to, and why. `waits_until` is the instant at which the order is looked at again by itself, `lines`
    /// what the look noted.
    ///
    /// A person comes first, also when something else was repaired: the causes name both.
    pub(crate) fn finding(
        self,
        waits_until: Option<DateTime<Utc>>,
        lines: &[String],
    ) -> (FindingOutcome, Vec<String>) {
        let Self { done, planned, parked, out_of_scope, undecided, is_adopted } = self;
        if let Some(why) = undecided {
            return (FindingOutcome::Undecided, vec![why]);
        }
        if !parked.is_empty() {
            return (FindingOutcome::Parked, [parked, done, planned].concat());
        }
        if !planned.is_empty() {
            return (FindingOutcome::ToRepair, planned);
        }
        if is_adopted {
            return (FindingOutcome::Adopted, done);
        }
        if !done.is_empty() {
            return (FindingOutcome::Repaired, done);
        }
        if let Some(until) = waits_until {
            let mut causes = lines.to_vec();
            causes.push(format!("looked at again at {}", until.format("%Y-%m-%d %H:%M:%S")));
            return (FindingOutcome::Waiting, causes);
        }
        match out_of_scope {
            Some(why) => (FindingOutcome::OutOfScope, vec![why]),
            None => (FindingOutcome::Unchanged, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tell: impl FnOnce(&mut Doings), waits: bool) -> (FindingOutcome, Vec<String>) {
        let mut doings = Doings::default();
        tell(&mut doings);
        let until = waits.then(|| "2026-03-01T12:00:00Z".parse().unwrap());
        doings.finding(until, &["noted".to_owned()])
    }

    #[test]
    fn what_was_written_is_repaired_and_nothing_is_unchanged() {
        assert_eq!(of(|_| {}, false), (FindingOutcome::Unchanged, vec![]));
        let repaired = of(|doings| doings.done("markFulfillment package P"), true);
        assert_eq!(repaired, (FindingOutcome::Repaired, vec!["markFulfillment package P".to_owned()]));
        let waiting = of(|doings| doings.out_of_scope("staff hold it back"), true);
        assert_eq!(waiting.0, FindingOutcome::Waiting);
        assert_eq!(waiting.1, ["noted", "looked at again at 2026-03-01 12:00:00"]);
        let outside = of(|doings| doings.out_of_scope("billed"), false);
        assert_eq!(outside, (FindingOutcome::OutOfScope, vec!["billed".to_owned()]));
    }

    #[test]
    fn a_person_comes_first_and_the_causes_name_what_was_repaired_too() {
        let both = |doings: &mut Doings| {
            doings.done("made");
            doings.parked("package/P: no");
        };
        assert_eq!(
            of(both, true),
            (FindingOutcome::Parked, vec!["package/P: no".to_owned(), "made".to_owned()])
        );
        let undecided = |doings: &mut Doings| {
            doings.parked("adoption: two lines alike");
            doings.undecided("two lines alike");
        };
        assert_eq!(of(undecided, false), (FindingOutcome::Undecided, vec!["two lines alike".to_owned()]));
    }

    #[test]
    fn what_would_be_written_is_to_repair_and_links_to_another_connectors_order_are_adopted() {
        assert_eq!(
            of(|doings| doings.planned("would make it"), false),
            (FindingOutcome::ToRepair, vec!["would make it".to_owned()])
        );
        let adopted = |doings: &mut Doings| {
            doings.done("noted order A");
            doings.adopted();
        };
        assert_eq!(of(adopted, false), (FindingOutcome::Adopted, vec!["noted order A".to_owned()]));
    }
}
