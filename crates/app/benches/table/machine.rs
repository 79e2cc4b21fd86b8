//! Where and when a bench ran.

use std::fs::read_to_string;

/// The day: as given, else by the system clock.
pub(super) fn date(given: Option<&str>) -> String {
    given.map_or_else(|| chrono::Utc::now().format("%Y-%m-%d").to_string(), str::to_owned)
}

/// Cores, memory, kernel, and how much else ran.
pub(super) fn described() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = line_of("/proc/meminfo", "MemTotal").and_then(|text| {
        let kib: u64 = text.split_whitespace().next()?.parse().ok()?;
        Some(format!("{} GiB", (kib + (1 << 19)) >> 20))
    });
    let processor = line_of("/proc/cpuinfo", "model name");
    let first = |path| read_to_string(path).ok().map(|text| text.trim().to_owned());
    let load = first("/proc/loadavg").map(|text| text.split(' ').take(1).collect::<String>());
    format!(
        "{cores} cores ({}), {} of memory, Linux {}, {}, load {} when it ended",
        processor.unwrap_or_else(unknown),
        memory.unwrap_or_else(unknown),
        first("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
        std::env::consts::ARCH,
        load.unwrap_or_else(unknown),
    )
}

/// What follows `name:` in a file of such lines.
fn line_of(path: &str, name: &str) -> Option<String> {
    let text = read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn unknown() -> String {
    "unknown".to_owned()
}
