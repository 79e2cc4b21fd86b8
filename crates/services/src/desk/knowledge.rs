//! What a look does with what we know: parking and links, what it did so far, and what a look leaves that only plans.

use amz_domain::DocumentKey;

use super::{Desk, Stop};
use crate::failure::StoreError;
use crate::link::Link;
use crate::parking::Reason;
use crate::reconciliation::Doings;

impl Desk<'_> {
    /// Makes the look one that writes nothing, at vendors or in what we know: it ends at its first change.
    pub(crate) fn only_plan(&mut self) {
        self.only_plans = true;
    }

    /// What the look did so far.
    pub(crate) fn doings(&self) -> &Doings {
        &self.doings
    }

    /// What the look did so far, for modules that say what it came to.
    pub(crate) fn doings_mut(&mut self) -> &mut Doings {
        &mut self.doings
    }

    /// True when something of the lane needs a person.
    pub(crate) fn is_parked(&self) -> bool {
        self.newly_parked || !self.parked.is_empty()
    }

    /// Stops a look that only plans.
    pub(super) fn guard(&mut self, what: impl FnOnce() -> String) -> Result<(), Stop> {
        if !self.only_plans {
            return Ok(());
        }
        let line = format!("would {}", what());
        self.doings.planned(line.clone());
        self.note(line);
        Err(Stop::Planned)
    }

    /// Notes that the order is not Amazon's to ship.
    pub(crate) fn out_of_scope(&mut self, why: impl Into<String>) {
        let why = why.into();
        self.doings.out_of_scope(why.clone());
        self.note(why);
    }

    /// Documents that were parked when the look began.
    pub(crate) fn parked_documents(&self) -> Vec<DocumentKey> {
        let subjects = self.parked.iter().filter_map(|parked| parked.subject.strip_prefix("document/"));
        subjects.filter_map(DocumentKey::parse).collect()
    }

    /// What follows a beginning in the subjects that were parked when the look began.
    pub(crate) fn parked_after(&self, prefix: &str) -> Vec<String> {
        let subjects = self.parked.iter().filter_map(|parked| parked.subject.strip_prefix(prefix));
        subjects.map(str::to_owned).collect()
    }

    /// True when a subject that begins so was parked when the look began.
    pub(crate) fn has_parked(&self, prefix: &str) -> bool {
        self.parked.iter().any(|parked| parked.subject.starts_with(prefix))
    }

    /// Parks a subject of the lane; the lane's other subjects go on.
    pub(crate) async fn park(&mut self, subject: &str, reason: &Reason) -> Result<(), StoreError> {
        let connection = self.connection;
        self.doings.parked(format!("{subject}: {} — {} ({})", reason.code, reason.cause, reason.hint));
        if self.only_plans {
            self.newly_parked = true;
            self.note(format!("would be parked: {subject}: {} — {}", reason.code, reason.cause));
            return Ok(());
        }
        let first = connection.ledger.park(self.lease, subject, reason, connection.now()).await?;
        if first {
            tracing::warn!(code = %reason.code, subject, cause = %reason.cause, hint = %reason.hint, "parked");
        }
        self.newly_parked = true;
        self.note(format!("parked {subject}: {} — {} ({})", reason.code, reason.cause, reason.hint));
        Ok(())
    }

    /// Ends the parking of a subject, when it was parked.
    pub(crate) async fn unpark(&mut self, subject: &str) -> Result<(), StoreError> {
        let Some(index) = self.parked.iter().position(|parked| parked.subject == subject) else {
            return Ok(());
        };
        let parked = self.parked.remove(index);
        if self.only_plans {
            let line = format!("would no longer be parked: {subject} ({})", parked.reason.code);
            self.doings.planned(line.clone());
            self.note(line);
            return Ok(());
        }
        self.connection.ledger.unpark(self.lease, subject, self.connection.now()).await?;
        tracing::info!(subject, code = %parked.reason.code, "no longer parked");
        let line = format!("no longer parked: {subject} ({})", parked.reason.code);
        self.doings.done(line.clone());
        self.note(line);
        Ok(())
    }

    /// Writes links that no vendor's answer teaches.
    pub(crate) async fn write_links(&mut self, links: &[Link]) -> Result<(), Stop> {
        self.guard(|| format!("note {}", named(links)))?;
        self.connection.ledger.write_links(self.lease, links).await?;
        self.doings.done(format!("noted {}", named(links)));
        Ok(())
    }

    /// Writes links that only count our own looks: nothing was repaired by that, and a look that plans leaves them.
    pub(crate) async fn write_counts(&mut self, links: &[Link]) -> Result<(), Stop> {
        if !self.only_plans {
            self.connection.ledger.write_links(self.lease, links).await?;
        }
        Ok(())
    }
}

/// Links, for people.
fn named(links: &[Link]) -> String {
    let named = links.iter().map(|link| {
        let (kind, id) = link.key().parts();
        format!("{kind} {id}")
    });
    named.collect::<Vec<_>>().join(", ")
}
