//! The one writer of a file: many small pieces of work in one commit.

use std::pin::Pin;
use std::sync::Arc;

use amz_services::failure::StoreError;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::{self, WriteAheadLog};
use super::file::WritableFile;
use super::lock::FileLock;
use crate::OpenError;
use crate::transaction::{Step, closed};

/// Most pieces of work in one commit.
const BATCH: usize = 256;
const WAITING: usize = 4096;

/// Sends work to the task that owns the writing connection. Dropping it ends the task after what waits.
#[derive(Debug)]
pub(crate) struct Writer {
    messages: mpsc::Sender<Message>,
}

enum Message {
    Work(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Work(_) => "Work",
            Self::Close(_) => "Close",
        })
    }
}

impl Writer {
    /// Starts the writer of a file, and its checkpointer. `guard` is held until the last commit is done.
    pub(crate) async fn start(file: WritableFile, guard: Option<FileLock>) -> Result<Self, OpenError> {
        let connection = file.connect().await?;
        let log = Arc::new(WriteAheadLog::default());
        let (stop, stopped) = oneshot::channel();
        let checkpointer = tokio::spawn(checkpoint::run(file.connect().await?, Arc::clone(&log), stopped));
        let (messages, inbound) = mpsc::channel(WAITING);
        let task = WriterTask { file, connection: Some(connection), log };
        tokio::spawn(async move {
            let waiting_for_close = task.run(inbound).await;
            drop(stop);
            if let Err(error) = checkpointer.await {
                tracing::error!(%error, "the checkpointer failed");
            }
            drop(guard);
            for done in waiting_for_close {
                // whoever asked may have gone
                let _ = done.send(());
            }
        });
        Ok(Self { messages })
    }

    /// Runs `work` inside the next commit and answers after that commit is durable. Work that fails leaves
    /// no trace and does not disturb its neighbours.
    pub(crate) async fn write<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut SqliteConnection) -> Step<'connection, Answer>
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work: Some(work), outcome: None, reply });
        self.messages.send(Message::Work(job)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Commits what waits, closes the file and frees its lock. Later work is refused.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.messages.send(Message::Close(done)).await.is_ok() {
            // an error means that the task is gone already
            let _ = closed.await;
        }
    }
}

struct WriterTask {
    file: WritableFile,
    /// None after a failed commit, until a new connection has been made.
    connection: Option<SqliteConnection>,
    log: Arc<WriteAheadLog>,
}

impl WriterTask {
    async fn run(mut self, mut inbound: mpsc::Receiver<Message>) -> Vec<oneshot::Sender<()>> {
        let mut waiting_for_close = Vec::new();
        let mut messages = Vec::with_capacity(BATCH);
        while inbound.recv_many(&mut messages, BATCH).await > 0 {
            let mut batch: Vec<Box<dyn Job>> = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Work(job) => batch.push(job),
                    Message::Close(done) => {
                        inbound.close();
                        waiting_for_close.push(done);
                    }
                }
            }
            self.commit(batch).await;
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writer did not close cleanly");
        }
        waiting_for_close
    }

    async fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) {
        if batch.is_empty() {
            return;
        }
        let outcome = self.try_commit(&mut batch).await;
        if let Err(message) = &outcome {
            // the state of a connection after a failed commit is not worth guessing
            self.connection = None;
            tracing::error!(%message, work = batch.len(), "commit failed");
        }
        let outcome = outcome.as_ref().map_err(String::as_str);
        for job in batch {
            job.acknowledge(outcome.copied());
        }
        self.log.note_commit();
        self.restart_long_log().await;
    }

    async fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), String> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let fresh = self.file.connect().await.map_err(|error| error.to_string())?;
                self.connection.insert(fresh)
            }
        };
        run_all(connection, batch).await.map_err(|error| error.to_string())
    }

    async fn restart_long_log(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        if !self.log.take_too_long(checkpoint::RESTART_ABOVE_BYTES) {
            return;
        }
        match checkpoint::restart(connection).await {
            Ok(true) => {}
            Ok(false) => tracing::debug!("readers keep the write-ahead log from starting anew"),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be started anew"),
        }
    }
}

async fn run_all(connection: &mut SqliteConnection, batch: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    if let [job] = batch {
        // alone it needs no step of its own, which would be two more trips to the connection's thread and back
        return if job.run(&mut transaction).await {
            transaction.commit().await
        } else {
            transaction.rollback().await
        };
    }
    for job in batch {
        let mut step = transaction.begin().await?;
        if job.run(&mut step).await {
            step.commit().await?;
        } else {
            step.rollback().await?;
        }
    }
    transaction.commit().await
}

trait Job: Send {
    /// Does the work; false when it must leave no trace.
    fn run<'job>(
        &'job mut self,
        connection: &'job mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'job>>;

    /// Tells the one who asked, after the commit.
    fn acknowledge(self: Box<Self>, commit: Result<(), &str>);
}

struct Pending<Answer, Work> {
    work: Option<Work>,
    outcome: Option<Result<Answer, StoreError>>,
    reply: oneshot::Sender<Result<Answer, StoreError>>,
}

impl<Answer, Work> Job for Pending<Answer, Work>
where
    Answer: Send,
    Work: for<'connection> FnOnce(&'connection mut SqliteConnection) -> Step<'connection, Answer> + Send,
{
    fn run<'job>(
        &'job mut self,
        connection: &'job mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'job>> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let outcome = work(connection).await.map_err(StoreError::from);
            let worked = outcome.is_ok();
            self.outcome = Some(outcome);
            worked
        })
    }

    fn acknowledge(self: Box<Self>, commit: Result<(), &str>) {
        let answer = match commit {
            Ok(()) => self.outcome.unwrap_or_else(|| Err(closed())),
            Err(message) => Err(StoreError::Unavailable { message: message.to_owned(), source: None }),
        };
        // whoever asked may have gone
        let _ = self.reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sqlite::STATE;
    use crate::stored::corrupt;
    use crate::transaction::Fault;

    async fn writer(path: &Path) -> Writer {
        let file = WritableFile::prepare(path, &STATE).await.unwrap();
        Writer::start(file, None).await.unwrap()
    }

    fn pause<'connection>(
        connection: &'connection mut SqliteConnection,
        name: String,
    ) -> Step<'connection, ()> {
        Box::pin(async move {
            sqlx::query("insert into pauses (connection, paused_until, code) values ($1, 0, 'x')")
                .bind(&name)
                .execute(connection)
                .await?;
            if name.starts_with("bad") { Err(Fault(corrupt("test", "refused"))) } else { Ok(()) }
        })
    }

    #[tokio::test]
    async fn work_that_fails_leaves_no_trace_and_does_not_disturb_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Arc::new(writer(&folder.path().join("x.db")).await);
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let writer = Arc::clone(&writer);
                let name = format!("{}-{number:03}", if number % 3 == 0 { "bad" } else { "good" });
                tokio::spawn(async move { writer.write(move |connection| pause(connection, name)).await })
            })
            .collect();
        for (number, task) in tasks.into_iter().enumerate() {
            let answer = task.await.unwrap();
            assert_eq!(answer.is_err(), number % 3 == 0, "{answer:?}");
        }
        let stored: (i64, i64) = writer
            .write(|connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as("select count(*), sum(connection like 'bad%') from pauses")
                        .fetch_one(connection)
                        .await?)
                })
            })
            .await
            .unwrap();
        assert_eq!(stored, (333, 0));
    }

    #[tokio::test]
    async fn work_that_fails_alone_leaves_no_trace_either() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("x.db")).await;
        for name in ["bad", "good", "bad-too"] {
            let answer = writer.write(move |connection| pause(connection, name.to_owned())).await;
            assert_eq!(answer.is_ok(), name == "good", "{answer:?}");
        }
        let stored: Vec<String> = writer
            .write(|connection| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar("select connection from pauses").fetch_all(connection).await?)
                })
            })
            .await
            .unwrap();
        assert_eq!(stored, ["good"]);
    }

    #[tokio::test]
    async fn a_failed_commit_is_an_error_and_the_next_one_works_again() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("x.db")).await;
        let broken = writer
            .write(|connection| {
                Box::pin(async move {
                    sqlx::query("pragma defer_foreign_keys = on").execute(&mut *connection).await?;
                    let orphan = "insert into requests (connection, lane, sequence, ask, due_at)
                                  values ('shop', 'order/1', 1, '\"SalesOrder\"', 0)";
                    sqlx::query(orphan).execute(connection).await?;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(broken, Err(StoreError::Unavailable { .. })), "{broken:?}");
        writer.write(|connection| pause(connection, "good".to_owned())).await.unwrap();
    }

    #[tokio::test]
    async fn a_closed_writer_refuses_work() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("x.db")).await;
        writer.close().await;
        let answer = writer.write(|connection| pause(connection, "good".to_owned())).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
        writer.close().await;
    }
}
