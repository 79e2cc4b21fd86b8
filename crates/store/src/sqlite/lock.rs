//! Locks beside the database files, held by the operating system until the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::file::{beside, make_folder_of};
use crate::OpenError;

/// A lock, given back when this is dropped. At once: closing the file would not do while a child that is just being
/// started has inherited it.
#[derive(Debug)]
pub(crate) struct FileLock(File);

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "a lock goes only with its file, which is closed now");
        }
    }
}

impl FileLock {
    /// Takes a lock as soon as nobody else has it.
    pub(super) async fn wait_for(path: PathBuf) -> Result<Self, OpenError> {
        let file = open(&path)?;
        tokio::task::spawn_blocking(move || file.lock().map(|()| Self(file)))
            .await
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|source| OpenError::File { path, source })
    }
}

/// Takes the lock that makes this process the only writer.
pub(crate) fn lock_exclusively(database: &Path) -> Result<FileLock, OpenError> {
    lock(database, File::try_lock)
}

/// Tells those who want the file for themselves that this process writes it too.
pub(crate) fn lock_with_others(database: &Path) -> Result<FileLock, OpenError> {
    lock(database, File::try_lock_shared)
}

fn lock(database: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> Result<FileLock, OpenError> {
    let path = beside(database, ".lock");
    make_folder_of(&path)?;
    let file = open(&path)?;
    match take(&file) {
        Ok(()) => Ok(FileLock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: database.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path, source }),
    }
}

fn open(path: &Path) -> Result<File, OpenError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })
}
