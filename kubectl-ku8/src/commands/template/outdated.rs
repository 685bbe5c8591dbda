//! `template outdated`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Show definitions whose template has a newer version
#[derive(Args, Debug)]
pub struct OutdatedArgs {}

/// Runs `template outdated`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &OutdatedArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
