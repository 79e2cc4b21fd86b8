//! Work of one kind that many tasks ask for at the same time, done in one transaction.

use std::sync::Arc;

use amz_services::failure::StoreError;
use sqlx::postgres::PgDatabaseError;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::transaction::closed;

/// Most pieces of work in one transaction.
const TOGETHER: usize = 64;
const WAITING: usize = 1024;

/// What became of each piece of work, in their order; an error when nothing was stored.
pub(crate) type Outcomes<Answer> = Result<Vec<Result<Answer, StoreError>>, StoreError>;

/// Sends work to the tasks that do it. What comes while their transactions are under way goes into the next one, without
/// further delay. Dropping it ends them after what waits.
#[derive(Debug)]
pub(crate) struct Together<Item, Answer = ()> {
    waiting: mpsc::Sender<Wish<Item, Answer>>,
}

#[derive(Debug)]
struct Wish<Item, Answer> {
    item: Arc<Item>,
    reply: oneshot::Sender<Result<Answer, StoreError>>,
}

impl<Item: Send + Sync + 'static, Answer: Send + 'static> Together<Item, Answer> {
    /// Starts the task. `work` does many pieces in one transaction and answers after its commit.
    pub(crate) fn start<Work, Done>(work: Work) -> Self
    where
        Work: Fn(Vec<Arc<Item>>) -> Done + Send + Sync + 'static,
        Done: Future<Output = Outcomes<Answer>> + Send,
    {
        Self::start_several(1, work)
    }

    /// The same with so many transactions under way at once, for work whose pieces may come in any order.
    pub(crate) fn start_several<Work, Done>(tasks: usize, work: Work) -> Self
    where
        Work: Fn(Vec<Arc<Item>>) -> Done + Send + Sync + 'static,
        Done: Future<Output = Outcomes<Answer>> + Send,
    {
        let (waiting, inbound) = mpsc::channel(WAITING);
        let (inbound, work) = (Arc::new(Mutex::new(inbound)), Arc::new(work));
        for _ in 0..tasks {
            let (inbound, work) = (Arc::clone(&inbound), Arc::clone(&work));
            tokio::spawn(async move {
                let mut wishes = Vec::with_capacity(TOGETHER);
                loop {
                    if inbound.lock().await.recv_many(&mut wishes, TOGETHER).await == 0 {
                        break;
                    }
                    fulfil(work.as_ref(), std::mem::take(&mut wishes)).await;
                }
            });
        }
        Self { waiting }
    }

    /// Has a piece of work done with what else waits, and answers after the commit.
    pub(crate) async fn ask(&self, item: Item) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.waiting.send(Wish { item: Arc::new(item), reply }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn fulfil<Item, Answer, Work, Done>(work: &Work, wishes: Vec<Wish<Item, Answer>>)
where
    Work: Fn(Vec<Arc<Item>>) -> Done,
    Done: Future<Output = Outcomes<Answer>>,
{
    let outcomes = work(wishes.iter().map(|wish| Arc::clone(&wish.item)).collect()).await;
    match outcomes {
        Ok(outcomes) => {
            for (wish, outcome) in wishes.into_iter().zip(outcomes) {
                wish.answer(outcome);
            }
        }
        // one of them may be to blame: each by itself, so that it does not harm its neighbours
        Err(error) if wishes.len() > 1 && is_of_a_piece(&error) => {
            for wish in wishes {
                let alone = work(vec![Arc::clone(&wish.item)]).await;
                wish.answer(alone.and_then(|outcomes| outcomes.into_iter().next().unwrap_or(Err(closed()))));
            }
        }
        Err(error) => {
            let message = error.to_string();
            let mut first = Some(error);
            for wish in wishes {
                let error = first
                    .take()
                    .unwrap_or_else(|| StoreError::Unavailable { message: message.clone(), source: None });
                wish.answer(Err(error));
            }
        }
    }
}

impl<Item, Answer> Wish<Item, Answer> {
    fn answer(self, outcome: Result<Answer, StoreError>) {
        // whoever asked may have gone
        let _ = self.reply.send(outcome);
    }
}

/// True when the database refused what was written, or it could not be written down; not when the database is gone, and
/// not when a server broke work off: to wait for that once more for each piece would take very long.
fn is_of_a_piece(error: &StoreError) -> bool {
    match error {
        StoreError::LeaseLost { .. } | StoreError::Corrupt { .. } => true,
        StoreError::Unavailable { source, .. } => source
            .as_deref()
            .and_then(|source| source.downcast_ref::<sqlx::Error>())
            .and_then(sqlx::Error::as_database_error)
            .is_some_and(|error| error.try_downcast_ref::<PgDatabaseError>().is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::corrupt;

    #[tokio::test]
    async fn what_waits_is_done_together_and_one_that_fails_harms_no_other() {
        let batches: Arc<std::sync::Mutex<Vec<usize>>> = Arc::default();
        let seen = Arc::clone(&batches);
        let together = Arc::new(Together::start(move |items: Vec<Arc<u32>>| {
            seen.lock().unwrap().push(items.len());
            async move {
                tokio::task::yield_now().await;
                if items.iter().any(|item| **item == 7) {
                    return Err(corrupt("item", "7"));
                }
                let lost = |item: &Arc<u32>| StoreError::LeaseLost { lane: item.to_string() };
                Ok(items.iter().map(|item| if **item == 3 { Err(lost(item)) } else { Ok(()) }).collect())
            }
        }));
        let asked = (0..10).map(|item| {
            let together = Arc::clone(&together);
            tokio::spawn(async move { together.ask(item).await })
        });
        let mut outcomes = Vec::new();
        for task in asked.collect::<Vec<_>>() {
            outcomes.push(task.await.unwrap());
        }
        for (item, outcome) in outcomes.iter().enumerate() {
            match item {
                3 => assert!(matches!(outcome, Err(StoreError::LeaseLost { .. })), "{outcome:?}"),
                7 => assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}"),
                _ => assert!(outcome.is_ok(), "{item}: {outcome:?}"),
            }
        }
        let batches = batches.lock().unwrap().clone();
        assert!(batches.iter().any(|many| *many > 1), "{batches:?}");
    }
}
