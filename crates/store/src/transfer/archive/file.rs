//! A file of compressed JSON lines: one object per row, with `table` and the row's columns.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

use crate::transfer::TransferError;
use crate::transfer::row::{Cell, Row};
use crate::transfer::table::{Table, table};

/// What is in the file is for its owner alone: rows hold what vendors sent.
const MODE: u32 = 0o600;

/// A file that is being written. It gets its name when all of it is durable.
pub(super) struct ArchiveFile {
    lines: GzEncoder<BufWriter<File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl ArchiveFile {
    /// Begins a file; what an interrupted run left of it is overwritten, since nothing of that was deleted.
    pub(super) fn create(path: &Path) -> Result<Self, TransferError> {
        if path.exists() {
            return Err(TransferError::FileExists { path: path.to_owned() });
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let refused = |source| TransferError::File { path: unfinished.clone(), source };
        let mut options = OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(false).mode(MODE).open(&unfinished).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TransferError::FileExists { path: unfinished }),
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        file.set_permissions(Permissions::from_mode(MODE)).map_err(refused)?;
        file.set_len(0).map_err(refused)?;
        let lines = GzEncoder::new(BufWriter::new(file), Compression::default());
        Ok(Self { lines, unfinished, path: path.to_owned() })
    }

    pub(super) fn write(&mut self, table: &Table, row: &Row) -> Result<(), TransferError> {
        let refused = |source| TransferError::File { path: self.unfinished.clone(), source };
        let mut object = Map::new();
        object.insert("table".to_owned(), table.name.into());
        for ((name, _), cell) in table.columns().zip(row) {
            let value = match cell {
                Cell::Nothing => Value::Null,
                Cell::Integer(value) => (*value).into(),
                Cell::Text(text) => text.as_str().into(),
            };
            object.insert(name.to_owned(), value);
        }
        serde_json::to_writer(&mut self.lines, &object).map_err(|error| refused(error.into()))?;
        self.lines.write_all(b"\n").map_err(refused)
    }

    /// Makes the file durable and gives it its name; answers its size.
    pub(super) fn finish(self) -> Result<u64, TransferError> {
        let Self { lines, unfinished, path } = self;
        let finished = || {
            let file = lines.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            std::fs::rename(&unfinished, &path)?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(bytes)
        };
        finished().map_err(|source| TransferError::File { path: path.clone(), source })
    }
}

/// A row of a file, as far as it tells which row it was.
pub(super) struct ArchivedRow {
    pub(super) table: &'static Table,
    /// In the order of the table's key.
    pub(super) key: Row,
}

/// The rows of a file, from first to last.
pub(super) fn read_rows(
    path: &Path,
) -> Result<impl Iterator<Item = Result<ArchivedRow, String>> + use<>, TransferError> {
    let file = File::open(path).map_err(|source| TransferError::File { path: path.to_owned(), source })?;
    let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file))).lines();
    Ok(lines.map(|line| {
        let line = line.map_err(|error| error.to_string())?;
        row_of(&line)
    }))
}

fn row_of(line: &str) -> Result<ArchivedRow, String> {
    let object: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let name = object.get("table").and_then(Value::as_str).unwrap_or_default();
    let table = table(name).ok_or_else(|| format!("no table is called {name:?}"))?;
    let cell = |name: &&str| match object.get(*name) {
        Some(Value::String(text)) => Ok(Cell::Text(text.clone())),
        Some(Value::Number(number)) if number.as_i64().is_some() => Ok(number.as_i64().into()),
        _ => Err(format!("a row of {} has no {name}", table.name)),
    };
    let key = table.key.iter().map(cell).collect::<Result<_, _>>()?;
    Ok(ArchivedRow { table, key })
}
