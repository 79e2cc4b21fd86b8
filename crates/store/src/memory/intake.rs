//! Turning notices and changed rows into work.

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::Intake;
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::LaneRequest;
use async_trait::async_trait;

use super::{Echo, MemoryStore};
use crate::position::furthest;

#[async_trait]
impl Intake for MemoryStore {
    async fn cursor(&self, feed: &str) -> Result<i64, StoreError> {
        Ok(self.state().cursors.get(feed).copied().unwrap_or(0))
    }

    async fn accept(&self, feed: &str, through: i64, requests: Vec<LaneRequest>) -> Result<(), StoreError> {
        let mut state = self.state();
        for request in requests {
            state.mark(request);
        }
        let cursor = state.cursors.entry(feed.to_owned()).or_insert(through);
        *cursor = (*cursor).max(through);
        Ok(())
    }

    async fn accept_notices(&self, feed: &str, notices: Vec<RoutedNotice>) -> Result<(), StoreError> {
        let mut state = self.state();
        let taken = state.cursors.get(feed).copied().unwrap_or(0);
        let through = notices.iter().map(|notice| notice.id).max().unwrap_or(0).max(taken);
        for notice in notices.into_iter().filter(|notice| notice.id > taken) {
            for request in notice.requests {
                state.mark(request);
            }
        }
        state.cursors.insert(feed.to_owned(), through);
        Ok(())
    }

    async fn watermark(
        &self,
        connection: &ConnectionName,
        feed: &str,
    ) -> Result<Option<FeedPosition>, StoreError> {
        let state = self.state();
        Ok(state.feeds.get(&(connection.clone(), feed.to_owned())).and_then(|feed| feed.watermark.clone()))
    }

    async fn accept_changes(
        &self,
        connection: &ConnectionName,
        feed: &str,
        rows: Vec<ChangedRow>,
        forget_before: Option<String>,
    ) -> Result<usize, StoreError> {
        let mut state = self.state();
        let known = state.feeds.entry((connection.clone(), feed.to_owned())).or_default();
        known.watermark = furthest(known.watermark.take(), rows.iter().map(|row| &row.position));
        let fresh: Vec<_> = rows
            .into_iter()
            .filter(|row| known.versions.insert((row.position.modified.clone(), row.position.id.clone())))
            .collect();
        if let Some(forget_before) = forget_before {
            known.versions.retain(|(modified, _)| *modified >= forget_before);
        }
        let new_rows = fresh.len();
        for ChangedRow { position: _, request, echo } in fresh {
            let at = request.due_at;
            match echo {
                Some(what) => state.echoes.push(Echo { key: request.key, job: None, at, what }),
                None => state.mark_from(request, Some(at), &[]),
            }
        }
        Ok(new_rows)
    }
}
