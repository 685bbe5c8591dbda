//! `template lint`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Check a component as the host and good manners would
#[derive(Args, Debug)]
pub struct LintArgs {}

/// Runs `template lint`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &LintArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
