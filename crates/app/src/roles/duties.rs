//! What is enough when one process of a deployment does it.

use std::collections::HashMap;
use std::sync::Arc;

use amz_store::{Notices, OpenError, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{INTAKE_POLL, SyncParts};
use crate::duty::Term;
use crate::live_settings_parts::follow;
use crate::opening::patiently;
use crate::purge;

/// The feeds of notices that this role purges: who writes notices into files purges them, too.
pub(super) async fn purged_feeds(store: &Store) -> Result<Vec<Arc<dyn Notices>>, OpenError> {
    match store.is_shared() {
        true => Ok(vec![patiently(|| store.inbox()).await?, patiently(|| store.commands()).await?]),
        false => Ok(Vec::new()),
    }
}

impl SyncParts {
    /// Takes part in all duties until `stop`.
    pub(super) fn take_duties(&self, arrived: &Arc<Notify>, stop: &CancellationToken, tasks: &TaskTracker) {
        self.take_connections(stop, tasks);
        let (intake, arrived) = (self.intake.clone(), arrived.clone());
        self.take("notices".to_owned(), Term::SHORT, stop, tasks, move |token| {
            let (intake, arrived) = (intake.clone(), arrived.clone());
            async move { intake.run(arrived, INTAKE_POLL, token).await }
        });
        let notifier = self.notifier.clone();
        self.take("notifications".to_owned(), Term::USUAL, stop, tasks, move |token| {
            let notifier = notifier.clone();
            async move { notifier.run(token).await }
        });
        let (state, notices, clock) = (self.state.clone(), self.notices.clone(), self.intake.clock.clone());
        self.take("purge".to_owned(), Term::USUAL, stop, tasks, move |token| {
            let (state, notices, clock) = (state.clone(), notices.clone(), clock.clone());
            async move {
                let received = purge::notices(notices, clock.clone(), token.clone());
                tokio::join!(purge::state(state, clock, token), received);
            }
        });
    }

    /// What runs by the clock for a connection is a duty of its own: change feeds, the schedules of stock and of
    /// reconciliations, the copies of audit trail and settings inside NetSuite. Processes may have different connections.
    fn take_connections(&self, stop: &CancellationToken, tasks: &TaskTracker) {
        let mirrored: HashMap<_, _> = self.live.mirrored().into_iter().collect();
        for (name, followed) in self.live.followed() {
            let (duty, name) = (format!("connection/{name}"), name.clone());
            let (live, clock, every) =
                (self.live.clone(), self.intake.clock.clone(), mirrored.get(&name).copied());
            let audit = self.mirrors.iter().find(|mirror| mirror.connection == name).cloned();
            self.take(duty, Term::USUAL, stop, tasks, move |token| {
                let (followed, clock, audit) = (followed.clone(), clock.clone(), audit.clone());
                let (live, name) = (live.clone(), name.clone());
                async move {
                    let audit = async {
                        if let Some(audit) = audit {
                            audit.run(token.clone()).await;
                        }
                    };
                    let settings = async {
                        if let Some(every) = every {
                            live.keep_mirrored(name, every, token.clone()).await;
                        }
                    };
                    tokio::join!(follow(followed, clock, token.clone()), audit, settings);
                }
            });
        }
    }

    fn take<Task>(
        &self,
        duty: String,
        term: Term,
        stop: &CancellationToken,
        tasks: &TaskTracker,
        task: impl Fn(CancellationToken) -> Task + Send + Sync + 'static,
    ) where
        Task: Future<Output = ()> + Send + 'static,
    {
        let (roster, stop) = (self.roster.clone(), stop.clone());
        tasks.spawn(async move { roster.perform(&duty, term, &stop, task).await });
    }
}
