//! What the programs weigh: memory when nothing happens, and files.

use std::path::Path;
use std::time::Duration;

use amz_temporary_postgres::TemporaryPostgres;

use crate::first_answer::{House, Program, SERVE, SYNC, WEBHOOK};
use crate::table::Row;

/// How long a process may find its peace before its memory is read.
const SETTLE: Duration = Duration::from_secs(3);

/// Measures each program.
pub(crate) async fn measure(programs: &Path, postgres: &TemporaryPostgres, rows: &mut Vec<Row>) {
    for program in [WEBHOOK, SYNC, SERVE] {
        for database in ["SQLite", "PostgreSQL"] {
            let work = format!("{} when idle, {database}", said(program));
            let house = House::new(programs, program, database, &format!("{}_idle", program.name), postgres);
            let mut server = house.launch();
            tokio::time::sleep(SETTLE).await;
            rows.push(match server.memory_kib("VmRSS") {
                Some(kib) if server.is_running() => {
                    Row::new(work, format!("{}.{} MiB of memory", kib / 1024, kib % 1024 * 10 / 1024))
                }
                _ => Row::missing(work, house.with_log("it ended")),
            });
        }
    }
    for name in ["amz-webhook", "amz-sync", "amz"] {
        let bytes = std::fs::metadata(programs.join(name)).map_or(0, |file| file.len());
        let figure = format!("{}.{} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20);
        rows.push(Row::new(format!("the released {name}"), figure));
    }
}

fn said(program: Program) -> String {
    [&[program.name], program.arguments].concat().join(" ")
}
