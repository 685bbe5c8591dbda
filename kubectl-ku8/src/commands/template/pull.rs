//! `template pull`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Pull a template from an OCI registry
#[derive(Args, Debug)]
pub struct PullArgs {}

/// Runs `template pull`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &PullArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
