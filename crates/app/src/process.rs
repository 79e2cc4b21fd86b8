//! A role as a process: load, start, wait for a signal, stop, exit code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use crate::roles::{Roles, start};
use crate::settings::{ConfigurationFaults, LogFormat, Settings};
use crate::telemetry;

/// Exit code for wrong use, an unusable configuration included.
pub const WRONG_USE: u8 = 2;

/// Loads the configuration with this process's environment over it.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(config: Option<&Path>) -> Result<Settings, ConfigurationFaults> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    Settings::load(config, &environment)
}

/// Sends logs where the configuration says.
pub fn install_logs(settings: &Settings) {
    let format = match settings.log.format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::install_logs(format, &settings.log.filter);
}

/// Runs some roles until the process is told to end (SIGINT, SIGTERM).
pub async fn run(config: Option<&Path>, roles: Roles) -> ExitCode {
    let settings = match load(config) {
        Ok(settings) => settings,
        Err(faults) => {
            eprintln!("{faults}");
            return ExitCode::from(WRONG_USE);
        }
    };
    install_logs(&settings);
    serve(&settings, roles).await
}

/// Runs some roles with given settings until the process is told to end.
pub async fn serve(settings: &Settings, roles: Roles) -> ExitCode {
    let running = match start(settings, roles).await {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(%error, "the process could not start");
            return ExitCode::FAILURE;
        }
    };
    if let Some(address) = running.address() {
        tracing::info!(%address, "listening");
    }
    asked_to_end().await;
    tracing::info!("ending: work in progress is finished or handed back");
    running.stop().await;
    ExitCode::SUCCESS
}

/// Returns when the process is told to end.
pub async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // without signals there is nothing to wait for but the end of the process itself
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
