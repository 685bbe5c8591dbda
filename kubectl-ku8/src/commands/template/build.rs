//! `template build`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Build the template project in a folder
#[derive(Args, Debug)]
pub struct BuildArgs {}

/// Runs `template build`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &BuildArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
