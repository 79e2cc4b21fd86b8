//! Runs probes beside each other.

use std::future::Future;

use tokio::task::JoinSet;

/// Runs tasks at once; what they gave, in their order. A task that broke down gives nothing.
pub(super) async fn all<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut running: JoinSet<(usize, T)> = JoinSet::new();
    for (place, task) in tasks.into_iter().enumerate() {
        running.spawn(async move { (place, task.await) });
    }
    let mut done = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(given) => done.push(given),
            Err(error) => tracing::error!(%error, "a check broke down"),
        }
    }
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, given)| given).collect()
}
