//! `amz serve`: both roles in one process.

use std::path::Path;
use std::process::ExitCode;

use amz_app::Roles;

pub(crate) async fn run(config: Option<&Path>) -> ExitCode {
    amz_app::process::run(config, Roles { webhook: true, sync: true }).await
}
