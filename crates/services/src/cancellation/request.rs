//! What to do about a cancellation that staff want, and what Amazon's answer comes to. Pure.

use std::time::Duration;

use amz_domain::{
    AmazonOrder, CancelState, Cancellation, CancellationAlias, CancellationReason, CancellationState,
    LineNumber, OrderAlias, Package, PackageState, SalesOrder, SalesOrderId, SyncState,
};

use super::wish::{Wish, stopped_lines, waiting, wish};
use crate::link::{CancellationLink, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::amazon::NewCancellation;
use crate::ports::netsuite::SalesOrderPatch;
use crate::settings::{CancellationSettings, PartialCancel};

/// The longest wait before Amazon is asked again what became of a cancellation.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The first step of a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Nobody wants one, or the wish has its answer already.
    Nothing,
    /// It cannot succeed: the text says why.
    Refuse(String),
    /// Something else of the order is under way: the text says what.
    Wait(String),
    /// Ask Amazon. These lines go to Amazon again afterwards.
    Ask {
        /// What Amazon gets.
        cancellation: NewCancellation,
        /// Lines that go again.
        reorder: Vec<LineNumber>,
    },
    /// Amazon cancels it already, or has: follow that. These lines go to Amazon again afterwards.
    Follow(Vec<LineNumber>),
}

/// What is known when a cancellation is decided on.
#[derive(Debug, Clone, Copy)]
pub struct RequestFacts<'facts> {
    /// The sales order as just read.
    pub order: &'facts SalesOrder,
    /// Amazon's order as just read.
    pub amazon: &'facts AmazonOrder,
    /// What Amazon has from us.
    pub sent: &'facts SentOrder,
    /// The cancellation that we asked for, if we did.
    pub link: Option<&'facts CancellationLink>,
    /// A step of another kind whose outcome is open, for people.
    pub in_flight: Option<&'facts str>,
    /// NetSuite account id in its realm spelling.
    pub account: &'facts str,
    /// How the merchant wants it.
    pub settings: &'facts CancellationSettings,
}

impl RequestFacts<'_> {
    /// Our alias of the cancellation.
    fn alias(&self) -> CancellationAlias {
        alias(self.account, &self.order.id, self.sent)
    }
}

/// Our alias of the cancellation of an order: one per order that Amazon has from us.
pub(super) fn alias(account: &str, id: &SalesOrderId, sent: &SentOrder) -> CancellationAlias {
    CancellationAlias::of(&OrderAlias::of(account, id, sent.generation))
}

/// Decides the first step.
pub fn start(facts: RequestFacts<'_>) -> Start {
    let RequestFacts { order, amazon, sent, link, in_flight, account: _, settings } = facts;
    let Some(wish) = wish(order, sent) else { return Start::Nothing };
    if is_answered(order, link) {
        return Start::Nothing;
    }
    let alias = facts.alias();
    let reorder = reorder(Some(&wish), order, sent, settings);
    if amazon.cancellations.iter().any(|cancellation| cancellation.alias.as_ref() == Some(&alias)) {
        return Start::Follow(if is_ours_alone(amazon, &alias) { reorder } else { Vec::new() });
    }
    // a cancellation that somebody else asked for may be one of some lines only: it answers no wish of ours
    // before nothing of the order is left
    let all_gone = amazon.packages.iter().all(was_cancelled);
    let others_run = amazon.cancellations.iter().any(|cancellation| match cancellation.state {
        CancellationState::Pending => true,
        CancellationState::Success => all_gone,
        CancellationState::Rejected | CancellationState::Unknown(_) => false,
    });
    if others_run || all_gone && !amazon.packages.is_empty() {
        return Start::Follow(Vec::new());
    }
    if let Some(why) = too_late(order, amazon, sent) {
        return Start::Refuse(why);
    }
    if let (Wish::Lines { closed, staying: _ }, PartialCancel::Park) = (&wish, partial_cancel(settings, sent))
    {
        return Start::Refuse(format!(
            "Amazon cancels whole orders only, and just {} closed",
            named(closed, "was", "were")
        ));
    }
    if let Some(step) = in_flight {
        return Start::Wait(step.to_owned());
    }
    Start::Ask {
        cancellation: NewCancellation {
            alias,
            reason: reason(order, settings),
            comment: Some(format!("sales order {} was cancelled in NetSuite", order.number)),
        },
        reorder,
    }
}

/// True when nobody but us has the order cancelled. What somebody else cancels is never sent to Amazon again.
pub(super) fn is_ours_alone(amazon: &AmazonOrder, alias: &CancellationAlias) -> bool {
    let mut others = amazon.cancellations.iter().filter(|known| known.alias.as_ref() != Some(alias));
    others.all(|known| known.state == CancellationState::Rejected)
}

/// True when what stands on the order answers the wish. Asking again is done by emptying the cancel state (lines are
/// still closed), or by setting it to *requested*.
fn is_answered(order: &SalesOrder, link: Option<&CancellationLink>) -> bool {
    match (&order.marks.cancel_state, link) {
        _ if order.marks.asks_to_cancel() => false,
        (_, Some(link)) => link.state != CancelState::Requested,
        (state, None) => matches!(state, Some(CancelState::Refused | CancelState::Rejected)),
    }
}

/// Lines that go to Amazon again once the order is cancelled.
pub(super) fn reorder(
    wish: Option<&Wish>,
    order: &SalesOrder,
    sent: &SentOrder,
    settings: &CancellationSettings,
) -> Vec<LineNumber> {
    match (partial_cancel(settings, sent), wish) {
        (PartialCancel::Park, _) | (_, Some(Wish::Whole)) => Vec::new(),
        (PartialCancel::WholeAndReorder, Some(Wish::Lines { closed: _, staying })) => staying.clone(),
        // staff took the wish back after it had gone out
        (PartialCancel::WholeAndReorder, None) => {
            waiting(order, sent).into_iter().map(|line| line.line).collect()
        }
    }
}

/// What a wish to cancel some lines comes to. What Amazon did not get from us is never sent anew.
fn partial_cancel(settings: &CancellationSettings, sent: &SentOrder) -> PartialCancel {
    if sent.is_foreign { PartialCancel::Park } else { settings.partial_cancel }
}

/// Why Amazon cannot be asked any more.
fn too_late(order: &SalesOrder, amazon: &AmazonOrder, sent: &SentOrder) -> Option<String> {
    let under_way = amazon.packages.iter().find(|package| package.state != PackageState::Pending);
    if let Some(package) = under_way {
        return Some(format!("Amazon's package {} is {}", package.id, package.state));
    }
    let is_amazons = |number| sent.lines.iter().any(|line| line.line == number && !line.released);
    let mut lines = order.lines.iter().filter(|line| is_amazons(line.line));
    let fulfilled = lines.find(|line| !line.quantity_fulfilled.is_zero())?;
    Some(format!("line {} is fulfilled already, with {}", fulfilled.line, fulfilled.quantity_fulfilled))
}

fn reason(order: &SalesOrder, settings: &CancellationSettings) -> CancellationReason {
    let word = order.marks.cancel_reason.as_deref().unwrap_or_default().trim();
    let known = settings.reasons.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(word));
    known.map_or_else(|| settings.default_reason.clone(), |(_, reason)| reason.clone())
}

fn was_cancelled(package: &Package) -> bool {
    package.state == PackageState::Cancelled && !package.is_undeliverable()
}

/// What Amazon made of a cancellation; `None` while it is still trying.
///
/// Amazon knows no partial outcome: what became of the packages decides, as soon as none is pending.
pub fn verdict(amazon: &AmazonOrder, alias: &CancellationAlias) -> Option<CancelState> {
    let cancelled = amazon.packages.iter().any(was_cancelled);
    let left = amazon.packages.iter().any(Package::has_left);
    let pending = amazon.packages.iter().any(|package| !was_cancelled(package) && !package.has_left());
    match (cancelled, left, pending) {
        (true, false, false) => return Some(CancelState::Accepted),
        (true, true, false) => return Some(CancelState::PartlyAccepted),
        (false, true, false) => return Some(CancelState::Rejected),
        _ => {}
    }
    let followed = followed(amazon, alias);
    let is_ours = followed.is_some_and(|cancellation| cancellation.alias.as_ref() == Some(alias));
    match followed.map(|cancellation| &cancellation.state) {
        Some(CancellationState::Rejected) if cancelled => Some(CancelState::PartlyAccepted),
        Some(CancellationState::Rejected) => Some(CancelState::Rejected),
        // somebody else wanted some lines cancelled, and the others were never asked for
        Some(CancellationState::Success) if cancelled && pending && !is_ours => {
            Some(CancelState::PartlyAccepted)
        }
        // of packages that still say pending, nothing is known before they say otherwise
        Some(CancellationState::Success) if !pending => Some(CancelState::Accepted),
        Some(CancellationState::Success | CancellationState::Pending | CancellationState::Unknown(_))
        | None => None,
    }
}

/// Ours, or one that somebody else asked for.
fn followed<'amazon>(
    amazon: &'amazon AmazonOrder,
    alias: &CancellationAlias,
) -> Option<&'amazon Cancellation> {
    let ours = amazon.cancellations.iter().find(|cancellation| cancellation.alias.as_ref() == Some(alias));
    ours.or_else(|| {
        let settled = |cancellation: &&Cancellation| match cancellation.state {
            CancellationState::Pending | CancellationState::Unknown(_) => 0,
            CancellationState::Success => 1,
            CancellationState::Rejected => 2,
        };
        amazon.cancellations.iter().rev().min_by_key(settled)
    })
}

/// How long to wait before Amazon is asked again: doubles with every look that found it still trying.
pub fn wait(first: Duration, looks: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(looks)).min(LONGEST_WAIT)
}

/// What to write on the order so that it says `state` and `message`; `None` when it does.
pub(super) fn answer(order: &SalesOrder, state: CancelState, message: &str) -> Option<SalesOrderPatch> {
    let marks = &order.marks;
    let patch = SalesOrderPatch {
        cancel_state: (marks.cancel_state.as_ref() != Some(&state)).then_some(state),
        sync_message: (marks.sync_message.as_deref().unwrap_or_default() != message)
            .then(|| message.to_owned()),
        // the message is ours now, so the state must not say that something else parks the order
        sync_state: (marks.sync_state == Some(SyncState::Parked)).then_some(SyncState::Sent),
        ..SalesOrderPatch::default()
    };
    (patch != SalesOrderPatch::default()).then_some(patch)
}

/// What the order says while Amazon has not answered.
pub(super) const ASKED: &str = "Amazon was asked to cancel the order and has not answered yet";

/// What the order says about an answer.
pub(super) fn verdict_message(amazon: &AmazonOrder, sent: &SentOrder, link: &CancellationLink) -> String {
    let lines = |counts: fn(&Package) -> bool| -> Vec<LineNumber> {
        let packages = amazon.packages.iter().filter(|package| counts(package));
        let held = packages.flat_map(|package| &package.contents);
        let mut numbers: Vec<LineNumber> = held
            .filter_map(|part| sent.lines.iter().find(|line| line.amazon_line == part.line))
            .map(|line| line.line)
            .collect();
        numbers.sort();
        numbers.dedup();
        numbers
    };
    let ships = lines(Package::has_left);
    match link.state {
        CancelState::PartlyAccepted => {
            let gone = lines(was_cancelled);
            let unsent: Vec<LineNumber> =
                link.reorder.iter().filter(|number| gone.contains(number)).copied().collect();
            let again = match unsent.as_slice() {
                [] => String::new(),
                lines => format!("; {} not sent to Amazon again", named(lines, "is", "are")),
            };
            let rejected = |what: &str, lines: &[LineNumber]| match lines {
                [] => String::new(),
                lines => format!("; rejected: {what}: {}", list(lines)),
            };
            let stays = lines(|package| !was_cancelled(package) && !package.has_left());
            format!(
                "{} cancelled{}{}{again}",
                named(&gone, "was", "were"),
                rejected("already shipping", &ships),
                rejected("not shipped yet, and not cancelled", &stays)
            )
        }
        CancelState::Rejected if ships.is_empty() => {
            "rejected: Amazon goes on with the order, nothing of it has shipped yet".to_owned()
        }
        CancelState::Rejected => "rejected: already shipping".to_owned(),
        _ => String::new(),
    }
}

/// What staff must see, after everything else of a look. `None` when nothing is open.
pub fn standing(
    order: &SalesOrder,
    sent: &SentOrder,
    link: Option<&CancellationLink>,
    settings: &CancellationSettings,
) -> Option<Reason> {
    use CancelState::{PartlyAccepted, Refused, Rejected};
    let state = order.marks.cancel_state.as_ref();
    let stopped = stopped_lines(order, sent);
    let told = order.marks.sync_message.clone().unwrap_or_default();
    let answer = link.map(|link| &link.state);
    let (code, hint) = match (state, answer) {
        (_, Some(CancelState::Requested)) => return None,
        (Some(Refused), _) if waiting(order, sent).is_empty() => return None,
        (Some(Refused), _) => match (wish(order, sent), partial_cancel(settings, sent)) {
            (Some(Wish::Lines { .. }), PartialCancel::Park) => (
                "cancel_partial_unsupported",
                "reopen the lines, or set the cancel state to requested so that the whole order is cancelled, \
                 or set policy.partial_cancel to whole_and_reorder; then empty the cancel state",
            ),
            _ => (
                "cancel_too_late",
                "take the goods back as a return once they are there; empty the cancel state to withdraw",
            ),
        },
        (Some(PartlyAccepted), Some(PartlyAccepted)) => {
            ("cancel_partly_accepted", "tell whoever asked; empty the cancel state once you have seen it")
        }
        (Some(Rejected), Some(Rejected) | None) => {
            ("cancel_rejected", "tell whoever asked; empty the cancel state once you have seen it")
        }
        (_, Some(PartlyAccepted)) if !stopped.is_empty() => ("cancel_partly_accepted", ""),
        (_, Some(_)) if !stopped.is_empty() => ("cancel_rejected", ""),
        _ => return None,
    };
    let reopen = match stopped.as_slice() {
        [] => String::new(),
        lines => format!("reopen {} in NetSuite, because Amazon ships what is on it", list(lines)),
    };
    let hints: Vec<&str> = [reopen.as_str(), hint].into_iter().filter(|hint| !hint.is_empty()).collect();
    let cause = match told.as_str() {
        "" => "Amazon did not cancel all that staff wanted cancelled",
        told => told,
    };
    Some(Reason::new(code, cause, hints.join("; "), Who::Merchant))
}

fn named(lines: &[LineNumber], one: &str, several: &str) -> String {
    format!("{} {}", list(lines), if lines.len() == 1 { one } else { several })
}

fn list(lines: &[LineNumber]) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, numbers.join(", "))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
