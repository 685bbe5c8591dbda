//! `template upgrade`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Move a definition to another version of its template
#[derive(Args, Debug)]
pub struct UpgradeArgs {}

/// Runs `template upgrade`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &UpgradeArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
